"""Families, their members, and the professionals around them: pseudonyms only, never a name.

A family is a code. A child is a birth month, a sex if known, and a code. Names, telephone numbers and
consent are kept elsewhere, if anywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import InstrumentedAttribute

from instruments.editions import Edition
from survey import audit, codes, editions, links, moments
from survey.db import Database
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Link as LinkRow
from survey.models import Municipality as MunicipalityRow
from survey.models import Respondent as RespondentRow


class NoSuchFamily(LookupError):
    """No family has this number or code."""


@dataclass(frozen=True)
class Parent:
    """A parent to be added: the edition in which they will be asked."""

    language: str = "nl"
    reading: str = "standard"


@dataclass(frozen=True)
class Child:
    """A child to be added. Of the birth date only the month is kept."""

    birth_month: dt.date
    #: `girl`, `boy`, `other`, or None where it was not said.
    sex: str | None = None


@dataclass(frozen=True)
class NewFamily:
    """What was made; ids in the order in which parents and children were given."""

    family_id: int
    code: str
    parents: tuple[int, ...]
    children: tuple[int, ...]
    #: The respondents that the children are when they answer themselves.
    child_respondents: tuple[int, ...]


@dataclass(frozen=True)
class Member:
    """A respondent of a family."""

    respondent_id: int
    #: `parent` or `child`.
    role: str
    code: str
    #: Which child this is, when it is one.
    child_id: int | None
    edition: Edition


@dataclass(frozen=True)
class Family:
    """A family as staff see it."""

    id: int
    code: str
    municipality: str
    t0: dt.date
    status: str
    members: tuple[Member, ...]


def add_municipality(db: Database, study_id: int, code: str, name: str) -> int:
    """A place where families take part; its id. Raises IntegrityError when the code is taken."""
    return db.write(
        lambda connection: connection.execute(
            insert(MunicipalityRow)
            .values(study_id=study_id, code=code, name=name)
            .returning(MunicipalityRow.id)
        ).scalar_one()
    )


def municipality(db: Database, study_id: int, code: str) -> int | None:
    """The id of the municipality with this code; None when there is none."""
    with db.read() as connection:
        return connection.scalar(
            select(MunicipalityRow.id).where(
                MunicipalityRow.study_id == study_id, MunicipalityRow.code == code
            )
        )


def places(db: Database) -> dict[int, str]:
    """The name of every municipality, by its id, in order of names."""
    with db.read() as connection:
        rows = connection.execute(
            select(MunicipalityRow.id, MunicipalityRow.name).order_by(MunicipalityRow.name)
        ).all()
    return {row.id: row.name for row in rows}


def add_family(
    db: Database,
    study_id: int,
    municipality_id: int,
    t0: dt.date,
    *,
    parents: Sequence[Parent],
    children: Sequence[Child],
    now: dt.datetime | None = None,
    actor: str = "system",
) -> NewFamily:
    """Include a family on its T0. The first parent reports on the children.

    Every child also becomes a respondent, who is asked nothing before the protocol says so.

    Raises:
        ValueError: no parent.
        sqlalchemy.exc.IntegrityError: an unknown study, municipality, sex or reading level.
    """
    if not parents:
        raise ValueError("a family needs at least one parent or caregiver who answers")
    moment = now or moments.now()

    def work(connection: Connection) -> NewFamily:
        code = fresh_code(connection, FamilyRow.code)
        family_id = connection.execute(
            insert(FamilyRow)
            .values(
                study_id=study_id,
                municipality_id=municipality_id,
                code=code,
                t0=t0,
                status="active",
                created_at=moment,
            )
            .returning(FamilyRow.id)
        ).scalar_one()

        def respondent(role: str, edition: Parent, child_id: int | None = None) -> int:
            return connection.execute(
                insert(RespondentRow)
                .values(
                    study_id=study_id,
                    role=role,
                    family_id=family_id,
                    child_id=child_id,
                    code=fresh_code(connection, RespondentRow.code),
                    language=edition.language,
                    reading=edition.reading,
                    created_at=moment,
                )
                .returning(RespondentRow.id)
            ).scalar_one()

        parent_ids = tuple(respondent("parent", parent) for parent in parents)
        child_ids = tuple(
            connection.execute(
                insert(ChildRow)
                .values(
                    family_id=family_id,
                    code=fresh_code(connection, ChildRow.code),
                    birth_month=child.birth_month.replace(day=1),
                    sex=child.sex,
                    reporter_id=parent_ids[0],
                )
                .returning(ChildRow.id)
            ).scalar_one()
            for child in children
        )
        usual = Parent(parents[0].language)
        child_respondents = tuple(respondent("child", usual, child_id) for child_id in child_ids)
        audit.append(
            connection,
            actor,
            "family.added",
            f"family {family_id}",
            moment,
            parents=len(parents),
            children=len(children),
        )
        return NewFamily(family_id, code, parent_ids, child_ids, child_respondents)

    return db.write(work)


def set_reporter(
    db: Database, child_id: int, respondent_id: int, *, now: dt.datetime | None = None, actor: str = "system"
) -> None:
    """Let another parent of the family report on a child from now on.

    Raises:
        ValueError: not a parent of that child's family.
    """
    moment = now or moments.now()

    def work(connection: Connection) -> None:
        same_family = connection.scalar(
            select(RespondentRow.id)
            .join(ChildRow, ChildRow.family_id == RespondentRow.family_id)
            .where(ChildRow.id == child_id, RespondentRow.id == respondent_id, RespondentRow.role == "parent")
        )
        if same_family is None:
            raise ValueError(f"respondent {respondent_id} is no parent in the family of child {child_id}")
        connection.execute(update(ChildRow).where(ChildRow.id == child_id).values(reporter_id=respondent_id))
        audit.append(connection, actor, "child.reporter", f"child {child_id}", moment, reporter=respondent_id)

    db.write(work)


def set_status(
    db: Database,
    family_id: int,
    status: str,
    *,
    reason: str = "",
    now: dt.datetime | None = None,
    actor: str = "system",
) -> None:
    """Pause a family, let it go on, or let it stop. When it stops, its links and visits end at once.

    Raises:
        NoSuchFamily
        sqlalchemy.exc.IntegrityError: a status other than active, paused or stopped.
    """
    moment = now or moments.now()

    def work(connection: Connection) -> None:
        changed = connection.execute(
            update(FamilyRow).where(FamilyRow.id == family_id).values(status=status)
        ).rowcount
        if not changed:
            raise NoSuchFamily(f"there is no family {family_id}")
        if status == "stopped":
            members = select(RespondentRow.id).where(RespondentRow.family_id == family_id)
            theirs = (LinkRow.family_id == family_id) | LinkRow.respondent_id.in_(members)
            links.revoke_on(connection, theirs, moment, actor)
        audit.append(
            connection, actor, "family.status", f"family {family_id}", moment, status=status, reason=reason
        )

    db.write(work)


def listing(db: Database) -> tuple[Family, ...]:
    """Every family with its members, in order of inclusion."""
    with db.snapshot() as connection:
        return _families(connection, FamilyRow.id == FamilyRow.id)


def by_code(db: Database, code: str) -> Family:
    """The family with this code, as typed by a person.

    Raises:
        codes.Mistyped: not a code at all.
        NoSuchFamily: a code, but nobody's.
    """
    wanted = codes.normalise(code)
    with db.snapshot() as connection:
        found = _families(connection, FamilyRow.code == wanted)
    if not found:
        raise NoSuchFamily(f"there is no family {wanted}")
    return found[0]


def by_id(db: Database, family_id: int) -> Family:
    """The family with this number. Raises NoSuchFamily."""
    with db.snapshot() as connection:
        found = _families(connection, FamilyRow.id == family_id)
    if not found:
        raise NoSuchFamily(f"there is no family {family_id}")
    return found[0]


def fresh_code(connection: Connection, column: InstrumentedAttribute[str]) -> str:
    """A code that no row of the column's table has; inside the transaction that will use it."""
    while True:
        code = codes.new()
        if connection.scalar(select(column).where(column == code)) is None:
            return code


def _families(connection: Connection, which: ColumnElement[bool]) -> tuple[Family, ...]:
    rows = connection.execute(
        select(
            FamilyRow.id,
            FamilyRow.code,
            MunicipalityRow.code.label("municipality"),
            FamilyRow.t0,
            FamilyRow.status,
        )
        .join(MunicipalityRow, MunicipalityRow.id == FamilyRow.municipality_id)
        .where(which)
        .order_by(FamilyRow.id)
    ).all()
    members: dict[int, list[Member]] = {row.id: [] for row in rows}
    for person in connection.execute(
        select(
            RespondentRow.id,
            RespondentRow.family_id,
            RespondentRow.role,
            RespondentRow.code,
            RespondentRow.child_id,
            RespondentRow.language,
            RespondentRow.reading,
        )
        .join(FamilyRow, FamilyRow.id == RespondentRow.family_id)
        .where(which)
        .order_by(RespondentRow.id)
    ):
        edition = editions.stored(person.language, person.reading)
        members[person.family_id].append(
            Member(person.id, person.role, person.code, person.child_id, edition)
        )
    return tuple(
        Family(row.id, row.code, row.municipality, row.t0, row.status, tuple(members[row.id])) for row in rows
    )
