"""Pauses: a family, a municipality or the whole study is asked nothing for a while, and it is known why.

A family is `paused` while any pause holds it. When it goes on, it gets back the days that were taken from a
wave: its last day moves by as many, up to the day before the next wave opens (decisions/0016). The due date
stays, counted from T0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.engine import Connection

from instruments.protocol import Protocol
from survey import audit, moments, windows
from survey.db import Database
from survey.fieldwork.tables import Pause as PauseRow
from survey.models import Family as FamilyRow

#: Of so many families the days are given back in one transaction.
AT_A_TIME = 20


class NoSuchPause(LookupError):
    """No pause has this number, or it is over already."""


@dataclass(frozen=True)
class Pause:
    """A time in which some families are asked nothing."""

    id: int
    #: One of the two, or neither: the whole study.
    municipality_id: int | None
    family_id: int | None
    reason: str
    starts_on: dt.date
    ends_on: dt.date | None


_COLUMNS = (
    PauseRow.id, PauseRow.municipality_id, PauseRow.family_id, PauseRow.reason, PauseRow.starts_on,
    PauseRow.ends_on,
)  # fmt: skip


def begin(
    db: Database,
    study_id: int,
    reason: str,
    *,
    municipality_id: int | None = None,
    family_id: int | None = None,
    now: dt.datetime,
    actor: str,
) -> int:
    """Pause a family, a municipality, or with neither the whole study; the number of the pause.

    What is paused already is not paused twice: the same number comes back.

    Raises:
        ValueError: both a family and a municipality, or no reason.
    """
    if (municipality_id is not None and family_id is not None) or not reason.strip():
        raise ValueError("a pause is for one thing, and has a reason")

    def work(connection: Connection) -> int:
        same = connection.scalar(
            select(PauseRow.id).where(
                PauseRow.study_id == study_id,
                PauseRow.municipality_id.is_not_distinct_from(municipality_id),
                PauseRow.family_id.is_not_distinct_from(family_id),
                PauseRow.ends_on.is_(None),
            )
        )
        if same is not None:
            return same
        pause_id = connection.execute(
            insert(PauseRow)
            .values(
                study_id=study_id,
                municipality_id=municipality_id,
                family_id=family_id,
                reason=reason.strip(),
                starts_on=moments.day(now),
                recorded_by=actor,
            )
            .returning(PauseRow.id)
        ).scalar_one()
        _hold(connection, _held_by(municipality_id, family_id))
        audit.append(
            connection,
            actor,
            "pause.begun",
            _thing(study_id, municipality_id, family_id),
            now,
            pause=pause_id,
        )
        return pause_id

    return db.write(work)


def end(db: Database, protocol: Protocol, pause_id: int, *, now: dt.datetime, actor: str) -> None:
    """Let things go on, for every family that no other pause holds; each gets the days back that it lost.

    Raises:
        NoSuchPause
    """

    pause, on = get(db, pause_id), moments.day(now)
    with db.read() as connection:
        over = (*_over(connection), replace(pause, ends_on=on))
        waiting = connection.execute(
            select(FamilyRow.id, FamilyRow.municipality_id, FamilyRow.t0)
            .where(_goes_on_after(pause))
            .order_by(FamilyRow.id)
        ).all()
    # First the days, some families at a time, so that nobody who saves an answer waits for all of them. Were
    # it to stop halfway, the pause still lasts, and ending it again gives nobody a day twice.
    for start in range(0, len(waiting), AT_A_TIME):
        some = waiting[start : start + AT_A_TIME]

        def give(connection: Connection, some: Sequence[Any] = some) -> None:
            for family in some:
                held = [each for each in over if _holds(each, family.id, family.municipality_id)]
                _give_back(connection, protocol, family.id, family.t0, held, now, actor)

        db.write(give)

    def work(connection: Connection) -> None:
        ended = update(PauseRow).where(PauseRow.id == pause_id, PauseRow.ends_on.is_(None))
        if not connection.execute(ended.values(ends_on=on)).rowcount:
            raise NoSuchPause(pause_id)
        connection.execute(
            update(FamilyRow)
            .where(_goes_on_after(pause))
            .values(status="active")
            .execution_options(synchronize_session=False)
        )
        study_id = connection.scalars(select(PauseRow.study_id).where(PauseRow.id == pause_id)).one()
        thing = _thing(study_id, pause.municipality_id, pause.family_id)
        audit.append(connection, actor, "pause.ended", thing, now, pause=pause_id)

    db.write(work)


def _goes_on_after(pause: Pause) -> ColumnElement[bool]:
    """The families that this pause holds and no other one does."""
    other = select(PauseRow.id).where(
        PauseRow.id != pause.id,
        PauseRow.ends_on.is_(None),
        or_(
            PauseRow.family_id == FamilyRow.id,
            PauseRow.municipality_id == FamilyRow.municipality_id,
            PauseRow.municipality_id.is_(None) & PauseRow.family_id.is_(None),
        ),
    )
    held = _held_by(pause.municipality_id, pause.family_id)
    return held & (FamilyRow.status == "paused") & ~other.exists()


def lost(protocol: Protocol, t0: dt.date, held: Sequence[Pause]) -> dict[str, dt.date]:
    """The later last day of each wave from which pauses took days, for a family that entered at T0."""
    found = {}
    for window in windows.of(protocol, t0, {}):
        closes, until = window.closes, window.opens
        for pause in sorted(held, key=lambda each: each.starts_on):
            assert pause.ends_on is not None
            begins = max(pause.starts_on, until)
            if begins > closes or pause.ends_on <= begins:
                continue
            # What was left when it began is still to come when it ends.
            closes += pause.ends_on - begins
            until = pause.ends_on
        most = windows.latest(protocol, t0, window.wave)
        closes = closes if most is None else min(closes, most)
        if closes > window.closes:
            found[window.wave] = closes
    return found


def _give_back(
    connection: Connection,
    protocol: Protocol,
    family_id: int,
    t0: dt.date,
    held: Sequence[Pause],
    now: dt.datetime,
    actor: str,
) -> None:
    known = windows.read(connection.scalar(select(windows.OF_FAMILY).where(FamilyRow.id == family_id)))
    reason = "; ".join(dict.fromkeys(pause.reason for pause in held))
    for wave, closes in lost(protocol, t0, held).items():
        if closes > known.get(wave, dt.date.min):
            windows.extend_on(
                connection, family_id, wave, closes, reason, by_pause=True, now=now, actor=actor
            )


def _holds(pause: Pause, family_id: int, municipality_id: int) -> bool:
    return pause.family_id in (None, family_id) and pause.municipality_id in (None, municipality_id)


def _over(connection: Connection) -> tuple[Pause, ...]:
    """The pauses that have ended."""
    rows = connection.execute(select(*_COLUMNS).where(PauseRow.ends_on.is_not(None))).all()
    return tuple(Pause(*row) for row in rows)


def hold_if_paused(db: Database, family_id: int) -> None:
    """A family that joins or comes back waits while a pause lasts, of its own, its place or the study."""

    def work(connection: Connection) -> None:
        for pause in _open(connection):
            held = _held_by(pause.municipality_id, pause.family_id) & (FamilyRow.id == family_id)
            _hold(connection, held)

    db.write(work)


def get(db: Database, pause_id: int) -> Pause:
    """A pause that still lasts. Raises NoSuchPause."""
    found = next((pause for pause in lasting(db) if pause.id == pause_id), None)
    if found is None:
        raise NoSuchPause(pause_id)
    return found


def lasting(db: Database) -> tuple[Pause, ...]:
    """The pauses that last, oldest first."""
    with db.read() as connection:
        return _open(connection)


def _open(connection: Connection) -> tuple[Pause, ...]:
    rows = connection.execute(select(*_COLUMNS).where(PauseRow.ends_on.is_(None)).order_by(PauseRow.id)).all()
    return tuple(Pause(*row) for row in rows)


def _held_by(municipality_id: int | None, family_id: int | None) -> ColumnElement[bool]:
    if family_id is not None:
        return FamilyRow.id == family_id
    if municipality_id is not None:
        return FamilyRow.municipality_id == municipality_id
    return FamilyRow.id == FamilyRow.id


def _hold(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(update(FamilyRow).where(which, FamilyRow.status == "active").values(status="paused"))


def _thing(study_id: int, municipality_id: int | None, family_id: int | None) -> str:
    if family_id is not None:
        return f"family {family_id}"
    return f"study {study_id}" if municipality_id is None else f"municipality {municipality_id}"
