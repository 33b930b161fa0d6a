"""Linking pins, childcare workers and interviewers: a code of their own, and a clock of their own.

A professional is asked about the project at the waves of their own clock, which starts at the T0 of the
first family they work with and never moves again, even when that family leaves. Who takes over from
somebody starts at the day of taking over.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.engine import Connection

from survey import audit, codes, moments
from survey.db import Database
from survey.families import fresh_code
from survey.models import Assignment as AssignmentRow
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Professional as ProfessionalRow
from survey.models import Respondent as RespondentRow


class NoSuchProfessional(LookupError):
    """No professional has this code."""


@dataclass(frozen=True)
class Professional:
    """A professional as staff see them."""

    id: int
    respondent_id: int
    #: `linking_pin`, `childcare_worker` or `interviewer`.
    role: str
    code: str
    #: The T0 of their own clock; None until they work with a family.
    clock_start: dt.date | None


def add(
    db: Database,
    study_id: int,
    role: str,
    active_from: dt.date,
    *,
    language: str = "nl",
    reading: str = "standard",
    predecessor_id: int | None = None,
    now: dt.datetime | None = None,
    actor: str = "system",
) -> Professional:
    """A professional who begins on a day, perhaps as somebody's successor.

    Raises:
        sqlalchemy.exc.IntegrityError: an unknown role, study, reading level or predecessor.
    """
    moment = now or moments.now()
    return db.write(
        lambda connection: add_on(
            connection,
            study_id,
            role,
            active_from,
            language=language,
            reading=reading,
            predecessor_id=predecessor_id,
            now=moment,
            actor=actor,
        )
    )


def add_on(
    connection: Connection,
    study_id: int,
    role: str,
    active_from: dt.date,
    *,
    language: str = "nl",
    reading: str = "standard",
    predecessor_id: int | None = None,
    now: dt.datetime,
    actor: str = "system",
) -> Professional:
    """As `add`, inside a transaction."""
    code = fresh_code(connection, ProfessionalRow.code)
    professional_id = connection.execute(
        insert(ProfessionalRow)
        .values(
            study_id=study_id,
            role=role,
            code=code,
            predecessor_id=predecessor_id,
            active_from=active_from,
        )
        .returning(ProfessionalRow.id)
    ).scalar_one()
    respondent_id = connection.execute(
        insert(RespondentRow)
        .values(
            study_id=study_id,
            role=role,
            professional_id=professional_id,
            code=fresh_code(connection, RespondentRow.code),
            language=language,
            reading=reading,
            created_at=now,
        )
        .returning(RespondentRow.id)
    ).scalar_one()
    audit.append(connection, actor, "professional.added", f"professional {professional_id}", now, role=role)
    return Professional(professional_id, respondent_id, role, code, None)


def assign(
    db: Database,
    professional_id: int,
    *,
    family_id: int | None = None,
    child_id: int | None = None,
    starts_on: dt.date,
    now: dt.datetime | None = None,
    actor: str = "system",
) -> None:
    """Let a professional work with a family (linking pin) or a child (childcare worker) from a day on.

    The first assignment starts their clock: at the T0 of that family, or for a successor at `starts_on`.

    Raises:
        ValueError: not exactly one of family and child, or one that does not exist.
    """
    if (family_id is None) == (child_id is None):
        raise ValueError("a professional works with one family or with one child: name one of the two")
    moment = now or moments.now()

    db.write(
        lambda connection: assign_on(
            connection,
            professional_id,
            family_id=family_id,
            child_id=child_id,
            starts_on=starts_on,
            now=moment,
            actor=actor,
        )
    )


def assign_on(
    connection: Connection,
    professional_id: int,
    *,
    family_id: int | None = None,
    child_id: int | None = None,
    starts_on: dt.date,
    now: dt.datetime,
    actor: str = "system",
) -> None:
    """As `assign`, inside a transaction."""
    which = FamilyRow.id == family_id
    if child_id is not None:
        which = FamilyRow.id == select(ChildRow.family_id).where(ChildRow.id == child_id).scalar_subquery()
    t0 = connection.scalar(select(FamilyRow.t0).where(which))
    if t0 is None:
        raise ValueError("there is no such family or child")
    connection.execute(
        insert(AssignmentRow).values(
            professional_id=professional_id, family_id=family_id, child_id=child_id, starts_on=starts_on
        )
    )
    takes_over = connection.scalar(
        select(ProfessionalRow.predecessor_id).where(ProfessionalRow.id == professional_id)
    )
    connection.execute(
        update(ProfessionalRow)
        .where(ProfessionalRow.id == professional_id, ProfessionalRow.clock_start.is_(None))
        .values(clock_start=t0 if takes_over is None else starts_on)
    )
    target = {"family": family_id} if child_id is None else {"child": child_id}
    audit.append(
        connection,
        actor,
        "professional.assigned",
        f"professional {professional_id}",
        now,
        starts_on=starts_on.isoformat(),
        **target,
    )


def release(
    db: Database,
    professional_id: int,
    *,
    ends_on: dt.date,
    family_id: int | None = None,
    child_id: int | None = None,
    now: dt.datetime | None = None,
    actor: str = "system",
) -> None:
    """End a professional's work with a family or a child on a day (with neither: all of it)."""
    moment = now or moments.now()
    which: ColumnElement[bool] = AssignmentRow.professional_id == professional_id
    if family_id is not None:
        which &= AssignmentRow.family_id == family_id
    if child_id is not None:
        which &= AssignmentRow.child_id == child_id

    def work(connection: Connection) -> None:
        connection.execute(
            update(AssignmentRow).where(which, AssignmentRow.ends_on.is_(None)).values(ends_on=ends_on)
        )
        audit.append(
            connection,
            actor,
            "professional.released",
            f"professional {professional_id}",
            moment,
            ends_on=ends_on.isoformat(),
        )

    db.write(work)


def listing(db: Database) -> tuple[Professional, ...]:
    """Every professional, in the order in which they were added."""
    with db.read() as connection:
        rows = connection.execute(
            select(
                ProfessionalRow.id,
                RespondentRow.id.label("respondent_id"),
                ProfessionalRow.role,
                ProfessionalRow.code,
                ProfessionalRow.clock_start,
            )
            .join(RespondentRow, RespondentRow.professional_id == ProfessionalRow.id)
            .order_by(ProfessionalRow.id)
        ).all()
    return tuple(Professional(*row) for row in rows)


def by_code(db: Database, code: str) -> Professional:
    """The professional with this code, as typed by a person. Raises NoSuchProfessional."""
    try:
        wanted = codes.normalise(code)
    except codes.Mistyped as error:
        raise NoSuchProfessional(code) from error
    found = next((one for one in listing(db) if one.code == wanted), None)
    if found is None:
        raise NoSuchProfessional(wanted)
    return found


def is_active(db: Database, professional_id: int, on: dt.date) -> bool:
    """Whether somebody works here on a day."""
    with db.read() as connection:
        row = connection.execute(
            select(ProfessionalRow.active_to).where(ProfessionalRow.id == professional_id)
        ).first()
    return row is not None and (row.active_to is None or row.active_to > on)


def leave(db: Database, professional_id: int, *, now: dt.datetime, actor: str) -> None:
    """Somebody stops working here today; their code and what they answered stay."""

    def work(connection: Connection) -> None:
        connection.execute(
            update(ProfessionalRow)
            .where(ProfessionalRow.id == professional_id, ProfessionalRow.active_to.is_(None))
            .values(active_to=moments.day(now))
        )
        audit.append(connection, actor, "professional.left", f"professional {professional_id}", now)

    db.write(work)
