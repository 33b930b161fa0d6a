"""One form beside its pictures: what the reader saw, and what a person says it is.

A review is a typing (`entry`): begun by one person, saved side by side, ended by that person, and settled
like any other. So the answers of a scan enter where typed ones do, and a second person can type the same
form blind. What the reader saw stays as it was; what was confirmed is kept beside it.

Sure readings are not asked again, but for a sample of forms that is shown whole: it tells how sure *sure* is.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from instruments import Given, Instrument, Item, Missing, routing
from instruments.protocol import Protocol
from printable.boxes import SKIPPED, Rect
from survey import answers, audit, entry, moments, settling, sheets
from survey.db import Database
from survey.entry import Typing
from survey.models import Link as LinkRow
from survey.scans.tables import ScanPage, ScanPicture, ScanReading
from survey.sheet_tables import Sheet as SheetRow

_FIRST = ("unsure", "look", "sure")


class NothingRead(ValueError):
    """No page of this sheet was read, or none that is still to be used."""


@dataclass(frozen=True)
class Question:
    """One question of a form, as the reader saw it."""

    item: Item
    side: int
    page_id: int
    #: Where it stands on the picture of its page, in millimetres.
    place: Rect
    #: `sure`, `look` or `unsure`; `sure` also where nothing is crossed and nothing was asked.
    level: str
    reasons: tuple[str, ...]
    #: What the reader saw, as an answer; None: nothing, or nothing that is one.
    seen: Given | None

    @property
    def proposed(self) -> Given | None:
        """What the field holds before anybody types: nothing where a person must decide."""
        if self.level == "unsure":
            return None
        if self.level == "look" and self.seen is None and self.reasons == ("blank",):
            return Missing.skipped
        return self.seen


@dataclass(frozen=True)
class Review:
    """One person's review of one form."""

    typing: Typing
    #: Those in doubt first, then by side and place.
    questions: tuple[Question, ...]
    #: Whether it is in the sample that is shown whole.
    whole: bool
    #: The pages that are shown: side -> page.
    pages: Mapping[int, int]
    #: Sides that no page shows.
    missing: tuple[int, ...]

    @property
    def doubtful(self) -> tuple[Question, ...]:
        """The questions to be answered by a person: those in doubt, or all of a sampled form."""
        return tuple(question for question in self.questions if self.whole or question.level != "sure")

    @property
    def sure(self) -> tuple[Question, ...]:
        """The rest."""
        return () if self.whole else tuple(each for each in self.questions if each.level == "sure")


def begin(
    db: Database, protocol: Protocol, sheet_id: int, reviewer: str, *, now: dt.datetime | None = None
) -> int:
    """Begin to review a form, or go on; the number of the typing that it is.

    Raises:
        NothingRead
        Whatever `entry.begin` raises.
    """
    with db.read() as connection:
        if not _pages(connection, sheet_id):
            raise NothingRead
    return entry.begin(db, protocol, sheet_id, reviewer, source="scan", now=now).id


def load(db: Database, protocol: Protocol, typing_id: int, reviewer: str) -> Review:
    """A review that was begun and is not ended.

    Raises:
        entry.NotTyping: it is not this person's, it is ended, or it is no review of a scan.
    """
    typing = entry.progress(db, typing_id, reviewer)
    if typing.source != "scan" or typing.finished_at is not None:
        raise entry.NotTyping
    with db.read() as connection:
        pages = _pages(connection, typing.sheet.id)
        rows = connection.execute(select(ScanReading).where(ScanReading.page_id.in_(pages.values()))).all()
        digest = connection.scalar(
            select(LinkRow.digest)
            .join(SheetRow, SheetRow.link_id == LinkRow.id)
            .where(SheetRow.id == typing.sheet.id)
        )
    side_of = {page_id: side for side, page_id in pages.items()}
    found = [_question(typing.instrument, side_of[row.page_id], row) for row in rows]
    found = list(_without_idle_blanks(typing, found))
    found.sort(key=lambda each: (_FIRST.index(each.level), each.side, each.place.y))
    assert digest is not None  # every sheet has a link
    return Review(
        typing,
        tuple(found),
        is_whole(digest, protocol),
        pages,
        tuple(side.number for side in typing.sides if side.number not in pages),
    )


def confirm(
    db: Database,
    protocol: Protocol,
    review: Review,
    given: Mapping[str, Given],
    *,
    sequence: str,
    now: dt.datetime | None = None,
) -> bool:
    """Store what a person confirmed of a form, and end the review; whether the form is settled now.

    Args:
        given: item -> reading, of all questions of the review.
        sequence: the name of this form, chosen when its page was shown.

    Raises:
        entry.Incomplete: something was asked and has no reading; what was given is stored.
        entry.NotTyping, answers.Unacceptable
        sheets.SheetWithdrawn, sheets.SheetDead, sheets.SheetConfirmed
    """
    moment = now or moments.now()
    typing = review.typing
    for side in sorted(review.pages):
        there = {item.id: given[item.id] for item in typing.side(side).items if item.id in given}
        entry.save(db, typing, side, there, sequence=f"{sequence}-{side}", source="scan", now=moment)
    entry.finish(db, protocol, typing, now=moment)
    confirmed = answers.of(db, typing.response, entry=typing.entry)
    db.write(lambda connection: _keep(connection, review, confirmed))
    if entry.wanted(db, protocol, typing.sheet) > typing.entry:
        return False
    try:
        settling.settle(db, protocol, typing.sheet.id, by=typing.typist, now=moment)
    except (settling.Unresolved, settling.PersonDecides):
        return False
    return True


def set_aside(db: Database, page_id: int, *, by: str, now: dt.datetime | None = None) -> int:
    """Do not use the picture of a page: a better one is to come. The number of its sheet.

    Raises:
        NothingRead: there is no such page, or it is not in use.
    """
    moment = now or moments.now()

    def work(connection: Connection) -> int:
        sheet_id = connection.scalar(
            select(ScanPage.sheet_id).where(ScanPage.id == page_id, ScanPage.status == "read")
        )
        if sheet_id is None or sheets.one_on(connection, SheetRow.id == sheet_id).status != "returned":
            raise NothingRead
        connection.execute(update(ScanPage).where(ScanPage.id == page_id).values(status="set_aside"))
        audit.append(connection, by, "scan.set_aside", f"sheet {sheet_id}", moment, page=page_id)
        return int(sheet_id)

    return db.write(work)


def is_whole(digest: str, protocol: Protocol) -> bool:
    """Whether the sheet with this digest of its code is in the sample that is shown whole."""
    # Other characters of the digest than those that choose what is typed twice.
    return int(digest[8:16], 16) % 100 < protocol.paper.scan_sample_percent


def _pages(connection: Connection, sheet_id: int) -> dict[int, int]:
    """The pages of a sheet that were read and whose pictures are there, by side."""
    rows = connection.execute(
        select(ScanPage.side, ScanPage.id)
        .join(ScanPicture, ScanPicture.page_id == ScanPage.id)
        .where(ScanPage.sheet_id == sheet_id, ScanPage.status == "read")
        .order_by(ScanPage.side)
    ).all()
    return {int(row.side): int(row.id) for row in rows}


def _question(instrument: Instrument, side: int, row: Any) -> Question:
    item = instrument.item(row.item)
    seen = as_given(item, tuple(json.loads(row.codes)))
    return Question(
        item, side, row.page_id, Rect(**json.loads(row.place)), row.level, tuple(row.reasons.split()), seen
    )


def as_given(item: Item, codes: tuple[int | str, ...]) -> Given | None:
    """What the reader saw, as an answer; None: nothing, or nothing that is one."""
    if codes == (SKIPPED,):
        return Missing.skipped
    numbers = tuple(code for code in codes if isinstance(code, int))
    if not numbers or len(numbers) < len(codes):
        return None
    if item.kind == "choices":
        return numbers
    return numbers[0] if len(numbers) == 1 else None


def _without_idle_blanks(typing: Typing, questions: list[Question]) -> Iterator[Question]:
    """A question that is blank because it was not asked (by answers that are sure) is no matter of doubt."""
    sure = {each.item.id: each.seen for each in questions if each.level == "sure" and each.seen is not None}
    asked = {item.id for item in routing.asked(typing.instrument, sure, typing.response.age_months)}
    for each in questions:
        when = each.item.show_if
        idle = each.level == "look" and each.reasons == ("blank",) and each.item.id not in asked
        if idle and when is not None and set(when.items()) <= sure.keys():
            yield Question(each.item, each.side, each.page_id, each.place, "sure", each.reasons, None)
        else:
            yield each


def _keep(connection: Connection, review: Review, confirmed: Mapping[str, Given]) -> None:
    """Beside every reading, what was confirmed."""
    for each in review.questions:
        connection.execute(
            update(ScanReading)
            .where(ScanReading.page_id == each.page_id, ScanReading.item == each.item.id)
            .values(confirmed=settling.written(confirmed.get(each.item.id)))
        )
