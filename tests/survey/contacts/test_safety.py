"""When somebody may be reached: never outside what was agreed, in the hours of where they live."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import moments
from survey.contacts import Terms

MONDAY = dt.date(2026, 11, 23)


def terms(
    channel: str = "text", days: str = "12345", hours: tuple[int, int] = (9, 17), until: int = 60
) -> Terms:
    return Terms(channel, days, *hours, MONDAY, MONDAY + dt.timedelta(until))


def here(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), moments.ZONE).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("now", "safe"),
    [
        (here(MONDAY, 10, 30), here(MONDAY, 10, 30)),
        (here(MONDAY, 8, 59), here(MONDAY, 9)),
        (here(MONDAY, 17), here(MONDAY + dt.timedelta(1), 9)),
        # From Friday evening until Monday morning.
        (here(MONDAY + dt.timedelta(4), 20), here(MONDAY + dt.timedelta(7), 9)),
    ],
)
def test_the_first_safe_moment(now: dt.datetime, safe: dt.datetime) -> None:
    assert terms().next_safe(now) == safe


def test_nine_o_clock_is_nine_o_clock_on_both_sides_of_summer_time() -> None:
    winter, summer = dt.date(2027, 3, 26), dt.date(2027, 3, 29)
    always = terms(days="1234567", until=400)
    assert always.next_safe(here(winter, 3)) == dt.datetime(2027, 3, 26, 8, tzinfo=dt.UTC)
    assert always.next_safe(here(summer, 3)) == dt.datetime(2027, 3, 29, 7, tzinfo=dt.UTC)


def test_nobody_is_written_to_who_did_not_agree_or_agreed_too_long_ago() -> None:
    noon = here(MONDAY, 12)
    assert terms(channel="none").next_safe(noon) is None
    assert terms(until=0).next_safe(noon) == noon
    assert terms(until=0).next_safe(here(MONDAY, 18)) is None


@given(
    days=st.sets(st.sampled_from("1234567"), min_size=1).map(lambda found: "".join(sorted(found))),
    hours=st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda pair: pair[0] < pair[1]),
    minutes=st.integers(0, 200 * 24 * 60),
)
def test_a_safe_moment_is_always_safe_and_never_past(days: str, hours: tuple[int, int], minutes: int) -> None:
    now = here(MONDAY, 0) + dt.timedelta(minutes=minutes)
    agreed = terms(days=days, hours=hours, until=100)
    safe = agreed.next_safe(now)
    if safe is None:
        # Nothing within reach: the agreement ends within a week.
        assert moments.day(now) + dt.timedelta(7) > agreed.good_until
        return
    local = safe.astimezone(moments.ZONE)
    assert safe >= now
    assert str(local.isoweekday()) in days
    assert hours[0] <= local.hour < hours[1]
    assert local.date() <= agreed.good_until
    assert agreed.allows(safe)
