"""What a study asks of people is known beforehand, and stays within what it allows itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from instruments import BrokenFile, Problem, burden, catalogue, protocol
from instruments.burden import Load
from instruments.protocol import Budget, Protocol

FILE = protocol.DEFAULT.read_text(encoding="utf-8")


def load(tmp_path: Path, text: str) -> Protocol:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return protocol.load(path)


def minutes(wave: str, who: str, children: int = 1) -> tuple[int, int]:
    return burden.of_person(protocol.default(), catalogue(), wave, who, children=children).minutes


def test_the_pilot_asks_no_more_minutes_than_its_own_budget_allows() -> None:
    assert burden.over_budget(protocol.default(), catalogue()) == []


def test_the_pilot_has_a_budget_for_everybody_whom_it_asks_in_every_wave() -> None:
    plan = protocol.default()
    budgeted = {(budget.informant, wave) for budget in plan.budget_minutes for wave in budget.waves}
    asked = {(part.who, wave.id) for wave in plan.waves for part in burden.parts(plan, catalogue(), wave.id)}
    assert {(who, wave) for who, wave in asked if who != "second_parent"} <= budgeted
    assert {budget.children for budget in plan.budget_minutes if budget.informant == "parent"} == {1, 2, 3}


def test_minutes_are_those_that_the_definitions_say_added_up() -> None:
    # T0: background 3 + VGK 6 + WHO-5 2 + Parenting Scale 4 = 15, and for each child background 1 with
    # TAPQOL 10 (11), or with PedsQL 5 and SDQ 6 (12).
    assert minutes("T0", "parent", 1) == (15 + 11, 15 + 12)
    assert minutes("T0", "parent", 3) == (15 + 33, 15 + 36)
    # Later without the backgrounds, and with the evaluation: 6 + 2 + 4 + 2 = 14.
    assert minutes("T3", "parent", 2) == (14 + 20, 14 + 22)


def test_a_parent_who_does_not_report_on_the_children_is_asked_the_same_whatever_their_number() -> None:
    assert minutes("T0", "second_parent", 1) == minutes("T0", "second_parent", 4) == (12, 12)


def test_a_child_costs_time_only_where_children_are_asked() -> None:
    assert minutes("T0", "child") == (0, 0)
    assert minutes("T1", "child") == (2, 2)


def test_screens_lie_between_what_nobody_escapes_and_what_every_condition_can_open() -> None:
    plan, known = protocol.default(), catalogue()
    babies = next(part for part in burden.parts(plan, known, "T1") if part.versions == ("tapqol/parent-0-1",))
    tapqol = known.get("tapqol", "parent-0-1")
    assert babies.load.single[1] == len(tapqol.items)
    assert babies.load.screens[1] == len(tapqol.pages)
    assert babies.load.single[0] < babies.load.single[1]


def test_bands_of_age_change_where_the_questionnaires_change() -> None:
    parts = burden.parts(protocol.default(), catalogue(), "T2")
    bands = [part.ages for part in parts if part.who == "parent" and part.subject == "child"]
    assert [(ages.from_months, ages.to_months) for ages in bands if ages] == [
        (0, 23), (24, 47), (48, 59), (60, 95), (96, 155), (156, 227)
    ]  # fmt: skip


def test_a_parent_of_a_child_about_whom_nothing_is_asked_is_asked_less(tmp_path: Path) -> None:
    older_only = "\n".join(line for line in FILE.splitlines() if "instrument: tapqol" not in line)
    older_only = older_only.replace(
        "  - id: child_background\n", "  - id: child_background\n    enabled: false\n"
    )
    plan = load(tmp_path, older_only)
    assert burden.of_person(plan, catalogue(), "T1", "parent", children=2).minutes == (14, 14 + 22)


def test_a_protocol_that_asks_more_than_its_budget_is_told_where_and_by_how_much() -> None:
    strict = protocol.default().model_copy(
        update={"budget_minutes": (Budget(informant="parent", children=2, waves={"T0": 38, "T1": 36}),)}
    )
    assert burden.over_budget(strict, catalogue()) == [
        Problem(
            "buitenshuis",
            "budget_minutes.parent of 2.T0",
            "the wave asks 39 minutes where 38 are allowed",
            "Ask less in this wave, or raise the budget and say why.",
        )
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("  - {informant: child, waves: {T9: 5}}", "there is no wave T9"),
        ("  - {informant: child, waves: {T0: 4}}", "child with 1 is there twice"),
        ("  - {informant: neighbour, waves: {T0: 4}}", "Input should be"),
    ],
)
def test_a_budget_that_cannot_be_meant_is_refused(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(BrokenFile, match=what):
        load(tmp_path, FILE.replace("budget_minutes:\n", f"budget_minutes:\n{line}\n"))


def test_a_protocol_may_do_without_a_budget() -> None:
    free = protocol.default().model_copy(update={"budget_minutes": ()})
    assert burden.over_budget(free, catalogue()) == []


def test_a_wave_that_is_not_there_costs_nothing_but_an_error() -> None:
    with pytest.raises(KeyError, match="there is no wave T9"):
        burden.parts(protocol.default(), catalogue(), "T9")


def test_nothing_asked_is_no_load() -> None:
    assert Load().times(3) == Load() == Load((1, 2), (3, 4), (5, 6)).times(0)
