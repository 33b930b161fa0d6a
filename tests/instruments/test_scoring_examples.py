"""Worked examples of the scores of children, computed by hand, and every boundary of their cut-offs.

The rules are those of the sources named in the definitions; the arithmetic stands beside each example.
"C1", "C6" and the like are the resolutions noted in the CHANGES.md of the instrument.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from instruments import Given, Instrument, Missing, catalogue, scoring
from tests.scored import adding_up_to, flag, ids, scores

PEDSQL_24 = catalogue().get("pedsql", "parent-2-4")
PEDSQL_57 = catalogue().get("pedsql", "parent-5-7")
PEDSQL_812 = catalogue().get("pedsql", "parent-8-12")
PEDSQL_1318 = catalogue().get("pedsql", "parent-13-18")
SDQ_24 = catalogue().get("sdq", "parent-2-4")
SDQ_417 = catalogue().get("sdq", "parent-4-17")


# PedsQL: 0, 1, 2, 3, 4 count 100, 75, 50, 25, 0; the mean of the answered items (official scoring page).

PEDSQL_EXAMPLE: dict[str, Given | None] = {
    **dict(zip(ids("p", 8), [0, 1, 2, 3, 4, 0, 1, 2], strict=True)),  # 100+75+50+25+0+100+75+50 = 475
    **dict(zip(ids("e", 5), [1, 1, 1, 1, 1], strict=True)),  # 375
    **dict(zip(ids("s", 5), [2, 2, 3, 3, 4], strict=True)),  # 50+50+25+25+0 = 150
    **dict(zip(ids("c", 5), [0, 0, 1, 1, 2], strict=True)),  # 100+100+75+75+50 = 400
}


def test_pedsql_scores_are_means_of_the_recoded_items() -> None:
    assert scores(PEDSQL_57, PEDSQL_EXAMPLE) == {
        "physical": Fraction(475, 8),  # 59.375
        "emotional": Fraction(75),
        "social": Fraction(30),
        "school": Fraction(80),
        "psychosocial": Fraction(925, 15),  # (375 + 150 + 400) / 15 = 61.667
        "total": Fraction(1400, 23),  # (475 + 925) / 23 = 60.870
    }


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("version", [PEDSQL_24, PEDSQL_57, PEDSQL_812, PEDSQL_1318], ids=lambda v: v.version)
def test_pedsql_with_one_code_throughout_gives_its_value_on_every_scale(
    version: Instrument, code: int
) -> None:
    assert set(scores(version, {item.id: code for item in version.items}).values()) == {100 - 25 * code}


@pytest.mark.parametrize(
    ("version", "scale", "enough"),
    [
        (PEDSQL_57, "physical", ids("p", 4)),  # 4 of 8: exactly half is enough
        (PEDSQL_57, "emotional", ids("e", 3)),  # 3 of 5
        (PEDSQL_57, "school", ids("c", 3)),
        (PEDSQL_24, "school", ids("c", 2)),  # 2 of 3 in the nursery scale
        (PEDSQL_57, "psychosocial", [*ids("e", 4), *ids("s", 4)]),  # 8 of 15
        (PEDSQL_24, "psychosocial", [*ids("e", 4), *ids("s", 3)]),  # 7 of 13
        (PEDSQL_57, "total", [*ids("p", 8), *ids("e", 4)]),  # 12 of 23
        (PEDSQL_24, "total", [*ids("p", 8), *ids("e", 3)]),  # 11 of 21
    ],
    ids=lambda x: getattr(x, "version", None) or str(x),
)
def test_pedsql_needs_half_of_the_items_and_not_one_less(
    version: Instrument, scale: str, enough: list[str]
) -> None:
    answers: dict[str, Given | None] = dict.fromkeys(enough, 1)
    assert scores(version, answers)[scale] == 75
    answers[enough[-1]] = Missing.skipped
    assert scores(version, answers)[scale] is None


def test_pedsql_psychosocial_is_a_mean_over_items_and_not_over_scales() -> None:
    # three emotional items at 75 and five social items at 100: (225 + 500) / 8 = 90.625;
    # the mean of the two scale scores would be 87.5
    answers: dict[str, Given | None] = {**dict.fromkeys(ids("e", 3), 1), **dict.fromkeys(ids("s", 5), 0)}
    assert scores(PEDSQL_57, answers)["psychosocial"] == Fraction(725, 8)


def test_pedsql_items_of_a_scale_without_a_score_still_count_in_the_total() -> None:
    # three physical items at 100, five emotional at 75, four social at 50: (300 + 375 + 200) / 12
    answers: dict[str, Given | None] = {
        **dict.fromkeys(ids("p", 3), 0),
        **dict.fromkeys(ids("e", 5), 1),
        **dict.fromkeys(ids("s", 4), 2),
    }
    found = scores(PEDSQL_57, answers)
    assert found["physical"] is None
    assert found["school"] is None
    assert found["total"] == Fraction(875, 12)


@pytest.mark.parametrize(
    ("version", "months", "raw", "reduced"),
    [
        # total = 100 - 25 x raw / items; seed §4.2.4: < 78.5 (2-4), < 74.5 (5-7), < 73.2 (8-12)
        (PEDSQL_24, 24, 19, True),  # 1625 / 21 = 77.381
        (PEDSQL_24, 59, 18, False),  # 1650 / 21 = 78.571
        (PEDSQL_57, 60, 24, True),  # 1700 / 23 = 73.913
        (PEDSQL_57, 95, 23, False),  # 1725 / 23 = 75.000
        (PEDSQL_812, 96, 25, True),  # 1675 / 23 = 72.826
        (PEDSQL_812, 155, 24, False),  # 1700 / 23 = 73.913
    ],
    ids=lambda x: getattr(x, "version", None) or str(x),
)
def test_pedsql_is_reduced_strictly_below_the_cut_off_of_the_age(
    version: Instrument, months: int, raw: int, reduced: bool
) -> None:
    answers = adding_up_to(raw, [item.id for item in version.items], 0, 4)
    assert flag(version, answers, "total", months) is reduced


def test_pedsql_is_compared_unrounded() -> None:
    # 14 items answered, raw sum 15: 1025 / 14 = 73.214, not below 73.2; rounded to 73 it would be
    answers = adding_up_to(15, [*ids("p", 8), *ids("e", 5), "s1"], 0, 4)
    assert scores(PEDSQL_812, answers)["total"] == Fraction(1025, 14)
    assert flag(PEDSQL_812, answers, "total", 100) is False


def test_pedsql_has_no_flag_from_thirteen_years_on() -> None:
    worst: dict[str, Given | None] = {item.id: 4 for item in PEDSQL_1318.items}
    assert flag(PEDSQL_812, worst, "total", 155) is True
    assert flag(PEDSQL_812, worst, "total", 156) is None  # the form of an earlier age, finished at 13;0
    for months in (156, 227):
        scored = scoring.score(PEDSQL_1318, worst, months)
        assert scored.flags["total"] is None
        assert "total" not in scored.sources


def test_the_pedsql_flag_at_eight_to_twelve_says_that_its_norm_is_of_self_reports() -> None:
    source = scoring.score(PEDSQL_812, PEDSQL_EXAMPLE, 100).sources["total"]
    assert (source.cut_off, source.years, source.evidence) == ("< 73.2", "8-12", "S")
    assert source.norm.startswith("self-report norm")
    assert "Engelen" in source.source


# SDQ: sums of five items, 7, 11, 14, 21 and 25 reversed (official scoring sheet).

SDQ_EXAMPLE: dict[str, Given | None] = {
    # conduct, with 7 reversed: 1 + (2-2) + 0 + 1 + 0 = 2
    # hyperactivity, with 21 and 25 reversed: 2 + 2 + 1 + (2-0) + (2-1) = 8
    # peer, with 11 and 14 reversed: 1 + (2-2) + (2-1) + 0 + 1 = 3
    **dict(zip(["3", "8", "13", "16", "24"], [2, 1, 0, 1, 2], strict=True)),  # emotional: 6
    **dict(zip(["5", "7", "12", "18", "22"], [1, 2, 0, 1, 0], strict=True)),
    **dict(zip(["2", "10", "15", "21", "25"], [2, 2, 1, 0, 1], strict=True)),
    **dict(zip(["6", "11", "14", "19", "23"], [1, 2, 1, 0, 1], strict=True)),
    **dict(zip(["1", "4", "9", "17", "20"], [2, 2, 1, 2, 0], strict=True)),  # prosocial: 7
}
REVERSED = ("7", "11", "14", "21", "25")
PROSOCIAL = ("1", "4", "9", "17", "20")
PLAIN_DIFFICULTIES = [str(n) for n in range(1, 26) if str(n) not in {*REVERSED, *PROSOCIAL}]


def sdq_total(points: int) -> dict[str, Given | None]:
    """Complete answers with this total of difficulties."""
    return {
        **dict.fromkeys(REVERSED, 2),
        **dict.fromkeys(PROSOCIAL, 1),
        **adding_up_to(points, PLAIN_DIFFICULTIES, 0, 2),
    }


@pytest.mark.parametrize("version", [SDQ_24, SDQ_417], ids=lambda v: v.version)
def test_sdq_sums_its_scales_and_leaves_prosocial_out_of_the_total(version: Instrument) -> None:
    assert scores(version, SDQ_EXAMPLE) == {
        "emotional": 6,
        "conduct": 2,
        "hyperactivity": 8,
        "peer": 3,
        "prosocial": 7,
        "total_difficulties": 19,
        "internalising": 9,
        "externalising": 10,
    }


def test_sdq_with_everything_unfavourable_reaches_the_ends_of_its_ranges() -> None:
    worst = {str(n): 0 if str(n) in {*REVERSED, *PROSOCIAL} else 2 for n in range(1, 26)}
    found = scores(SDQ_417, worst)
    assert found["total_difficulties"] == 40
    assert found["prosocial"] == 0
    assert found["internalising"] == found["externalising"] == 20


@pytest.mark.parametrize(
    ("given", "score"),
    [
        ({"3": 2, "8": 1, "13": 1}, 7),  # the example of the scoring sheet: 4 points on 3 items, 6.67
        ({"3": 2, "8": 0, "13": 0, "16": 0}, 3),  # 2 x 5/4 = 2.5; Python's round() would give 2
        ({"3": 2, "8": 2, "13": 2, "16": 0}, 8),  # 6 x 5/4 = 7.5
        ({"3": 1, "8": 0, "13": 0, "16": 0}, 1),  # 1 x 5/4 = 1.25
        ({"3": 1, "8": 1, "13": 1, "16": 0}, 4),  # 3 x 5/4 = 3.75
        ({"3": 1, "8": 0, "13": 0}, 2),  # 1 x 5/3 = 1.67
        ({"3": 2, "8": 2}, None),  # two of five are too few
    ],
)
def test_sdq_scales_up_three_or_four_answers_with_halves_upwards(
    given: dict[str, int], score: int | None
) -> None:
    assert scores(SDQ_417, given)["emotional"] == score


def test_sdq_reverses_before_it_scales_up() -> None:
    # conduct without item 22: 1 + (2-0) + 0 + 1 = 4; 4 x 5/4 = 5
    assert scores(SDQ_417, {"5": 1, "7": 0, "12": 0, "18": 1})["conduct"] == 5


def test_sdq_has_no_total_when_one_of_the_four_scales_is_missing() -> None:
    answers = {**SDQ_EXAMPLE, "6": None, "11": Missing.skipped, "14": Missing.two_marks}
    scored = scoring.score(SDQ_417, answers, 60)
    assert scored.scores["peer"] is None
    assert scored.scores["total_difficulties"] is None
    assert scored.scores["internalising"] is None
    assert scored.scores["externalising"] == 10
    assert scored.flags["total_difficulties"] is None  # null, never false


def test_sdq_has_a_total_without_any_prosocial_item() -> None:
    assert scores(SDQ_417, {**SDQ_EXAMPLE, **dict.fromkeys(PROSOCIAL)})["total_difficulties"] == 19


@pytest.mark.parametrize(
    ("version", "months", "highest_not_clinical"),
    [
        # seed §4.2.4 after Maurice-Stam et al. 2018: > 12 (2-3), > 13 (4-5), > 17 (6-11), > 14 (12-18)
        (SDQ_24, 24, 12),
        (SDQ_24, 47, 12),
        (SDQ_24, 48, 13),  # a form kept over the fourth birthday
        (SDQ_417, 48, 13),
        (SDQ_417, 71, 13),
        (SDQ_417, 72, 17),
        (SDQ_417, 143, 17),
        (SDQ_417, 144, 14),
        (SDQ_417, 227, 14),
    ],
    ids=lambda x: getattr(x, "version", None) or str(x),
)
def test_sdq_is_clinical_strictly_above_the_cut_off_of_the_age(
    version: Instrument, months: int, highest_not_clinical: int
) -> None:
    assert flag(version, sdq_total(highest_not_clinical), "total_difficulties", months) is False
    assert flag(version, sdq_total(highest_not_clinical + 1), "total_difficulties", months) is True


def test_sdq_flags_no_single_scale() -> None:
    flags = scoring.score(SDQ_417, sdq_total(30), 60).flags
    assert {name for name, value in flags.items() if value is not None} == {"total_difficulties"}


# Ages.


@pytest.mark.parametrize(
    ("version", "answers", "name"),
    [(PEDSQL_57, PEDSQL_EXAMPLE, "total"), (SDQ_417, SDQ_EXAMPLE, "total_difficulties")],
    ids=["pedsql", "sdq"],
)
def test_without_an_age_a_child_has_scores_but_no_flag(
    version: Instrument, answers: dict[str, Given | None], name: str
) -> None:
    scored = scoring.score(version, answers, None)
    assert scored.scores[name] is not None
    assert scored.flags[name] is None
    assert name not in scored.sources


# TAPQOL: nothing is released before the manual is in hand.


@pytest.mark.parametrize("frequency", [0, 1, 2])
def test_tapqol_gives_no_score_whatever_is_answered(frequency: int) -> None:
    version = catalogue().get("tapqol", "parent-0-1")
    answers: dict[str, Given | None] = {item.id: 0 if item.part_of else frequency for item in version.items}
    scored = scoring.score(version, answers, 20)
    assert len(scored.scores) == 12
    assert set(scored.scores.values()) == {None}
    assert set(scored.provisional) == set(scored.scores)
