"""Worked examples of the scores of parents, computed by hand, and every boundary of their cut-offs.

The rules are those of the sources named in the definitions. "C1", "C6" and the like are the resolutions
noted in the CHANGES.md of the instrument.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from instruments import Given, Instrument, Missing, catalogue, scoring
from tests.scored import adding_up_to, flag, ids, scores

WHO5 = catalogue().get("who5", "self")
VGK = catalogue().get("vgk", "parent")
PARENTING = catalogue().get("parenting_scale", "parent-short")


# WHO-5: raw sum of five, times four; below 50 is low (seed §4.2.4).


@pytest.mark.parametrize(
    ("raw", "score", "low"),
    [
        (0, 0, True),
        (12, 48, True),
        (13, 52, False),  # 50 cannot occur, so < 50 and <= 50 are one rule (C1)
        (25, 100, False),
    ],
)
def test_who5_is_four_times_its_sum_and_low_below_fifty(raw: int, score: int, low: bool) -> None:
    answers = adding_up_to(raw, "12345", 0, 5)
    assert scores(WHO5, answers) == {"raw": raw, "score": score}
    assert flag(WHO5, answers, "score") is low


def test_who5_is_not_scored_with_an_answer_missing() -> None:
    # ten points on four items would prorate to exactly 50: we do not prorate
    scored = scoring.score(WHO5, {"1": 5, "2": 5, "3": 0, "4": 0, "5": Missing.skipped})
    assert set(scored.scores.values()) == {None}
    assert set(scored.flags.values()) == {None}


# VGK: sums of already keyed answers, all needed; below 28 and 58 is problematic (seed §4.2.4).


@pytest.mark.parametrize(
    ("scale", "items", "points", "problematic"),
    [
        ("waardering", ids("w", 8), 8, True),
        ("waardering", ids("w", 8), 27, True),
        ("waardering", ids("w", 8), 28, False),
        ("waardering", ids("w", 8), 40, False),
        ("samenwerking", ids("s", 15), 15, True),
        ("samenwerking", ids("s", 15), 57, True),
        ("samenwerking", ids("s", 15), 58, False),
        ("samenwerking", ids("s", 15), 75, False),
    ],
)
def test_vgk_is_problematic_strictly_below_its_cut_offs(
    scale: str, items: list[str], points: int, problematic: bool
) -> None:
    answers = adding_up_to(points, items, 1, 5)
    assert scores(VGK, answers)[scale] == points
    assert flag(VGK, answers, scale) is problematic


def test_vgk_needs_every_item_of_a_scale() -> None:
    answers: dict[str, Given | None] = dict.fromkeys([*ids("w", 8), *ids("s", 14)], 3)
    scored = scoring.score(VGK, answers)
    assert scored.scores == {"waardering": 24, "samenwerking": None}
    assert scored.flags == {"waardering": True, "samenwerking": None}


# Parenting Scale: means of already keyed answers; 2.8 and 3.0 or more are dysfunctional (seed §4.2.4, C6).


@pytest.mark.parametrize(
    ("scale", "items", "points", "dysfunctional"),
    [
        ("laxness", ids("l", 5), 14, True),  # 14/5 = 2.8 exactly
        ("laxness", ids("l", 5), 13, False),  # 2.6
        ("laxness", ids("l", 4), 12, True),  # 3.0 on four answers
        ("laxness", ids("l", 4), 11, False),  # 2.75
        ("laxness", ids("l", 5), 35, True),
        ("overreactivity", ids("o", 6), 18, True),  # 3.0 exactly
        ("overreactivity", ids("o", 6), 17, False),  # 2.83
        ("overreactivity", ids("o", 5), 15, True),  # 3.0 on five answers
        ("overreactivity", ids("o", 5), 14, False),  # 2.8
        ("overreactivity", ids("o", 6), 6, False),  # 1.0, the lowest there is (C7)
    ],
)
def test_parenting_is_dysfunctional_at_and_above_its_cut_offs(
    scale: str, items: list[str], points: int, dysfunctional: bool
) -> None:
    answers = adding_up_to(points, items, 1, 7)
    assert scores(PARENTING, answers)[scale] == Fraction(points, len(items))
    assert flag(PARENTING, answers, scale) is dysfunctional


@pytest.mark.parametrize(("scale", "items"), [("laxness", ids("l", 3)), ("overreactivity", ids("o", 4))])
def test_parenting_needs_four_of_five_and_five_of_six(scale: str, items: list[str]) -> None:
    answers: dict[str, Given | None] = dict.fromkeys(items, 7)
    assert scores(PARENTING, answers)[scale] is None
    assert flag(PARENTING, answers, scale) is None


@pytest.mark.parametrize("version", [VGK, PARENTING], ids=lambda v: v.id)
def test_scores_with_unverified_keys_are_marked_provisional(version: Instrument) -> None:
    assert set(scoring.score(version, {}).provisional) == {rule.id for rule in version.scores}


def test_a_parent_has_a_flag_without_an_age() -> None:
    assert flag(WHO5, dict.fromkeys("12345", 0), "score", None) is True
