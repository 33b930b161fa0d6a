"""How connections are made: what SQLite and PostgreSQL are told before anything else.

What a statement was given is not written into its failures (`hide_parameters`): it may be an answer.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

#: How long a SQLite writer waits for a program outside our own (a backup, a shell), in seconds.
PATIENCE_S = 10
#: A server that answers nothing is given up on soon, so that threads do not wait for it one after the other:
#: seconds until a connection must be there, milliseconds until what was sent must have arrived.
_PATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 10_000}


class UnusableDatabase(ValueError):
    """The URL names no database that the service can use; the message says what to write instead."""


class DatabaseBusy(RuntimeError):
    """Nothing was stored: another program kept SQLite's write lock for longer than `PATIENCE_S`."""


class DatabaseReadOnly(DatabaseBusy):
    """Nothing was stored: the PostgreSQL server takes no writes just now, as a standby does."""


def usable(url: str) -> sa.URL:
    """The URL, parsed and with the driver we use. Raises UnusableDatabase."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UnusableDatabase(
            # Not shown: it may hold a password.
            "this is not a database URL; write sqlite:///folder/file.db or postgresql://user@host/name"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise UnusableDatabase(f"{backend} is not supported; use sqlite or postgresql")
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise UnusableDatabase("SQLite needs a plain file: write sqlite:///folder/file.db")
    return parsed


def reach(url: sa.URL) -> dict[str, str]:
    """How a PostgreSQL is reached, in the words of libpq: `host`, `port`, `dbname`, `sslmode` and so on.

    A URL that names several servers (`?host=a:5432&host=b:5432`) gives them with a comma between.
    """
    _, told = url.get_dialect()().create_connect_args(url)
    return {name: str(value) for name, value in told.items() if isinstance(value, (str, int))}


def sqlite_engine(url: sa.URL, connections: int, writes: bool) -> Engine:
    """An engine on a file: either for reading only, or for the one connection that writes."""
    # isolation_level None: the driver begins nothing by itself, so `begin_immediate` is all there is.
    arguments = {"isolation_level": None, "check_same_thread": False, "timeout": PATIENCE_S}
    if writes:
        engine = sa.create_engine(url, connect_args=arguments, poolclass=NullPool, hide_parameters=True)
        event.listen(engine, "do_connect", _ours_alone)
    else:
        engine = sa.create_engine(
            url,
            connect_args=arguments,
            pool_size=connections,
            pool_reset_on_return=None,
            hide_parameters=True,
        )

    def configure(connection: sqlite3.Connection, _: object) -> None:
        if writes:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        else:
            connection.execute("PRAGMA query_only = ON")

    event.listen(engine, "connect", configure)
    _close_what_comes_back_late(engine)
    return engine


def _ours_alone(_dialect: object, _record: object, arguments: list[Any], _options: object) -> None:
    """Make a new file readable for its owner only; its companions take that over from it."""
    with suppress(OSError):  # it is there, or cannot be: SQLite says so better
        os.close(os.open(arguments[0], os.O_CREAT | os.O_EXCL, 0o600))


def begin_immediate(driver: sqlite3.Connection) -> None:
    """Begin a transaction that may write. Raises DatabaseBusy."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise DatabaseBusy(f"the database stayed locked for {PATIENCE_S} s: {error}") from error


def postgresql_engine(url: sa.URL, connections: int, writes: bool) -> Engine:
    """An engine on a server: for reading only, or for writing."""
    given: dict[str, Any] = {
        "pool_size": connections,
        "pool_timeout": PATIENCE_S,
        "hide_parameters": True,
        "connect_args": {name: value for name, value in _PATIENCE.items() if name not in url.query},
    }
    # One statement is a transaction by itself: a page needs no more, and a save is one. That spares the
    # round trips, and the turning on and off. Who writes more than one statement asks for a transaction.
    given |= {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    if not writes:
        # The server refuses writes on it.
        url = url.update_query_dict({"options": "-c default_transaction_read_only=on"}, append=False)
        if url.query.get("target_session_attrs") == "read-write":
            # And so libpq would refuse every server; what is meant is the one that is no standby.
            url = url.update_query_dict({"target_session_attrs": "primary"}, append=False)
    engine = sa.create_engine(url, **given)
    _close_what_comes_back_late(engine)
    return engine


def _close_what_comes_back_late(engine: Engine) -> None:
    """Close a connection that was lent when `dispose` closed all others, as soon as it is given back.

    It goes back to a pool that nobody uses any more, and would stay open until it is collected.
    """

    def note(_driver: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info["pool"] = engine.pool

    def see(driver: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        if driver is not None and record.info.get("pool") is not engine.pool:
            driver.close()

    event.listen(engine, "connect", note)
    event.listen(engine, "checkin", see)
