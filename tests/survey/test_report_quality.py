"""The quality of the fieldwork: shares and coefficients that can be checked, and none of too few answers."""

from __future__ import annotations

import dataclasses
import datetime as dt
import statistics
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from instruments import protocol
from survey import demo
from survey.db import Database
from survey.report import answering, fieldwork, numbers, quality, reliability, study
from survey.report.contents import Part
from survey.report.study import Study
from tests.kinds import Places

TODAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def data(places: Places) -> Iterator[Study]:
    with places.upgraded() as database:
        demo.build(database, protocol.default(), TODAY)
        yield study.load(database, protocol.default(), TODAY)


@pytest.fixture(scope="module")
def parts(data: Study) -> dict[str, Part]:
    return everything(data)


def everything(data: Study) -> dict[str, Part]:
    found = [*fieldwork.responses(data), *fieldwork.people(data), *answering.answers(data)]
    return {part.name: part for part in found}


def test_alpha_is_that_of_a_worked_example() -> None:
    # Three items, four people: item variances 1.667, 0.917 and 1.667, of the sums 8.917.
    rows = [[1.0, 2.0, 1.0], [2.0, 2.0, 3.0], [3.0, 3.0, 2.0], [4.0, 4.0, 4.0]]
    parts = sum(statistics.variance(column) for column in zip(*rows, strict=True))
    assert reliability.alpha(rows) == pytest.approx(1.5 * (1 - parts / statistics.variance([4, 7, 8, 12])))


def test_alpha_is_one_for_items_that_agree_and_nothing_where_it_cannot_be() -> None:
    assert reliability.alpha([[1, 1], [2, 2], [5, 5]]) == pytest.approx(1)
    assert reliability.alpha([[1, 1]]) is None
    assert reliability.alpha([[1], [2]]) is None
    assert reliability.alpha([[1, 2], [2, 1]]) is None


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
    found = {
        (scale, edition): (alpha, omega) for scale, edition, _, alpha, omega in parts["Reliability"].rows
    }
    for scale in ("who5/self raw", "vgk/parent samenwerking"):
        alpha, omega = (float(value) for value in found[scale, "nl"])
        assert 0.6 < alpha < 1
        assert omega == pytest.approx(alpha, abs=0.05)


def test_nothing_rests_on_too_few_answers(parts: dict[str, Part]) -> None:
    for _, _, count, *coefficients in parts["Reliability"].rows:
        assert coefficients == ["–", "–"] or int(count) >= fieldwork.FEWEST
    for name, part in parts.items():
        if name.startswith("Response by"):
            assert all(int(row[1]) >= fieldwork.FEWEST or row[2:] == ("–", "–", "–") for row in part.rows)
    assert all(int(count) >= fieldwork.FEWEST for _, count, _ in parts["Passed over"].rows)


def test_omega_is_what_the_loadings_of_one_factor_give() -> None:
    dice = np.random.default_rng(7)
    loadings = np.array([0.9, 0.8, 0.7, 0.5, 0.4])
    own = 1 - loadings**2
    factor = dice.standard_normal((20_000, 1))
    rows = factor * loadings + dice.standard_normal((20_000, 5)) * np.sqrt(own)
    expected = loadings.sum() ** 2 / (loadings.sum() ** 2 + own.sum())
    found = reliability.omega(rows.tolist())
    assert found == pytest.approx(expected, abs=0.01)
    # Items that do not weigh the same: alpha is too low, and omega says how much.
    low = reliability.alpha(rows.tolist())
    assert low is not None
    assert low < expected - 0.01


def test_omega_is_nothing_where_a_factor_is_not_determined() -> None:
    assert reliability.omega([[1.0, 2.0]] * 20) is None
    assert reliability.omega([[1.0, 2.0, 3.0]] * 20) is None
    assert reliability.omega([[1.0, 2.0, 2.0], [2.0, 1.0, 3.0]]) is None
    assert reliability.omega([]) is None


def test_families_that_left_are_counted_by_reason_and_moment(data: Study) -> None:
    first, second, third, *others = data.families
    day = dt.timedelta(1)
    waves = data.plan.wave_dates(third.t0)
    left = [
        dataclasses.replace(first, left_on=first.t0 + day, left_reason="family_wish"),
        dataclasses.replace(second, left_on=second.t0 - day, left_reason="family_wish"),
        dataclasses.replace(third, left_on=waves["T2"], left_reason="out_of_home"),
    ]
    part = everything(dataclasses.replace(data, families=(*left, *others)))["Attrition"]
    assert part.title.endswith(f"3 of {len(data.families)}")
    assert part.rows == (
        ("family wish", "2", "0", "0", "0", "0", "2"),
        ("out of home", "0", "0", "1", "0", "0", "1"),
    )
    assert everything(data)["Attrition"].note == "No family was noted as having stopped."


def test_another_parent_than_the_wave_before_is_a_change_of_reporter(data: Study) -> None:
    def with_other_parent(child: str) -> Study:
        frame = data.files["responses"]
        there = (pl.col("child") == child) & (pl.col("wave") == "T1") & (pl.col("subject") == "child")
        other = pl.when(there).then(pl.lit("OTHER")).otherwise(pl.col("respondent")).alias("respondent")
        return dataclasses.replace(data, files={**data.files, "responses": frame.with_columns(other)})

    before = everything(data)["Change of reporter"].rows
    told = data.files["responses"].filter(pl.col("subject") == "child", pl.col("role") == "parent")
    in_both = set(told.filter(pl.col("wave") == "T0")["child"]) & set(
        told.filter(pl.col("wave") == "T1")["child"]
    )
    assert before[0][:2] == ("T0 to T1", str(len(in_both)))
    after = everything(with_other_parent(min(in_both)))["Change of reporter"].rows
    assert int(after[0][2]) == int(before[0][2]) + 1
    assert after[0][3] == numbers.percent(int(after[0][2]), len(in_both))


def test_where_people_stop_is_the_last_item_they_reached(data: Study) -> None:
    screen = (pl.col("instrument") == "who5") & (pl.col("mode") != "paper")
    some = data.files["responses"].filter(screen)["response"].to_list()[:4]
    opened = pl.col("response").is_in(some)
    status = pl.when(opened).then(pl.lit("open")).otherwise(pl.col("status")).alias("status")
    responses = data.files["responses"].with_columns(status)
    long = data.files["long"].filter(~(opened & pl.col("item").is_in(["4", "5"])))
    part = everything(dataclasses.replace(data, files={**data.files, "responses": responses, "long": long}))
    reached = long.filter(pl.col("instrument") == "who5", pl.col("item") == "3").height
    assert part["Stopped"].rows == (("who5 self: 3", str(reached), numbers.percent(4, reached)),)


def test_answering_all_alike_is_counted(data: Study) -> None:
    def rows(study: Study) -> dict[tuple[str, ...], tuple[str, ...]]:
        return {row[:2]: row[2:] for row in everything(study)["All alike"].rows}

    alike = pl.when(pl.col("wave") == "T0").then(pl.lit(3)).otherwise(pl.col("who5_1"))
    frame = data.files["parent"].with_columns(*(alike.alias(f"who5_{item}") for item in range(1, 6)))
    changed = dataclasses.replace(data, files={**data.files, "parent": frame})
    assert rows(changed)["who5/self", "5"][1] == "100.0"
    assert float(rows(data)["who5/self", "5"][1]) < 50
    assert "sdq/parent-4-17" in {key for key, _ in rows(data)}


def test_distributions_add_up_and_say_nothing_of_few(data: Study) -> None:
    found = {part.name: part for part in answering.distributions(data)}
    for part in found.values():
        for _, _, count, spread in part.rows:
            assert int(count) >= fieldwork.FEWEST
            shares = [float(each.split(": ")[1]) for each in spread.split(", ")]
            assert sum(shares) == pytest.approx(100, abs=0.3)
    item, _, count, spread = found["who5/self"].rows[0]
    values = data.files["parent"].filter(pl.col("who5_1") >= 0)["who5_1"]
    assert (item, int(count)) == ("1", values.len())
    assert spread.startswith(f"0: {numbers.percent(int((values == 0).sum()), values.len())}, 1: ")


def test_response_of_families_counts_those_for_whom_a_wave_has_come(
    parts: dict[str, Part], data: Study
) -> None:
    come, answered, shares = parts["Families by wave"].rows
    assert [int(n) for n in come[1:]] == [len(data.due(wave)) for wave in data.waves]
    assert shares[2] == numbers.percent(int(answered[2]), int(come[2]))
    by_place = parts["Families by municipality"].rows
    assert sum(int(row[1]) for row in by_place) == len(data.families)
    assert all(row[2:] == ("–",) * 5 for row in by_place if int(row[1]) < fieldwork.FEWEST)
    assert {row[0] for row in parts["Response by municipality"].rows} == {row[0] for row in by_place}


def test_an_empty_study_has_a_page(chosen_db: Database, tmp_path: Path) -> None:
    quality.write(chosen_db, protocol.default(), tmp_path / "quality.html", TODAY)
    assert "Cronbach" in (tmp_path / "quality.html").read_text("utf-8")
