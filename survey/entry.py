"""Typing what came in on paper: a sheet is found by its code, and typed side by side as it is printed.

A typing is one person's. It ends in `answers.record` with entry 1 or 2, in which a respondent's own
answers (entry 0) are neither shown nor touched. Who types second is somebody else, and sees nothing of the
first typing; a third is refused. What became of the typings is decided in `settling`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from instruments import Given, Instrument, Item, catalogue, routing
from instruments.editions import Edition
from instruments.protocol import Protocol
from printable.boxes import BoxMap
from survey import answers, audit, editions, moments, responses, sheets
from survey.answers import Unacceptable
from survey.db import Database
from survey.models import Answer as AnswerRow
from survey.models import Link as LinkRow
from survey.responses import Response
from survey.sheet_tables import PaperTemplate
from survey.sheet_tables import Sheet as SheetRow
from survey.sheet_tables import Typing as TypingRow
from survey.sheets import Sheet

__all__ = ["ScannedBefore", "Typing", "Unacceptable", "begin", "finish", "progress", "save", "set_aside"]


class TypedEnough(ValueError):
    """The form was typed as often as the study asks: a further typing is refused."""


class SecondPerson(ValueError):
    """The second typing is somebody else's: this person did the first."""


class BeingTyped(ValueError):
    """Somebody else is typing this form."""


class NotTyping(ValueError):
    """There is no such typing by this person, or it is finished."""


class ScannedBefore(ValueError):
    """A scan of this form was confirmed: the other typing is done from the paper, by somebody else."""


class NothingToType(ValueError):
    """A cover or card: there are no answers on it."""


class NotOnThisSide(ValueError):
    """An item that is printed on another side."""


class Incomplete(ValueError):
    """Some items were asked, are printed, and have no reading yet. `items`: which, in the order of paper."""

    def __init__(self, items: Sequence[str]) -> None:
        super().__init__(", ".join(items))
        self.items = tuple(items)


@dataclass(frozen=True)
class Side:
    """A printed side, and its items in the order of the paper."""

    number: int
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Typing:
    """One person's typing of one sheet."""

    id: int
    #: 1 or 2.
    entry: int
    typist: str
    sheet: Sheet
    response: Response
    instrument: Instrument
    #: The edition in which the sheet was printed.
    edition: Edition
    sides: tuple[Side, ...]
    #: What this person has typed so far, and nothing of anybody else.
    given: Mapping[str, Given]
    finished_at: dt.datetime | None
    #: `entry`, or `scan` where it is confirmed beside the pictures.
    source: str = "entry"

    @property
    def open_items(self) -> tuple[str, ...]:
        """The items on the sides that came back that were asked and have no reading, in paper order."""
        asked = {item.id for item in routing.asked(self.instrument, self.given, self.response.age_months)}
        return tuple(
            item.id
            for side in self.sides
            if side.number in self.sheet.seen
            for item in side.items
            if item.id in asked and item.id not in self.given
        )

    def side(self, number: int) -> Side:
        """A side by its number. Raises sheets.NoSuchSide."""
        for side in self.sides:
            if side.number == number:
                return side
        raise sheets.NoSuchSide


def begin(
    db: Database,
    protocol: Protocol,
    sheet_id: int,
    typist: str,
    *,
    source: str = "entry",
    now: dt.datetime | None = None,
) -> Typing:
    """Begin to type a sheet, or go on with what this person had begun.

    Args:
        source: `entry` from the paper, `scan` beside the pictures of it; at most one of two is a scan.

    Raises:
        sheets.NoSuchSheet, NothingToType
        sheets.SheetWithdrawn, sheets.SheetDead, sheets.SheetConfirmed
        TypedEnough, SecondPerson, BeingTyped, ScannedBefore
    """
    moment = now or moments.now()

    def work(connection: Connection) -> int:
        sheet = sheets.one_on(connection, SheetRow.id == sheet_id)
        if sheet.response_id is None:
            raise NothingToType
        sheets.check_usable_on(connection, sheet)
        there = connection.execute(
            select(TypingRow).where(TypingRow.response_id == sheet.response_id).order_by(TypingRow.entry)
        ).all()
        own = next((row for row in there if row.typist == typist and row.finished_at is None), None)
        if own is not None and own.sheet_id == sheet_id:
            connection.execute(update(TypingRow).where(TypingRow.id == own.id).values(source=source))
            return int(own.id)
        if any(row.finished_at is None for row in there):
            raise BeingTyped
        if len(there) >= _wanted_on(connection, protocol, sheet):
            raise TypedEnough
        if any(row.typist == typist for row in there):
            raise SecondPerson
        if source == "scan" and any(row.source == "scan" for row in there):
            raise ScannedBefore
        return connection.execute(
            insert(TypingRow)
            .values(
                response_id=sheet.response_id,
                sheet_id=sheet_id,
                entry=len(there) + 1,
                typist=typist,
                begun_at=moment,
                source=source,
            )
            .returning(TypingRow.id)
        ).scalar_one()

    return progress(db, db.write(work), typist)


def progress(db: Database, typing_id: int, typist: str) -> Typing:
    """Where a typing stands. Raises NotTyping when it is not this person's."""
    with db.read() as connection:
        row = connection.execute(
            select(TypingRow).where(TypingRow.id == typing_id, TypingRow.typist == typist)
        ).first()
        if row is None:
            raise NotTyping
        sheet = sheets.one_on(connection, SheetRow.id == row.sheet_id)
        template = connection.execute(
            select(PaperTemplate.layout, PaperTemplate.language, PaperTemplate.reading).where(
                PaperTemplate.id == sheet.template_id
            )
        ).one()
    response = responses.get(db, row.response_id)
    instrument = catalogue().get(response.instrument, response.version)
    return Typing(
        row.id,
        row.entry,
        typist,
        sheet,
        response,
        instrument,
        editions.stored(template.language, template.reading),
        _sides(BoxMap.from_json(template.layout), instrument),
        answers.of(db, response, entry=row.entry),
        row.finished_at,
        row.source,
    )


def save(
    db: Database,
    typing: Typing,
    side: int,
    given: Mapping[str, Given],
    *,
    sequence: str,
    source: str = "entry",
    now: dt.datetime | None = None,
) -> None:
    """Store what was typed of one side, and note that the side came back.

    Args:
        given: item -> reading; an item that is left out keeps the reading it had.
        sequence: the name of this save, chosen when its page was shown; the same again is stored once.
        source: `entry` when it was typed, `scan` when it was confirmed beside the picture.

    Raises:
        sheets.NoSuchSide, NotOnThisSide, NotTyping, Unacceptable, answers.BadSequence
        sheets.SheetWithdrawn, sheets.SheetDead
    """
    moment = now or moments.now()
    printed = {item.id for item in typing.side(side).items}
    if given.keys() - printed:
        raise NotOnThisSide
    if progress(db, typing.id, typing.typist).finished_at is not None:
        raise NotTyping
    # Before anything is noted: a form that is refused changes nothing.
    answers.check_sequence(sequence)
    sheets.mark_seen(db, typing.sheet.id, [side], by=typing.typist, now=moment)
    answers.record(
        db,
        typing.response.id,
        given,
        source=source,
        sequence=sequence,
        screen=f"side {side}",
        # Not the sheet's: which edition counts is settled together with the answers.
        edition=typing.response.edition,
        now=moment,
        entry=typing.entry,
    )


def finish(db: Database, protocol: Protocol, typing: Typing, *, now: dt.datetime | None = None) -> bool:
    """End a typing; whether the sheet was now typed as often as the study asks.

    Raises:
        Incomplete: something that came back and was asked has no reading.
        NotTyping: finished before, or not begun.
        sheets.SheetWithdrawn, sheets.SheetDead, sheets.SheetConfirmed
    """
    moment = now or moments.now()
    current = progress(db, typing.id, typing.typist)
    if current.finished_at is not None or not current.sheet.seen:
        raise NotTyping
    if current.open_items:
        raise Incomplete(current.open_items)

    def work(connection: Connection) -> bool:
        sheet = sheets.one_on(connection, SheetRow.id == current.sheet.id)
        sheets.check_usable_on(connection, sheet)
        connection.execute(update(TypingRow).where(TypingRow.id == typing.id).values(finished_at=moment))
        audit.append(
            connection,
            typing.typist,
            "sheet.typed",
            f"sheet {sheet.id}",
            moment,
            entry=typing.entry,
            source=current.source,
            sides=len(sheet.seen),
            missing=list(sheet.missing),
        )
        done = typing.entry >= _wanted_on(connection, protocol, sheet)
        if done:
            sheets.set_status_on(connection, sheet, "entered", typing.typist, moment)
        return done

    return db.write(work)


def set_aside(db: Database, typing_id: int, *, by: str, reason: str, now: dt.datetime | None = None) -> None:
    """Give up a typing that its person will not finish, so that somebody else can: by who leads the work.

    What was typed stays in the history; the next to type begins anew, under the same number.

    Raises:
        NotTyping: there is none of this number that is unfinished.
    """
    moment = now or moments.now()

    def work(connection: Connection) -> None:
        row = connection.execute(
            select(TypingRow).where(TypingRow.id == typing_id, TypingRow.finished_at.is_(None))
        ).first()
        if row is None:
            raise NotTyping
        connection.execute(delete(TypingRow).where(TypingRow.id == typing_id))
        connection.execute(
            delete(AnswerRow).where(AnswerRow.response_id == row.response_id, AnswerRow.entry == row.entry)
        )
        audit.append(
            connection,
            by,
            "sheet.set_aside",
            f"sheet {row.sheet_id}",
            moment,
            entry=row.entry,
            typist=row.typist,
            reason=reason,
        )

    db.write(work)


def wanted(db: Database, protocol: Protocol, sheet: Sheet) -> int:
    """How often the study has this sheet typed: once, or twice; a scan may count for both."""
    with db.read() as connection:
        return _wanted_on(connection, protocol, sheet)


def _wanted_on(connection: Connection, protocol: Protocol, sheet: Sheet) -> int:
    row = connection.execute(
        select(PaperTemplate.instrument, LinkRow.digest, SheetRow.response_id)
        .select_from(SheetRow)
        .join(PaperTemplate, PaperTemplate.id == SheetRow.template_id)
        .join(LinkRow, LinkRow.id == SheetRow.link_id)
        .where(SheetRow.id == sheet.id)
    ).one()
    if protocol.paper.scanned == "both" and _is_scanned(connection, row.response_id):
        return 1
    match protocol.paper.typed(row.instrument):
        case "once":
            return 1
        case "twice":
            return 2
        case "sample":
            # By the digest of the code: the same whenever it is asked, and nobody can foresee it.
            return 2 if int(row.digest[:8], 16) % 100 < protocol.paper.sample_percent else 1


def _is_scanned(connection: Connection, response_id: int) -> bool:
    """Whether a scan of the form was confirmed to the end."""
    scan = select(TypingRow.id).where(
        TypingRow.response_id == response_id, TypingRow.source == "scan", TypingRow.finished_at.is_not(None)
    )
    return connection.scalar(scan) is not None


def _sides(layout: BoxMap, instrument: Instrument) -> tuple[Side, ...]:
    return tuple(
        Side(
            side.number,
            tuple(
                instrument.item(item)
                for item in BoxMap(layout.template, layout.width, layout.height, (), (side,)).items()
            ),
        )
        for side in layout.sides
    )
