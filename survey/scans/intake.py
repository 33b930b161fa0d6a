"""A pile comes in: its files are sealed and stored in pieces, and nothing else is asked of them here.

What is in them is for a worker to find out, who is asked to as soon as all of a pile is there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import insert, update
from sqlalchemy.engine import Connection

from survey import audit, moments
from survey.db import Database
from survey.jobs.queue import enqueue_on
from survey.keys import Keys
from survey.scans import sealing
from survey.scans.tables import ScanFile, ScanPart, ScanPile

#: The most bytes of one file, and files of one pile. A file of an office scanner with a hundred pages in
#: grey at 300 dpi has some 60 million bytes.
LARGEST_FILE = 200_000_000
MOST_FILES = 200
#: Bytes of a piece: writing one takes milliseconds, for which everybody else's save waits (decisions/0001).
_PIECE = 1_000_000


class NothingThere(ValueError):
    """No file, or an empty one."""


class TooManyFiles(ValueError):
    """More files than one pile may have."""


class FileTooLarge(ValueError):
    """A file of more bytes than is read. `number`: which of the pile, from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def add(
    db: Database,
    keys: Keys,
    study_id: int,
    files: Sequence[bytes],
    *,
    by: str,
    now: dt.datetime | None = None,
) -> int:
    """Store a pile, to be read by a worker; its number. Names of files are not wanted: they may be people's.

    Raises:
        NothingThere, TooManyFiles, FileTooLarge: nothing was stored.
    """
    moment = now or moments.now()
    if not files or not all(files):
        raise NothingThere
    if len(files) > MOST_FILES:
        raise TooManyFiles
    for number, content in enumerate(files, 1):
        if len(content) > LARGEST_FILE:
            raise FileTooLarge(number)

    def begin(connection: Connection) -> tuple[int, list[int]]:
        # No worker looks at it before all of it is there.
        pile_id = connection.execute(
            insert(ScanPile)
            .values(study_id=study_id, added_by=by, added_at=moment, status="arriving", attempts=0)
            .returning(ScanPile.id)
        ).scalar_one()
        numbers = [
            connection.execute(
                insert(ScanFile)
                .values(pile_id=pile_id, number=number, bytes=len(content), status="waiting")
                .returning(ScanFile.id)
            ).scalar_one()
            for number, content in enumerate(files, 1)
        ]
        return pile_id, numbers

    pile_id, numbers = db.write(begin)
    for file_id, content in zip(numbers, files, strict=True):
        for number, start in enumerate(range(0, len(content), _PIECE), 1):
            _store(db, keys, file_id, number, content[start : start + _PIECE])

    def whole(connection: Connection) -> None:
        connection.execute(update(ScanPile).where(ScanPile.id == pile_id).values(status="waiting"))
        enqueue_on(
            connection, "read_scans", {"pile": pile_id}, by=by, now=moment, key=f"read_scans {pile_id}"
        )
        audit.append(connection, by, "scan.added", f"pile {pile_id}", moment, files=len(files))

    db.write(whole)
    return pile_id


def _store(db: Database, keys: Keys, file_id: int, number: int, piece: bytes) -> None:
    sealed = sealing.seal(keys, piece, sealing.part_name(file_id, number))
    db.write(
        lambda connection: connection.execute(
            insert(ScanPart).values(file_id=file_id, number=number, sealed=sealed)
        )
    )
