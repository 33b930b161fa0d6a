"""Changes in a family: another edition for somebody, another reporter, a new child, a second parent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from instruments.editions import Edition
from instruments.protocol import ImpossibleAge, age_months
from survey import audit, families
from survey.db import Database
from survey.families import Parent, fresh_code
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow


@dataclass(frozen=True)
class Youngster:
    """A child of a family, as staff see it."""

    id: int
    code: str
    age_years: int
    sex: str | None
    #: The parent who reports on it.
    reporter_id: int | None
    #: The respondent that it is itself.
    respondent_id: int | None


def children(db: Database, family_id: int, on: dt.date) -> tuple[Youngster, ...]:
    """The children of a family, eldest first."""
    with db.read() as connection:
        rows = connection.execute(
            select(
                ChildRow.id,
                ChildRow.code,
                ChildRow.birth_month,
                ChildRow.sex,
                ChildRow.reporter_id,
                RespondentRow.id.label("respondent_id"),
            )
            .outerjoin(RespondentRow, RespondentRow.child_id == ChildRow.id)
            .where(ChildRow.family_id == family_id)
            .order_by(ChildRow.birth_month, ChildRow.id)
        ).all()
    return tuple(
        Youngster(row.id, row.code, _years(row.birth_month, on), row.sex, row.reporter_id, row.respondent_id)
        for row in rows
    )


def set_edition(db: Database, respondent_id: int, edition: str, *, now: dt.datetime, actor: str) -> None:
    """Ask somebody in another edition from now on. Raises ValueError for no edition."""
    wanted = Edition.parse(edition)

    def work(connection: Connection) -> None:
        connection.execute(
            update(RespondentRow)
            .where(RespondentRow.id == respondent_id)
            .values(language=wanted.language, reading=wanted.reading)
        )
        thing = f"respondent {respondent_id}"
        audit.append(connection, actor, "respondent.edition", thing, now, edition=str(wanted))

    db.write(work)


def set_reporter(
    db: Database, family_id: int, child_id: int, reporter_id: int, *, now: dt.datetime, actor: str
) -> None:
    """Let another parent of this family report on a child of it. Raises ValueError for anybody else's."""
    with db.read() as connection:
        whose = connection.scalar(select(ChildRow.family_id).where(ChildRow.id == child_id))
    if whose != family_id:
        raise ValueError(f"child {child_id} is not of family {family_id}")
    families.set_reporter(db, child_id, reporter_id, now=now, actor=actor)


def add_parent(db: Database, family_id: int, parent: Parent, *, now: dt.datetime, actor: str) -> int:
    """A second parent or caregiver who answers; their respondent. Raises families.NoSuchFamily."""

    def work(connection: Connection) -> int:
        study_id = _study_of(connection, family_id)
        return _respondent(connection, study_id, family_id, "parent", None, parent, now, actor)

    return db.write(work)


def add_child(db: Database, family_id: int, child: families.Child, *, now: dt.datetime, actor: str) -> int:
    """A new child; the first parent reports on it. Its number. Raises families.NoSuchFamily."""

    def work(connection: Connection) -> int:
        study_id = _study_of(connection, family_id)
        reporter = connection.execute(
            select(RespondentRow.id, RespondentRow.language)
            .where(RespondentRow.family_id == family_id, RespondentRow.role == "parent")
            .order_by(RespondentRow.id)
            .limit(1)
        ).one()
        child_id = connection.execute(
            insert(ChildRow)
            .values(
                family_id=family_id,
                code=fresh_code(connection, ChildRow.code),
                birth_month=child.birth_month.replace(day=1),
                sex=child.sex,
                reporter_id=reporter.id,
            )
            .returning(ChildRow.id)
        ).scalar_one()
        _respondent(connection, study_id, family_id, "child", child_id, Parent(reporter.language), now, actor)
        return child_id

    return db.write(work)


def _study_of(connection: Connection, family_id: int) -> int:
    study_id = connection.scalar(select(FamilyRow.study_id).where(FamilyRow.id == family_id))
    if study_id is None:
        raise families.NoSuchFamily(f"there is no family {family_id}")
    return study_id


def _respondent(
    connection: Connection,
    study_id: int,
    family_id: int,
    role: str,
    child_id: int | None,
    edition: Parent,
    now: dt.datetime,
    actor: str,
) -> int:
    respondent_id = connection.execute(
        insert(RespondentRow)
        .values(
            study_id=study_id,
            role=role,
            family_id=family_id,
            child_id=child_id,
            code=fresh_code(connection, RespondentRow.code),
            language=edition.language,
            reading=edition.reading,
            created_at=now,
        )
        .returning(RespondentRow.id)
    ).scalar_one()
    audit.append(connection, actor, f"family.{role}_added", f"family {family_id}", now)
    return respondent_id


def _years(born: dt.date, on: dt.date) -> int:
    try:
        return age_months(born, on) // 12
    except ImpossibleAge:
        return 0
