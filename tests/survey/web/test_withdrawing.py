"""Stopping by oneself: a parent's own page, which closes the links and wipes nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from survey import answers, links
from survey.db import Database
from survey.fieldwork import consent
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor

Unchanged = Callable[[], AbstractContextManager[None]]


def stop(visitor: Visitor) -> Visitor:
    """From the pocket, by the link below it and the button."""
    (address,) = visitor.get("/mine").page.xpath("//a[@class='quiet']/@href")
    return visitor.post("/withdraw", {"csrf": visitor.get(address).fields["csrf"]})


def test_a_parent_stops_without_saying_why_and_what_was_given_stays(
    visitor: Visitor, new_visitor: Callable[[], Visitor], cast: Cast, clock: Clock, db: Database
) -> None:
    token = links.make(db, respondent_id=cast.mother, now=clock())
    visitor.post(f"/l/{token}").start("who5").press("later", **{"1": 5})
    stop(visitor)
    assert (visitor.path, visitor.heading) == ("/withdrawn", "Het is genoteerd")
    assert visitor.client.get_cookie("visit") is None
    assert visitor.get("/mine").response.status_code == 403
    assert new_visitor().post(f"/l/{token}").response.status_code == 410
    found = consent.of_families(db, clock().date(), [cast.family_id])[cast.family_id]
    assert found[cast.mother].state == "withdrawn"
    assert found[cast.father].state == "missing"
    (line,) = found[cast.mother].lines
    assert (line.giver, line.purpose, line.medium, line.language) == ("self", "research", "screen", "nl")
    assert answers.history(db, 1)[-1].given == {"1": 5}


def test_looking_at_the_page_stops_nothing(visitor: Visitor, cast: Cast, unchanged: Unchanged) -> None:
    visitor.open(cast.mother)
    with unchanged():
        assert visitor.get("/withdraw").heading == "Wilt u stoppen met meedoen?"
        assert visitor.client.post("/withdraw", data={"csrf": "another"}).status_code == 403
        assert visitor.get("/withdrawn").response.status_code == 200


def test_the_page_afterwards_speaks_the_language_that_was_read(visitor: Visitor, cast: Cast) -> None:
    visitor.open(cast.father)
    assert stop(visitor).page.get("lang") == "en"


@pytest.mark.parametrize("who", ["daan", "fatma"])
def test_it_is_not_for_children_and_professionals(
    visitor: Visitor, cast: Cast, clock: Clock, db: Database, who: str, unchanged: Unchanged
) -> None:
    clock.now = people.at(people.T1)
    visitor.open(getattr(cast, who))
    if who == "daan":
        visitor.join()
    assert visitor.get("/mine").page.xpath("//a[@href='/withdraw']") == []
    with unchanged():
        assert visitor.get("/withdraw").path == "/mine"
        assert visitor.post("/withdraw", {"csrf": visitor.fields["csrf"]}).path == "/mine"


def test_on_the_page_of_the_family_who_stopped_is_asked_nothing_and_the_others_go_on(
    visitor: Visitor, new_visitor: Callable[[], Visitor], cast: Cast
) -> None:
    visitor.open(family_id=cast.family_id)
    visitor.post("/family/open", {**visitor.fields, "respondent": str(cast.mother)})
    stop(visitor)
    page = new_visitor().open(family_id=cast.family_id)
    offered = page.page.xpath("//button[@name='respondent']/@value")
    assert offered == [str(cast.father)]
    assert "Doet niet mee" in page.text
    data = {"csrf": page.fields["csrf"], "respondent": str(cast.mother)}
    assert page.client.post("/family/open", data=data).status_code == 404
