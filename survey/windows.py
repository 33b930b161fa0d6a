"""When a wave is open for a family: the days of the protocol, and those that somebody added to them.

The due date never moves: T1 to T4 count from T0. What can move is the last day, for one family and one wave:
because a pause took days away, or because somebody who may do so let it close later, with a reason. It never
reaches into the next wave, so that two waves are not open at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import ForeignKey, String, UniqueConstraint, cast, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from instruments.protocol import Protocol, Window
from survey import audit, moments
from survey.db import Database
from survey.models import Base
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow


class ExtensionRow(Base):
    """The last day of a wave for one family, when it is later than the protocol's."""

    __tablename__ = "extension"
    id: Mapped[int] = mapped_column(primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"))
    wave: Mapped[str] = mapped_column(String(40))
    closes_on: Mapped[dt.date]
    #: In a colleague's own words, or those of the pause.
    reason: Mapped[str] = mapped_column(String(200))
    #: Whether it gives back days that a pause took; none: noted before that was kept.
    by_pause: Mapped[bool | None]
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[dt.datetime]
    __table_args__ = (UniqueConstraint("family_id", "wave"),)


class NotLater(ValueError):
    """A wave is only closed later than it would be, and before the next one opens (`latest`)."""

    def __init__(self, latest: dt.date | None) -> None:
        super().__init__(str(latest))
        self.latest = latest


@dataclass(frozen=True)
class Extension:
    """Why a wave closes later for a family."""

    wave: str
    closes: dt.date
    reason: str


#: Of a family in a statement: what `read` reads, or nothing.
OF_FAMILY = (
    select(func.aggregate_strings(ExtensionRow.wave + "=" + cast(ExtensionRow.closes_on, String), " "))
    .where(ExtensionRow.family_id == FamilyRow.id)
    .correlate(FamilyRow)
    .scalar_subquery()
)


def read(text: str | None) -> dict[str, dt.date]:
    """The later last days, by wave, as `OF_FAMILY` gives them."""
    pairs = (pair.partition("=") for pair in (text or "").split())
    return {wave: dt.date.fromisoformat(day) for wave, _, day in pairs}


def of(protocol: Protocol, t0: dt.date, later: Mapping[str, dt.date]) -> tuple[Window, ...]:
    """The windows of all waves, in their order, with the later last days of a family."""
    plain = [protocol.window(t0, wave.id) for wave in protocol.waves]
    return tuple(
        replace(window, closes=max(window.closes, later.get(window.wave, window.closes))) for window in plain
    )


def latest(protocol: Protocol, t0: dt.date, wave: str) -> dt.date | None:
    """The last day on which a wave may close: the day before the next opens; None for the last wave."""
    following = [window.opens for window in of(protocol, t0, {})]
    place = [known.id for known in protocol.waves].index(wave)
    return following[place + 1] - dt.timedelta(1) if place + 1 < len(following) else None


def of_family(db: Database, protocol: Protocol, family_id: int) -> tuple[Window, ...]:
    """The windows of a family. Raises LookupError when there is no such family."""
    with db.read() as connection:
        row = connection.execute(select(FamilyRow.t0, OF_FAMILY).where(FamilyRow.id == family_id)).first()
    if row is None:
        raise LookupError(f"there is no family {family_id}")
    return of(protocol, row[0], read(row[1]))


def extensions(db: Database, family_id: int) -> tuple[Extension, ...]:
    """Which waves close later for a family, and why."""
    with db.read() as connection:
        rows = connection.execute(
            select(ExtensionRow.wave, ExtensionRow.closes_on, ExtensionRow.reason)
            .where(ExtensionRow.family_id == family_id)
            .order_by(ExtensionRow.wave)
        ).all()
    return tuple(Extension(*row) for row in rows)


def extend(
    db: Database,
    protocol: Protocol,
    family_id: int,
    wave: str,
    closes: dt.date,
    reason: str,
    *,
    now: dt.datetime,
    actor: str,
) -> None:
    """Let a wave close later for a family; one that has closed is open again until then.

    Raises:
        NotLater
        ValueError: no reason, or no such wave.
        LookupError: no such family.
    """
    if not reason.strip() or wave not in {known.id for known in protocol.waves}:
        raise ValueError("a wave of the protocol closes later for a reason")
    with db.read() as connection:
        t0 = connection.scalar(select(FamilyRow.t0).where(FamilyRow.id == family_id))
    if t0 is None:
        raise LookupError(f"there is no family {family_id}")
    least = max(protocol.window(t0, wave).closes + dt.timedelta(1), moments.day(now))
    most = latest(protocol, t0, wave)
    if closes < least or (most is not None and closes > most):
        raise NotLater(most)
    db.write(
        lambda connection: extend_on(
            connection, family_id, wave, closes, reason.strip(), by_pause=False, now=now, actor=actor
        )
    )


def extend_on(
    connection: Connection,
    family_id: int,
    wave: str,
    closes: dt.date,
    reason: str,
    *,
    by_pause: bool,
    now: dt.datetime,
    actor: str,
) -> None:
    """As `extend`, inside a transaction, for a day that was checked."""
    values = {
        "closes_on": closes, "reason": reason[:200], "by_pause": by_pause, "recorded_by": actor,
        "recorded_at": now,
    }  # fmt: skip
    which = (ExtensionRow.family_id == family_id) & (ExtensionRow.wave == wave)
    if not connection.execute(update(ExtensionRow).where(which).values(values)).rowcount:
        connection.execute(insert(ExtensionRow).values(family_id=family_id, wave=wave, **values))
    # What was opened already has its days written with it.
    members = select(RespondentRow.id).where(RespondentRow.family_id == family_id)
    opened = ResponseRow.respondent_id.in_(members) & (ResponseRow.wave == wave)
    connection.execute(update(ResponseRow).where(opened).values(closes_on=closes))
    done = select(ResponseRow.id, ResponseRow.completed_at).where(opened, ResponseRow.late.is_(True))
    for response_id, completed_at in connection.execute(done).all():
        if completed_at is not None and moments.day(completed_at) <= closes:
            connection.execute(update(ResponseRow).where(ResponseRow.id == response_id).values(late=False))
    thing = f"family {family_id}"
    audit.append(connection, actor, "window.extended", thing, now, wave=wave, closes=closes.isoformat())
