"""The SPSS syntax of an export in PSPP: `read.sps` makes the .sav anew, `models.sps` takes the right rows.

PSPP has no command MIXED. In `models.sps` it is replaced here by one that describes the same variables over
the same rows, so that all around it is run: what goes into a model, and for whom. MIXED itself was never run
in SPSS, which is not at hand; that the models find what lies in the data is shown with lme4
(`test_report.py`).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from instruments import catalogue, protocol
from instruments.wording import Library
from survey import demo, exports
from survey.db import Database
from survey.exports.outcomes import OUTCOMES, Outcome
from survey.wording_packs import OURS
from tests import people, pspp
from tests.exporting import FULL, LONG, WIDE, Told, sav
from tests.people import plan

pytestmark = pspp.with_pspp

#: One MIXED command, to its full stop: what it explains, and by what.
MIXED = re.compile(r"^MIXED (\w+) WITH ([\w ]+)\n[^.]*\.$", re.MULTILINE)
HOUSEHOLDS = ("families", "placements", "windows")
#: Files of people's own words, which `read.sps` leaves to the .sav.
WORDS = {"free_text", "free_text_windows"}

Described = dict[str, tuple[int, float]]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The demonstration: enough families in enough waves for a model. Some did not finish what they began."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}")
    database.upgrade()
    demo.build(database, protocol.default(), dt.date(2026, 11, 23))
    unfinished = "UPDATE response SET status = 'open', completed_at = NULL WHERE id % 10 = 0"
    database.write(lambda connection: connection.exec_driver_sql(unfinished))
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def of_study(study: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exports.write(
        study, protocol.default(), tmp_path_factory.mktemp("demo") / "out", wanted=FULL
    ).folder


@pytest.fixture(scope="module")
def of_cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Answers at random, every reason for being missing among them, with Dutch labels."""
    place = tmp_path_factory.mktemp("cast")
    database = Database(f"sqlite:///{place / 'study.db'}")
    database.upgrade()
    Told(database, people.settle(database))
    library = Library([OURS], catalogue())
    yield exports.write(database, plan(), place / "out", library=library, wanted=FULL).folder
    database.dispose()


@pytest.mark.parametrize("export", ["of_study", "of_cast"])
def test_the_syntax_makes_every_sav_anew(export: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(export)
    pspp.run(folder, "read.sps")
    names = {path.stem for path in folder.glob("*.csv")} - WORDS - {"codebook", "printed"}
    assert names == {*WIDE, *LONG, *HOUSEHOLDS} - WORDS
    for name in names:
        ours, meant = sav(folder, name)
        theirs, made = sav(folder, f"{name}_labelled")
        assert theirs == ours, name
        assert made.column_names_to_labels == meant.column_names_to_labels, name
        assert made.variable_value_labels == meant.variable_value_labels, name
        assert made.variable_measure == meant.variable_measure, name
        assert made.missing_ranges == meant.missing_ranges, name


def test_a_mistake_in_the_syntax_is_noticed(of_cast: Path) -> None:
    (of_cast / "wrong.sps").write_text("GET FILE='parent.sav'.\nCOMPUTE x = nobody_knows_this.\nEXECUTE.\n")
    with pytest.raises(AssertionError, match="nobody_knows_this"):
        pspp.run(of_cast, "wrong.sps")


def test_every_model_takes_the_rows_and_values_that_it_should(of_study: Path) -> None:
    described = _described(of_study)
    assert set(described) == {outcome.column for outcome in OUTCOMES}
    for outcome in OUTCOMES:
        rows = _rows(of_study, outcome)
        assert rows.height > 100
        for name, (count, mean) in described[outcome.column].items():
            assert count == rows.height, (outcome.column, name)
            true = rows[name].cast(pl.Float64).mean()
            # Printed with two decimals.
            assert mean == pytest.approx(true, abs=0.0051), (outcome.column, name)


def test_with_ages_in_bands_the_models_take_the_same_rows(
    study: Database, of_study: Path, tmp_path: Path
) -> None:
    wanted = exports.Wanted(pdf=False)
    bands = exports.write(study, protocol.default(), tmp_path / "out", wanted=wanted).folder
    counts = {column: {n for n, _ in found.values()} for column, found in _described(bands).items()}
    assert counts == {outcome.column: {_rows(of_study, outcome).height} for outcome in OUTCOMES}


def _described(folder: Path) -> dict[str, Described]:
    """For each model: of every variable how many rows are used, and their mean."""
    syntax = (folder / "models.sps").read_text("ascii")
    models = MIXED.findall(syntax)
    assert len(models) == len(re.findall("^MIXED", syntax, re.MULTILINE)) == len(OUTCOMES)
    describe = r"DESCRIPTIVES VARIABLES=\1 \2 /MISSING=LISTWISE /STATISTICS=MEAN."
    # The lines of a table are to be called as the variables are, not by their labels.
    syntax = MIXED.sub(describe, syntax)
    (folder / "described.sps").write_text(f"SET TVARS=NAMES.\n{syntax}", encoding="ascii")
    tables = pspp.run(folder, "described.sps").strip().split("\n\n")
    found = {}
    for (column, others), table in zip(models, tables, strict=True):
        lines = {line[0]: line for line in csv.reader(io.StringIO(table)) if len(line) > 2 and line[2]}
        found[column] = {
            name: (int(lines[name][1]), float(lines[name][2])) for name in (column, *others.split())
        }
    return found


def _rows(folder: Path, outcome: Outcome) -> pl.DataFrame:
    """The rows that a model is about, found from the .parquet without SPSS."""
    rows = pl.read_parquet(folder / f"{outcome.file}.parquet")
    rows = _of_children(rows) if outcome.who == "child" else _of_parents(rows)
    waves = [wave.id for wave in protocol.default().waves[1:]]
    rows = rows.with_columns((pl.col("wave") == wave).alias(wave.lower()) for wave in waves)
    rows = rows.filter(pl.col(f"{outcome.instrument}_status") == "complete")
    return rows.drop_nulls([outcome.column, "girl" if outcome.who == "child" else "hard", "age"])


def _of_children(rows: pl.DataFrame) -> pl.DataFrame:
    """With the sex of the child, and its age in years at T0 from the first wave that knows it."""
    after = {wave.id: wave.months for wave in protocol.default().waves}
    noted = pl.min_horizontal(name for name in rows.columns if name.endswith("_age_months"))
    rows = rows.with_columns(
        since=pl.col("wave").replace_strict(after, return_dtype=pl.Int64),
        girl=pl.when(pl.col("child_sex") >= 0).then(pl.col("child_sex") == 1),
    ).with_columns(at_t0=(noted - pl.col("since")) / 12)
    first = rows.sort("since").drop_nulls("at_t0").group_by("child", maintain_order=True)
    return rows.join(first.agg(age=pl.col("at_t0").first()), on="child", how="left")


def _of_parents(rows: pl.DataFrame) -> pl.DataFrame:
    """With what one parent told of the family: whether it is hard to make ends meet, how old both are."""

    def known(name: str, most: int) -> pl.Expr:
        column = pl.col(f"background_family_{name}")
        return pl.when(column.is_between(0, most)).then(column).max()

    # Hard is 3 or 4; 9 is who does not know.
    families = rows.group_by("family").agg(
        hard=known("making_ends_meet", 4) >= 3,
        own=known("parent_age", 120),
        other=known("other_parent_age", 120),
    )
    told = rows.drop_nulls("background_family_status")["respondent"].unique()
    age = pl.when(pl.col("respondent").is_in(told.implode())).then("own").otherwise("other")
    return rows.join(families, on="family", how="left").with_columns(age=age)
