"""The files of an export: labels, codebook, the same bytes for the same data, all or nothing."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import itertools
import json
import stat
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
import pytest

from instruments import catalogue
from instruments.wording import Library
from survey import audit, codes, exports
from survey.db import Database
from survey.exports import columns, formats, reading, tables
from survey.exports.columns import Column
from survey.exports.table import framed
from survey.exports.wide import Wide
from survey.wording_packs import OURS
from tests import people
from tests.exporting import FULL, LONG, WIDE, Told, export, fill, sav, sums
from tests.people import DUTCH, T0, Cast, at


@pytest.fixture(scope="module")
def library() -> Library:
    """The words that ship with the service."""
    return Library([OURS], catalogue())


@pytest.fixture
def told(db: Database, cast: Cast) -> Told:
    """Everything that everyone in the cast answered."""
    return Told(db, cast)


def test_sav_carries_labels_values_missing_codes_and_measures(
    db: Database, told: Told, tmp_path: Path, library: Library
) -> None:
    folder = export(db, tmp_path / "out", library)
    _, meta = sav(folder, "parent")
    words = library.wording(catalogue().get("who5", "self"), DUTCH)
    assert meta.column_names_to_labels["who5_1"] == words.text("item.1")
    values = meta.variable_value_labels["who5_1"]
    assert {code: values[code] for code in range(6)} == {
        code: words.text(f"options.{catalogue().get('who5', 'self').item('1').options}.{code}")
        for code in range(6)
    }
    assert {code for code in values if code < 0} == {-6, -5, -4, -3, -2, -1}
    assert meta.missing_ranges["who5_1"] == [{"lo": -6.0, "hi": -1.0}]
    assert "who5_score" not in meta.missing_ranges
    assert "who5_age_months" not in meta.missing_ranges
    assert meta.variable_measure["who5_1"] == "ordinal"
    assert meta.variable_measure["who5_score"] == "scale"
    assert meta.variable_measure["family"] == "nominal"
    assert meta.variable_value_labels["who5_score_flag"] == {0: "no", 1: "yes, on the problematic side"}
    assert "PROVISIONAL" in meta.column_names_to_labels["vgk_waardering"]
    assert meta.original_variable_types["who5_1"] == "F4.0"
    frame, _ = pyreadstat.read_sav(folder / "parent.sav", output_format="polars")
    assert frame["who5_1"].drop_nulls().min() >= 0, "SPSS itself takes the negative codes as missing"


def test_questions_that_differ_between_versions_are_labelled_with_both(
    db: Database, cast: Cast, tmp_path: Path, library: Library
) -> None:
    _, meta = sav(export(db, tmp_path / "out", library), "parent_about_child")
    label = meta.column_names_to_labels["sdq_22"]
    assert "(parent-2-4)" in label
    assert "(parent-4-17)" in label
    assert all(len(text.encode()) <= 255 for text in meta.column_labels if text)


def test_the_codebook_describes_every_column_of_every_file(db: Database, told: Told, tmp_path: Path) -> None:
    folder = export(db, tmp_path / "out")
    with (folder / "codebook.csv").open(encoding="utf-8", newline="") as file:
        described = list(csv.DictReader(file))
    for name in (*WIDE, *LONG):
        lines = [line for line in described if line["file"] == name]
        _, meta = sav(folder, name)
        assert [line["variable"] for line in lines] == meta.column_names
        assert all(line["label"] and line["type"] and line["origin"] for line in lines)
    by_name = {(line["file"], line["variable"]): line for line in described}
    total = by_name["parent_about_child", "sdq_total_difficulties"]
    assert total["evidence"]
    assert not total["provisional"]
    assert by_name["parent", "vgk_waardering"]["provisional"]
    assert "-2 = skipped by the respondent" in by_name["parent", "who5_1"]["missing"]
    assert by_name["parent", "who5_score"]["missing"] == ""
    page = (folder / "codebook.html").read_text("utf-8")
    assert all(f">{line['variable']}<" in page for line in described)
    assert page.count("skipped by the respondent") == 1, "told once, and led to from every variable"
    assert '<a href="#missing">-1 to -6</a>' in page


def test_names_are_fit_for_spss_and_never_the_same_twice(db: Database, cast: Cast, tmp_path: Path) -> None:
    folder = export(db, tmp_path / "out")
    for name in (*WIDE, *LONG):
        header = (folder / f"{name}.csv").read_text("utf-8").splitlines()[0].split(",")
        assert len({column.lower() for column in header}) == len(header)
        assert all(column[0].isalpha() and column.isidentifier() and len(column) <= 64 for column in header)


def test_an_empty_study_gives_all_files_with_their_columns(db: Database, cast: Cast, tmp_path: Path) -> None:
    folder = export(db, tmp_path / "out")
    for name in (*WIDE, *LONG):
        assert (folder / f"{name}.sav").exists()
        frame = pl.read_csv(folder / f"{name}.csv")
        assert frame.height == 0
        assert frame.width > 5


def test_the_same_data_give_the_same_bytes(
    db: Database, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sums(export(db, tmp_path / "first"))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    again = sums(export(db, tmp_path / "second"))
    assert first == again
    manifest = json.loads((tmp_path / "first" / "manifest.json").read_text("utf-8"))
    assert manifest["files"] == {name: digest for name, digest in first.items() if name != "manifest.json"}
    assert manifest["rows"]["responses"] == len(told.given)


def test_both_databases_give_the_same_bytes(
    sqlite_url: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for url in (sqlite_url, postgres_url):
        numbers = itertools.count()
        monkeypatch.setattr(codes, "new", lambda numbers=numbers: f"C-{next(numbers)}")
        database = Database(url)
        database.upgrade()
        Told(database, people.settle(database))
        found.append(sums(export(database, tmp_path / database.dialect)))
        database.dispose()
    assert found[0] == found[1]


def test_the_header_of_a_sav_tells_the_last_save_and_not_the_moment_of_export(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 1})
    _, meta = sav(export(db, tmp_path / "out"), "parent")
    assert meta.creation_time == dt.datetime(2026, 9, 1, 13, 0, 0)  # noqa: DTZ001 - SPSS knows no zones


def test_an_export_is_of_one_moment(
    db: Database, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 1})
    add = tables.Tables.add

    def add_while_somebody_answers(self: tables.Tables, filled: Any) -> None:
        monkeypatch.setattr(tables.Tables, "add", add)
        fill(db, cast.father, "who5", T0, {"1": 2})
        add(self, filled)

    monkeypatch.setattr(tables.Tables, "add", add_while_somebody_answers)
    folder = export(db, tmp_path / "out")
    assert len(sav(folder, "responses")[0]) == 1
    assert len(sav(export(db, tmp_path / "later"), "responses")[0]) == 2


def test_an_export_is_never_written_over_something(db: Database, cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("years of work")
    with pytest.raises(exports.FolderInUse):
        export(db, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.docx"]


def test_an_export_that_fails_leaves_nothing_behind(
    db: Database, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "parent.sav")

    monkeypatch.setitem(formats.FORMATS, "sav", fail)
    (tmp_path / "place").mkdir()
    with pytest.raises(OSError, match="No space left"):
        export(db, tmp_path / "place" / "out")
    assert list((tmp_path / "place").iterdir()) == []


def test_an_export_is_readable_by_its_maker_only_and_leaves_a_trace(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    folder = export(db, tmp_path / "out")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (entry,) = audit.of(db, "export 1")
    assert entry.action == "export.made"
    assert entry.detail["rows"] == {name: 0 if name != "families" else 1 for name in entry.detail["rows"]}
    assert entry.detail["sha256"] == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert entry.detail["reason"] == FULL.reason


def test_a_text_that_spss_cannot_hold_is_cut_there_and_whole_in_the_csv(tmp_path: Path) -> None:
    words = "é" * 20_000
    table = tables.Table("letters", "one letter", [columns.text("text", "what was written")])
    for row in (words, "kort", None):
        table.add([row])
    formats.write_sav(table, tmp_path / "letters.sav", at(T0))
    formats.write_csv(table, tmp_path / "letters.csv", at(T0))
    cut, short, nothing = (row["text"] for row in sav(tmp_path, "letters")[0])
    assert (len(cut.encode()), cut[-1], short, nothing) == (32_767, "…", "kort", "")
    assert pl.read_csv(tmp_path / "letters.csv")["text"].to_list() == [words, "kort", None]


def test_many_rows_come_out_in_the_order_in_which_they_went_in() -> None:
    table = tables.Table("numbers", "one number", [columns.count("number", "a number")])
    for number in range(120_001):
        table.add([number])
    assert table.height == 120_001
    assert table.frame()["number"].to_list() == list(range(120_001))


@pytest.mark.parametrize("ending", formats.FORMATS)
def test_a_file_is_not_written_without_a_part_that_has_gone(ending: str, tmp_path: Path) -> None:
    table = tables.Table("numbers", "one number", [columns.count("number", "a number")], tmp_path)
    for number in range(3):
        table.extend(framed([(number,)], table.columns))
    sorted(tmp_path.iterdir())[1].unlink()
    with pytest.raises(FileNotFoundError):
        formats.FORMATS[ending](table, tmp_path / "numbers", at(T0))


def test_nothing_is_kept_in_memory_of_a_response_that_is_on_the_shelf(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 1})
    with db.snapshot() as connection:
        ((batch, _),) = reading.batches(connection)
    (one,) = batch.responses
    file = Wide("parent", town=False, waves={"T0": 0}, shelf=tmp_path)
    kept = []
    tracemalloc.start()
    for part in range(4):
        for number in range(part * 2000, (part + 1) * 2000):
            assert file.number(replace(one, place=(number, number, 0, 0))) == number
        file.settle()
        kept.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert kept[-1] - kept[0] < 6000 * 10, "bytes, of 6,000 responses"


def test_a_table_in_parts_on_a_shelf_is_the_same_file_as_one_in_memory(tmp_path: Path) -> None:
    about = [
        columns.count("number", "a number"),
        columns.text("text", "what was written"),
        columns.text("nothing", "always empty"),
        columns.day("day", "a day"),
    ]
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    whole, parts = (tables.Table("letters", "one letter", about, place) for place in (None, shelf))
    words = ["kort", None, "é" * 300, "", 'met "aanhaling", komma\nen regel', "x" * 700, "slot"]
    rows = [(at, text, None, dt.date(2026, 1, 1 + at)) for at, text in enumerate(words)]
    for row in rows:
        whole.add(row)
    for start in range(0, len(rows), 2):
        parts.extend(framed(rows[start : start + 2], about))
    assert (parts.height, parts.longest()) == (whole.height, whole.longest())
    for name, write in formats.FORMATS.items():
        for made, folder in ((whole, tmp_path / "whole"), (parts, tmp_path / "parts")):
            folder.mkdir(exist_ok=True)
            write(made, folder / f"letters.{name}", at(T0))
        assert (tmp_path / "whole" / f"letters.{name}").read_bytes() == (
            tmp_path / "parts" / f"letters.{name}"
        ).read_bytes(), name
    read, _ = sav(tmp_path / "parts", "letters")
    assert [row["text"] for row in read] == [text or "" for text in words]
    assert [row["number"] for row in read] == list(range(len(words)))
    assert {path.name for path in (tmp_path / "parts").iterdir()} == {
        f"letters.{it}" for it in formats.FORMATS
    }


@pytest.mark.parametrize("longest", [0, 1, 8, 9, 255, 256, 504, 505, 1_000, 5_000])
def test_the_rows_of_a_sav_are_those_that_the_library_writes(longest: int, tmp_path: Path) -> None:
    about = [
        columns.text("text", "what was written"),
        columns.count("number", "a number"),
        Column("score", "a score", "score", "scale", "here"),
        columns.day("day", "a day"),
    ]
    rows = [
        ("x" * longest or None, 3, 1 / 3, dt.date(2026, 11, 26)),
        (None, None, None, None),
        (("é" * longest).encode()[: longest - longest % 2].decode() or None, -2, 0.0, dt.date(1900, 2, 28)),
        ("kort"[:longest] or None, 2**40, -1e300, dt.date(1970, 1, 1)),
    ]
    table = tables.Table("letters", "one letter", about)
    for row in rows:
        table.add(row)
    formats.write_sav(table, tmp_path / "ours.sav", at(T0))
    pyreadstat.write_sav(table.frame(), tmp_path / "theirs.sav")
    ours, theirs = ((tmp_path / name).read_bytes() for name in ("ours.sav", "theirs.sav"))
    size = 8 * int.from_bytes(theirs[68:72], "little") * len(rows)
    assert ours[-size:] == theirs[-size:]
    read, _ = sav(tmp_path, "ours")
    assert [row["text"] or None for row in read] == [row[0] for row in rows]
    assert [row["day"] for row in read] == [row[3] for row in rows]
