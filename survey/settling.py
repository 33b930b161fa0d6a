"""Settling what came in on paper: two typings become one reading, and paper meets what came in on screen.

Every item that two people typed differently is decided by a person, and the decision is kept. Then one
rule says which answers count: paper alone; or, where the same form was completed on screen too, whichever
was complete first; or a person. Nothing is lost: typings stay as entries 1 and 2, what was given on screen
stays in its history, and which of them counts is a row of its own that nobody can change.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from instruments import Given, Instrument, Missing, catalogue, checks
from instruments.protocol import Protocol
from survey import answers, moments, responses, sheets
from survey.db import Database
from survey.editions import stored
from survey.entry import NothingToType, NotTyping, wanted
from survey.responses import Response
from survey.sheet_tables import Decision, PaperTemplate, Settlement
from survey.sheet_tables import Sheet as SheetRow
from survey.sheet_tables import Typing as TypingRow
from survey.sheets import Sheet

Readings = Mapping[str, Given]


class Unresolved(ValueError):
    """Two typings differ and nobody has decided yet. `items`: where."""

    def __init__(self, items: tuple[str, ...]) -> None:
        super().__init__(", ".join(items))
        self.items = items


class PersonDecides(ValueError):
    """Paper and screen are both complete, and the study wants a person to say which of them counts."""


class NoDifference(ValueError):
    """The two typings agree on this item: there is nothing to decide."""


@dataclass(frozen=True)
class Difference:
    """An item that two people typed differently; None: left blank."""

    item: str
    first: Given | None
    second: Given | None
    #: Whether somebody has decided, and what.
    decided: bool
    settled: Given | None


@dataclass(frozen=True)
class Beside:
    """One item as it came in on screen, and as it was read from paper."""

    item: str
    screen: Given | None
    paper: Given | None


@dataclass(frozen=True)
class Settled:
    """Which answers count, and why."""

    #: `paper` or `web`.
    kept: str
    #: `only`: nothing complete came in on screen; `earliest`; or `person`.
    rule: str
    #: When the sheet came back, and when the form was complete on screen.
    paper_at: dt.datetime
    web_at: dt.datetime | None
    decided_by: str
    reason: str
    decided_at: dt.datetime


def differences(db: Database, response_id: int) -> tuple[Difference, ...]:
    """Where the two typings of a response differ, in the order of the questionnaire."""
    response = responses.get(db, response_id)
    first, second = (answers.of(db, response, entry=entry) for entry in (1, 2))
    decided = _decided(db, response)
    return tuple(
        Difference(item, first.get(item), second.get(item), item in decided, decided.get(item))
        for item in _order(response)
        if first.get(item) != second.get(item)
    )


def resolve(
    db: Database,
    response_id: int,
    item: str,
    settled: Given | None,
    *,
    by: str,
    now: dt.datetime | None = None,
) -> None:
    """Decide what stands on the paper for an item that was typed in two ways; None: it is blank.

    The last decision counts; earlier ones are kept.

    Raises:
        NoDifference, NotTyping (the second typing is not finished), sheets.SheetConfirmed
        answers.Unacceptable: it cannot be an answer.
    """
    moment = now or moments.now()
    found = next((each for each in differences(db, response_id) if each.item == item), None)
    if found is None:
        raise NoDifference
    response = responses.get(db, response_id)
    if settled is not None:
        problems = checks.check(_definition(response), {item: settled})
        if problems:
            raise answers.Unacceptable(problems)

    def work(connection: Connection) -> None:
        if len(_finished_on(connection, response_id)) < 2:
            raise NotTyping
        if _settlement_on(connection, response_id) is not None:
            raise sheets.SheetConfirmed
        connection.execute(
            insert(Decision).values(
                response_id=response_id,
                item=item,
                first=written(found.first),
                second=written(found.second),
                settled=written(settled),
                decided_by=by,
                decided_at=moment,
            )
        )

    db.write(work)


def settle(
    db: Database,
    protocol: Protocol,
    sheet_id: int,
    *,
    by: str,
    kept: str | None = None,
    reason: str = "",
    now: dt.datetime | None = None,
) -> Settled:
    """Let the answers that count be the respondent's, and confirm the sheet. Doing so twice changes nothing.

    Args:
        kept: `paper` or `web`, when a person decides; by default the rule of the study does.
        reason: why, when a person decides.

    Raises:
        NotTyping: not typed as often as the study asks.
        Unresolved, PersonDecides, NothingToType
        sheets.SheetWithdrawn, sheets.SheetDead
    """
    moment = now or moments.now()
    sheet = sheets.get(db, sheet_id)
    if sheet.response_id is None:
        raise NothingToType
    found = of(db, sheet.response_id)
    if found is not None and sheet.status == "confirmed":
        return found
    response = responses.get(db, sheet.response_id)
    readings = _readings(db, protocol, sheet, response)
    if found is None:
        found = _judged(db, protocol, sheet, response, by, kept, reason, moment)
        db.write(lambda connection: _note(connection, sheet, found))
    if found.kept == "paper":
        _record(db, sheet, response, readings, found.paper_at, moment)
    db.write(lambda connection: _confirm(connection, sheet, found, by, moment))
    return found


def of(db: Database, response_id: int) -> Settled | None:
    """What was settled for a response; None while nothing is."""
    with db.read() as connection:
        return _settlement_on(connection, response_id)


def side_by_side(db: Database, protocol: Protocol, sheet_id: int) -> tuple[Beside, ...]:
    """What came in on screen and on paper, in the order of the questionnaire; for who decides.

    Raises:
        NotTyping, Unresolved: paper has not been read yet.
    """
    sheet = sheets.get(db, sheet_id)
    if sheet.response_id is None:
        raise NothingToType
    response = responses.get(db, sheet.response_id)
    screen, paper = on_screen(db, response), _readings(db, protocol, sheet, response)
    return tuple(
        Beside(item, screen.get(item), paper.get(item))
        for item in _order(response)
        if item in screen or item in paper
    )


def on_screen(db: Database, response: Response) -> dict[str, Given]:
    """What was last given on screen, whatever counts now; from the history."""
    found: dict[str, Given] = {}
    for save in answers.history(db, response.id):
        if save.source == "web" and save.entry == 0:
            found.update({item: _given(value) for item, value in save.given.items()})
    return found


def _readings(db: Database, protocol: Protocol, sheet: Sheet, response: Response) -> dict[str, Given]:
    """What stands on the paper, as far as people agree or somebody has decided."""
    with db.read() as connection:
        done = _finished_on(connection, response.id)
    if len(done) < wanted(db, protocol, sheet):
        raise NotTyping
    found = answers.of(db, response, entry=1)
    if len(done) < 2:
        return found
    unlike = differences(db, response.id)
    undecided = tuple(each.item for each in unlike if not each.decided)
    if undecided:
        raise Unresolved(undecided)
    for each in unlike:
        if each.settled is None:
            found.pop(each.item, None)
        else:
            found[each.item] = each.settled
    return found


def _judged(
    db: Database,
    protocol: Protocol,
    sheet: Sheet,
    response: Response,
    by: str,
    kept: str | None,
    reason: str,
    now: dt.datetime,
) -> Settled:
    """Which answers count."""
    with db.read() as connection:
        sheets.check_usable_on(connection, sheet)
    assert sheet.returned_at is not None  # a sheet that was typed has come back: the database holds it so
    web_at = response.completed_at if response.entered_at is None else None
    if kept is not None:
        return Settled(kept, "person", sheet.returned_at, web_at, by, reason, now)
    if web_at is None:
        return Settled("paper", "only", sheet.returned_at, None, by, "", now)
    if protocol.paper.both == "person":
        raise PersonDecides
    earliest = "paper" if sheet.returned_at < web_at else "web"
    return Settled(earliest, "earliest", sheet.returned_at, web_at, by, "", now)


def _record(
    db: Database,
    sheet: Sheet,
    response: Response,
    readings: Readings,
    paper_at: dt.datetime,
    now: dt.datetime,
) -> None:
    # What was given on screen and is blank on paper must not stay among the answers of the paper.
    blank = dict.fromkeys(answers.of(db, response).keys() - readings.keys(), Missing.skipped)
    with db.read() as connection:
        edition = connection.execute(
            select(PaperTemplate.language, PaperTemplate.reading).where(PaperTemplate.id == sheet.template_id)
        ).one()
        typed = connection.scalars(
            select(TypingRow.source).where(
                TypingRow.response_id == response.id, TypingRow.finished_at.is_not(None)
            )
        ).all()
    answers.record(
        db,
        response.id,
        {**blank, **readings},
        source="scan" if set(typed) == {"scan"} else "entry",
        sequence=f"sheet-{sheet.id}",
        edition=stored(edition.language, edition.reading),
        now=now,
        complete=True,
        completed_at=paper_at,
        late=moments.day(paper_at) > response.closes_on,
    )


def _note(connection: Connection, sheet: Sheet, found: Settled) -> None:
    if _settlement_on(connection, sheet.response_id) is None:
        connection.execute(
            insert(Settlement).values(
                response_id=sheet.response_id,
                sheet_id=sheet.id,
                kept=found.kept,
                rule=found.rule,
                paper_at=found.paper_at,
                web_at=found.web_at,
                decided_by=found.decided_by,
                reason=found.reason,
                decided_at=found.decided_at,
            )
        )


def _confirm(connection: Connection, sheet: Sheet, found: Settled, by: str, now: dt.datetime) -> None:
    """The sheet is confirmed, and every other copy of it dead: their codes open nothing any more."""
    for copy in sheets.many_on(connection, SheetRow.response_id == sheet.response_id):
        if copy.id == sheet.id:
            sheets.set_status_on(connection, copy, "confirmed", by, now, kept=found.kept, rule=found.rule)
        elif copy.status in sheets.USABLE:
            sheets.set_status_on(connection, copy, "dead", by, now, reason="another copy was confirmed")


def _settlement_on(connection: Connection, response_id: int | None) -> Settled | None:
    row = connection.execute(
        select(
            Settlement.kept,
            Settlement.rule,
            Settlement.paper_at,
            Settlement.web_at,
            Settlement.decided_by,
            Settlement.reason,
            Settlement.decided_at,
        )
        .where(Settlement.response_id == response_id)
        .order_by(Settlement.id)
    ).first()
    return None if row is None else Settled(*row)


def _finished_on(connection: Connection, response_id: int) -> tuple[int, ...]:
    """The entries of a response that are typed to the end."""
    rows = connection.scalars(
        select(TypingRow.entry).where(
            TypingRow.response_id == response_id, TypingRow.finished_at.is_not(None)
        )
    )
    return tuple(sorted(rows))


def _decided(db: Database, response: Response) -> dict[str, Given | None]:
    with db.read() as connection:
        rows = connection.execute(
            select(Decision.item, Decision.settled)
            .where(Decision.response_id == response.id)
            .order_by(Decision.id)
        ).all()
    return {row.item: _read(row.settled) for row in rows}


def _order(response: Response) -> Iterator[str]:
    return (item.id for item in _definition(response).items)


def _definition(response: Response) -> Instrument:
    return catalogue().get(response.instrument, response.version)


def written(value: Given | None) -> str:
    """A reading as JSON, in the form of `save_event.given`; null: blank."""
    if isinstance(value, Missing):
        return json.dumps({"missing": value.value})
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _read(text: str) -> Given | None:
    value = json.loads(text)
    return None if value is None else _given(value)


def _given(value: object) -> Given:
    """A value of the history, as an answer."""
    if isinstance(value, dict):
        return Missing(value["missing"])
    if isinstance(value, list):
        return tuple(value)
    assert isinstance(value, (int, str))
    return value
