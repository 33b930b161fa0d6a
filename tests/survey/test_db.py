"""The database: durable, safe with many writers, the same on both kinds."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from survey.db import Database, DatabaseReadOnly, UnusableDatabase, counting
from survey.models import Base, Event, Study
from survey.writer import NestedWrite
from tests import postgres

EVENT = "INSERT INTO event (at, actor, action, object, detail) VALUES (?, 'test', ?, 'thing 1', '{}')"
AT = "2026-11-23T09:00:00.000Z"


def add(db: Database, action: str) -> None:
    statement = db.marks(EVENT)
    db.write(lambda connection: connection.exec_driver_sql(statement, (AT, action)))


def actions(db: Database) -> list[str]:
    with db.read() as connection:
        return list(connection.scalars(sa.select(Event.action).order_by(Event.id)))


def test_migrations_and_models_describe_the_same_tables(db: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with db.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_and_models_have_the_same_checks(db: Database) -> None:
    dialect = db.engines[0].dialect
    declared = {
        str(check.name)
        for table in Base.metadata.tables.values()
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
        and (check._ddl_if is None or check._ddl_if.dialect == dialect.name)
    }
    with db.read() as connection:
        inspector = sa.inspect(connection)
        migrated = {
            check["name"]
            for table in Base.metadata.tables
            for check in inspector.get_check_constraints(table)
        }
    assert migrated == declared
    assert len(declared) > 25


def test_an_upgraded_database_is_current_and_upgrading_again_changes_nothing(database_url: str) -> None:
    database = Database(database_url)
    assert not database.is_current()
    database.upgrade()
    assert database.is_current()
    database.upgrade()
    assert database.is_current()
    database.dispose()


def test_what_was_written_can_be_read(db: Database) -> None:
    add(db, "first")
    assert actions(db) == ["first"]


def test_a_reading_connection_refuses_to_write(db: Database) -> None:
    with db.read() as connection, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        connection.exec_driver_sql(db.marks(EVENT), (AT, "sneaky"))
    assert actions(db) == []


def test_a_snapshot_sees_one_moment(db: Database) -> None:
    add(db, "before")
    with db.snapshot() as connection:
        assert connection.scalar(sa.select(sa.func.count(Event.id))) == 1
        add(db, "meanwhile")
        assert connection.scalar(sa.select(sa.func.count(Event.id))) == 1
    assert actions(db) == ["before", "meanwhile"]


def test_a_failed_job_stores_nothing_and_its_exception_reaches_the_caller(db: Database) -> None:
    def work(connection: sa.Connection) -> None:
        connection.exec_driver_sql(db.marks(EVENT), (AT, "half"))
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        db.write(work)
    add(db, "next")
    assert actions(db) == ["next"]


def test_an_orm_session_writes_through_the_same_door(db: Database) -> None:
    from survey import moments

    def work(session: Session) -> Study:
        study = Study(key="s", kind="demo", protocol="default", languages="nl", created_at=moments.read(AT))
        session.add(study)
        return study

    study = db.session_write(work)
    assert study.id == 1
    assert study.created_at == moments.read(AT)


def test_a_session_that_fails_stores_nothing(db: Database) -> None:
    def work(session: Session) -> None:
        session.execute(
            sa.text(EVENT.replace("?", ":at", 1).replace("?", ":action", 1)), {"at": AT, "action": "x"}
        )
        raise LookupError

    with pytest.raises(LookupError):
        db.session_write(work)
    assert actions(db) == []


def test_a_write_inside_a_write_is_refused_on_sqlite(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    database.upgrade()
    with pytest.raises(NestedWrite):
        database.write(lambda _: add(database, "inner"))
    add(database, "after")
    assert actions(database) == ["after"]
    database.dispose()


def test_a_connection_that_was_lent_when_all_were_closed_is_closed_when_it_comes_back(db: Database) -> None:
    with db.read() as connection:
        driver = connection.connection.driver_connection
        db.dispose()
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1, "whoever has it can go on"
    with pytest.raises((psycopg.OperationalError, sqlite3.ProgrammingError), match="closed"):
        driver.execute("SELECT 1")
    with db.read() as connection:
        again = connection.connection.driver_connection
    with db.read() as connection:
        assert connection.connection.driver_connection is again, "a newer one is kept"


def test_a_server_that_takes_no_writes_for_a_while_is_away_and_back_without_a_restart(
    postgres_db: Database, postgres_server: postgres.Server
) -> None:
    add(postgres_db, "before")
    setting = f'ALTER DATABASE "{postgres_db.url.database}" SET default_transaction_read_only = '
    with postgres_server.connect() as connection:
        connection.execute(setting + "on")
        postgres_db.dispose()  # as the end of the old server would
        statement = postgres_db.marks(EVENT + " RETURNING id")
        for write in (
            lambda: add(postgres_db, "meanwhile"),
            lambda: postgres_db.store_one(statement, (AT, "meanwhile")),
        ):
            with pytest.raises(DatabaseReadOnly):
                write()
        assert actions(postgres_db) == ["before"], "reading goes on"
        connection.execute(setting + "off")
    add(postgres_db, "after")
    assert actions(postgres_db) == ["before", "after"]


def test_a_broken_constraint_is_an_integrity_error_and_the_next_write_works(db: Database) -> None:
    statement = (
        "INSERT INTO study (key, kind, protocol, languages, created_at) VALUES ('s', 'wild', '', '', '')"
    )
    with pytest.raises(IntegrityError, match="ck_study_kind_known"):
        db.write(lambda connection: connection.exec_driver_sql(statement))
    add(db, "next")
    assert actions(db) == ["next"]


def test_many_threads_write_and_every_write_is_there_once(db: Database) -> None:
    failures: list[BaseException] = []

    def client(name: int) -> None:
        try:
            for turn in range(20):
                add(db, f"{name}.{turn}")
        except BaseException as failure:  # noqa: BLE001 - reported below
            failures.append(failure)

    threads = [threading.Thread(target=client, args=(name,)) for name in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(actions(db)) == sorted(f"{name}.{turn}" for name in range(12) for turn in range(20))


def _write_from_another_process(url: str, name: str) -> None:
    database = Database(url)
    for turn in range(25):
        add(database, f"{name}.{turn}")
    database.dispose()


def test_several_processes_write_at_once(db: Database) -> None:
    url = db.url.render_as_string(hide_password=False)
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=_write_from_another_process, args=(url, name)) for name in ("one", "two")]
    for process in others:
        process.start()
    for turn in range(25):
        add(db, f"three.{turn}")
    for process in others:
        process.join()
        assert process.exitcode == 0
    assert len(set(actions(db))) == 75


def test_a_forked_child_makes_connections_of_its_own(db: Database) -> None:
    add(db, "parent")
    fork = multiprocessing.get_context("fork")
    child = fork.Process(target=lambda: add(db, "child"))
    child.start()
    child.join()
    assert child.exitcode == 0
    add(db, "parent again")
    assert actions(db) == ["parent", "child", "parent again"]


def test_sqlite_is_durable_write_ahead_and_watches_references(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    database.upgrade()

    def pragmas(connection: sa.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

    assert database.write(pragmas) == ["wal", 2, 1, 10_000]
    database.dispose()


def test_counting_sees_statements_and_commits_only_while_inside(db: Database) -> None:
    with counting(db) as counts:
        add(db, "one")
        assert actions(db) == ["one"]
    add(db, "two")
    assert (counts.statements, counts.commits) == (2, 1)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "nonsense", ""])
def test_a_url_the_service_cannot_use_is_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(UnusableDatabase, match="sqlite"):
        Database(url)


def test_a_postgresql_server_that_dropped_its_connections_harms_nobody(postgres_db: Database) -> None:
    add(postgres_db, "before")
    ask = postgres_db.marks("SELECT action FROM event WHERE id > ?")
    assert postgres_db.fetch_one(ask, (0,)) == ("before",)

    def drop() -> None:
        url = postgres_db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    drop()
    assert postgres_db.fetch_one(ask, (0,)) == ("before",)
    drop()
    assert actions(postgres_db) == ["before"]
    drop()
    add(postgres_db, "written")
    drop()
    assert postgres_db.store_one(postgres_db.marks(EVENT) + " RETURNING id", (AT, "stored"))
    assert actions(postgres_db) == ["before", "written", "stored"]
