"""Responses: made at the first opening, frozen from then on, and only for what is asked."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from survey import families, responses, schedule
from survey.db import Database, counting
from survey.models import Response as ResponseRow
from tests import people
from tests.people import DUTCH, T0, T1, Cast, at, plan


def key_of(db: Database, respondent: int, on: dt.date, instrument: str) -> str:
    tasks = schedule.pocket(db, plan(), respondent, on).tasks
    return next(task.key for task in tasks if task.instrument == instrument)


def open_(db: Database, respondent: int, key: str, on: dt.date) -> int:
    return responses.open(db, plan(), respondent, key, on=on, now=at(on), edition=DUTCH)


def test_opening_freezes_version_age_edition_and_window(db: Database, cast: Cast) -> None:
    key = key_of(db, cast.mother, T0, "pedsql")
    assert key == f"{cast.mother}:child_outcomes:pedsql:{cast.daan_child}:T0"
    response = responses.get(db, open_(db, cast.mother, key, T0))
    assert (response.instrument, response.version, response.revision) == ("pedsql", "parent-8-12", 1)
    assert (response.respondent_id, response.child_id, response.subject) == (
        cast.mother,
        cast.daan_child,
        "child",
    )
    assert (response.wave, response.age_months) == ("T0", 112)
    assert (response.edition, response.mode, response.assistance) == (DUTCH, "web", "none")
    assert (response.due_on, response.opens_on, response.closes_on) == (T0, T0, T0 + dt.timedelta(120))
    assert (response.status, response.first_opened_at) == ("open", at(T0))
    assert (response.completed_at, response.entered_at, response.late) == (None, None, False)


def test_nothing_is_stored_before_the_first_opening(db: Database, cast: Cast) -> None:
    schedule.pocket(db, plan(), cast.mother, T0)
    with db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count(ResponseRow.id))) == 0


def test_opening_again_gives_the_same_response_and_writes_nothing(db: Database, cast: Cast) -> None:
    key = key_of(db, cast.mother, T0, "who5")
    first = open_(db, cast.mother, key, T0)
    with counting(db) as counts:
        assert open_(db, cast.mother, key, T0 + dt.timedelta(5)) == first
    assert counts.commits == 0
    assert responses.get(db, first).first_opened_at == at(T0)


def test_two_openings_at_once_make_one_response(db: Database, cast: Cast) -> None:
    key = key_of(db, cast.mother, T0, "who5")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(open_(db, cast.mother, key, T0))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_task_of_another_wave_is_closed(db: Database, cast: Cast) -> None:
    key = key_of(db, cast.mother, T0, "who5")
    open_(db, cast.mother, key, T0)
    with pytest.raises(responses.WaveClosed):
        open_(db, cast.mother, key, T1)
    with pytest.raises(responses.WaveClosed):
        open_(db, cast.mother, key.replace(":T0", ":T1"), T0)
    never_opened = key_of(db, cast.mother, T0, "vgk")
    with pytest.raises(responses.WaveClosed):
        open_(db, cast.mother, never_opened, T0 + dt.timedelta(121))


def test_what_somebody_else_is_asked_is_not_asked_of_this_person(db: Database, cast: Cast) -> None:
    key = key_of(db, cast.mother, T0, "who5")
    open_(db, cast.mother, key, T0)
    for respondent in (cast.father, cast.fatma):
        with pytest.raises(responses.NotAsked):
            open_(db, respondent, key, T0)
    with pytest.raises(responses.NotAsked):
        open_(db, cast.father, key_of(db, cast.mother, T0, "sdq"), T0)


@pytest.mark.parametrize(
    "key", ["", "nonsense", "1:2:3", "1:parent_self:who5:0:T9", "1:parent_self:sdq:0:T0"]
)
def test_an_invented_task_is_not_asked(db: Database, cast: Cast, key: str) -> None:
    with pytest.raises(responses.NotAsked):
        open_(db, cast.mother, key, T0)


def test_a_family_that_paused_can_open_nothing(db: Database, cast: Cast) -> None:
    key = key_of(db, cast.mother, T0, "who5")
    families.set_status(db, cast.family_id, "paused")
    with pytest.raises(responses.WaveClosed):
        open_(db, cast.mother, key, T0)


def test_a_stopped_response_is_not_opened_again_until_it_is_reopened(db: Database, cast: Cast) -> None:
    key = key_of(db, cast.mother, T0, "who5")
    found = open_(db, cast.mother, key, T0)
    responses.set_status(db, found, "stopped", reason="asked to")
    with pytest.raises(responses.NotAsked):
        open_(db, cast.mother, key, T0)
    responses.set_status(db, found, "open")
    assert open_(db, cast.mother, key, T0) == found


def test_only_a_save_completes_a_response(db: Database, cast: Cast) -> None:
    found = open_(db, cast.mother, key_of(db, cast.mother, T0, "who5"), T0)
    with pytest.raises(ValueError, match=r"answers\.record"):
        responses.set_status(db, found, "complete")


def test_an_unknown_response_is_said_to_be_so(db: Database, cast: Cast) -> None:
    with pytest.raises(responses.NoSuchResponse):
        responses.get(db, 999)
    with pytest.raises(responses.NoSuchResponse):
        responses.set_status(db, 999, "void")


def test_opening_counts_as_activity_of_the_visit(db: Database, cast: Cast) -> None:
    from survey import visits

    visit = people.visit(db, cast.mother, at(T0, 12))
    later = at(T0, 12, 25)
    key = key_of(db, cast.mother, T0, "who5")
    responses.open(db, plan(), cast.mother, key, on=T0, now=later, edition=DUTCH, visit_id=visit.id)
    assert visits.find(db, visit.digest, at(T0, 12, 50)).last_seen == later
