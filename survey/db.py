"""The database: many read, one writes, and what is acknowledged is on disk.

SQLite (one machine) and PostgreSQL (many). The rest of the service does not know which: it reads inside
`Database.read()` and writes only through `Database.write()`.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import psycopg
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from survey import steps
from survey.engines import (
    DatabaseBusy,
    DatabaseReadOnly,
    UnusableDatabase,
    begin_immediate,
    postgresql_engine,
    sqlite_engine,
    usable,
)
from survey.fixed import Fixed, first_row
from survey.writer import Combiner

__all__ = ["AWAY", "Counts", "Database", "DatabaseBusy", "DatabaseReadOnly", "UnusableDatabase", "counting"]

T = TypeVar("T")

#: What it looks like when the database cannot be used just now: away, restarting, its disk full or read-only.
#: Nothing was stored, or (the connection broke during a commit) it is not known and the save is sent again.
AWAY = (
    OperationalError, PoolTimeout, psycopg.OperationalError, sqlite3.OperationalError, DatabaseReadOnly
)  # fmt: skip

#: SQLSTATEs of failures that pass: another transaction was in the way (PostgreSQL manual, appendix A).
_PASSING = frozenset({"40001", "40P01"})

#: Connections that a forked child inherited and must neither use nor close.
_inherited: list[object] = []


class Database:
    """One study's database.

    Args:
        url: `sqlite:///folder/file.db` or `postgresql://user:password@host/name`.
        connections: how many connections may be open for reading (and on PostgreSQL as many for writing);
            as many as the process has threads that serve requests.
        chain: whose tables it holds, as package and folder of the migrations that make them.

    Raises:
        UnusableDatabase: another kind of database, or SQLite in memory.
    """

    def __init__(self, url: str, *, connections: int = 8, chain: str = "survey:migrations") -> None:
        self.url = usable(url)
        #: Whose tables it holds, as package and folder of the migrations that make them.
        self.chain = chain
        #: `sqlite` or `postgresql`.
        self.dialect = self.url.get_backend_name()
        make = sqlite_engine if self.dialect == "sqlite" else postgresql_engine
        #: Where statements are counted at the moment, if anywhere; see `counting`.
        self.counts: Counts | None = None
        self._reader = make(self.url, connections, False)
        self._writer = make(self.url, connections, True)
        self._reading = Fixed(self._reader, connections)
        self._storing = Fixed(self._writer, connections, _PASSING)
        self._start()
        ours = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _after_fork(ours))

    def _start(self) -> None:
        self._held: _Held | None = None
        self._turn: int | None = None
        self._combiner: Combiner[_Held] = Combiner(self._sqlite_transaction)

    @property
    def engines(self) -> tuple[Engine, Engine]:
        """The engines that read and write, for those who count statements (`counting`)."""
        return self._reader, self._writer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read on; the database refuses to write on it.

        Each statement sees what was committed when it began. Leave it soon: it is lent.
        """
        with self._lent() as connection:
            yield connection

    def fetch_one(self, statement: str, parameters: tuple[object, ...]) -> Sequence[Any] | None:
        """The first row of one fixed reading statement, as the driver gives it; None when there is none.

        For the statement that every page needs: it spares what a general connection costs to borrow and
        to describe its result (a third of a page's database time).
        """
        if self.counts is not None:
            self.counts.statements += 1
        return self._reading.first(statement, parameters, attempts=2)

    def run_on(
        self, cursor: sqlite3.Cursor, statement: str, parameters: tuple[object, ...]
    ) -> Sequence[Any] | None:
        """Run one fixed statement inside a `write_fixed`; its first row, if it gives any."""
        if self.counts is not None:
            self.counts.statements += 1
        return first_row(cursor, statement, parameters)

    def store_one(self, statement: str, parameters: tuple[object, ...]) -> Sequence[Any] | None:
        """As `write`, for one statement that is a whole transaction; its first row. PostgreSQL only.

        Without a BEGIN and a COMMIT of its own: the server makes the statement durable, or nothing. It is
        sent again after a deadlock and when the connection broke, so it must be harmless to repeat.
        """
        if self.counts is not None:
            self.counts.statements += 1
            self.counts.commits += 1
        try:
            return self._storing.first(statement, parameters, attempts=3)
        except ReadOnlySqlTransaction as error:
            raise self._read_only() from error

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As `read`, but all statements see the same moment: for exports and reports."""
        begin = "BEGIN" if self.dialect == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        with self._lent() as connection:
            connection.exec_driver_sql(begin)
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def _lent(self) -> Connection:
        self._reading.give_back()
        connection = self._reader.connect()
        driver = connection.connection.driver_connection
        if isinstance(driver, psycopg.Connection):
            try:
                driver.execute("")
            except psycopg.OperationalError:
                # The server was restarted while this connection slept; so then did all the others.
                connection.close()
                self._reading.dispose()
                return self._reader.connect()
        return connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do the work in one transaction; returns when it is durable. The only way anything is written.

        The work gets the connection. It may be run again after having been undone, so it must have no
        effect outside the connection, and must not call `write` itself. Keep it short: on SQLite everyone
        else's save waits for it.

        Raises:
            DatabaseBusy: SQLite was kept locked by another program.
            DatabaseReadOnly: the PostgreSQL server takes no writes just now.
            Whatever the work raises; nothing of it is stored then.
        """
        if self.dialect != "sqlite":
            return self._plain_write(work)
        return self._combiner.run(lambda held: work(held.joined()))

    def write_fixed(self, work: Callable[[sqlite3.Cursor], T]) -> T:
        """As `write`, for work that needs nothing but `run_on`, and so no more than the driver. SQLite only.

        Its own exceptions come back. It is committed together with the work of everybody else who waits.
        """
        return self._combiner.run(lambda held: work(held.cursor))

    def session_write(self, work: Callable[[Session], T]) -> T:
        """As `write`, with an ORM session on the connection; flushed, then committed."""

        def with_session(connection: Connection) -> T:
            with Session(connection, expire_on_commit=False, autobegin=True) as session:
                result = work(session)
                session.flush()
                session.expunge_all()
                return result

        return self.write(with_session)

    def marks(self, statement: str) -> str:
        """A fixed statement written with `?`, with the parameter marks of this database's driver."""
        return statement if self.dialect == "sqlite" else _percent_marks(statement)

    def upgrade(self, to: str = "head") -> str | None:
        """Bring the tables to the newest form; safe to call always, and by several processes at once.

        Returns the form that they had before, None when there were no tables.

        Args:
            to: an earlier form, for rehearsals of an upgrade.

        Raises:
            steps.LaterTables: a newer version made them; that version can bring them back (`way_back`).
        """
        before = self.write(lambda connection: steps.upgrade(connection, self.chain, to))
        if before != self.form():
            self.forget_plans()
        return before

    def is_current(self) -> bool:
        """Whether the tables have the form that this version of the service needs."""
        return self.form() == steps.known(self.chain).get_current_head()

    def form(self) -> str | None:
        """Which form the tables have: the number of the last migration; None when there are no tables."""
        with self.read() as connection:
            return steps.form(connection)

    def forget_plans(self) -> None:
        """Begin with new connections: those of PostgreSQL keep plans, which fit the tables as they were."""
        if self.dialect == "postgresql":
            self._reading.dispose()
            self._storing.dispose()

    def dispose(self) -> None:
        """Close every connection. The database can be used again afterwards."""
        self._drop_held()
        if self._turn is not None:
            os.close(self._turn)
            self._turn = None
        self._reading.dispose()
        self._storing.dispose()

    @contextmanager
    def _sqlite_transaction(self) -> Iterator[_Held]:
        # Processes on this machine take turns in the order in which they came. SQLite's own busy handler
        # sleeps and retries, which is unfair: a 99th percentile of a second where this gives 40 ms.
        if self._turn is None:
            self._turn = os.open(f"{self.url.database}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            held = self._held = self._held or _Held(self._writer.connect())
            try:
                begin_immediate(held.driver)
                try:
                    yield held
                    alone = held.commit()
                except BaseException:
                    held.undo()
                    raise
                if alone and self.counts is not None:
                    self.counts.commits += 1
            except (DBAPIError, sqlite3.Error, DatabaseBusy) as error:
                # The connection may be the trouble (a full disk, a replaced file): a fresh one next time.
                if not isinstance(error, (IntegrityError, sqlite3.IntegrityError)):
                    self._drop_held()
                raise
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def _drop_held(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.connection.invalidate()
            held.connection.close()

    def _plain_write(self, work: Callable[[Connection], T]) -> T:
        attempts = 3
        while True:
            attempts -= 1
            done = False
            try:
                with self._transaction() as connection:
                    result = work(connection)
                    done = True
                return result
            except DBAPIError as error:
                if isinstance(error.orig, ReadOnlySqlTransaction):
                    raise self._read_only() from error
                # A connection that was lost before the commit was sent, or a deadlock: nothing was stored.
                # Lost during the commit is another matter: nobody knows, so the caller must be told.
                lost = error.connection_invalidated and not done
                if not attempts or not (lost or getattr(error.orig, "sqlstate", None) in _PASSING):
                    raise

    def _read_only(self) -> DatabaseReadOnly:
        # Where one server takes over from another, a new connection may well lead to the one that writes.
        self._storing.dispose()
        return DatabaseReadOnly("the database server takes no writes")

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        self._storing.give_back()
        with self._writer.connect() as connection:
            # The connection goes back to the pool as it came: SQLAlchemy undoes this.
            connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                yield connection


class _Held:
    """The one connection that writes to SQLite, and the transaction that is begun on its driver.

    SQLAlchemy joins that transaction only when somebody needs it: a save does not, and it costs as much as
    the statements of one.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self.driver = driver
        self.cursor = driver.cursor()

    def joined(self) -> Connection:
        """The connection as SQLAlchemy's, inside the transaction."""
        if not self.connection.in_transaction():
            self.connection.begin()
        return self.connection

    def commit(self) -> bool:
        """Make it durable. Whether the driver alone did it, so that SQLAlchemy told nobody."""
        if self.connection.in_transaction():
            self.connection.commit()
            return False
        self.driver.commit()
        return True

    def undo(self) -> None:
        """As if nothing had been written."""
        if self.connection.in_transaction():
            self.connection.rollback()
        else:
            self.driver.rollback()


@dataclass
class Counts:
    """What went to the database: statements, and commits (`BEGIN` and `COMMIT` are not statements)."""

    statements: int = 0
    commits: int = 0


@contextmanager
def counting(database: Database) -> Iterator[Counts]:
    """Count statements and commits while inside; for tests and benchmarks."""
    counts = Counts()

    def on_statement(*_: Any) -> None:
        counts.statements += 1

    def on_commit(*_: Any) -> None:
        counts.commits += 1

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", on_statement)
        event.listen(engine, "commit", on_commit)
    database.counts = counts
    try:
        yield counts
    finally:
        database.counts = None
        for engine in database.engines:
            event.remove(engine, "before_cursor_execute", on_statement)
            event.remove(engine, "commit", on_commit)


def _after_fork(reference: weakref.ref[Database]) -> None:
    """In a child process: leave the parent's connections alone and begin with none."""
    database = reference()
    if database is None:
        return
    _inherited.extend((database._held, database._reading.leave(), database._storing.leave()))
    database._start()


@cache
def _percent_marks(statement: str) -> str:
    return statement.replace("?", "%s")
