"""Pulses: a questionnaire outside the waves, to professionals, when something happens that no plan foresaw.

The pilot had to improvise one in the first lockdown, and seven of eighteen answered. Which questionnaires can
be a pulse stands in the protocol (`one_off`); here is when one is open. It is answered like any other, under
the professional's own code, and its wave is called after it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from instruments.protocol import OneOff, Protocol, Window
from survey import audit, moments
from survey.db import Database
from survey.models import PROFESSIONS, Base
from survey.models import Response as ResponseRow

#: Nobody waits longer for an answer to what happens now.
LONGEST = dt.timedelta(days=180)


class PulseRow(Base):
    """A pulse of the study, and the days on which it is open."""

    __tablename__ = "pulse"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    one_off: Mapped[str] = mapped_column(String(40))
    opens_on: Mapped[dt.date]
    closes_on: Mapped[dt.date]
    started_by: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[dt.datetime]
    __table_args__ = (
        UniqueConstraint("study_id", "one_off"),
        CheckConstraint("opens_on <= closes_on", name="in_order"),
    )


class NotAPulse(ValueError):
    """The protocol has no such questionnaire for professionals, or the days are in the past or too many."""


@dataclass(frozen=True)
class Pulse:
    """A pulse that was sent out."""

    one_off: str
    opens: dt.date
    closes: dt.date

    @property
    def window(self) -> Window:
        """Its days, as those of a wave of its own."""
        return Window(self.one_off, self.opens, self.opens, self.closes)


def possible(protocol: Protocol) -> tuple[OneOff, ...]:
    """The questionnaires that can be a pulse: to professionals, about the project or themselves."""
    return tuple(
        one
        for one in protocol.one_off
        if one.informant in PROFESSIONS and one.subject in ("project", "respondent")
    )


def begin(
    db: Database,
    protocol: Protocol,
    study_id: int,
    one_off: str,
    closes: dt.date,
    *,
    now: dt.datetime,
    actor: str,
) -> None:
    """Ask it from today until a day; one that is open already closes on that day instead.

    Raises:
        NotAPulse
    """
    on = moments.day(now)
    if one_off not in {one.id for one in possible(protocol)} or not on <= closes <= on + LONGEST:
        raise NotAPulse(one_off)

    def work(connection: Connection) -> None:
        which = (PulseRow.study_id == study_id) & (PulseRow.one_off == one_off)
        if connection.execute(update(PulseRow).where(which).values(closes_on=closes)).rowcount:
            opened = update(ResponseRow).where(ResponseRow.wave == one_off)
            connection.execute(opened.values(closes_on=closes))
        else:
            connection.execute(
                insert(PulseRow).values(
                    study_id=study_id, one_off=one_off, opens_on=on, closes_on=closes, started_by=actor,
                    started_at=now,
                )
            )  # fmt: skip
        audit.append(
            connection,
            actor,
            "pulse.begun",
            f"study {study_id}",
            now,
            pulse=one_off,
            closes=closes.isoformat(),
        )

    db.write(work)


def all_of(db: Database) -> tuple[Pulse, ...]:
    """The pulses that were sent out, in their order."""
    with db.read() as connection:
        rows = connection.execute(
            select(PulseRow.one_off, PulseRow.opens_on, PulseRow.closes_on).order_by(PulseRow.id)
        ).all()
    return tuple(Pulse(*row) for row in rows)


def open_on(connection: Connection, on: dt.date) -> tuple[Pulse, ...]:
    """The pulses that are open on a day, inside a transaction."""
    rows = connection.execute(
        select(PulseRow.one_off, PulseRow.opens_on, PulseRow.closes_on)
        .where(PulseRow.opens_on <= on, PulseRow.closes_on >= on)
        .order_by(PulseRow.id)
    ).all()
    return tuple(Pulse(*row) for row in rows)
