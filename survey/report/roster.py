"""Families and children as they are registered, whether or not they ever answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from instruments.protocol import ImpossibleAge, age_months
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Municipality as MunicipalityRow


@dataclass(frozen=True)
class Family:
    """A family that was included."""

    code: str
    municipality: str
    t0: dt.date


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
    found = connection.execute(
        select(FamilyRow.code, MunicipalityRow.name, FamilyRow.t0)
        .join(MunicipalityRow, MunicipalityRow.id == FamilyRow.municipality_id)
        .order_by(FamilyRow.id)
    )
    return tuple(Family(*row) for row in found)


def children(connection: Connection) -> tuple[Child, ...]:
    """Every child, family by family."""
    found = connection.execute(
        select(ChildRow.code, FamilyRow.code, ChildRow.sex, ChildRow.birth_month)
        .join(FamilyRow, FamilyRow.id == ChildRow.family_id)
        .order_by(FamilyRow.id, ChildRow.id)
    )
    return tuple(Child(*row) for row in found)
