"""The queue: what was asked, what a worker took, and what came of it. Rows, and nothing but rows.

A worker takes a job for a while (a lease) and renews that while it works. Who was killed renews nothing, and
then another takes the job. Whatever a worker notes, it notes only as long as the job is still its own.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.engine import Connection, Row

from survey import audit, moments
from survey.db import Database
from survey.jobs import kinds
from survey.jobs.kinds import Value
from survey.jobs.tables import LONGEST_PROBLEM, JobRow

#: How long a job is a worker's own without a sign of life.
LEASE = dt.timedelta(seconds=60)


class NoSuchJob(LookupError):
    """No job has this number."""


class Lost(RuntimeError):
    """The job is no longer this worker's: it took too long to show a sign of life."""


@dataclass(frozen=True)
class Job:
    """A piece of long work, as it stands."""

    id: int
    kind: str
    key: str | None
    arguments: Mapping[str, Value]
    asked_by: str
    asked_at: dt.datetime
    #: `waiting`, `running`, `done`, `failed` or `cancelled`.
    status: str
    attempts: int
    done: int
    total: int
    worker: str | None
    cancel_asked_at: dt.datetime | None
    result: str
    problem: str
    finished_at: dt.datetime | None

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in ("done", "failed", "cancelled")

    @property
    def stopping(self) -> bool:
        """Whether somebody asked to stop it, and it has not stopped yet."""
        return self.cancel_asked_at is not None and not self.over


_COLUMNS = tuple(getattr(JobRow, name) for name in Job.__dataclass_fields__)


def enqueue(
    db: Database,
    kind: str,
    arguments: Mapping[str, object] | None = None,
    *,
    by: str,
    key: str | None = None,
    now: dt.datetime | None = None,
    after: dt.datetime | None = None,
) -> Job:
    """Ask for a piece of work; a worker does it soon.

    Args:
        arguments: what the work is told: numbers and codes, as its kind declares.
        by: who asks.
        key: names the work. Asking again while it waits, runs or is done gives the same job; what failed or
            was cancelled begins anew.
        after: not to be begun before.

    Raises:
        UnknownKind, BadArguments
    """
    moment = now or moments.now()
    return db.write(
        lambda connection: enqueue_on(
            connection, kind, arguments or {}, by=by, key=key, now=moment, after=after
        )
    )


def enqueue_on(
    connection: Connection,
    kind: str,
    arguments: Mapping[str, object],
    *,
    by: str,
    now: dt.datetime,
    key: str | None = None,
    after: dt.datetime | None = None,
) -> Job:
    """As `enqueue`, in the transaction of the change that asks for the work: both are stored, or neither."""
    told = kinds.find(kind).checked(arguments)
    fresh = {
        "arguments": json.dumps(told, sort_keys=True),
        "asked_by": by,
        "asked_at": now,
        "status": "waiting",
        "attempts": 0,
        "not_before": after or now,
        "done": 0,
        "total": 0,
        "cancel_asked_at": None,
        "result": "",
        "problem": "",
        "finished_at": None,
    }
    if key is not None:
        if connection.dialect.name == "postgresql":
            # Two who ask for the same thing at once: the second waits, and then finds the first one's job.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"job {key}",))
        found = connection.execute(select(*_COLUMNS).where(JobRow.key == key)).first()
        if found is not None:
            job = _job(found)
            if job.status not in ("failed", "cancelled"):
                return job
            connection.execute(update(JobRow).where(JobRow.id == job.id).values(kind=kind, **fresh))
            audit.append(connection, by, "job.asked_again", f"job {job.id}", now, kind=kind)
            return get_on(connection, job.id)
    job_id = connection.execute(
        insert(JobRow).values(kind=kind, key=key, **fresh).returning(JobRow.id)
    ).scalar_one()
    audit.append(connection, by, "job.asked", f"job {job_id}", now, kind=kind)
    return get_on(connection, job_id)


def get(db: Database, job_id: int) -> Job:
    """A job by its number. Raises NoSuchJob."""
    with db.read() as connection:
        return get_on(connection, job_id)


def get_on(connection: Connection, job_id: int) -> Job:
    """As `get`, on a connection that is there already."""
    row = connection.execute(select(*_COLUMNS).where(JobRow.id == job_id)).first()
    if row is None:
        raise NoSuchJob(f"there is no job {job_id}")
    return _job(row)


def of(db: Database, *, kind: str | None = None, by: str | None = None, limit: int = 50) -> tuple[Job, ...]:
    """Jobs, the newest first: of a kind, or asked by somebody, or all."""
    statement = select(*_COLUMNS).order_by(JobRow.id.desc()).limit(limit)
    if kind is not None:
        statement = statement.where(JobRow.kind == kind)
    if by is not None:
        statement = statement.where(JobRow.asked_by == by)
    with db.read() as connection:
        return tuple(_job(row) for row in connection.execute(statement))


def cancel(db: Database, job_id: int, *, by: str, now: dt.datetime | None = None) -> Job:
    """Ask to stop a job. One that waits is over at once, one that runs stops between two pieces.

    What is over stays as it is. Raises NoSuchJob.
    """
    moment = now or moments.now()

    def work(connection: Connection) -> Job:
        asleep = and_(JobRow.id == job_id, JobRow.status == "waiting")
        awake = and_(JobRow.id == job_id, JobRow.status == "running", JobRow.cancel_asked_at.is_(None))
        ended = {"status": "cancelled", "cancel_asked_at": moment, "finished_at": moment}
        changed = connection.execute(update(JobRow).where(asleep).values(ended)).rowcount
        changed += connection.execute(update(JobRow).where(awake).values(cancel_asked_at=moment)).rowcount
        if changed:
            audit.append(connection, by, "job.cancelled", f"job {job_id}", moment)
        return get_on(connection, job_id)

    return db.write(work)


def take(db: Database, worker: str, now: dt.datetime, lease: dt.timedelta = LEASE) -> Job | None:
    """The next job for a worker, now its own; nothing when there is nothing to do.

    A job whose worker gave no sign of life is taken from it. One that was begun as often as its kind
    allows, and never came to an end, has failed.
    """
    # Of the kinds known here: while hosts are upgraded one by one, an older one leaves the new work alone.
    ready = and_(
        JobRow.kind.in_(sorted(kinds.KINDS)),
        or_(
            and_(JobRow.status == "waiting", JobRow.not_before <= now),
            and_(JobRow.status == "running", JobRow.lease_until < now),
        ),
    )
    # Looking costs no transaction, so that idle workers disturb nobody.
    with db.read() as connection:
        if connection.execute(select(JobRow.id).where(ready).limit(1)).first() is None:
            return None

    def work(connection: Connection) -> Job | None:
        while True:
            first = select(*_COLUMNS).where(ready).order_by(JobRow.not_before, JobRow.id).limit(1)
            row = connection.execute(first.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            job = _job(row)
            mine = JobRow.id == job.id
            if job.cancel_asked_at is not None:
                connection.execute(update(JobRow).where(mine).values(_over("cancelled", now)))
            elif job.attempts >= kinds.find(job.kind).attempts:
                problem = "its worker was stopped every time"
                connection.execute(
                    update(JobRow).where(mine).values(_over("failed", now) | {"problem": problem})
                )
            else:
                connection.execute(
                    update(JobRow)
                    .where(mine)
                    .values(
                        status="running", worker=worker, lease_until=now + lease, attempts=job.attempts + 1
                    )
                )
                return get_on(connection, job.id)

    return db.write(work)


def beat(db: Database, job: Job, done: int, total: int, until: dt.datetime) -> bool:
    """A sign of life, and how far it is; whether somebody asked to stop. Raises Lost."""

    def work(connection: Connection) -> bool:
        changed = connection.execute(
            update(JobRow).where(_still(job)).values(done=done, total=total, lease_until=until)
        )
        if not changed.rowcount:
            raise Lost(f"job {job.id} was taken by another worker")
        return (
            connection.scalar(select(JobRow.cancel_asked_at.is_not(None)).where(JobRow.id == job.id)) is True
        )

    return db.write(work)


def finish(db: Database, job: Job, result: str, now: dt.datetime) -> None:
    """The work is done. Raises Lost."""
    _end(db, job, _over("done", now) | {"result": result, "problem": "", "done": JobRow.total})


def stopped(db: Database, job: Job, now: dt.datetime) -> None:
    """The work was stopped because somebody asked so. Raises Lost."""
    _end(db, job, _over("cancelled", now))


def failed(db: Database, job: Job, problem: str, now: dt.datetime, *, again: bool, result: str = "") -> bool:
    """The work failed; whether it will be tried again. Raises Lost."""
    kind = kinds.find(job.kind)
    if again and job.attempts < kind.attempts:
        wait = kind.patience * 2 ** (job.attempts - 1)
        _end(db, job, _waiting(now + wait) | {"problem": problem[:LONGEST_PROBLEM]})
        return True
    _end(db, job, _over("failed", now) | {"problem": problem[:LONGEST_PROBLEM], "result": result})
    return False


def put_back(db: Database, job: Job, now: dt.datetime) -> None:
    """The worker has to go, and this is no attempt that counts. Raises Lost."""
    _end(db, job, _waiting(now) | {"attempts": JobRow.attempts - 1})


def release(db: Database, worker: str, now: dt.datetime) -> int:
    """A worker is known to be dead: what it had waits for another. The attempt counts."""

    def work(connection: Connection) -> int:
        held = and_(JobRow.status == "running", JobRow.worker == worker)
        return connection.execute(update(JobRow).where(held).values(_waiting(now))).rowcount

    return db.write(work)


def _still(job: Job) -> Any:
    """As long as the job is this worker's, in this attempt."""
    return and_(
        JobRow.id == job.id,
        JobRow.status == "running",
        JobRow.worker == job.worker,
        JobRow.attempts == job.attempts,
    )


def _over(status: str, now: dt.datetime) -> dict[str, object]:
    return {"status": status, "finished_at": now, "worker": None, "lease_until": None}


def _waiting(after: dt.datetime) -> dict[str, object]:
    return {"status": "waiting", "worker": None, "lease_until": None, "not_before": after}


def _end(db: Database, job: Job, values: Mapping[str, object]) -> None:
    def work(connection: Connection) -> None:
        if not connection.execute(update(JobRow).where(_still(job)).values(**values)).rowcount:
            raise Lost(f"job {job.id} was taken by another worker")

    db.write(work)


def _job(row: Row[Any]) -> Job:
    values = dict(zip(Job.__dataclass_fields__, row, strict=True))
    return Job(**values | {"arguments": json.loads(values["arguments"])})
