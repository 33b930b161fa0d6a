"""A backup a day, by the worker, where it was said whereto and to whom."""

from __future__ import annotations

from survey import backups
from survey.backups import BadKey, CannotBackUp
from survey.contacts import Book
from survey.jobs import Failure, Kind, Work
from survey.people_keys import PeopleKeys

#: Of the daily backups so many stay.
KEEP = 30


def run(work: Work) -> str:
    """Make the backup of the day."""
    settings = work.settings
    if settings.backup_dir is None or not settings.backup_keys:
        return "not set up"
    book = Book.of(settings)
    try:
        made = backups.make(
            work.db, settings.backup_keys, settings.backup_dir, by="system", keep=KEEP, now=work.now(),
            contacts=book.database if book else None, people=PeopleKeys.of(settings),
        )  # fmt: skip
    except BadKey as error:
        raise Failure(str(error)) from error
    except CannotBackUp as error:
        # It may go better in a while: the disk, the server.
        raise RuntimeError("no backup was made") from error
    finally:
        if book is not None:
            book.database.dispose()
    return made.path.name


KIND = Kind("backup", run, daily=True, attempts=5)
