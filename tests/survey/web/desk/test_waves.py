"""The waves of a family at the desk: when each is open, and letting one close later with a reason."""

from __future__ import annotations

import datetime as dt

import pytest

from survey import schedule, windows
from survey.db import Database
from survey.fieldwork import pausing
from tests.people import T0, Cast, at, plan
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk

CLOSES = plan().window(T0, "T0").closes
AFTER = CLOSES + dt.timedelta(3)


@pytest.fixture
def page(cast: Cast) -> str:
    return f"/desk/families/{cast.family_id}/waves"


def test_a_linking_pin_sees_when_waves_are_open_and_cannot_change_it(pin: Desk, page: str) -> None:
    pin.get(page)
    assert pin.text.count("meetdatum") == 5
    assert "nu open" in pin.text
    assert "Later laten sluiten" not in pin.text
    assert pin.post(page, wave="T0", closes=AFTER.isoformat(), reason="x").status == 403


def test_a_coordinator_lets_a_closed_wave_open_again_with_a_reason(
    coordinator: Desk, page: str, clock: Clock, db: Database, cast: Cast
) -> None:
    clock.now = at(CLOSES + dt.timedelta(1))
    coordinator.sign_in().get(page)
    coordinator.post(page, wave="T0", closes=AFTER.isoformat(), reason="moeder lag in het ziekenhuis")
    assert coordinator.status == 200
    assert "Sluit later: moeder lag in het ziekenhuis" in coordinator.text
    assert schedule.pocket(db, plan(), cast.mother, AFTER).wave == "T0"


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": " "}, {"reason": "x" * 201}, {"wave": "T1"}, {"wave": "T0' OR 1=1"}, {"closes": "soon"},
        {"closes": T0.isoformat()}, {"closes": "2027-02-01"}, {"closes": "9999-12-31"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    coordinator: Desk, page: str, db: Database, cast: Cast, changes: dict[str, str]
) -> None:
    coordinator.get(page)
    sent = {"wave": "T0", "closes": AFTER.isoformat(), "reason": "goed"} | changes
    assert coordinator.post(page, sent).status == 400
    assert windows.extensions(db, cast.family_id) == ()


def test_a_reason_is_only_text(coordinator: Desk, page: str) -> None:
    coordinator.get(page)
    coordinator.post(page, wave="T0", closes=AFTER.isoformat(), reason="<script>alert(1)</script>")
    assert "<script>alert" not in coordinator.html
    assert "alert(1)" in coordinator.text


def test_after_a_pause_the_page_says_why_a_wave_closes_later(
    pin: Desk, page: str, db: Database, cast: Cast, clock: Clock
) -> None:
    number = pausing.begin(db, cast.study_id, "lockdown", now=clock(), actor="t")
    pausing.end(db, plan(), number, now=clock() + dt.timedelta(7), actor="t")
    assert "Sluit later: lockdown" in pin.get(page).text
