"""Reaching people: the contact store as staff use it. Every look and every change is in the trail first.

Only who answers for themselves is written to: parents, and young people from sixteen. What was agreed about
messages holds until the end of the wave that is open, or else of the next one, and is then asked for anew.
Names and numbers go half a year after the last wave, or after a family stopped (background: retention).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from instruments.protocol import Protocol, add_months, age_months
from survey import audit, moments, windows
from survey.contacts import Book, Details, Terms
from survey.db import Database
from survey.fieldwork.consent import ALONE
from survey.fieldwork.tables import Departure as DepartureRow
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow
from survey.windows import ExtensionRow

#: From this age somebody is written to themselves (years).
YOUNGEST = ALONE // 12
#: Names and numbers are kept for so many months after the last wave, or after a family stopped.
MONTHS_AFTER = 6


#: Until when something is kept of a family that stopped, or was asked for the last time, on a day; None: on.
Until = Callable[[dt.date], dt.date | None]


class NotForThem(ValueError):
    """A child, somebody of another family, or nobody at all."""


@dataclass(frozen=True)
class Wish:
    """How somebody wants to be reached, as they say it."""

    channel: str
    days: str
    from_hour: int
    until_hour: int


def show(db: Database, book: Book, respondent_id: int, *, now: dt.datetime, actor: str) -> Details | None:
    """What somebody is called and where they are reached; noted in the trail before it is told.

    Raises:
        survey.contacts.Unreadable
    """
    _note(db, "contact.read", respondent_id, now, actor)
    return book.read(respondent_id)


def keep(
    db: Database,
    book: Book,
    protocol: Protocol,
    respondent_id: int,
    details: Details,
    wish: Wish,
    *,
    now: dt.datetime,
    actor: str,
) -> None:
    """Keep how somebody is reached; what they agreed to holds until their wave closes.

    Raises:
        NotForThem
        survey.contacts.NotReachable
    """
    on = moments.day(now)
    until = _agreed_until(db, protocol, respondent_id, on)
    terms = Terms(wish.channel, wish.days, wish.from_hour, wish.until_hour, on, until)
    _note(db, "contact.kept", respondent_id, now, actor, channel=wish.channel)
    book.keep(respondent_id, details, terms, now=now, actor=actor)


def agree_again(
    db: Database, book: Book, protocol: Protocol, respondent_id: int, *, now: dt.datetime, actor: str
) -> None:
    """They were asked, and what was agreed still holds. Raises NotForThem."""
    on = moments.day(now)
    until = _agreed_until(db, protocol, respondent_id, on)
    _note(db, "contact.agreed", respondent_id, now, actor)
    book.agree_again(respondent_id, on, until)


def forget(db: Database, book: Book, respondent_id: int, *, now: dt.datetime, actor: str) -> None:
    """Wipe what somebody is called and where they are reached."""
    _note(db, "contact.forgotten", respondent_id, now, actor)
    book.forget([respondent_id])


def of_family(db: Database, family_id: int) -> tuple[int, ...]:
    """The respondents of a family."""
    with db.read() as connection:
        return tuple(
            connection.scalars(
                select(RespondentRow.id)
                .where(RespondentRow.family_id == family_id)
                .order_by(RespondentRow.id)
            )
        )


def half_a_year_after(end: dt.date) -> dt.date:
    """Until when names and numbers are kept of a family that stopped, or was asked for the last time."""
    return add_months(end, MONTHS_AFTER)


def over(
    db: Database, book: Book, protocol: Protocol, on: dt.date, until: Until = half_a_year_after
) -> frozenset[int]:
    """Of whom names and numbers have had their time, and who is not here any more."""
    return book.everybody() - _within_their_time(db, protocol, on, until)


def expire(
    db: Database,
    book: Book,
    protocol: Protocol,
    *,
    now: dt.datetime,
    actor: str,
    until: Until = half_a_year_after,
) -> int:
    """Wipe the names and numbers whose time is over, and those of people who are not here any more; how many.

    Safe to run every day.
    """
    gone = over(db, book, protocol, moments.day(now), until)
    for respondent_id in sorted(gone):
        _note(db, "contact.expired", respondent_id, now, actor)
    return book.forget(gone)


def ends(connection: Connection, protocol: Protocol) -> dict[int, dt.date]:
    """When every family stopped, or was or will be asked for the last time: when its last wave is due, or
    later where that wave closes later for it."""
    last = max(protocol.waves, key=lambda wave: wave.months)
    later = {
        row.family_id: row.closes_on
        for row in connection.execute(
            select(ExtensionRow.family_id, ExtensionRow.closes_on).where(ExtensionRow.wave == last.id)
        )
    }
    stopped = {
        row.family_id: row.on_day
        for row in connection.execute(
            select(DepartureRow.family_id, DepartureRow.on_day).order_by(DepartureRow.id)
        )
    }
    found = {}
    for row in connection.execute(select(FamilyRow.id, FamilyRow.t0, FamilyRow.status)):
        due = add_months(row.t0, last.months)
        end = max(due, later.get(row.id, due))
        found[row.id] = min(end, stopped.get(row.id, end)) if row.status == "stopped" else end
    return found


def _within_their_time(db: Database, protocol: Protocol, on: dt.date, until: Until) -> set[int]:
    with db.read() as connection:
        people = connection.execute(
            select(RespondentRow.id, RespondentRow.family_id).where(RespondentRow.family_id.is_not(None))
        ).all()
        last_days = {family: until(end) for family, end in ends(connection, protocol).items()}
    found = set()
    for row in people:
        last_day = last_days[row.family_id]
        if last_day is None or on <= last_day:
            found.add(row.id)
    return found


def _agreed_until(db: Database, protocol: Protocol, respondent_id: int, on: dt.date) -> dt.date:
    """Until when somebody's agreement holds: the end of the open wave, or of the next."""
    with db.read() as connection:
        row = connection.execute(
            select(ChildRow.birth_month, FamilyRow.t0, FamilyRow.status, windows.OF_FAMILY.label("later"))
            .select_from(RespondentRow)
            .join(FamilyRow, FamilyRow.id == RespondentRow.family_id)
            .outerjoin(ChildRow, ChildRow.id == RespondentRow.child_id)
            .where(RespondentRow.id == respondent_id)
        ).first()
    if row is None or row.status == "stopped" or not answers_alone(row.birth_month, on):
        raise NotForThem(respondent_id)
    known = windows.of(protocol, row.t0, windows.read(row.later))
    ahead = [window.closes for window in known if window.closes >= on]
    if not ahead:
        raise NotForThem(respondent_id)
    return min(ahead)


def answers_alone(born: dt.date | None, on: dt.date) -> bool:
    """Whether somebody is written to themselves: an adult, or a young person from sixteen."""
    return born is None or (born <= on and age_months(born, on) >= ALONE)


def _note(
    db: Database, action: str, respondent_id: int, now: dt.datetime, actor: str, **detail: object
) -> None:
    thing = f"respondent {respondent_id}"
    db.write(lambda connection: audit.append(connection, actor, action, thing, now, **detail))
