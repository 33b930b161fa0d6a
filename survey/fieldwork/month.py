"""This month: per family what is due, open, late, done or paused. Counts and dates, never an answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import case, func, or_, select
from sqlalchemy.engine import Connection

from instruments.editions import Edition
from instruments.protocol import Protocol
from survey import schedule
from survey.db import Database
from survey.fieldwork import scopes
from survey.models import Family as FamilyRow
from survey.models import Link as LinkRow
from survey.models import Municipality as MunicipalityRow
from survey.models import Professional as ProfessionalRow
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow
from survey.policy import Scope
from survey.schedule import FamilyPage, Pocket
from survey.sheet_tables import Sheet

#: A wave that is this long past its due date, and not done, is late.
LATE_AFTER = dt.timedelta(days=28)

#: `later`: no wave is open now.
State = Literal["late", "open", "due", "done", "paused", "stopped", "later"]
#: In this order families are listed: what needs somebody first.
ORDER: tuple[State, ...] = ("late", "open", "due", "paused", "later", "done", "stopped")


@dataclass(frozen=True)
class Person:
    """A member of a family, and how far they are in the open wave."""

    respondent_id: int
    #: `parent` or `child`.
    role: str
    code: str
    edition: Edition
    #: For a child.
    age_years: int | None
    done: int
    total: int
    begun: bool
    minutes_left: int
    #: Links that still open something.
    links: int
    #: Questionnaires of this wave that were printed for them, and those of which something came back.
    printed: int = 0
    returned: int = 0

    @property
    def state(self) -> Literal["nothing", "due", "open", "done"]:
        """How far they are."""
        if not self.total:
            return "nothing"
        if self.done == self.total:
            return "done"
        return "open" if self.begun else "due"


@dataclass(frozen=True)
class FamilyState:
    """A family, and how far it is."""

    id: int
    code: str
    municipality_id: int
    municipality: str
    t0: dt.date
    status: str
    wave: str | None
    due: dt.date | None
    closes: dt.date | None
    next_opens: dt.date | None
    people: tuple[Person, ...]
    #: The professionals who work with it now, by number and code.
    pins: tuple[tuple[int, str], ...]
    late: bool
    #: Links to the page of the family that still open it.
    links: int

    @property
    def state(self) -> State:
        """The one word for it."""
        if self.status == "paused":
            return "paused"
        if self.status == "stopped":
            return "stopped"
        asked = [person.state for person in self.people if person.total]
        if self.wave is None or not asked:
            return "later"
        if all(state == "done" for state in asked):
            return "done"
        if self.late:
            return "late"
        return "due" if all(state == "due" for state in asked) else "open"

    @property
    def awaited(self) -> int:
        """Questionnaires on paper that have not come back."""
        return sum(person.printed - person.returned for person in self.people)

    @property
    def returned(self) -> int:
        """Questionnaires on paper of which something came back."""
        return sum(person.returned for person in self.people)

    @property
    def is_orphan(self) -> bool:
        """Whether it takes part and nobody works with it."""
        return not self.pins and self.status != "stopped"


def listing(db: Database, protocol: Protocol, on: dt.date, which: Collection[int]) -> tuple[FamilyState, ...]:
    """These families, those first that need somebody first."""
    with db.snapshot() as connection:
        found = _families(connection, protocol, on, which)
    return tuple(
        sorted(
            found,
            key=lambda one: (not one.is_orphan, ORDER.index(one.state), one.closes or dt.date.max, one.code),
        )
    )


def family(db: Database, protocol: Protocol, on: dt.date, family_id: int) -> FamilyState:
    """One family. Raises scopes.NoSuchThing."""
    found = listing(db, protocol, on, [family_id])
    if not found:
        raise scopes.NoSuchThing(f"there is no family {family_id}")
    return found[0]


def _families(
    connection: Connection, protocol: Protocol, on: dt.date, which: Collection[int]
) -> list[FamilyState]:
    rows = connection.execute(
        select(
            FamilyRow.id,
            FamilyRow.code,
            FamilyRow.municipality_id,
            MunicipalityRow.name,
            FamilyRow.t0,
            FamilyRow.status,
        )
        .join(MunicipalityRow, MunicipalityRow.id == FamilyRow.municipality_id)
        .where(FamilyRow.id.in_(which))
    ).all()
    codes: dict[int, str] = {
        row.id: row.code
        for row in connection.execute(
            select(RespondentRow.id, RespondentRow.code).where(RespondentRow.family_id.in_(which))
        )
    }
    places = scopes.of_families_on(connection, on, which)
    pins: dict[int, str] = {
        row.id: row.code for row in connection.execute(select(ProfessionalRow.id, ProfessionalRow.code))
    }
    own_links, family_links = _open_links(connection, on)
    on_paper = _on_paper(connection, which)
    found = []
    for row in rows:
        page = schedule.everybody_on(connection, protocol, row.id, on)
        tasks = [task for pocket in page.pockets for task in pocket.tasks]
        due = tasks[0].due if tasks else None
        found.append(
            FamilyState(
                *row,
                page.wave,
                due,
                tasks[0].closes if tasks else None,
                page.next_opens,
                _people(page, codes, own_links, on_paper),
                _pins(places[row.id], pins),
                due is not None and on > due + LATE_AFTER,
                family_links.get(row.id, 0),
            )
        )
    return found


def _people(
    page: FamilyPage,
    codes: dict[int, str],
    links: dict[int, int],
    on_paper: dict[tuple[int, str], tuple[int, int]],
) -> tuple[Person, ...]:
    return tuple(
        Person(
            pocket.respondent_id,
            pocket.role,
            codes[pocket.respondent_id],
            pocket.edition,
            pocket.age_years,
            len(pocket.tasks) - len(pocket.left),
            len(pocket.tasks),
            _begun(pocket),
            pocket.minutes,
            links.get(pocket.respondent_id, 0),
            *on_paper.get((pocket.respondent_id, page.wave or ""), (0, 0)),
        )
        for pocket in page.pockets
    )


def _on_paper(connection: Connection, which: Collection[int]) -> dict[tuple[int, str], tuple[int, int]]:
    """How many questionnaires were printed for each member in each wave, and how many came back."""
    rows = connection.execute(
        select(
            Sheet.respondent_id,
            ResponseRow.wave,
            func.count(Sheet.response_id.distinct()),
            func.count(case((Sheet.returned_at.is_not(None), Sheet.response_id)).distinct()),
        )
        .join(ResponseRow, ResponseRow.id == Sheet.response_id)
        .join(RespondentRow, RespondentRow.id == Sheet.respondent_id)
        .where(RespondentRow.family_id.in_(which), Sheet.status.not_in(("withdrawn", "dead")))
        .group_by(Sheet.respondent_id, ResponseRow.wave)
    ).all()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def _begun(pocket: Pocket) -> bool:
    return any(task.status != "due" for task in pocket.tasks)


def _pins(scope: Scope, codes: dict[int, str]) -> tuple[tuple[int, str], ...]:
    return tuple((number, codes[number]) for number in sorted(scope.professionals))


def _open_links(connection: Connection, on: dt.date) -> tuple[dict[int, int], dict[int, int]]:
    """How many links of each respondent, and of each family's page, are good."""
    noon = dt.datetime.combine(on, dt.time(12), dt.UTC)
    good = (
        LinkRow.revoked_at.is_(None),
        # The codes on paper are links too; they are counted where paper is.
        LinkRow.id.not_in(select(Sheet.link_id)),
        or_(LinkRow.expires_at.is_(None), LinkRow.expires_at > noon),
    )
    found = []
    for whose in (LinkRow.respondent_id, LinkRow.family_id):
        rows = connection.execute(
            select(whose, func.count()).where(whose.is_not(None), *good).group_by(whose)
        ).all()
        found.append({int(number or 0): count for number, count in rows})
    return found[0], found[1]
