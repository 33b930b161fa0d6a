"""Placements: what each child was offered and used, from when to when; the pilot could not tell how long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from survey import audit
from survey.db import Database
from survey.fieldwork.tables import PLACEMENTS
from survey.fieldwork.tables import Placement as PlacementRow

KINDS = PLACEMENTS


class NoSuchPlacement(LookupError):
    """No placement of that child has this number."""


@dataclass(frozen=True)
class Placement:
    """What a child was offered, and used."""

    id: int
    child_id: int
    kind: str
    #: The first and the last day; empty while it has not begun, or goes on.
    starts_on: dt.date | None
    ends_on: dt.date | None
    days_a_week: int | None
    hours_a_week: int | None
    location: str


def add(
    db: Database,
    child_id: int,
    kind: str,
    *,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
    days_a_week: int | None = None,
    hours_a_week: int | None = None,
    location: str = "",
    now: dt.datetime,
    actor: str,
) -> int:
    """Note what a child was offered; its number.

    Raises:
        sqlalchemy.exc.IntegrityError: an unknown kind, an end before the beginning, an eighth day.
    """

    def work(connection: Connection) -> int:
        placement_id = connection.execute(
            insert(PlacementRow)
            .values(
                child_id=child_id,
                kind=kind,
                starts_on=starts_on,
                ends_on=ends_on,
                days_a_week=days_a_week,
                hours_a_week=hours_a_week,
                location=location.strip(),
                recorded_by=actor,
            )
            .returning(PlacementRow.id)
        ).scalar_one()
        audit.append(connection, actor, "placement.added", f"child {child_id}", now, placement=placement_id)
        return placement_id

    return db.write(work)


def end(
    db: Database, child_id: int, placement_id: int, ends_on: dt.date, *, now: dt.datetime, actor: str
) -> None:
    """Note the last day of a placement.

    Raises:
        NoSuchPlacement: also when it ended already, or begins later.
    """

    def work(connection: Connection) -> None:
        changed = connection.execute(
            update(PlacementRow)
            .where(
                PlacementRow.id == placement_id,
                PlacementRow.child_id == child_id,
                PlacementRow.ends_on.is_(None),
                (PlacementRow.starts_on.is_(None)) | (PlacementRow.starts_on <= ends_on),
            )
            .values(ends_on=ends_on)
        ).rowcount
        if not changed:
            raise NoSuchPlacement(placement_id)
        audit.append(connection, actor, "placement.ended", f"child {child_id}", now, placement=placement_id)

    db.write(work)


def of_children(db: Database, children: Collection[int]) -> dict[int, tuple[Placement, ...]]:
    """What some children were offered, oldest first, by child."""
    with db.read() as connection:
        rows = connection.execute(
            select(
                PlacementRow.id,
                PlacementRow.child_id,
                PlacementRow.kind,
                PlacementRow.starts_on,
                PlacementRow.ends_on,
                PlacementRow.days_a_week,
                PlacementRow.hours_a_week,
                PlacementRow.location,
            )
            .where(PlacementRow.child_id.in_(children))
            .order_by(PlacementRow.id)
        ).all()
    found: dict[int, tuple[Placement, ...]] = dict.fromkeys(children, ())
    for row in rows:
        found[row.child_id] = (*found[row.child_id], Placement(*row))
    return found
