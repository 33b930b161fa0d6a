"""`survey instruments burden`, as whoever plans a study calls it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from instruments import protocol
from survey.cli import main


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["instruments", "burden", *words])


def test_the_table_says_what_a_parent_with_two_children_is_asked_beside_the_budget() -> None:
    result = run()
    assert result.exit_code == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["T0", "parent", "2", "37-39", "35-58", "112-187", "40"] in rows


def test_waves_that_ask_the_same_share_a_line() -> None:
    lines = run().stdout.splitlines()
    (evaluation,) = [line for line in lines if "linking pin" in line and "project" in line]
    assert evaluation.startswith("T1 T2 T3 T4 ")


def test_the_json_holds_every_part_and_every_person_of_every_wave() -> None:
    result = run("--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["over_budget"] == []
    parent = next(each for each in found["people"] if (each["wave"], each["children"]) == ("T4", 3))
    assert parent["minutes"] == [44, 47]
    assert parent["budget_minutes"] == 50
    toddler = next(part for part in found["parts"] if part["from_months"] == 24)
    assert toddler["versions"] == ["background_child/parent", "pedsql/parent-2-4", "sdq/parent-2-4"]


def test_a_plan_over_its_budget_ends_with_one_and_says_where(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    text = protocol.DEFAULT.read_text(encoding="utf-8")
    plan.write_text(text.replace("children: 1, waves: {T0: 30,", "children: 1, waves: {T0: 20,"), "utf-8")
    result = run("--protocol", str(plan))
    assert result.exit_code == 1
    assert "budget_minutes.parent of 1.T0: the wave asks 27 minutes where 20 are allowed" in result.stderr
