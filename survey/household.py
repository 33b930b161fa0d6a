"""Who is in a family, or around a professional, and what they have opened: what the schedule reads.

Fixed statements, compiled once; each function here takes one of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from survey import windows
from survey.models import Assignment as AssignmentRow
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Professional as ProfessionalRow
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow

T = TypeVar("T")


@dataclass(frozen=True)
class Person:
    """A respondent, with the family or the professional that they are."""

    id: int
    role: str
    family_id: int | None
    child_id: int | None
    professional_id: int | None
    language: str
    reading: str
    t0: dt.date | None
    status: str | None
    clock_start: dt.date | None
    active_to: dt.date | None
    #: Which waves close later for the family; see `windows.read`.
    later: str | None = None


@dataclass(frozen=True)
class Child:
    """A child somebody may be asked about."""

    id: int
    birth_month: dt.date
    sex: str | None
    reporter_id: int | None


@dataclass(frozen=True)
class Opened:
    """A response that exists already."""

    id: int
    respondent_id: int
    key: str
    battery: str
    instrument: str
    version: str
    child_id: int | None
    age_months: int | None
    subject: str
    status: str
    mode: str

    @property
    def is_only_printed(self) -> bool:
        """Whether it lies there on paper, and nothing was answered on a screen: nobody has begun."""
        return self.status == "open" and self.mode == "paper"


_PEOPLE = (
    select(
        RespondentRow.id,
        RespondentRow.role,
        RespondentRow.family_id,
        RespondentRow.child_id,
        RespondentRow.professional_id,
        RespondentRow.language,
        RespondentRow.reading,
        FamilyRow.t0,
        FamilyRow.status,
        ProfessionalRow.clock_start,
        ProfessionalRow.active_to,
        windows.OF_FAMILY,
    )
    .outerjoin(FamilyRow, FamilyRow.id == RespondentRow.family_id)
    .outerjoin(ProfessionalRow, ProfessionalRow.id == RespondentRow.professional_id)
    .order_by(RespondentRow.id)
)
_PEOPLE_OF_FAMILY = _PEOPLE.where(RespondentRow.family_id == bindparam("family_id"))
_one = aliased(RespondentRow)
#: One person, with the rest of their family when they have one.
_PEOPLE_AROUND = _PEOPLE.where(
    or_(
        RespondentRow.id == bindparam("respondent_id"),
        RespondentRow.family_id
        == select(_one.family_id).where(_one.id == bindparam("respondent_id")).scalar_subquery(),
    )
)
_CHILD = select(ChildRow.id, ChildRow.birth_month, ChildRow.sex, ChildRow.reporter_id).order_by(
    ChildRow.birth_month, ChildRow.id
)
_CHILDREN_OF_FAMILY = _CHILD.where(ChildRow.family_id == bindparam("family_id"))
_CHILDREN_OF_PROFESSIONAL = (
    _CHILD.join(AssignmentRow, AssignmentRow.child_id == ChildRow.id)
    .where(
        AssignmentRow.professional_id == bindparam("professional_id"),
        AssignmentRow.starts_on <= bindparam("on"),
        or_(AssignmentRow.ends_on.is_(None), AssignmentRow.ends_on >= bindparam("on")),
    )
    .distinct()
)
_RESPONSES = (
    select(
        ResponseRow.id,
        ResponseRow.respondent_id,
        ResponseRow.key,
        ResponseRow.battery,
        ResponseRow.instrument,
        ResponseRow.version,
        ResponseRow.child_id,
        ResponseRow.age_months,
        ResponseRow.subject,
        ResponseRow.status,
        ResponseRow.mode,
    )
    .where(
        ResponseRow.respondent_id.in_(bindparam("respondents", expanding=True)),
        ResponseRow.wave == bindparam("wave"),
    )
    .order_by(ResponseRow.id)
)


def family(connection: Connection, family_id: int) -> list[Person]:
    """The respondents of a family; empty when there is none of that number."""
    return _all(Person, connection.execute(_PEOPLE_OF_FAMILY, {"family_id": family_id}))


def around(connection: Connection, respondent_id: int) -> list[Person]:
    """A respondent, with the rest of the family when they have one; empty when there is no such person."""
    return _all(Person, connection.execute(_PEOPLE_AROUND, {"respondent_id": respondent_id}))


def children(connection: Connection, person: Person, on: dt.date) -> list[Child]:
    """The children of a person's family, or those a professional works with on a day; eldest first."""
    if person.family_id is not None:
        return _all(Child, connection.execute(_CHILDREN_OF_FAMILY, {"family_id": person.family_id}))
    whose = {"professional_id": person.professional_id, "on": on}
    return _all(Child, connection.execute(_CHILDREN_OF_PROFESSIONAL, whose))


def opened(connection: Connection, people: Iterable[Person], wave: str) -> list[Opened]:
    """What these people have opened in a wave, in that order."""
    whose = {"respondents": [person.id for person in people], "wave": wave}
    return _all(Opened, connection.execute(_RESPONSES, whose))


def _all(kind: Callable[..., T], rows: Iterable[Any]) -> list[T]:
    return [kind(*row) for row in rows]
