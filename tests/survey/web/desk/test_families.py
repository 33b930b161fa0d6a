"""Families at the desk: added on one page, handed their links, handed over, paused, stopped; no answers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from survey import families, links
from survey.accounts import people as staff_people
from survey.db import Database
from survey.fieldwork import handover, leaving, month, pausing
from survey.models import Family, Link
from survey.policy import Role
from tests.people import T0, Cast, at, plan
from tests.survey.sittings import open_response, save
from tests.survey.web.conftest import Clock, Visitor
from tests.survey.web.desk.conftest import Desk

Hire = Callable[..., Desk]


def fill_in(desk: Desk, **fields: object) -> Desk:
    """A family of five, as it is filled in on a phone."""
    desk.get("/desk/families/new")
    given: dict[str, object] = {
        "place": desk.page.xpath("//select[@name='place']/option/@value")[0],
        "t0": T0.isoformat(),
        "once": desk.field("once"),
        "parents-0-edition": "nl",
        "parents-1-edition": "en-easy",
    }
    for row, (month_, year, sex, reporter) in enumerate(
        [(5, 2017, "boy", 0), (2, 2022, "", 1), (8, 2025, "girl", 0)]
    ):
        given |= {
            f"children-{row}-month": month_,
            f"children-{row}-year": year,
            f"children-{row}-sex": sex,
            f"children-{row}-reporter": reporter,
        }
    return desk.post("/desk/families/new", given | fields)


def count(db: Database) -> int:
    with db.read() as connection:
        return connection.scalar(select(func.count(Family.id))) or 0


def test_a_form_that_was_left_empty_makes_no_family_without_a_child(pin: Desk, db: Database) -> None:
    before = count(db)
    nobody = {f"children-{row}-{part}": "" for row in range(3) for part in ("month", "year")}
    assert fill_in(pin, **nobody).status == 400
    assert "Voeg minstens één kind toe" in pin.text
    assert count(db) == before


def test_this_month_shows_how_far_everybody_is(pin: Desk, cast: Cast) -> None:
    pin.get("/desk/")
    assert pin.path == "/desk/month"
    assert cast.family_code in pin.text
    assert "Ouder 1" in pin.text
    assert "te doen, 0 van 7" in pin.text or "te doen, 0 van" in pin.text


def test_no_page_of_the_desk_holds_an_answer(pin: Desk, coordinator: Desk, db: Database, cast: Cast) -> None:
    response_id = open_response(db, cast.mother, "background_family")
    number = open_response(db, cast.mother, "who5")
    save(db, number, {"1": 4, "2": 3}, source="entry")
    del response_id
    before = pin.get("/desk/month").html
    save(db, number, {"1": 0, "2": 5}, "s2", source="entry")
    for desk in (pin, coordinator):
        for path in ("/desk/month", f"/desk/families/{cast.family_id}"):
            html = re.sub(r'value="[^"]{20,}"', "", desk.get(path).html)
            assert "who5" not in html
            assert "answer" not in html
    assert re.sub(r'value="[^"]{20,}"', "", before) == re.sub(
        r'value="[^"]{20,}"', "", pin.get("/desk/month").html
    )


def test_a_family_of_five_is_added_on_one_page(pin: Desk, db: Database, cast: Cast) -> None:
    fill_in(pin)
    assert re.fullmatch(r"/desk/families/\d+", pin.path)
    made = families.listing(db)[-1]
    assert made.code in pin.text
    assert [str(one.edition) for one in made.members if one.role == "parent"] == ["nl", "en-easy"]
    assert len(made.members) == 5
    state = month.family(db, plan(), T0, made.id)
    assert [number for number, _code in state.pins] == [cast.fatma_professional]


def test_a_form_that_is_sent_twice_makes_one_family(pin: Desk, db: Database) -> None:
    pin.get("/desk/families/new")
    once = pin.field("once")
    fill_in(pin, once=once)
    first = pin.path
    fill_in(pin, once=once)
    assert pin.path == first
    assert count(db) == 2


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"parents-0-edition": "", "parents-1-edition": ""}, "minstens één ouder"),
        ({"children-0-month": ""}, "maand en jaar"),
        ({"children-0-month": 12, "children-0-year": 2026}, "toekomst"),
        ({"t0": "2019-01-01"}, "Neem een dag"),
        ({"t0": "gisteren"}, ""),
        ({"place": "99"}, ""),
        ({"place": "1 OR 1=1"}, ""),
        ({"parents-0-edition": "<b>nl</b>"}, ""),
        ({"children-0-sex": "'; DROP TABLE child; --"}, ""),
        ({"children-0-year": "1066"}, ""),
    ],
)
def test_what_cannot_be_a_family_is_not_stored(
    pin: Desk, db: Database, fields: dict[str, object], complaint: str
) -> None:
    fill_in(pin, **fields)
    assert pin.status == 400
    assert complaint in pin.text
    assert count(db) == 1


def test_nobody_adds_a_family_in_another_municipality(
    coordinator: Desk, db: Database, elsewhere: int
) -> None:
    fill_in(coordinator, place=elsewhere)
    assert coordinator.status == 400
    assert count(db) == 1


def show_link(desk: Desk, cast: Cast, who: object, **fields: object) -> str:
    desk.get(f"/desk/families/{cast.family_id}")
    desk.post(f"/desk/families/{cast.family_id}/link", respondent=who, **fields)
    return str(desk.page.xpath("//input[@id='address']/@value")[0])


def test_a_link_is_shown_as_a_picture_and_opens_the_questions(
    pin: Desk, cast: Cast, new_visitor: Callable[[], Visitor]
) -> None:
    address = show_link(pin, cast, cast.mother)
    assert pin.page.xpath("//div[contains(@class, 'qr')]//*[local-name() = 'path']")
    phone = new_visitor().post(address.removeprefix("http://localhost"))
    assert phone.path == "/mine"


def test_a_lost_link_is_replaced_in_one_go_and_the_old_one_is_dead_at_once(
    pin: Desk, cast: Cast, db: Database, clock: Clock
) -> None:
    old = show_link(pin, cast, cast.mother).rpartition("/")[2]
    beside = show_link(pin, cast, cast.mother).rpartition("/")[2]
    assert links.find(db, old, clock())
    new = show_link(pin, cast, cast.mother, replace="1").rpartition("/")[2]
    assert links.find(db, new, clock()).respondent_id == cast.mother
    for gone in (old, beside):
        with pytest.raises(links.LinkRevoked):
            links.find(db, gone, clock())


def test_the_family_gets_a_link_of_its_own(pin: Desk, cast: Cast, db: Database, clock: Clock) -> None:
    token = show_link(pin, cast, "family").rpartition("/")[2]
    assert links.find(db, token, clock()).family_id == cast.family_id


def other_family(db: Database, cast: Cast, place: int) -> families.NewFamily:
    return families.add_family(
        db, cast.study_id, place, T0, parents=[families.Parent()], children=[], now=at(T0)
    )


def test_forged_numbers_of_another_family_give_no_link(
    pin: Desk, cast: Cast, db: Database, elsewhere: int
) -> None:
    other = other_family(db, cast, elsewhere)
    pin.get(f"/desk/families/{cast.family_id}")
    for family_id, who in (
        (cast.family_id, other.parents[0]),
        (other.family_id, other.parents[0]),
        (cast.family_id, 987654),
    ):
        assert (
            pin.client.post(
                f"/desk/families/{family_id}/link", data={"csrf": pin.token, "respondent": who}
            ).status_code
            == 404
        )
    with db.read() as connection:
        assert connection.scalar(select(func.count(Link.id))) == 0


def test_a_family_of_another_municipality_looks_like_none_at_all(
    coordinator: Desk, cast: Cast, db: Database, elsewhere: int
) -> None:
    other = other_family(db, cast, elsewhere)
    there = coordinator.get(f"/desk/families/{other.family_id}")
    assert there.status == 404
    assert there.html == coordinator.get("/desk/families/424242").html
    assert other.code not in coordinator.get("/desk/month").html


def test_a_linking_pin_sees_own_families_only(pin: Desk, cast: Cast, db: Database, town: int) -> None:
    other = other_family(db, cast, town)
    assert pin.get(f"/desk/families/{other.family_id}").status == 404
    assert other.code not in pin.get("/desk/month").html


def test_a_family_without_a_linking_pin_raises_an_alert(
    coordinator: Desk, pin: Desk, cast: Cast, db: Database, clock: Clock
) -> None:
    assert "zonder" not in coordinator.get("/desk/month").text.lower()
    staff_people.close(db, pin.who.id, now=clock(), actor="test")
    assert "geen linking pin" in coordinator.get("/desk/month").text
    assert cast.family_code in coordinator.get("/desk/month?show=alone").text


def test_thirty_families_are_handed_over_in_one_action_with_a_message(
    coordinator: Desk, hire: Hire, cast: Cast, db: Database, town: int, clock: Clock
) -> None:
    made = [other_family(db, cast, town).family_id for _ in range(29)]
    made.append(cast.family_id)
    new = hire(Role.LINKING_PIN, email="new@example.org")
    coordinator.get("/desk/hand-over")
    receiver = new.who.account.professional_id
    coordinator.post("/desk/hand-over", {"family": made, "to": receiver, "message": "<i>Tot ziens</i>; --'"})
    assert "Overgedragen: 30." in coordinator.text
    assert len(new.get("/desk/month").page.xpath("//article")) == 30
    (once,) = handover.history(db, cast.family_id)
    assert (once.message, once.at) == ("<i>Tot ziens</i>; --'", clock())
    assert "<i>Tot ziens</i>" in coordinator.get(f"/desk/families/{cast.family_id}").text
    coordinator.get("/desk/hand-over").post("/desk/hand-over", {"family": made, "to": receiver})
    assert "Overgedragen: 0." in coordinator.text


def test_whoever_handed_a_family_over_sees_it_no_longer(pin: Desk, hire: Hire, cast: Cast) -> None:
    new = hire(Role.LINKING_PIN, email="new@example.org")
    pin.get("/desk/hand-over")
    pin.post("/desk/hand-over", {"family": cast.family_id, "to": new.who.account.professional_id})
    assert pin.get(f"/desk/families/{cast.family_id}").status == 404
    assert new.get(f"/desk/families/{cast.family_id}").status == 200


def test_families_go_to_nobody_elsewhere_and_to_nobody_who_left(
    coordinator: Desk, hire: Hire, cast: Cast, db: Database, elsewhere: int, clock: Clock
) -> None:
    far = hire(Role.LINKING_PIN, elsewhere, email="far@example.org", sign_in=False)
    left = hire(Role.LINKING_PIN, email="left@example.org", sign_in=False)
    professional = left.who.account.professional_id
    staff_people.close(db, left.who.id, now=clock(), actor="test")
    coordinator.get("/desk/hand-over")
    for to in (far.who.account.professional_id, professional, cast.joost_professional, 4711):
        data = {"csrf": coordinator.token, "family": cast.family_id, "to": to}
        assert coordinator.client.post("/desk/hand-over", data=data).status_code == 404
    assert handover.history(db, cast.family_id) == ()
    assert coordinator.get("/desk/hand-over").post("/desk/hand-over").status == 400


def test_a_paused_family_is_asked_nothing_until_it_goes_on(
    pin: Desk, cast: Cast, db: Database, visitor: Visitor
) -> None:
    here = f"/desk/families/{cast.family_id}"
    pin.get(here).post(f"{here}/pause", reason="   ")
    assert "heeft een reden nodig" in pin.text
    pin.post(f"{here}/pause", reason="vakantie")
    assert "vakantie" in pin.text
    assert visitor.open(cast.mother).tasks == []
    pin.post(f"{here}/pause", reason="nog een keer")
    pin.post(f"{here}/resume")
    assert visitor.open(cast.mother).tasks != []
    assert pausing.lasting(db) == ()


def test_a_family_stops_with_a_reason_or_without_and_its_links_die(
    pin: Desk, cast: Cast, db: Database, clock: Clock
) -> None:
    token = show_link(pin, cast, cast.mother).rpartition("/")[2]
    here = f"/desk/families/{cast.family_id}/stop"
    assert pin.get(here).post(here, reason="because").status == 400
    pin.get(here).post(here)
    departure = leaving.of_family(db, cast.family_id)
    assert departure is not None
    assert (departure.reason, departure.wish) == ("unknown", "keep")
    with pytest.raises(links.LinkRevoked):
        links.find(db, token, clock())
    pin.post(f"/desk/families/{cast.family_id}/link", respondent=cast.mother)
    assert pin.status == 409


def test_a_family_that_stopped_by_mistake_takes_part_again_and_gets_a_new_link(pin: Desk, cast: Cast) -> None:
    here = f"/desk/families/{cast.family_id}"
    assert "toch mee" not in pin.get(here).text
    assert pin.post(f"{here}/come-back").status == 409, "it had not stopped"
    pin.get(f"{here}/stop").post(f"{here}/stop")
    assert "Ze doen toch mee" in pin.text
    pin.post(f"{here}/come-back")
    assert "toch mee" not in pin.text
    assert "Gestopt op" not in pin.text
    assert show_link(pin, cast, cast.mother)


def test_members_are_changed_within_their_own_family_only(
    pin: Desk, cast: Cast, db: Database, town: int
) -> None:
    here = f"/desk/families/{cast.family_id}"
    other = other_family(db, cast, town)
    pin.get(here).post(f"{here}/members", respondent=cast.father, edition="nl-easy")
    pin.post(f"{here}/members", child=cast.noor_child, reporter=cast.father)
    assert pin.status == 200
    for fields in (
        {"respondent": other.parents[0], "edition": "nl"},
        {"child": cast.noor_child, "reporter": other.parents[0]},
        {"respondent": cast.father, "edition": "../../etc"},
        {"child": "x", "reporter": "y"},
    ):
        assert pin.get(here).post(f"{here}/members", fields).status in (400, 404)
    members = {one.respondent_id: str(one.edition) for one in families.by_code(db, cast.family_code).members}
    assert members[cast.father] == "nl-easy"


def test_a_child_and_a_parent_who_come_later_are_added_once(pin: Desk, cast: Cast, db: Database) -> None:
    here = f"/desk/families/{cast.family_id}"
    pin.get(here)
    child = {"month": 6, "year": 2026, "sex": "", "reporter": "0", "once": pin.field("once")}
    pin.post(f"{here}/child", child).post(f"{here}/child", child)
    pin.post(f"{here}/parent", edition="nl", once="p").post(f"{here}/parent", edition="nl", once="p")
    assert len(families.by_code(db, cast.family_code).members) == 7
    pin.post(f"{here}/child", {**child, "month": "", "once": "z"})
    assert "maand en jaar" in pin.text
