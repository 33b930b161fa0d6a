"""Waves, ages, and who is asked what."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments import BrokenFile, protocol

PILOT = protocol.default()
DATES = st.dates(dt.date(1990, 1, 1), dt.date(2080, 12, 31))


def versions(birth: str, on: str, wave: str, informant: str = "parent", subject: str = "child") -> list[str]:
    due = PILOT.due(wave, dt.date.fromisoformat(birth), dt.date.fromisoformat(on))
    return [f"{d.instrument}/{d.version}" for d in due if (d.informant, d.subject) == (informant, subject)]


@pytest.mark.parametrize(
    ("t0", "dates"),
    [
        ("2026-08-31", ["2026-08-31", "2027-02-28", "2027-08-31", "2028-02-29", "2028-08-31"]),
        ("2024-02-29", ["2024-02-29", "2024-08-29", "2025-02-28", "2025-08-29", "2026-02-28"]),
        ("2026-01-15", ["2026-01-15", "2026-07-15", "2027-01-15", "2027-07-15", "2028-01-15"]),
    ],
)
def test_waves_count_from_t0_in_calendar_months_clipped_to_the_end_of_the_month(
    t0: str, dates: list[str]
) -> None:
    found = PILOT.wave_dates(dt.date.fromisoformat(t0))
    assert {wave: date.isoformat() for wave, date in found.items()} == dict(
        zip(["T0", "T1", "T2", "T3", "T4"], dates, strict=True)
    )


@pytest.mark.parametrize(
    ("birth", "on", "months"),
    [
        ("2024-02-29", "2025-02-28", 11),  # the birthday is on 1 March in ordinary years
        ("2024-02-29", "2025-03-01", 12),
        ("2024-02-29", "2028-02-29", 48),
        ("2020-01-31", "2020-02-29", 0),
        ("2020-01-31", "2020-03-01", 1),
        ("2018-05-10", "2026-05-09", 95),
        ("2018-05-10", "2026-05-10", 96),
        ("2026-05-10", "2026-05-10", 0),
    ],
)
def test_age_is_in_completed_months(birth: str, on: str, months: int) -> None:
    assert protocol.age_months(dt.date.fromisoformat(birth), dt.date.fromisoformat(on)) == months


def test_nobody_is_asked_about_a_child_that_is_not_born() -> None:
    with pytest.raises(protocol.ImpossibleAge):
        protocol.age_months(dt.date(2026, 5, 11), dt.date(2026, 5, 10))


@given(birth=DATES, days=st.integers(0, 20_000))
def test_age_never_runs_backwards_and_agrees_with_the_calendar(birth: dt.date, days: int) -> None:
    on = birth + dt.timedelta(days)
    months = protocol.age_months(birth, on)
    assert 0 <= months <= protocol.age_months(birth, on + dt.timedelta(1))
    assert protocol.add_months(birth, months) <= on


@pytest.mark.parametrize(
    ("birth", "on", "expected"),
    [
        ("2024-06-15", "2026-06-14", ["tapqol/parent-0-1"]),
        ("2024-06-15", "2026-06-15", ["pedsql/parent-2-4", "sdq/parent-2-4"]),
        ("2022-06-15", "2026-06-14", ["pedsql/parent-2-4", "sdq/parent-2-4"]),
        # 4;0 to 4;11: PedsQL 2-4 with SDQ 4-17, since the bands do not coincide (instruments.md §8)
        ("2022-06-15", "2026-06-15", ["pedsql/parent-2-4", "sdq/parent-4-17"]),
        ("2021-06-15", "2026-06-14", ["pedsql/parent-2-4", "sdq/parent-4-17"]),
        ("2021-06-15", "2026-06-15", ["pedsql/parent-5-7", "sdq/parent-4-17"]),
        ("2018-06-15", "2026-06-15", ["pedsql/parent-8-12", "sdq/parent-4-17"]),
        ("2013-06-15", "2026-06-14", ["pedsql/parent-8-12", "sdq/parent-4-17"]),
        ("2013-06-15", "2026-06-15", ["pedsql/parent-13-18", "sdq/parent-4-17"]),
        ("2007-06-15", "2026-06-14", ["pedsql/parent-13-18", "sdq/parent-4-17"]),
        ("2007-06-15", "2026-06-15", []),  # nineteen
    ],
)
def test_a_child_gets_the_versions_of_its_age_in_completed_years(
    birth: str, on: str, expected: list[str]
) -> None:
    assert versions(birth, on, "T2") == expected


def test_background_is_asked_at_entry_only() -> None:
    assert "background_child/parent" in versions("2020-01-01", "2026-01-01", "T0")
    assert "background_child/parent" not in versions("2020-01-01", "2026-01-01", "T1")


@pytest.mark.parametrize(
    ("on", "wave", "asked"),
    [("2026-06-14", "T1", False), ("2026-06-15", "T1", True), ("2026-06-15", "T0", False)],
)
def test_a_child_evaluates_from_the_first_follow_up_at_eight(on: str, wave: str, asked: bool) -> None:
    found = versions("2018-06-15", on, wave, "child", "project")
    assert bool(found) is asked


def test_children_are_not_asked_to_score_themselves_unless_a_study_switches_it_on() -> None:
    assert versions("2014-06-15", "2026-06-15", "T1", "child", "respondent") == []


def test_professionals_evaluate_from_the_first_follow_up() -> None:
    assert versions("2020-01-01", "2026-01-01", "T0", "linking_pin", "project") == []
    assert versions("2020-01-01", "2026-01-01", "T1", "linking_pin", "project") == [
        "evaluation_linking_pin/linking-pin"
    ]


def test_without_a_birth_date_nothing_that_depends_on_age_is_due() -> None:
    due = PILOT.due("T1", None, dt.date(2026, 1, 1))
    assert {d.instrument for d in due if d.informant == "parent"} == {
        "who5",
        "vgk",
        "parenting_scale",
        "evaluation_parent",
    }


def test_at_most_one_wave_is_open_on_any_day() -> None:
    t0 = dt.date(2026, 1, 31)
    for days in range(-40, 900):
        on = t0 + dt.timedelta(days)
        open_now = [wave.id for wave in PILOT.waves if PILOT.window(t0, wave.id).holds(on)]
        assert len(open_now) <= 1
        found = PILOT.open_wave(t0, on)
        assert ([found.wave] if found else []) == open_now


def test_an_unknown_wave_is_answered_with_the_waves_there_are() -> None:
    with pytest.raises(KeyError, match="there are T0, T1, T2, T3, T4"):
        PILOT.due("T9", None, dt.date(2026, 1, 1))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("months: 12,", "months: 3,", "backwards"),
        ("version: parent-2-4", "version: parent-2-5", "there is no"),
        ("from_months: 24, to_months: 59", "from_months: 20, to_months: 59", "does not cover"),
        ("informant: child\n", "informant: parent\n", "is for child"),
    ],
)
def test_a_broken_protocol_is_refused(tmp_path: Path, old: str, new: str, what: str) -> None:
    text = protocol.DEFAULT.read_text("utf-8")
    assert old in text
    path = tmp_path / "protocol.yaml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BrokenFile, match=what):
        protocol.load(path)
