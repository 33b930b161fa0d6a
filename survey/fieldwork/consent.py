"""The ledger of consent: who was told what, who decided what, for whom; lines are added, never changed.

Taking part in the programme and in the research are two decisions: who stops the one has not stopped the
other. Only the research decides about links. By the stricter reading of Dutch law (background: WMO):

- under 12 those with custody decide, both of them or the one who says to have it alone; a child that does
  not want to does not take part;
- from 12 the young person decides with them;
- who was placed out of home: those with custody decide anew, whoever they are then;
- from 16 the young person alone, and what others decided before does not count any more.

Ages are those of the day that is asked about, so that a birthday between two waves asks for a new decision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.engine import Connection

from instruments.protocol import Protocol, add_months, age_months
from survey import audit, links, moments
from survey.db import Database
from survey.fieldwork.tables import DECISIONS, GIVERS, MEDIA, PURPOSES, HouseholdChange
from survey.fieldwork.tables import Consent as ConsentRow
from survey.models import Child as ChildRow
from survey.models import Link as LinkRow
from survey.models import Respondent as RespondentRow

__all__ = ["DECISIONS", "GIVERS", "MEDIA", "PURPOSES"]

#: Ages in months from which a young person decides too, and alone.
TOGETHER, ALONE = 12 * 12, 16 * 12
#: Birthdays are announced this long before.
AHEAD = dt.timedelta(days=60)


class TooSoon(ValueError):
    """There was less time to think than the study promises; a reason is needed."""


class NotInOrder(ValueError):
    """A decision in the future, or by somebody who does not decide for this person."""


@dataclass(frozen=True)
class Line:
    """One line of the ledger, to be added or as it stands."""

    purpose: str
    giver: str
    decision: str
    on: dt.date
    information: str
    language: str = "nl"
    reading: str = "standard"
    medium: str = "paper"
    override_reason: str = ""


@dataclass(frozen=True)
class Standing:
    """How things stand with one person."""

    respondent_id: int
    #: Who may decide for them at their age.
    givers: tuple[str, ...]
    #: Whose decision for the research is still missing, or was no.
    missing: tuple[str, ...]
    #: The birthday, within two months, from which others have to decide; None when there is none.
    changes_on: dt.date | None
    lines: tuple[Line, ...]

    @property
    def is_given(self) -> bool:
        """Whether they may take part in the research."""
        return not self.missing

    @property
    def is_refused(self) -> bool:
        """Whether somebody said no, or took back a yes."""
        return any(_last(self.lines, giver) in ("refused", "withdrawn") for giver in self.givers)

    @property
    def state(self) -> str:
        """It in one word: given, withdrawn, refused, or missing."""
        if self.is_given:
            return "given"
        said = [_last(self.lines, giver) for giver in self.givers]
        return next((word for word in ("withdrawn", "refused") if word in said), "missing")


def deciders(months: int | None, lines: Sequence[Line]) -> tuple[str, ...]:
    """Who has to say yes for the research.

    Args:
        months: the age of a child that answers itself; None for an adult.
        lines: what the ledger holds, to see whether somebody has custody alone.
    """
    if months is None or months >= ALONE:
        return ("self",)
    alone = _last(lines, "sole_guardian") is not None
    guardians = ("sole_guardian",) if alone else ("guardian_a", "guardian_b")
    return (*guardians, "young_person") if months >= TOGETHER else guardians


def standing(
    respondent_id: int,
    born: dt.date | None,
    lines: Sequence[Line],
    on: dt.date,
    *,
    since: dt.date | None = None,
) -> Standing:
    """How things stand on a day.

    Args:
        since: the day on which a child was placed out of home, if it was: from then on others may decide, so
            what those with custody said before does not count any more.
    """
    months = None if born is None else age_months(born, on)
    counted = [
        line for line in lines if since is None or line.on >= since or line.giver in ("child", "young_person")
    ]
    needed = deciders(months, counted)
    missing = [giver for giver in needed if _last(counted, giver) != "given"]
    may_say_no = months is not None and months < TOGETHER
    if may_say_no and _last(lines, "child") in ("refused", "withdrawn"):
        missing.append("child")
    changes = None
    if born is not None:
        birthdays = (add_months(born, TOGETHER), add_months(born, ALONE))
        changes = next((day for day in birthdays if on < day <= on + AHEAD), None)
    return Standing(respondent_id, _may_decide(months), tuple(missing), changes, tuple(lines))


def of_families(db: Database, on: dt.date, family_ids: Collection[int]) -> dict[int, dict[int, Standing]]:
    """How things stand with every member of some families: by family, then by respondent."""
    with db.read() as connection:
        people = connection.execute(
            select(RespondentRow.id, RespondentRow.family_id, ChildRow.birth_month)
            .outerjoin(ChildRow, ChildRow.id == RespondentRow.child_id)
            .where(RespondentRow.family_id.in_(family_ids))
            .order_by(RespondentRow.id)
        ).all()
        lines = _lines(connection, [row.id for row in people])
        placed: dict[int, dt.date] = {
            row.respondent_id: row.on_day
            for row in connection.execute(
                select(HouseholdChange.respondent_id, HouseholdChange.on_day)
                .where(
                    HouseholdChange.kind == "out_of_home",
                    HouseholdChange.respondent_id.in_([row.id for row in people]),
                )
                .order_by(HouseholdChange.id)
            )
        }
    found: dict[int, dict[int, Standing]] = {number: {} for number in family_ids}
    for row in people:
        born = row.birth_month if row.birth_month is None or row.birth_month <= on else on
        found[row.family_id][row.id] = standing(
            row.id, born, lines.get(row.id, ()), on, since=placed.get(row.id)
        )
    return found


def record(
    db: Database,
    protocol: Protocol,
    respondent_id: int,
    line: Line,
    *,
    now: dt.datetime,
    actor: str,
) -> None:
    """Add a line. Who refuses or takes back their consent for the research gets no further questions: the
    links of the person stop working at once.

    Raises:
        NotInOrder
        TooSoon: less time to think than the study promises, and no reason given.
        LookupError: no respondent of a family has this number.
    """
    on = moments.day(now)
    if line.on > on:
        raise NotInOrder("a decision in the future")

    def work(connection: Connection) -> None:
        person = connection.execute(
            select(RespondentRow.role, ChildRow.birth_month)
            .outerjoin(ChildRow, ChildRow.id == RespondentRow.child_id)
            .where(RespondentRow.id == respondent_id, RespondentRow.family_id.is_not(None))
        ).first()
        if person is None:
            raise LookupError(f"there is no respondent {respondent_id} in a family")
        months = None if person.birth_month is None else age_months(person.birth_month, line.on)
        if line.giver not in _may_decide(months):
            raise NotInOrder(f"{line.giver} does not decide at this age")
        before = _lines(connection, [respondent_id]).get(respondent_id, ())
        if line.decision == "given" and not line.override_reason.strip():
            _check_reflection(protocol, before, line)
        connection.execute(
            insert(ConsentRow).values(
                respondent_id=respondent_id,
                purpose=line.purpose,
                giver=line.giver,
                decision=line.decision,
                on_day=line.on,
                information=line.information,
                language=line.language,
                reading=line.reading,
                medium=line.medium,
                override_reason=line.override_reason.strip(),
                recorded_by=actor,
                recorded_at=now,
            )
        )
        audit.append(
            connection,
            actor,
            "consent.recorded",
            f"respondent {respondent_id}",
            now,
            purpose=line.purpose,
            giver=line.giver,
            decision=line.decision,
        )
        if line.purpose == "research" and line.decision in ("refused", "withdrawn"):
            links.revoke_on(connection, LinkRow.respondent_id == respondent_id, now, actor)

    db.write(work)


def _check_reflection(protocol: Protocol, before: Sequence[Line], line: Line) -> None:
    informed = [
        known.on
        for known in before
        if (known.purpose, known.giver, known.decision) == (line.purpose, line.giver, "informed")
    ]
    if not protocol.reflection_days:
        return
    if not informed or line.on < max(informed) + dt.timedelta(protocol.reflection_days):
        raise TooSoon


def _may_decide(months: int | None) -> tuple[str, ...]:
    if months is None or months >= ALONE:
        return ("self",)
    guardians = ("guardian_a", "guardian_b", "sole_guardian")
    return (*guardians, "young_person") if months >= TOGETHER else (*guardians, "child")


def _last(lines: Sequence[Line], giver: str) -> str | None:
    """What somebody decided last about the research; being informed is no decision."""
    decided = [
        line.decision
        for line in lines
        if (line.purpose, line.giver) == ("research", giver) and line.decision != "informed"
    ]
    return decided[-1] if decided else None


def all_lines(connection: Connection) -> dict[int, tuple[Line, ...]]:
    """The whole ledger, by respondent."""
    return _gathered(connection, _LEDGER)


def _lines(connection: Connection, respondents: Collection[int]) -> dict[int, tuple[Line, ...]]:
    return _gathered(connection, _LEDGER.where(ConsentRow.respondent_id.in_(respondents)))


_LEDGER = select(
    ConsentRow.respondent_id,
    ConsentRow.purpose,
    ConsentRow.giver,
    ConsentRow.decision,
    ConsentRow.on_day,
    ConsentRow.information,
    ConsentRow.language,
    ConsentRow.reading,
    ConsentRow.medium,
    ConsentRow.override_reason,
).order_by(ConsentRow.id)


def _gathered(connection: Connection, ledger: Select[*tuple[Any, ...]]) -> dict[int, tuple[Line, ...]]:
    rows = connection.execute(ledger).all()
    found: dict[int, tuple[Line, ...]] = {}
    for row in rows:
        found[row.respondent_id] = (*found.get(row.respondent_id, ()), Line(*list(row)[1:]))
    return found
