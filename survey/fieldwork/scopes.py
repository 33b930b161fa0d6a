"""Where a family or a professional is, and who works with it: what the policy has to know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection

from survey.accounts.tables import Account as AccountRow
from survey.accounts.tables import AccountPlace
from survey.db import Database
from survey.models import Assignment as AssignmentRow
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Professional as ProfessionalRow
from survey.policy import Actor, Scope


class NoSuchThing(LookupError):
    """No family or professional has this number."""


def of_family(db: Database, family_id: int, on: dt.date) -> Scope:
    """The scope of one family on a day. Raises NoSuchThing."""
    with db.read() as connection:
        found = of_families_on(connection, on, [family_id])
    if family_id not in found:
        raise NoSuchThing(f"there is no family {family_id}")
    return found[family_id]


def near(db: Database, on: dt.date, actor: Actor) -> dict[int, Scope]:
    """The scope of every family with which somebody can have anything to do on a day.

    That is more than they may do something with, which the policy says of each; but not every family of the
    country, of which the policy would then leave out nearly all.
    """
    with db.read() as connection:
        if actor.everywhere:
            return of_families_on(connection, on)
        assigned = select(AssignmentRow.family_id).where(
            AssignmentRow.family_id.is_not(None), AssignmentRow.professional_id == actor.professional_id
        )
        around = or_(FamilyRow.municipality_id.in_(actor.municipalities), FamilyRow.id.in_(assigned))
        numbers = connection.scalars(select(FamilyRow.id).where(around)).all()
        return of_families_on(connection, on, numbers)


def of_families_on(
    connection: Connection, on: dt.date, only: Collection[int] | None = None
) -> dict[int, Scope]:
    """The scope of families on a day, inside a transaction; of all, or of some of them.

    A professional works with a family while an assignment lasts and they have not left.
    """
    families = select(FamilyRow.id, FamilyRow.municipality_id)
    working = (
        select(AssignmentRow.family_id, AssignmentRow.professional_id)
        .join(ProfessionalRow, ProfessionalRow.id == AssignmentRow.professional_id)
        .where(
            AssignmentRow.family_id.is_not(None),
            AssignmentRow.starts_on <= on,
            or_(AssignmentRow.ends_on.is_(None), AssignmentRow.ends_on > on),
            or_(ProfessionalRow.active_to.is_(None), ProfessionalRow.active_to > on),
        )
    )
    if only is not None:
        families = families.where(FamilyRow.id.in_(only))
        working = working.where(AssignmentRow.family_id.in_(only))
    pins: dict[int, set[int]] = {}
    for family_id, professional_id in connection.execute(working):
        pins.setdefault(int(family_id or 0), set()).add(professional_id)
    return {
        row.id: Scope(frozenset({row.municipality_id}), frozenset(pins.get(row.id, ())))
        for row in connection.execute(families)
    }


def of_professional(db: Database, professional_id: int) -> Scope:
    """The scope of one professional. Raises NoSuchThing."""
    found = of_professionals(db)
    if professional_id not in found:
        raise NoSuchThing(f"there is no professional {professional_id}")
    return found[professional_id]


def of_professionals(db: Database) -> dict[int, Scope]:
    """The scope of every professional: where their account works; without one, where their families are."""
    with db.read() as connection:
        places: dict[int, set[int]] = {
            number: set() for number in connection.scalars(select(ProfessionalRow.id))
        }
        posts = (
            select(AccountRow.professional_id, AccountPlace.municipality_id)
            .join(AccountPlace, AccountPlace.account_id == AccountRow.id)
            .where(AccountRow.professional_id.is_not(None))
        )
        for professional_id, municipality_id in connection.execute(posts):
            places[int(professional_id or 0)].add(municipality_id)
        posted = {number for number, found in places.items() if found}
        met = (
            select(AssignmentRow.professional_id, FamilyRow.municipality_id)
            .outerjoin(ChildRow, ChildRow.id == AssignmentRow.child_id)
            .join(
                FamilyRow,
                or_(FamilyRow.id == AssignmentRow.family_id, FamilyRow.id == ChildRow.family_id),
            )
            .distinct()
        )
        for professional_id, municipality_id in connection.execute(met):
            if professional_id not in posted:
                places[professional_id].add(municipality_id)
    return {number: Scope(frozenset(found), frozenset({number})) for number, found in places.items()}
