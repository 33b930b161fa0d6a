"""The report of the pilot, computed: on the demonstration study the truth that was put in comes out."""

from __future__ import annotations

import csv
import datetime as dt
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import html as lxml_html

from instruments import protocol
from survey import demo, exports
from survey.cli import main
from survey.db import Database
from survey.demo import pilot as truth
from survey.demo.telling import SHIFTS
from survey.exports.outcomes import OUTCOMES
from survey.report import contents, models, numbers, pilot, study
from survey.report.contents import Part
from survey.report.study import Study
from tests import haven
from tests.exporting import FULL
from tests.kinds import Places, url_of

TODAY = dt.date(2026, 11, 23)
#: What a shift of one answer code does to a score: see `survey.demo.telling.SHIFTS`.
A_CODE = {
    "pedsql_total": -25,
    "sdq_total_difficulties": 20,
    "who5_score": 20,
    "vgk_waardering": 8,
    "vgk_samenwerking": 15,
    "parenting_scale_overreactivity": 1,
    "parenting_scale_laxness": 1,
}


@pytest.fixture(scope="module")
def db(places: Places) -> Iterator[Database]:
    with places.upgraded() as database:
        demo.build(database, protocol.default(), TODAY)
        yield database


@pytest.fixture(scope="module")
def data(db: Database) -> Study:
    return study.load(db, protocol.default(), TODAY)


@pytest.fixture(scope="module")
def tables(data: Study) -> dict[str, Part]:
    return {part.name: part for part in contents.tables(data)}


@pytest.fixture(scope="module")
def figures(data: Study) -> dict[str, Part]:
    return {part.name: part for part in contents.figures(data)}


@pytest.fixture(scope="module")
def page(data: Study) -> str:
    return pilot.html(data)


def counts(part: Part, what: str) -> list[int]:
    return [int(row[1]) for row in part.rows if row[0].startswith(f"{what}: ")]


def row(part: Part, name: str) -> list[str]:
    return next(list(cells) for first, *cells in part.rows if first.startswith(name))


def test_a_half_is_rounded_up_as_the_report_does() -> None:
    assert numbers.percent(13, 16) == "81.3"
    assert numbers.percent(15, 16) == "93.8"
    assert numbers.percent(0, 0) == "–"
    assert numbers.mean([1, 2]) == "1.5"
    assert numbers.mean([]) == "–"
    assert numbers.shown(Fraction(-5, 1000), 2) == "-0.01"


def test_a_wide_table_scrolls_by_itself_and_has_a_name_for_who_cannot_see_that(page: str) -> None:
    tables = lxml_html.document_fromstring(page).xpath("//table")
    assert len(tables) > 10
    for table in tables:
        (around,) = table.xpath("parent::div[@class='wide'][@tabindex='0']")
        assert around.get("aria-label") == table.xpath("string(caption)")


def test_table_1_counts_families_and_children_by_municipality(tables: dict[str, Part]) -> None:
    found = [(int(families), int(children)) for _, families, _, children, _ in tables["Table 1"].rows]
    assert sorted(found) == sorted((len(homes), sum(homes)) for homes in truth.MUNICIPALITIES)
    assert tables["Table 1"].rows[0][2::2] == ("27.1", "29.3")


def test_tables_2_to_4_count_what_was_put_in(tables: dict[str, Part]) -> None:
    assert counts(tables["Table 2"], "sex") == [truth.GIRLS, truth.BOYS]
    assert counts(tables["Table 2"], "age") == [20, 39, 26, 7]
    assert counts(tables["Table 2"], "children live with") == list(truth.LIVING.values())
    assert counts(tables["Table 2"], "children in the family") == [23, 12, 9, 4]
    assert counts(tables["Table 2"], "education") == list(truth.EDUCATION.values())
    assert counts(tables["Table 2"], "work") == list(truth.WORK.values())
    assert row(tables["Table 2"], "education: higher") == ["10", "20.8"]
    ends = counts(tables["Table 3"], "difficulty in making ends meet")
    assert ends == list(truth.MAKING_ENDS_MEET.values())
    assert counts(tables["Table 3"], "financial problems") == list(truth.FINANCIAL_PROBLEMS.values())
    assert counts(tables["Table 4"], "offer") == list(truth.OFFERS.values())


def test_table_5_gives_both_denominators(tables: dict[str, Part], data: Study) -> None:
    table = tables["Table 5"]
    assert row(table, "children who answered") == [str(n) for n in truth.CHILD_EVALUATIONS.values()]
    assert row(table, "families of which") == ["39", "22", "16", "12"]
    assert row(table, "% as printed: of 48 families at T0") == ["81.3", "45.8", "33.3", "25.0"]
    assert row(table, "% as printed: of 33 children of eight at T0")[0] == "72.7"
    come = [sum(data.plan.wave_dates(f.t0)[wave] <= TODAY for f in data.families) for wave in data.follow_ups]
    assert row(table, "families for whom the wave has come") == [str(n) for n in come]
    assert row(table, "% of these families")[3] == numbers.percent(12, come[3])
    assert row(table, "children eligible at that wave")[0] == "34"


def test_a_wave_that_has_not_come_is_nobodys_to_miss(data: Study) -> None:
    early = Study(data.plan, min(f.t0 for f in data.families), data.families, data.children, data.files)
    assert early.due("T4") == {}
    assert early.of_eight("T4") == 0


def test_the_figures_are_2_to_17_with_the_numbers_of_appendix_2(figures: dict[str, Part]) -> None:
    assert list(figures) == [f"Figure {number}" for number in range(2, 18)]
    assert row(figures["Figure 8"], "n with a score") == ["71", "60", "42", "34", "21"]
    assert row(figures["Figure 9"], "n with a score") == ["70", "55", "41", "34", "21"]
    grades = row(figures["Figure 15"], "parents")
    assert all(7.5 < float(grade) < 9 for grade in grades)


def test_shares_and_means_are_those_of_the_answers(figures: dict[str, Part], data: Study) -> None:
    rows = [
        found
        for found in data.files["parent"].iter_rows(named=True)
        if found["wave"] == "T2" and found["evaluation_parent_status"] == "complete"
    ]
    codes = [found["evaluation_parent_1"] for found in rows if found["evaluation_parent_1"] > 0]
    assert row(figures["Figure 16"], "satisfied")[1] == numbers.percent(sum(c < 3 for c in codes), len(codes))
    assert row(figures["Figure 16"], "n: satisfied")[1] == str(len(codes))
    grades = [found["evaluation_parent_7"] for found in rows if found["evaluation_parent_7"] > 0]
    assert row(figures["Figure 15"], "parents")[1] == numbers.mean(grades)


def test_the_models_recover_the_changes_that_were_put_in(data: Study) -> None:
    for outcome in OUTCOMES:
        estimates = {each.term: each for each in models.fit(data, outcome)}
        for wave, shift in SHIFTS[outcome.instrument].items():
            found = estimates[wave]
            off = abs(found.value - shift * A_CODE[outcome.column])
            assert off < 2.58 * found.error, (outcome.column, wave)


@haven.with_r
def test_lme4_finds_the_same_estimates(db: Database, data: Study, tmp_path: Path) -> None:
    folder = exports.write(db, protocol.default(), tmp_path / "out", wanted=FULL).folder
    haven.run(folder, "models.R")
    with (folder / "models.csv").open(newline="") as file:
        theirs = {(line["outcome"], line["term"]): line for line in csv.DictReader(file)}
    for outcome in OUTCOMES:
        for ours in models.fit(data, outcome):
            line = theirs[outcome.column, ours.term]
            assert float(line["estimate"]) == pytest.approx(ours.value, abs=0.02 * ours.error)
            assert float(line["standard_error"]) == pytest.approx(ours.error, rel=0.03)


def test_every_figure_is_told_in_words_and_has_its_numbers_beneath(page: str) -> None:
    sections = re.findall(r'<section id="(figure-\d+)">(.*?)</section>', page, re.DOTALL)
    assert len(sections) == 16
    for name, section in sections:
        drawings = re.findall(r"<svg.*?</svg>", section, re.DOTALL)
        assert drawings, name
        assert section.index("<table>") > section.rindex("</svg>")
        for drawing in drawings:
            root = ElementTree.fromstring(drawing)
            assert root.get("role") == "img"
            ids = {each.get("id") for each in root.iter()}
            assert set(str(root.get("aria-labelledby")).split()) <= ids
            told = re.findall(r": ([\d.]+)", str(root.findtext("desc")))
            shown = [text.text for text in root.iter("text") if text.get("text-anchor")][::2]
            assert [value for value in shown if value != "–"] == told
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_the_page_lists_the_slips_and_asks_nothing_from_outside(page: str) -> None:
    assert "87.6 percent of 16 linking pins" in page
    assert "not an effect of the project" in page
    assert not re.search(r"(?:src|href)=|@import|url\(", page)


def test_an_empty_study_has_a_report_of_dashes(chosen_db: Database, tmp_path: Path) -> None:
    for ending in ("html", "pdf"):
        pilot.write(chosen_db, protocol.default(), tmp_path / f"report.{ending}", TODAY)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "Not enough data for this model." in text
    assert "no data" in text


def test_the_command_writes_the_page_and_never_over_another(db: Database, tmp_path: Path) -> None:
    env = {"MEETMOMENT_DATABASE_URL": url_of(db), "MEETMOMENT_SECRET_KEY": "k" * 40}
    arguments = ["report", "pilot", str(tmp_path / "report.html")]
    done = CliRunner().invoke(main, arguments, env=env)
    assert done.exit_code == 0, done.output
    assert "Table 5" in (tmp_path / "report.html").read_text("utf-8")
    again = CliRunner().invoke(main, arguments, env=env)
    assert again.exit_code == 2
    assert "name a new file" in again.output
