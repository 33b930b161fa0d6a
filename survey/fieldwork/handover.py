"""Hand-over: one family or many go to another linking pin, in one action, with a message and a history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, insert, select, update
from sqlalchemy.engine import Connection

from survey import audit, moments, professionals
from survey.db import Database
from survey.fieldwork import scopes
from survey.fieldwork.tables import Handover as HandoverRow
from survey.models import Assignment as AssignmentRow
from survey.models import Professional as ProfessionalRow


class NotToThem(ValueError):
    """Families go to a linking pin who works here; this is none, or one who left."""


@dataclass(frozen=True)
class Handover:
    """A family that went from one to another; codes of professionals."""

    family_id: int
    from_code: str | None
    to_code: str
    message: str
    at: dt.datetime


def move(
    db: Database,
    family_ids: Collection[int],
    to_id: int,
    message: str,
    *,
    now: dt.datetime,
    actor: str,
) -> int:
    """Hand families over to a linking pin; how many of them were not theirs already.

    All of them, or none: whoever had them before has them no longer from this moment.

    Raises:
        NotToThem
        scopes.NoSuchThing: one of the families does not exist.
    """
    on = moments.day(now)

    def work(connection: Connection) -> int:
        receiver = connection.execute(
            select(ProfessionalRow.role, ProfessionalRow.active_to).where(ProfessionalRow.id == to_id)
        ).first()
        if receiver is None or receiver.role != "linking_pin":
            raise NotToThem(to_id)
        if receiver.active_to is not None and receiver.active_to <= on:
            raise NotToThem(to_id)
        moved = 0
        found = scopes.of_families_on(connection, on, family_ids)
        for family_id in sorted(set(family_ids)):
            if family_id not in found:
                raise scopes.NoSuchThing(f"there is no family {family_id}")
            before = found[family_id].professionals
            if before == frozenset({to_id}):
                continue
            _one(connection, family_id, before, to_id, message.strip(), now, actor)
            moved += 1
        return moved

    return db.write(work)


def history(db: Database, family_id: int) -> tuple[Handover, ...]:
    """Who had a family, oldest first."""
    with db.read() as connection:
        codes = {
            row.id: row.code for row in connection.execute(select(ProfessionalRow.id, ProfessionalRow.code))
        }
        rows = connection.execute(
            select(HandoverRow.from_id, HandoverRow.to_id, HandoverRow.message, HandoverRow.at)
            .where(HandoverRow.family_id == family_id)
            .order_by(HandoverRow.id)
        ).all()
    return tuple(
        Handover(
            family_id,
            None if row.from_id is None else codes[row.from_id],
            codes[row.to_id],
            row.message,
            row.at,
        )
        for row in rows
    )


def _one(
    connection: Connection,
    family_id: int,
    before: Collection[int],
    to_id: int,
    message: str,
    now: dt.datetime,
    actor: str,
) -> None:
    on = moments.day(now)
    connection.execute(
        update(AssignmentRow)
        .where(
            AssignmentRow.family_id == family_id,
            AssignmentRow.professional_id != to_id,
            AssignmentRow.ends_on.is_(None),
        )
        # What was to begin later never does.
        .values(ends_on=case((AssignmentRow.starts_on > on, AssignmentRow.starts_on), else_=on))
    )
    if to_id not in before:
        professionals.assign_on(connection, to_id, family_id=family_id, starts_on=on, now=now, actor=actor)
    givers: list[int | None] = [*sorted(set(before) - {to_id})]
    for from_id in givers or [None]:
        connection.execute(
            insert(HandoverRow).values(
                family_id=family_id, from_id=from_id, to_id=to_id, message=message, at=now, recorded_by=actor
            )
        )
    audit.append(connection, actor, "family.handed_over", f"family {family_id}", now, to=to_id)
