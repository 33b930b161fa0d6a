"""When somebody may be reached: what was agreed with them, and the next moment at which it is safe.

A message at the wrong hour is read by the wrong person. So nothing is sent outside the days and hours that
were agreed, and nothing at all once the agreement is too old: it is asked for anew in every wave.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from survey import moments

#: Every day of the week, Monday is 1.
EVERY_DAY = "1234567"


@dataclass(frozen=True)
class Terms:
    """What was agreed with somebody."""

    #: `none`, `mail` or `text`.
    channel: str
    #: Days of the week as digits, Monday is 1.
    days: str
    #: Whole hours where the study lives: a message comes between the two.
    from_hour: int
    until_hour: int
    agreed_on: dt.date
    #: The last day on which this holds.
    good_until: dt.date

    def allows(self, now: dt.datetime) -> bool:
        """Whether a message may reach them at this moment."""
        return self.next_safe(now) == now

    def next_safe(self, now: dt.datetime) -> dt.datetime | None:
        """The first moment, now or later, at which a message may reach them; None when there is none."""
        if self.channel == "none":
            return None
        today = moments.day(now)
        for ahead in range(8):
            day = today + dt.timedelta(ahead)
            if day > self.good_until or str(day.isoweekday()) not in self.days:
                continue
            begins, ends = _at(day, self.from_hour), _at(day, self.until_hour)
            if now < ends:
                return max(now, begins)
        return None


def _at(day: dt.date, hour: int) -> dt.datetime:
    """The beginning of an hour of a day where the study lives; 24 is midnight."""
    day, hour = (day + dt.timedelta(1), 0) if hour == 24 else (day, hour)
    return dt.datetime.combine(day, dt.time(hour), moments.ZONE).astimezone(dt.UTC)
