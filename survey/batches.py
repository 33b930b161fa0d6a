"""Print runs: what was printed together, and what came back of it.

A run that was stopped goes on: the same target into the same file is the same run until its file is
whole. What its sheets are called, and so their codes, follows from its seed.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection

from survey import audit, moments
from survey.db import Database
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow
from survey.sheet_tables import Batch as BatchRow
from survey.sheet_tables import PaperTemplate, SheetSide
from survey.sheet_tables import Sheet as SheetRow


class NoSuchBatch(LookupError):
    """No print run has this number."""


@dataclass(frozen=True)
class Batch:
    """One print run."""

    id: int
    #: `family` or `wave`.
    kind: str
    #: The code of the family, or the wave.
    target: str
    file: str
    #: The day that decided what is due, and at which age.
    day: dt.date
    seed: str
    #: `printing`, `stopped` or `done`.
    status: str
    made_by: str
    made_at: dt.datetime
    packs: int | None
    sides: int | None
    sha256: str | None
    finished_at: dt.datetime | None


@dataclass(frozen=True)
class Printed:
    """One questionnaire of a run as the batch screen lists it: no code, which only the paper has."""

    sheet_id: int
    respondent: str
    response_id: int
    instrument: str
    version: str
    wave: str
    language: str
    reading: str
    status: str
    sides: int
    #: How many of its sides came back.
    seen: int
    returned_at: dt.datetime | None
    closes_on: dt.date

    @property
    def incomplete(self) -> bool:
        """Whether it came back and misses a side."""
        return self.returned_at is not None and self.seen < self.sides

    @property
    def late(self) -> bool:
        """Whether it came back after its wave had closed: accepted, and marked so."""
        return self.returned_at is not None and moments.day(self.returned_at) > self.closes_on


_COLUMNS = tuple(getattr(BatchRow, name) for name in Batch.__dataclass_fields__)


def begin(
    db: Database,
    study_id: int,
    kind: str,
    target: str,
    file: str,
    day: dt.date,
    *,
    by: str,
    now: dt.datetime | None = None,
) -> Batch:
    """The unfinished run of this target into this file, else a new one.

    A run that goes on keeps the day with which it began.
    """
    moment = now or moments.now()

    def work(connection: Connection) -> Batch:
        unfinished = select(*_COLUMNS).where(
            BatchRow.kind == kind,
            BatchRow.target == target,
            BatchRow.file == file,
            BatchRow.status != "done",
        )
        row = connection.execute(unfinished.order_by(BatchRow.id.desc())).first()
        if row is not None:
            return Batch(*row)
        batch_id = connection.execute(
            insert(BatchRow)
            .values(
                study_id=study_id,
                kind=kind,
                target=target,
                file=file,
                day=day,
                seed=secrets.token_hex(16),
                status="printing",
                made_by=by,
                made_at=moment,
            )
            .returning(BatchRow.id)
        ).scalar_one()
        audit.append(connection, by, "batch.begun", f"batch {batch_id}", moment, kind=kind, target=target)
        return _get(connection, batch_id)

    return db.write(work)


def finish(
    db: Database,
    batch_id: int,
    *,
    packs: int,
    sides: int,
    sha256: str,
    by: str,
    now: dt.datetime | None = None,
) -> None:
    """The file of a run is whole. Raises NoSuchBatch."""
    done = {"packs": packs, "sides": sides, "sha256": sha256}
    _note(db, batch_id, "done", by, now or moments.now(), **done)


def stop(db: Database, batch_id: int, *, by: str, now: dt.datetime | None = None) -> None:
    """A run was stopped, and may go on later. Raises NoSuchBatch."""
    _note(db, batch_id, "stopped", by, now or moments.now())


def listing(db: Database) -> tuple[Batch, ...]:
    """Every run, the newest first."""
    with db.read() as connection:
        rows = connection.execute(select(*_COLUMNS).order_by(BatchRow.id.desc())).all()
    return tuple(Batch(*row) for row in rows)


def get(db: Database, batch_id: int) -> Batch:
    """A run by its number. Raises NoSuchBatch."""
    with db.read() as connection:
        return _get(connection, batch_id)


def printed(db: Database, batch_id: int | None = None) -> tuple[Printed, ...]:
    """The questionnaires of a run, or of all, in the order in which they were printed."""
    seen = select(SheetSide.sheet_id, func.count().label("sides")).group_by(SheetSide.sheet_id).subquery()
    statement = (
        select(
            SheetRow.id,
            RespondentRow.code,
            ResponseRow.id,
            ResponseRow.instrument,
            ResponseRow.version,
            ResponseRow.wave,
            PaperTemplate.language,
            PaperTemplate.reading,
            SheetRow.status,
            PaperTemplate.sides,
            func.coalesce(seen.c.sides, 0),
            SheetRow.returned_at,
            ResponseRow.closes_on,
        )
        .join(ResponseRow, ResponseRow.id == SheetRow.response_id)
        .join(RespondentRow, RespondentRow.id == SheetRow.respondent_id)
        .join(PaperTemplate, PaperTemplate.id == SheetRow.template_id)
        .outerjoin(seen, seen.c.sheet_id == SheetRow.id)
        .order_by(SheetRow.id)
    )
    if batch_id is not None:
        statement = statement.where(SheetRow.batch_id == batch_id)
    with db.read() as connection:
        return tuple(Printed(*cast("Sequence[Any]", row)) for row in connection.execute(statement))


def _get(connection: Connection, batch_id: int) -> Batch:
    row = connection.execute(select(*_COLUMNS).where(BatchRow.id == batch_id)).first()
    if row is None:
        raise NoSuchBatch(f"there is no print run {batch_id}")
    return Batch(*row)


def _note(db: Database, batch_id: int, status: str, by: str, now: dt.datetime, **values: object) -> None:
    def work(connection: Connection) -> None:
        finished = {"finished_at": now} if status == "done" else {}
        changed = connection.execute(
            update(BatchRow).where(BatchRow.id == batch_id).values(status=status, **values, **finished)
        ).rowcount
        if not changed:
            raise NoSuchBatch(f"there is no print run {batch_id}")
        audit.append(connection, by, f"batch.{status}", f"batch {batch_id}", now, **values)

    db.write(work)
