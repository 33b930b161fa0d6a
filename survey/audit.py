"""The audit trail: who did what to what, and when. Append-only, kept so by the database itself.

Every event is sealed: a digest binds it to all events before it. Who has the database in hand can switch its
triggers off and change an event, but then has to make every later seal anew, and a seal that was written
down elsewhere (`survey audit verify` prints the last one) gives that away.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.orm import aliased

from survey import moments
from survey.db import Database
from survey.models import Event, Seal


@dataclass(frozen=True)
class Entry:
    """One thing that was done."""

    id: int
    at: dt.datetime
    actor: str
    action: str
    #: What it was done to, as `respondent 12`.
    thing: str
    detail: Mapping[str, object]


@dataclass(frozen=True)
class Verdict:
    """What came of checking the trail."""

    events: int
    #: The last seal: written down elsewhere, it shows later whether the trail still leads there.
    head: str
    #: What is wrong, in words; nothing when all is well.
    problems: tuple[str, ...]
    #: Events whose details went when what they were about was erased; the seals around them hold.
    emptied: int = 0


#: The event that says which others were emptied.
EMPTIED = "trail.emptied"
#: Events that are never emptied: they say what was wiped, and hold counts only.
KEPT = (EMPTIED, "family.erased")
_NOTHING = "{}"
#: So many emptied events are bound by one.
_AT_ONCE = 5000
_LAST_SEAL = select(Seal.digest).order_by(Seal.id.desc()).limit(1)
_COLUMNS = (Event.id, Event.at, Event.actor, Event.action, Event.object, Event.detail)


def append(
    connection: Connection, actor: str, action: str, thing: str, now: dt.datetime, **detail: object
) -> None:
    """Note an event, in the transaction of the change it tells about.

    Args:
        actor: who did it: `system`, `visit 12`, or a member of staff.
        action: what, as `link.made`.
        thing: to what, as `respondent 12`.
        detail: what else is worth knowing. Never a token, a name of a person, or an answer.
    """
    take_turn_on(connection)
    before = connection.scalar(_LAST_SEAL) or ""
    text = json.dumps(detail, sort_keys=True)
    event_id = connection.execute(
        insert(Event)
        .values(at=now, actor=actor, action=action, object=thing, detail=text)
        .returning(Event.id)
    ).scalar_one()
    digest = seal(before, event_id, moments.write(now), actor, action, thing, text)
    connection.execute(insert(Seal).values(event_id=event_id, digest=digest))


def take_turn_on(connection: Connection) -> None:
    """Be the only one who appends, until the commit: a seal needs to know the one before."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20260102)")  # any number will do


def seal(before: str, *event: object) -> str:
    """The seal of an event (number, moment as text, actor, action, thing, detail as text) after another."""
    return hashlib.sha256(json.dumps([before, *event]).encode()).hexdigest()


def empty_on(
    connection: Connection, things: Collection[str], about: str, actor: str, now: dt.datetime
) -> int:
    """Take the details out of every event about some things, inside a transaction; of how many events.

    For erasure only, which lifts the triggers: that something was done stays, and by whom; what was said of
    it goes. What is left is bound to the seal that it had, in an event of its own, so that `verify` can tell
    an emptied event from one that was changed.

    Args:
        about: what was erased, as `family 3`.
    """
    rows = _with_seals(
        connection, Event.object.in_(things), Event.detail != _NOTHING, Event.action.not_in(KEPT)
    )
    if not rows:
        return 0
    connection.execute(update(Event).where(Event.id.in_([row.id for row in rows])).values(detail=_NOTHING))
    _bind(connection, rows, about, actor, now)
    return len(rows)


def bind_emptied_on(
    connection: Connection, numbers: Collection[int], about: str, actor: str, now: dt.datetime
) -> None:
    """Bind events whose details were left out when a backup was put back, as `empty_on` does."""
    listed = sorted(numbers)
    for start in range(0, len(listed), _AT_ONCE):
        some = listed[start : start + _AT_ONCE]
        _bind(connection, _with_seals(connection, Event.id.in_(some)), about, actor, now)


def _with_seals(connection: Connection, *which: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Some events with their seals, and each with the seal before."""
    earlier = aliased(Seal)
    before = select(earlier.digest).where(earlier.id < Seal.id).order_by(earlier.id.desc()).limit(1)
    return connection.execute(
        select(before.scalar_subquery().label("before"), Seal.digest, *_COLUMNS)
        .join(Event, Event.id == Seal.event_id)
        .where(*which)
        .order_by(Event.id)
    ).all()


def _bind(connection: Connection, rows: Sequence[Row[Any]], about: str, actor: str, now: dt.datetime) -> None:
    left = {
        str(row.id): _left(row.before or "", row.digest, (row.id, row.at, row.actor, row.action, row.object))
        for row in rows
    }
    append(connection, actor, EMPTIED, about, now, left=left)


def _left(before: str, digest: str, told: tuple[int, dt.datetime, str, str, str]) -> str:
    """What binds an emptied event to its seal and to the one before."""
    number, at, *rest = told
    return seal(before, digest, number, moments.write(at), *rest)


def of(db: Database, thing: str) -> tuple[Entry, ...]:
    """Everything noted about one thing, oldest first."""
    with db.read() as connection:
        rows = connection.execute(select(*_COLUMNS).where(Event.object == thing).order_by(Event.id)).all()
    return _entries(rows)


def between(db: Database, start: dt.datetime, end: dt.datetime) -> tuple[Entry, ...]:
    """Everything noted from a moment until before another, newest first."""
    with db.read() as connection:
        rows = connection.execute(
            select(*_COLUMNS).where(Event.at >= start, Event.at < end).order_by(Event.id.desc())
        ).all()
    return _entries(rows)


def verify(db: Database, *, head: str = "") -> Verdict:
    """Check that no event was changed, removed or slipped in.

    Args:
        head: a last seal that was written down earlier; the trail must still hold it, so that nobody has cut
            off its end or made all seals anew.
    """
    problems: list[str] = []
    before, known, emptied = "", False, 0
    with db.snapshot() as connection:
        rows = connection.execute(
            select(Seal.event_id, Seal.digest, *_COLUMNS[1:])
            .outerjoin(Event, Event.id == Seal.event_id)
            .order_by(Seal.id)
        ).all()
        bare = connection.scalars(
            select(Event.id).outerjoin(Seal, Seal.event_id == Event.id).where(Seal.id.is_(None))
        ).all()
    left = {
        int(number): digest
        for row in rows
        if row.action == EMPTIED
        for number, digest in json.loads(row.detail)["left"].items()
    }
    for row in rows:
        known = known or row.digest == head
        if row.at is None:
            problems.append(f"event {row.event_id} is gone")
        elif row.event_id in left and row.detail == _NOTHING:
            emptied += 1
            told = (row.event_id, row.at, row.actor, row.action, row.object)
            if left[row.event_id] != _left(before, row.digest, told):
                problems.append(
                    f"event {row.event_id} was changed after it was emptied, or one before it was removed"
                )
        elif row.digest != seal(before, row.event_id, moments.write(row.at), *row[3:]):
            problems.append(f"event {row.event_id} was changed, or one before it was removed")
        before = row.digest
    problems += [f"event {number} has no seal: it was slipped in" for number in bare]
    if head and not known:
        problems.append("the trail does not lead to the seal that was given: its end was cut off or remade")
    return Verdict(len(rows), before, tuple(problems), emptied)


def _entries(rows: Iterable[Any]) -> tuple[Entry, ...]:
    return tuple(
        Entry(row.id, row.at, row.actor, row.action, row.object, json.loads(row.detail)) for row in rows
    )
