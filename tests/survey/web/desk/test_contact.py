"""Reaching people from the desk: shown after a button that is noted, written to without being seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from survey import audit, families
from survey.contacts import Book
from survey.db import Database
from survey.policy import Role
from survey.post import queue
from survey.web import Services
from tests.kinds import on_both
from tests.people import Cast
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk

pytestmark = on_both

Hire = Callable[..., Desk]

GIVEN = {
    "name": "Ayşe de Vries", "phone": "06 12345678", "email": "ayse@example.org", "remark": "niet op zondag",
    "channel": "text", "days": ["1", "2", "3", "4", "5"], "from_hour": "9", "until_hour": "17",
}  # fmt: skip


@pytest.fixture
def page(cast: Cast) -> str:
    return f"/desk/families/{cast.family_id}/contact/{cast.mother}"


def keep(desk: Desk, page: str, **changes: object) -> Desk:
    desk.get(page)
    return desk.post(page, GIVEN | changes)


def actions(db: Database, respondent_id: int) -> list[str]:
    return [one.action for one in audit.of(db, f"respondent {respondent_id}")]


def test_a_linking_pin_keeps_how_a_parent_is_reached(
    pin: Desk, page: str, book: Book, db: Database, cast: Cast
) -> None:
    assert "Hoe Parent 1" not in pin.get(page).text
    keep(pin, page)
    assert pin.status == 200
    assert "per sms" in pin.text
    assert "afgesproken tot en met" in pin.text
    details = book.read(cast.mother)
    assert details is not None
    assert (details.name, details.phone) == ("Ayşe de Vries", "+31612345678")


def test_who_and_where_is_shown_after_a_button_only_and_that_is_noted(
    pin: Desk, page: str, db: Database, cast: Cast
) -> None:
    keep(pin, page)
    for path in (page, f"/desk/families/{cast.family_id}", "/desk/month"):
        pin.get(path)
        assert not any(word in pin.html for word in ("Ayşe", "12345678", "ayse@"))
    before = actions(db, cast.mother).count("contact.read")
    pin.get(page)
    pin.post(f"{page}/show")
    assert pin.field("phone") == "+31612345678"
    assert pin.field("remark") == "niet op zondag"
    assert actions(db, cast.mother).count("contact.read") == before + 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"phone": "06 123"}, "Dit is geen telefoonnummer"),
        ({"phone": ""}, "Voor een sms is een telefoonnummer nodig"),
        ({"email": "geen adres"}, "Dit is geen e-mailadres"),
        ({"days": []}, "ten minste één dag"),
        ({"from_hour": "17", "until_hour": "9"}, "niet later"),
        ({"name": "x" * 101}, "te lang"),
        ({"channel": "pigeon"}, ""),
        ({"from_hour": "25"}, ""),
    ],
)
def test_what_cannot_be_is_not_kept_and_is_still_in_the_form(
    pin: Desk, page: str, book: Book, changes: dict[str, object], said: str
) -> None:
    keep(pin, page, **changes)
    assert pin.status == 400
    assert said in pin.text
    assert book.everybody() == frozenset()
    if "name" not in changes:
        assert pin.field("name") == "Ayşe de Vries"


def test_html_and_sql_are_only_text(pin: Desk, page: str, book: Book, cast: Cast) -> None:
    nasty = "<script>alert(1)</script>'; DROP TABLE contact; --"
    keep(pin, page, name=nasty, remark=nasty)
    pin.get(page)
    pin.post(f"{page}/show")
    assert "<script>alert" not in pin.html
    assert pin.field("name") == nasty


def test_it_is_wiped_and_agreed_anew(pin: Desk, page: str, book: Book, db: Database, cast: Cast) -> None:
    keep(pin, page)
    pin.post(f"{page}/agree")
    assert pin.status == 200
    pin.post(f"{page}/forget")
    assert book.everybody() == frozenset()
    assert actions(db, cast.mother)[-2:] == ["contact.agreed", "contact.forgotten"]


def test_a_child_has_no_page_and_a_forged_number_finds_nobody(
    pin: Desk, cast: Cast, db: Database, elsewhere: int
) -> None:
    for number in (cast.daan, cast.fatma, 9999):
        assert pin.get(f"/desk/families/{cast.family_id}/contact/{number}").status == 404
        assert pin.post(f"/desk/families/{cast.family_id}/contact/{number}", GIVEN).status == 404


def test_a_coordinator_sends_without_seeing_where_to(
    pin: Desk, coordinator: Desk, page: str, db: Database, cast: Cast
) -> None:
    keep(pin, page)
    assert coordinator.get(page).status == 403
    coordinator.get(f"/desk/families/{cast.family_id}")
    assert "Hoe te bereiken" not in coordinator.text
    coordinator.post(f"/desk/families/{cast.family_id}/send", respondent=cast.mother)
    assert "eerste moment dat voor hen veilig is" in coordinator.text
    assert "Link per sms: wacht" in coordinator.text
    assert len(queue.of_people(db, [cast.mother])[cast.mother]) == 1


def test_pressing_send_twice_sends_once_and_a_third_reminder_is_refused(
    pin: Desk, page: str, db: Database, cast: Cast, clock: Clock
) -> None:
    keep(pin, page)
    there = f"/desk/families/{cast.family_id}"
    pin.get(there)
    for _ in range(2):
        pin.post(f"{there}/send", respondent=cast.mother, remind="1")
    (message,) = queue.of_people(db, [cast.mother])[cast.mother]
    assert message.kind == "reminder"
    db.write(lambda connection: connection.exec_driver_sql("UPDATE message SET state = 'sent'"))
    pin.get(there)
    pin.post(f"{there}/send", respondent=cast.mother, remind="1")
    assert pin.status == 409
    assert "met rust" in pin.text


def test_who_did_not_agree_has_no_button_and_a_forged_one_does_nothing(
    pin: Desk, page: str, db: Database, cast: Cast
) -> None:
    keep(pin, page, channel="none")
    there = f"/desk/families/{cast.family_id}"
    assert "De link" not in pin.get(there).text
    assert pin.post(f"{there}/send", respondent=cast.mother).status == 409
    assert pin.post(f"{there}/send", respondent="1 OR 1=1").status == 400
    assert queue.of_people(db, [cast.mother])[cast.mother] == ()


def test_an_installation_without_a_store_shows_nothing_of_it(
    pin: Desk, page: str, house: Services, cast: Cast
) -> None:
    house.book = None
    assert "Hoe te bereiken" not in pin.get(f"/desk/families/{cast.family_id}").text
    assert pin.get(page).status == 404


def test_a_lost_key_is_said_plainly(pin: Desk, page: str, house: Services, book: Book, cast: Cast) -> None:
    from survey.contacts import keys
    from survey.contacts.keys import Keys

    keep(pin, page)
    house.book = Book(book.database, Keys([keys.fresh()]))
    pin.get(page)
    pin.post(f"{page}/show")
    assert pin.status == 200
    assert "niet te openen met de sleutel" in pin.text


def test_the_project_reaches_a_family_that_nobody_works_with_any_more(
    pin: Desk, hire: Hire, page: str, db: Database, cast: Cast
) -> None:
    keep(pin, page)
    manager = hire(Role.DATA_MANAGER, everywhere=True)
    manager.get(page)
    manager.post(f"{page}/show")
    assert manager.field("phone") == "+31612345678"


def test_erasing_from_the_desk_reaches_the_contact_store(
    pin: Desk, hire: Hire, page: str, book: Book, db: Database, cast: Cast
) -> None:
    keep(pin, page)
    families.set_status(db, cast.family_id, "stopped")
    manager = hire(Role.DATA_MANAGER, everywhere=True)
    manager.get(f"/desk/families/{cast.family_id}")
    manager.post(f"/desk/families/{cast.family_id}/erase", code=cast.family_code)
    assert book.everybody() == frozenset()
    assert families.listing(db) == ()
