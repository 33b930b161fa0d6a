"""The table of the register of exports; apart from `exports`, which loads what reads and writes columns."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey.models import MANY, Base


class ExportRow(Base):
    """An export that somebody asked for at the desk, or made from the command line."""

    __tablename__ = "export"
    id: Mapped[int] = mapped_column(primary_key=True)
    #: The job that makes it; none from the command line. Jobs are forgotten, so this is no foreign key.
    job_id: Mapped[int | None]
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[dt.datetime]
    #: JSON: see `exports.wanted.Wanted`.
    wanted: Mapped[str] = mapped_column(Text)
    made_at: Mapped[dt.datetime | None]
    #: manifest.json, and its SHA-256, by which the export as a whole is known.
    manifest: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    #: The last event of the trail and the last save that it has seen.
    seen_event: Mapped[int | None]
    seen_save: Mapped[int | None] = mapped_column(MANY)
    __table_args__ = (
        CheckConstraint(
            "(made_at IS NULL) = (sha256 IS NULL) AND (made_at IS NULL) = (manifest IS NULL)",
            name="made_has_sums",
        ),
    )
