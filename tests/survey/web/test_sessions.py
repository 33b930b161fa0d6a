"""Sessions fixed, stolen and expired: whoever holds an old, a guessed or a planted secret has nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from flask import Flask

from survey import links, visits
from survey.db import Database
from survey.policy import Role
from survey.web.desk.guard import REGISTRY
from tests.people import Cast
from tests.survey.accounts.staff import PASSWORD
from tests.survey.web.conftest import Clock, Visitor
from tests.survey.web.desk import conftest as desks
from tests.survey.web.desk.conftest import Desk

# What the tests of the desk have, for one file outside their folder.
cheap_hash, town, hire = desks.cheap_hash, desks.town, desks.hire
Hire = Callable[..., Desk]
PLANTED = "A" * 32


def cookie(client: object, name: str) -> str:
    found = client.get_cookie(name)  # type: ignore[attr-defined]
    assert found is not None
    return str(found.value)


# --- respondents


def test_a_session_that_somebody_else_chose_is_not_taken_over(visitor: Visitor, cast: Cast) -> None:
    visitor.client.set_cookie("visit", PLANTED)
    visitor.open(cast.mother)
    assert cookie(visitor.client, "visit") != PLANTED
    thief = Visitor(visitor.client.application.test_client(), visitor.database, visitor.clock)
    thief.client.set_cookie("visit", PLANTED)
    assert thief.get("/mine").response.status_code == 403


def test_opening_the_link_again_ends_what_a_thief_copied(
    visitor: Visitor, new_visitor: Callable[[], Visitor], cast: Cast
) -> None:
    visitor.open(cast.mother)
    thief = new_visitor()
    thief.client.set_cookie("visit", cookie(visitor.client, "visit"))
    assert thief.get("/mine").response.status_code == 200
    visitor.open(cast.mother)
    assert thief.get("/mine").response.status_code == 403


def test_a_stolen_visit_does_not_open_another_persons_pocket(
    visitor: Visitor, new_visitor: Callable[[], Visitor], cast: Cast
) -> None:
    visitor.open(cast.mother).start("who5")
    thief = new_visitor().open(cast.father)
    form = {"csrf": thief.fields["csrf"], "respondent": str(cast.mother)}
    assert thief.post("/family/open", form).response.status_code == 404
    assert thief.get("/q/1/1").response.status_code == 404


def test_a_visit_that_is_kept_busy_for_ever_ends_all_the_same(
    visitor: Visitor, cast: Cast, clock: Clock
) -> None:
    visitor.open(cast.mother)
    token = visitor.fields["csrf"]
    for _ in range(25):
        clock.wait(minutes=29)
        status = visitor.client.post("/stay", data={"csrf": token}).status_code
    assert status == 403


@pytest.mark.parametrize(
    "secret", ["", " ", "A", "A" * 5000, "é", "' OR 1=1 --", "visit=x", "\x7f", "\udcff"]
)
def test_an_invented_secret_is_no_session(app: Flask, cast: Cast, secret: str) -> None:
    client = app.test_client()
    headers = {
        "Cookie": f"visit={secret}; desk={secret}".encode("utf-8", "surrogateescape").decode("latin-1")
    }
    assert client.get("/mine", headers=headers).status_code == 403
    assert client.get("/desk/account", headers=headers).headers["Location"].startswith("/desk/sign-in")


def test_secrets_have_at_least_128_bits(visitor: Visitor, cast: Cast, db: Database, hire: Hire) -> None:
    visitor.open(cast.mother)
    desk = hire(Role.ADMIN, everywhere=True)
    token = links.make(db, respondent_id=cast.mother, now=visitor.clock())
    for secret in (cookie(visitor.client, "visit"), cookie(desk.client, "desk"), token):
        assert len(base64.urlsafe_b64decode(secret + "==")) * 8 >= 128


def test_a_secret_of_one_kind_opens_nothing_of_another(
    visitor: Visitor, cast: Cast, app: Flask, hire: Hire
) -> None:
    visitor.open(cast.mother)
    desk = hire(Role.ADMIN, everywhere=True)
    client = app.test_client()
    client.set_cookie("desk", cookie(visitor.client, "visit"))
    client.set_cookie("visit", cookie(desk.client, "desk"))
    assert client.get("/desk/account").status_code == 303
    assert client.get("/mine").status_code == 403
    with pytest.raises(links.LinkUnknown):
        visits.open(visitor.database, cookie(visitor.client, "visit"), visitor.clock())


# --- staff


def test_every_step_of_signing_in_gives_another_secret_and_ends_the_former(hire: Hire, app: Flask) -> None:
    desk = hire(Role.ADMIN, everywhere=True, sign_in=False)
    desk.client.set_cookie("desk", PLANTED)
    desk.client.post("/desk/sign-in", data={"email": desk.who.email, "password": PASSWORD})
    half = cookie(desk.client, "desk")
    desk.get("/desk/code")
    desk.post("/desk/code", code=desk.who.code(desk.clock()))
    whole = cookie(desk.client, "desk")
    assert len({PLANTED, half, whole}) == 3
    for secret in (PLANTED, half):
        thief = app.test_client()
        thief.set_cookie("desk", secret)
        assert thief.get("/desk/account").status_code == 303


def test_a_form_of_one_session_is_not_taken_in_another(hire: Hire) -> None:
    one = hire(Role.ADMIN, everywhere=True)
    other = hire(Role.COORDINATOR, email="other@example.org")
    one.get("/desk/account")
    other.get("/desk/account")
    assert one.post("/desk/account/language", csrf=other.token, language="en").status == 403


def test_signing_out_is_on_every_page_of_the_desk(hire: Hire, cast: Cast) -> None:
    desk = hire(Role.COORDINATOR)
    seen = 0
    for name, rule in REGISTRY.items():
        path = desk.client.application.url_map._rules_by_endpoint[name][0].rule
        if rule.action is None or "<" in path:
            continue
        response = desk.client.get(path)
        if response.status_code == 200 and response.mimetype == "text/html":
            assert 'action="/desk/sign-out"' in response.get_data(as_text=True), path
            seen += 1
    assert seen >= 8
