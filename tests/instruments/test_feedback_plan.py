"""What a protocol says about feedback: refused where it cannot be, with the key and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from instruments import BrokenFile, catalogue, protocol

PILOT = protocol.DEFAULT.read_text(encoding="utf-8")
TWICE = (
    "  regions:\n    - {id: a, name: A, municipalities: [G1, G2]}\n"
    "    - {id: b, name: B, municipalities: [G2, G3]}\n  figures:\n"
)
WELLBEING = "instrument: who5\n      score: score\n      show: mean"


def problems(tmp_path: Path, old: str, new: str) -> list[str]:
    assert PILOT.count(old) == 1
    path = tmp_path / "protocol.yaml"
    path.write_text(PILOT.replace(old, new), encoding="utf-8")
    with pytest.raises(BrokenFile) as broken:
        protocol.load(path)
    return [str(problem) for problem in broken.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (WELLBEING, "instrument: who6\n      score: score\n      show: mean", "no parent answers who6"),
        (WELLBEING, "instrument: who5\n      score: none\n      show: mean", "released score none"),
        (WELLBEING, "instrument: vgk\n      score: waardering\n      show: mean", "is provisional"),
        (WELLBEING, "instrument: who5\n      show: mean", "either a score or an item"),
        (WELLBEING, "instrument: who5\n      item: 9\n      show: mean", "no closed question 9"),
        (WELLBEING, "instrument: who5\n      score: raw\n      show: share", "raw has no cut-off"),
        (WELLBEING, f"{WELLBEING}\n      grade: true", "codes and grades are those of an item"),
        ("codes: [1, 2]", "codes: [1, 2, 3, 4, 5]", "some of the codes"),
        ("codes: [1, 2]", "codes: []", "some of the codes"),
        ("id: relief_parents", "id: grade_parents", "grade_parents is there twice"),
        ("respondents: 10", "respondents: 9", "greater than or equal to 10"),
        ("round_below: 30", "round_below: 29", "greater than or equal to 30"),
        ("first_months: 11", "first_months: 0", "greater than or equal to 1"),
        ("  figures:\n", TWICE, "G2 is there twice"),
        (
            "  figures:\n",
            "  regions: [{id: a, name: A, municipalities: [G1]}]\n  figures:\n",
            "at least 2 items",
        ),
    ],
)
def test_what_cannot_be_told_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    found = problems(tmp_path, old, new)
    assert any(says in problem for problem in found), found


def test_the_figures_of_the_pilot_know_their_scale() -> None:
    for figure in protocol.default().feedback.figures:
        low, high = figure.scale(catalogue())
        assert low < high
