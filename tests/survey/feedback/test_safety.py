"""No sequence of allowed releases gives a small group away, to whoever adds and subtracts everything."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.feedback import Feedback, Smallest
from survey.feedback import rounding, safety, selection
from survey.feedback.safety import Group, Member, Rule, Told
from survey.feedback.selection import ALL, Candidate, Cell, Rules
from tests.survey.feedback import adversary

RULE, COUNT = Rule(3, 2), Rule(2, 2)
DAY = dt.date(2027, 3, 1)
#: Eight values of seven people in five families: somebody answers twice, and some live together.
PEOPLE = tuple(
    Member(f"u{number}", f"p{min(number, 6)}", f"f{min(number, 6) // 2 + (number == 5)}", number % 3 != 0)
    for number in range(8)
)
groups_of_people = st.frozensets(st.sampled_from(PEOPLE), max_size=8)


def members(names: str, **home: str) -> Group:
    """Each letter is a person with one value, in a family of their own unless said otherwise."""
    return frozenset(Member(name, name, home.get(name, name)) for name in names)


def admitted(groups: list[Group]) -> list[Group]:
    """What is let through of a sequence of releases, one after another."""
    told: list[Group] = []
    for group in groups:
        if group and not safety.gives_away([*told, group], RULE):
            told.append(group)
    return told


@given(st.lists(groups_of_people, max_size=7))
@settings(max_examples=150, deadline=None)
def test_no_sequence_of_groups_that_was_let_through_gives_a_small_group_away(groups: list[Group]) -> None:
    assert adversary.learns_about_few(admitted(groups), RULE.people, RULE.families) is None


@given(st.lists(groups_of_people, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_what_is_refused_would_have_given_a_small_group_away(groups: list[Group]) -> None:
    """Nothing is hidden without need."""
    found = adversary.learns_about_few(groups, RULE.people, RULE.families)
    assert safety.gives_away(groups, RULE) is (found is not None)


def test_where_there_are_too_many_combinations_to_look_at_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    groups = [members("abcdef"), members("abcghi")]
    assert not safety.gives_away(groups, Rule(4, 1))
    monkeypatch.setattr(safety, "_MOST", 2)
    assert safety.gives_away(groups, Rule(4, 1))


@given(st.lists(st.tuples(groups_of_people, st.booleans()), max_size=5))
@settings(max_examples=80, deadline=None)
def test_no_sequence_of_shares_tells_that_only_few_said_yes_or_no(shares: list[tuple[Group, bool]]) -> None:
    told: list[Told] = []
    for group, split in shares:
        if group and safety.is_safe([*told, Told(group, split)], RULE, Rule(2, 1)):
            told.append(Told(group, split))
    assert adversary.learns_about_few([each.members for each in told], RULE.people, RULE.families) is None
    assert adversary.learns_a_side(told, 2) is None


@pytest.mark.parametrize(
    ("told", "safe"),
    [
        (["abcdef"], True),
        (["ab"], False),
        # Cumulative: two are added.
        (["abcdef", "abcdefgh"], False),
        (["abcdef", "abcdefghi"], True),
        # Nested: a municipality in the programme, and too few outside it.
        (["abcdef", "abcd"], False),
        (["abcdef", "abc"], True),
        # Overlapping windows: what only one of them has is small, but cannot be had by itself.
        (["abcdefg", "cdefghi"], True),
        # With what they have in common told as well, it can.
        (["abcdefg", "cdefghi", "cdefg"], False),
        # Three that each are fine, and all but one of a fourth.
        (["abc", "def", "ghi", "abcdefghij"], False),
        (["abc", "def", "ghi", "abcdefghi"], True),
        (["abc", "abc", "abc"], True),
        ([], True),
    ],
)
def test_examples_of_what_can_be_subtracted(told: list[str], safe: bool) -> None:
    assert safety.gives_away([members(names) for names in told], Rule(3, 1)) is not safe


def test_ten_people_of_four_families_are_too_few() -> None:
    homes = dict.fromkeys("abcdefg", "one")
    assert safety.gives_away([members("abcdefghij", **homes)], Rule(10, 5))
    assert not safety.gives_away([members("abcdefghij", **dict.fromkeys("abcdef", "one"))], Rule(10, 5))


def test_a_corrected_answer_is_another_value_of_the_same_person() -> None:
    before = members("abcdef")
    after = before - members("a") | {Member("a corrected", "a", "a")}
    assert safety.gives_away([before, after], Rule(3, 1))


def a_share(yes: str, no: str, *, split: bool = True) -> Told:
    found = {Member(name, name, name, name in yes) for name in yes + no}
    return Told(frozenset(found), split)


def test_a_share_is_not_told_when_few_or_none_are_on_one_side() -> None:
    few = [a_share("abcdef", "g"), a_share("a", "bcdefg"), a_share("abcdef", ""), a_share("", "abcdef")]
    assert not any(safety.is_safe([each], RULE, COUNT) for each in few)
    assert safety.is_safe([a_share("abc", "def")], RULE, COUNT)
    # Only that it is less than so much: then nobody is pointed at.
    assert safety.is_safe([a_share("abcdef", "g", split=False)], RULE, COUNT)


def test_a_share_of_a_part_is_not_told_when_it_tells_that_nobody_else_said_yes() -> None:
    whole, part = a_share("abc", "defghijk"), a_share("abc", "def")
    assert safety.is_safe([whole], RULE, COUNT)
    assert safety.is_safe([part], RULE, COUNT)
    assert not safety.is_safe([whole, part], RULE, COUNT)


# --- Choosing: sequences of releases over data that grow, are corrected and are erased ---

SMALL = Rules(Rule(3, 2), Rule(2, 2), 30)
PLACES = ("municipality:A", "municipality:B", "municipality:C")


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, list[Member]]]:
    """What is known at each release, by municipality: people come, some are corrected, some are erased."""
    found: list[dict[str, list[Member]]] = []
    now: dict[str, list[Member]] = {place: [] for place in PLACES}
    number = 0
    for _release in range(draw(st.integers(1, 4))):
        for place in PLACES:
            for _person in range(draw(st.integers(0, 2 if found else 3))):
                yes = draw(st.booleans())
                now[place].append(Member(f"u{number}", f"p{number}", f"f{number // 2}", yes))
                number += 1
            if now[place] and draw(st.integers(0, 4)) == 0:
                if draw(st.booleans()):
                    now[place].pop()
                else:
                    old = now[place].pop()
                    now[place].append(Member(f"{old.unit} corrected", old.person, old.family, not old.yes))
        found.append({place: list(there) for place, there in now.items()})
    return found


def candidates(known: dict[str, list[Member]], kind: selection.Kind) -> list[Candidate]:
    everybody = frozenset(one for there in known.values() for one in there)
    found = []
    for place, group in [(ALL, everybody), *((place, frozenset(there)) for place, there in known.items())]:
        values = tuple(Fraction(len(one.unit)) for one in group) if kind == "mean" else ()
        found.append(Candidate("figure", kind, place, "T1", group, values, (0, 100)))
    return found


@given(histories(), st.sampled_from(["count", "mean", "share"]))
@settings(max_examples=120, deadline=None)
def test_no_sequence_of_releases_gives_a_small_group_away(
    history: list[dict[str, list[Member]]], kind: selection.Kind
) -> None:
    before: list[Cell] = []
    for number, known in enumerate(history):
        chosen = selection.choose(candidates(known, kind), before, SMALL, DAY + dt.timedelta(number))
        assert all(cell in before for cell in chosen.again)
        before += chosen.new
    rule = SMALL.of_kind(kind)
    groups = [cell.members for cell in before]
    assert adversary.learns_about_few(groups, rule.people, rule.families) is None
    if kind == "share" and sum(len(group) for group in set(groups)) < 16:
        assert adversary.learns_a_side([cell.told for cell in before], 2) is None


@given(histories())
@settings(max_examples=60, deadline=None)
def test_the_programme_is_always_shown_from_k_up(history: list[dict[str, list[Member]]]) -> None:
    before: list[Cell] = []
    for known in history:
        everybody = {one for there in known.values() for one in there}
        chosen = selection.choose(candidates(known, "mean"), before, SMALL, DAY)
        if SMALL.outcome.allows(everybody):
            assert [cell.place for cell in (*chosen.new, *chosen.again)].count(ALL) == 1
        before += chosen.new


# --- The pilot's own sizes: people study, section 6.5 ---

#: Families at T0 by municipality, and the families of 48 whose parents answered at T0 to T4 (table 5).
SIZES, ANSWERED = (13, 8, 7, 5, 4, 4, 3, 2, 1, 1), (48, 39, 22, 16, 12)


def shown_in_the_pilot(rules: Rules) -> list[int]:
    """How many municipalities are shown at each wave, if everywhere the same share answered."""
    found = []
    for wave, answered in enumerate(ANSWERED):
        made, everybody = [], []
        for place, size in enumerate(SIZES):
            count = int(Fraction(size * answered, 48) + Fraction(1, 2))
            there = [Member(f"{place} {n}", f"{place} {n}", f"{place} {n}") for n in range(count)]
            everybody += there
            made.append((f"municipality:{place}", there))
        told = [
            Candidate(
                "who5", "mean", place, f"T{wave}", frozenset(there), (Fraction(1),) * len(there), (0, 1)
            )
            for place, there in [(ALL, everybody), *made]
        ]
        chosen = selection.choose(told, [], rules, DAY)
        assert chosen.new[0].place == ALL
        found.append(len(chosen.new) - 1)
    return found


def test_the_pilot_would_show_as_many_municipalities_as_the_study_of_people_found() -> None:
    assert shown_in_the_pilot(Rules(Rule(5, 5), Rule(5, 5), 30)) == [4, 3, 1, 0, 0]
    assert shown_in_the_pilot(Rules.of(Smallest(), 30)) == [1, 1, 0, 0, 0]


# --- Thresholds and rounding ---


def test_thresholds_go_up_only() -> None:
    for lower in ({"respondents": 9}, {"families": 4}, {"count": 4}):
        with pytest.raises(ValueError):
            Smallest(**lower)
    plan = Feedback(smallest=Smallest(respondents=12))
    before = [Smallest(families=8), Smallest(respondents=11, count=6)]
    assert selection.in_force(plan, before) == Smallest(respondents=12, families=8, count=6)


@pytest.mark.parametrize(("people", "value"), [(30, "47.3"), (29, "45"), (10, "45")])
def test_means_of_few_are_rounded_to_a_twentieth_of_their_scale(people: int, value: str) -> None:
    assert rounding.mean([Fraction("47.26")], people, (0, 100), 30).value == value


@pytest.mark.parametrize(
    ("yes", "whole", "shown"), [(17, 30, "57"), (16, 29, "55"), (7, 12, "60"), (5, 10, "50")]
)
def test_shares_of_few_are_rounded_to_five_percent(yes: int, whole: int, shown: str) -> None:
    assert rounding.share(yes, whole, whole, 30).value == shown


@given(st.integers(10, 200), st.integers(0, 4), st.booleans())
def test_a_bounded_share_is_true_and_the_same_whoever_is_on_the_small_side(
    whole: int, few: int, most: bool
) -> None:
    yes = whole - few if most else few
    told = rounding.bounded(yes, whole, whole, 5)
    share = 100 * yes / whole
    assert share > float(told.value) if most else share < float(told.value)
    assert told == rounding.bounded(whole - 2 if most else 2, whole, whole, 5)
    assert told.least % 5 == 0
