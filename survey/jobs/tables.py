"""The tables of long work: one row for each job, and what it made until somebody has fetched it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey.models import Base

#: `waiting` for a worker, `running` in one, and the three ends.
STATUSES = ("waiting", "running", "done", "failed", "cancelled")


#: Of why a job failed, so many characters are kept.
LONGEST_PROBLEM = 2000


class JobRow(Base):
    """A piece of long work."""

    __tablename__ = "job"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    #: Chosen by who asks: the same one again is the same work. Empty: every asking is work of its own.
    key: Mapped[str | None] = mapped_column(String(160), unique=True)
    #: JSON of numbers and codes; never an answer, a token or a name.
    arguments: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[dt.datetime]
    status: Mapped[str] = mapped_column(String(10))
    #: How often it was begun.
    attempts: Mapped[int]
    #: Not to be begun before; later after every failure.
    not_before: Mapped[dt.datetime]
    #: How far it is: so many of so many pieces; of nothing while it is not known.
    done: Mapped[int]
    total: Mapped[int]
    #: Which worker has it, and until when without a sign of life; then another may take it.
    worker: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[dt.datetime | None]
    cancel_asked_at: Mapped[dt.datetime | None]
    #: A reference to what came of it, as `batch 12`; after a refusal a word for it.
    result: Mapped[str] = mapped_column(String(200))
    #: Why it failed: words of our own, or the name of the exception.
    problem: Mapped[str] = mapped_column(String(LONGEST_PROBLEM))
    finished_at: Mapped[dt.datetime | None]
    __table_args__ = (
        CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="status_known"
        ),
        CheckConstraint("(status = 'running') = (worker IS NOT NULL)", name="running_somewhere"),
        CheckConstraint("(worker IS NULL) = (lease_until IS NULL)", name="lease_of_a_worker"),
        CheckConstraint("attempts >= 0 AND done >= 0 AND total >= 0", name="counts_possible"),
        Index("ix_job_status_not_before", "status", "not_before"),
        Index("ix_job_kind", "kind"),
    )


class JobFileRow(Base):
    """A piece of a file that a job made, sealed with the installation's key, until it expires."""

    __tablename__ = "job_file"
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), primary_key=True)
    piece: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(80))
    pieces: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[dt.datetime]
    __table_args__ = (CheckConstraint("piece >= 0 AND piece < pieces", name="piece_possible"),)
