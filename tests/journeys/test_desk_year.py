"""A year at the desk on a phone: helping, thirty families handed over, a lockdown, one that withdraws."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Locator, Page, expect

from survey import families, professionals
from survey.accounts import passwords, people
from survey.contacts import Book, keys
from survey.db import Database
from survey.families import Child, Parent
from survey.policy import Role
from survey.settings import Settings
from tests import people as cast_of_people
from tests.browser import hold_to_a_phone
from tests.kinds import on_postgresql, opened, url_of
from tests.listening import listening
from tests.people import T0, at
from tests.survey.accounts import staff
from tests.survey.accounts.staff import PASSWORD, SECRET_KEY, Colleague

pytestmark = [pytest.mark.browser, on_postgresql]


class Phone:
    """A phone of a colleague; counts what is pressed, chosen and typed."""

    def __init__(self, page: Page, house: House, who: Colleague) -> None:
        self.page, self.house, self.who, self.taps = page, house, who, 0

    def sign_in(self) -> Phone:
        self.house.now[0] += dt.timedelta(minutes=1)
        self.open("/desk/sign-in")
        self.page.get_by_label("E-mailadres").fill(self.who.email)
        self.page.get_by_label("Wachtwoord").fill(PASSWORD)
        self.press("Verder")
        self.page.get_by_label("Code").fill(self.who.code(self.house.now[0]))
        self.press("Inloggen")
        return self

    def open(self, path: str) -> Phone:
        self.page.goto(f"{self.house.address}{path}")
        return self

    def press(self, name: str) -> None:
        found = self.page.get_by_role("button", name=name, exact=True)
        self.follow(found.or_(self.page.get_by_role("link", name=name, exact=True)).first)

    def follow(self, what: Locator) -> None:
        """Tap on what leads to another page, and wait until that is there."""
        with self.page.expect_navigation():
            self.tap(what)

    def tap(self, what: Locator) -> None:
        self.taps += 1
        what.click()

    def look(self, name: str) -> None:
        hold_to_a_phone(self.page)
        self.page.screenshot(path=str(self.house.shots / f"{name}.png"), full_page=True)


class House:
    """The service with a contact store, and thirty families more than the cast."""

    def __init__(
        self, database: Database, contacts_url: str, shots: Path, new_phone: Callable[..., Page]
    ) -> None:
        self.database = database
        self.database.upgrade()
        self.cast = cast_of_people.settle(self.database)
        self.now = [at(T0)]
        self.shots, self.new_phone = shots, new_phone
        self.address = ""
        self.settings = Settings(
            SECRET_KEY, url_of(database), clock=lambda: self.now[0],
            contacts_url=contacts_url, contacts_keys=(keys.fresh(),),
        )  # fmt: skip
        book = Book.of(self.settings)
        assert book is not None
        book.upgrade()
        self.book = book
        (self.town,) = families.places(self.database)

    def thirty_of(self, professional_id: int) -> None:
        for number in range(30):
            made = families.add_family(
                self.database, self.cast.study_id, self.town, T0, parents=[Parent()],
                children=[Child(dt.date(2010 + number % 12, 1, 1))], now=at(T0),
            )  # fmt: skip
            professionals.assign(
                self.database, professional_id, family_id=made.family_id, starts_on=T0, now=at(T0)
            )

    def colleague(self, role: Role, *, everywhere: bool = False) -> Phone:
        places = () if everywhere else (self.town,)
        who = staff.settle(
            self.database, self.cast.study_id, role, self.now[0], places=places, everywhere=everywhere,
            email=f"{role}{self.now[0]:%H%M}@example.org",
        )  # fmt: skip
        return Phone(self.new_phone(), self, who).sign_in()


@pytest.fixture
def house(
    chosen_url: str,
    contacts_url: str,
    new_phone: Callable[..., Page],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    shots = Path(request.config.rootpath) / ".shots" / request.node.name
    shots.mkdir(parents=True, exist_ok=True)
    with opened(chosen_url) as database, listening() as server:
        found = House(database, contacts_url, shots, new_phone)
        found.address = server.address
        server.serve(replace(found.settings, base_url=found.address))
        yield found
        found.book.dispose()


def test_a_linking_pin_helps_a_mother_on_their_own_phone_and_keeps_how_the_father_is_reached(
    house: House,
) -> None:
    pin = house.colleague(Role.LINKING_PIN)
    number = pin.who.account.professional_id
    assert number is not None
    professionals.assign(house.database, number, family_id=house.cast.family_id, starts_on=T0, now=at(T0))
    there = f"/desk/families/{house.cast.family_id}"
    began = time.monotonic()
    pin.open(f"{there}/contact/{house.cast.father}")
    pin.page.get_by_label("Telefoon").fill("06 12345678")
    pin.tap(pin.page.get_by_text("per sms"))
    pin.look("01-contact")
    pin.press("Bewaren")
    expect(pin.page.get_by_text("afgesproken tot en met")).to_be_visible()
    pin.look("02-contact-kept")
    pin.open(there)
    pin.press("De link sms'en")
    expect(pin.page.get_by_text("eerste moment dat voor hen veilig is")).to_be_visible()
    pin.look("03-family")
    pin.tap(pin.page.locator("summary", has_text="Samen invullen").first)
    pin.follow(pin.page.get_by_role("button", name="Ik help").first)
    pin.look("04-together")
    pin.press("Hier openen")
    pin.follow(pin.page.locator("form[action^='/l/'] button"))
    expect(pin.page.locator("button[name=task]").first).to_be_visible()
    pin.look("05-the-mothers-pocket")
    assert pin.taps < 14
    assert time.monotonic() - began < 120
    # The desk is closed while the phone is in her hands.
    pin.open("/desk/month")
    expect(pin.page.get_by_label("Wachtwoord")).to_be_visible()
    pin.sign_in()
    pin.open("/mine")
    expect(pin.page.locator("button[name=task]")).to_have_count(0)


def test_thirty_families_are_handed_over_and_paused_and_one_withdraws_and_is_erased(house: House) -> None:
    leaves = staff.settle(
        house.database, house.cast.study_id, Role.LINKING_PIN, house.now[0], places=[house.town],
        email="leaves@example.org",
    )  # fmt: skip
    assert leaves.account.professional_id is not None
    house.thirty_of(leaves.account.professional_id)
    pin = house.colleague(Role.LINKING_PIN)
    people.close(house.database, leaves.id, now=house.now[0], actor="test")
    house.now[0] += dt.timedelta(days=1)

    coordinator = house.colleague(Role.COORDINATOR)
    expect(coordinator.page.get_by_role("link", name="Zonder linking pin 30")).to_be_visible()
    coordinator.look("01-thirty-without-anybody")
    coordinator.taps = 0
    coordinator.open("/desk/hand-over")
    coordinator.press("Alle zonder linking pin: 30")
    coordinator.look("02-hand-over")
    coordinator.tap(coordinator.page.locator("label.option:has(input[name=to])").last)
    coordinator.page.get_by_label("Een bericht voor je collega").fill("Ze kennen elkaar van de sport.")
    coordinator.follow(coordinator.page.locator("main button.first"))
    expect(coordinator.page.get_by_text("Overgedragen: 30.")).to_be_visible()
    assert coordinator.taps == 3, "thirty families in three taps and a message"
    pin.sign_in()
    expect(pin.page.locator("article.card")).to_have_count(30)

    coordinator.open("/desk/pauses")
    coordinator.page.get_by_label("Waarom").fill("lockdown")
    coordinator.follow(coordinator.page.locator("main form button.first"))
    pin.open("/desk/month")
    expect(pin.page.get_by_text("lockdown")).to_be_visible()
    expect(pin.page.get_by_role("link", name="Pauze 30")).to_be_visible()
    pin.look("03-lockdown")
    house.now[0] += dt.timedelta(days=14)
    coordinator.sign_in().open("/desk/pauses")
    coordinator.press("Laten doorgaan")
    coordinator.look("04-pause-over")

    family = families.listing(house.database)[-1]
    pin.sign_in().open(f"/desk/families/{family.id}/waves")
    expect(pin.page.get_by_text("Sluit later: lockdown").first).to_be_visible()
    pin.look("05-days-given-back")
    # First by mistake.
    pin.open(f"/desk/families/{family.id}/stop")
    pin.press("Het gezin stopt")
    pin.tap(pin.page.locator("summary", has_text="Ze doen toch mee"))
    pin.look("06-by-mistake")
    pin.press("Het gezin doet weer mee")
    expect(pin.page.get_by_role("button", name="Link tonen").first).to_be_visible()
    pin.look("07-takes-part-again")
    pin.open(f"/desk/families/{family.id}/stop")
    pin.tap(pin.page.get_by_text("Het gezin wil stoppen"))
    pin.tap(pin.page.get_by_text("moet worden gewist"))
    pin.press("Het gezin stopt")
    manager = house.colleague(Role.DATA_MANAGER, everywhere=True)
    manager.open(f"/desk/families/{family.id}")
    manager.look("08-asks-to-be-erased")
    manager.page.locator("#code").fill(family.code)
    manager.press("Alles wissen")
    expect(manager.page.get_by_role("heading", level=1)).to_have_text("Deze maand")
    assert family.id not in {one.id for one in families.listing(house.database)}
    manager.open("/desk/events?kind=family.erased")
    expect(manager.page.locator("main li", has_text=f"family {family.id}")).to_have_count(1)
    manager.look("09-what-was-done")
