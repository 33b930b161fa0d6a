"""When waves close: by the protocol, later after a pause, later by decision; the due date never moves."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import audit, responses, schedule, windows
from survey.db import Database
from survey.fieldwork import pausing
from survey.fieldwork.pausing import Pause
from survey.windows import NotLater
from tests.people import T0, T1, Cast, at, plan
from tests.survey.sittings import open_response, save, sit

DAY = dt.timedelta(1)
WINDOWS = {window.wave: window for window in windows.of(plan(), T0, {})}
CLOSES = WINDOWS["T0"].closes
NEXT = WINDOWS["T1"].opens


def pause(db: Database, cast: Cast, begins: dt.date, ends: dt.date, **where: int) -> None:
    number = pausing.begin(db, cast.study_id, "lockdown", **where, now=at(begins), actor="test")
    pausing.end(db, plan(), number, now=at(ends), actor="test")


def closes(db: Database, cast: Cast, wave: str = "T0") -> dt.date:
    return next(one.closes for one in windows.of_family(db, plan(), cast.family_id) if one.wave == wave)


def later(db: Database, cast: Cast, day: dt.date, wave: str = "T0", now: dt.date = T0) -> None:
    windows.extend(
        db, plan(), cast.family_id, wave, day, "the mother was in hospital", now=at(now), actor="account 1"
    )


def test_after_a_pause_a_family_gets_the_days_back_that_it_lost(db: Database, cast: Cast) -> None:
    pause(db, cast, T0 + 10 * DAY, T0 + 24 * DAY, family_id=cast.family_id)
    assert closes(db, cast) == CLOSES + 14 * DAY
    assert schedule.pocket(db, plan(), cast.mother, CLOSES + 14 * DAY).wave == "T0"
    assert schedule.pocket(db, plan(), cast.mother, CLOSES + 15 * DAY).wave is None
    (task, *_) = schedule.pocket(db, plan(), cast.mother, CLOSES).tasks
    assert task.due == T0


def test_what_was_left_when_the_pause_began_is_there_when_it_ends_though_the_wave_had_closed(
    db: Database, cast: Cast
) -> None:
    pause(db, cast, CLOSES - 9 * DAY, CLOSES + 11 * DAY, family_id=cast.family_id)
    assert closes(db, cast) == CLOSES + 20 * DAY
    assert schedule.pocket(db, plan(), cast.mother, CLOSES + 11 * DAY).left


def test_two_waves_are_never_open_at_once_however_long_the_pause(db: Database, cast: Cast) -> None:
    pause(db, cast, T0 + 5 * DAY, T0 + 100 * DAY, family_id=cast.family_id)
    assert closes(db, cast) == NEXT - DAY
    assert schedule.pocket(db, plan(), cast.mother, NEXT).wave == "T1"


def test_a_pause_between_two_waves_takes_nothing(db: Database, cast: Cast) -> None:
    pause(db, cast, CLOSES + DAY, NEXT, family_id=cast.family_id)
    assert windows.extensions(db, cast.family_id) == ()


def test_two_pauses_that_overlap_give_each_day_back_once(db: Database, cast: Cast) -> None:
    own = pausing.begin(db, cast.study_id, "ill", family_id=cast.family_id, now=at(T0 + 10 * DAY), actor="t")
    study = pausing.begin(db, cast.study_id, "lockdown", now=at(T0 + 15 * DAY), actor="t")
    pausing.end(db, plan(), own, now=at(T0 + 20 * DAY), actor="t")
    assert windows.extensions(db, cast.family_id) == ()
    pausing.end(db, plan(), study, now=at(T0 + 25 * DAY), actor="t")
    assert closes(db, cast) == CLOSES + 15 * DAY
    (extension,) = windows.extensions(db, cast.family_id)
    assert set(extension.reason.split("; ")) == {"ill", "lockdown"}


def test_a_lockdown_of_the_study_moves_the_last_day_of_every_family(db: Database, cast: Cast) -> None:
    pause(db, cast, T0 + 10 * DAY, T0 + 17 * DAY)
    assert closes(db, cast) == CLOSES + 7 * DAY


def test_a_questionnaire_that_was_open_can_be_answered_in_the_days_that_came_back(
    db: Database, cast: Cast
) -> None:
    number = open_response(db, cast.mother, "who5")
    pause(db, cast, T0 + 10 * DAY, T0 + 20 * DAY, family_id=cast.family_id)
    assert responses.get(db, number).closes_on == CLOSES + 10 * DAY
    on = at(CLOSES + 10 * DAY)
    sitting = sit(db, cast.mother, number, now=on)
    assert save(db, sitting, {"1": 3}, now=on).stored


def test_a_wave_closes_later_by_decision_with_a_reason_that_is_kept(db: Database, cast: Cast) -> None:
    later(db, cast, CLOSES + 3 * DAY, now=CLOSES + 2 * DAY)
    assert schedule.pocket(db, plan(), cast.mother, CLOSES + 3 * DAY).wave == "T0"
    (extension,) = windows.extensions(db, cast.family_id)
    assert extension.reason == "the mother was in hospital"
    event = audit.of(db, f"family {cast.family_id}")[-1]
    assert (event.action, event.actor, event.detail["wave"]) == ("window.extended", "account 1", "T0")


@pytest.mark.parametrize(
    ("day", "now"),
    [(CLOSES, T0), (T0, T0), (NEXT, T0), (NEXT + 300 * DAY, T0), (CLOSES + 5 * DAY, CLOSES + 6 * DAY)],
)
def test_never_earlier_than_the_rule_in_the_past_or_into_the_next_wave(
    db: Database, cast: Cast, day: dt.date, now: dt.date
) -> None:
    with pytest.raises(NotLater):
        later(db, cast, day, now=now)
    assert windows.extensions(db, cast.family_id) == ()


def test_the_last_wave_may_close_as_late_as_need_be_and_links_live_on(db: Database, cast: Cast) -> None:
    later(db, cast, WINDOWS["T4"].closes + 200 * DAY, "T4")
    assert closes(db, cast, "T4") == WINDOWS["T4"].closes + 200 * DAY


@pytest.mark.parametrize(("wave", "reason"), [("T9", "x"), ("T0", "  ")])
def test_no_reason_no_such_wave_no_such_family(db: Database, cast: Cast, wave: str, reason: str) -> None:
    with pytest.raises(ValueError):
        windows.extend(db, plan(), cast.family_id, wave, CLOSES + DAY, reason, now=at(T0), actor="test")
    with pytest.raises(LookupError):
        windows.extend(db, plan(), 999, "T0", CLOSES + DAY, "x", now=at(T0), actor="test")


def test_what_came_in_late_is_not_late_any_more_when_the_wave_closes_later(db: Database, cast: Cast) -> None:
    number = open_response(db, cast.mother, "who5")
    came = CLOSES + 4 * DAY
    save(db, number, {"1": 3}, source="entry", now=at(came), complete=True)
    assert responses.get(db, number).late
    later(db, cast, came - DAY, now=CLOSES)
    assert responses.get(db, number).late
    later(db, cast, came, now=CLOSES)
    assert not responses.get(db, number).late


def test_a_professional_keeps_their_own_clock_in_a_pause_of_families(db: Database, cast: Cast) -> None:
    before = schedule.pocket(db, plan(), cast.fatma, T1)
    pause(db, cast, T0 + 10 * DAY, T0 + 20 * DAY, family_id=cast.family_id)
    assert schedule.pocket(db, plan(), cast.fatma, T1) == before


@given(st.lists(st.tuples(st.integers(-60, 800), st.integers(0, 200)), max_size=5))
def test_windows_never_shrink_never_overlap_and_keep_their_due_dates(spans: list[tuple[int, int]]) -> None:
    held = [
        Pause(number, None, 1, "x", T0 + begins * DAY, T0 + (begins + days) * DAY)
        for number, (begins, days) in enumerate(spans)
    ]
    moved = windows.of(plan(), T0, pausing.lost(plan(), T0, held))
    for plain, window in zip(WINDOWS.values(), moved, strict=True):
        assert (window.due, window.opens) == (plain.due, plain.opens)
        assert window.closes >= plain.closes
    for one, following in itertools.pairwise(moved):
        assert one.closes < following.opens
