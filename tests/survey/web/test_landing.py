"""A link: what it shows to anybody, and what pressing its button does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import brotli
import pytest
from flask import Flask

from survey import links
from survey.db import Database, counting
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor

Unchanged = Callable[..., AbstractContextManager[None]]

#: What fetches a link before a person does.
PREVIEWERS = [
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; BingPreview/2.0)",
]
#: What somebody looking over a shoulder must not read.
TELLING = [
    "verslav",
    "psychi",
    "mishandel",
    "lvb",
    "kopp",
    "buitenshuis",
    "addict",
    "abuse",
    "risk",
    "trimbos",
]


@pytest.fixture
def tokens(db: Database, cast: Cast, clock: Clock) -> dict[str, str]:
    """A link of every sort."""
    good = links.make(db, respondent_id=cast.mother, now=clock())
    family = links.make(db, family_id=cast.family_id, now=clock())
    old = links.make(db, respondent_id=cast.mother, now=clock(), expires_at=clock() + dt.timedelta(days=1))
    lost = links.make(db, respondent_id=cast.father, now=clock())
    links.revoke_all(db, respondent_id=cast.father, now=clock())
    clock.wait(days=2)
    return {
        "good": good,
        "family": family,
        "old": old,
        "lost": lost,
        "unknown": "A" * 22,
        "cut off": good[:9],
    }


def test_a_link_looks_the_same_whatever_it_opens(visitor: Visitor, tokens: dict[str, str]) -> None:
    pages = set()
    for token in tokens.values():
        response = visitor.client.get(f"/l/{token}")
        assert response.status_code == 200
        pages.add(response.get_data(as_text=True).replace(token, "TOKEN"))
        headers = {name: value for name, value in response.headers if name != "Content-Length"}
        pages.add(str(sorted(headers.items())))
    assert len(pages) == 2


def test_looking_at_a_link_changes_nothing_and_asks_the_database_nothing(
    visitor: Visitor, tokens: dict[str, str], db: Database, unchanged: Unchanged
) -> None:
    visitor.get("/")
    with unchanged(), counting(db) as counts:
        for token in tokens.values():
            for agent in PREVIEWERS:
                first = visitor.client.get(f"/l/{token}", headers={"User-Agent": agent})
                again = visitor.client.get(f"/l/{token}", headers={"User-Agent": agent})
                head = visitor.client.head(f"/l/{token}")
                assert first.data == again.data
                assert (head.status_code, head.data) == (200, b"")
                assert "Set-Cookie" not in first.headers
    assert counts.statements == 0


def test_the_card_that_a_messenger_makes_says_nothing(visitor: Visitor, tokens: dict[str, str]) -> None:
    visitor.get(f"/l/{tokens['good']}")
    assert visitor.title == "Meetmoment"
    assert visitor.page.xpath("//meta[@property='og:title']/@content") == ["Meetmoment"]
    assert visitor.page.xpath("//meta[@property='og:description' or @name='description']") == []
    page = visitor.response.get_data(as_text=True).lower()
    assert [word for word in TELLING if word in page] == []


@pytest.mark.parametrize("path", ["/", "/l/" + "x" * 22])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_first_page_weighs_at_most_four_kilobytes_with_its_style(
    visitor: Visitor, cast: Cast, path: str, language: str
) -> None:
    visitor.get(path, headers={"Accept-Language": language})
    assert visitor.page.xpath("//link[@rel='stylesheet'] | //script | //img") == []
    assert len(brotli.compress(visitor.response.data, quality=5)) <= 4096


def test_the_button_opens_a_pocket_and_leaves_the_token_behind(
    visitor: Visitor, tokens: dict[str, str]
) -> None:
    visitor.post(f"/l/{tokens['good']}")
    assert visitor.path == "/mine"
    assert tokens["good"] not in visitor.response.get_data(as_text=True)
    assert visitor.heading == "Uw vragen"


def test_a_family_link_opens_the_family_page(visitor: Visitor, tokens: dict[str, str]) -> None:
    visitor.post(f"/l/{tokens['family']}")
    assert visitor.path == "/family"


@pytest.mark.parametrize(
    ("sort", "status", "dutch", "english"),
    [
        ("unknown", 404, "Deze link werkt niet", "This link does not work"),
        ("cut off", 404, "Deze link werkt niet", "This link does not work"),
        ("old", 410, "Deze link is te oud", "This link is too old"),
        ("lost", 410, "Voor deze link is een andere gekomen", "This link has been replaced"),
    ],
)
def test_a_link_that_opens_nothing_says_why_and_what_to_do(
    new_visitor: Callable[[], Visitor],
    tokens: dict[str, str],
    unchanged: Unchanged,
    sort: str,
    status: int,
    dutch: str,
    english: str,
) -> None:
    for language, heading in (("nl-NL", dutch), ("en-GB", english)):
        visitor = new_visitor()
        # Of a link that never was it is noted that it was tried, so that who guesses is slowed down.
        with unchanged(*(["code_try"] if status == 404 else [])):
            visitor.post(f"/l/{tokens[sort]}", headers={"Accept-Language": language})
        assert visitor.response.status_code == status
        assert visitor.heading == heading
        assert visitor.client.get_cookie("visit") is None
        assert len(visitor.text) > len(heading) + 60


def test_opening_another_link_ends_the_former_visit(
    visitor: Visitor, new_visitor: Callable[[], Visitor], cast: Cast
) -> None:
    visitor.open(cast.mother)
    former = visitor.client.get_cookie("visit")
    assert former is not None
    visitor.open(cast.daan)
    thief = new_visitor()
    thief.client.set_cookie("visit", former.value)
    assert thief.get("/mine").response.status_code == 403


def test_a_bad_link_leaves_the_present_visit_as_it_is(visitor: Visitor, cast: Cast) -> None:
    visitor.open(cast.mother)
    visitor.post(f"/l/{'B' * 22}")
    assert visitor.get("/mine").heading == "Uw vragen"


def test_a_person_is_spoken_to_in_their_own_edition_not_that_of_the_browser(
    visitor: Visitor, cast: Cast
) -> None:
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "nl"
    visitor.open(cast.father)
    assert visitor.heading == "Your questions"


def test_a_language_chosen_on_the_landing_page_is_kept_also_without_cookies(
    app: Flask, db: Database, clock: Clock, cast: Cast
) -> None:
    forgetful = Visitor(app.test_client(use_cookies=False), db, clock)
    token = links.make(db, respondent_id=cast.mother, now=people.at(people.T0))
    forgetful.post("/edition", {"from": f"/l/{token}", "edition": "en-easy"})
    assert forgetful.page.get("lang") == "en-simple"
    fields = {field.get("name"): field.get("value") for field in forgetful.page.xpath("//form//input")}
    assert fields["edition"] == "en-easy"
    visitor = Visitor(app.test_client(), db, clock).post(f"/l/{token}", {"edition": "en-easy"})
    assert visitor.page.get("lang") == "en-simple"
    assert visitor.open(cast.mother).page.get("lang") == "en-simple"


@pytest.mark.parametrize("page", ["/", "/q", "/l/{family}"])
def test_the_next_person_on_a_telephone_chooses_a_language_while_the_former_visit_lasts(
    visitor: Visitor, tokens: dict[str, str], cast: Cast, page: str
) -> None:
    visitor.open(cast.mother)
    visitor.get(page.format(**tokens))
    form = visitor.page.xpath("//form[@action='/edition']")[0]
    fields = {field.get("name"): field.get("value") for field in form.xpath("./input")}
    visitor.post("/edition", {**fields, "edition": "en"})
    assert visitor.response.status_code == 200
    assert visitor.page.get("lang") == "en"
    assert visitor.get("/mine").page.get("lang") == "nl", "who answered before reads on as before"


def test_the_link_and_the_visit_are_stored_as_digests_only(
    visitor: Visitor, db: Database, cast: Cast
) -> None:
    token = links.make(db, respondent_id=cast.mother, now=people.at(people.T0))
    visitor.post(f"/l/{token}")
    cookie = visitor.client.get_cookie("visit")
    assert cookie is not None
    file = Path(str(db.url.database))
    stored = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert token.encode() not in stored
    assert cookie.value.encode() not in stored
