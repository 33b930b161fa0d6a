"""Which answers are possible."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import Instrument, Missing, checks, loading

EXAMPLES = Path(__file__).parent / "examples"
FEELINGS = loading.parse((EXAMPLES / "feelings.yaml").read_text("utf-8"), "feelings.yaml")


def parse(item_id: str, *raw: str) -> object:
    item = FEELINGS.item(item_id)
    return checks.parse(item, FEELINGS.codes(item), raw)


@pytest.mark.parametrize(
    ("item", "raw", "answer"),
    [
        ("sports", ["0"], 0),
        ("sports", [""], None),
        ("sports", [], None),
        ("where", ["3", "1", "3"], (1, 3)),
        ("times", [" 7 "], 7),
        ("times", ["٣"], 3),
        ("since", ["2026-02-28"], "2026-02-28"),
        ("since", ["28-2-2026"], "2026-02-28"),
        ("tips", ["  meer sport \r\n graag "], "meer sport \n graag"),
        ("tips", ["nul\x00teken"], "nulteken"),
        ("tips", ["   "], None),
    ],
)
def test_what_a_form_sends_becomes_an_answer(item: str, raw: list[str], answer: object) -> None:
    assert parse(item, *raw) == answer


@pytest.mark.parametrize(
    ("item", "raw", "reason"),
    [
        ("sports", ["2"], "not_an_option"),
        ("sports", ["1 or 0"], "not_an_option"),
        ("sports", ["1", "0"], "not_an_option"),
        ("sports", ["1.0"], "not_an_option"),
        ("where", ["1", "9"], "not_an_option"),
        ("times", ["8"], "out_of_range"),
        ("times", ["-1"], "out_of_range"),
        ("times", ["vaak"], "not_a_number"),
        ("times", ["9" * 5000], "not_a_number"),
        ("since", ["2026-02-30"], "not_a_date"),
        ("since", ["gisteren"], "not_a_date"),
        ("tips", ["x" * 41], "too_long"),
    ],
)
def test_the_impossible_is_refused_with_its_reason(item: str, raw: list[str], reason: str) -> None:
    with pytest.raises(checks.Refused) as refused:
        parse(item, *raw)
    assert refused.value.reason == reason


def test_a_refusal_says_what_is_possible() -> None:
    with pytest.raises(checks.Refused) as refused:
        parse("times", "12")
    assert refused.value.params == {"lowest": 0, "highest": 7}


def test_answers_from_a_program_are_checked_item_by_item() -> None:
    problems = checks.check(
        FEELINGS,
        {
            "sports": True,
            "mood": 6,
            "where": (3, 1),
            "times": "3",
            "since": "1-1-2026",
            "tips": "",
            "unheard_of": 1,
            "club": Missing.not_reached,
        },
    )
    assert {item: refused.reason for item, refused in problems.items()} == {
        "sports": "not_an_option",
        "mood": "not_an_option",
        "where": "not_an_option",
        "times": "not_a_number",
        "since": "not_a_date",
        "tips": "not_an_option",
        "unheard_of": "unknown_item",
        "club": "not_an_option",
    }


def test_good_answers_and_given_kinds_of_missing_pass() -> None:
    good = {"sports": 1, "where": (1, 3), "since": "2026-01-01", "tips": "skipped", "mood": Missing.two_marks}
    assert checks.check(FEELINGS, good) == {}


@settings(max_examples=300, deadline=None)
@given(item=st.sampled_from(FEELINGS.items), raw=st.lists(st.text(max_size=60), max_size=3))
def test_whatever_is_sent_either_passes_the_check_or_is_refused(item: object, raw: list[str]) -> None:
    feelings: Instrument = FEELINGS
    try:
        answer = checks.parse(item, feelings.codes(item), raw)  # type: ignore[arg-type]
    except checks.Refused:
        return
    if answer is not None:
        assert checks.check(feelings, {item.id: answer}) == {}  # type: ignore[attr-defined]
