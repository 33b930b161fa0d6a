"""How many questions stand on a page: a setting of the study, fixed by its first answer."""

from __future__ import annotations

import dataclasses
import logging

import pytest

from survey import audit, layouts
from survey.db import Database
from survey.settings import Settings
from survey.web import Services, create_app
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor


def at_most(house: Services, most: int | None) -> Services:
    """The services of a process that was started with this setting in its protocol."""
    changed = house.protocol.model_copy(update={"items_per_page": most})
    return dataclasses.replace(house, protocol=changed, _layout=None, _frozen=False)


def who5(settings: Settings, house: Services, clock: Clock, respondent_id: int) -> Visitor:
    """The first page of somebody's WHO-5 in a process of its own."""
    app = create_app(settings, house)
    return Visitor(app.test_client(), house.database, clock).open(respondent_id).start("who5")


def shown(visitor: Visitor) -> int:
    """How many questions stand on the page in front."""
    return len(visitor.page.xpath("//fieldset"))


@pytest.mark.parametrize(("most", "questions"), [(None, 5), (5, 5), (3, 3), (1, 1)])
def test_a_study_says_how_many_questions_stand_on_a_page(
    settings: Settings, house: Services, clock: Clock, cast: Cast, most: int | None, questions: int
) -> None:
    visitor = who5(settings, at_most(house, most), clock, cast.mother)
    assert shown(visitor) == questions
    seen = questions
    while visitor.page.xpath("//button[@name='do']"):
        visitor.press("skip")
        seen += shown(visitor)
    assert seen == 5


def test_the_first_answer_fixes_it_whatever_the_protocol_says_later(
    settings: Settings,
    house: Services,
    clock: Clock,
    cast: Cast,
    db: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = who5(settings, at_most(house, 3), clock, cast.mother)
    assert shown(who5(settings, at_most(house, 2), clock, cast.father)) == 2, "nobody has answered yet"
    first.press("skip")
    first.press("skip")
    (noted,) = [entry for entry in audit.of(db, f"study {cast.study_id}") if entry.action == "layout.frozen"]
    assert noted.detail == {"items_per_page": 3}
    with caplog.at_level(logging.WARNING):
        for later in (2, None, 5):
            assert shown(who5(settings, at_most(house, later), clock, cast.father)) == 3
    assert "that stays" in caplog.text


def test_answers_from_before_there_was_such_a_setting_keep_the_pages_of_the_definitions(
    settings: Settings, house: Services, clock: Clock, cast: Cast, db: Database
) -> None:
    who5(settings, at_most(house, None), clock, cast.mother).press("later", **{"1": "3"})
    assert shown(who5(settings, at_most(house, 1), clock, cast.father)) == 5
    layouts.freeze(db, cast.study_id, None, people.at(people.T0))
    layouts.freeze(db, cast.study_id, 4, people.at(people.T0))
    assert layouts.in_force(db, cast.study_id, 2) is None
