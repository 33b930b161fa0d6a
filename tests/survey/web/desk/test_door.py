"""The door of the desk: invitation, two factors, sessions that end, and cookies worth nothing afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from survey.accounts import people, second_factor
from survey.accounts.tables import Account
from survey.db import Database
from survey.policy import Role
from tests.people import Cast
from tests.survey.accounts import staff
from tests.survey.accounts.staff import PASSWORD
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk

Hire = Callable[..., Desk]


@pytest.mark.parametrize("path", ["/desk/", "/desk/account", "/desk/people", "/desk/confirm", "/desk/code"])
def test_without_signing_in_there_is_only_the_door(app: Flask, cast: Cast, path: str) -> None:
    response = app.test_client().get(path)
    assert (response.status_code, response.headers["Location"]) == (303, "/desk/sign-in")


def test_a_new_colleague_goes_from_invitation_to_recovery_codes(
    app: Flask, db: Database, cast: Cast, clock: Clock
) -> None:
    account_id, email, token = staff.invite(db, cast.study_id, Role.POLICY_OFFICER, clock(), everywhere=True)
    desk = Desk(app.test_client(), clock, staff.Colleague(db, account_id, email, []))
    desk.get(f"/desk/invitation/{token}").get(f"/desk/invitation/{token}")
    assert "beleidsmedewerker" in desk.text
    desk.post(f"/desk/invitation/{token}", password="kort", again="kort")
    assert "minstens 14" in desk.text
    desk.post(f"/desk/invitation/{token}", password=PASSWORD, again=PASSWORD + "!")
    assert "niet gelijk" in desk.text
    desk.post(f"/desk/invitation/{token}", password=PASSWORD, again=PASSWORD)
    assert desk.path == "/desk/enrol"
    assert desk.page.xpath("//main//*[local-name() = 'svg']")
    assert desk.get("/desk/account").path == "/desk/enrol"
    desk.post("/desk/enrol", code=desk.who.code(clock()))
    assert len(desk.page.xpath("//ul[@class='codes']/li")) == 10
    assert desk.get("/desk/").path == "/desk/feedback"
    assert desk.get(f"/desk/invitation/{token}").status == 410


def test_a_wrong_password_and_an_unknown_name_look_the_same(hire: Hire) -> None:
    desk = hire(Role.ADMIN, everywhere=True, sign_in=False)
    pages = []
    for email in (desk.who.email, "nobody@example.org"):
        desk.post("/desk/sign-in", email=email, password="wrong wrong wrong")
        pages.append(desk.html.replace(email, ""))
        assert desk.status == 400
    assert pages[0] == pages[1]


def test_six_wrong_tries_are_told_how_long_to_wait(hire: Hire) -> None:
    desk = hire(Role.ADMIN, everywhere=True, sign_in=False)
    for _ in range(6):
        desk.post("/desk/sign-in", email=desk.who.email, password="wrong wrong wrong")
    assert "Wacht 1 minuten" in desk.text


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(admin: Desk, app: Flask) -> None:
    cookie = admin.client.get_cookie("desk")
    assert cookie is not None
    assert cookie.http_only
    thief = app.test_client()
    thief.set_cookie("desk", cookie.value)
    assert thief.get("/desk/account").status_code == 200
    admin.post("/desk/sign-out")
    assert thief.get("/desk/account").status_code == 303


def test_somebody_throws_a_thief_out_of_every_other_browser(admin: Desk, app: Flask) -> None:
    cookie = admin.client.get_cookie("desk")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("desk", cookie.value)
    admin.prove()
    assert thief.get("/desk/account").status_code == 303
    assert admin.get("/desk/account").status == 200


def test_after_half_an_hour_of_nothing_one_is_told_so_at_the_door(admin: Desk, clock: Clock) -> None:
    clock.wait(minutes=32)
    admin.get("/desk/account")
    assert admin.path == "/desk/sign-in"
    assert "een tijd niets gebeurde" in admin.text


def test_a_form_without_its_token_changes_nothing(admin: Desk, db: Database) -> None:
    assert admin.post("/desk/account/language", csrf="AAAA", language="en").status == 403
    assert admin.client.post("/desk/account/language", data={"language": "en"}).status_code == 403
    assert people.get(db, admin.who.id).language == "nl"


def test_a_form_from_another_site_is_refused_at_the_desk_too(admin: Desk) -> None:
    response = admin.client.post(
        "/desk/account/language", data={"csrf": admin.token}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status_code == 403
    assert "niet te vertrouwen" in response.get_data(as_text=True)


@pytest.mark.parametrize("number", ["2147483648", "9223372036854775808", "9" * 40])
def test_a_number_that_no_row_can_have_is_no_address(coordinator: Desk, number: str) -> None:
    assert coordinator.get(f"/desk/families/{number}").status == 404
    assert coordinator.get("/desk/account").post(f"/desk/families/{number}/link").status == 404


def test_a_name_with_a_nul_in_it_is_refused_before_any_database_sees_it(app: Flask, cast: Cast) -> None:
    form = {"email": "a\0@example.org", "password": PASSWORD}
    assert app.test_client().post("/desk/sign-in", data=form).status_code == 400


@pytest.mark.parametrize("year", ["vorig jaar", "\t", "²", "2O26"])
def test_a_year_that_is_no_year_is_told_beside_its_field(coordinator: Desk, year: str) -> None:
    coordinator.get("/desk/families/new")
    form = {"t0": "2026-09-01", "place": "1", "parents-0-edition": "nl", "children-0-month": "5"}
    assert coordinator.post("/desk/families/new", form | {"children-0-year": year}).status == 400


def test_the_desk_speaks_english_to_who_chose_that(admin: Desk) -> None:
    admin.get("/desk/account").post("/desk/account/language", language="en")
    assert admin.page.get("lang") == "en"
    assert "Password and phone" in admin.text
    assert admin.post("/desk/account/language", language="tlh").status == 400


def test_a_page_of_the_desk_is_kept_by_nobody_and_runs_only_our_script(admin: Desk) -> None:
    headers = admin.get("/desk/account").response.headers
    assert headers["Cache-Control"] == "no-store"
    assert headers.getlist("Content-Security-Policy")[0].count("script-src 'self'") == 1
    assert len(headers.getlist("Content-Security-Policy")) == 1
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_inviting_asks_for_a_fresh_proof_and_then_goes_on(admin: Desk, clock: Clock, cast: Cast) -> None:
    clock.wait(minutes=11)
    admin.get("/desk/people/invite")
    assert admin.path == "/desk/confirm"
    admin.post("/desk/confirm", password=PASSWORD, code=admin.who.code(clock()), after="/desk/people/invite")
    assert admin.path == "/desk/people/invite"


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example", "/q/1", ""])
def test_the_way_on_after_a_proof_stays_at_the_desk(admin: Desk, clock: Clock, after: str) -> None:
    clock.wait(minutes=1)
    admin.get("/desk/confirm")
    sent = {"csrf": admin.token, "password": PASSWORD, "code": admin.who.code(clock()), "after": after}
    response = admin.client.post("/desk/confirm", data=sent)
    assert response.headers["Location"] == "/desk/"


def test_a_lost_phone_is_replaced_with_a_recovery_code(hire: Hire, clock: Clock) -> None:
    desk = hire(Role.ADMIN, everywhere=True, sign_in=False)
    desk.post("/desk/sign-in", email=desk.who.email, password=PASSWORD)
    desk.get("/desk/code").post("/desk/code", code=desk.who.recovery_codes[3])
    assert desk.path == "/desk/enrol"
    desk.post("/desk/enrol", code=second_factor.current_code("JBSWY3DPEHPK3PXP" * 2, clock()))
    assert desk.status == 400
    desk.post("/desk/enrol", code=desk.who.code(clock()))
    assert len(desk.page.xpath("//ul[@class='codes']/li")) == 10


@pytest.mark.parametrize("page", ["/desk/code", "/desk/confirm"])
def test_whose_second_factor_cannot_be_read_any_more_is_told_the_way_out(
    hire: Hire, clock: Clock, page: str
) -> None:
    desk = hire(Role.ADMIN, everywhere=True, sign_in=page == "/desk/confirm")
    if page == "/desk/code":
        desk.post("/desk/sign-in", email=desk.who.email, password=PASSWORD)
    clock.wait(minutes=1)
    code = desk.who.code(clock())
    lost = second_factor.sealed(b"n" * 40, desk.who.id, desk.who.key)
    desk.who.database.write(
        lambda connection: connection.execute(
            update(Account).where(Account.id == desk.who.id).values(factor=lost)
        )
    )
    desk.get(page).post(page, password=PASSWORD, code=code)
    assert desk.status == 400
    assert "opnieuw te laten beginnen" in desk.text


def invite(desk: Desk, **fields: object) -> Desk:
    desk.get("/desk/people/invite")
    given = {"name": "Bo", "email": "bo@example.org", "role": "linking_pin", "takes_over": ""} | fields
    return desk.post("/desk/people/invite", given)


def test_a_coordinator_invites_a_linking_pin_of_their_own_town(
    coordinator: Desk, town: int, db: Database
) -> None:
    invite(coordinator, places=town)
    assert coordinator.status == 200
    assert "/desk/invitation/" in coordinator.html
    assert [one.role for one in people.listing(db) if one.name == "Bo"] == [Role.LINKING_PIN]


def test_a_coordinator_invites_nobody_elsewhere_or_above(
    coordinator: Desk, town: int, elsewhere: int, db: Database
) -> None:
    before = people.listing(db)
    assert invite(coordinator, places=elsewhere).status == 400
    assert invite(coordinator, places=town, everywhere="y").status == 400
    assert invite(coordinator, places=town, role="admin").status == 400
    assert invite(coordinator).status == 400
    assert people.listing(db) == before


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "'; DROP TABLE account; --", "{{ 7*7 }}"])
def test_html_and_sql_in_a_name_are_only_a_name(
    coordinator: Desk, town: int, db: Database, name: str
) -> None:
    invite(coordinator, places=town, name=name)
    coordinator.get("/desk/people")
    assert name in coordinator.text
    assert coordinator.page.xpath("//script") == []


def test_one_address_has_one_account_however_often_it_is_sent(
    coordinator: Desk, town: int, db: Database
) -> None:
    invite(coordinator, places=town)
    assert invite(coordinator, places=town, email="BO@example.org ").status == 400
    assert "heeft al een account" in coordinator.text


def test_a_coordinator_sees_and_resets_nobody_of_another_town(
    coordinator: Desk, hire: Hire, elsewhere: int
) -> None:
    other = hire(Role.LINKING_PIN, elsewhere, email="far@example.org", sign_in=False)
    coordinator.get("/desk/people")
    assert "far@example.org" not in coordinator.html
    assert f"/desk/people/{other.who.id}" not in coordinator.html
    assert coordinator.post(f"/desk/people/{other.who.id}/again").status == 404
    assert coordinator.get(f"/desk/people/{other.who.id}").status == 404
    assert coordinator.get("/desk/people/99999").status == 404


def test_an_administrator_changes_where_a_role_holds(
    admin: Desk, hire: Hire, elsewhere: int, db: Database
) -> None:
    other = hire(Role.COORDINATOR, sign_in=False)
    admin.get(f"/desk/people/{other.who.id}")
    admin.post(f"/desk/people/{other.who.id}/places", places=elsewhere)
    assert people.get(db, other.who.id).municipalities == frozenset({elsewhere})
    assert admin.post(f"/desk/people/{other.who.id}/places", places="12345").status == 400


def test_a_closed_account_is_out_at_once(admin: Desk, coordinator: Desk) -> None:
    admin.get("/desk/people").post(f"/desk/people/{coordinator.who.id}/close")
    assert coordinator.get("/desk/account").path == "/desk/sign-in"
    assert coordinator.who.email not in admin.get("/desk/people").html


def test_a_linking_pin_answers_their_own_questions_under_their_code(pin: Desk) -> None:
    pin.get("/desk/account")
    response = pin.client.post("/desk/own-questions", data={"csrf": pin.token})
    assert response.headers["Location"].startswith("/l/")
    assert pin.get("/desk/account").post("/desk/own-questions").path.startswith("/l/")
