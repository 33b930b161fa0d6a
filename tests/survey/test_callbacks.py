"""Asking to be called: once, without answers, and forgotten with the family."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.exc import IntegrityError

from survey import audit, callbacks, families
from survey.callbacks import CallbackRow, NoSuchCallback
from survey.db import Database
from survey.fieldwork import erasure, leaving
from tests import people
from tests.people import Cast

NOW = people.at(people.T1)


def test_a_request_says_who_and_when_a_call_is_safe_and_nothing_else(db: Database, cast: Cast) -> None:
    assert callbacks.ask(db, cast.mother, ["evening", "morning"], NOW)
    (request,) = callbacks.waiting(db)
    assert (request.respondent_id, request.family_id) == (cast.mother, cast.family_id)
    assert (request.family_code, request.parts) == (cast.family_code, ("morning", "evening"))
    assert request.asked_at == NOW
    columns = {column.name for column in CallbackRow.__table__.columns}
    assert columns == {"id", "respondent_id", "asked_at", *callbacks.PARTS, "done_at"}
    references = {key.target_fullname for key in CallbackRow.__table__.foreign_keys}
    assert references == {"respondent.id"}, "nothing leads from a request to answers but the person"
    (event,) = [entry for entry in audit.of(db, f"respondent {cast.mother}") if "callback" in entry.action]
    assert event.detail == {}


def test_asking_again_is_the_same_request_with_other_times(db: Database, cast: Cast) -> None:
    assert callbacks.ask(db, cast.mother, ["morning"], NOW)
    assert not callbacks.ask(db, cast.mother, ["afternoon"], NOW)
    assert callbacks.ask(db, cast.father, ["morning"], NOW)
    assert [request.parts for request in callbacks.waiting(db)] == [("afternoon",), ("morning",)]


def test_after_a_call_somebody_may_ask_again_but_not_without_end(db: Database, cast: Cast) -> None:
    stored = 0
    for hour in range(6):
        stored += callbacks.ask(db, cast.mother, ["morning"], NOW + dt.timedelta(hours=hour))
        for request in callbacks.waiting(db):
            callbacks.done(db, request.id, now=NOW + dt.timedelta(hours=hour), actor="account 1")
    assert stored == callbacks.MOST_A_WEEK
    assert callbacks.waiting(db) == ()
    assert callbacks.ask(db, cast.mother, ["morning"], NOW + dt.timedelta(days=8))


def test_a_call_is_made_once(db: Database, cast: Cast) -> None:
    callbacks.ask(db, cast.mother, ["morning"], NOW)
    (request,) = callbacks.waiting(db)
    callbacks.done(db, request.id, now=NOW, actor="account 1")
    with pytest.raises(NoSuchCallback):
        callbacks.done(db, request.id, now=NOW, actor="account 1")


@pytest.mark.parametrize("parts", [[], ["night"], ["morning", "night"]])
def test_a_part_of_the_day_is_needed_and_known(db: Database, cast: Cast, parts: list[str]) -> None:
    with pytest.raises(ValueError, match="parts of a day"):
        callbacks.ask(db, cast.mother, parts, NOW)


def test_nobody_who_is_not_there_asks(db: Database, cast: Cast) -> None:
    with pytest.raises(IntegrityError):
        callbacks.ask(db, 9999, ["morning"], NOW)


def test_a_request_goes_when_the_family_is_wiped(db: Database, cast: Cast) -> None:
    callbacks.ask(db, cast.mother, ["morning"], NOW)
    leaving.stop(db, cast.family_id, "family_wish", "erase", now=NOW, actor="test")
    assert erasure.erase_family(db, cast.family_id, now=NOW, actor="test")["callback"] == 1
    assert callbacks.waiting(db) == ()
    assert families.listing(db) == ()
