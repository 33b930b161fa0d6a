"""The documents on security name what is there: every requirement, every place, every test, every key."""

from __future__ import annotations

import ast
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import survey
from instruments import reading
from survey.settings import Settings

HOUSE = Path(survey.__file__).parents[1]
SECURITY = Path(survey.__file__).parent / "documentation" / "security"
STATES = {"met", "partly", "absent", "installer", "organisation"}

#: How many requirements of levels 1 and 2 every section of ASVS 5.0.0 has; in each they come before those of
#: level 3. (V10 and V17 are dealt with as chapters.)
SECTIONS = {
    "V1.1": 2, "V1.2": 9, "V1.3": 11, "V1.4": 3, "V1.5": 2, "V2.1": 3, "V2.2": 3, "V2.3": 4, "V2.4": 1,
    "V3.2": 2, "V3.3": 4, "V3.4": 6, "V3.5": 5, "V3.7": 2, "V4.1": 3, "V4.2": 1, "V4.3": 2, "V4.4": 4,
    "V5.1": 1, "V5.2": 3, "V5.3": 2, "V5.4": 3, "V6.1": 3, "V6.2": 12, "V6.3": 4, "V6.4": 4, "V6.5": 5,
    "V6.6": 3, "V6.8": 4, "V7.1": 3, "V7.2": 4, "V7.3": 2, "V7.4": 5, "V7.5": 2, "V7.6": 2, "V8.1": 2,
    "V8.2": 3, "V8.3": 1, "V8.4": 1, "V9.1": 3, "V9.2": 4, "V11.1": 2, "V11.2": 3, "V11.3": 3,
    "V11.4": 4, "V11.5": 1, "V11.6": 1, "V12.1": 3, "V12.2": 2, "V12.3": 4, "V13.1": 1, "V13.2": 5,
    "V13.3": 2, "V13.4": 5, "V14.1": 2, "V14.2": 4, "V14.3": 3, "V15.1": 3, "V15.2": 3, "V15.3": 7,
    "V16.1": 1, "V16.2": 5, "V16.3": 4, "V16.4": 3, "V16.5": 3,
}  # fmt: skip


@cache
def table() -> dict[str, dict[str, Any]]:
    found = reading.read((SECURITY / "asvs.yaml").read_text(encoding="utf-8"), "asvs.yaml")
    rows: dict[str, dict[str, Any]] = found["requirements"]
    return rows


def test_every_requirement_of_the_first_two_levels_stands_in_the_table_once() -> None:
    wanted = {f"{section}.{number}" for section, count in SECTIONS.items() for number in range(1, count + 1)}
    assert set(table()) == wanted


@pytest.mark.parametrize("number", sorted(table()))
def test_a_requirement_names_places_and_tests_that_are_there(number: str) -> None:
    row = table()[number]
    assert set(row) <= {"asks", "state", "code", "test", "note"}
    assert row["state"] in STATES
    assert (row["state"] in ("met", "partly")) == bool(row.get("code")) == bool(row.get("test")), number
    assert row["state"] not in ("partly", "installer", "organisation") or row.get("note"), "say what is left"
    for place in row.get("code", ()):
        file, _, name = place.partition(":")
        assert (HOUSE / file).exists(), place
        assert not name or name in _names(file), f"{place} is not there any more"
    for test in row.get("test", ()):
        file, _, name = test.partition("::")
        assert (HOUSE / file).is_file(), test
        assert not name or (name.startswith("test_") and name in _names(file)), (
            f"{test} is not there any more"
        )


def test_a_place_or_test_that_is_not_there_would_be_noticed() -> None:
    assert "obstacles" in _names("survey/safety.py")
    assert "is_safe_enough" not in _names("survey/safety.py")


def test_every_key_of_the_settings_stands_in_the_threat_model() -> None:
    text = (SECURITY / "threat_model.md").read_text(encoding="utf-8")
    secret = [each.name for each in fields(Settings) if each.repr is False and each.name != "clock"]
    assert len(secret) > 6
    for name in secret:
        assert f"MEETMOMENT_{name.upper()}" in text, name


def test_every_threat_names_what_limits_it() -> None:
    text = (SECURITY / "threat_model.md").read_text(encoding="utf-8")
    rows = [
        line
        for line in text.splitlines()
        if line.startswith(("| S |", "| T |", "| R |", "| I |", "| D |", "| E |"))
    ]
    assert {row[2] for row in rows} == set("STRIDE")
    assert len(rows) > 30
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 4, row
        assert all(cells), row


@cache
def _names(file: str) -> frozenset[str]:
    """What a module defines: functions, classes, constants, and what classes define."""
    if not file.endswith(".py"):
        return frozenset()
    found: set[str] = set()
    for node in ast.walk(ast.parse((HOUSE / file).read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return frozenset(found)
