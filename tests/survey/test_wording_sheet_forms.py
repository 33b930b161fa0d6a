"""A sheet is CSV, PO or XLIFF: nothing is lost in it, and nothing in it is followed or run."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments import BrokenFile, Edition, wording
from survey.translating import catalogues, plurals, receiving, sheets
from survey.translating.interface import Interface
from survey.translating.rows import Row, Texts
from tests.survey.translators import (
    EDITIONS,
    TURKISH,
    WORDS,
    Kept,
    questionnaires,
    sent_back,
)


@pytest.mark.parametrize("edition", EDITIONS, ids=str)
def test_questionnaires_come_back_as_they_went(edition: Edition) -> None:
    texts = Kept(questionnaires(WORDS, edition))
    assert all(row.text and row.source for row in texts.rows())
    for form in ("csv", "xliff"):
        receipt = receiving.receive(texts, sent_back(texts, form))
        assert (receipt.changes, receipt.problems, receipt.gaps) == ((), (), ()), form


@pytest.mark.parametrize("edition", [Edition("nl"), *EDITIONS], ids=str)
@pytest.mark.parametrize("domain", ["screen", "paper"])
@pytest.mark.parametrize("form", sheets.FORMATS)
def test_texts_of_pages_and_paper_come_back_as_they_went(edition: Edition, domain: str, form: str) -> None:
    texts = Interface(WORDS, edition, domain)
    receipt = receiving.receive(texts, sent_back(texts, form))
    assert (receipt.changes, receipt.problems) == ((), ())


@pytest.mark.parametrize("path", sorted(WORDS.glob("*/LC_MESSAGES/*.po")), ids=lambda path: str(path)[-25:])
def test_a_catalogue_is_kept_in_the_one_way_that_we_write_it(path: Path) -> None:
    data = path.read_bytes()
    assert catalogues.text(catalogues.read(data, path.name, path.parent.parent.name)).encode() == data


def test_a_sheet_stands_the_dutch_beside_the_english_and_the_translation() -> None:
    (line,) = [
        line
        for line in csv.DictReader(io.StringIO(_csv(questionnaires(WORDS, TURKISH, "who5")), newline=""))
        if line["key"] == "item.1"
    ]
    nl, en, tr = (
        wording.parse((WORDS / language / "wording/who5.yaml").read_text("utf-8"), "").text["item.1"]
        for language in ("nl", "en", "tr")
    )
    assert (line["source (nl)"], line["English"], line["tr"]) == (nl, en, tr)
    assert line["note"].startswith("question; ")


def _csv(texts: Texts) -> str:
    return sheets.write(texts.rows(), texts.edition, "csv").decode("utf-8-sig")


@pytest.mark.parametrize(
    "text", ["=1+1", "+31 6", "-niet-", "@thuis", "'=HYPERLINK(1)", "''=x", "'s ochtends", "gewoon"]
)
def test_no_cell_is_a_formula_and_every_text_survives(text: str) -> None:
    row = Row("f", "k", "bron", "", text)
    data = sheets.write([row], TURKISH, "csv")
    cells = next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert not cells["tr"].startswith(("=", "+", "-", "@"))
    assert [each.text for each in sheets.read(data, "csv", TURKISH)] == [text]


@given(st.text(alphabet="'=+-@\t ab,;\"\r\n", max_size=12))
def test_a_csv_gives_back_any_text_whatever_it_begins_with(text: str) -> None:
    row = Row("f", "k", "bron", "", text)
    assert [each.text for each in sheets.read(sheets.write([row], TURKISH, "csv"), "csv", TURKISH)] == [text]


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-8"), ("\t", "utf-16"), (",", "utf-8-sig")])
def test_a_spreadsheet_may_save_a_sheet_in_its_own_way(delimiter: str, encoding: str) -> None:
    texts = questionnaires(WORDS, TURKISH, "who5")
    out = io.StringIO()
    lines = csv.reader(io.StringIO(_csv(texts), newline=""))
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([*lines, []])
    back = sheets.read(out.getvalue().encode(encoding), "csv", TURKISH)
    assert receiving.receive(texts, back).problems == ()
    assert len(back) == len(texts.rows())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("file,key,seal,tr\nä".encode("latin-1"), "not UTF-8"),
        (b"file,key,tr\n", "no column 'seal'"),
        (b"file,key,seal,ar\n", "no column 'tr'"),
        (b'file,key,seal,tr\n"a"b,c\n', "cannot be read as CSV"),
        (b"", "no column 'file'"),
    ],
)
def test_what_is_no_sheet_is_refused_with_a_reason(data: bytes, why: str) -> None:
    with pytest.raises(BrokenFile, match=why):
        sheets.read(data, "csv", TURKISH)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "aaa">]><xliff>&a;</xliff>', "declares a document type"),
        (b"<xliff/>", "not XLIFF 1.2"),
        (b"<xliff>", "cannot be read as XML"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><x/>'.encode("utf-16"), "document type"),
    ],
)
def test_xml_that_is_not_plain_xliff_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(BrokenFile, match=why):
        sheets.read(data, "xliff", TURKISH)


def test_a_file_too_large_to_be_a_sheet_is_not_even_read() -> None:
    with pytest.raises(BrokenFile, match="too large"):
        sheets.read(b"x" * (sheets.LARGEST + 1), "csv", TURKISH)


def test_marks_of_a_translation_program_inside_a_text_do_no_harm() -> None:
    texts = Interface(WORDS, TURKISH, "screen")
    data = sheets.write(texts.rows(), TURKISH, "xliff").decode()
    text = next(row.text for row in texts.rows() if row.key == "Back")
    marked = data.replace(f">{text}</target>", f">{text[0]}<g id='1'>{text[1:]}</g></target>")
    assert marked != data
    receipt = receiving.receive(texts, sheets.read(marked.encode(), "xliff", TURKISH))
    assert (receipt.changes, receipt.problems) == ((), ())


def test_an_editor_that_rewrites_the_arabic_plural_header_swaps_no_forms() -> None:
    texts = Interface(WORDS, Edition("ar"), "screen")
    data = sheets.write(texts.rows(), Edition("ar"), "po").decode()
    usual = "n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5"
    ours = 'n%100>=3 && n%100<=10 ? 3 : "\n"n%100>=0 && n%100<=2 ? 4 : 5'
    assert ours in data
    swapped = data.replace(ours, usual).replace("msgstr[4]", "msgstr[?]")
    swapped = swapped.replace("msgstr[5]", "msgstr[4]").replace("msgstr[?]", "msgstr[5]")
    lines = swapped.splitlines()
    for place, line in enumerate(lines):
        if line.startswith("msgstr[5]") and lines[place + 1].startswith("msgstr[4]"):
            lines[place], lines[place + 1] = lines[place + 1], line
    back = sheets.read("\n".join(lines).encode(), "po", Edition("ar"), texts)
    receipt = receiving.receive(texts, back)
    assert (receipt.changes, receipt.problems) == ((), ())


def test_a_catalogue_that_counts_in_a_foreign_way_is_refused() -> None:
    texts = Interface(WORDS, Edition("pl"), "screen")
    data = sheets.write(texts.rows(), Edition("pl"), "po").decode()
    start, end = data.index('"Plural-Forms'), data.index('"MIME')
    for header in ("nplurals=3; plural=(n != 1);", "nplurals=3; plural=n;", "nplurals=3; plural=os.exit();"):
        wrong = f'{data[:start]}"Plural-Forms: {header}\\n"\n{data[end:]}'
        with pytest.raises(BrokenFile, match="Plural-Forms"):
            sheets.read(wrong.encode(), "po", Edition("pl"), texts)


def test_a_rule_for_plurals_that_counts_past_its_forms_is_strange() -> None:
    with pytest.raises(plurals.StrangePlurals):
        plurals.rule(
            catalogues.read(b'msgid ""\nmsgstr "Plural-Forms: nplurals=1; plural=n>1;\\n"\n', "", "tr")
        )


def test_doubtful_texts_of_a_po_file_are_work_still_to_be_done() -> None:
    texts = Interface(WORDS, TURKISH, "screen")
    data = sheets.write(texts.rows(), TURKISH, "po").decode()
    doubtful = data.replace('msgid "Back"\nmsgstr "', '#, fuzzy\nmsgid "Back"\nmsgstr "Belki ')
    assert doubtful != data
    assert receiving.receive(texts, sheets.read(doubtful.encode(), "po", TURKISH, texts)).changes == ()
