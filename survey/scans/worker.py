"""Reads the piles that wait, one at a time, page by page; never in a web process.

Files are read in a process of their own (`printable.apart`), so that a hostile one takes only that along.
What comes out of it is not trusted either: words, codes and items that cannot be are refused here.
Every page is stored as soon as it is read, so that whoever waits sees it come. A worker that dies leaves its
pile to the next one; a pile that has seen two workers die is given up.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.engine import Connection

from printable import apart
from printable.apart import Shown
from printable.images import Limits, Unusable
from printable.reading import Find, Known, Reading
from survey import audit, moments, sheets
from survey.db import Database
from survey.keys import Keys
from survey.scans import sealing
from survey.scans.finding import Finder
from survey.scans.judging import judge_forms, row_of
from survey.scans.tables import (
    FILE_PROBLEMS,
    LEVELS,
    PAGE_STATUSES,
    ScanFile,
    ScanPage,
    ScanPart,
    ScanPicture,
    ScanPile,
    ScanReading,
)
from survey.sheets import Sheet

#: After so long without a sign of its worker a pile is anybody's; longer than any one file may take.
STALE = dt.timedelta(minutes=20)
#: So many workers may begin on a pile.
_ATTEMPTS = 2
#: The picture of a flat page is a third of a million bytes; one of so many is something else.
_LARGEST_PICTURE = 8_000_000
_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True)
class _File:
    """A file to be read: its number, its bytes, of which pile, handed in by whom and when."""

    id: int
    bytes: int
    pile_id: int
    by: str
    added_at: dt.datetime


@dataclass(frozen=True)
class Worker:
    """Reads piles for one study."""

    db: Database
    study_id: int
    paper_keys: Keys
    picture_keys: Keys
    #: The address of the service: a code that we do not know under another address is another study's.
    base_url: str
    limits: Limits = field(default_factory=Limits)
    #: What reads a file; by default `printable.apart.read`.
    reader: Callable[[bytes, Find, Limits], Iterable[Shown]] | None = None
    now: Callable[[], dt.datetime] = moments.now
    #: Told how many pages of a pile are read, after each; it may raise, to stop.
    tell: Callable[[int], None] = lambda pages: None

    def read_all(self) -> Iterator[int]:
        """Read every pile that waits; the number of each as soon as it is done."""
        while (pile_id := self.claim()) is not None:
            self.read(pile_id)
            yield pile_id

    def claim(self, pile_id: int | None = None, *, taken_over: bool = False) -> int | None:
        """Take a pile, or the one that has waited longest; None when it is taken, or none waits.

        Args:
            taken_over: also one that another is reading, who is known to be dead.
        """
        now = self.now()

        def work(connection: Connection) -> int | None:
            old = ScanPile.worked_at < now - STALE if not taken_over else ScanPile.id > 0
            free = or_(ScanPile.status == "waiting", (ScanPile.status == "reading") & old)
            which = free if pile_id is None else free & (ScanPile.id == pile_id)
            for number in connection.scalars(select(ScanPile.id).where(which).order_by(ScanPile.id)).all():
                # Another worker may have been faster: then this changes nothing.
                mine = connection.execute(
                    update(ScanPile)
                    .where(ScanPile.id == number, free)
                    .values(status="reading", worked_at=now, attempts=ScanPile.attempts + 1)
                ).rowcount
                if mine:
                    return int(number)
            return None

        return self.db.write(work)

    def read(self, pile_id: int) -> None:
        """Read a pile that was claimed, to the end. Ctrl-C leaves it as if nothing had happened."""
        with self.db.read() as connection:
            pile = connection.execute(select(ScanPile).where(ScanPile.id == pile_id)).one()
            rows = connection.execute(
                select(ScanFile.id, ScanFile.bytes)
                .where(ScanFile.pile_id == pile_id, ScanFile.status == "waiting")
                .order_by(ScanFile.number)
            ).all()
        pages = count(1)
        try:
            for row in rows:
                file = _File(row.id, row.bytes, pile_id, pile.added_by, pile.added_at)
                given_up = pile.attempts > _ATTEMPTS
                status = "failed" if given_up else self._read_file(file, pages)
                self.db.write(partial(_end_file, file_id=file.id, status=status))
        except KeyboardInterrupt:
            self.let_go(pile_id)
            raise
        judge_forms(self.db, pile_id)
        self._end(pile_id)

    def _read_file(self, file: _File, pages: Iterator[int]) -> str:
        """Read one file, and store its pages; the word for how it ended."""
        # Pages of a worker that died; they come again.
        self.db.write(lambda connection: forget_pages_on(connection, ScanPage.file_id == file.id))
        try:
            content = self._content(file.id)
        except sealing.SealBroken:
            return "key"
        if len(content) != file.bytes:
            # A backup that was put back holds no files.
            return "failed"
        finder = Finder(self.db, self.paper_keys, self.study_id)
        try:
            for shown in (self.reader or apart.read)(content, finder, self.limits):
                reading = self._judged(shown.reading, finder)
                picture = shown.picture if reading.status == "read" else None
                if reading.status == "read" and not _is_picture(picture):
                    reading, picture = replace(reading, status="broken", answers=()), None
                self._store(file, reading, picture, finder)
                self.tell(next(pages))
        except Unusable as refused:
            return refused.reason if refused.reason in FILE_PROBLEMS else "failed"
        return "read"

    def _content(self, file_id: int) -> bytes:
        with self.db.read() as connection:
            parts = connection.execute(
                select(ScanPart.number, ScanPart.sealed)
                .where(ScanPart.file_id == file_id)
                .order_by(ScanPart.number)
            ).all()
        return b"".join(
            sealing.opened(self.picture_keys, part.sealed, sealing.part_name(file_id, part.number))
            for part in parts
        )

    def _judged(self, reading: Reading, finder: Finder) -> Reading:
        """A reading that holds nothing which cannot be, and that knows other studies' sheets."""
        if reading.status == "unknown" and reading.base and reading.base != _host(self.base_url):
            return replace(reading, status="other_study")
        if reading.status not in PAGE_STATUSES or (
            reading.status == "read" and not _possible(reading, finder)
        ):
            return replace(reading, status="broken", answers=())
        return reading

    def _store(self, file: _File, reading: Reading, picture: bytes | None, finder: Finder) -> None:
        sheet = finder.found.get(reading.code or "")
        status = reading.status
        if status == "read" and sheet is not None and reading.side is not None:
            status = self._returned(sheet, reading.side, file)
        now = self.now()

        def work(connection: Connection) -> None:
            page_status = status
            if status == "read" and sheet is not None and _is_there(connection, sheet.id, reading.side):
                page_status = "doubled"
            page_id = connection.execute(
                insert(ScanPage)
                .values(
                    file_id=file.id,
                    number=reading.number,
                    status=page_status,
                    sheet_id=None if sheet is None else sheet.id,
                    side=reading.side if sheet is not None else None,
                    how=reading.how,
                    kind=reading.kind,
                    evidence=None if reading.evidence is None else reading.evidence.to_json(),
                    read_at=now,
                )
                .returning(ScanPage.id)
            ).scalar_one()
            if page_status == "read" and picture is not None:
                sealed = sealing.seal(self.picture_keys, picture, sealing.picture_name(page_id))
                connection.execute(insert(ScanPicture).values(page_id=page_id, sealed=sealed))
                for answer in reading.answers:
                    connection.execute(insert(ScanReading).values(page_id=page_id, **row_of(answer)))
            connection.execute(update(ScanPile).where(ScanPile.id == file.pile_id).values(worked_at=now))

        self.db.write(work)

    def _returned(self, sheet: Sheet, side: int, file: _File) -> str:
        """Note that a side came back; the status of its page."""
        try:
            sheets.mark_seen(self.db, sheet.id, [side], by=file.by, now=file.added_at)
        except sheets.SheetWithdrawn:
            return "withdrawn"
        except sheets.SheetDead:
            return "dead"
        return "read"

    def let_go(self, pile_id: int) -> None:
        """Leave a pile that is not read to the end to another worker; it does not count as an attempt."""
        self.db.write(
            lambda connection: connection.execute(
                update(ScanPile)
                .where(ScanPile.id == pile_id)
                .values(status="waiting", worked_at=None, attempts=ScanPile.attempts - 1)
            )
        )

    def _end(self, pile_id: int) -> None:
        now = self.now()

        def work(connection: Connection) -> None:
            connection.execute(
                update(ScanPile).where(ScanPile.id == pile_id).values(status="read", read_at=now)
            )
            statuses = connection.scalars(
                select(ScanPage.status)
                .join(ScanFile, ScanFile.id == ScanPage.file_id)
                .where(ScanFile.pile_id == pile_id)
            )
            audit.append(connection, "system", "scan.read", f"pile {pile_id}", now, **Counter(statuses))

        self.db.write(work)


def forget_pages_on(connection: Connection, which: ColumnElement[bool]) -> None:
    """Delete pages with all that hangs from them, inside a transaction."""
    pages = select(ScanPage.id).where(which)
    for table in (ScanReading, ScanPicture):
        connection.execute(delete(table).where(table.page_id.in_(pages)))
    connection.execute(delete(ScanPage).where(which))


def _end_file(connection: Connection, file_id: int, status: str) -> None:
    """What came in is deleted as soon as it was read, or cannot be."""
    connection.execute(delete(ScanPart).where(ScanPart.file_id == file_id))
    connection.execute(update(ScanFile).where(ScanFile.id == file_id).values(status=status))


def _is_there(connection: Connection, sheet_id: int, side: int | None) -> bool:
    """Whether a side was read before, in this pile or in another, and its picture is here to be looked at."""
    there = (
        select(ScanPage.id)
        .join(ScanPicture, ScanPicture.page_id == ScanPage.id)
        .where(ScanPage.sheet_id == sheet_id, ScanPage.side == side, ScanPage.status == "read")
    )
    return connection.scalar(there.limit(1)) is not None


def _possible(reading: Reading, finder: Finder) -> bool:
    """Whether a reading is one of the sheet that it names: its items, its boxes, our words."""
    known = finder(reading.code) if reading.code else ""
    if not isinstance(known, Known):
        return False
    side = next((side for side in known.layout.sides if side.number == reading.side), None)
    if side is None or len({answer.item for answer in reading.answers}) != len(reading.answers):
        return False
    if reading.evidence is not None and len(reading.evidence.marks) != len(side.boxes):
        return False
    boxes = {(box.item, box.code) for box in side.boxes}
    items = {item for item, _ in boxes} | {field.item for field in side.fields}
    return all(
        answer.item in items
        and answer.level in LEVELS
        and all((answer.item, code) in boxes for code in answer.codes)
        and all(reason.isidentifier() for reason in answer.reasons)
        for answer in reading.answers
    )


def _is_picture(picture: bytes | None) -> bool:
    return picture is not None and picture.startswith(_JPEG) and len(picture) <= _LARGEST_PICTURE


def _host(base_url: str) -> str:
    """An address as it stands in a QR, in capitals."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}".upper()
