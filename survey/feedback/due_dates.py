"""By when municipalities are told, and what they can expect by then. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from instruments.protocol import Protocol, add_months

#: `missed`: its day is past, and a later one has come or was published.
State = Literal["published", "draft", "due", "missed", "later"]


@dataclass(frozen=True)
class DueDate:
    """One date of the calendar."""

    number: int
    on: dt.date
    #: The waves that are over by then for families that began on the first day: more cannot be expected.
    waves: tuple[str, ...]


def all_of(plan: Protocol, start: dt.date) -> tuple[DueDate, ...]:
    """The calendar of a study that began on a day."""
    calendar = plan.feedback.calendar
    found = []
    for number in range(1, calendar.times + 1):
        on = add_months(start, calendar.first_months + (number - 1) * calendar.every_months)
        waves = tuple(wave.id for wave in plan.waves if plan.window(start, wave.id).closes < on)
        found.append(DueDate(number, on, waves))
    return tuple(found)


def state(
    date: DueDate, calendar: tuple[DueDate, ...], published: set[int], drafts: set[int], today: dt.date
) -> State:
    """How far the release for a date is."""
    if date.number in published:
        return "published"
    if date.on > today:
        return "later"
    passed = any(other.number > date.number and other.on <= today for other in calendar)
    if passed or any(number > date.number for number in published):
        return "missed"
    return "draft" if date.number in drafts else "due"


def current(calendar: tuple[DueDate, ...], published: set[int], today: dt.date) -> DueDate | None:
    """The date for which a release can be made today; None when there is none."""
    open_ones = (one for one in calendar if state(one, calendar, published, set(), today) == "due")
    return next(open_ones, None)
