"""What axe cannot see, read from the pages themselves: groups, titles, languages, places, directions."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from lxml import html as lxml_html

from instruments import Edition
from survey.web.i18n import Catalogues

if TYPE_CHECKING:
    from tests.survey.web.conftest import StageIn

EDITIONS = [
    Edition.parse(name) for name in ("nl", "nl-easy", "en", "en-easy", "ar", "ar-easy", "tr", "pl", "uk")
]
every_edition = pytest.mark.parametrize("edition", EDITIONS, ids=str)

#: The same heading on purpose: the outside is neutral, and an end is the same whatever was answered.
MAY_SHARE_A_TITLE = [
    {"home", "link", "pause"},
    {"edition", "choice of words"},
    {"home", "problem no_visit"},
    {"thanks", "thanks with what came out"},
]
#: Digits that a reader of Arabic would see in another order, were they not kept together.
BROKEN_BY_BIDI = re.compile(r"\d+(?:[-./:]\d+)+")
KEPT_TOGETHER = re.compile("\u2066[^\u2066\u2069]*\u2069")


def text_of(element: lxml_html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def read_in(name: str, edition: Edition) -> Edition:
    """In which edition a scene is: children begin in the standard one, which is written for them."""
    return Edition(edition.language) if "child" in name else edition


@every_edition
def test_every_choice_stands_in_a_group_with_the_question_as_its_name(
    stage_in: StageIn, edition: Edition
) -> None:
    for scene in stage_in(edition).scenes:
        for field in scene.page.xpath("//input[@type='radio' or @type='checkbox']"):
            group = field.xpath("ancestor::fieldset[1]")
            assert group, scene
            assert group[0].xpath("./*[1]")[0].tag == "legend", scene
            assert text_of(group[0].xpath("./legend")[0]), scene
            assert text_of(field.xpath("ancestor::label[1]")[0]), scene


@every_edition
def test_children_and_readers_of_easy_words_get_one_question_a_page(
    stage_in: StageIn, edition: Edition
) -> None:
    asked = [scene for scene in stage_in(edition).scenes if scene.page.xpath("//fieldset")]
    assert {scene.big for scene in asked} >= {True}
    for scene in asked:
        assert not scene.big or len(scene.page.xpath("//fieldset")) == 1, scene


@every_edition
def test_every_page_has_one_main_part_one_first_heading_and_headings_in_order(
    stage_in: StageIn, edition: Edition
) -> None:
    for scene in stage_in(edition).scenes:
        page = scene.page
        assert (len(page.xpath("//main")), len(page.xpath("//h1"))) == (1, 1), scene
        assert page.xpath("//*[@tabindex > 0] | //*[@accesskey] | //*[@autoplay]") == []
        assert "user-scalable" not in page.xpath("string(//meta[@name='viewport']/@content)"), scene


@every_edition
def test_titles_tell_pages_apart(stage_in: StageIn, edition: Edition) -> None:
    titles: dict[str, set[str]] = {}
    for scene in stage_in(edition).scenes:
        if not re.match(r"question|problem code_|.* of an? ", scene.name):
            titles.setdefault(str(scene.page.findtext(".//title")), set()).add(scene.name)
    shared = [names for names in titles.values() if len(names) > 1]
    assert [names for names in shared if not any(names <= may for may in MAY_SHARE_A_TITLE)] == []


@every_edition
def test_a_title_says_first_that_there_is_a_problem(
    stage_in: StageIn, catalogues: Catalogues, edition: Edition
) -> None:
    scenes = {(scene.name, scene.state): scene for scene in stage_in(edition).scenes}
    wrong = [scene for scene in scenes.values() if scene.state in ("error", "refused")]
    assert len(wrong) >= 4
    for scene in wrong:
        prefix = catalogues.words(read_in(scene.name, edition)).ugettext("Problem: %(title)s") % {"title": ""}
        usual = scenes[scene.name, "empty"].page.findtext(".//title")
        assert scene.page.findtext(".//title") == prefix + usual
    assert len({scene.page.findtext(".//title") for scene in scenes.values()}) > 25


@every_edition
def test_what_is_wrong_is_summed_up_first_in_the_same_words_as_at_the_question(
    stage_in: StageIn, edition: Edition
) -> None:
    for scene in stage_in(edition).scenes:
        if scene.state not in ("error", "asked"):
            continue
        page = scene.page
        (summary,) = page.xpath("//*[@role='alert'][@autofocus][@tabindex='-1']")
        assert summary.xpath("preceding::h1 | preceding::form[ancestor::main]") == []
        links = summary.xpath(".//a")
        assert links
        for link in links:
            target = page.get_element_by_id(link.get("href").removeprefix("#"))
            assert target.tag in ("input", "textarea")
            group = target.xpath("ancestor::fieldset")[0]
            if scene.state == "error":
                assert [text_of(bad) for bad in group.xpath("./*[@class='bad']")] == [text_of(link)]
                named = " ".join(group.xpath("descendant-or-self::*/@aria-describedby"))
                assert group.xpath("./*[@class='bad']/@id")[0] in named.split()
            else:
                assert text_of(group.xpath("./legend")[0]) == text_of(link)


@every_edition
def test_languages_are_named_as_browsers_know_them(stage_in: StageIn, edition: Edition) -> None:
    known = {found.html_lang: found.direction for found in EDITIONS}
    for scene in stage_in(edition).scenes:
        page = scene.page
        spoken = read_in(scene.name, edition)
        assert (page.get("lang"), page.get("dir")) == (spoken.html_lang, spoken.direction), scene
        for element in page.xpath("//*[@lang]"):
            assert element.get("lang") in known, scene
            assert element.get("dir", known[element.get("lang")]) == known[element.get("lang")], scene


@every_edition
def test_every_language_is_offered_in_its_own_words_and_marked_as_such(
    stage_in: StageIn, catalogues: Catalogues, edition: Edition
) -> None:
    (scene,) = [scene for scene in stage_in(edition).scenes if scene.name == "edition"]
    buttons = scene.page.xpath("//form[@action='/edition']//button")
    assert {button.get("value") for button in buttons} == {str(found) for found in catalogues.editions}
    for button in buttons:
        offered = Edition.parse(button.get("value"))
        assert (button.get("lang"), button.get("dir")) == (offered.html_lang, offered.direction)
        assert text_of(button) == catalogues.own_name(offered)
    assert [button.get("value") for button in buttons if button.get("aria-current")] == [str(edition)]
    assert len({text_of(button) for button in buttons}) == len(buttons)


@every_edition
def test_the_way_out_comes_first_and_help_stands_in_the_same_place_everywhere(
    stage_in: StageIn, edition: Edition
) -> None:
    places = Counter()
    for scene in stage_in(edition).scenes:
        doors = scene.page.xpath("//a | //button")
        assert doors[0].xpath("ancestor::form/@action") == ["/exit"], scene
        footer = [door.get("href") for door in scene.page.xpath("//body/*[last()][self::footer]//a")]
        places[tuple(footer)] += 1
        assert footer[0] == "/help", scene
    assert len(places) == 1


def test_dates_and_codes_keep_their_order_among_arabic_letters(stage_in: StageIn) -> None:
    seen = 0
    for scene in stage_in(Edition("ar")).scenes:
        for place in scene.page.xpath("//body//text()[not(ancestor::*[@lang][1][not(@dir='rtl')])]"):
            for found in BROKEN_BY_BIDI.findall(KEPT_TOGETHER.sub("", place)):
                seen += 1
                around = place.getparent().xpath("ancestor-or-self::*[@dir][1]")[0]
                assert (around.tag, around.get("dir")) == ("bdi", "ltr"), f"{found} in {scene}"
    assert seen >= 2
