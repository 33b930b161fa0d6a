"""The files of an export in R itself: haven's reading, the script that labels, the models of lme4."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from instruments import catalogue
from instruments.wording import Library
from survey import exports
from survey.db import Database
from survey.wording_packs import OURS
from tests import haven, people
from tests.exporting import FULL, LONG, WIDE, Told, sav
from tests.kinds import Places
from tests.people import plan

pytestmark = haven.with_r


@pytest.fixture(scope="module")
def told(places: Places) -> Iterator[tuple[Database, Told]]:
    with places.upgraded() as database:
        yield database, Told(database, people.settle(database))


@pytest.fixture(scope="module")
def folder(told: tuple[Database, Told], tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = Library([OURS], catalogue())
    place = tmp_path_factory.mktemp("export") / "out"
    return exports.write(told[0], plan(), place, library=library, wanted=FULL).folder


@pytest.fixture(scope="module")
def read(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """What haven makes of every file."""
    return haven.cells(folder, (*WIDE, *LONG), tmp_path_factory.mktemp("haven"))


def test_haven_and_pyreadstat_read_the_same_in_every_cell(
    folder: Path, read: dict[str, list[dict[str, str]]]
) -> None:
    compared = 0
    for name in (*WIDE, *LONG):
        rows, _ = sav(folder, name)
        assert len(read[name]) == len(rows) > 0
        for theirs, ours in zip(read[name], rows, strict=True):
            assert list(theirs) == list(ours)
            for column, value in ours.items():
                assert theirs[column].replace("\r\n", "\n") == _as_text(value), (name, column)
                compared += 1
    assert compared > 5000


def _as_text(value: object) -> str:
    """A cell as R writes it with all its digits."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return f"{value:.17g}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def test_haven_reads_every_answer_as_it_was_given(
    told: tuple[Database, Told], read: dict[str, list[dict[str, str]]]
) -> None:
    long = {(int(row["response"]), row["item"]): row for row in read["long"]}
    texts = {(int(row["response"]), row["item"]): row["text"] for row in read["free_text"]}
    given = {
        (number, item): value for number, all_of in told[1].given.items() for item, value in all_of.items()
    }
    assert set(long) == set(given)
    for place, value in given.items():
        row = long[place]
        if isinstance(value, tuple):
            assert row["written"] == ",".join(map(str, value))
        elif isinstance(value, int):
            assert row["value"] == str(value)
        elif row["missing"]:
            assert row["missing"] == str(value)
        else:
            assert (texts.get(place) or row["written"]) == value


def test_haven_knows_the_labels_and_the_missing_codes(
    folder: Path, read: dict[str, list[dict[str, str]]]
) -> None:
    for name in WIDE:
        _, meta = sav(folder, name)
        for about in read[f"{name}.about"]:
            variable = about["variable"]
            assert about["label"] == meta.column_names_to_labels[variable]
            values = meta.variable_value_labels.get(variable, {})
            told = {part for part in about["values"].split("|") if part}
            assert told == {f"{code:g}={words}" for code, words in values.items()}
            assert about["missing"] == ("-6 -1" if variable in meta.missing_ranges else "")


def test_the_script_reads_every_file_and_labels_it(folder: Path) -> None:
    out = haven.run(
        folder,
        "-e",
        """
        source("read.R")
        for (name in names(tables)) cat(name, dim(read_table(name, missing = TRUE)), "\\n")
        who5 <- read_table("parent")$who5_1
        stopifnot(all(is.na(who5) | who5 >= 0), is.factor(labelled(who5)))
        provisional <- setdiff(names(read_table("parent")), names(read_table("parent", provisional = FALSE)))
        cat("left out:", provisional, "\\n")
        """,
    )
    for name in (*WIDE, *LONG):
        rows, meta = sav(folder, name)
        assert f"{name} {len(rows)} {len(meta.column_names)} " in out
    left_out = out.rpartition("left out:")[2].split()
    assert "vgk_waardering" in left_out
    assert "who5_score" not in left_out


def test_the_models_say_plainly_that_there_is_not_enough_to_fit_also_with_ages_in_bands(
    told: tuple[Database, Told], tmp_path: Path
) -> None:
    bands = exports.write(told[0], plan(), tmp_path / "out", wanted=exports.Wanted(pdf=False)).folder
    haven.run(bands, "models.R")
    with (bands / "models.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == []
