"""Families that part, join or move: a second household, a child that lives elsewhere, one family noted twice.

Whoever moves keeps their code, and with it everything they answered. What was begun about a child by somebody
it does not live with any more is stopped, not thrown away. The page of the family they leave opens no more:
its link may be in the hands of who moved out. A child that was placed out of home needs the consent of those
who decide now (see `consent`), and nothing is sent to where it lived.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, insert, literal, select, update
from sqlalchemy.engine import Connection

from survey import audit, families, links, moments, professionals
from survey.db import Database
from survey.families import Parent, fresh_code
from survey.fieldwork import scopes
from survey.fieldwork.tables import HouseholdChange
from survey.models import Assignment as AssignmentRow
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Link as LinkRow
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow
from survey.post.tables import MessageRow
from survey.windows import ExtensionRow


class CannotPart(ValueError):
    """The members that were chosen cannot live apart like that. `why` says so in one word.

    `nobody`: none was chosen; `all`: everybody was; `no_adult`: children would be left without a parent or
    caregiver who answers; `other_place`: the other family is not of this study, has stopped, or is the same;
    `only_children`: out of home goes a child, with a caregiver who is new.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Change:
    """Somebody who went from one family to another."""

    kind: str
    respondent_id: int
    from_id: int
    to_id: int
    on: dt.date


@dataclass(frozen=True)
class _Member:
    id: int
    role: str
    child_id: int | None


def part(
    db: Database,
    family_id: int,
    members: Collection[int],
    *,
    out_of_home: bool = False,
    caregiver: Parent | None = None,
    withdraws: bool = False,
    now: dt.datetime,
    actor: str,
) -> int:
    """Some members form a household of their own from now on, with the same T0 and linking pin; its number.

    Args:
        out_of_home: a child was placed elsewhere; `caregiver` answers about it there.
        caregiver: a parent or caregiver of the new household who was in none before.
        withdraws: they take no further part (see `leaving.withdraw`): nobody has to answer there.

    Raises:
        CannotPart
        families.NoSuchFamily: none, or one that has stopped.
    """

    def work(connection: Connection) -> int:
        old = _family(connection, family_id)
        staying, going = _divided(connection, family_id, members)
        if not staying:
            raise CannotPart("all")
        if out_of_home and (any(one.role == "parent" for one in going) or caregiver is None):
            raise CannotPart("only_children")
        new_id: int = connection.execute(
            insert(FamilyRow)
            .values(
                study_id=old.study_id,
                municipality_id=old.municipality_id,
                code=fresh_code(connection, FamilyRow.code),
                t0=old.t0,
                status="stopped" if withdraws else old.status,
                created_at=now,
            )
            .returning(FamilyRow.id)
        ).scalar_one()
        newcomers = []
        if caregiver is not None:
            newcomers.append(_caregiver(connection, old.study_id, new_id, caregiver, now))
        _take_along(connection, family_id, new_id, now, actor)
        kind = "withdrew" if withdraws else "out_of_home" if out_of_home else "parted"
        _move(connection, family_id, new_id, staying, going, newcomers, kind, now, actor)
        return new_id

    return db.write(work)


def join(db: Database, family_id: int, into_id: int, *, now: dt.datetime, actor: str) -> None:
    """A family that was noted twice, or moves in with another, becomes part of that one, and ends itself.

    The T0 of the other family counts from now on.

    Raises:
        CannotPart
        families.NoSuchFamily
    """

    def work(connection: Connection) -> None:
        _family(connection, family_id)
        other = connection.execute(
            select(FamilyRow.status).where(FamilyRow.id == into_id, FamilyRow.id != family_id)
        ).first()
        if other is None or other.status == "stopped":
            raise CannotPart("other_place")
        everybody = _members(connection, family_id)
        there = [one.id for one in _members(connection, into_id) if one.role == "parent"]
        _move(connection, family_id, into_id, [], everybody, there, "joined", now, actor)
        connection.execute(update(FamilyRow).where(FamilyRow.id == family_id).values(status="stopped"))
        connection.execute(
            update(AssignmentRow)
            .where(AssignmentRow.family_id == family_id, AssignmentRow.ends_on.is_(None))
            .values(ends_on=moments.day(now))
        )

    db.write(work)


def move(db: Database, family_id: int, municipality_id: int, *, now: dt.datetime, actor: str) -> bool:
    """A family lives in another municipality from now on; whether somebody still works with it there.

    Linking pins who do not work there have it no longer: it shows up as without anybody.

    Raises:
        families.NoSuchFamily
        sqlalchemy.exc.IntegrityError: no such municipality.
    """
    places = scopes.of_professionals(db)
    on = moments.day(now)

    def work(connection: Connection) -> bool:
        _family(connection, family_id)
        connection.execute(
            update(FamilyRow).where(FamilyRow.id == family_id).values(municipality_id=municipality_id)
        )
        mine = scopes.of_families_on(connection, on, [family_id])[family_id].professionals
        leaving = [number for number in mine if municipality_id not in places[number].municipalities]
        connection.execute(
            update(AssignmentRow)
            .where(
                AssignmentRow.family_id == family_id,
                AssignmentRow.professional_id.in_(leaving),
                AssignmentRow.ends_on.is_(None),
            )
            .values(ends_on=on)
        )
        audit.append(connection, actor, "family.moved", f"family {family_id}", now, to=municipality_id)
        return bool(mine - set(leaving))

    return db.write(work)


def changes(db: Database, family_id: int) -> tuple[Change, ...]:
    """Who came to a family, and who left it, oldest first."""
    with db.read() as connection:
        rows = connection.execute(
            select(
                HouseholdChange.kind, HouseholdChange.respondent_id, HouseholdChange.from_id,
                HouseholdChange.to_id, HouseholdChange.on_day,
            )
            .where((HouseholdChange.from_id == family_id) | (HouseholdChange.to_id == family_id))
            .order_by(HouseholdChange.id)
        ).all()  # fmt: skip
    return tuple(Change(*row) for row in rows)


def _move(
    connection: Connection,
    from_id: int,
    to_id: int,
    staying: Collection[_Member],
    going: Collection[_Member],
    adults_there: Collection[int],
    kind: str,
    now: dt.datetime,
    actor: str,
) -> None:
    """Move members, and everything that hangs on where they live."""
    adults = [*adults_there, *(one.id for one in going if one.role == "parent")]
    children = [one.child_id for one in going if one.child_id is not None]
    left_behind = [one.id for one in staying if one.role == "parent"]
    left_children = any(one.child_id is not None for one in staying)
    if (children and not adults and kind != "withdrew") or (left_children and not left_behind):
        raise CannotPart("no_adult")
    who = [one.id for one in going]
    _rehouse(connection, from_id, to_id, who, children)
    _report_on(connection, ChildRow.family_id == to_id, adults)
    _report_on(connection, ChildRow.family_id == from_id, left_behind)
    _stop_what_is_over(connection, children, to_id)
    links.revoke_on(connection, LinkRow.family_id == from_id, now, actor)
    if kind in ("out_of_home", "withdrew"):
        links.revoke_on(connection, LinkRow.respondent_id.in_(who), now, actor)
    # Whatever waits to be sent was meant for another home.
    connection.execute(
        update(MessageRow)
        .where(MessageRow.respondent_id.in_(who), MessageRow.state == "waiting")
        .values(state="dropped", problem="moved", changed_at=now)
    )
    for respondent_id in who:
        connection.execute(
            insert(HouseholdChange).values(
                kind=kind,
                respondent_id=respondent_id,
                from_id=from_id,
                to_id=to_id,
                on_day=moments.day(now),
                recorded_by=actor,
            )
        )
    detail = {"to": to_id, "members": len(who), "kind": kind}
    audit.append(connection, actor, "family.members_moved", f"family {from_id}", now, **detail)


def _rehouse(
    connection: Connection, from_id: int, to_id: int, who: Collection[int], children: Collection[int]
) -> None:
    """Change the family of respondents and children in one go: each is held to the other's family."""
    kin = RespondentRow.id.in_(who) & (RespondentRow.family_id == from_id)
    respondents = update(RespondentRow).where(kin).values(family_id=to_id)
    if not children:
        connection.execute(respondents)
        return
    kids = update(ChildRow).where(ChildRow.id.in_(children)).values(family_id=to_id)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.execute(kids)
        connection.execute(respondents)
        return
    # One statement, because this database looks at its end whether everybody lives with their own family.
    moved = kids.returning(ChildRow.id).cte("moved")
    connection.execute(respondents.add_cte(moved))


def _report_on(connection: Connection, which: ColumnElement[bool], adults: Collection[int]) -> None:
    """Children whose reporter lives elsewhere get the first parent of their own household."""
    if adults:
        elsewhere = ChildRow.reporter_id.is_(None) | ChildRow.reporter_id.not_in(adults)
        connection.execute(update(ChildRow).where(which, elsewhere).values(reporter_id=min(adults)))


def _stop_what_is_over(connection: Connection, children: Collection[int], to_id: int) -> None:
    """What was begun about these children by who does not live with them is not asked any more."""
    home = select(RespondentRow.id).where(RespondentRow.family_id == to_id)
    family = select(RespondentRow.id).where(RespondentRow.family_id.is_not(None))
    connection.execute(
        update(ResponseRow)
        .where(
            ResponseRow.child_id.in_(children),
            ResponseRow.status == "open",
            ResponseRow.respondent_id.in_(family),
            ResponseRow.respondent_id.not_in(home),
        )
        .values(status="stopped")
    )


def _take_along(connection: Connection, old_id: int, new_id: int, now: dt.datetime, actor: str) -> None:
    """The new household has the linking pins of the old one, and the days that were added to its waves."""
    on = moments.day(now)
    for number in sorted(scopes.of_families_on(connection, on, [old_id])[old_id].professionals):
        professionals.assign_on(connection, number, family_id=new_id, starts_on=on, now=now, actor=actor)
    columns = ("wave", "closes_on", "reason", "by_pause", "recorded_by", "recorded_at")
    copied = select(literal(new_id), *(getattr(ExtensionRow, name) for name in columns))
    connection.execute(
        insert(ExtensionRow).from_select(
            ["family_id", *columns], copied.where(ExtensionRow.family_id == old_id)
        )
    )


def _caregiver(
    connection: Connection, study_id: int, family_id: int, edition: Parent, now: dt.datetime
) -> int:
    return connection.execute(
        insert(RespondentRow)
        .values(
            study_id=study_id,
            role="parent",
            family_id=family_id,
            code=fresh_code(connection, RespondentRow.code),
            language=edition.language,
            reading=edition.reading,
            created_at=now,
        )
        .returning(RespondentRow.id)
    ).scalar_one()


def _family(connection: Connection, family_id: int) -> FamilyRow:
    row = connection.execute(
        select(FamilyRow.study_id, FamilyRow.municipality_id, FamilyRow.t0, FamilyRow.status).where(
            FamilyRow.id == family_id, FamilyRow.status != "stopped"
        )
    ).first()
    if row is None:
        raise families.NoSuchFamily(f"there is no family {family_id} that takes part")
    return row  # type: ignore[return-value]


def _members(connection: Connection, family_id: int) -> list[_Member]:
    rows = connection.execute(
        select(RespondentRow.id, RespondentRow.role, RespondentRow.child_id)
        .where(RespondentRow.family_id == family_id)
        .order_by(RespondentRow.id)
    )
    return [_Member(*row) for row in rows]


def _divided(
    connection: Connection, family_id: int, members: Collection[int]
) -> tuple[list[_Member], list[_Member]]:
    """Who stays and who goes. Raises CannotPart when nobody goes, or somebody who is not of the family."""
    everybody = _members(connection, family_id)
    if not members or not set(members) <= {one.id for one in everybody}:
        raise CannotPart("nobody")
    staying = [one for one in everybody if one.id not in members]
    return staying, [one for one in everybody if one.id in members]
