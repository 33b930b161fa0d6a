"""The tables of scans: what came in, what was seen on each page, and what was confirmed.

Files and pictures are sealed (`sealing`); they are gone long before the rest. Nothing here keeps the name
of a file, which may hold the name of a family.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.models import Base

PILE_STATUSES = ("arriving", "waiting", "reading", "read")
#: Of a file that gave pages to the end; the others are why it did not.
FILE_PROBLEMS = (
    "too_many_bytes", "too_many_pages", "unknown_kind", "locked", "broken", "too_slow", "too_much",
    # Its seal does not open: the key was changed. And: it took two workers with it.
    "key", "failed",
)  # fmt: skip
FILE_STATUSES = ("waiting", "read", *FILE_PROBLEMS)
#: What became of a page; `read` is the only one that gives answers to confirm.
PAGE_STATUSES = (
    "read",
    # The picture cannot be read.
    "black_and_white", "too_small", "too_many_pixels", "broken", "empty", "no_code", "not_aligned",
    # It is no page that we want.
    "unknown", "other_study", "cover", "empty_back", "two_sheets", "other_layout", "doubled",
    # Its sheet takes no more answers.
    "withdrawn", "dead", "entered", "confirmed",
    # Somebody decided that the picture is not to be used.
    "set_aside",
)  # fmt: skip
LEVELS = ("sure", "look", "unsure")
#: Pictures of handwriting, and files of them: no backup holds these tables (`survey.backups`).
PICTURES = ("scan_part", "scan_picture")


def _known(column: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class ScanPile(Base):
    """What somebody handed in at once: any number of files, of any sheets."""

    __tablename__ = "scan_pile"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    added_by: Mapped[str] = mapped_column(String(80))
    #: For the sheets in it: when they came back.
    added_at: Mapped[dt.datetime]
    status: Mapped[str] = mapped_column(String(10))
    #: When a worker last said that it is at it; another takes over when that is long ago.
    worked_at: Mapped[dt.datetime | None]
    #: How often a worker began: a file that kills its worker twice is given up.
    attempts: Mapped[int]
    read_at: Mapped[dt.datetime | None]
    __table_args__ = (
        _known("status", PILE_STATUSES),
        CheckConstraint("(status = 'read') = (read_at IS NOT NULL)", name="read_is_dated"),
    )


class ScanFile(Base):
    """One file of a pile. What is in it is kept only until it is read."""

    __tablename__ = "scan_file"
    id: Mapped[int] = mapped_column(primary_key=True)
    pile_id: Mapped[int] = mapped_column(ForeignKey("scan_pile.id"))
    number: Mapped[int]
    bytes: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    __table_args__ = (UniqueConstraint("pile_id", "number"), _known("status", FILE_STATUSES))


class ScanPart(Base):
    """A piece of a file, sealed: small, so that nobody's save waits for a large one."""

    __tablename__ = "scan_part"
    file_id: Mapped[int] = mapped_column(ForeignKey("scan_file.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ScanPage(Base):
    """One page of a file."""

    __tablename__ = "scan_page"
    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("scan_file.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    #: Which sheet and side it shows, where that could be told and is ours.
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("sheet.id"), index=True)
    side: Mapped[int | None]
    #: `marks`, `two_qrs` or `one_qr`; and `scan` or `photo`.
    how: Mapped[str | None] = mapped_column(String(10))
    kind: Mapped[str | None] = mapped_column(String(10))
    #: What its answers were judged by, as JSON (`printable.reading.Evidence`): again with each further page.
    evidence: Mapped[str | None] = mapped_column(Text)
    read_at: Mapped[dt.datetime]
    __table_args__ = (
        UniqueConstraint("file_id", "number"),
        _known("status", PAGE_STATUSES),
        CheckConstraint(
            "status <> 'read' OR (sheet_id IS NOT NULL AND side IS NOT NULL)", name="read_is_of_a_sheet"
        ),
    )


class ScanPicture(Base):
    """A page laid flat, as JPEG, sealed."""

    __tablename__ = "scan_picture"
    page_id: Mapped[int] = mapped_column(ForeignKey("scan_page.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ScanReading(Base):
    """What the reader saw at one question, and what a person confirmed: both stay."""

    __tablename__ = "scan_reading"
    page_id: Mapped[int] = mapped_column(ForeignKey("scan_page.id"), primary_key=True)
    item: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: The codes that were crossed, as JSON; empty when nothing is proposed.
    codes: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(String(10))
    #: Words with spaces between: why not sure.
    reasons: Mapped[str] = mapped_column(String(200))
    #: Where the question stands on the picture, in millimetres, as JSON: left, top, width, height.
    place: Mapped[str] = mapped_column(Text)
    #: As JSON, in the form of `save_event.given`; null before it is confirmed.
    confirmed: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (_known("level", LEVELS),)
