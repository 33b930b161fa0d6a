"""Pulses: sent from the desk, found by every linking pin at once, answered under their own code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from survey import pulses, responses, schedule
from survey.db import Database
from survey.policy import Role
from tests.people import T0, Cast, at, plan
from tests.survey.web.conftest import Clock, Visitor
from tests.survey.web.desk.conftest import Desk

CLOSES = T0 + dt.timedelta(30)


@pytest.fixture
def researcher(hire: Callable[..., Desk]) -> Desk:
    return hire(Role.RESEARCHER, everywhere=True)


def begin(desk: Desk, closes: dt.date = CLOSES) -> Desk:
    desk.get("/desk/pulses")
    return desk.post("/desk/pulses", one_off="pulse_lockdown", closes=closes.isoformat())


def test_a_pulse_reaches_every_linking_pin_and_nobody_else(
    researcher: Desk, db: Database, cast: Cast, clock: Clock
) -> None:
    begin(researcher)
    assert "nu open" in researcher.text
    asked = {
        who: [task.instrument for task in schedule.pocket(db, plan(), who, T0).tasks]
        for who in (cast.fatma, cast.joost, cast.mother)
    }
    assert "pulse_lockdown" in asked[cast.fatma]
    assert "pulse_lockdown" not in asked[cast.joost] + asked[cast.mother]


def test_it_is_answered_between_waves_and_is_over_after_its_last_day(
    researcher: Desk, pin: Desk, db: Database, cast: Cast, clock: Clock, visitor: Visitor
) -> None:
    between = plan().window(T0, "T0").closes + dt.timedelta(3)
    clock.now = at(between)
    researcher.sign_in()
    begin(researcher, between + dt.timedelta(10))
    assert "Er staan vragen voor jezelf klaar" in pin.sign_in().get("/desk/month").text
    visitor.open(cast.fatma).start("pulse_lockdown")
    response = responses.get(db, int(visitor.path.split("/")[2]))
    assert (response.wave, response.closes_on) == ("pulse_lockdown", between + dt.timedelta(10))
    after = schedule.pocket(db, plan(), cast.fatma, between + dt.timedelta(11))
    assert (after.tasks, after.closed) == ((), "between_waves")


def test_begun_once_it_is_the_same_pulse_with_another_last_day(
    researcher: Desk, db: Database, cast: Cast
) -> None:
    begin(researcher)
    begin(researcher, CLOSES + dt.timedelta(9))
    (pulse,) = pulses.all_of(db)
    assert pulse.closes == CLOSES + dt.timedelta(9)


@pytest.mark.parametrize("closes", ["", "soon", "2026-08-31", "2027-09-01"])
def test_days_that_cannot_be_are_refused(researcher: Desk, db: Database, closes: str) -> None:
    researcher.get("/desk/pulses")
    assert researcher.post("/desk/pulses", one_off="pulse_lockdown", closes=closes).status == 400
    assert researcher.post("/desk/pulses", one_off="who5", closes=CLOSES.isoformat()).status == 400
    assert pulses.all_of(db) == ()


def test_who_has_left_is_asked_nothing(researcher: Desk, db: Database, cast: Cast) -> None:
    from survey import professionals

    begin(researcher)
    professionals.leave(db, cast.fatma_professional, now=at(T0), actor="t")
    assert schedule.pocket(db, plan(), cast.fatma, T0 + dt.timedelta(1)).tasks == ()
