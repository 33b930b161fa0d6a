"""Words come back from translators: checked, shown, and kept as drafts."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from instruments import Edition, catalogue, wording
from instruments.wording import Library, Root
from survey.translating import receiving, sheets, terms
from survey.translating.interface import Interface
from survey.translating.rows import NoTranslator
from survey.translating.sources import Sources
from tests.survey.translators import (
    SOMALI,
    TODAY,
    TURKISH,
    WORDS,
    in_sheet,
    questionnaires,
    run,
    said,
    sent_back,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the words in three languages that may be written in."""
    copy = tmp_path / "translations"
    shutil.copytree(WORDS, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__", "ar", "pl", "uk"))
    return copy


def test_a_text_is_refused_when_the_dutch_has_changed_since_the_sheet_was_made(folder: Path) -> None:
    texts = questionnaires(folder, TURKISH, "who5")
    back = sent_back(texts, "csv", **{"item.2": "Dinlenmiş hissettim."})
    path = folder / "nl/wording/who5.yaml"
    path.write_text(
        path.read_text("utf-8").replace("item.2:", "item.2: Iets heel anders.\n  was:", 1), "utf-8"
    )
    receipt = receiving.receive(questionnaires(folder, TURKISH, "who5"), back)
    assert "item.2: what it was made from is not what we have now" in said(receipt.problems)
    assert receipt.changes == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dakika", "it has lost %(num)s"),
        ("%(num)s %(nom)s dakika", "it has %(nom)s, which the source has not"),
        ("%(num)s dakika, %20", "loose percent sign"),
        ("%(num)s dakika\u202e", "a sign that cannot be seen"),
        ("=%(num)s dakika", "took it for a formula"),
        ("#NAME?", "took it for a formula"),
        ("%(num)s " + "dakika " * 1000, "longer than 5000"),
    ],
)
def test_a_text_that_could_not_be_shown_is_refused(text: str, why: str) -> None:
    texts = Interface(WORDS, TURKISH, "screen")
    (row,) = [row for row in texts.rows() if row.key.startswith("about %(num)s minute")]
    receipt = receiving.receive(texts, [in_sheet(row, text)])
    assert why in said(receipt.problems)
    assert receipt.changes == ()


def test_a_form_of_a_plural_that_holds_for_one_number_may_say_the_number_in_words() -> None:
    texts = Interface(WORDS, Edition("ar"), "screen")
    forms = [row for row in texts.rows() if row.key.startswith("about %(num)s minute")]
    assert [row.may_omit for row in forms] == [True, True, True, False, False, False]
    words = "دقيقة"
    assert receiving.receive(texts, [in_sheet(forms[1], words)]).problems == ()
    assert "lost %(num)s" in said(receiving.receive(texts, [in_sheet(forms[4], words)]).problems)


def test_a_line_that_is_unknown_or_there_twice_is_refused() -> None:
    texts = questionnaires(WORDS, TURKISH, "who5")
    row = texts.rows()[0]
    back = [in_sheet(row, "a"), in_sheet(row, "b"), in_sheet(replace(row, key="item.99"), "x")]
    receipt = receiving.receive(texts, back)
    problems = said(receipt.problems)
    assert receipt.changes == ()
    assert "title: it is in the sheet more than once" in problems
    assert "item.99: tr has no such text" in problems


def test_an_empty_cell_erases_nothing() -> None:
    texts = questionnaires(WORDS, TURKISH, "who5")
    receipt = receiving.receive(texts, [in_sheet(row, "  ") for row in texts.rows()])
    assert (receipt.changes, receipt.problems, receipt.gaps) == ((), (), ())


def test_one_changed_text_changes_its_own_lines_and_nothing_else(folder: Path) -> None:
    file = folder / "tr/wording/evaluation_parent.yaml"
    before = file.read_text("utf-8").splitlines()
    long = "Bu çok uzun bir metindir. " * 6
    texts = questionnaires(folder, TURKISH, "evaluation_parent")
    for changed in ({"item.7": "Projeye kaç verirsiniz: 1 mi, 10 mu?"}, {"intro": long}):
        texts = questionnaires(folder, TURKISH, "evaluation_parent")
        receipt = receiving.receive(texts, sent_back(texts, "csv", **changed))
        assert receiving.keep(texts, receipt, folder, translator=None, on=TODAY) == (
            "tr/wording/evaluation_parent.yaml",
        )
    after = file.read_text("utf-8").splitlines()
    assert [line for line in before if line not in after] == [
        '  date: "2026-11-23"',
        *before[before.index("  intro: >-") + 1 : before.index("  intro: >-") + 3],
        next(line for line in before if "item.7" in line),
    ]
    found = wording.parse(file.read_text("utf-8"), file.name)
    assert found.text["item.7"] == "Projeye kaç verirsiniz: 1 mi, 10 mu?"
    assert found.text["intro"] == long.strip()
    assert found.about.date == "2027-01-15"


def test_a_review_does_not_outlive_the_words_that_were_reviewed(folder: Path) -> None:
    file = folder / "en/wording/evaluation_child.yaml"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace("status: draft", "status: reviewed").replace("reviewer: null", "reviewer: A. Reader"),
        "utf-8",
    )
    texts = questionnaires(folder, Edition("en"), "evaluation_child")
    receipt = receiving.receive(texts, sent_back(texts, "xliff", title="What do you think?"))
    receiving.keep(texts, receipt, folder, translator="B. Writer", on=TODAY)
    about = wording.parse(file.read_text("utf-8"), file.name).about
    assert (about.status, about.reviewer, about.translator) == ("draft", None, "B. Writer")


def test_a_review_of_pages_does_not_outlive_their_words_either(folder: Path) -> None:
    file = folder / "tr/LC_MESSAGES/ui.po"
    text = file.read_text("utf-8")
    reviewed = "# Status: reviewed by A. Okur, 2027-01-02."
    file.write_text("\n".join([text.partition("\n")[0], reviewed, text.partition("msgid")[2]]), "utf-8")
    file.write_text(text.replace(text.splitlines()[1], reviewed), "utf-8")
    texts = Interface(folder, TURKISH, "screen")
    assert texts.status == "reviewed by A. Okur, 2027-01-02"
    receipt = receiving.receive(texts, sent_back(texts, "po", Back="Geriye"))
    receiving.keep(texts, receipt, folder, translator=None, on=TODAY)
    assert Interface(folder, TURKISH, "screen").status == "draft"
    before, after = (set(each.splitlines()) for each in (text, file.read_text("utf-8")))
    assert {line for line in after - before if line.startswith("msgstr")} == {'msgstr "Geriye"'}


def test_a_new_language_begins_with_a_sheet_and_ends_as_an_offered_draft(folder: Path) -> None:
    sheet = folder.parent / "so.csv"
    assert run(folder, "sheet", "so", "-o", sheet).exit_code == 0
    lines = list(csv.reader(io.StringIO(sheet.read_text("utf-8-sig"), newline="")))
    for number, line in enumerate(lines[1:]):
        line[4] = f"{number} {line[2]}"
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    sheet.write_text(out.getvalue(), "utf-8")

    refused = run(folder, "sheet", "so", "--read", sheet)
    assert refused.exit_code == 2
    assert "--translator" in refused.stderr
    assert not (folder / "so").exists()

    result = run(folder, "sheet", "so", "--read", sheet, "--translator", "C. Turjumaan")
    assert result.exit_code == 0, result.stderr
    library = Library([Root(folder)], catalogue())
    statuses = {version.id: library.wording(version, SOMALI).about.status for version in catalogue().all()}
    assert statuses["evaluation_parent"] == "draft"
    assert statuses["sdq"] == "demonstration"
    assert Sources(folder).stale() == []
    about = library.wording(catalogue().get("sdq", "parent-4-17"), SOMALI).about
    assert (about.translator, about.reviewer) == ("C. Turjumaan", None)
    again = questionnaires(folder, SOMALI)
    assert receiving.receive(again, sent_back(again, "csv")).changes == ()


def test_the_pages_of_a_new_language_are_made_from_a_sheet_too(folder: Path) -> None:
    texts = Interface(folder, Edition("fa"), "screen")
    rows = texts.rows()
    back = [in_sheet(row, row.source) for row in rows]
    receipt = receiving.receive(texts, back)
    assert (receipt.problems, receipt.gaps) == ((), ())
    with pytest.raises(NoTranslator):
        receiving.keep(texts, receipt, folder, translator=None, on=TODAY)
    receiving.keep(texts, receipt, folder, translator="D. Motarjem", on=TODAY)
    again = Interface(folder, Edition("fa"), "screen")
    assert [row.text for row in again.rows()] == [row.source for row in rows]
    assert again.status == "draft"


def test_what_is_not_complete_is_kept_only_as_an_open_draft(folder: Path) -> None:
    sheet = folder.parent / "so.xliff"
    texts = questionnaires(folder, SOMALI, "who5")
    half = [replace(row, text="ku qor" if row.key == "title" else "") for row in texts.rows()]
    sheet.write_bytes(sheets.write(half, SOMALI, "xliff"))
    options: list[str | Path] = [
        "sheet",
        "so",
        "--texts",
        "questionnaires",
        "--read",
        sheet,
        "--translator",
        "C. T.",
    ]
    refused = run(folder, *options)
    assert refused.exit_code == 1
    assert "so/wording/who5.yaml: item.1: the text is missing" in refused.stderr
    assert not (folder / "so").exists()
    shown = run(folder, *options, "--partial", "--dry-run")
    assert (shown.exit_code, "  + ku qor" in shown.stdout) == (0, True)
    assert not (folder / "so").exists()

    assert run(folder, *options, "--partial").exit_code == 0
    library = Library([Root(folder)], catalogue())
    assert library.problems(catalogue().get("who5", "self"), SOMALI)
    filled = [
        replace(row, text=row.text or "x" + row.source)
        for row in questionnaires(folder, SOMALI, "who5").rows()
    ]
    sheet.write_bytes(sheets.write(filled, SOMALI, "xliff"))
    assert run(folder, *options).exit_code == 0
    library = Library([Root(folder)], catalogue())
    assert library.wording(catalogue().get("who5", "self"), SOMALI).text("title") == "ku qor"


def test_reading_a_sheet_shows_what_changes_before_it_is_kept(folder: Path) -> None:
    texts = Interface(folder, TURKISH, "screen")
    sheet = folder.parent / "tr.po"
    rows = [replace(row, text="Geriye" if row.key == "Back" else row.text) for row in texts.rows()]
    sheet.write_bytes(sheets.write(rows, TURKISH, "po"))
    old = next(row.text for row in texts.rows() if row.key == "Back")
    result = run(folder, "sheet", "tr", "--read", sheet)
    assert result.exit_code == 0, result.stderr
    assert f"  - {old}\n  + Geriye\n1 texts differ.\nWritten: tr/LC_MESSAGES/ui.po" in result.stdout


def test_what_is_right_in_a_sheet_can_be_kept_beside_what_is_wrong(folder: Path) -> None:
    texts = Interface(folder, TURKISH, "screen")
    changed = {"Back": "Geriye", "Question %(number)s of %(total)s": "Soru %(numara)s"}
    sheet = folder.parent / "tr.csv"
    rows = [replace(row, text=changed.get(row.key, row.text)) for row in texts.rows()]
    sheet.write_bytes(sheets.write(rows, TURKISH, "csv"))
    refused = run(folder, "sheet", "tr", "--texts", "screen", "--read", sheet)
    assert (refused.exit_code, "Nothing was changed" in refused.stderr) == (1, True)
    result = run(folder, "sheet", "tr", "--texts", "screen", "--read", sheet, "--partial")
    assert (result.exit_code, "These texts were left as they are" in result.stderr) == (1, True)
    now = {row.key: row.text for row in Interface(folder, TURKISH, "screen").rows()}
    assert now["Back"] == "Geriye"
    assert "%(total)s" in now["Question %(number)s of %(total)s"]


def test_easy_dutch_that_is_hard_to_read_is_remarked_upon_but_not_refused() -> None:
    texts = questionnaires(WORDS, Edition("nl", "easy"), "who5")
    row = next(row for row in texts.rows() if row.key == "item.1")
    hard = "Ik was de afgelopen twee weken vrolijk gestemd en in een opgewekte gemoedstoestand."
    receipt = receiving.receive(texts, [in_sheet(row, hard)])
    assert receipt.problems == ()
    assert [line.partition(": ")[2].partition(":")[0] for line in receipt.advice] == ["item.1"] * 2


def test_a_second_term_or_a_lost_name_is_remarked_upon_but_not_refused() -> None:
    texts = questionnaires(WORDS, TURKISH, "evaluation_parent")
    row = next(row for row in texts.rows() if row.key == "item.1")
    receipt = receiving.receive(texts, [in_sheet(row, "Her cevap iyidir.")], terms.load(WORDS))
    assert receipt.problems == ()
    assert [line.partition("item.1: ")[2] for line in receipt.advice] == [
        "'cevap' for answer, which is 'yanıt'",
        "Buitenshuisproject stays as it is in every language",
    ]


def test_a_change_in_the_dutch_makes_every_translation_stale_until_somebody_confirms(folder: Path) -> None:
    path = folder / "nl/wording/evaluation_child.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("  title: ", "  title: Nog eens ", 1), "utf-8")
    stale = Sources(folder).stale()
    assert {problem.file for problem in stale} == {
        f"{edition.language}/wording/evaluation_child{'.easy' if edition.reading == 'easy' else ''}.yaml"
        for edition in (Edition("en"), TURKISH, Edition("nl", "easy"))
        # not en-easy: it is made from the easy Dutch, which has not changed
    }
    assert {problem.key for problem in stale} == {"title"}
    row = next(
        row for row in questionnaires(folder, TURKISH, "evaluation_child").rows() if row.key == "title"
    )
    assert row.note.startswith("THE DUTCH HAS CHANGED")

    result = run(folder, "confirm", "tr", "evaluation_child")
    assert result.stdout == "tr evaluation_child: title\n1 texts are confirmed.\n"
    assert "tr/wording/evaluation_child.yaml" not in {problem.file for problem in Sources(folder).stale()}
    assert len(Sources(folder).stale()) == len(stale) - 1
    assert run(folder, "confirm", "tr", "evaluation_child").stdout == "Nothing had changed.\n"


def test_a_sheet_with_a_corrected_text_confirms_that_text_and_no_other(folder: Path) -> None:
    path = folder / "nl/wording/who5.yaml"
    path.write_text(
        path.read_text("utf-8").replace("item.1: ", "item.1: En ").replace("item.2: ", "item.2: En "), "utf-8"
    )
    texts = questionnaires(folder, TURKISH, "who5")
    receipt = receiving.receive(texts, sent_back(texts, "csv", **{"item.1": "Yeni bir cümle."}))
    receiving.keep(texts, receipt, folder, translator=None, on=TODAY)
    assert [problem.key for problem in Sources(folder).stale() if problem.file.startswith("tr/")] == [
        "item.2"
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["sheet", "tr"], "-o FILE"),
        (["sheet", "nl", "-o", "x.csv"], "what the others are made from"),
        (["sheet", "nl-easy", "-o", "x.csv"], "write nl --easy"),
        (["sheet", "xx", "-o", "x.csv"], "Babel does not know"),
        (["sheet", "../x", "-o", "x.csv"], "is not an edition"),
        (["sheet", "tr", "-o", "x.ods"], "say --format csv, po, xliff"),
        (["sheet", "tr", "-o", "x.po", "--texts", "questionnaires"], "CSV or XLIFF"),
        (["sheet", "tr", "-o", "x.csv", "--instrument", "nothing"], "there is no instrument nothing"),
        (["sheet", "tr", "-o", "x.po", "--instrument", "sdq"], "is about questionnaires"),
        (["confirm", "nl"], "nothing to confirm"),
        (["confirm", "tr", "nothing"], "there is no questionnaire nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_way_out(words: list[str], why: str) -> None:
    result = run(WORDS, *words)
    assert (result.exit_code, why in result.stderr) == (2, True), result.stderr
