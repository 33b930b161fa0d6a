"""The installation that commands work on: settings from the environment, the database, the study, words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.exc import DatabaseError, OperationalError

from instruments import catalogue, protocol
from instruments.protocol import Protocol
from instruments.wording import Library
from survey import studies, wording_packs
from survey.cli.outcomes import WrongInput
from survey.contacts import BadKeys, Book
from survey.db import Database, DatabaseBusy, UnusableDatabase
from survey.settings import BadSettings, Settings
from survey.steps import LaterTables
from survey.studies import Study


@dataclass(frozen=True)
class Installation:
    """What the environment variables describe, opened."""

    settings: Settings
    db: Database
    #: Names and numbers; None where the installation keeps none.
    book: Book | None = None
    #: The form that the study's tables had before they were brought to the newest; None: there were none.
    before: str | None = None

    @property
    def plan(self) -> Protocol:
        """The protocol of this installation."""
        path = self.settings.protocol_path
        return protocol.default() if path is None else protocol.load(path)

    @property
    def library(self) -> Library:
        """All wording of this installation."""
        return Library(wording_packs.roots(self.settings), catalogue())

    def contacts(self) -> Book:
        """The contact store. Raises WrongInput when there is none."""
        if self.book is None:
            raise WrongInput("this installation keeps no contacts; name a store in MEETMOMENT_CONTACTS_URL.")
        return self.book

    def study(self) -> Study:
        """The study of the database. Raises WrongInput when none was begun."""
        found = studies.the_study(self.db)
        if found is None:
            raise WrongInput("the database holds no study yet; begin one with `survey study begin`.")
        return found


@contextmanager
def opened(*, upgrade: bool) -> Iterator[Installation]:
    """The installation while a command works on it.

    Args:
        upgrade: make the database if it is not there, and bring its tables to the newest form. A command
            that only reads says no, and refuses a database that is not there or not current.
    """
    # Who only reads (an export, a report) never comes near names.
    with _connected(contacts=upgrade) as here:
        before = _bring_up(here.db, upgrade=upgrade)
        if here.book is not None:
            _bring_up(here.book.database, upgrade=upgrade, name="CONTACTS_URL")
        yield replace(here, before=before)


@contextmanager
def as_found() -> Iterator[Installation]:
    """The installation with the form that its tables happen to have, for who changes that form."""
    with _connected(contacts=True) as here:
        _there(here.db, "DATABASE_URL", file=True)
        if here.book is not None:
            _there(here.book.database, "CONTACTS_URL", file=True)
        yield here


@contextmanager
def _connected(*, contacts: bool) -> Iterator[Installation]:
    try:
        settings = Settings.from_environment()
        db = Database(settings.database_url, connections=settings.threads)
        book = Book.of(settings) if contacts else None
    except (BadSettings, BadKeys, UnusableDatabase) as error:
        raise WrongInput(f"{error}") from error
    try:
        yield Installation(settings, db, book)
    except DatabaseError as error:
        if type(error) not in (DatabaseError, OperationalError):
            raise  # our mistake, not the database's
        reason = str(error.orig).strip().splitlines()[0]
        raise WrongInput(f"the database cannot be used: {reason}. Check MEETMOMENT_DATABASE_URL.") from error
    except DatabaseBusy as error:
        raise WrongInput(f"{error}. Stop what holds it, or try again later.") from error
    finally:
        db.dispose()
        if book is not None:
            book.dispose()


def _bring_up(db: Database, *, upgrade: bool, name: str = "DATABASE_URL") -> str | None:
    _there(db, name, file=not upgrade)
    if upgrade:
        try:
            return db.upgrade()
        except LaterTables as error:
            raise WrongInput(f"{error}.") from error
    if not db.is_current():
        raise WrongInput("the database is of another version of the service; run `survey study upgrade`.")
    return None


def _there(db: Database, name: str, *, file: bool) -> None:
    """Refuse an SQLite file (or only its folder) that is not there, before an empty one is made."""
    if db.dialect == "sqlite" and db.url.database:
        path = Path(db.url.database)
        what = path if file else path.parent
        if not what.exists():
            raise WrongInput(f"{what} does not exist; make it, or mend MEETMOMENT_{name}.")
