"""Families and children as they are registered, whether or not they ever answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from instruments.protocol import ImpossibleAge, age_months
from survey.exports.taking_part import departures
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Municipality as MunicipalityRow


@dataclass(frozen=True)
class Family:
    """A family that was included."""

    code: str
    municipality: str
    municipality_code: str
    t0: dt.date
    #: When and why it stopped, when it did.
    left_on: dt.date | None = None
    left_reason: str = ""


@dataclass(frozen=True)
class Child:
    """A child of a family that was included."""

    code: str
    family: str
    sex: str | None
    birth_month: dt.date

    def months(self, on: dt.date) -> int | None:
        """The age in completed months on a day; None before birth."""
        try:
            return age_months(self.birth_month, on)
        except ImpossibleAge:
            return None


def families(connection: Connection) -> tuple[Family, ...]:
    """Every family, in the order of inclusion."""
    left = departures(connection)
    found = connection.execute(
        select(FamilyRow.id, FamilyRow.code, MunicipalityRow.name, MunicipalityRow.code, FamilyRow.t0)
        .join(MunicipalityRow, MunicipalityRow.id == FamilyRow.municipality_id)
        .order_by(FamilyRow.id)
    )
    families = []
    for number, code, name, town, t0 in found:
        gone = left.get(number)
        when_and_why = (None, "") if gone is None else (gone.on, gone.reason)
        families.append(Family(code, name, town, t0, *when_and_why))
    return tuple(families)


def children(connection: Connection) -> tuple[Child, ...]:
    """Every child, family by family."""
    found = connection.execute(
        select(ChildRow.code, FamilyRow.code, ChildRow.sex, ChildRow.birth_month)
        .join(FamilyRow, FamilyRow.id == ChildRow.family_id)
        .order_by(FamilyRow.id, ChildRow.id)
    )
    return tuple(Child(*row) for row in found)
