"""What is asked, in which order, and where a respondent goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from instruments import Instrument, Missing, loading, routing

EXAMPLES = Path(__file__).parent / "examples"


@pytest.fixture(scope="module")
def feelings() -> Instrument:
    return loading.parse((EXAMPLES / "feelings.yaml").read_text("utf-8"), "feelings.yaml")


def ids(items: object) -> list[str]:
    return [item.id for item in items]  # type: ignore[attr-defined]


def test_a_condition_that_does_not_hold_closes_its_item(feelings: Instrument) -> None:
    assert "club" not in ids(routing.asked(feelings, {"sports": 0}))
    assert "club" in ids(routing.asked(feelings, {"sports": 1}))


def test_an_unanswered_question_opens_nothing(feelings: Instrument) -> None:
    assert "club" not in ids(routing.asked(feelings, {}))
    assert "club" not in ids(routing.asked(feelings, {"sports": Missing.skipped}))


def test_an_answer_to_an_item_that_is_not_asked_opens_nothing_further(feelings: Instrument) -> None:
    went_back = {"sports": 0, "club": 1}
    assert "club_feeling" not in ids(routing.asked(feelings, went_back))
    assert "club_feeling" in ids(routing.asked(feelings, {**went_back, "sports": 1}))


def test_a_question_for_older_children_waits_for_the_age_but_not_for_an_unknown_age(
    feelings: Instrument,
) -> None:
    assert "tips" not in ids(routing.asked(feelings, {}, 143))
    assert "tips" in ids(routing.asked(feelings, {}, 144))
    assert "tips" in ids(routing.asked(feelings, {}, None))


def test_pages_show_what_is_asked_and_vanish_when_nothing_is(feelings: Instrument) -> None:
    shown = routing.screens(feelings, {"sports": 0})
    assert [ids(screen.items) for screen in shown] == [
        ["sports", "mood"],
        ["where"],
        ["times", "since", "tips"],
    ]


def test_one_question_a_screen_for_those_who_want_it_so(feelings: Instrument) -> None:
    shown = routing.screens(feelings, {"sports": 1, "club": 1}, 150, single=True)
    assert [screen.key for screen in shown] == ids(routing.asked(feelings, {"sports": 1, "club": 1}, 150))


def test_numbers_count_the_definition_so_that_they_never_jump_back(feelings: Instrument) -> None:
    closed = {screen.key: screen.number for screen in routing.screens(feelings, {"sports": 0}, single=True)}
    opened = {screen.key: screen.number for screen in routing.screens(feelings, {"sports": 1}, single=True)}
    assert closed == {key: opened[key] for key in closed}
    assert [screen.total for screen in routing.screens(feelings, {})] == [7, 7, 7]


def test_what_is_for_older_children_only_is_not_counted_for_a_younger_one(feelings: Instrument) -> None:
    totals = {months: routing.screens(feelings, {}, months)[0].total for months in (143, 144)}
    assert totals == {143: 6, 144: 7}
    tapqol = loading.catalogue().get("tapqol", "parent-0-1")
    last = routing.screens(tapqol, {}, 17, single=True)[-1]
    assert last.number == last.total < routing.screens(tapqol, {}, 18)[0].total


def test_a_second_part_is_not_a_question_of_its_own(feelings: Instrument) -> None:
    shown = routing.screens(feelings, {"sports": 1, "club": 1}, single=True)
    numbers = {screen.key: screen.number for screen in shown}
    assert numbers["club_feeling"] == numbers["where"] == 4


def test_a_respondent_goes_on_at_the_first_open_question(feelings: Instrument) -> None:
    answers = {"sports": 0, "mood": Missing.skipped}
    shown = routing.screens(feelings, answers)
    found = routing.first_open(shown, answers)
    assert found is not None
    assert found.key == "where"


def test_nothing_is_open_when_everything_has_an_answer_or_a_skip(feelings: Instrument) -> None:
    everything = {item.id: Missing.skipped for item in feelings.items}
    assert routing.first_open(routing.screens(feelings, everything), everything) is None


def test_forward_and_back_follow_what_is_shown_now(feelings: Instrument) -> None:
    shown = routing.screens(feelings, {"sports": 0})
    following = routing.next_screen(shown, "mood")
    assert following is not None
    assert following.key == "where"
    before = routing.previous_screen(shown, "since")
    assert before is not None
    assert before.key == "where"
    assert routing.previous_screen(shown, "sports") is None
    assert routing.next_screen(shown, "tips") is None
    assert routing.screen_of(shown, "club") is None


def test_every_item_stands_as_answered_skipped_not_asked_or_not_reached(feelings: Instrument) -> None:
    standing = routing.standing(feelings, {"sports": 0, "mood": Missing.skipped, "club": 1}, 100)
    assert standing["mood"] is Missing.skipped
    assert standing["club"] == 1  # given on paper although it was not asked: data, not an error
    assert standing["club_feeling"] is Missing.not_asked
    assert standing["tips"] is Missing.not_asked
    assert standing["times"] is Missing.not_reached
