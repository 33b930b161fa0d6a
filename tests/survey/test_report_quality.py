"""The quality of the fieldwork: shares and coefficients that can be checked, and none of too few answers."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from instruments import protocol
from survey import demo
from survey.db import Database
from survey.report import quality, study
from survey.report.contents import Part
from survey.report.study import Study

TODAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}")
    database.upgrade()
    demo.build(database, protocol.default(), TODAY)
    yield study.load(database, protocol.default(), TODAY)
    database.dispose()


@pytest.fixture(scope="module")
def parts(data: Study) -> dict[str, Part]:
    return {part.name: part for part in [*quality.responses(data), *quality.answers(data)]}


def test_alpha_is_that_of_a_worked_example() -> None:
    # Three items, four people: item variances 1.667, 0.917 and 1.667, of the sums 8.917.
    rows = [[1.0, 2.0, 1.0], [2.0, 2.0, 3.0], [3.0, 3.0, 2.0], [4.0, 4.0, 4.0]]
    parts = sum(statistics.variance(column) for column in zip(*rows, strict=True))
    assert quality.alpha(rows) == pytest.approx(1.5 * (1 - parts / statistics.variance([4, 7, 8, 12])))


def test_alpha_is_one_for_items_that_agree_and_nothing_where_it_cannot_be() -> None:
    assert quality.alpha([[1, 1], [2, 2], [5, 5]]) == pytest.approx(1)
    assert quality.alpha([[1, 1]]) is None
    assert quality.alpha([[1], [2]]) is None
    assert quality.alpha([[1, 2], [2, 1]]) is None


def test_response_by_mode_counts_every_response(parts: dict[str, Part], data: Study) -> None:
    rows = parts["Response by mode"].rows
    assert [row[0] for row in rows] == ["assisted", "paper", "web"]
    assert sum(int(row[1]) for row in rows) == data.files["responses"].height
    assert {row[2] for row in rows} == {"100.0"}


def test_complete_by_informant_and_wave_is_what_was_told(parts: dict[str, Part]) -> None:
    rows = {row[0]: row[1:] for row in parts["Complete"].rows}
    assert rows["child"] == ("0", "24", "16", "16", "5")
    assert rows["childcare_worker"] == ("0", "39", "28", "22", "12")


def test_skips_are_of_the_items_that_were_answered_about(parts: dict[str, Part], data: Study) -> None:
    item, count, share = parts["Passed over"].rows[0]
    name, _, key = item.partition(": ")
    instrument, version = name.split()
    long = data.files["long"].filter(
        pl.col("instrument") == instrument, pl.col("version") == version, pl.col("item") == key
    )
    assert long.height == int(count)
    skipped = long.filter(pl.col("missing") == "skipped").height
    assert float(share) == pytest.approx(100 * skipped / long.height, abs=0.05)


def test_scales_that_were_made_to_cohere_do(parts: dict[str, Part]) -> None:
    found = {(scale, language): alpha for scale, language, _, alpha in parts["Reliability"].rows}
    assert float(found["who5/self raw", "nl"]) > 0.6
    assert float(found["vgk/parent samenwerking", "nl"]) > 0.6


def test_nothing_rests_on_too_few_answers(parts: dict[str, Part]) -> None:
    for _, _, count, alpha in parts["Reliability"].rows:
        assert (alpha == "–") or int(count) >= quality.FEWEST
    for name, part in parts.items():
        if name.startswith("Response by"):
            assert all(int(row[1]) >= quality.FEWEST or row[2:] == ("–", "–", "–") for row in part.rows)
    assert all(int(count) >= quality.FEWEST for _, count, _ in parts["Passed over"].rows)


def test_an_empty_study_has_a_page(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    database.upgrade()
    quality.write(database, protocol.default(), tmp_path / "quality.html", TODAY)
    database.dispose()
    assert "Cronbach" in (tmp_path / "quality.html").read_text("utf-8")
