"""Sittings: who may see which answers, in which visit."""

from __future__ import annotations

import datetime as dt

import pytest

from survey import answers, families, links, visits
from survey.answers import Sitting
from survey.db import Database, counting
from tests import people
from tests.people import T0, Cast, at
from tests.survey.sittings import NOW, again, save, sit


def test_loading_is_one_statement_and_no_commit(db: Database, sitting: Sitting) -> None:
    save(db, sitting, {"1": 5, "2": 0})
    with counting(db) as counts:
        again(db, sitting)
    assert (counts.statements, counts.commits) == (1, 0)


def test_a_visit_shows_only_what_was_given_in_it(db: Database, cast: Cast, sitting: Sitting) -> None:
    save(db, sitting, {"1": 5, "2": 4})
    assert again(db, sitting).own == {"1", "2"}
    tomorrow = at(T0 + dt.timedelta(1))
    next_day = sit(db, cast.mother, sitting.response.id, tomorrow)
    assert next_day.answers == {"1": 5, "2": 4}
    assert next_day.own == frozenset()
    save(db, next_day, {"2": 3}, "s2", now=tomorrow)
    assert again(db, next_day, tomorrow).own == {"2"}


def test_somebody_elses_response_is_not_yours(db: Database, cast: Cast, sitting: Sitting) -> None:
    save(db, sitting, {"1": 5, "2": 0})
    for other in (cast.father, cast.daan, cast.fatma):
        visit = people.visit(db, other, NOW)
        with pytest.raises(visits.NotYours):
            answers.load(db, visit.digest, sitting.response.id, NOW)


def test_a_response_that_does_not_exist_is_refused_like_somebody_elses(db: Database, cast: Cast) -> None:
    visit = people.visit(db, cast.mother, NOW)
    with pytest.raises(visits.NotYours):
        answers.load(db, visit.digest, 999, NOW)


def test_a_family_page_without_an_open_pocket_shows_no_answers(
    db: Database, cast: Cast, sitting: Sitting
) -> None:
    token = links.make(db, family_id=cast.family_id, now=NOW)
    _, page = visits.open(db, token, NOW)
    with pytest.raises(visits.NotYours):
        answers.load(db, page.digest, sitting.response.id, NOW)
    _, hers = visits.choose(db, page, cast.mother, NOW)
    assert answers.load(db, hers.digest, sitting.response.id, NOW).visit.id == hers.id
    _, his = visits.choose(db, hers, cast.father, NOW)
    with pytest.raises(visits.NotYours):
        answers.load(db, his.digest, sitting.response.id, NOW)


def test_a_pocket_opened_again_on_the_same_phone_shows_nothing_of_before(
    db: Database, cast: Cast, sitting: Sitting
) -> None:
    token = links.make(db, family_id=cast.family_id, now=NOW)
    _, page = visits.open(db, token, NOW)
    _, hers = visits.choose(db, page, cast.mother, NOW)
    save(db, answers.load(db, hers.digest, sitting.response.id, NOW), {"1": 5})
    _, his = visits.choose(db, hers, cast.father, NOW)
    _, hers_again = visits.choose(db, his, cast.mother, NOW)
    found = answers.load(db, hers_again.digest, sitting.response.id, NOW)
    assert (found.answers, found.own) == ({"1": 5}, frozenset())


def test_a_visit_that_is_over_loads_nothing(db: Database, cast: Cast, sitting: Sitting) -> None:
    idle = NOW + visits.IDLE + visits.TOUCH + dt.timedelta(seconds=1)
    with pytest.raises(visits.VisitOver):
        again(db, sitting, idle)
    assert answers.load(db, sitting.visit.digest, sitting.response.id, idle, idle=dt.timedelta(hours=1)).visit
    visits.end(db, sitting.visit.digest, NOW)
    with pytest.raises(visits.VisitOver):
        again(db, sitting)
    with pytest.raises(visits.VisitOver):
        answers.load(db, links.digest_of("invented"), sitting.response.id, NOW)


def test_saving_keeps_a_visit_alive_and_writes_so_only_now_and_then(db: Database, sitting: Sitting) -> None:
    now = NOW
    for number in range(6):
        now += dt.timedelta(minutes=20)
        save(db, again(db, sitting, now), {"1": 3}, f"n{number}", now=now)
    assert again(db, sitting, now).visit.last_seen == now
    soon = now + dt.timedelta(minutes=2)
    save(db, again(db, sitting, soon), {"1": 3}, "soon", now=soon)
    assert again(db, sitting, soon).visit.last_seen == now


def test_a_stopped_family_ends_the_sitting(db: Database, cast: Cast, sitting: Sitting) -> None:
    families.set_status(db, cast.family_id, "stopped", now=NOW)
    with pytest.raises(visits.VisitOver):
        again(db, sitting)
