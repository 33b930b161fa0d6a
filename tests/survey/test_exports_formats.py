"""The other faces of an export: columns, workbooks, and the scripts for R and SPSS."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyreadstat
import pytest

from instruments import catalogue
from instruments.wording import Library
from survey import exports
from survey.db import Database
from survey.exports import scripts, tables, workbook
from survey.exports.columns import Column
from survey.exports.outcomes import OUTCOMES
from survey.wording_packs import OURS
from tests import people
from tests.exporting import FULL, LONG, WIDE, Told, sums
from tests.kinds import Places
from tests.people import T0, at, plan

NAMES = (*WIDE, *LONG)


@pytest.fixture(scope="module")
def study(places: Places) -> Iterator[Database]:
    """Everything that everyone answered."""
    with places.upgraded() as database:
        Told(database, people.settle(database))
        yield database


@pytest.fixture(scope="module")
def folder(study: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of it, labelled in Dutch."""
    return written(study, tmp_path_factory.mktemp("export") / "out")


def written(study: Database, folder: Path) -> Path:
    library = Library([OURS], catalogue())
    wanted = dataclasses.replace(FULL, also=("xlsx",))
    return exports.write(study, plan(), folder, library=library, wanted=wanted).folder


def sheet(path: Path, name: str = "data") -> list[tuple[Any, ...]]:
    """The cells of a sheet: their types and values."""
    book = openpyxl.load_workbook(path)
    rows = [tuple((cell.data_type, cell.value) for cell in row) for row in book[name].iter_rows()]
    book.close()
    return rows


def columns_of(folder: Path) -> dict[str, list[dict[str, str]]]:
    """The codebook, by file."""
    with (folder / "codebook.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row for row in rows if row["file"] == name] for name in NAMES}


def test_parquet_and_workbook_hold_what_the_sav_holds(folder: Path) -> None:
    for name in NAMES:
        frame = pl.read_parquet(folder / f"{name}.parquet")
        sav, meta = pyreadstat.read_sav(folder / f"{name}.sav", user_missing=True, output_format="polars")
        assert frame.columns == sav.columns
        for column in frame.columns:
            texts = frame[column].dtype == pl.String
            expected = sav[column].to_list()
            found = frame[column].fill_null("") if texts else frame[column]
            assert found.to_list() == expected, (name, column)
        about = json.loads(pl.read_parquet_metadata(folder / f"{name}.parquet")["columns"])
        assert {key: value["label"][:80] for key, value in about.items()} == {
            key: label[:80] for key, label in meta.column_names_to_labels.items()
        }
    head, *rows = sheet(folder / "parent.xlsx")
    parents = pl.read_parquet(folder / "parent.parquet")
    assert [value for _, value in head] == parents.columns
    assert [[value for _, value in row] for row in rows] == [
        [at_midnight(cell) for cell in row] for row in parents.iter_rows()
    ]


def at_midnight(cell: object) -> object:
    """A day as spreadsheets give it back."""
    return dt.datetime(cell.year, cell.month, cell.day) if isinstance(cell, dt.date) else cell  # noqa: DTZ001


def test_a_text_like_a_formula_is_a_text_in_the_workbook(tmp_path: Path) -> None:
    table = tables.Table("texts", "one text", [Column("text", "a text", "text", "nominal", "here")])
    given = ["=1+1", "+1", "-", "@x", "http://example.org", "regel 1\nregel 2", "é"]
    for text in given:
        table.add([text])
    workbook.write_xlsx(table, tmp_path / "texts.xlsx", at(T0))
    assert sheet(tmp_path / "texts.xlsx")[1:] == [(("s", text),) for text in given]


def test_the_same_data_give_the_same_workbooks_and_scripts(
    study: Database, folder: Path, tmp_path: Path
) -> None:
    assert sums(folder) == sums(written(study, tmp_path / "again"))


def test_a_table_too_long_for_a_sheet_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "ROWS", 3)
    table = tables.Table("letters", "one letter", [Column("text", "a letter", "text", "nominal", "here")])
    for letter in "abc":
        table.add([letter])
    with pytest.raises(workbook.TooLong, match="letters has 3 rows; a spreadsheet holds 2"):
        workbook.write_xlsx(table, tmp_path / "letters.xlsx", at(T0))


def test_the_r_script_names_every_column_of_every_file_and_is_ascii(folder: Path) -> None:
    script = (folder / "read.R").read_bytes().decode("ascii")
    for name, columns in columns_of(folder).items():
        (block,) = re.findall(
            rf'^tables\[\["{name}"\]\] <- list\(\n(.*?)\n\)$', script, re.MULTILINE | re.DOTALL
        )
        classes = re.search(r"classes = c\((.*?)\),\n  labels", block, re.DOTALL)
        assert classes is not None
        assert re.findall(r"`(\w+)` = ", classes[1]) == [column["variable"] for column in columns]
    assert "wave_months <- c(T0 = 0, T1 = 6, T2 = 12, T3 = 18, T4 = 24)" in script.replace("'", '"')
    assert '"skipped by the respondent"' in script


def test_the_models_of_the_report_are_fitted_to_columns_that_are_there(folder: Path) -> None:
    script = (folder / "read.R").read_text("ascii")
    wanted = re.findall(r'column = "(\w+)"', script)
    assert len(wanted) == 7
    there = {column["variable"] for columns in columns_of(folder).values() for column in columns}
    assert set(wanted) <= there
    models = (folder / "models.R").read_text("ascii")
    named = set(re.findall(r"(?:parents|children)\$(background_\w+|child_sex)", models))
    assert named == {
        "background_family_making_ends_meet",
        "background_family_parent_age",
        "background_family_other_parent_age",
        "background_family_status",
        "child_sex",
    }
    assert named <= there


def test_the_spss_syntax_labels_every_column_and_ends_every_command(folder: Path) -> None:
    syntax = (folder / "read.sps").read_text("utf-8-sig")
    columns = columns_of(folder)
    for name in set(NAMES) - {"free_text", "free_text_windows"}:
        (reading,) = re.findall(rf"FILE='{name}.csv'.*?/VARIABLES=\n(.*?)\n  \.\n", syntax, re.DOTALL)
        assert [line.split()[0] for line in reading.splitlines()] == [
            column["variable"] for column in columns[name]
        ]
    outside = re.sub(r"'(?:[^']|'')*'", "''", syntax)
    for line, following in zip(outside.splitlines(), [*outside.splitlines()[1:], ""], strict=True):
        begins = re.match(r"[A-Z]{3,} ?[A-Z]*", following)
        if begins:
            assert not line or line.endswith("."), (line, following)
    assert max(map(len, syntax.splitlines())) < 250
    assert "(-6 THRU -1)." in syntax


def test_the_spss_models_name_columns_that_are_there_and_end_every_command(folder: Path) -> None:
    syntax = (folder / "models.sps").read_text("ascii")
    there = {column["variable"] for columns in columns_of(folder).values() for column in columns}
    for outcome in OUTCOMES:
        (model,) = re.findall(
            rf"^MIXED {outcome.column} WITH (.*)\n(?:  /.*\n)*  /PRINT=.*\.$", syntax, re.MULTILINE
        )
        assert model == f"t1 t2 t3 t4 {'girl age' if outcome.who == 'child' else 'hard age'}"
        assert {outcome.column, f"{outcome.instrument}_status"} <= there
    named = set(re.findall(r"\b[a-z0-9]+_(?:age_months|status|making_ends_meet|parent_age)\b", syntax))
    assert named <= there | {"background_family_parent_age"}
    assert max(map(len, syntax.splitlines())) < 250


def test_a_string_of_spss_is_cut_doubled_and_broken() -> None:
    long = "é'" * 150
    text = scripts._spss(long, 255)
    assert "''" in text
    whole = "".join(re.findall(r"'((?:[^']|'')*)'", text)).replace("''", "'")
    assert whole.endswith("…")
    assert len(whole.encode()) <= 255


def test_a_string_of_r_survives_any_letter() -> None:
    assert scripts._r('a"\\\né€😀') == '"a\\"\\\\\\n\\u{e9}\\u{20ac}\\U{1f600}"'
