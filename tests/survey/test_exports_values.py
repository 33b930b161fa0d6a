"""Exports hold what was recorded: read back by an independent reader, compared value by value."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import update

from instruments import Given, Missing, catalogue, routing
from instruments.model import MISSING_CODES
from instruments.wording import Library
from survey import answers, families, responses
from survey.db import Database
from survey.exports import blocks
from survey.models import Response
from survey.wording_packs import OURS
from tests.exporting import LONG, WIDE, Told, code_of, export, fill, sav, the_row
from tests.people import DUTCH, T0, T1, Cast, at


@pytest.fixture(scope="module")
def library() -> Library:
    """The words that ship with the service."""
    return Library([OURS], catalogue())


@pytest.fixture
def told(db: Database, cast: Cast) -> Told:
    """Everything that everyone in the cast answered."""
    return Told(db, cast)


SDQ_OF_NOOR: dict[str, Given] = dict.fromkeys(["3", "8", "13", "16", "24"], 1)  # emotional 5
SDQ_OF_NOOR |= {"5": 2, "7": 1, "12": 2, "18": 2, "22": 2}  # conduct: 7 turned round is 1; 9
SDQ_OF_NOOR |= {"2": 2, "10": 2, "15": Missing.skipped, "21": Missing.unreadable, "25": Missing.two_marks}
SDQ_OF_NOOR |= {"6": 1, "11": 2, "14": 1, "19": Missing.not_applicable}  # peer 1 + 0 + 1, x 5/3: 3.33 -> 3
SDQ_OF_NOOR |= dict.fromkeys(["1", "4", "9", "17", "20"], 2)  # prosocial 10


def test_answers_missing_codes_scores_and_flags_come_back_as_they_were_given(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    fill(db, cast.mother, "sdq", T0, SDQ_OF_NOOR, child=cast.noor_child)
    noor = code_of(db, "child", cast.noor_child)
    row = the_row(export(db, tmp_path / "out"), "parent_about_child", child=noor)
    assert row["family"] == cast.family_code
    assert row["respondent"] == code_of(db, "respondent", cast.mother)
    assert row["child_sex"] == 1
    assert {item: row[f"sdq_{item}"] for item in ("3", "5", "7", "11", "20")} == {
        "3": 1, "5": 2, "7": 1, "11": 2, "20": 2,
    }  # fmt: skip
    assert {item: row[f"sdq_{item}"] for item in ("15", "19", "21", "25", "23")} == {
        "15": -2, "19": -4, "21": -5, "25": -6, "23": -1,
    }  # fmt: skip
    scales = ("emotional", "conduct", "hyperactivity", "peer", "prosocial")
    assert [row[f"sdq_{scale}"] for scale in scales] == [5, 9, None, 3, 10]
    assert (row["sdq_total_difficulties"], row["sdq_total_difficulties_flag"]) == (None, None)
    assert row["sdq_internalising"] == 8
    assert (row["sdq_version"], row["sdq_revision"]) == ("parent-4-17", 1)
    assert (row["sdq_language"], row["sdq_reading"]) == ("nl", "standard")
    assert (row["sdq_mode"], row["sdq_assistance"], row["sdq_status"]) == ("web", "none", "complete")
    assert (row["sdq_due"], row["sdq_opened"], row["sdq_completed"]) == (T0, T0, T0)
    assert (row["sdq_late"], row["sdq_age_months"]) == (0, 55)
    # What was not opened is empty, not "not reached".
    assert row["pedsql_p1"] is None
    assert row["pedsql_status"] == "", "a .sav knows no empty text other than the empty text"


def test_the_age_at_completion_decides_the_flag_and_the_version_stays(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    # Opened at 4;11, complete at 5;0. A total of 75 is low before 5 years (< 78.5), not after (< 74.5).
    family = families.add_family(
        db, cast.study_id, 1, T0, parents=[families.Parent()], children=[families.Child(dt.date(2021, 10, 1))]
    )
    opened, completed = dt.date(2026, 9, 30), dt.date(2026, 10, 2)
    number = fill(db, family.parents[0], "pedsql", opened, {"p1": 1}, complete=False)
    items = catalogue().get("pedsql", "parent-2-4").items
    answers.record(
        db,
        number,
        dict.fromkeys((item.id for item in items), 1),
        source="web",
        sequence="s2",
        edition=DUTCH,
        now=at(completed),
        complete=True,
    )
    row = the_row(export(db, tmp_path / "out"), "parent_about_child")
    assert (row["pedsql_version"], row["pedsql_opened"], row["pedsql_completed"]) == (
        "parent-2-4",
        opened,
        completed,
    )
    assert (row["pedsql_age_months"], row["pedsql_total"], row["pedsql_total_flag"]) == (60, 75, 0)


def test_every_answer_of_everyone_comes_back_in_wide_and_long(
    db: Database, cast: Cast, told: Told, tmp_path: Path, library: Library
) -> None:
    folder = export(db, tmp_path / "out", library)
    wide = {name: sav(folder, name)[0] for name in WIDE}
    assert {response.instrument for response in told.response.values()} >= {
        "tapqol", "pedsql", "sdq", "who5", "vgk", "parenting_scale", "background_family", "background_child",
        "evaluation_parent", "evaluation_child", "evaluation_linking_pin", "evaluation_childcare",
    }  # fmt: skip
    compared = 0
    for number, given in told.given.items():
        response = told.response[number]
        instrument = catalogue().get(response.instrument, response.version)
        name = blocks.file_of(instrument.informant, response.subject)
        respondent = code_of(db, "respondent", response.respondent_id)
        child = None if response.child_id is None else code_of(db, "child", response.child_id)
        (row,) = [
            row
            for row in wide[name]
            if (row["respondent"], row["wave"]) == (respondent, response.wave)
            and (child is None or row["child"] == child)
        ]
        asked = {item.id for item in routing.asked(instrument, given, response.age_months)}
        for item in instrument.items:
            if item.kind == "text":
                assert f"{instrument.id}_{item.id}" not in row
                continue
            value = given.get(item.id)
            expected: object = value
            if value is None:
                expected = -1 if item.id in asked else -3
            elif isinstance(value, Missing):
                expected = MISSING_CODES[value]
            assert row[f"{instrument.id}_{item.id}"] == expected, (response.key, item.id)
            compared += 1
        assert row[f"{instrument.id}_status"] == response.status
    assert compared > 500
    long = {(row["response"], row["item"]): row for row in sav(folder, "long")[0]}
    texts = {(row["response"], row["item"]): row["text"] for row in sav(folder, "free_text")[0]}
    recorded = {
        (number, item): value for number, given in told.given.items() for item, value in given.items()
    }
    assert set(long) == set(recorded)
    for place, value in recorded.items():
        row = long[place]
        respondent = code_of(db, "respondent", told.response[place[0]].respondent_id)
        assert (row["entry"], row["respondent"]) == (0, respondent)
        assert (row["missing"] or None) == (value.value if isinstance(value, Missing) else None)
        if isinstance(value, Missing):
            assert row["value"] == MISSING_CODES[value]
        elif isinstance(value, int):
            assert row["value"] == value
        else:
            assert row["value"] is None
            assert (texts.get(place) or row["written"]) == (
                value if isinstance(value, str) else ",".join(map(str, value))
            )


def test_csv_and_sav_hold_the_same(db: Database, told: Told, tmp_path: Path) -> None:
    folder = export(db, tmp_path / "out")
    for name in (*WIDE, *LONG):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            written = list(csv.DictReader(file))
        rows, _ = sav(folder, name)
        assert len(written) == len(rows)
        for cells, row in zip(written, rows, strict=True):
            for column, value in row.items():
                cell: object = cells[column]
                if isinstance(value, float):
                    assert float(cells[column]) == value
                else:
                    expected = "" if value is None else str(value)
                    assert cell == expected, (name, column)


def test_free_text_is_in_its_own_file_only_and_unchanged(db: Database, cast: Cast, tmp_path: Path) -> None:
    tip = '=HYPERLINK("http://example.org";"klik")\n"tweede" regel'
    fill(db, cast.fatma, "evaluation_linking_pin", T1, {"1": 1, "6": 9, "7": tip})
    folder = export(db, tmp_path / "out")
    (row,) = sav(folder, "free_text")[0]
    assert (row["text"], row["item"], row["professional"]) == (
        tip,
        "7",
        code_of(db, "professional", cast.fatma_professional),
    )
    with (folder / "free_text.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["text"] == tip
    for name in (*WIDE, "long", "responses"):
        assert "HYPERLINK" not in (folder / f"{name}.csv").read_text("utf-8")
    assert "spreadsheet may run it" in (folder / "README.txt").read_text("utf-8")


def test_typed_copies_of_paper_are_in_the_long_file_and_only_the_settled_answer_counts(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    number = fill(db, cast.mother, "who5", T0, {"1": 5}, complete=False)
    for entry, value in ((1, 3), (2, 4)):
        answers.record(
            db, number, {"1": value}, source="entry", sequence="p", edition=DUTCH, now=at(T0, 15), entry=entry
        )
    folder = export(db, tmp_path / "out")
    assert the_row(folder, "parent")["who5_1"] == 5
    assert [(row["entry"], row["value"]) for row in sav(folder, "long")[0]] == [(0, 5), (1, 3), (2, 4)]


def test_void_responses_are_listed_and_left_out_elsewhere(db: Database, cast: Cast, tmp_path: Path) -> None:
    void = fill(db, cast.mother, "who5", T0, dict.fromkeys("12345", 3))
    stopped = fill(db, cast.mother, "vgk", T0, {"w1": 1}, complete=False)
    responses.set_status(db, void, "void", reason="test")
    responses.set_status(db, stopped, "stopped", reason="test")
    folder = export(db, tmp_path / "out")
    assert [(row["response"], row["status"]) for row in sav(folder, "responses")[0]] == [
        (void, "void"),
        (stopped, "stopped"),
    ]
    row = the_row(folder, "parent")
    assert (row["who5_1"], row["vgk_w1"], row["vgk_status"]) == (None, 1, "stopped")
    assert {row["instrument"] for row in sav(folder, "long")[0]} == {"vgk"}


def test_a_questionnaire_that_is_asked_twice_in_a_wave_has_a_second_row_beside_those_of_others(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 1})
    fill(db, cast.father, "who5", T0, {"1": 2})
    again = fill(db, cast.mother, "who5", T1, {"1": 4})
    fill(db, cast.mother, "vgk", T0, {"w1": 1})
    as_a_plan_that_asks_it_twice = update(Response).where(Response.id == again).values(wave="T0")
    db.write(lambda connection: connection.execute(as_a_plan_that_asks_it_twice))
    mother, father = (code_of(db, "respondent", number) for number in (cast.mother, cast.father))
    rows = sav(export(db, tmp_path / "out"), "parent")[0]
    assert [(row["respondent"], row["wave"], row["who5_1"], row["vgk_w1"]) for row in rows] == [
        (mother, "T0", 1, 1),
        (mother, "T0", 4, None),
        (father, "T0", 2, None),
    ]


def test_late_paper_is_marked_and_dated_as_it_was_filled_in(db: Database, cast: Cast, tmp_path: Path) -> None:
    number = fill(db, cast.mother, "who5", T0, {}, complete=False)
    answers.record(
        db,
        number,
        dict.fromkeys("12345", 2),
        source="entry",
        sequence="p",
        edition=DUTCH,
        now=at(T0 + dt.timedelta(200)),
        complete=True,
        completed_at=at(T0 + dt.timedelta(10)),
    )
    row = the_row(export(db, tmp_path / "out"), "parent")
    assert (row["who5_late"], row["who5_completed"], row["who5_score"]) == (1, T0 + dt.timedelta(10), 40)
