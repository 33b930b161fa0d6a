"""A database with its tables, and the cast in it; on both kinds unless a test asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from survey.answers import Sitting
from survey.contacts import Book, keys
from survey.contacts.keys import Keys
from survey.db import Database
from tests import people
from tests.kinds import BOTH, CONTACTS, Kind, Places
from tests.survey.sittings import open_response, sit


@pytest.fixture
def sqlite_db(places: Places) -> Iterator[Database]:
    """An SQLite database with its tables, empty."""
    with places.upgraded("sqlite") as database:
        yield database


@pytest.fixture
def postgres_db(places: Places) -> Iterator[Database]:
    """A PostgreSQL database with its tables, empty."""
    with places.upgraded("postgresql") as database:
        yield database


@pytest.fixture
def chosen_db(database_kind: Kind, places: Places) -> Iterator[Database]:
    """A database with its tables, empty, of the kind that this run is on."""
    with places.upgraded(database_kind) as database:
        yield database


@pytest.fixture(params=BOTH)
def db(request: pytest.FixtureRequest, places: Places) -> Iterator[Database]:
    """A database with its tables, empty; a test that asks for it runs on both kinds."""
    with places.upgraded(request.param) as database:
        yield database


@pytest.fixture
def cast(db: Database) -> people.Cast:
    """The family De Vries and its professionals."""
    return people.settle(db)


@pytest.fixture
def sitting(db: Database, cast: people.Cast) -> Sitting:
    """The mother with her WHO-5 in front of her."""
    return sit(db, cast.mother, open_response(db, cast.mother, "who5"))


@pytest.fixture
def contact_key() -> str:
    """The key of the contact store of a test."""
    return keys.fresh()


@pytest.fixture
def book(database_kind: Kind, places: Places, contact_key: str) -> Iterator[Book]:
    """An empty contact store, in a database of its own."""
    with places.upgraded(database_kind, CONTACTS) as database:
        yield Book(database, Keys([contact_key]))
