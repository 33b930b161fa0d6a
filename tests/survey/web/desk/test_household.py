"""Households at the desk: once however often it is sent, within one's own families, told what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from survey import families
from survey.db import Database
from survey.policy import Role
from tests.people import T0, Cast, at
from tests.survey.web.desk.conftest import Desk


@pytest.fixture
def page(cast: Cast) -> str:
    return f"/desk/families/{cast.family_id}/household"


def test_a_second_household_is_made_once_and_shown_with_its_code(
    pin: Desk, page: str, db: Database, cast: Cast
) -> None:
    pin.get(page)
    sent = {"who": [cast.father, cast.daan], "what": "parted", "caregiver": "", "once": pin.field("once")}
    pin.post(page, sent)
    assert "Het gezin staat erin" in pin.text or "code" in pin.text
    second = families.listing(db)[1]
    assert second.code in pin.text
    pin.get(page)
    pin.post(page, sent)
    assert len(families.listing(db)) == 2


def test_what_cannot_be_is_said_and_nothing_happens(pin: Desk, page: str, db: Database, cast: Cast) -> None:
    for sent, said in (
        ({"who": []}, "Kies wie er weggaat"),
        ({"who": [cast.daan]}, "ouder of verzorger nodig"),
        ({"who": [cast.daan], "what": "out_of_home"}, "nieuwe verzorger"),
        ({"who": [cast.fatma]}, ""),
        ({"who": ["1 OR 1=1"]}, ""),
        ({"who": [cast.father], "what": "vanished"}, ""),
        ({"who": [cast.father], "caregiver": "xx"}, ""),
    ):
        pin.get(page)
        pin.post(page, {"what": "parted", "caregiver": "", "once": pin.field("once")} | sent)
        assert pin.status == 400
        assert said in pin.text
    assert len(families.listing(db)) == 1


def test_a_family_joins_only_one_that_is_theirs(
    pin: Desk, page: str, db: Database, cast: Cast, town: int, elsewhere: int, hire: Callable[..., Desk]
) -> None:
    far = families.add_family(
        db, cast.study_id, elsewhere, T0, parents=[families.Parent()], children=[], now=at(T0)
    )
    for code in (far.code, "AAA-AAA", "nonsense", cast.family_code):
        pin.get(page)
        assert pin.post(f"{page}/join", into=code).status == 400
    near = families.add_family(
        db, cast.study_id, town, T0, parents=[families.Parent()], children=[], now=at(T0)
    )
    coordinator = hire(Role.COORDINATOR)
    coordinator.get(f"/desk/families/{near.family_id}/household")
    coordinator.post(f"/desk/families/{near.family_id}/household/join", into=cast.family_code.lower())
    assert coordinator.path == f"/desk/families/{cast.family_id}"
    assert len(next(one for one in families.listing(db) if one.id == cast.family_id).members) == 6


def test_a_family_that_moves_away_is_not_theirs_any_more(
    pin: Desk, page: str, db: Database, cast: Cast, elsewhere: int, hire: Callable[..., Desk]
) -> None:
    pin.get(page)
    assert pin.post(f"{page}/move", place="77").status == 400
    pin.get(page)
    pin.post(f"{page}/move", place=elsewhere)
    assert "coördinator daar" in pin.text
    assert pin.get(f"/desk/families/{cast.family_id}").status == 404
    there = hire(Role.COORDINATOR, elsewhere, email="there@example.org")
    assert "geen linking pin" in there.get("/desk/month").text


def test_one_person_stops_from_the_page_about_consent(
    pin: Desk, cast: Cast, db: Database, hire: Callable[..., Desk]
) -> None:
    pin.get(f"/desk/families/{cast.family_id}/consent")
    assert "Deze persoon stopt" in pin.text
    there = f"/desk/families/{cast.family_id}/stop/{cast.father}"
    assert "De anderen gaan door" in pin.get(there).text
    pin.post(there, reason="family_wish", wish="erase")
    alone = families.listing(db)[1]
    assert (pin.path, alone.status) == (f"/desk/families/{alone.id}", "stopped")
    pin.get(f"/desk/families/{cast.family_id}/consent")
    pin.post(there.replace(f"/{cast.father}", f"/{cast.mother}"), reason="", wish="keep")
    assert pin.status == 409
    assert "iemand over" in pin.text or "niemand over" in pin.text
    for number in (cast.fatma, 999):
        assert pin.get(f"/desk/families/{cast.family_id}/stop/{number}").status == 404
    manager = hire(Role.DATA_MANAGER, everywhere=True)
    manager.get(f"/desk/families/{alone.id}")
    manager.post(f"/desk/families/{alone.id}/erase", code=alone.code)
    assert [one.id for one in families.listing(db)] == [cast.family_id]
