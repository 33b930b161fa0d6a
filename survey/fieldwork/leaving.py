"""Drop-out: a family stops, with the pilot's reasons or an unknown one. It never needs more than one page.

Whoever stopped by mistake, or takes part after all, comes back as long as nothing was erased.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from survey import audit, families, moments
from survey.db import Database
from survey.fieldwork import households, pausing
from survey.fieldwork.tables import LEAVING_REASONS
from survey.fieldwork.tables import Departure as DepartureRow
from survey.fieldwork.tables import HouseholdChange as ChangeRow
from survey.models import Family as FamilyRow

REASONS = LEAVING_REASONS


class CannotComeBack(ValueError):
    """It takes part, was never said to have stopped, or is what is left of another household."""


@dataclass(frozen=True)
class Departure:
    """That a family stopped, when and why."""

    on: dt.date
    reason: str
    #: What they want with what they gave: `keep` or `erase`.
    wish: str


def stop(db: Database, family_id: int, reason: str, wish: str, *, now: dt.datetime, actor: str) -> None:
    """The family takes no further part: its links stop working at once, what it gave stays for now.

    `erase` asks for what it gave to be wiped; a data manager does that.

    Raises:
        families.NoSuchFamily
        sqlalchemy.exc.IntegrityError: another reason, or another wish.
    """
    families.set_status(db, family_id, "stopped", reason=reason, now=now, actor=actor)
    db.write(lambda connection: _note(connection, family_id, reason, wish, now, actor))


def withdraw(
    db: Database, family_id: int, respondent_id: int, reason: str, wish: str, *, now: dt.datetime, actor: str
) -> int:
    """One member takes no further part, the others go on; the number of the family that they are alone.

    What they gave goes along, and with a child what others answered about it. So it can be kept or erased as
    that of any family that stopped, without touching the rest.

    Raises:
        households.CannotPart: children would be left without anybody who answers.
        families.NoSuchFamily
        sqlalchemy.exc.IntegrityError: another reason, or another wish.
    """
    alone = households.part(db, family_id, [respondent_id], withdraws=True, now=now, actor=actor)
    db.write(lambda connection: _note(connection, alone, reason, wish, now, actor))
    return alone


def may_come_back(db: Database, family_id: int) -> bool:
    """Whether a family stopped that can begin again where it was.

    Not one that joined another, nor the code of their own under which one member withdrew: the others are
    elsewhere, and with them whoever answers about the children.
    """
    elsewhere = select(ChangeRow.id).where(
        ((ChangeRow.kind == "joined") & (ChangeRow.from_id == family_id))
        | ((ChangeRow.kind == "withdrew") & (ChangeRow.to_id == family_id))
    )
    stopped = select(DepartureRow.id).where(DepartureRow.family_id == family_id)
    with db.read() as connection:
        return bool(
            connection.scalar(
                select(FamilyRow.id).where(
                    FamilyRow.id == family_id,
                    FamilyRow.status == "stopped",
                    stopped.exists(),
                    ~elsewhere.exists(),
                )
            )
        )


def come_back(db: Database, family_id: int, *, now: dt.datetime, actor: str) -> None:
    """The family takes part again, or stopped by mistake: what it gave counts, and it is asked what is due.

    That it had stopped stays in the trail. Its links stay dead: it gets new ones. Where a pause lasts, it
    waits for that as everybody does there.

    Raises:
        CannotComeBack
    """
    if not may_come_back(db, family_id):
        raise CannotComeBack(family_id)
    families.set_status(db, family_id, "active", now=now, actor=actor)
    pausing.hold_if_paused(db, family_id)


def _note(
    connection: Connection, family_id: int, reason: str, wish: str, now: dt.datetime, actor: str
) -> None:
    connection.execute(
        insert(DepartureRow).values(
            family_id=family_id, on_day=moments.day(now), reason=reason, wish=wish, recorded_by=actor
        )
    )
    audit.append(connection, actor, "family.left", f"family {family_id}", now, reason=reason, wish=wish)


def of_family(db: Database, family_id: int) -> Departure | None:
    """When and why a family stopped, the last time; None when nobody noted it."""
    with db.read() as connection:
        row = connection.execute(
            select(DepartureRow.on_day, DepartureRow.reason, DepartureRow.wish)
            .where(DepartureRow.family_id == family_id)
            .order_by(DepartureRow.id.desc())
            .limit(1)
        ).first()
    return None if row is None else Departure(*row)
