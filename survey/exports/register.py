"""The register of exports: who asked for what and why, and what was made of it, with which sums.

An export that is asked for at the desk is made by a worker (`exports.job`), and its file waits there to be
fetched for some days; after that it can be asked for again, and is the same as long as the data are. One
that was made from the command line stands where it was written. Entries stay for ever.

Asking, making and every download are events of the audit trail, with filter, rows and sums.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection, Row

from instruments.protocol import Protocol
from instruments.wording import Library
from survey import audit, moments
from survey.db import Database
from survey.export_tables import ExportRow
from survey.exports import bundle
from survey.exports.bundle import Bundle, Progress
from survey.exports.wanted import Wanted
from survey.jobs import Job, NoSuchJob
from survey.jobs import get as get_job
from survey.jobs.queue import enqueue_on


class NoSuchExport(LookupError):
    """No export has this number."""


@dataclass(frozen=True)
class Export:
    """An export as the register knows it."""

    id: int
    job_id: int | None
    asked_by: str
    asked_at: dt.datetime
    wanted: Wanted
    made_at: dt.datetime | None
    #: The text of its manifest.json; empty while it is not made.
    manifest: str
    sha256: str
    seen_event: int
    seen_save: int

    @property
    def is_made(self) -> bool:
        """Whether it was made."""
        return self.made_at is not None


def ask(db: Database, plan: Protocol, wanted: Wanted, *, now: dt.datetime, actor: str) -> int:
    """Ask for an export; its number. A worker makes it soon.

    Raises:
        NotWithoutReason, NoSuchWave: see `wanted`.
    """
    wanted.check(plan)

    def work(connection: Connection) -> int:
        number = _enter(connection, wanted, now, actor)
        job = enqueue_on(connection, "export", {"export": number}, by=actor, now=now)
        connection.execute(update(ExportRow).where(ExportRow.id == number).values(job_id=job.id))
        audit.append(connection, actor, "export.asked", f"export {number}", now, **_filter(wanted))
        return number

    return db.write(work)


def write(
    db: Database,
    plan: Protocol,
    folder: Path,
    *,
    library: Library | None = None,
    wanted: Wanted = Wanted(),  # noqa: B008 - frozen
    now: dt.datetime | None = None,
    actor: str = "system",
    progress: Progress = bundle.quiet,
) -> Bundle:
    """Write an export into a folder of somebody's own (see `bundle.write`), and enter it in the register."""
    done = bundle.write(db, plan, folder, library=library, wanted=wanted, progress=progress)
    moment = now or moments.now()

    def work(connection: Connection) -> None:
        number = _enter(connection, wanted, moment, actor)
        _made(connection, number, done, wanted, moment, actor)

    db.write(work)
    return done


def made(db: Database, export: Export, done: Bundle, *, now: dt.datetime, actor: str) -> None:
    """Note that an export was made; again, when it was made once more."""
    db.write(lambda connection: _made(connection, export.id, done, export.wanted, now, actor))


def listing(db: Database) -> tuple[Export, ...]:
    """Every export, the last one first."""
    with db.read() as connection:
        rows = connection.execute(select(ExportRow.__table__).order_by(ExportRow.id.desc())).all()
    return tuple(_export(row) for row in rows)


def get(db: Database, number: int) -> Export:
    """One export. Raises NoSuchExport."""
    with db.read() as connection:
        row = connection.execute(select(ExportRow.__table__).where(ExportRow.id == number)).first()
    if row is None:
        raise NoSuchExport(f"there is no export {number}")
    return _export(row)


def job_of(db: Database, export: Export) -> Job | None:
    """The job that makes an export; None from the command line, and when it was forgotten."""
    if export.job_id is None:
        return None
    try:
        job = get_job(db, export.job_id)
    except NoSuchJob:
        return None
    # Numbers of forgotten jobs may be given again.
    return job if job.kind == "export" and job.arguments.get("export") == export.id else None


def fetched(db: Database, number: int, *, now: dt.datetime, actor: str) -> None:
    """Note that somebody downloads an export."""
    db.write(lambda connection: audit.append(connection, actor, "export.downloaded", f"export {number}", now))


def _enter(connection: Connection, wanted: Wanted, now: dt.datetime, actor: str) -> int:
    return connection.execute(
        insert(ExportRow)
        .values(asked_by=actor, asked_at=now, wanted=wanted.written())
        .returning(ExportRow.id)
    ).scalar_one()


def _made(
    connection: Connection, number: int, done: Bundle, wanted: Wanted, now: dt.datetime, actor: str
) -> None:
    connection.execute(
        update(ExportRow)
        .where(ExportRow.id == number)
        .values(
            made_at=now, manifest=done.manifest, sha256=done.sha256,
            seen_event=done.seen_event, seen_save=done.seen_save,
        )
    )  # fmt: skip
    audit.append(
        connection, actor, "export.made", f"export {number}", now, sha256=done.sha256, rows=done.rows,
        **_filter(wanted),
    )  # fmt: skip


def _filter(wanted: Wanted) -> dict[str, object]:
    """What was asked for, as the trail tells it."""
    return {
        "waves": " ".join(wanted.waves) or "all",
        "months": wanted.months,
        "municipality": wanted.municipality,
        "free_text": wanted.free_text,
        "reason": wanted.reason,
    }


def _export(row: Row[tuple[object, ...]]) -> Export:
    return Export(
        row.id, row.job_id, row.asked_by, row.asked_at, Wanted.read(row.wanted), row.made_at,
        row.manifest or "", row.sha256 or "", row.seen_event or 0, row.seen_save or 0,
    )  # fmt: skip
