"""What is in the piles: how far each is, what became of its pages, which forms wait for a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import Connection

from survey.db import Database
from survey.keys import Keys
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow
from survey.scans import sealing
from survey.scans.tables import ScanFile, ScanPage, ScanPicture, ScanPile, ScanReading
from survey.sheet_tables import PaperTemplate
from survey.sheet_tables import Sheet as SheetRow
from survey.sheet_tables import Typing as TypingRow

#: Pages of which nothing has to be done: they are read, hold nothing, or what they hold is there already.
FINE = ("read", "empty_back", "empty", "cover", "doubled", "entered", "confirmed", "set_aside")


class NoSuchPile(LookupError):
    """No pile has this number."""


class NoPicture(LookupError):
    """There is no such page, it has no picture (any more), or no key opens it."""


@dataclass(frozen=True)
class File:
    """One file of a pile, and how it ended: `waiting`, `read`, or why not."""

    number: int
    bytes: int
    status: str


@dataclass(frozen=True)
class Page:
    """One page of a pile, and what became of it (`tables.PAGE_STATUSES`)."""

    id: int
    file: int
    number: int
    status: str
    sheet_id: int | None
    side: int | None
    #: The sides that the sheet has.
    sides: int | None
    #: After the last day of its wave: accepted, and marked as late.
    late: bool

    @property
    def fine(self) -> bool:
        """Whether nothing has to be done about it."""
        return self.status in FINE


@dataclass(frozen=True)
class Pile:
    """What somebody handed in at once."""

    id: int
    added_by: str
    added_at: dt.datetime
    #: `arriving`, `waiting`, `reading` or `read`.
    status: str
    files: tuple[File, ...]
    #: By sheet and side, and not as they lay in the file; those without a sheet come last.
    pages: tuple[Page, ...]
    #: The sides that no page of any pile shows, by sheet.
    missing: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def trouble(self) -> int:
        """How many files and pages somebody must do something about, missing ones included."""
        files = sum(file.status not in ("waiting", "read") for file in self.files)
        pages = sum(not page.fine for page in self.pages)
        return files + pages + sum(len(sides) for _, sides in self.missing)


@dataclass(frozen=True)
class Form:
    """A form of which pages were read and nobody has confirmed them yet."""

    sheet_id: int
    respondent: str
    instrument: str
    version: str
    wave: str
    #: Sides that were read, and those that are missing.
    sides: tuple[int, ...]
    missing: tuple[int, ...]
    #: Questions that a person must decide, and those to be looked at.
    unsure: int
    look: int
    #: Somebody has begun.
    begun: bool


def listing(db: Database, *, by: str | None = None) -> tuple[Pile, ...]:
    """All piles, or those of one person; the newest first."""
    with db.read() as connection:
        which = ScanPile.id > 0 if by is None else ScanPile.added_by == by
        return _piles(connection, which)


def get(db: Database, pile_id: int) -> Pile:
    """One pile. Raises NoSuchPile."""
    with db.read() as connection:
        for pile in _piles(connection, ScanPile.id == pile_id):
            return pile
    raise NoSuchPile(pile_id)


def forms(db: Database) -> tuple[Form, ...]:
    """The forms that wait to be confirmed, those that have waited longest first."""
    with db.read() as connection:
        return _forms(connection)


def picture(db: Database, keys: Keys, page_id: int) -> bytes:
    """The picture of a page, as JPEG. Raises NoPicture."""
    with db.read() as connection:
        sealed = connection.scalar(select(ScanPicture.sealed).where(ScanPicture.page_id == page_id))
    if sealed is None:
        raise NoPicture(page_id)
    try:
        return sealing.opened(keys, sealed, sealing.picture_name(page_id))
    except sealing.SealBroken as error:
        raise NoPicture(page_id) from error


def _piles(connection: Connection, which: ColumnElement[bool]) -> tuple[Pile, ...]:
    rows = connection.execute(select(ScanPile).where(which).order_by(ScanPile.id.desc())).all()
    chosen = select(ScanPile.id).where(which)
    files: dict[int, list[File]] = {}
    for row in connection.execute(
        select(ScanFile).where(ScanFile.pile_id.in_(chosen)).order_by(ScanFile.number)
    ):
        files.setdefault(row.pile_id, []).append(File(row.number, row.bytes, row.status))
    pages = _pages(connection, ScanFile.pile_id.in_(chosen))
    lacking = _missing(connection, {page.sheet_id for found in pages.values() for page in found})
    return tuple(
        Pile(
            row.id,
            row.added_by,
            row.added_at,
            row.status,
            tuple(files.get(row.id, ())),
            tuple(pages.get(row.id, ())),
            _missing_of(pages.get(row.id, ()), lacking) if row.status == "read" else (),
        )
        for row in rows
    )


def _pages(connection: Connection, which: ColumnElement[bool]) -> dict[int, list[Page]]:
    rows = connection.execute(
        select(
            ScanFile.pile_id, ScanPage.id, ScanFile.number.label("file"), ScanPage.number, ScanPage.status,
            ScanPage.sheet_id, ScanPage.side, PaperTemplate.sides, ResponseRow.closes_on, ScanPile.added_at,
        )
        .join(ScanFile, ScanFile.id == ScanPage.file_id)
        .join(ScanPile, ScanPile.id == ScanFile.pile_id)
        .outerjoin(SheetRow, SheetRow.id == ScanPage.sheet_id)
        .outerjoin(PaperTemplate, PaperTemplate.id == SheetRow.template_id)
        .outerjoin(ResponseRow, ResponseRow.id == SheetRow.response_id)
        .where(which)
    ).all()  # fmt: skip
    found: dict[int, list[Page]] = {}
    for row in sorted(rows, key=_order):
        late = row.closes_on is not None and row.added_at.date() > row.closes_on
        page = Page(
            row.id, row.file, row.number, row.status, row.sheet_id, row.side, row.sides, late
        )  # fmt: skip
        found.setdefault(row.pile_id, []).append(page)
    return found


def _order(row: Any) -> tuple[bool, int, int, int, int]:
    return row.sheet_id is None, row.sheet_id or 0, row.side or 0, row.file, row.number


def _missing(connection: Connection, sheet_ids: set[int | None]) -> dict[int, tuple[int, ...]]:
    """The sides that are missing, by sheet; of sheets of which a side was read, and not yet settled."""
    rows = connection.execute(
        select(SheetRow.id, PaperTemplate.sides, ScanPage.side)
        .join(PaperTemplate, PaperTemplate.id == SheetRow.template_id)
        .join(ScanPage, (ScanPage.sheet_id == SheetRow.id) & (ScanPage.status == "read"))
        .join(ScanPicture, ScanPicture.page_id == ScanPage.id)
        .where(
            SheetRow.id.in_([number for number in sheet_ids if number is not None]),
            SheetRow.status == "returned",
        )
        .order_by(SheetRow.id)
    ).all()
    found = {}
    for sheet_id, group in groupby(rows, key=lambda row: int(row.id)):
        mine = list(group)
        lacking = set(range(1, mine[0].sides + 1)) - {row.side for row in mine}
        if lacking:
            found[sheet_id] = tuple(sorted(lacking))
    return found


def _missing_of(
    pages: Sequence[Page], lacking: dict[int, tuple[int, ...]]
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    mine = sorted({page.sheet_id for page in pages if page.sheet_id is not None})
    return tuple((sheet_id, lacking[sheet_id]) for sheet_id in mine if sheet_id in lacking)


def _forms(connection: Connection) -> tuple[Form, ...]:
    counted = (
        select(
            ScanReading.page_id,
            func.count().filter(ScanReading.level == "unsure").label("unsure"),
            func.count().filter(ScanReading.level == "look").label("look"),
        )
        .group_by(ScanReading.page_id)
        .subquery()
    )
    # A form is done once a scan of it was confirmed to the end, or it was settled otherwise.
    done = select(TypingRow.response_id).where(TypingRow.source == "scan", TypingRow.finished_at.is_not(None))
    begun = select(TypingRow.response_id).where(TypingRow.source == "scan", TypingRow.finished_at.is_(None))
    rows = connection.execute(
        select(
            SheetRow.id, RespondentRow.code, ResponseRow.instrument, ResponseRow.version, ResponseRow.wave,
            PaperTemplate.sides, ScanPage.side, counted.c.unsure, counted.c.look,
            SheetRow.response_id.in_(begun).label("begun"),
        )
        .join(ScanPage, (ScanPage.sheet_id == SheetRow.id) & (ScanPage.status == "read"))
        .join(ScanPicture, ScanPicture.page_id == ScanPage.id)
        .join(PaperTemplate, PaperTemplate.id == SheetRow.template_id)
        .join(ResponseRow, ResponseRow.id == SheetRow.response_id)
        .join(RespondentRow, RespondentRow.id == SheetRow.respondent_id)
        .outerjoin(counted, counted.c.page_id == ScanPage.id)
        .where(
            SheetRow.status == "returned",
            ResponseRow.status.in_(("open", "complete")),
            SheetRow.response_id.not_in(done),
        )
        .order_by(SheetRow.returned_at, SheetRow.id, ScanPage.side)
    ).all()  # fmt: skip
    found = []
    for sheet_id, group in groupby(rows, key=lambda row: int(row.id)):
        mine = list(group)
        first, sides = mine[0], tuple(row.side for row in mine)
        found.append(
            Form(
                sheet_id,
                first.code,
                first.instrument,
                first.version,
                first.wave,
                sides,
                tuple(side for side in range(1, first.sides + 1) if side not in sides),
                sum(row.unsure or 0 for row in mine),
                sum(row.look or 0 for row in mine),
                bool(first.begun),
            )
        )
    return tuple(found)
