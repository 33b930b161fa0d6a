"""A database with its tables, and the cast in it; on both kinds unless a test asks for one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from survey.answers import Sitting
from survey.contacts import Book, keys
from survey.contacts.keys import Keys
from survey.db import Database
from tests import people, postgres
from tests.survey.sittings import open_response, sit


@pytest.fixture(scope="session")
def upgraded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables in it, to be copied: making them anew for each test takes longer."""
    path = tmp_path_factory.mktemp("upgraded") / "study.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.dispose()
    return path


@pytest.fixture(scope="session")
def upgraded_postgres(postgres_server: postgres.Server) -> Iterator[str]:
    """The name of a PostgreSQL database with the tables in it, to be copied."""
    with postgres_server.fresh() as url:
        database = Database(url)
        database.upgrade()
        database.dispose()
        yield url.rpartition("/")[2]


@pytest.fixture
def sqlite_db(upgraded_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    """An SQLite database with its tables, empty."""
    path = tmp_path / "study.db"
    shutil.copy(upgraded_sqlite, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture
def postgres_db(postgres_server: postgres.Server, upgraded_postgres: str) -> Iterator[Database]:
    """A PostgreSQL database with its tables, empty."""
    with postgres_server.fresh(upgraded_postgres) as url:
        database = Database(url)
        yield database
        database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Database:
    """A database with its tables, empty; a test that asks for it runs on both kinds."""
    kind = {"sqlite": "sqlite_db", "postgresql": "postgres_db"}[request.param]
    database: Database = request.getfixturevalue(kind)
    return database


@pytest.fixture
def cast(db: Database) -> people.Cast:
    """The family De Vries and its professionals."""
    return people.settle(db)


@pytest.fixture
def sitting(db: Database, cast: people.Cast) -> Sitting:
    """The mother with her WHO-5 in front of her."""
    return sit(db, cast.mother, open_response(db, cast.mother, "who5"))


@pytest.fixture(scope="session")
def upgraded_contacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables of the contact store, to be copied."""
    path = tmp_path_factory.mktemp("contacts") / "contacts.db"
    database = Database(f"sqlite:///{path}", chain="survey.contacts:migrations")
    database.upgrade()
    database.dispose()
    return path


@pytest.fixture
def contact_key() -> str:
    """The key of the contact store of a test."""
    return keys.fresh()


@pytest.fixture
def book(upgraded_contacts: Path, tmp_path: Path, contact_key: str) -> Iterator[Book]:
    """An empty contact store, in a database of its own."""
    path = tmp_path / "contacts.db"
    shutil.copy(upgraded_contacts, path)
    found = Book(Database(f"sqlite:///{path}", chain="survey.contacts:migrations"), Keys([contact_key]))
    yield found
    found.dispose()
