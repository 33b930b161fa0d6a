"""Consent, placements, professionals, pauses and the trail, at the desk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from survey import audit, families, links, professionals
from survey.db import Database
from survey.fieldwork import consent, pausing, placements
from survey.policy import Role
from survey.web import Services
from tests.people import T0, Cast, at, plan
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk

Hire = Callable[..., Desk]


@pytest.fixture
def house(house: Services) -> Services:
    """A study that keeps a ledger, and gives a week to think."""
    house.protocol = plan().model_copy(update={"consent_required": True, "reflection_days": 7})
    return house


def note(desk: Desk, cast: Cast, who: int, said: str, /, **fields: object) -> Desk:
    address = f"/desk/families/{cast.family_id}/consent/{who}"
    given = {
        "purpose": "research",
        "giver": "self",
        "decision": said,
        "on": T0.isoformat(),
        "information": "2",
        "medium": "paper",
        "override_reason": "",
    }
    return desk.get(address).post(address, given | fields)


def test_no_consent_no_link(pin: Desk, cast: Cast, db: Database) -> None:
    here = f"/desk/families/{cast.family_id}"
    assert "toestemming ontbreekt" in pin.get(here).text
    pin.post(f"{here}/link", respondent=cast.mother)
    assert pin.status == 409
    assert "de persoon zelf" in pin.text
    note(pin, cast, cast.mother, "given", override_reason="kende de uitleg al")
    assert pin.get(here).post(f"{here}/link", respondent=cast.mother).status == 200
    assert pin.get(here).post(f"{here}/link", respondent="family").status == 409
    note(pin, cast, cast.father, "given", override_reason="idem")
    assert pin.get(here).post(f"{here}/link", respondent="family").status == 200


def test_a_yes_within_the_days_to_think_needs_a_reason(pin: Desk, cast: Cast) -> None:
    assert note(pin, cast, cast.mother, "given").status == 400
    assert "7 dagen bedenktijd" in pin.text
    week_ago = (T0 - dt.timedelta(7)).isoformat()
    assert note(pin, cast, cast.mother, "informed", on=week_ago).status == 200
    assert note(pin, cast, cast.mother, "given").status == 200
    assert "doet mee" in pin.text


@pytest.mark.parametrize(
    "fields",
    [
        {"on": "2027-01-01"},
        {"giver": "guardian_a"},
        {"decision": "<script>"},
        {"purpose": "money"},
        {"information": "x" * 41},
        {"medium": ""},
    ],
)
def test_what_cannot_be_consent_is_not_noted(
    pin: Desk, cast: Cast, db: Database, fields: dict[str, object]
) -> None:
    assert note(pin, cast, cast.mother, "refused", **fields).status == 400
    found = consent.of_families(db, T0, [cast.family_id])[cast.family_id]
    assert found[cast.mother].lines == ()


def test_who_takes_consent_back_gets_no_more_questions_and_stays_in_the_programme(
    pin: Desk, cast: Cast, db: Database, clock: Clock
) -> None:
    note(pin, cast, cast.mother, "given", purpose="programme", override_reason="x")
    note(pin, cast, cast.mother, "given", override_reason="x")
    pin.get(f"/desk/families/{cast.family_id}")
    pin.post(f"/desk/families/{cast.family_id}/link", respondent=cast.mother)
    token = str(pin.page.xpath("//input[@id='address']/@value")[0]).rpartition("/")[2]
    note(pin, cast, cast.mother, "withdrawn")
    with pytest.raises(links.LinkRevoked):
        links.find(db, token, clock())
    assert "doet niet mee" in pin.text
    lines = consent.of_families(db, T0, [cast.family_id])[cast.family_id][cast.mother].lines
    assert [(line.purpose, line.decision) for line in lines] == [
        ("programme", "given"),
        ("research", "given"),
        ("research", "withdrawn"),
    ]


def line(giver: str, decision: str = "given") -> consent.Line:
    return consent.Line("research", giver, decision, T0, "1")


@pytest.mark.parametrize(
    ("years", "given", "missing"),
    [
        (8, [], {"guardian_a", "guardian_b"}),
        (8, ["guardian_a"], {"guardian_b"}),
        (8, ["guardian_a", "guardian_b"], set()),
        (8, ["sole_guardian"], set()),
        (11, ["guardian_a", "guardian_b"], set()),
        (12, ["guardian_a", "guardian_b"], {"young_person"}),
        (12, ["sole_guardian", "young_person"], set()),
        (15, ["young_person"], {"guardian_a", "guardian_b"}),
        (16, ["guardian_a", "guardian_b", "young_person"], {"self"}),
        (16, ["self"], set()),
    ],
)
def test_who_has_to_say_yes_depends_on_the_age_of_that_day(
    years: int, given: list[str], missing: set[str]
) -> None:
    born = T0.replace(year=T0.year - years)
    found = consent.standing(1, born, [line(giver) for giver in given], T0)
    assert set(found.missing) == missing


def test_a_day_before_the_birthday_the_old_rule_holds_and_the_birthday_is_announced() -> None:
    born = T0.replace(year=T0.year - 12)
    given = [line("guardian_a"), line("guardian_b")]
    before = consent.standing(1, born, given, T0 - dt.timedelta(1))
    assert (before.missing, before.changes_on) == ((), T0)
    assert consent.standing(1, born, given, T0 - dt.timedelta(90)).changes_on is None
    assert consent.standing(1, born, given, T0).missing == ("young_person",)


def test_a_child_that_does_not_want_to_does_not_take_part() -> None:
    born = T0.replace(year=T0.year - 9)
    given = [line("sole_guardian"), line("child", "refused")]
    assert consent.standing(1, born, given, T0).missing == ("child",)
    assert consent.standing(1, born, [*given, line("child")], T0).missing == ()


def test_placements_have_a_beginning_and_an_end(pin: Desk, cast: Cast, db: Database) -> None:
    here = f"/desk/families/{cast.family_id}/placements"
    pin.get(here)
    sent = {
        "child": cast.daan_child,
        "kind": "sport",
        "starts_on": "2026-08-01",
        "ends_on": "",
        "days": 2,
        "hours": 3,
        "location": "S-04",
        "once": "one",
    }
    pin.post(here, sent).post(here, sent)
    (placement,) = placements.of_children(db, [cast.daan_child])[cast.daan_child]
    assert (placement.kind, placement.days_a_week, placement.location) == ("sport", 2, "S-04")
    pin.get(here).post(f"{here}/end", child=cast.daan_child, placement=placement.id)
    assert "tot en met 1 sep 2026" in pin.text
    pin.post(f"{here}/end", child=cast.daan_child, placement=placement.id)
    assert pin.status == 409


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"days": 8}, 400),
        ({"hours": 0}, 400),
        ({"kind": "prison"}, 400),
        ({"starts_on": "2026-09-01", "ends_on": "2026-08-01"}, 400),
        ({"child": 99999}, 404),
        ({"child": "1; DROP TABLE child"}, 400),
    ],
)
def test_what_cannot_be_a_placement_is_not_noted(
    pin: Desk, cast: Cast, db: Database, fields: dict[str, object], status: int
) -> None:
    here = f"/desk/families/{cast.family_id}/placements"
    sent = {"child": cast.daan_child, "kind": "bso", "once": "x"} | fields
    assert pin.get(here).post(here, sent).status == status
    assert placements.of_children(db, [cast.daan_child])[cast.daan_child] == ()


def test_a_new_childcare_worker_is_a_new_code_and_the_former_one_stays(
    coordinator: Desk, cast: Cast, db: Database
) -> None:
    joost = next(one for one in professionals.listing(db) if one.id == cast.joost_professional)
    coordinator.get("/desk/professionals")
    assert joost.code in coordinator.text
    sent = {"child": cast.daan_child, "takes_over": joost.code.lower(), "once": "w"}
    coordinator.post("/desk/professionals", sent).post("/desk/professionals", sent)
    workers = [one for one in professionals.listing(db) if one.role == "childcare_worker"]
    assert len({one.code for one in workers}) == 2
    coordinator.post(f"/desk/professionals/{joost.id}/leave")
    assert "is vertrokken" in coordinator.text
    coordinator.post(f"/desk/professionals/{workers[1].id}/link")
    assert "/l/" in coordinator.html
    assert coordinator.get("/desk/professionals").post("/desk/professionals", child="77").status == 400


def test_a_municipality_is_paused_in_a_lockdown_and_goes_on(
    coordinator: Desk, pin: Desk, cast: Cast, db: Database, town: int, elsewhere: int
) -> None:
    other = families.add_family(
        db, cast.study_id, elsewhere, T0, parents=[families.Parent()], children=[], now=at(T0)
    )
    coordinator.get("/desk/pauses").post("/desk/pauses", where=town, reason="lockdown")
    assert {one.id: one.status for one in families.listing(db)} == {
        cast.family_id: "paused",
        other.family_id: "active",
    }
    assert "lockdown" in pin.get("/desk/month").text
    for where in (elsewhere, "study", "", "0"):
        coordinator.get("/desk/pauses")
        assert coordinator.post("/desk/pauses", where=where, reason="x").status == 400
    (pause,) = pausing.lasting(db)
    coordinator.get("/desk/pauses").post("/desk/pauses/end", pause=pause.id)
    assert families.listing(db)[0].status == "active"
    coordinator.post("/desk/pauses/end", pause=pause.id)
    assert coordinator.status == 409


def test_a_family_with_a_pause_of_its_own_stays_paused_when_the_lockdown_ends(
    db: Database, cast: Cast, town: int, clock: Clock
) -> None:
    now = clock()
    own = pausing.begin(db, cast.study_id, "x", family_id=cast.family_id, now=now, actor="t")
    town_pause = pausing.begin(db, cast.study_id, "y", municipality_id=town, now=now, actor="t")
    assert pausing.begin(db, cast.study_id, "y", municipality_id=town, now=now, actor="t") == town_pause
    pausing.end(db, plan(), town_pause, now=now, actor="t")
    assert families.listing(db)[0].status == "paused"
    pausing.end(db, plan(), own, now=now, actor="t")
    assert families.listing(db)[0].status == "active"


def test_the_month_of_what_was_done_is_looked_over_without_secrets(
    hire: Hire, pin: Desk, cast: Cast, db: Database
) -> None:
    manager = hire(Role.DATA_MANAGER, everywhere=True)
    manager.get("/desk/events")
    assert "account.signed_in" in manager.text
    assert "Het spoor is heel" in manager.text
    assert cast.family_code not in manager.html
    assert "oktober 2026" not in manager.text, "a month that has not come yet"
    manager.get("/desk/events?kind=account.signed_in")
    assert "/desk/events?month=2026-09" in manager.page.xpath("//ul[@class='filters']//a/@href")
    assert manager.get("/desk/events?month=2026-13").status == 200
    assert manager.get("/desk/events?month=2020-01&kind=<b>").status == 200
    assert manager.page.xpath("//main//b") == []


def test_reading_pages_as_every_kind_of_colleague_leaves_the_trail_whole(
    coordinator: Desk, pin: Desk, db: Database, cast: Cast
) -> None:
    for desk in (coordinator, pin):
        desk.get("/desk/month").get(f"/desk/families/{cast.family_id}")
    assert audit.verify(db).problems == ()
