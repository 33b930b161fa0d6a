"""Tidying up after long work, once a day: files nobody fetched, and jobs that were over long ago."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from survey.jobs import files
from survey.jobs.kinds import Kind
from survey.jobs.tables import JobFileRow, JobRow
from survey.jobs.work import Work

#: How long a job that is over stays listed. What was done stays in the audit trail.
REMEMBER = dt.timedelta(days=90)


def run(work: Work) -> str:
    """Throw away expired files, and jobs that nobody looks at any more."""
    now = work.now()
    files.drop_expired(work.db, now)
    old = (JobRow.finished_at < now - REMEMBER, JobRow.id.not_in(select(JobFileRow.job_id)))

    def forget(connection: Connection) -> int:
        return connection.execute(delete(JobRow).where(*old)).rowcount

    return f"{work.db.write(forget)} jobs forgotten"


KIND = Kind("tidy", run, daily=True)
