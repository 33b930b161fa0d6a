"""Municipalities that are shown together: fixed before the first answer, and the same ever since.

A region that is chosen when the data are there can be chosen for what it shows, or so that subtracting it
from another shows a single place. So the protocol's regions count only as they were fixed.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from instruments.feedback import Region
from instruments.protocol import Protocol
from survey import audit
from survey.db import Database
from survey.feedback.tables import FeedbackRegions
from survey.models import Municipality, SaveEvent


class RegionsMoved(ValueError):
    """The protocol names other regions than those that were fixed; what to do stands in the message."""


class TooLate(ValueError):
    """There are answers already: regions cannot be chosen or changed any more."""


@dataclass(frozen=True)
class Fixed:
    """The regions as they were fixed."""

    regions: tuple[Region, ...]
    at: dt.datetime | None


def fixed(db: Database, study_id: int) -> Fixed:
    """What was fixed; no regions when nothing was."""
    with db.read() as connection:
        return _fixed(connection, study_id)


def fix(db: Database, study_id: int, plan: Protocol, now: dt.datetime, actor: str) -> Fixed:
    """Fix the regions of the protocol; nothing happens when they are fixed so already.

    Raises:
        TooLate: there are answers already, and other regions were fixed, or none.
    """

    def work(connection: Connection) -> None:
        wanted = plan.feedback.regions
        if _fixed(connection, study_id).regions == wanted:
            return
        if _answered(connection):
            raise TooLate("there are answers already, so regions cannot be chosen or changed any more")
        text = json.dumps([region.model_dump(mode="json") for region in wanted], sort_keys=True)
        connection.execute(insert(FeedbackRegions).values(study_id=study_id, regions=text, fixed_at=now))
        names = [region.id for region in wanted]
        audit.append(connection, actor, "feedback.regions_fixed", f"study {study_id}", now, regions=names)

    db.write(work)
    return fixed(db, study_id)


def in_force(connection: Connection, study_id: int, plan: Protocol) -> tuple[Region, ...]:
    """The regions that a release shows; those in which fewer than two municipalities take part are none.

    Raises:
        RegionsMoved: those of the protocol are not those that were fixed.
    """
    found, wanted = _fixed(connection, study_id), plan.feedback.regions
    if found.regions != wanted:
        if not _answered(connection):
            raise RegionsMoved("the regions are not fixed yet; run `survey feedback plan --fix-regions`")
        names = ", ".join(region.id for region in found.regions) or "no regions"
        raise RegionsMoved(
            f"the protocol names other regions than were fixed before the first answer ({names}); "
            "put those back into the protocol"
        )
    known = set(connection.scalars(select(Municipality.code).where(Municipality.study_id == study_id)))
    return tuple(
        region.model_copy(update={"municipalities": there})
        for region in wanted
        if len(there := tuple(code for code in region.municipalities if code in known)) > 1
    )


def _fixed(connection: Connection, study_id: int) -> Fixed:
    row = connection.execute(
        select(FeedbackRegions.regions, FeedbackRegions.fixed_at)
        .where(FeedbackRegions.study_id == study_id)
        .order_by(FeedbackRegions.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return Fixed((), None)
    return Fixed(tuple(Region.model_validate(one) for one in json.loads(row.regions)), row.fixed_at)


def _answered(connection: Connection) -> bool:
    return connection.scalar(select(SaveEvent.id).limit(1)) is not None
