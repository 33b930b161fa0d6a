"""Scores stay within bounds, move the right way, and are null when too little was answered.

Every rule of every version in the catalogue is held to this; worked examples are elsewhere.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import Instrument, catalogue, scoring
from instruments.model import Rule

SCORED = [version for version in catalogue().all() if version.scores]
ON_ITEMS = [(v, rule) for v in SCORED for rule in v.scores if rule.items and rule.released]


def answers_to(version: Instrument, *, complete: bool) -> st.SearchStrategy[dict[str, int | None]]:
    def codes(item_id: str) -> st.SearchStrategy[int | None]:
        code = st.sampled_from(version.codes(version.item(item_id)))
        return code if complete else st.none() | code

    ids = sorted({item for rule in version.scores for item in rule.items})
    return st.fixed_dictionaries({item: codes(item) for item in ids})


@pytest.mark.parametrize("version", SCORED, ids=lambda v: v.key)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_score_lies_within_its_range(version: Instrument, data: st.DataObject) -> None:
    scored = scoring.score(version, data.draw(answers_to(version, complete=False)))
    for rule in version.scores:
        value = scored.scores[rule.id]
        assert value is None or rule.range[0] <= value <= rule.range[1]


@pytest.mark.parametrize("version", SCORED, ids=lambda v: v.key)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_flag_is_null_wherever_the_score_is_null(version: Instrument, data: st.DataObject) -> None:
    age = version.ages.from_months if version.ages else None
    scored = scoring.score(version, data.draw(answers_to(version, complete=False)), age)
    assert all(scored.flags[name] is None for name, value in scored.scores.items() if value is None)
    assert set(scored.flags) == set(scored.scores)


@pytest.mark.parametrize(("version", "rule"), ON_ITEMS, ids=lambda x: getattr(x, "key", None) or x.id)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_one_answer_fewer_than_the_missing_rule_allows_gives_no_score(
    version: Instrument, rule: Rule, data: st.DataObject
) -> None:
    answers = data.draw(answers_to(version, complete=True))
    order = data.draw(st.permutations(rule.items))
    assert rule.min_answered is not None
    keep = set(order[: rule.min_answered])
    enough = {item: answers[item] for item in keep}
    assert scoring.score(version, enough).scores[rule.id] is not None
    enough.pop(order[0])
    assert scoring.score(version, enough).scores[rule.id] is None


@pytest.mark.parametrize(("version", "rule"), ON_ITEMS, ids=lambda x: getattr(x, "key", None) or x.id)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_one_answer_moved_moves_the_score_in_one_direction(
    version: Instrument, rule: Rule, data: st.DataObject
) -> None:
    answers = data.draw(answers_to(version, complete=True))
    item_id = data.draw(st.sampled_from(rule.items))
    low, high = sorted(version.codes(version.item(item_id)))[:: len(version.codes(version.item(item_id))) - 1]
    with_low = scoring.score(version, {**answers, item_id: low}).scores[rule.id]
    with_high = scoring.score(version, {**answers, item_id: high}).scores[rule.id]
    turned = item_id in rule.reverse or (rule.recode and rule.recode[str(low)] > rule.recode[str(high)])
    assert with_low is not None
    assert with_high is not None
    assert (with_low > with_high) if turned else (with_low < with_high)


@pytest.mark.parametrize(("version", "rule"), ON_ITEMS, ids=lambda x: getattr(x, "key", None) or x.id)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_the_order_in_which_answers_come_does_not_matter(
    version: Instrument, rule: Rule, data: st.DataObject
) -> None:
    answers = data.draw(answers_to(version, complete=False))
    shuffled = dict(data.draw(st.permutations(list(answers.items()))))
    assert scoring.score(version, answers) == scoring.score(version, shuffled)


@pytest.mark.parametrize("version", SCORED, ids=lambda v: v.key)
def test_without_answers_everything_is_null_and_nothing_is_zero(version: Instrument) -> None:
    scored = scoring.score(version, {})
    assert set(scored.scores.values()) <= {None}
    assert set(scored.flags.values()) <= {None}


@pytest.mark.parametrize(
    ("value", "rounded"), [("5/2", 3), ("15/2", 8), ("20/3", 7), ("2", 2), ("249/100", 2), ("0", 0)]
)
def test_halves_round_up_as_the_scoring_sheet_says(value: str, rounded: int) -> None:
    assert scoring.half_up(Fraction(value)) == rounded


def test_an_age_too_young_or_far_too_old_for_a_version_is_an_error() -> None:
    version = catalogue().get("pedsql", "parent-2-4")
    for months in (-1, 23, 72, 500):
        with pytest.raises(scoring.Unscorable, match="give completed months from 24 to 71"):
            scoring.score(version, {}, months)


def test_a_form_finished_after_the_birthday_takes_the_cut_off_of_the_new_age() -> None:
    version = catalogue().get("pedsql", "parent-2-4")
    answers = {item.id: 1 for item in version.items}  # every item 75, so the total is 75
    assert scoring.score(version, answers, 59).flags["total"] is True  # < 78.5
    assert scoring.score(version, answers, 60).flags["total"] is False  # not < 74.5


def test_all_mistakes_in_answers_are_told_at_once() -> None:
    version = catalogue().get("who5", "self")
    with pytest.raises(scoring.Unscorable) as error:
        scoring.score(version, {"1": 6, "9": 1, "2": "x"}, -5)
    assert len(str(error.value).splitlines()) == 4
