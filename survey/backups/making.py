"""Making a backup: a copy of one moment, while everybody goes on saving."""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from survey import audit, moments
from survey.backups import copying, owners, taking
from survey.backups.archive import Manifest, recipients, seal
from survey.backups.copying import Taking
from survey.backups.programs import CannotBackUp
from survey.db import AWAY, Database
from survey.models import Event
from survey.people_keys import KeysAway, PeopleKeys

_ENDING = ".age"
#: How files begin, by what they hold.
_BEGIN = {"study": "meetmoment-", "contacts": "contacts-"}
_ACTION = "backup.made"
#: How often a copy is made anew because somebody came meanwhile.
_TRIES = 5


@dataclass(frozen=True)
class Made:
    """A backup that is on disk."""

    path: Path
    manifest: Manifest
    #: Of the sealed file.
    bytes: int
    #: Earlier backups that were thrown away.
    dropped: tuple[Path, ...]


def make(
    db: Database,
    keys: Sequence[str],
    folder: Path,
    *,
    by: str,
    keep: int | None = None,
    now: dt.datetime | None = None,
    contacts: Database | None = None,
    people: PeopleKeys | None = None,
) -> Made:
    """Make a backup in a folder, and note in the audit trail that it was made.

    Args:
        contacts: the contact store, where there is one; it goes into a file of its own beside this one.
        keys: public keys of age; whoever has the secret key of one of them can open it.
        keep: how many backups stay in the folder; older ones of ours are thrown away. None: all stay.
        people: the keys of people; what is about them is sealed with these too, and a sealed copy of these
            keys goes beside the backup. None: whoever opens the backup can read everybody in it.

    Raises:
        BadKey: a key is no public key.
        CannotBackUp: the database, the disk or the store of people's keys would not.
    """
    moment = now or moments.now()
    recipients(keys)  # before anything is copied
    try:
        people = _with_keys(db, people)
        if contacts is not None:
            take = None if people is None else _Contacts(db, people)
            _copied(contacts, "contacts", keys, folder, moment, take)
        path, manifest = _study_copied(db, keys, folder, moment, people)
    except KeysAway as error:
        raise CannotBackUp(f"no backup was made in {folder}: {error}") from error
    except (OSError, sqlite3.Error, *AWAY) as error:
        reason = (
            error.strerror if isinstance(error, OSError) and error.strerror else str(error).splitlines()[0]
        )
        raise CannotBackUp(f"no backup was made in {folder}: {reason}") from error
    size = path.stat().st_size
    dropped = tuple(old for store in _BEGIN for old in _drop(folder, store, keep))

    def note(connection: Connection) -> None:
        audit.append(connection, by, _ACTION, "study 1", moment, file=path.name, bytes=size)

    db.write(note)
    return Made(path, manifest, size, dropped)


class _SomebodyNew(RuntimeError):
    """Between the keys and the copy somebody came who has no key yet."""


class _Study:
    """Takes the rows of people out of the copy of a study."""

    def __init__(self, people: PeopleKeys) -> None:
        self._people = people

    def __call__(self, connection: Connection, to: IO[bytes]) -> Mapping[str, Sequence[str]]:
        if owners.nameless(connection):
            raise _SomebodyNew
        return taking.take(connection, owners.owned(connection), str, self._people.secrets(), to)


class _Contacts:
    """Takes the rows out of the copy of the contact store, whose people are named in the study."""

    def __init__(self, db: Database, people: PeopleKeys) -> None:
        self._db, self._people = db, people
        people.fill(db)
        self._before = self._names()

    def __call__(self, connection: Connection, to: IO[bytes]) -> Mapping[str, Sequence[str]]:
        # Who came since has a key now; who was erased since had one before, and it is gone.
        self._people.fill(self._db)
        names = self._before | self._names()

        def whom(number: str) -> str:
            return names.get(int(number), "")

        return taking.take(connection, owners.of_contacts(connection), whom, self._people.secrets(), to)

    def _names(self) -> dict[int, str]:
        with self._db.read() as study:
            return owners.of_respondents(study)


def _with_keys(db: Database, people: PeopleKeys | None) -> PeopleKeys | None:
    """The store of keys; None where there is none, or the tables are of an earlier form, without names."""
    if people is None:
        return None
    with db.read() as connection:
        return people if owners.known(connection) else None


def _study_copied(
    db: Database, keys: Sequence[str], folder: Path, moment: dt.datetime, people: PeopleKeys | None
) -> tuple[Path, Manifest]:
    if people is None:
        return _copied(db, "study", keys, folder, moment, None)
    for _ in range(_TRIES):
        people.fill(db)
        # Before the backup, so that what lies there can always be read.
        people.seal_copy(folder, keys)
        with suppress(_SomebodyNew):
            return _copied(db, "study", keys, folder, moment, _Study(people))
    raise CannotBackUp("families came in faster than they could be given keys; try again at a quieter hour")


def _copied(
    db: Database,
    store: str,
    keys: Sequence[str],
    folder: Path,
    moment: dt.datetime,
    take: Taking | None,
) -> tuple[Path, Manifest]:
    path = folder / f"{_BEGIN[store]}{moment:%Y%m%dT%H%M%SZ}{_ENDING}"
    # Beside the backup, not in a shared folder for temporary files: only we may read this copy.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".copying-") as temporary:
        copied = copying.copy(db, Path(temporary), moment, take)
        manifest = replace(copied.manifest, store=store)
        seal(manifest, copied.content, path, keys, copied.people)
    return path, manifest


def last_made(db: Database) -> dt.datetime | None:
    """When the last backup was made, as far as the trail knows."""
    with db.read() as connection:
        return connection.scalar(sa.select(sa.func.max(Event.at)).where(Event.action == _ACTION))


def _drop(folder: Path, store: str, keep: int | None) -> tuple[Path, ...]:
    if keep is None:
        return ()
    ours: Iterable[Path] = sorted(folder.glob(f"{_BEGIN[store]}[0-9]*{_ENDING}"))
    old = tuple(ours)[: -max(1, keep)]
    for path in old:
        path.unlink()
    return old
