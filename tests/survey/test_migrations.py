"""An upgrade of a study that is under way: nothing of it changes, and the way back is a backup."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from survey import audit, backups
from survey.answers import Sitting
from survey.backups import archive
from survey.db import Database
from tests import people, postgres
from tests.people import Cast
from tests.survey.sittings import save

SECRET, PUBLIC = archive.new_identity()
Rows = dict[str, list[str]]
Place = Callable[[], str]


@pytest.fixture
def place(db: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    """Hands out URLs of empty places, of the kind of the database."""
    count = iter(range(100))

    def hand_out() -> str:
        if db.dialect == "sqlite":
            folder = tmp_path / f"place-{next(count)}"
            folder.mkdir()
            return f"sqlite:///{folder / 'study.db'}"
        server: postgres.Server = request.getfixturevalue("postgres_server")
        context = server.fresh()
        url = context.__enter__()
        request.addfinalizer(lambda: context.__exit__(None, None, None))
        return url

    return hand_out


@contextmanager
def opened(url: str) -> Iterator[Database]:
    db = Database(url)
    try:
        yield db
    finally:
        db.dispose()


def columns(db: Database) -> dict[str, list[str]]:
    """The tables there are, with their columns, the version of the tables left out."""
    with db.read() as connection:
        inspector = sa.inspect(connection)
        return {
            name: [str(column["name"]) for column in inspector.get_columns(name)]
            for name in inspector.get_table_names()
            if name != "alembic_version"
        }


def rows(db: Database, wanted: dict[str, list[str]]) -> Rows:
    """What stands in these columns."""
    with db.read() as connection:
        return {
            table: sorted(map(repr, connection.execute(sa.text(_select(table, names))).fetchall()))
            for table, names in wanted.items()
        }


def _select(table: str, names: list[str]) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    return f'SELECT {listed} FROM "{table}"'


def fill(old: Database, source: Database) -> None:
    """Put into tables of an earlier form what a study of today has in the same columns."""
    there = columns(source)
    with source.read() as connection:
        found = {
            table: [tuple(row) for row in connection.execute(sa.text(_select(table, names)))]
            for table, names in columns(old).items()
            if set(names) <= set(there.get(table, []))
        }
    shared = {table: columns(old)[table] for table in found}
    # Families refer to each other in a circle, so references are looked at in the end, not row by row.
    if old.dialect == "sqlite":
        with closing(sqlite3.connect(str(old.url.database))) as connection, connection:
            for table, listed in found.items():
                marks = ", ".join("?" * len(shared[table]))
                names = ", ".join(f'"{name}"' for name in shared[table])
                connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', listed)
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return
    url = old.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as server:
        server.execute("SET session_replication_role = replica")
        for table, listed in found.items():
            marks = ", ".join(["%s"] * len(shared[table]))
            names = ", ".join(f'"{name}"' for name in shared[table])
            with server.cursor() as cursor:
                cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', listed)  # type: ignore[arg-type]
        # The next number of each table comes after those that were put in.
        for table in found:
            if "id" in shared[table]:
                server.execute(
                    f"SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM \"{table}\"",  # type: ignore[arg-type]
                    (table,),
                )


@pytest.fixture
def study(db: Database, cast: Cast, sitting: Sitting) -> Database:
    """A study under way: people, links, a response with answers and their history."""
    save(db, sitting, {"1": 3, "2": 4})
    save(db, sitting, {"1": 5}, "s2")
    return db


@pytest.mark.parametrize("form", ["0001", "0009"])
def test_an_upgrade_leaves_a_study_as_it_was(study: Database, place: Place, form: str) -> None:
    with opened(place()) as old:
        old.upgrade(form)
        assert not old.is_current()
        fill(old, study)
        kept = columns(old)
        before = rows(old, kept)
        assert len(before["answer"]) == 2
        assert len(before["save_event"]) == 2
        old.upgrade()
        assert old.is_current()
        assert columns(old).items() >= columns(study).items()
        assert rows(old, {table: names for table, names in kept.items() if table != "seal"}) == {
            table: listed for table, listed in before.items() if table != "seal"
        }
        assert audit.verify(old).problems == ()


def test_an_upgrade_that_went_wrong_is_taken_back_with_the_backup_made_before_it(
    study: Database, place: Place, tmp_path: Path
) -> None:
    form = "0009"
    with opened(place()) as old:
        old.upgrade(form)
        fill(old, study)
        # What the administrator's documentation says: first a backup, then the upgrade.
        made = backups.make(old, [PUBLIC], tmp_path, by="administrator", now=people.at(people.T0))
        assert made.manifest.revision == form
        before = rows(old, columns(old))
        old.upgrade()
        back_to = place()
        assert backups.restore(made.path, SECRET, back_to, by="administrator").problems == ()
    with opened(back_to) as back:
        assert not back.is_current(), "it is of the form of the version before"
        found = rows(back, columns(back))
        for table in set(found) - {"event", "seal"}:
            assert found[table] == before[table]
        assert audit.verify(back, head=made.manifest.head).problems == ()
        back.upgrade()
        assert back.is_current(), "and the upgrade can be tried again"
