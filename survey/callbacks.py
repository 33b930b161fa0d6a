"""Asking to be called: a request of a parent, apart from everything that they answer.

A request says who asks and in which parts of the day a call is safe; it holds no number, no reason and no
answer. Whoever knows the family and has its number (the linking pin) calls, and notes that it was done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import CheckConstraint, ForeignKey, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from survey import audit
from survey.db import Database
from survey.models import Base
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow

#: The parts of a day; a column for each.
PARTS = ("morning", "afternoon", "evening")
#: Somebody may ask so often in a week; beyond that, nothing more is stored.
MOST_A_WEEK = 3


class CallbackRow(Base):
    """Somebody asked to be called."""

    __tablename__ = "callback"
    id: Mapped[int] = mapped_column(primary_key=True)
    respondent_id: Mapped[int] = mapped_column(ForeignKey("respondent.id"), index=True)
    asked_at: Mapped[dt.datetime]
    #: When a call is safe; at least one of them.
    morning: Mapped[bool]
    afternoon: Mapped[bool]
    evening: Mapped[bool]
    #: When somebody noted that the call was made.
    done_at: Mapped[dt.datetime | None]
    __table_args__ = (CheckConstraint("morning OR afternoon OR evening", name="some_part_of_the_day"),)


class NoSuchCallback(LookupError):
    """There is no such request, or the call was made already."""


@dataclass(frozen=True)
class Callback:
    """A request that waits for a call."""

    id: int
    respondent_id: int
    #: The code of who asks, and of their family; no name is known here.
    code: str
    family_id: int | None
    family_code: str | None
    municipality_id: int | None
    asked_at: dt.datetime
    #: Of `PARTS`.
    parts: tuple[str, ...]


def ask(db: Database, respondent_id: int, parts: Collection[str], now: dt.datetime) -> bool:
    """Ask for a call in some parts of the day; whether that was new.

    Asking again while the first request waits only changes when a call is safe.

    Raises:
        ValueError: no part of the day, or one that there is not.
    """
    if not parts or not set(parts) <= set(PARTS):
        raise ValueError(f"{sorted(parts)} are not parts of a day; choose from {', '.join(PARTS)}")
    safe = {part: part in parts for part in PARTS}

    def work(connection: Connection) -> bool:
        whose = CallbackRow.respondent_id == respondent_id
        changed = connection.execute(
            update(CallbackRow).where(whose, CallbackRow.done_at.is_(None)).values(safe)
        )
        week = CallbackRow.asked_at > now - dt.timedelta(days=7)
        often = connection.scalar(select(func.count()).select_from(CallbackRow).where(whose, week)) or 0
        if changed.rowcount or often >= MOST_A_WEEK:
            return False
        connection.execute(insert(CallbackRow).values(respondent_id=respondent_id, asked_at=now, **safe))
        audit.append(
            connection, f"respondent {respondent_id}", "callback.asked", f"respondent {respondent_id}", now
        )
        return True

    return db.write(work)


def waiting(db: Database) -> tuple[Callback, ...]:
    """The requests that wait for a call, the oldest first."""
    found = (
        select(
            CallbackRow,
            RespondentRow.code,
            RespondentRow.family_id,
            FamilyRow.code.label("family_code"),
            FamilyRow.municipality_id,
        )
        .join(RespondentRow, RespondentRow.id == CallbackRow.respondent_id)
        .outerjoin(FamilyRow, FamilyRow.id == RespondentRow.family_id)
        .where(CallbackRow.done_at.is_(None))
        .order_by(CallbackRow.asked_at, CallbackRow.id)
    )
    with db.read() as connection:
        rows = connection.execute(found).fetchall()
    return tuple(
        Callback(
            row.id,
            row.respondent_id,
            row.code,
            row.family_id,
            row.family_code,
            row.municipality_id,
            row.asked_at,
            tuple(part for part in PARTS if getattr(row, part)),
        )
        for row in rows
    )


def done(db: Database, callback_id: int, *, now: dt.datetime, actor: str) -> None:
    """Note that the call was made.

    Raises:
        NoSuchCallback
    """

    def work(connection: Connection) -> None:
        row = CallbackRow.id == callback_id
        changed = connection.execute(
            update(CallbackRow).where(row, CallbackRow.done_at.is_(None)).values(done_at=now)
        )
        if not changed.rowcount:
            raise NoSuchCallback(callback_id)
        whose = connection.scalar(select(CallbackRow.respondent_id).where(row))
        audit.append(connection, actor, "callback.done", f"respondent {whose}", now)

    db.write(work)
