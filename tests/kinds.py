"""The two kinds of database, and the one that this run of the tests is on.

Most tests are about pages, paper or people, and run on one kind: SQLite, or what `MEETMOMENT_TEST_DATABASE`
says (`make test-postgresql`). Tests of what speaks to the database run on both kinds, unless a kind was said;
tests about one kind ask for it by name (`sqlite_db`, `postgres_url`) and always run on it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, get_args

import pytest

from survey.db import Database
from tests.postgres import Server

Kind = Literal["sqlite", "postgresql"]

#: The migrations that make the tables of answers, and those of the contact store.
STUDY = "survey:migrations"
CONTACTS = "survey.contacts:migrations"

VARIABLE = "MEETMOMENT_TEST_DATABASE"


def said(value: str | None) -> Kind | None:
    """The kind that this run was told to be on, if it was told one. Raises ValueError."""
    found: Kind | None = next((kind for kind in get_args(Kind) if kind == value), None)
    if value and found is None:
        raise ValueError(f"{VARIABLE} is {value!r}; it can be {' or '.join(get_args(Kind))}.")
    return found


# Looked at once: tests of commands take every setting of ours from the environment.
_SAID = said(os.environ.get(VARIABLE))

#: What a test runs on to which it does not matter.
CHOSEN: Kind = _SAID or "sqlite"

#: What a test runs on that is about what both kinds have to do alike.
BOTH: tuple[Kind, ...] = (_SAID,) if _SAID else get_args(Kind)

# A sample of pages and journeys is on PostgreSQL in every run; `make test-postgresql` has all of them there.
#: `pytestmark = on_both`: the tests of this module run on both kinds.
on_both = pytest.mark.parametrize("database_kind", BOTH, indirect=True)
#: `pytestmark = on_postgresql`: they run on PostgreSQL unless the run was told a kind; others are on SQLite.
on_postgresql = pytest.mark.parametrize("database_kind", BOTH[-1:], indirect=True)


def url_of(database: Database) -> str:
    """The URL of a database as it is written in settings, its password included."""
    return database.url.render_as_string(hide_password=False)


def kind_of(database: Database) -> Kind:
    """Which of the two a database is."""
    return "sqlite" if database.dialect == "sqlite" else "postgresql"


@contextlib.contextmanager
def opened(url: str, chain: str = STUDY) -> Iterator[Database]:
    """A database of a test, closed afterwards, also when the test fails."""
    database = Database(url, chain=chain)
    try:
        yield database
    finally:
        database.dispose()


class Places:
    """Hands out databases, each for whoever asks alone and gone afterwards.

    Args:
        server: the PostgreSQL of this run; asked for when the first such database is.
        folder: where SQLite files are put, each in a folder of its own.
    """

    def __init__(self, server: Callable[[], Server], folder: Path) -> None:
        self.server = server
        self._folder = folder
        self._templates: dict[tuple[Kind, str], str] = {}

    @contextlib.contextmanager
    def empty(self, kind: Kind = CHOSEN) -> Iterator[str]:
        """The URL of a database without tables; an SQLite file does not exist yet."""
        if kind == "postgresql":
            with self.server().fresh() as url:
                yield url
        else:
            with tempfile.TemporaryDirectory(dir=self._folder) as own:
                yield f"sqlite:///{own}/study.db"

    @contextlib.contextmanager
    def upgraded(self, kind: Kind = CHOSEN, chain: str = STUDY) -> Iterator[Database]:
        """A database with its tables, empty; a copy, since making the tables anew takes longer."""
        with self._copied(kind, chain) as url, opened(url, chain) as database:
            yield database

    @contextlib.contextmanager
    def _copied(self, kind: Kind, chain: str) -> Iterator[str]:
        template = self._template(kind, chain)
        if kind == "postgresql":
            with self.server().fresh(template) as url:
                yield url
        else:
            with self.empty(kind) as url:
                shutil.copy(template, url.removeprefix("sqlite:///"))
                yield url

    def _template(self, kind: Kind, chain: str) -> str:
        """The file, or the name of the PostgreSQL database, that is copied."""
        if (kind, chain) not in self._templates:
            if kind == "postgresql":
                url = self.server().create()
                name = url.rpartition("/")[2]
            else:
                name = str(self._folder / f"{chain.partition(':')[0]}.db")
                url = f"sqlite:///{name}"
            with opened(url, chain) as database:
                database.upgrade()
            self._templates[kind, chain] = name
        return self._templates[kind, chain]
