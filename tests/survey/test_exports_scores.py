"""Exported scores agree with a computation that was written independently of the service."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

from benchmarks import answers
from instruments import catalogue, scoring
from survey.db import Database
from survey.exports import reading, scores, tables
from survey.exports.grid import Grid
from survey.exports.scores import Scores
from tests import kinds
from tests.exporting import WIDE, Row, Told, export, sav, sums
from tests.people import Cast


@pytest.fixture
def told(db: Database, cast: Cast) -> Told:
    """Everything that everyone in the cast answered."""
    return Told(db, cast)


def mean(values: list[float], least: int) -> float | None:
    return sum(values) / len(values) if len(values) >= least else None


def answered(row: Row, *items: str) -> list[float]:
    return [row[item] for item in items if row[item] is not None and row[item] >= 0]


def half_up(value: float) -> int:
    # Written anew, on purpose: 2.5 -> 3. The sums here are of whole numbers over 3, 4 or 5.
    return int(value + 0.5 + 1e-9)


def sdq(row: Row) -> dict[str, float | None]:
    """The SDQ by its scoring sheet, written independently of the service."""
    scales = {
        "emotional": ([3, 8, 13, 16, 24], []),
        "conduct": ([5, 12, 18, 22], [7]),
        "hyperactivity": ([2, 10, 15], [21, 25]),
        "peer": ([6, 19, 23], [11, 14]),
        "prosocial": ([1, 4, 9, 17, 20], []),
    }
    found: dict[str, float | None] = {}
    for name, (plain, turned) in scales.items():
        values = answered(row, *(f"sdq_{n}" for n in plain))
        values += [2 - value for value in answered(row, *(f"sdq_{n}" for n in turned))]
        found[name] = half_up(sum(values) / len(values) * 5) if len(values) >= 3 else None
    parts = [found[name] for name in ("emotional", "conduct", "hyperactivity", "peer")]
    found["total_difficulties"] = None if None in parts else sum(p for p in parts if p is not None)
    return found


def pedsql(row: Row) -> dict[str, float | None]:
    """The PedsQL by its scoring page, written independently of the service."""
    young = row["pedsql_version"] == "parent-2-4"
    items = {
        "physical": [f"p{n}" for n in range(1, 9)],
        "emotional": [f"e{n}" for n in range(1, 6)],
        "social": [f"s{n}" for n in range(1, 6)],
        "school": [f"c{n}" for n in range(1, 4 if young else 6)],
    }
    items["psychosocial"] = items["emotional"] + items["social"] + items["school"]
    items["total"] = items["physical"] + items["psychosocial"]
    return {
        name: mean(
            [100 - 25 * value for value in answered(row, *(f"pedsql_{n}" for n in names))],
            (len(names) + 1) // 2,
        )
        for name, names in items.items()
    }


def who5(row: Row) -> dict[str, float | None]:
    values = answered(row, *(f"who5_{n}" for n in range(1, 6)))
    return {
        "raw": sum(values) if len(values) == 5 else None,
        "score": 4 * sum(values) if len(values) == 5 else None,
    }


def vgk(row: Row) -> dict[str, float | None]:
    scales = {
        "waardering": [f"vgk_w{n}" for n in range(1, 9)],
        "samenwerking": [f"vgk_s{n}" for n in range(1, 16)],
    }
    return {
        name: sum(answered(row, *items)) if len(answered(row, *items)) == len(items) else None
        for name, items in scales.items()
    }


def parenting(row: Row) -> dict[str, float | None]:
    laxness = answered(row, *(f"parenting_scale_l{n}" for n in range(1, 6)))
    overreactivity = answered(row, *(f"parenting_scale_o{n}" for n in range(1, 7)))
    return {"laxness": mean(laxness, 4), "overreactivity": mean(overreactivity, 5)}


INDEPENDENT: dict[str, tuple[str, Callable[[Row], dict[str, float | None]]]] = {
    "sdq": ("parent_about_child", sdq),
    "pedsql": ("parent_about_child", pedsql),
    "who5": ("parent", who5),
    "vgk": ("parent", vgk),
    "parenting_scale": ("parent", parenting),
}


@dataclass
class Compared:
    """How the exported scores of a folder compare with an independent computation."""

    there: int = 0
    absent: int = 0
    #: File, row and score of what differs.
    different: list[tuple[str, str, str]] = field(default_factory=list)


def compared(folder: Path) -> Compared:
    """Every score of an export beside the one that is computed anew from the exported answers."""
    result = Compared()
    for instrument, (name, compute) in INDEPENDENT.items():
        for row in sav(folder, name)[0]:
            if row[f"{instrument}_version"] in (None, ""):
                continue
            for score, expected in compute(row).items():
                found = row[f"{instrument}_{score}"]
                if found != (None if expected is None else pytest.approx(expected, abs=1e-12)):
                    result.different.append((name, f"{row['respondent']} {row['wave']}", score))
                result.there += expected is not None
                result.absent += expected is None
    return result


def test_an_independent_computation_from_the_exported_answers_gives_the_exported_scores(
    db: Database, told: Told, tmp_path: Path
) -> None:
    result = compared(export(db, tmp_path / "out"))
    assert result.different == []
    assert result.there > 20
    assert result.absent > 5


@pytest.mark.parametrize("db", [kinds.CHOSEN], indirect=True)
def test_an_error_in_one_score_is_caught_by_the_independent_computation(
    db: Database, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rightly = tables.scores
    spoiled: list[str] = []

    def wrongly(grid: Grid) -> list[Scores]:
        """One score of one response is a single point too high."""
        found = rightly(grid)
        for place, each in enumerate(found):
            first = each.values.is_not_null().arg_max()
            if each.rule.id == "total" and each.values.count() and first is not None and not spoiled:
                spoiled.append(grid.definition.key)
                more = each.values.scatter(first, each.values[first] + 1)
                found[place] = dataclasses.replace(each, values=more)
        return found

    monkeypatch.setattr(tables, "scores", wrongly)
    folder = export(db, tmp_path / "out")
    assert len(spoiled) == 1
    ((file, _row, score),) = compared(folder).different
    assert (file, score) == ("parent_about_child", "total")


@pytest.fixture(scope="module")
def many(places: kinds.Places) -> Iterator[Database]:
    """Five thousand answers by chance, a few skipped and a few not there."""
    with places.upgraded() as database:
        answers.fill(database, 5_000)
        yield database


def test_scores_of_many_at_once_are_those_of_each_by_itself(many: Database, tmp_path: Path) -> None:
    folder = export(many, tmp_path / "out")
    ages = dict(pl.read_parquet(folder / "responses.parquet").select("response", "age_months").iter_rows())
    exported: dict[int, dict[str, tuple[float | None, int | None, str | None]]] = {}
    for row in pl.read_parquet(folder / "scores.parquet").iter_rows(named=True):
        exported.setdefault(row["response"], {})[row["score"]] = row["value"], row["flag"], row["cut_off"]
    given = pl.read_parquet(folder / "long.parquet").filter(pl.col("missing").is_null())
    for (response, *version), rows in given.group_by("response", "instrument", "version"):
        numbers = dict(rows.select("item", "value").iter_rows())
        alone = scoring.score(catalogue().get(*version), numbers, ages[response])
        expected = {
            name: (
                None if value is None else float(value),
                None if alone.flags[name] is None else int(alone.flags[name]),
                alone.sources[name].cut_off if name in alone.sources else None,
            )
            for name, value in alone.scores.items()
        }
        assert exported.pop(response, {}) == expected
    assert not exported


def test_a_questionnaire_without_whole_points_is_scored_response_by_response_to_the_same(
    many: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_totals = export(many, tmp_path / "by-totals")
    monkeypatch.setattr(scores, "_totals", lambda grid, points: None)
    assert sums(by_totals) == sums(export(many, tmp_path / "one-by-one"))


def test_a_batch_of_responses_more_or_less_changes_nothing(
    many: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = export(many, tmp_path / "whole")
    monkeypatch.setattr(reading, "BATCH", 7)
    by_seven = export(many, tmp_path / "by-seven")
    assert sums(whole) == sums(by_seven)


def test_a_flag_is_empty_where_the_score_is(db: Database, told: Told, tmp_path: Path) -> None:
    folder = export(db, tmp_path / "out")
    for name in WIDE:
        rows, _ = sav(folder, name)
        flags = [column for column in (rows[0] if rows else {}) if column.endswith("_flag")]
        for row, flag in itertools.product(rows, flags):
            score = row[flag.removesuffix("_flag")]
            assert row[flag] in ((0, 1, None) if score is not None else (None,))


def test_scores_of_the_tapqol_are_empty_and_say_why(db: Database, told: Told, tmp_path: Path) -> None:
    folder = export(db, tmp_path / "out")
    rows, meta = sav(folder, "parent_about_child")
    assert any(row["tapqol_version"] == "parent-0-1" for row in rows)
    scales = [rule.id for rule in catalogue().get("tapqol", "parent-0-1").scores]
    assert len(scales) == 12
    for scale in scales:
        assert {row[f"tapqol_{scale}"] for row in rows} == {None}
        assert "PROVISIONAL" in meta.column_names_to_labels[f"tapqol_{scale}"]
