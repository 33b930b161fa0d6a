"""Pages of questions: every instrument in every edition, held to what a screen reader and a thumb need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from lxml import html as lxml_html

from instruments import Edition, Given, Instrument, Item, Missing, catalogue, routing
from instruments.checks import Refused
from instruments.model import OptionSet, Rights
from instruments.routing import Screen
from instruments.wording import About, Library, Wording, required_keys
from survey.web import Services, pages
from survey.web.i18n import speak
from survey.web.pages import Compiled, Own, Page, Pages

NL = Edition("nl")
#: Everything that would break a page that forgot to escape.
NASTY = """</textarea><b x='1' y="2">&amp; \ue000csrf\ue001 """

OWN = Own(csrf="token", sequence="name", here="/q/1/a", back="/mine", about="over <uw> kind", left="1800")


ON_SCREEN = [instrument for instrument in catalogue().all() if "screen" in instrument.modes]


def screens(instrument: Instrument, *, single: bool) -> tuple[Screen, ...]:
    """Every screen there can be: as if every condition held."""
    open_items = tuple(item.model_copy(update={"show_if": None}) for item in instrument.items)
    return routing.screens(instrument.model_copy(update={"items": open_items}), {}, None, single=single)


@pytest.mark.parametrize("instrument", ON_SCREEN, ids=lambda instrument: instrument.key)
def test_every_screen_in_every_edition_is_well_made(
    instrument: Instrument, library: Library, app: Flask, house: Services
) -> None:
    with app.test_request_context():
        for edition in library.known_editions():
            if library.problems(instrument, edition):
                continue
            audience = pages.audience_of(instrument.informant, instrument.ages and instrument.ages.to_months)
            single = edition.reading == "easy" or audience != "adult"
            interface = edition if edition in house.catalogues.editions else NL
            shown = screens(instrument, single=single)
            for screen in shown:
                wording = library.wording(instrument, edition)
                page = Page(instrument, screen, wording, interface, screen is shown[0], audience)
                speak(interface)
                well_made(house.pages.show(page, OWN), page)


def well_made(text: str, page: Page) -> None:
    """What every page of questions must have."""
    document = lxml_html.document_fromstring(text)
    ids = Counter(document.xpath("//@id"))
    assert [name for name, times in ids.items() if times > 1] == []
    assert len(document.xpath("//h1")) == 1
    groups = document.xpath("//form[.//input[@name='csrf']]/fieldset")
    assert len(groups) == len(page.screen.items)
    if page.big:
        assert len(groups) == 1
    for item, group in zip(page.screen.items, groups, strict=True):
        (legend,) = group.xpath("./legend")
        assert legend.text_content().strip() == " ".join(page.wording.text(f"item.{item.id}").split())
        fields = group.xpath(".//input | .//textarea")
        assert {field.get("name") for field in fields} == {f"i.{item.id}"}
        assert len(fields) == max(1, len(page.instrument.codes(item)))
        for field in fields:
            label = field.xpath("ancestor::label")
            assert (
                label[0].text_content().strip() if label else field.get("aria-labelledby") == legend.get("id")
            )
        for described in group.xpath("descendant-or-self::*/@aria-describedby"):
            assert all(ids[name] == 1 for name in described.split())
    loose = document.xpath("//input[@type='radio' or @type='checkbox'][not(ancestor::fieldset)]")
    assert loose == []
    assert sorted(document.xpath("//button[@name='do']/@value")) == ["later", "next", "pause", "skip"]
    assert document.get("lang") == page.interface.html_lang
    if page.foreign:
        assert {group.get("lang") for group in groups} == {page.wording.edition.html_lang}
        assert {group.get("dir") for group in groups} == {page.wording.edition.direction}
    if page.wording.status in ("demonstration", "draft"):
        assert document.xpath("//*[@class='draft']")
    assert ("recall" in ids) == (page.instrument.recall is not None)


KINDS = Instrument(
    id="kinds",
    version="all",
    revision=1,
    informant="parent",
    subject="child",
    recall="past_week",
    minutes=1,
    rights=Rights(holder="us", wording="own", licence="-"),
    sources={},
    evidence="decision",
    options={
        "several": OptionSet(codes=(1, 2, 3)),
        "mark": OptionSet(codes=(1, 2, 3, 4, 5), display="grade"),
        "yes": OptionSet(codes=(0, 1)),
    },
    pages=(("which", "mark", "yes"), ("count", "day", "line", "tale")),
    items=(
        Item(id="which", kind="choices", options="several", topic="-", hint=True),
        Item(id="mark", kind="choice", options="mark", topic="-"),
        Item(id="yes", kind="choice", options="yes", topic="-", hint=True),
        Item(id="count", kind="number", min=0, max=9, topic="-", hint=True),
        Item(id="day", kind="date", topic="-"),
        Item(id="line", kind="text", max_length=20, topic="-"),
        Item(id="tale", kind="text", lines=4, topic="-"),
    ),
)
ANSWERS: dict[str, Given] = {
    "which": (1, 3),
    "mark": 4,
    "yes": 0,
    "count": 0,
    "day": "2026-11-23",
    "line": NASTY,
    "tale": f"\n{NASTY}\n",
}


def made_up(screen: int, *, single: bool = False, nasty: bool = False, edition: Edition = NL) -> Page:
    """A page with every kind of question, its words perhaps hostile."""
    about = About(
        instrument="kinds", language=edition.language, reading=edition.reading, status="draft", origin="-",
        author="-", licence="-", date="2026-11-23",
    )  # fmt: skip
    words = {key: f"{key} {NASTY if nasty else ''}" for key in required_keys(KINDS)}
    shown = routing.screens(KINDS, {}, single=single)
    return Page(KINDS, shown[screen], Wording(edition, about, words), NL, screen == 0, "adult")


@pytest.fixture(autouse=True)
def speaking(app: Flask) -> Iterator[None]:
    """A request in Dutch around the test."""
    with app.test_request_context():
        speak(NL)
        yield


@pytest.mark.parametrize("screen", [0, 1])
@pytest.mark.parametrize(
    "given", [{}, ANSWERS, dict.fromkeys(ANSWERS, Missing.skipped)], ids=["none", "all", "skipped"]
)
@pytest.mark.parametrize("foreign", [False, True])
def test_a_compiled_page_is_the_page_that_would_have_been_rendered(
    screen: int, given: dict[str, Given], foreign: bool
) -> None:
    page = made_up(screen, edition=Edition("ar") if foreign else NL)
    shown = {item: value for item, value in given.items() if not isinstance(value, Missing)}
    own = Own(**{**OWN.__dict__, "given": shown})
    compiled = Pages()
    first = compiled.show(page, own)
    assert first == pages.show_with(page, own)
    assert compiled.show(page, own) == first
    well_made(compiled.show(page, OWN), page)


@pytest.mark.parametrize("screen", [0, 1])
def test_hostile_words_and_answers_stay_text(screen: int) -> None:
    page = made_up(screen, nasty=True)
    own = Own(**{**OWN.__dict__, "given": ANSWERS, "about": NASTY})
    for text in (Pages().show(page, own), pages.show_with(page, own, blank=["yes"])):
        document = lxml_html.document_fromstring(text.replace("\ue000", "").replace("\ue001", ""))
        assert document.xpath("//*[@x]") == []
        assert document.xpath("//input[@name='csrf']/@value") == ["token"]
    if screen:
        assert document.xpath("//input[@name='i.line']/@value")[0].startswith("</textarea><b")


def test_every_kind_shows_what_was_given() -> None:
    own = Own(**{**OWN.__dict__, "given": {**ANSWERS, "line": "one", "tale": "two\nlines"}})
    first = lxml_html.document_fromstring(Pages().show(made_up(0), own))
    assert first.xpath("//input[@checked]/@id") == ["i.which.1", "i.which.3", "i.mark.4", "i.yes.0"]
    second = lxml_html.document_fromstring(Pages().show(made_up(1), own))
    # A browser drops the first line break of a text area; this parser keeps it.
    values = {field.get("name"): field.value for field in second.xpath("//fieldset//input | //textarea")}
    assert values == {"i.count": "0", "i.day": "2026-11-23", "i.line": "one", "i.tale": "\ntwo\nlines"}


def test_what_was_typed_wins_over_what_was_given() -> None:
    own = Own(**{**OWN.__dict__, "given": ANSWERS, "typed": {"which": ["2"], "mark": [], "count": ["ten"]}})
    problems = {"count": Refused("not_a_number"), "line": Refused("too_long", longest=20)}
    first = lxml_html.document_fromstring(pages.show_with(made_up(0), own))
    assert first.xpath("//input[@checked]/@id") == ["i.which.2", "i.yes.0"]
    second = lxml_html.document_fromstring(pages.show_with(made_up(1), own, problems=problems))
    assert second.xpath("//input[@name='i.count']/@value") == ["ten"]
    summary = [(link.get("href"), link.text) for link in second.xpath("//*[@role='alert']//a")]
    assert summary == [
        ("#i.count", "Vul een heel getal in, bijvoorbeeld 3."),
        ("#i.line", "Deze tekst is te lang. Er passen 20 tekens."),
    ]
    for target, words in summary:
        assert second.xpath(f"string(//*[@id='bad.{target[3:]}'])") == words
        (described,) = second.xpath(f"//*[@id='{target[1:]}']/@aria-describedby")
        assert f"bad.{target[3:]}" in described.split()


def test_a_grade_says_what_its_ends_mean() -> None:
    document = lxml_html.document_fromstring(Pages().show(made_up(0), OWN))
    (group,) = document.xpath("//fieldset[.//input[@name='i.mark']]")
    assert group.get("aria-describedby").split() == ["recall", "end.mark"]
    assert document.xpath("string(//*[@id='end.mark'])").split() == [
        "1",
        "=",
        "options.mark.1",
        "5",
        "=",
        "options.mark.5",
    ]


def test_pages_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_PAGES", 2)
    kept = Pages()
    for screen in range(5):
        kept.show(made_up(screen, single=True), OWN)
    assert len(kept._compiled) <= 2


def test_a_page_can_be_cut_at_gaps_that_are_not_there() -> None:
    assert Compiled("plain").fill(OWN) == "plain"
