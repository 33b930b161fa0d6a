"""Fixed statements, straight to the driver: on no more connections than are in use, as whole as any write."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from survey.db import Database, counting
from survey.models import Event

EVENT = "INSERT INTO event (at, actor, action, object, detail) VALUES (?, 'test', ?, 'thing 1', '{}')"
AT = "2026-11-23T09:00:00.000Z"
COUNT = "SELECT count(*) FROM event"


def actions(db: Database) -> list[str]:
    with db.read() as connection:
        return list(connection.scalars(sa.select(Event.action).order_by(Event.id)))


def together(*works: Callable[[], object]) -> None:
    """All at once, each in a thread of its own."""
    gate = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def go(work: Callable[[], object]) -> None:
        try:
            gate.wait()
            work()
        except BaseException as failure:  # noqa: BLE001 - told below
            failures.append(failure)

    threads = [threading.Thread(target=go, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def opened(db: Database) -> int:
    """How many connections for reading are open."""
    pool = db.engines[0].pool
    assert isinstance(pool, sa.QueuePool)
    return pool.checkedout() + pool.checkedin()


def test_who_needs_a_connection_in_general_gets_the_one_that_is_at_hand(db: Database) -> None:
    for _ in range(3):
        assert db.fetch_one(COUNT, ()) == (0,)
        with db.read() as connection:
            assert connection.scalar(sa.text(COUNT)) == 0
            assert opened(db) == 1


def test_there_are_never_more_connections_than_threads_that_use_one(database_url: str) -> None:
    database = Database(database_url, connections=4)
    database.upgrade()

    def page() -> None:
        for _ in range(20):
            assert database.fetch_one(COUNT, ()) == (0,)
            with database.read() as connection:
                assert connection.scalar(sa.text(COUNT)) == 0

    together(*[page] * 4)
    assert opened(database) <= 4
    database.dispose()
    assert opened(database) == 0
    assert database.fetch_one(COUNT, ()) == (0,), "it can be used again afterwards"
    database.dispose()


def test_a_statement_that_fails_harms_none_after_it(db: Database) -> None:
    for _ in range(3):
        with pytest.raises(db.engines[0].dialect.loaded_dbapi.Error):
            db.fetch_one("SELECT nothing FROM nowhere", ())
    assert db.fetch_one(COUNT, ()) == (0,)
    assert opened(db) == 1


def test_a_forked_child_leaves_the_connections_at_hand_to_its_parent(db: Database) -> None:
    assert db.fetch_one(COUNT, ()) == (0,)
    answers = multiprocessing.get_context("fork").SimpleQueue()
    child = multiprocessing.get_context("fork").Process(
        target=lambda: answers.put(tuple(db.fetch_one(COUNT, ()) or ()))
    )
    child.start()
    child.join()
    assert child.exitcode == 0
    assert answers.get() == (0,)
    answers.close()
    assert db.fetch_one(COUNT, ()) == (0,)


def test_fixed_work_is_one_transaction_of_one_commit(sqlite_db: Database) -> None:
    def work(cursor: sqlite3.Cursor) -> str:
        sqlite_db.run_on(cursor, EVENT, (AT, "one"))
        sqlite_db.run_on(cursor, EVENT, (AT, "two"))
        return "done"

    with counting(sqlite_db) as counts:
        assert sqlite_db.write_fixed(work) == "done"
    assert (counts.statements, counts.commits) == (2, 1)
    assert actions(sqlite_db) == ["one", "two"]


def test_fixed_work_that_fails_stores_nothing(sqlite_db: Database) -> None:
    def half(cursor: sqlite3.Cursor) -> None:
        sqlite_db.run_on(cursor, EVENT, (AT, "half"))
        raise LookupError

    def impossible(cursor: sqlite3.Cursor) -> None:
        sqlite_db.run_on(cursor, EVENT, (AT, "half"))
        sqlite_db.run_on(cursor, EVENT, (AT, None))

    for work, failure in ((half, LookupError), (impossible, sqlite3.IntegrityError)):
        with pytest.raises(failure):
            sqlite_db.write_fixed(work)
    sqlite_db.write_fixed(lambda cursor: sqlite_db.run_on(cursor, EVENT, (AT, "next")))
    assert actions(sqlite_db) == ["next"]


def test_fixed_work_and_any_other_share_transactions_and_a_bad_one_fails_alone(sqlite_db: Database) -> None:
    def fixed() -> None:
        for _ in range(20):
            sqlite_db.write_fixed(lambda cursor: sqlite_db.run_on(cursor, EVENT, (AT, "fixed")))

    def general() -> None:
        for _ in range(20):
            sqlite_db.write(lambda connection: connection.exec_driver_sql(EVENT, (AT, "general")))

    def bad() -> None:
        def work(connection: sa.Connection) -> None:
            connection.exec_driver_sql(EVENT, (AT, "bad"))
            raise LookupError

        for _ in range(20):
            with pytest.raises(LookupError):
                sqlite_db.write(work)

    together(fixed, general, bad, fixed, general, bad)
    assert sorted(actions(sqlite_db)) == ["fixed"] * 40 + ["general"] * 40
