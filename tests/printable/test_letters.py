"""Letters, covers, cards and labels: complete in Dutch, and the codes on them lead where they should."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from babel.messages.pofile import read_po

from instruments import Edition, catalogue
from instruments.wording import Library
from printable import codes, letters, pages, pdf, shelf, stamp
from printable.codes import Marker
from printable.letters import Card, Sender
from printable.stamp import Identity
from printable.words import Words
from tests.printable import readers
from tests.printable.conftest import HOUSE

BASE = "https://mm.example.org"
SENDER = Sender("Project", "Instituut", "030 000 00 00", "9-17", "post@example.org")
NL = Edition("nl")
EDITIONS = [NL, Edition("nl", "easy"), Edition("ar"), Edition("en")]
CATALOGUES = sorted((HOUSE / "translations").glob("*/LC_MESSAGES/paper*.po"))


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


@pytest.mark.parametrize("edition", EDITIONS, ids=str)
def test_a_cover_leads_to_the_questionnaires_of_one_respondent(
    words: Words, codes_in_order: Iterator[str], edition: Edition
) -> None:
    code = next(codes_in_order)
    made = letters.cover(edition, words.gettext(edition), SENDER, BASE)
    texts = {"for": "Ouder A", "contents": "Hoe uw kind is\nHoe het met u gaat"}
    stamped = stamp.onto(made, Identity(code, edition, texts), BASE)
    assert readers.codes(readers.picture(stamped, 0)) == [codes.address(BASE, Marker(code, 1))]
    read = readers.text(stamped)
    for expected in (codes.shown(code), "mm.example.org/q", "Instituut", "Ouder A", "Hoe het met u gaat"):
        assert expected in read
    assert made.pages == 1


@pytest.mark.parametrize("edition", EDITIONS, ids=str)
def test_letters_and_forms_are_short_tagged_and_embedded(words: Words, edition: Edition) -> None:
    gettext = words.gettext(edition)
    made = [
        letters.information(edition, gettext, SENDER),
        letters.information(edition, gettext, SENDER, audience="professional"),
        letters.consent(edition, gettext, SENDER),
        letters.assent(edition, gettext, SENDER),
        letters.assent(edition, gettext, SENDER, signs=True),
        letters.cover(edition, gettext, SENDER, BASE, audience="child"),
    ]
    for each in made:
        assert each.pages <= 2
        assert all(embedded and "Noto" in name for name, embedded in readers.fonts(each.pdf))
        with pikepdf.open(io.BytesIO(each.pdf)) as opened:
            assert str(opened.Root.Lang) == edition.html_lang
            assert "/StructTreeRoot" in opened.Root


def test_a_letter_says_when_the_study_has_not_approved_it(words: Words) -> None:
    approved = Sender(**{**SENDER.__dict__, "approved": True})
    own, checked = (letters.consent(NL, words.gettext(NL), sender) for sender in (SENDER, approved))
    assert "nog niet goedgekeurd" in readers.text(own.pdf)
    assert "nog niet goedgekeurd" not in readers.text(checked.pdf)


def test_the_months_of_the_protocol_are_in_the_information_letter(words: Words) -> None:
    assert "na 6, 12, 18 en 24 maanden" in readers.text(
        letters.information(NL, words.gettext(NL), SENDER).pdf
    )


def test_a_card_leads_to_its_own_child_only(words: Words, codes_in_order: Iterator[str]) -> None:
    issued = [next(codes_in_order) for _ in range(13)]
    made = letters.cards(
        [Card(code, f"Kind {n}") for n, code in enumerate(issued)], NL, words.gettext(NL), BASE
    )
    assert made.pages == 2
    read = [text for page in range(2) for text in readers.codes(readers.picture(made.pdf, page))]
    assert {codes.read(text) for text in read} == {Marker(code, 0) for code in issued}
    assert len(read) == 13
    assert all(codes.shown(code) in readers.text(made.pdf) for code in issued)


def test_labels_fit_their_sheet_and_carry_a_code_and_no_name(
    words: Words, codes_in_order: Iterator[str]
) -> None:
    issued = [next(codes_in_order) for _ in range(25)]
    made = letters.labels([Card(code, "Kind van 9") for code in issued], NL, words.gettext(NL))
    assert made.pages == 2
    first = [(x, y) for letter, x, y, _, _ in readers.letters(made.pdf, 0) if letter == "-"]
    assert len({int(y // 37) for _, y in first}) == 8
    assert len({int(x // 70) for x, _ in first}) == 3


def test_dutch_has_every_text_of_paper_and_no_stale_one(words: Words) -> None:
    assert words.missing(NL, pages.msgids()) == ()
    for path in CATALOGUES:
        with path.open("rb") as file:
            found = {str(message.id) for message in read_po(file) if message.id}
        assert found <= set(pages.msgids()), path


def test_every_language_with_wording_can_print_its_sheets_and_covers(library: Library, words: Words) -> None:
    for edition in library.known_editions():
        assert words.missing(edition, pages.msgids(*pages.SHEET)) == ()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_translation_keeps_the_places_that_are_filled_in(path: Path) -> None:
    with path.open("rb") as file:
        for message in read_po(file, locale=path.parts[-3]):
            if message.id:
                assert str(message.string).strip()
                assert placeholders(str(message.string)) == placeholders(str(message.id))
                assert not list(message.check())


def test_what_a_language_lacks_is_told_before_it_is_printed(words: Words) -> None:
    assert "Consent" in words.missing(Edition("ar"), pages.msgids())
    assert words.missing(Edition("xx"), ["Skip"]) == ("Skip",)
    assert words.gettext(Edition("xx"))("Skip") == "Sla over"
    assert words.gettext(Edition("en", "easy"))("Skip") == "Skip"


def test_an_easy_text_wins_over_the_standard_one_and_falls_back_on_it(words: Words) -> None:
    easy, standard = words.gettext(Edition("nl", "easy")), words.gettext(NL)
    assert easy("Cross one box at every question.") != standard("Cross one box at every question.")
    assert easy("Skip") == standard("Skip")


def test_a_phrase_is_plain_text_with_its_values() -> None:
    assert pages.phrase("about_child", str, years="<7>") == "About your child of <7>"
    assert pages.phrase("blank", str) == "This side is empty on purpose."


def test_a_template_lies_on_the_shelf_until_its_recipe_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = '<html lang="en"><title>x</title><body>Text'
    first = shelf.Shelf(tmp_path).render(page, ("standard",))
    monkeypatch.setattr(pdf, "render", lambda *_, **__: pytest.fail("it was rendered again"))
    again = shelf.Shelf(tmp_path)
    assert again.render(page, ("standard",)) == first
    monkeypatch.undo()
    assert again.render(page + " more", ("standard",)) != first
    assert again.render(page, ("standard", "child")) != first
    for damaged in tmp_path.glob("*.pdf"):
        damaged.write_bytes(b"half")
    assert shelf.Shelf(tmp_path).render(page, ("standard",)) == first


def test_the_catalogue_needs_no_picture_that_is_not_drawn() -> None:
    for instrument in catalogue().all():
        for options in instrument.options.values():
            if options.display in ("agreement", "feeling"):
                assert set(options.codes) <= {1, 2, 3, 4, 5}
