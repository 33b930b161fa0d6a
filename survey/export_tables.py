"""The table of the register of exports; apart from `exports`, which loads what reads and writes columns."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from survey.models import Base


class ExportRow(Base):
    """An export that somebody asked for, or made."""

    __tablename__ = "export"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[dt.datetime]
    #: JSON: see `wanted.Wanted`.
    wanted: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[dt.datetime | None]
    made_at: Mapped[dt.datetime | None]
    #: Whether it is on the shelf; else whoever made it has it.
    kept: Mapped[bool] = mapped_column(server_default=false())
    #: manifest.json, and its SHA-256, by which the export as a whole is known.
    manifest: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    #: The last event of the trail and the last save that it has seen.
    seen_event: Mapped[int | None]
    seen_save: Mapped[int | None]
    #: Why it could not be made.
    problem: Mapped[str] = mapped_column(String(200))
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'making', 'made', 'failed')", name="state_known"),
        CheckConstraint("state <> 'made' OR sha256 IS NOT NULL", name="made_has_sums"),
    )
