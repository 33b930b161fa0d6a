"""Nobody reads along: headers, cookies, the quick exit, and nothing from anywhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from survey import links
from survey.db import Database
from survey.settings import Settings
from survey.web import Services, create_app, looks
from survey.web.looks import STYLE_HASH
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor

Unchanged = Callable[[], AbstractContextManager[None]]

GUEST = ["/", "/l/AAAA", "/help", "/edition", "/thanks", "/nowhere", "/exit", "/mine", "/family", "/q/1/1"]
INSIDE = [
    "/mine",
    "/q/1",
    "/q/1/1",
    "/q/1/1?again=1",
    "/q/1/later",
    "/thanks",
    "/help",
    "/edition?from=/mine",
]


@pytest.fixture
def inside(visitor: Visitor, cast: Cast) -> Visitor:
    """The mother, with a response open."""
    return visitor.open(cast.mother).start("who5").press("later", **{"1": 2}).get("/mine")


def holds(visitor: Visitor) -> None:
    """What must be true of every answer."""
    headers = visitor.response.headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert {"camera=()", "geolocation=()", "microphone=()"} <= set(headers["Permissions-Policy"].split(", "))
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    scripted = (
        dict.fromkeys(("script-src", "connect-src", "media-src"), "'self'")
        if visitor.page.xpath("//script")
        else {}
    )
    assert bool(scripted) == bool(visitor.page.xpath("//form[@id='answers']"))
    assert policy == scripted | {
        "default-src": "'none'",
        "style-src": f"'{STYLE_HASH}'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    page = visitor.page
    assert page.xpath("//script[not(starts-with(@src, '/script/'))] | //iframe") == []
    assert page.xpath("//*[@style] | //@*[starts-with(name(), 'on')]") == []
    for address in page.xpath("//@href | //@src | //@action"):
        parts = urlsplit(address)
        assert not parts.netloc
        assert parts.scheme in ("", "tel")
    assert "Meetmoment" in visitor.title
    assert len(page.xpath("//h1")) == 1
    assert re.fullmatch(r"[a-z]{2,3}(-simple)?", page.get("lang"))
    assert page.get("dir") in ("ltr", "rtl")


@pytest.mark.parametrize("path", GUEST)
def test_every_page_for_a_guest_keeps_to_the_rules(visitor: Visitor, cast: Cast, path: str) -> None:
    holds(visitor.get(path))


@pytest.mark.parametrize("path", INSIDE)
def test_every_page_of_a_visit_keeps_to_the_rules(inside: Visitor, path: str) -> None:
    holds(inside.get(path))


def test_a_redirect_is_not_kept_either(inside: Visitor) -> None:
    response = inside.client.get("/q/1")
    assert (response.status_code, response.headers["Cache-Control"]) == (303, "no-store")
    assert response.data == b""


@pytest.mark.parametrize("path", ["/", "/help", "/edition", "/mine", "/q/1/1", "/q/1/later", "/nowhere"])
def test_help_and_the_way_out_stand_in_the_same_place_on_every_page(inside: Visitor, path: str) -> None:
    page = inside.get(path).page
    first = page.xpath("(//a | //button)[1]")[0]
    assert (first.tag, first.getparent().get("action")) == ("button", "/exit")
    footer = page.xpath("//body/*[last()]")[0]
    assert footer.tag == "footer"
    assert footer.xpath(".//a/@href") == ["/help", "/help#privacy", "/accessibility"]


def test_looking_around_changes_nothing(inside: Visitor, unchanged: Unchanged) -> None:
    with unchanged():
        for path in [*GUEST, *INSIDE]:
            inside.get(path)
            inside.client.head(path)


def test_the_cookie_is_for_this_visit_and_for_the_server_only(visitor: Visitor, cast: Cast) -> None:
    token = _token(visitor.database, cast)
    response = visitor.client.post(f"/l/{token}")
    (cookie,) = response.headers.getlist("Set-Cookie")
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert attributes == {"HttpOnly", "Path=/", "SameSite=Lax"}
    assert re.fullmatch(r"visit=[\w-]{22}", cookie.split(";")[0])


def test_over_https_the_cookie_is_bound_to_https_and_this_host(
    settings: Settings, house: Services, db: Database, cast: Cast, clock: Clock
) -> None:
    secure = replace(settings, https=True, base_url="https://vragen.example.org")
    app = create_app(secure, replace(house, settings=secure))
    visitor = Visitor(app.test_client(), db, clock)
    response = visitor.client.post(f"/l/{_token(db, cast)}", base_url="https://vragen.example.org")
    (cookie,) = response.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-visit=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    chosen = Visitor(app.test_client(), db, clock).client.post(
        "/edition", data={"edition": "en", "from": "/"}, base_url="https://vragen.example.org"
    )
    assert [one.split("=")[0] for one in chosen.headers.getlist("Set-Cookie")] == ["__Host-edition"]
    page = visitor.client.get("/mine", base_url="https://vragen.example.org")
    assert page.status_code == 200


def test_leaving_ends_the_visit_and_back_shows_nothing(inside: Visitor) -> None:
    inside.get("/q/1/1")
    assert inside.page.xpath("//input[@checked]") != []
    cookie = inside.client.get_cookie("visit")
    response = inside.client.post("/exit")
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert response.headers["Clear-Site-Data"] == '"cookies", "storage"'
    assert inside.client.get_cookie("visit") is None
    assert inside.client.get_cookie("edition") is None
    inside.get("/q/1/1")
    assert (inside.title, inside.page.xpath("//fieldset")) == ("Welkom – Meetmoment", [])
    assert cookie is not None
    inside.client.set_cookie("visit", cookie.value)
    assert inside.get("/q/1/1").response.status_code == 403


def test_leaving_works_without_a_visit_and_twice(visitor: Visitor, cast: Cast) -> None:
    assert visitor.post("/exit").path == "/"
    assert visitor.post("/exit").response.status_code == 200


def test_leaving_can_lead_to_a_neutral_site_that_the_policy_then_allows(
    settings: Settings, house: Services, cast: Cast
) -> None:
    elsewhere = replace(settings, exit_url="https://www.weer.example/nu?plaats=1")
    client = create_app(elsewhere, replace(house, settings=elsewhere)).test_client()
    response = client.post("/exit")
    assert response.headers["Location"] == "https://www.weer.example/nu?plaats=1"
    assert "form-action 'self' https://www.weer.example;" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("exit_url", "sent"),
    [
        ("https://weer.example/overzicht#nu", "https://weer.example/overzicht#nu"),
        ("https://weer.example/één dag", "https://weer.example/%C3%A9%C3%A9n%20dag"),
        ("https://weer.example/100%25", "https://weer.example/100%25"),
    ],
)
def test_the_address_of_a_redirect_is_written_as_headers_are(
    settings: Settings, house: Services, cast: Cast, exit_url: str, sent: str
) -> None:
    elsewhere = replace(settings, exit_url=exit_url)
    client = create_app(elsewhere, replace(house, settings=elsewhere)).test_client()
    response = client.post("/exit")
    assert (response.headers["Location"], response.headers["Content-Length"]) == (sent, "0")


def test_a_failure_while_an_answer_is_finished_is_protected_like_any_other(
    settings: Settings, house: Services, cast: Cast
) -> None:
    app = create_app(settings, house)
    app.testing = False

    def fail(_: object) -> None:
        raise LookupError

    app.after_request(fail)  # type: ignore[arg-type]
    response = app.test_client().get("/")
    assert response.status_code == 500
    assert response.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "address",
    ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "javascript:1", "", "mine"],
)
def test_returning_from_the_choice_of_language_stays_on_this_site(
    visitor: Visitor, cast: Cast, address: str
) -> None:
    response = visitor.client.post("/edition", data={"edition": "en", "from": address})
    assert response.headers["Location"] == "/?in=en"
    visitor.get("/edition", query_string={"from": address})
    assert visitor.page.xpath("//a[@class='back']/@href") == ["/"]


def test_no_secret_is_written_to_the_log(
    inside: Visitor, caplog: pytest.LogCaptureFixture, app: Flask
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level("DEBUG"):
        for path in [*GUEST, *INSIDE]:
            inside.get(path)
        inside.press(**{"2": 3})
    cookie = inside.client.get_cookie("visit")
    assert cookie is not None
    assert cookie.value not in caplog.text


def test_our_own_icon_may_be_kept(visitor: Visitor, cast: Cast) -> None:
    response = visitor.client.get("/static/icon.svg")
    assert response.status_code == 200
    assert "no-store" not in response.headers["Cache-Control"]
    response.close()


def _token(database: Database, cast: Cast) -> str:
    return links.make(database, respondent_id=cast.mother, now=people.at(people.T0))


def test_no_style_speaks_of_left_and_right() -> None:
    style = (Path(looks.__file__).parent / "page.css").read_text(encoding="utf-8")
    assert (
        re.findall(r"[\s;{](?:[a-z]+-)?(?:left|right|top|bottom)\s*:|[\s;{](?:width|height)\s*:", style) == []
    )
