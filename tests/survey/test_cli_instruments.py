"""`survey instruments`, as other programs call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from instruments import loading
from survey.cli import main

SURVEY = Path(sys.executable).with_name("survey")


def run(*words: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(main, ["instruments", *words], input=given)


def said(*words: str, given: str = "") -> dict[str, Any]:
    """What a command that succeeds prints."""
    result = run(*words, given=given)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refused(*words: str, given: str | bytes = "") -> str:
    """What a command that refuses says on standard error; it prints nothing."""
    result = run(*words, given=given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    assert result.stderr.strip()
    return result.stderr


def test_the_command_scores_an_sdq_worked_out_by_hand() -> None:
    # Emotional 3, 8, 13, 16, 24 all 1 = 5. Conduct 5, 12, 18, 22 are 2 and 7 is turned round: 2-1 = 1: 9.
    # Hyperactivity: 2 answered of 5: no score. Peer: three of five, 11 turned round: 2-2 + 1 + 1 = 2,
    # 2 x 5/3 = 3.33 -> 3. Prosocial 1, 4, 9, 17, 20 all 2 = 10.
    answers = dict.fromkeys(["3", "8", "13", "16", "24"], 1)
    answers |= {"5": 2, "12": 2, "18": 2, "22": 2, "7": 1}
    answers |= {"2": 2, "10": 2, "11": 2, "6": 1, "14": 1}
    answers |= dict.fromkeys(["1", "4", "9", "17", "20"], 2)
    found = said(
        "score",
        "sdq",
        "--version",
        "parent-4-17",
        "--age-months",
        "60",
        given=json.dumps({**answers, "25": None}),
    )
    assert (found["instrument"], found["version"], found["revision"]) == ("sdq", "parent-4-17", 1)
    assert found["scores"] == {
        "emotional": 5,
        "conduct": 9,
        "hyperactivity": None,
        "peer": 3,
        "prosocial": 10,
        "total_difficulties": None,
        "internalising": 8,
        "externalising": None,
    }
    assert found["flags"]["total_difficulties"] is None
    assert found["sources"]["total_difficulties"]["cut_off"] == "> 13"
    assert found["provisional"] == {}


def test_scores_are_printed_unrounded_and_whole_ones_as_whole_numbers() -> None:
    answers = json.dumps({"p1": 0, "p2": 1, "p3": 1, "p4": 2, "e1": 0, "e2": 0, "e3": 1})
    scores = said("score", "pedsql", "--version", "parent-2-4", "--age-months", "30", given=answers)["scores"]
    assert scores["physical"] == 75
    assert scores["emotional"] == pytest.approx(275 / 3, rel=1e-15)


@pytest.mark.parametrize(
    ("answers", "total"),
    [({"1": 3, "2": 3, "3": 2, "4": 2, "5": 2}, (48, True)), (dict.fromkeys("12345", 3), (60, False))],
)
def test_a_flag_stands_on_the_problematic_side_of_the_cut_off(
    answers: dict[str, int], total: tuple[int, bool]
) -> None:
    found = said("score", "who5", "--version", "self", given=json.dumps(answers))
    assert (found["scores"]["score"], found["flags"]["score"]) == total
    assert {"cut_off", "years", "source", "norm", "evidence", "note"} == set(found["sources"]["score"])


def test_no_answers_at_all_give_no_scores() -> None:
    found = said("score", "pedsql", "--version", "parent-13-18", "--age-months", "170", given="{}")
    assert set(found["scores"].values()) == {None}
    assert set(found["flags"].values()) == {None}


def test_provisional_scores_say_why_and_unreleased_ones_are_empty() -> None:
    found = said("score", "tapqol", "--version", "parent-0-1", given="{}")
    assert set(found["scores"].values()) == {None}
    assert set(found["provisional"]) == set(found["scores"])
    found = said("score", "vgk", "--version", "parent", given=json.dumps({f"w{n}": 4 for n in range(1, 9)}))
    assert found["scores"] == {"waardering": 32, "samenwerking": None}
    assert set(found["provisional"]) == {"waardering", "samenwerking"}


def test_a_byte_order_mark_is_passed_over() -> None:
    result = run("score", "who5", "--version", "self", given=b"\xef\xbb\xbf{}")
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "given",
    [
        '{"1": 3}',
        '{"1": -1}',
        '{"1": 1.0}',
        '{"1": 1e0}',
        '{"1": true}',
        '{"1": "1"}',
        '{"1": "skipped"}',
        '{"1": [1]}',
        '{"1": []}',
        '{"1": {"value": 1}}',
        '{"1": 1e999}',
        '{"1": 99999999999999999999999999}',
        '{"1": ' + "9" * 5000 + "}",
        '{"26": 1}',
        '{"": 1}',
        '{"1": 1, "1": 1}',
        '{"1": 1, "1": null}',
        '{"1": NaN}',
        '{"1": Infinity}',
        "[1, 2]",
        "1",
        "null",
        '"1"',
        " ",
        "{",
        '{"1": 1} {"2": 1}',
        "{'1': 1}",
        '{"1": 01}',
        "[" * 100_000,
        b"\xff\xfe{}",
    ],
)
def test_answers_that_cannot_be_are_refused(given: str | bytes) -> None:
    refused("score", "sdq", "--version", "parent-4-17", "--age-months", "60", given=given)


def test_a_refusal_names_item_value_and_what_is_possible() -> None:
    message = refused("score", "sdq", "--version", "parent-4-17", given='{"1": 3, "2": 0, "99": 1}')
    assert "1: 3 is not possible; give one of 0, 1, 2, or null" in message
    assert "99: not an item of sdq/parent-4-17" in message


@pytest.mark.parametrize("months", ["-1", "47", "240", "1.5", "five", ""])
def test_an_impossible_age_is_refused(months: str) -> None:
    refused("score", "sdq", "--version", "parent-4-17", "--age-months", months, given="{}")


@pytest.mark.parametrize(
    ("instrument", "version", "says"),
    [
        ("sdq", "parent-9", "parent-4-17"),
        ("iq", "self", "there is no instrument iq; there are: background_child"),
        ("..", "protocol", "there is no instrument"),
        ("../catalogue/sdq", "parent-4-17", "there is no instrument"),
        ("sdq", "../sdq/parent-4-17", "sdq has no version"),
        ("SDQ", "parent-4-17", "there is no instrument SDQ"),
        ("x" * 5000, "parent", ""),
    ],
)
def test_an_unknown_questionnaire_is_refused_with_what_there_is(
    instrument: str, version: str, says: str
) -> None:
    assert says in refused("score", instrument, "--version", version, given="{}")


def test_route_prints_age_and_what_is_due() -> None:
    found = said("route", "--birth", "2021-12-15", "--on", "2026-11-23", "--wave", "T1")
    assert found["age_months"] == 59
    assert {
        "informant": "parent",
        "subject": "child",
        "instrument": "pedsql",
        "version": "parent-2-4",
    } in found["due"]
    assert {
        "informant": "parent",
        "subject": "child",
        "instrument": "sdq",
        "version": "parent-4-17",
    } in found["due"]
    assert all(set(each) == {"informant", "subject", "instrument", "version"} for each in found["due"])


@pytest.mark.parametrize(
    ("birth", "on", "wave"),
    [
        ("2026-11-24", "2026-11-23", "T1"),
        ("2021-02-29", "2026-11-23", "T1"),
        ("20211215", "2026-11-23", "T1"),
        ("2021-W50-3", "2026-11-23", "T1"),
        ("15-12-2021", "2026-11-23", "T1"),
        ("2021-12-15", "today", "T1"),
        ("2021-12-15", "2026-11-23", "T9"),
        ("2021-12-15", "2026-11-23", "t1"),
        ("٢٠٢١-12-15", "2026-11-23", "T1"),
    ],
)
def test_route_refuses_dates_and_waves_that_cannot_be(birth: str, on: str, wave: str) -> None:
    refused("route", "--birth", birth, "--on", on, "--wave", wave)


def test_waves_are_counted_from_t0_and_clipped_to_the_end_of_the_month() -> None:
    assert said("waves", "--t0", "2027-08-31") == {
        "T0": "2027-08-31",
        "T1": "2028-02-29",
        "T2": "2028-08-31",
        "T3": "2029-02-28",
        "T4": "2029-08-31",
    }


@pytest.mark.parametrize("t0", ["2027-02-30", "9999-12-01", "", "2027-8-31"])
def test_waves_refuses_a_date_that_cannot_be(t0: str) -> None:
    refused("waves", "--t0", t0)


def test_another_protocol_can_be_asked_and_a_broken_one_says_where(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("id: plan\nwaves: []\n")
    result = run("waves", "--t0", "2027-01-01", "--protocol", str(plan))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "plan.yaml: waves" in result.stderr


def test_list_names_every_version() -> None:
    result = run("list")
    assert result.exit_code == 0
    assert all(f"{found.id} " in result.stdout for found in loading.catalogue().all())


def test_codebook_prints_the_variables_of_a_version() -> None:
    result = run("codebook", "who5", "--version", "self")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("variable,")
    assert {"who5_1", "who5_score", "who5_score_flag"} <= {line.split(",")[0] for line in lines}
    refused("codebook", "who6")
    refused("codebook", "who5", "--labels", "NL")


def test_check_finds_a_published_version_that_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "published.lock"
    loading.publish(lock=lock)
    monkeypatch.setattr(loading.lock_problems, "__defaults__", (loading.CATALOGUE, lock))
    assert run("check").exit_code == 0
    lock.write_text(lock.read_text().replace(lock.read_text().splitlines()[1][:64], "0" * 64))
    result = run("check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the file differs from what was published" in result.stderr


def test_the_installed_command_scores_without_waiting_for_heavy_libraries() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            """
import io, sys
sys.stdin = io.TextIOWrapper(io.BytesIO(b"{}"))
from survey.cli import main
main(["instruments", "score", "who5", "--version", "self"], standalone_mode=False)
print(*sys.modules, file=sys.stderr)
""",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(loaded.stderr.split())
    assert not {"polars", "pyreadstat", "flask", "sqlalchemy", "gunicorn", "numpy"} & modules


@pytest.mark.parametrize(
    "words", [[], ["--help"], ["instruments", "--help"], ["instruments", "score", "--help"]]
)
def test_every_command_has_help(words: list[str]) -> None:
    result = CliRunner().invoke(main, words)
    assert "Usage: " in result.output


def test_the_command_is_installed_under_its_name() -> None:
    done = subprocess.run(
        [SURVEY, "instruments", "waves", "--t0", "2026-01-01"], capture_output=True, check=True
    )
    assert json.loads(done.stdout)["T4"] == "2028-01-01"
