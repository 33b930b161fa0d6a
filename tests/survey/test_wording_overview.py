"""How far words can be trusted: the table for the README, and what a live study waits for."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from instruments import Edition, catalogue, protocol, wording
from instruments.wording import About, Library, Root
from survey import wording_status
from survey.cli import main
from survey.translating import catalogues, overview, wording_files
from survey.translating.interface import Interface

WORDS = Path(__file__).parents[2] / "translations"
ABOUT = About(
    instrument="example", language="tr", status="draft", origin="a: b", author="A", licence="EUPL-1.2",
    date="2027-01-15", notes=("A note of some length." + " And on it goes." * 8, "yes"),
)  # fmt: skip


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["wording", "status", *map(str, words)])
    return result.exit_code, result.stdout, result.stderr


def test_the_table_is_put_between_its_markers_and_leaves_the_rest_alone(tmp_path: Path) -> None:
    document = tmp_path / "some.md"
    document.write_text(f"before\n{overview.BEGIN}\nold\n{overview.END}\nafter\n", encoding="utf-8")
    assert run("--markdown", "--into", document) == (0, "", "")
    code, table, _ = run("--markdown")
    assert (code, table.count("| `uk` |")) == (0, 1)
    assert document.read_text("utf-8") == f"before\n{overview.BEGIN}\n{table}{overview.END}\nafter\n"
    assert overview.placed(document.read_text("utf-8"), table) == document.read_text("utf-8")


def test_a_document_without_a_place_for_the_table_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "some.md"
    document.write_text("nothing here\n", encoding="utf-8")
    code, _, why = run("--markdown", "--into", document)
    assert (code, "put these two lines" in why) == (2, True)
    assert run("--into", document)[0] == 2


def test_a_questionnaire_counts_as_far_as_the_least_of_its_versions(tmp_path: Path) -> None:
    folder = tmp_path / "translations"
    shutil.copytree(WORDS / "nl", folder / "nl")
    path = folder / "nl/wording/sdq.yaml"
    path.write_text(path.read_text("utf-8").replace("  item.25:", "  item.26:", 1), "utf-8")
    library = Library([Root(folder)], catalogue())
    (line,) = [
        line for line in overview.markdown(folder, library, catalogue()).splitlines() if "`nl`" in line
    ]
    assert line == "| `nl` | Dutch | 6 reviewed, 2 draft, 5 demonstration, 1 incomplete | draft | draft |"


def test_pages_with_a_hole_are_incomplete_in_the_table(tmp_path: Path) -> None:
    folder = tmp_path / "translations"
    for language in ("nl", "en", "tr"):
        shutil.copytree(WORDS / language, folder / language)
    path = folder / "tr/LC_MESSAGES/ui.po"
    back = next(row.text for row in Interface(folder, Edition("tr"), "screen").rows() if row.key == "Back")
    path.write_text(path.read_text("utf-8").replace(f'msgstr "{back}"', 'msgstr ""', 1), "utf-8")
    (folder / "tr/LC_MESSAGES/paper.po").unlink()
    library = Library([Root(folder)], catalogue())
    (line,) = [
        line for line in overview.markdown(folder, library, catalogue()).splitlines() if "`tr`" in line
    ]
    assert line.endswith("| draft, incomplete | none |")


def test_a_live_study_waits_for_somebody_who_answers_for_the_words_of_the_pages() -> None:
    library, plan = Library([Root(WORDS)], catalogue()), protocol.default()
    reasons = wording_status.obstacles(library, catalogue(), plan, ["nl", "so"], dt.date(2027, 1, 15))
    assert any(
        reason.startswith("the pages in nl are a draft") and reason.endswith("nl/LC_MESSAGES/ui.po")
        for reason in reasons
    )
    assert "the pages are not there in so" in reasons


@pytest.mark.parametrize(
    ("first_lines", "status"),
    [
        ("# Texts.\n# Status: draft. Nobody read it.", "draft"),
        ("# Texts.\n# Status: reviewed by A. Okur, 2027-01-15.", "reviewed by A. Okur, 2027-01-15"),
        ("# Texts.\n# Status: reviewed by nobody in particular", "reviewed by nobody in particular"),
        ("# Texts.\n# Status: reviewed by .", "draft"),
        ("# Texts.", "draft"),
        ("# This has no Status: reviewed by me.", "draft"),
    ],
)
def test_a_catalogue_is_a_draft_until_it_names_who_reviewed_it(first_lines: str, status: str) -> None:
    found = catalogues.fresh("screen", Edition("tr"))
    found.header_comment = first_lines
    assert catalogues.status(found) == status


_TEXTS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zs", "Zl", "Zp"))
    | st.just(" "),
    min_size=1,
    max_size=200,
).map(lambda text: " ".join(text.split()) or "x")


@given(_TEXTS, _TEXTS)
def test_any_text_survives_being_written_as_yaml(one: str, other: str) -> None:
    written = wording_files.fresh(ABOUT, {"title": one, "item.1": other}, {"a": {"title": other}, "b": {}})
    found = wording.parse(written, "")
    assert (found.text, found.versions) == (
        {"title": one, "item.1": other},
        {"a": {"title": other}, "b": {}},
    )
    assert found.about == ABOUT
    changed = wording_files.revised(
        written, {("text", "title"): other, ("versions", "a", "title"): one, ("about", "reviewer"): None}
    )
    again = wording.parse(changed, "")
    assert (again.text["title"], again.text["item.1"], again.versions["a"]["title"]) == (other, other, one)


def test_words_that_yaml_would_take_for_something_else_stay_words() -> None:
    texts = {
        str(number): text for number, text in enumerate(["true", "null", "7", "ja: nee", "a #b", "~", "- x"])
    }
    assert wording.parse(wording_files.fresh(ABOUT, texts, {}), "").text == texts


def test_no_line_is_longer_than_a_line_should_be() -> None:
    written = wording_files.fresh(ABOUT, {"intro": "woord " * 60 + "."}, {})
    assert max(map(len, written.splitlines())) <= 110


def test_a_place_that_is_not_in_the_file_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        wording_files.revised(wording_files.fresh(ABOUT, {"title": "x"}, {}), {("text", "intro"): "y"})
