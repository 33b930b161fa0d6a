"""One definition, two faces: paper shows the items, answers, words and order of the definition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import tinyhtml5

from instruments import Edition, Instrument, catalogue
from instruments.editions import Reading
from instruments.wording import Library, NoWording, Wording
from printable import pdf, sheet
from printable.boxes import SKIPPED, BoxMap
from printable.sheet import Spec
from printable.words import Words
from tests.printable import readers
from tests.printable.conftest import Build, made_up

EDITIONS = tuple(
    Edition(language, reading)
    for language in ("ar", "en", "nl", "pl", "tr", "uk")
    for reading in ("standard", "easy")
)
IDS = sorted({instrument.id for instrument in catalogue().all()})


def offered(library: Library, instrument_id: str, edition: Edition) -> Iterator[tuple[Instrument, Wording]]:
    """The versions of an instrument that are offered in an edition."""
    for instrument in catalogue().versions(instrument_id):
        try:
            yield instrument, library.wording(instrument, edition)
        except NoWording:
            continue


def shown(spec: Spec, words: Words) -> Any:
    """A sheet as a tree of HTML, in the order in which it is read."""
    return tinyhtml5.parse(sheet.html(spec, words.gettext(spec.edition)), namespace_html_elements=False)


def texts(tree: Any, *names: str) -> list[str]:
    """The texts of all elements of a class, white space made plain."""
    return [
        " ".join("".join(element.itertext()).split())
        for element in tree.iter()
        if isinstance(element.tag, str) and set(names) & set(element.get("class", "").split())
    ]


def plain(text: str) -> str:
    return " ".join(text.split())


def expected(instrument: Instrument) -> dict[str, list[int | str]]:
    """For every item the codes that must have a box, in their order."""
    skip: list[int | str] = [] if instrument.informant == "interviewer" else [SKIPPED]
    return {item.id: [*instrument.codes(item), *skip] for item in instrument.items}


def check_map(instrument: Instrument, layout: BoxMap) -> None:
    """Every item and every answer has its place on the paper, once, in the order of the definition."""
    printed: dict[str, list[int | str]] = {item.id: [] for item in instrument.items}
    for _, box in layout.boxes():
        printed[box.item].append(box.code)
    assert printed == expected(instrument)
    fields = {field.item: field.kind for _, field in layout.fields()}
    assert fields == {item.id: item.kind for item in instrument.items if item.options is None}
    assert layout.items() == tuple(item.id for item in instrument.items)
    for side in layout.sides:
        rects = [box.rect for box in side.boxes] + [field.rect for field in side.fields]
        for count, rect in enumerate(rects):
            assert not any(rect.overlaps(other) for other in rects[count + 1 :])


@pytest.mark.parametrize("edition", EDITIONS, ids=str)
@pytest.mark.parametrize("instrument_id", IDS)
def test_a_sheet_asks_what_the_definition_asks_in_its_words_and_order(
    library: Library, words: Words, instrument_id: str, edition: Edition
) -> None:
    for instrument, wording in offered(library, instrument_id, edition):
        tree = shown(Spec(instrument, wording), words)
        asked = [
            plain("".join(element.find("p").itertext()))
            for element in tree.iter("div")
            if element.get("class") == "text"
        ]
        assert asked == [plain(wording.text(f"item.{item.id}")) for item in instrument.items]
        boxes: dict[str, list[str]] = {}
        for element in tree.iter("span"):
            if element.get("class") == "box":
                boxes.setdefault(element.get("data-item"), []).append(element.get("data-code"))
        assert boxes == {item: list(map(str, codes)) for item, codes in expected(instrument).items() if codes}
        answers = set(texts(tree, "words", "low", "high"))
        answers |= {plain("".join(head.itertext())) for head in tree.iter("th") if head.get("scope") == "col"}
        for name, options in instrument.options.items():
            for code in options.labelled:
                assert plain(wording.text(f"options.{name}.{code}")) in answers
        assert texts(tree, "only") or not any(item.show_if for item in instrument.items)


@pytest.mark.slow
@pytest.mark.parametrize("edition", EDITIONS, ids=str)
@pytest.mark.parametrize("instrument_id", IDS)
def test_every_sheet_of_the_catalogue_can_be_printed_with_all_its_boxes(
    library: Library, words: Words, instrument_id: str, edition: Edition
) -> None:
    for instrument, wording in offered(library, instrument_id, edition):
        check_map(instrument, sheet.build(Spec(instrument, wording), words.gettext(edition)).layout)


@pytest.mark.parametrize("edition", ["nl", "nl-easy", "ar", "ar-easy"])
def test_every_kind_of_question_has_a_place_to_answer(
    everything: Instrument, template: Build, edition: str
) -> None:
    check_map(everything, template("everything", edition).layout)


def test_text_reads_back_from_the_paper_in_the_order_of_the_definition(
    library: Library, template: Build
) -> None:
    for key, edition in (
        ("sdq/parent-4-17", "nl"),
        ("background_family/parent", "en"),
        ("tapqol/parent-0-1", "nl"),
    ):
        instrument = catalogue().get(*key.split("/"))
        wording = library.wording(instrument, Edition.parse(edition))
        read = readers.text(template(key, edition).pdf).replace("ﬁ", "fi").replace("ﬀ", "ff")
        place = 0
        for item in instrument.items:
            words_of_item = plain(wording.text(f"item.{item.id}"))
            found = read.find(words_of_item, place)
            assert found >= place, words_of_item
            place = found


def test_a_condition_is_printed_as_an_instruction(everything: Instrument, words: Words) -> None:
    wording = made_up(
        everything, Edition("nl"), **{"options.how_often.1": "soms", "options.how_often.2": "vaak"}
    )
    found = texts(shown(Spec(everything, wording), words), "only")
    assert found[0] == "Alleen als bij vraag 1 is aangekruist: soms of vaak"
    assert found[1] == "Alleen als bij vraag 2 is aangekruist: vaak"
    assert found[2].startswith("Alleen als een of meer hiervan klopt:")
    assert "dit allemaal:" in found[2]


def test_a_second_part_carries_the_number_of_its_question(everything: Instrument, words: Words) -> None:
    numbers = texts(shown(Spec(everything, made_up(everything, Edition("nl"))), words), "number")
    assert numbers == ["1", "2", "3", "1b", "2b", "4", "5", "6", "7", "8", "9", "10", "11", "12"]


def test_questions_for_older_children_are_left_out_when_the_age_is_known(
    everything: Instrument, words: Words
) -> None:
    young = sheet.too_young(everything, 143)
    assert young == {"more"}
    assert sheet.too_young(everything, None) == sheet.too_young(everything, 144) == frozenset()
    tree = shown(Spec(everything, made_up(everything, Edition("nl")), young), words)
    assert len(texts(tree, "number")) == len(everything.items) - 1
    tapqol = catalogue().get("tapqol", "parent-0-1")
    assert any(tapqol.item(item).part_of for item in sheet.too_young(tapqol, 12))


def test_hints_and_the_recall_period_are_printed(everything: Instrument, words: Words) -> None:
    wording = made_up(
        everything, Edition("nl"), recall="Denk aan de afgelopen week.", **{"hint.sports": "Ook dansen."}
    )
    tree = shown(Spec(everything, wording), words)
    assert texts(tree, "hint") == ["Ook dansen."]
    assert "Denk aan de afgelopen week." in texts(tree, "recall")


def test_words_are_never_taken_for_markup(everything: Instrument, words: Words) -> None:
    wording = made_up(everything, Edition("nl"), **{"item.tips": "<b>Niet</b> & <script>"})
    assert "&lt;b&gt;Niet&lt;/b&gt; &amp; &lt;script&gt;" in sheet.html(
        Spec(everything, wording), words.gettext(Edition("nl"))
    )


@pytest.mark.parametrize(
    ("informant", "from_months", "reading", "styles"),
    [
        ("parent", 96, "standard", ("standard",)),
        ("parent", 96, "easy", ("standard", "easy")),
        ("child", 96, "standard", ("standard", "child")),
        ("child", 96, "easy", ("standard", "child", "easy")),
        ("child", 156, "standard", ("standard",)),
    ],
)
def test_a_sheet_is_dressed_for_its_reader(
    everything: Instrument, informant: str, from_months: int, reading: Reading, styles: tuple[str, ...]
) -> None:
    ages = {"from_months": from_months, "to_months": 227}
    instrument = Instrument.model_validate(
        {**everything.model_dump(by_alias=True), "informant": informant, "ages": ages}
    )
    assert Spec(instrument, made_up(instrument, Edition("nl", reading))).styles == styles


def test_an_interviewer_gets_room_for_notes_and_no_boxes(template: Build) -> None:
    layout = template("interview_guide/professional").layout
    assert list(layout.boxes()) == []
    assert min(field.rect.height for _, field in layout.fields()) > 25


def test_a_guide_is_printed_for_use_without_a_watermark_or_places_for_codes(template: Build) -> None:
    guide = template("interview_guide/professional", specimen=True)
    assert "Voorbeeld" not in readers.text(guide.pdf)
    assert guide.layout.marks == ()
    assert "Voorbeeld" in readers.text(template("evaluation_parent/parent", specimen=True).pdf)


def test_long_words_over_a_table_turn_it_into_a_list(everything: Instrument) -> None:
    short = made_up(everything, Edition("nl"))
    long = made_up(everything, Edition("nl"), **{"options.agreement.3": "noch-eens-noch-oneens"})
    assert [b.shape for b in sheet.blocks(Spec(everything, short)) if b.questions[0].item.id == "helped"] == [
        "table"
    ]
    assert [b.shape for b in sheet.blocks(Spec(everything, long)) if b.questions[0].item.id == "helped"] == [
        "list"
    ]


def test_a_word_too_long_for_any_room_fails_the_build(everything: Instrument, words: Words) -> None:
    wording = made_up(everything, Edition("nl"), **{"item.tips": "vraag" * 40})
    with pytest.raises(pdf.Unprintable, match="sticks out of its page"):
        sheet.build(Spec(everything, wording), words.gettext(Edition("nl")))


def test_the_catalogue_is_offered_on_paper_in_dutch(library: Library) -> None:
    for instrument in catalogue().all():
        found = library.editions(instrument, live=False, mode="paper", on=dt.date(2026, 11, 23))
        assert Edition("nl") in found
