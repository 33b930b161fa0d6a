"""Answering together: noted as assisted or interpreted, and nothing of it is left with who helped."""

from __future__ import annotations

import datetime as dt

import pytest

from survey import responses
from survey.db import Database
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor
from tests.survey.web.desk.conftest import Desk


def together(pin: Desk, cast: Cast, help_: str = "helper") -> str:
    """The path of the link that the linking pin gets."""
    there = f"/desk/families/{cast.family_id}"
    pin.get(there)
    pin.post(f"{there}/together", respondent=cast.mother, help=help_)
    assert pin.status == 200, pin.text
    return str(pin.page.xpath("//a[starts-with(@href, '/l/')]/@href")[0])


def opened(db: Database, visitor: Visitor) -> responses.Response:
    return responses.get(db, int(visitor.path.split("/")[2]))


@pytest.mark.parametrize("help_", ["helper", "interpreter"])
def test_what_is_answered_with_help_is_noted_so(
    pin: Desk, cast: Cast, db: Database, visitor: Visitor, help_: str
) -> None:
    visitor.post(together(pin, cast, help_))
    visitor.start("who5")
    response = opened(db, visitor)
    assert (response.mode, response.assistance) == ("assisted", help_)
    assert response.respondent_id == cast.mother


def test_what_was_begun_alone_and_goes_on_with_help_is_assisted_from_then_on(
    pin: Desk, cast: Cast, db: Database, visitor: Visitor
) -> None:
    visitor.open(cast.mother).start("who5")
    assert opened(db, visitor).mode == "web"
    visitor.post(together(pin, cast)).start("who5")
    assert opened(db, visitor).mode == "assisted"
    visitor.open(cast.mother).start("who5")
    assert (opened(db, visitor).mode, opened(db, visitor).assistance) == ("assisted", "helper")


def test_who_gives_their_own_phone_away_is_signed_out_of_the_desk(
    pin: Desk, cast: Cast, db: Database, clock: Clock
) -> None:
    path = together(pin, cast)
    cookie = pin.client.get_cookie("desk")
    assert cookie is not None
    phone = Visitor(pin.client, db, clock)
    phone.post(path).start("who5")
    assert phone.path.startswith("/q/")
    assert pin.get("/desk/month").path == "/desk/sign-in"
    # Nor does what the browser had before open it again.
    pin.client.set_cookie("desk", cookie.value)
    assert pin.get("/desk/month").path == "/desk/sign-in"


def test_who_helped_and_comes_back_sees_nothing_of_what_was_answered(
    pin: Desk, cast: Cast, db: Database, clock: Clock
) -> None:
    phone = Visitor(pin.client, db, clock)
    phone.post(together(pin, cast)).start("who5")
    question = phone.path
    phone.press(**{"1": 2})
    clock.wait(seconds=60)
    pin.sign_in()
    for page in (question, "/mine"):
        phone.get(page)
        assert not phone.page.xpath("//input[@checked]")
        assert "who5" not in phone.response.get_data(as_text=True)
    assert pin.get("/desk/month").status == 200


def test_an_ordinary_link_on_the_desks_own_phone_leaves_the_desk_open(
    pin: Desk, cast: Cast, db: Database, clock: Clock
) -> None:
    Visitor(pin.client, db, clock).open(cast.fatma)
    assert pin.get("/desk/month").path == "/desk/month"


def test_such_a_link_is_good_for_two_hours(pin: Desk, cast: Cast, clock: Clock, visitor: Visitor) -> None:
    path = together(pin, cast)
    clock.now += dt.timedelta(hours=2, seconds=1)
    assert visitor.post(path).path == path


@pytest.mark.parametrize("help_", ["", "none", "spy"])
def test_no_other_kind_of_help_is_taken(pin: Desk, cast: Cast, help_: str) -> None:
    there = f"/desk/families/{cast.family_id}"
    pin.get(there)
    assert pin.post(f"{there}/together", respondent=cast.mother, help=help_).status == 400


def test_a_forged_number_gives_no_link(pin: Desk, cast: Cast) -> None:
    there = f"/desk/families/{cast.family_id}"
    pin.get(there)
    assert pin.post(f"{there}/together", respondent=cast.fatma, help="helper").status == 404
