"""Points in time: aware, UTC, one width, and days that begin at midnight in the Netherlands."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import moments


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_comes_back_to_the_millisecond(moment: dt.datetime) -> None:
    text = moments.write(moment)
    assert len(text) == moments.WIDTH
    assert moments.read(text) <= moment < moments.read(text) + dt.timedelta(milliseconds=1)


@given(st.datetimes(timezones=st.just(dt.UTC)), st.datetimes(timezones=st.just(dt.UTC)))
def test_texts_sort_as_time_does(one: dt.datetime, other: dt.datetime) -> None:
    if one <= other:
        assert moments.write(one) <= moments.write(other)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        moments.write(dt.datetime(2026, 9, 1))  # noqa: DTZ001 - that is the point


def test_a_day_begins_at_midnight_in_the_netherlands() -> None:
    summer = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)
    winter = dt.datetime(2026, 12, 1, 22, 30, tzinfo=dt.UTC)
    assert moments.day(summer) == dt.date(2026, 7, 2)
    assert moments.day(winter) == dt.date(2026, 12, 1)
