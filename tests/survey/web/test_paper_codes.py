"""The code on paper, scanned or typed: the same first page for every code, and a kind one when it fails."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from printable import codes
from survey import code_tries, families, openings, sheets
from survey import db as databases
from survey.db import Database
from tests.people import Cast
from tests.survey.paper.printing import KEY, print_sheet
from tests.survey.web.conftest import Clock, Visitor

Unchanged = Callable[[], contextlib.AbstractContextManager[None]]


@pytest.fixture
def code(db: Database, cast: Cast) -> str:
    """The code of the mother's WHO-5."""
    return print_sheet(db, cast.mother, "who5")


def test_every_code_shows_the_same_first_page_and_asks_nothing(
    visitor: Visitor, db: Database, code: str, unchanged: Unchanged
) -> None:
    pages = []
    visitor.get("/")  # which study it is, is asked once
    with unchanged(), databases.counting(db) as counts:
        for shown in (code + "1", code, codes.new(), "nonsense"):
            page = visitor.get(f"/Q/{shown}").response.get_data(as_text=True)
            pages.append(page.replace(shown, "CODE"))
            assert "Set-Cookie" not in visitor.response.headers
    assert len(set(pages)) == 1
    assert counts.statements == 0


@pytest.mark.parametrize("side", ["", "1", "2"])
def test_its_button_opens_the_questionnaire_it_is_printed_on(visitor: Visitor, code: str, side: str) -> None:
    visitor.post(f"/Q/{code}{side}")
    assert visitor.path.startswith("/q/")
    assert visitor.heading == "Hoe het met u gaat"
    assert code not in visitor.response.get_data(as_text=True)


def test_what_was_only_printed_was_not_begun(visitor: Visitor, cast: Cast, code: str) -> None:
    visitor.open(cast.mother)
    assert "Alles samen duurt" in visitor.text
    assert "Al begonnen" not in visitor.text
    visitor.post(f"/Q/{code}")
    visitor.press("later", **{"1": 4})
    assert "Al begonnen" in visitor.open(cast.mother).text


def test_a_cover_opens_everything_that_is_asked(visitor: Visitor, db: Database, cast: Cast) -> None:
    assert visitor.post(f"/Q/{print_sheet(db, cast.mother, None)}").path == "/mine"


@pytest.mark.parametrize("spelled", [str.lower, codes.shown, lambda code: f" {code[:4]} {code[4:]} "])
def test_a_code_may_be_typed_in_any_way(visitor: Visitor, code: str, spelled: Callable[[str], str]) -> None:
    visitor.get("/")
    assert visitor.page.xpath("//form[@action='/Q']//label[@for='code']")
    visitor.post("/Q", {"code": spelled(code)})
    assert visitor.path == f"/Q/{code}"
    action = visitor.page.xpath("//form[.//button[contains(@class, 'first')]]/@action")
    assert visitor.post(action[0]).path.startswith("/q/")


def test_letters_that_look_alike_are_taken_for_each_other(visitor: Visitor, db: Database, cast: Cast) -> None:
    wrong = next(code for code in iter(codes.new, "") if "0" in code and "1" in code)
    visitor.post("/Q", {"code": wrong.replace("0", "o").replace("1", "l", 1).replace("1", "I")})
    assert visitor.path == f"/Q/{wrong}"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "ontbreekt een stukje"),
        ("6SC6", "ontbreekt een stukje"),
        ("6SC6-S6ZK-1-6SC6", "te lang"),
        ("6SC6-S6ZU-1", "nooit de letter U"),
        ("<script>", "nooit de letter U"),
        ("6SC6-S6ZK-2", "laatste teken controleert"),
    ],
)
def test_a_mistake_in_a_code_is_explained(visitor: Visitor, typed: str, said: str) -> None:
    visitor.post("/Q", {"code": typed})
    assert visitor.response.status_code == 422
    assert said in visitor.text
    assert visitor.page.xpath("//input[@name='code']/@value") == [typed]
    assert visitor.client.get_cookie("visit") is None


def test_the_address_on_a_cover_asks_for_the_code(visitor: Visitor, cast: Cast) -> None:
    for address in ("/q", "/Q"):
        assert visitor.get(address).heading == "Typ de code"
        assert visitor.page.xpath("//bdi/text()") == ["6SC6-S6ZK-1"], "what a code looks like"


@pytest.mark.parametrize(
    ("sort", "status", "heading"),
    [
        ("unknown", 404, "Deze code is niet bekend"),
        ("closed", 410, "Deze periode is voorbij"),
        ("dead", 410, "Dit papier wordt niet meer gebruikt"),
        ("withdrawn", 410, "Dit papier wordt niet meer gebruikt"),
        ("mistyped", 422, "Typ de code"),
        ("tried", 429, "Even wachten, alstublieft"),
    ],
)
def test_a_code_that_opens_nothing_says_why(
    visitor: Visitor, db: Database, cast: Cast, clock: Clock, code: str, sort: str, status: int, heading: str
) -> None:
    match sort:
        case "unknown":
            code = codes.new()
        case "closed":
            clock.wait(days=200)
        case "dead":
            sheets.close(db, sheets.find(db, KEY, code).id, "dead", by="Ria")
        case "withdrawn":
            families.set_status(db, cast.family_id, "stopped", reason="moved")
        case "mistyped":
            code = "6SC6S6ZK2"
        case "tried":
            for _ in range(code_tries.FREE):
                with pytest.raises(openings.CodeUnknown):
                    openings.open(db, KEY, codes.new(), clock(), address="127.0.0.1")
    visitor.post(f"/Q/{code}")
    assert visitor.response.status_code == status
    assert visitor.heading == heading
    assert visitor.client.get_cookie("visit") is None
    assert len(visitor.text) > len(heading) + 40


def test_a_language_chosen_on_the_first_page_is_kept(visitor: Visitor, code: str) -> None:
    visitor.post("/edition", {"from": f"/Q/{code}", "edition": "en"})
    assert visitor.page.get("lang") == "en"
    assert visitor.post(f"/Q/{code}", {"edition": "en"}).page.get("lang") == "en"


def test_no_code_is_written_to_the_log(visitor: Visitor, code: str, caplog: pytest.LogCaptureFixture) -> None:
    visitor.post(f"/Q/{code}")
    visitor.post("/Q", {"code": code})
    assert code not in caplog.text
