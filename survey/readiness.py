"""Whether the service can work just now, and a few figures about it. Never about anybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from survey import studies
from survey.backups import last_made
from survey.db import AWAY, Database, DatabaseBusy
from survey.jobs.tables import JobRow
from survey.models import SaveEvent


@dataclass(frozen=True)
class Figures:
    """What there is to be counted."""

    #: The number of the last save: counting them would read the whole table.
    saves: int
    #: Jobs by their status.
    jobs: Mapping[str, int]
    #: How long the oldest job that might be begun waits.
    oldest_job_s: float
    #: None: there was never a backup.
    backup_age_s: float | None


def look(db: Database) -> str:
    """What is missing for the service to work: `database`, `tables`, `study`; empty when nothing is."""
    try:
        if not db.is_current():
            return "tables"
        return "" if studies.the_study(db) is not None else "study"
    except (*AWAY, DatabaseBusy, OSError):
        return "database"


def figures(db: Database, now: dt.datetime) -> Figures:
    """The figures of this moment."""
    waits = (JobRow.status == "waiting", JobRow.not_before <= now)
    with db.read() as connection:
        saves = connection.scalar(select(func.max(SaveEvent.id))) or 0
        jobs = connection.execute(
            select(JobRow.status, func.count().label("jobs")).group_by(JobRow.status)
        ).all()
        oldest = connection.scalar(select(func.min(JobRow.not_before)).where(*waits))
    backup = last_made(db)
    return Figures(
        saves,
        {row.status: row.jobs for row in jobs},
        (now - oldest).total_seconds() if oldest else 0.0,
        (now - backup).total_seconds() if backup else None,
    )
