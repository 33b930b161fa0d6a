"""The installation that commands work on: settings from the environment, the database, the study, words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
from survey.studies import Study


@dataclass(frozen=True)
class Installation:
    """What the environment variables describe, opened."""

    settings: Settings
    db: Database
    #: Names and numbers; None where the installation keeps none.
    book: Book | None = None

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
    try:
        settings = Settings.from_environment()
        db = Database(settings.database_url, connections=settings.threads)
        # Who only reads (an export, a report) never comes near names.
        book = Book.of(settings) if upgrade else None
    except (BadSettings, BadKeys, UnusableDatabase) as error:
        raise WrongInput(f"{error}") from error
    try:
        _bring_up(db, upgrade=upgrade)
        if book is not None:
            _bring_up(book.database, upgrade=upgrade, name="CONTACTS_URL")
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


def _bring_up(db: Database, *, upgrade: bool, name: str = "DATABASE_URL") -> None:
    file = Path(db.url.database) if db.dialect == "sqlite" and db.url.database else None
    if file is not None and not (file.parent if upgrade else file).exists():
        what = file.parent if upgrade else file
        raise WrongInput(f"{what} does not exist; make it, or mend MEETMOMENT_{name}.")
    if upgrade:
        db.upgrade()
    elif not db.is_current():
        raise WrongInput("the database is of another version of the service; run `survey study upgrade`.")
