"""Points in time as the database holds them: UTC, ISO 8601, milliseconds, one fixed width.

`2026-11-23T09:15:00.250Z` is the same text in SQLite and in PostgreSQL, sorts as time does, is readable
in a dump, and costs a fraction of a microsecond to write or read; see decisions/0004.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

#: Characters in a stored moment.
WIDTH = 24

#: Where the study lives: a wave opens and closes at midnight there.
ZONE = ZoneInfo("Europe/Amsterdam")


def now() -> dt.datetime:
    """The present moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def write(moment: dt.datetime) -> str:
    """The stored text of an aware moment. Raises ValueError for one without a time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone; pass an aware moment")
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def read(text: str) -> dt.datetime:
    """The aware moment (UTC) of a stored text."""
    return dt.datetime.fromisoformat(text)


def day(moment: dt.datetime) -> dt.date:
    """The calendar day of a moment where the study lives; waves and ages are counted in these days."""
    return moment.astimezone(ZONE).date()


class Moment(TypeDecorator[dt.datetime]):
    """The column type of a moment: aware datetimes in Python, the fixed-width text in the database."""

    impl = String(WIDTH)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> str | None:
        """The text to store."""
        return None if value is None else write(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dt.datetime | None:
        """The moment that was stored."""
        return None if value is None else read(value)
