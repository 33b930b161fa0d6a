"""What others can read along says nothing, and no page judges: words, previews, addresses, ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from lxml import html as lxml_html

from instruments import Edition
from survey import links, senders, telling
from survey.db import Database
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor
from tests.survey.web.scenes import choices

if TYPE_CHECKING:
    from tests.survey.web.conftest import StageIn

Unchanged = Callable[[], AbstractContextManager[None]]
EDITIONS = [
    Edition.parse(name) for name in ("nl", "nl-easy", "en", "en-easy", "ar", "ar-easy", "tr", "pl", "uk")
]
every_edition = pytest.mark.parametrize("edition", EDITIONS, ids=str)

#: Who follows links before, after or instead of a person.
ROBOTS = [
    "WhatsApp/2.24.20.89 A",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0; Microsoft Outlook 16.0.5266)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SkypeUriPreview Preview/0.5",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (compatible; Google-Safety; +http://www.google.com/bot.html)",
]


def test_words_are_found_at_their_beginning_only() -> None:
    assert telling.found_in("Verslavingszorg") == ("verslav",)
    assert telling.found_in("KOPP-groep") == ("kopp",)
    assert telling.found_in("knopppen, asterisk") == ()
    assert telling.found_in("Mental health matters") == ("mental health",)


def test_a_study_may_have_words_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "telling.yaml"
    own.write_text("anywhere_outside: [zonnehuis]\njudging: []\n", "utf-8")
    assert telling.found_in("Het Zonnehuis", file=own) == ("zonnehuis",)
    assert telling.found_in("Het Zonnehuis") == ()


@every_edition
def test_tabs_previews_and_addresses_tell_nothing(stage_in: StageIn, edition: Edition) -> None:
    for scene in stage_in(edition).scenes:
        page = scene.page
        outside = [page.findtext(".//title"), scene.path, *page.xpath("//meta/@content")]
        assert [telling.found_in(text) for text in outside if telling.found_in(text)] == [], scene
        assert page.xpath("//meta[@property='og:title']/@content") == ["Meetmoment"]
        described = "//meta[@name='description' or @property='og:description' or @property='og:image']"
        assert page.xpath(described) == []


@every_edition
def test_what_is_seen_without_a_visit_tells_nothing_at_all(stage_in: StageIn, edition: Edition) -> None:
    for scene in stage_in(edition).scenes:
        if scene.name in ("home", "link", "code", "pause", "edition"):
            assert telling.found_in(scene.page.text_content()) == (), scene


def test_addresses_files_and_senders_tell_nothing(app: Flask) -> None:
    rules = [rule.rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/desk")]
    static = [path.name for path in Path(str(app.static_folder)).iterdir()]
    for text in (*rules, *static, *senders.EXAMPLE.values()):
        assert telling.found_in(text) == (), text


@every_edition
def test_no_page_judges(stage_in: StageIn, edition: Edition) -> None:
    """All but the words of the questionnaires themselves, which ask and do not judge."""
    for scene in stage_in(edition).scenes:
        page = scene.page
        for asked in page.xpath("//fieldset | //style | //script"):
            asked.drop_tree()
        assert telling.found_in(page.text_content(), "judging") == (), scene


def ends(visitor: Visitor, code: int) -> list[str]:
    """The pages that follow when all answers are the first, or the last, that there are."""
    done = visitor.path.rsplit("/", 1)[0] + "/done"
    while visitor.page.xpath("//button[@name='do']"):
        visitor.press("next", **{item: codes[code] for item, codes in choices(visitor).items()})
    paths = (done, "/mine", "/thanks", "/help")
    pages = [visitor.get(path).response.get_data(as_text=True) for path in paths]
    return [re.sub(r'name="csrf" value="[^"]*"', "", page) for page in pages]


def test_the_end_is_the_same_whatever_was_answered(visitor: Visitor, cast: Cast, clock: Clock) -> None:
    clock.now = people.at(people.T1)
    begin = visitor.open(cast.mother).start("who5").path
    worst = ends(visitor, 0)
    best = ends(visitor.get(begin), -1)
    assert worst == best


@pytest.mark.parametrize("agent", ROBOTS)
def test_a_robot_that_follows_a_link_changes_and_learns_nothing(
    visitor: Visitor, cast: Cast, db: Database, unchanged: Unchanged, agent: str
) -> None:
    token = links.make(db, respondent_id=cast.mother, now=people.at(people.T0))
    paths = [f"/l/{token}", "/Q/6SC6S6ZK1", "/", "/help", "/mine", "/q/1/1", "/call", "/call/asked"]
    headers = {"User-Agent": agent}
    with unchanged():
        for path in paths:
            first = visitor.client.get(path, headers=headers)
            assert visitor.client.get(path, headers=headers).data == first.data
            assert visitor.client.head(path, headers=headers).data == b""
            visitor.client.options(path, headers=headers)
            assert "Set-Cookie" not in first.headers
            page = lxml_html.document_fromstring(first.get_data(as_text=True))
            assert page.findtext(".//title").startswith(("Meetmoment", "Help", "Hulp", "Welkom"))


def test_cleared_cookies_lose_one_page_and_the_service_says_so(
    visitor: Visitor, cast: Cast, db: Database, unchanged: Unchanged
) -> None:
    visitor.open(cast.mother).start("who5").press("later", **{"1": 2})
    visitor.get("/mine").start("who5")
    visitor.client.delete_cookie("visit")
    with unchanged():
        visitor.press("next", **{"2": 3})
    assert visitor.response.status_code == 403
    assert "kon niet worden bewaard. Alles wat eerder is verstuurd, is bewaard." in visitor.text
    assert "cookies" in visitor.text
    visitor.open(cast.mother).start("who5")
    assert visitor.page.xpath("//input[@checked]") == []
    assert "1" not in {name.removeprefix("i.") for name in visitor.page.xpath("//*[@autofocus]//a/@href")}


def test_a_child_is_asked_for_no_free_text() -> None:
    from instruments import catalogue

    texts = [
        f"{version.key} {item.id}"
        for version in catalogue().all()
        if version.informant == "child"
        for item in version.items
        if item.kind == "text"
    ]
    assert texts == []


@every_edition
def test_where_words_are_written_the_page_asks_for_none_that_name_people(
    stage_in: StageIn, edition: Edition
) -> None:
    seen = 0
    for scene in stage_in(edition).scenes:
        for field in scene.page.xpath(
            "//fieldset//textarea | //fieldset//input[@type='text'][@maxlength > 9]"
        ):
            notes = [scene.page.get_element_by_id(name) for name in field.get("aria-describedby").split()]
            assert any(note.get("id").startswith("names.") and note.text_content() for note in notes), scene
            seen += 1
    assert seen >= 2
