"""`Call me`: for parents, safe to press, and apart from every answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from survey import callbacks
from survey.db import Database
from tests.people import Cast
from tests.survey.web.conftest import Visitor

Unchanged = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def mother(visitor: Visitor, cast: Cast) -> Visitor:
    """The mother, before the page that asks when a call is safe."""
    return visitor.open(cast.mother).get("/help").get("/call")


def ask(visitor: Visitor, *parts: str) -> Visitor:
    """Tick parts of the day and press the button."""
    return visitor.post("/call", {"csrf": visitor.fields["csrf"], "part": list(parts)})


def test_a_parent_asks_from_the_help_page_and_is_told(mother: Visitor, cast: Cast, db: Database) -> None:
    assert mother.get("/help").page.xpath("//a[@href='/call']/text()") == ["Laat mij bellen"]
    ask(mother.get("/call"), "morning", "evening")
    assert (mother.path, mother.heading) == ("/call/asked", "U wordt gebeld")
    assert "doorgegeven" in mother.text
    assert [(one.respondent_id, one.parts) for one in callbacks.waiting(db)] == [
        (cast.mother, ("morning", "evening"))
    ]


def test_the_page_sends_nothing_but_the_parts_of_the_day(mother: Visitor) -> None:
    names = set(mother.page.xpath("//form[@action='/call']//*/@name"))
    assert names == {"csrf", "part"}
    assert mother.page.xpath("//textarea | //input[@type='text' or @type='tel']") == []


def test_asking_twice_is_one_request(mother: Visitor, db: Database) -> None:
    ask(mother, "morning")
    ask(mother.get("/call"), "morning")
    assert "al gevraagd" in mother.text
    assert len(callbacks.waiting(db)) == 1


def test_without_a_safe_moment_nobody_is_called_and_the_page_says_so(
    mother: Visitor, unchanged: Unchanged
) -> None:
    with unchanged():
        ask(mother)
        assert mother.response.status_code == 422
        assert mother.title == "Probleem: Laat mij bellen – Meetmoment"
        ask(mother, "night")
    assert mother.page.xpath("//*[@autofocus]//a/@href") == ["#part.morning"]


def test_looking_at_the_page_asks_for_nothing(mother: Visitor, unchanged: Unchanged) -> None:
    with unchanged():
        for path in ("/call", "/call", "/call/asked", "/help"):
            mother.get(path)


@pytest.mark.parametrize("who", ["daan", "fatma"])
def test_children_and_professionals_are_not_called(
    visitor: Visitor, cast: Cast, db: Database, who: str
) -> None:
    """A telephone at home may be answered by anybody; a child's help page has lines of its own."""
    visitor.open(getattr(cast, who)).get("/help")
    assert visitor.page.xpath("//a[@href='/call']") == []
    assert visitor.get("/call").path == "/help"
    csrf = visitor.get("/mine").fields.get("csrf", "")
    visitor.post("/call", {"csrf": csrf, "part": "morning"})
    assert callbacks.waiting(db) == ()


def test_a_guest_and_a_form_from_elsewhere_ask_for_nothing(
    visitor: Visitor, mother: Visitor, new_visitor: Callable[[], Visitor], unchanged: Unchanged
) -> None:
    with unchanged():
        assert new_visitor().post("/call", {"part": "morning"}).response.status_code == 403
        assert mother.post("/call", {"part": "morning", "csrf": "x"}).response.status_code == 403
