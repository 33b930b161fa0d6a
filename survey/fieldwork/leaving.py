"""Drop-out: a family stops, with the pilot's reasons or an unknown one. It never needs more than one page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from survey import audit, families, moments
from survey.db import Database
from survey.fieldwork.tables import LEAVING_REASONS
from survey.fieldwork.tables import Departure as DepartureRow

REASONS = LEAVING_REASONS


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

    def work(connection: Connection) -> None:
        connection.execute(
            insert(DepartureRow).values(
                family_id=family_id, on_day=moments.day(now), reason=reason, wish=wish, recorded_by=actor
            )
        )
        audit.append(connection, actor, "family.left", f"family {family_id}", now, reason=reason, wish=wish)

    db.write(work)


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
