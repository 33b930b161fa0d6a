"""The tables of fieldwork: pauses, hand-overs, drop-out, consent, placements. Codes and dates, no names."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.models import Base

#: Why families left, as the pilot counted it (report, section 8.1), and what is not known.
LEAVING_REASONS = ("function_lapsed", "out_of_home", "family_wish", "contact_lost", "unknown")
HOUSEHOLD_CHANGES = ("parted", "out_of_home", "joined", "withdrew")
PURPOSES = ("programme", "research")
#: Who decides: oneself, those with custody, a young person of 12-15 beside them, a younger child (assent).
GIVERS = ("self", "guardian_a", "guardian_b", "sole_guardian", "young_person", "child")
DECISIONS = ("informed", "given", "refused", "withdrawn")
MEDIA = ("paper", "screen", "spoken")
PLACEMENTS = ("bso", "day_care", "sport", "homework", "other", "none")


def _known(column: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Pause(Base):
    """A time in which a family, a municipality or the whole study is asked nothing."""

    __tablename__ = "pause"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    #: One of the two, or neither: the whole study.
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id"))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), index=True)
    reason: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[dt.date]
    #: The first day on which things go on; empty while the pause lasts.
    ends_on: Mapped[dt.date | None]
    recorded_by: Mapped[str] = mapped_column(String(80))
    __table_args__ = (
        CheckConstraint("municipality_id IS NULL OR family_id IS NULL", name="one_target"),
        CheckConstraint("ends_on >= starts_on", name="in_order"),
    )


class Handover(Base):
    """A family that went from one linking pin to another."""

    __tablename__ = "handover"
    id: Mapped[int] = mapped_column(primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True)
    #: Nobody, when the family had no linking pin any more.
    from_id: Mapped[int | None] = mapped_column(ForeignKey("professional.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("professional.id"))
    message: Mapped[str] = mapped_column(String(500))
    at: Mapped[dt.datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class Departure(Base):
    """A family that stopped."""

    __tablename__ = "departure"
    id: Mapped[int] = mapped_column(primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True)
    on_day: Mapped[dt.date]
    reason: Mapped[str] = mapped_column(String(20))
    #: What they want with what they gave: `keep` or `erase`.
    wish: Mapped[str] = mapped_column(String(10))
    recorded_by: Mapped[str] = mapped_column(String(80))
    __table_args__ = (_known("reason", LEAVING_REASONS), _known("wish", ("keep", "erase")))


class HouseholdChange(Base):
    """A member who went from one family to another."""

    __tablename__ = "household_change"
    id: Mapped[int] = mapped_column(primary_key=True)
    #: `parted`: into a household of their own; `out_of_home`: a child was placed; `joined`: two became one;
    #: `withdrew`: somebody takes no further part, the others do.
    kind: Mapped[str] = mapped_column(String(15))
    respondent_id: Mapped[int] = mapped_column(ForeignKey("respondent.id"), index=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True)
    on_day: Mapped[dt.date]
    recorded_by: Mapped[str] = mapped_column(String(80))
    __table_args__ = (_known("kind", HOUSEHOLD_CHANGES),)


class Consent(Base):
    """A line of the ledger: what somebody was told or decided, about one person. Never changed."""

    __tablename__ = "consent"
    id: Mapped[int] = mapped_column(primary_key=True)
    #: Whose taking part it is about.
    respondent_id: Mapped[int] = mapped_column(ForeignKey("respondent.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))
    giver: Mapped[str] = mapped_column(String(15))
    decision: Mapped[str] = mapped_column(String(10))
    on_day: Mapped[dt.date]
    #: Which information they had: its version, and in what words.
    information: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(12))
    reading: Mapped[str] = mapped_column(String(10))
    medium: Mapped[str] = mapped_column(String(10))
    #: Why there was less time to think than the study promises; empty when there was not.
    override_reason: Mapped[str] = mapped_column(String(200))
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[dt.datetime]
    __table_args__ = (
        _known("purpose", PURPOSES),
        _known("giver", GIVERS),
        _known("decision", DECISIONS),
        _known("medium", MEDIA),
        _known("reading", ("standard", "easy")),
    )


class Placement(Base):
    """What a child was offered, and used from when to when."""

    __tablename__ = "placement"
    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("child.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    #: The first and the last day; empty while it has not begun, or goes on.
    starts_on: Mapped[dt.date | None]
    ends_on: Mapped[dt.date | None]
    days_a_week: Mapped[int | None]
    hours_a_week: Mapped[int | None]
    #: Which place it is, in a code of the study's own.
    location: Mapped[str] = mapped_column(String(20))
    recorded_by: Mapped[str] = mapped_column(String(80))
    __table_args__ = (
        _known("kind", PLACEMENTS),
        CheckConstraint("ends_on >= starts_on", name="in_order"),
        CheckConstraint("days_a_week BETWEEN 1 AND 7", name="days_possible"),
        CheckConstraint("hours_a_week BETWEEN 1 AND 100", name="hours_possible"),
    )
