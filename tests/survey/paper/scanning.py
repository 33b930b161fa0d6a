"""Scans without pictures: what the reader would say of the sheets that `printing` records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from printable.apart import Shown
from printable.boxes import Code, Rect
from printable.images import Limits
from printable.reading import Answer, Find, Known, Level, Reading
from survey import sheets
from survey.db import Database
from survey.keys import Keys
from survey.scans import intake
from survey.scans.worker import Worker
from tests.people import T0, at
from tests.survey.paper.printing import KEY

PICTURE_KEY = b"p" * 32
BASE = "https://mm.example.org"
PICTURE = b"\xff\xd8\xff a picture"
#: The day on which the paper comes back.
BACK = at(T0 + dt.timedelta(10))

#: item -> codes that were crossed; or codes, level and reasons.
Crossed = Mapping[str, Code | tuple[tuple[Code, ...], Level, tuple[str, ...]]]


def page(db: Database, code: str, side: int, crossed: Crossed, number: int = 1) -> Shown:
    """A page that was read: sure, but for what is said otherwise; nothing crossed is blank."""
    layout = sheets.layout(db, sheets.find(db, KEY, code))
    items = dict.fromkeys(box.item for box in layout.sides[side - 1].boxes)
    answers = []
    for row, item in enumerate(items):
        given = crossed.get(item, ((), "look", ("blank",)))
        codes, level, reasons = given if isinstance(given, tuple) else ((given,), "sure", ())
        answers.append(Answer(item, codes, level, reasons, Rect(14, 30 + 15 * row, 182, 14)))
    reading = Reading(number, "read", code, side, BASE.upper(), "marks", "scan", 1.0, 0.0, tuple(answers))
    return Shown(reading, PICTURE)


def refused(status: str, number: int = 1, code: str | None = None, side: int | None = None) -> Shown:
    """A page of which nothing was read."""
    return Shown(Reading(number, status, code, side, BASE.upper()), None)


def worker(db: Database, *pages: Shown, study_id: int = 1) -> Worker:
    """A worker whose reader sees these pages in every file, as far as their sheets may be read."""

    def read(content: bytes, find: Find, limits: Limits) -> Iterator[Shown]:
        del content, limits
        for number, shown in enumerate(pages, 1):
            reading = shown.reading
            known = find(reading.code) if reading.code else "no_code"
            if reading.status == "read" and not isinstance(known, Known):
                yield Shown(Reading(number, known, reading.code, reading.side, reading.base), None)
            else:
                yield Shown(Reading(**{**vars(reading), "number": number}), shown.picture)

    return Worker(db, study_id, KEY, PICTURE_KEY, BASE, reader=read, now=lambda: BACK)


def replace_keys(reader: Worker, keys: Keys) -> Worker:
    """The same worker with the keys of a service."""
    return replace(reader, picture_keys=keys)


def hand_in(
    db: Database, files: Iterable[bytes] = (b"a file",), *, by: str = "account 7", now: dt.datetime = BACK
) -> int:
    """Add a pile; its number."""
    return intake.add(db, PICTURE_KEY, 1, list(files), by=by, now=now)


def scan(db: Database, *pages: Shown, by: str = "account 7", now: dt.datetime = BACK) -> int:
    """Add a pile of one file with these pages, and read whatever waits; its number."""
    pile = hand_in(db, by=by, now=now)
    assert pile in list(worker(db, *pages).read_all())
    return pile
