"""The desk on a phone: a new linking pin, from invitation to a family of five
that agreed, answers and gets paper; a coordinator; a researcher."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Locator, Page, expect

from survey import batches, families
from survey.accounts import passwords
from survey.db import Database
from survey.jobs.work import Work
from survey.jobs.worker import Worker
from survey.policy import Role
from survey.settings import Settings
from survey.web import Services
from tests import people
from tests.browser import hold_to_a_phone
from tests.journeys.conftest import Guide
from tests.kinds import opened, url_of
from tests.listening import listening
from tests.survey.accounts import staff
from tests.survey.accounts.staff import PASSWORD, SECRET_KEY
from tests.survey.paper.conftest import short_plan

pytestmark = pytest.mark.browser


class Desk:
    """A phone at the desk; counts what is pressed and typed."""

    def __init__(
        self, page: Page, address: str, now: list[dt.datetime], shots: Path, house: Services
    ) -> None:
        self.page, self.address, self.now, self.shots, self.house = page, address, now, shots, house
        self.clicks = 0

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def press(self, name: str, *, exact: bool = True) -> None:
        self.clicks += 1
        self.follow(self.named(name, exact=exact))

    def named(self, name: str, *, exact: bool = True) -> Locator:
        """The first button or link with this name."""
        found = self.page.get_by_role("button", name=name, exact=exact)
        return found.or_(self.page.get_by_role("link", name=name, exact=exact)).first

    def follow(self, what: Locator) -> None:
        """Click on what leads to another page, and wait until that is there."""
        with self.page.expect_navigation():
            what.click()

    def choose(self, label: str, value: str) -> None:
        self.clicks += 1
        self.page.get_by_label(label, exact=True).first.select_option(value)

    def look(self, name: str) -> None:
        """Hold the page to what holds for every page, and keep a picture of it."""
        hold_to_a_phone(self.page)
        self.page.screenshot(path=str(self.shots / f"{name}.png"), full_page=True)

    def later(self) -> None:
        """Wait for the next code of the app."""
        self.now[0] += dt.timedelta(minutes=1)


@pytest.fixture
def database(chosen_url: str) -> Iterator[Database]:
    """The database of the service."""
    with opened(chosen_url) as found:
        yield found


@pytest.fixture
def desk(
    database: Database,
    new_phone: Callable[..., Page],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Desk]]:
    """The service with the cast, and phones at its desk."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    database.upgrade()
    people.settle(database)
    now = [people.at(people.T0)]
    folder = Path(request.config.rootpath) / ".shots" / request.node.name
    folder.mkdir(parents=True, exist_ok=True)
    with listening() as server:
        settings = Settings(
            secret_key=SECRET_KEY,
            database_url=url_of(database),
            base_url=server.address,
            clock=lambda: now[0],
        )
        app = server.serve(settings)
        yield lambda: Desk(new_phone(), server.address, now, folder, app.extensions["meetmoment"])


def test_a_new_linking_pin_adds_a_family_notes_consent_hands_over_a_link_and_prints_the_rest(
    desk: Callable[..., Desk], database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = desk()
    plan = short_plan().model_copy(update={"consent_required": True})
    pin.house.protocol = plan
    monkeypatch.setattr(Work, "plan", property(lambda work: plan))
    (place,) = families.places(database)
    who, email, token = staff.invite(
        database, 1, Role.LINKING_PIN, pin.now[0], places=[place], email="els@example.org"
    )
    colleague = staff.Colleague(database, who, email, [])
    pin.open(f"/desk/invitation/{token}")
    pin.look("01-invitation")
    pin.page.get_by_label("Nieuw wachtwoord").fill(PASSWORD)
    pin.page.get_by_label("Nog een keer hetzelfde").fill(PASSWORD)
    pin.press("Verder")
    pin.look("02-enrol")
    pin.page.get_by_label("Code").fill(colleague.code(pin.now[0]))
    pin.press("Verder")
    pin.look("03-recovery-codes")
    pin.press("Ik heb ze bewaard")
    expect(pin.page.get_by_role("heading", level=1)).to_have_text("Deze maand")
    pin.look("04-empty-month")

    pin.clicks = 0
    pin.press("Gezin toevoegen")
    pin.choose("Ouder 2 leest", "en-easy")
    for row, (month, year, sex) in enumerate(
        [("5", "2017", "boy"), ("2", "2022", "girl"), ("8", "2025", "")]
    ):
        pin.choose(f"Kind {row + 1}: maand", month)
        pin.page.locator(f"[name='children-{row}-year']").select_option(year)
        pin.page.locator(f"[name='children-{row}-sex']").select_option(sex)
        pin.clicks += 2
    pin.look("05-new-family")
    pin.follow(pin.page.locator("main button.first"))
    pin.clicks += 1
    assert pin.clicks <= 15, "a family of five takes at most fifteen taps"
    pin.look("06-family")

    # No consent, no link.
    expect(pin.page.get_by_role("button", name="Link tonen")).to_have_count(0)
    pin.press("Toestemming")
    for _ in range(2):
        parent_card = pin.page.locator("article", has_text="Ouder").filter(has_text="nog niet")
        pin.follow(parent_card.get_by_role("link", name="Iets noteren").first)
        pin.page.get_by_text("zegt ja", exact=True).click()
        pin.look("07-consent")
        pin.press("Noteren")
    pin.look("08-consents")
    pin.follow(pin.page.locator("a.back"))

    pin.follow(pin.page.get_by_role("button", name="Link tonen").first)
    pin.look("09-link")
    address = pin.page.locator("#address").input_value()
    parent = desk()
    parent.page.goto(address)
    parent.follow(parent.page.locator("form[action^='/l/'] button"))
    expect(parent.page.locator("button[name=task]").first).to_be_visible()
    pin.press("Klaar")
    expect(pin.page.get_by_text("1 link in gebruik")).to_be_visible()

    done = Guide(parent.page).answer_everything({"who5": lambda _: 3, "parenting_scale": lambda _: 4})
    assert done == 2
    pin.open("/desk/month")
    pin.look("10-month")
    expect(pin.page.get_by_text(f"klaar, {done} van {done}")).to_be_visible()

    pin.follow(pin.page.locator("main article a").first)
    pin.press("Het pakket op papier afdrukken")
    worker = Worker(pin.house.settings, database, "first")
    while worker.once():
        pass
    pin.page.reload()
    # Of the children nobody noted consent yet, so there is nothing for them.
    expect(pin.page.locator("main li", has_text="geen toestemming genoteerd")).to_have_count(3)
    pin.look("11-left-out")
    pin.press("De rest afdrukken")
    while worker.once():
        pass
    pin.page.reload()
    pin.look("12-pack")
    with pin.page.expect_download() as waiting:
        pin.named("Het pakket opslaan").click()
    waiting.value.save_as(tmp_path / "pack.pdf")
    pack = pypdfium2.PdfDocument(tmp_path / "pack.pdf")
    text = "".join(page.get_textpage().get_text_range() for page in pack)
    pack.close()
    # Only the second parent is still asked something, and in their own edition.
    (batch,) = batches.listing(database)
    printed = batches.printed(database, batch.id)
    assert sorted(each.instrument for each in printed) == ["parenting_scale", "who5"]
    assert "Skip" in text
    pin.open("/desk/account")
    pin.look("13-account")


def test_a_coordinator_looks_after_everything_on_a_phone(
    desk: Callable[..., Desk], database: Database
) -> None:
    coordinator = desk()
    (place,) = families.places(database)
    who = staff.settle(database, 1, Role.COORDINATOR, coordinator.now[0], places=[place])
    staff.settle(database, 1, Role.LINKING_PIN, coordinator.now[0], places=[place], email="new@example.org")
    coordinator.open("/desk/")
    coordinator.look("01-sign-in")
    coordinator.page.get_by_label("E-mailadres").fill(who.email)
    coordinator.page.get_by_label("Wachtwoord").fill("fout fout fout")
    coordinator.press("Verder")
    coordinator.look("02-wrong-password")
    coordinator.page.get_by_label("Wachtwoord").fill(PASSWORD)
    coordinator.press("Verder")
    coordinator.look("03-code")
    coordinator.page.get_by_label("Code").fill(who.code(coordinator.now[0]))
    coordinator.press("Inloggen")
    for number, path in enumerate(
        (
            "/desk/month",
            "/desk/families/1",
            "/desk/families/1/consent",
            "/desk/families/1/consent/1",
            "/desk/families/1/placements",
            "/desk/families/1/stop",
            "/desk/hand-over",
            "/desk/professionals",
            "/desk/pauses",
            "/desk/people",
            "/desk/people/invite",
            "/desk/confirm",
            "/desk/families/99",
        ),
        4,
    ):
        coordinator.open(path)
        coordinator.look(f"{number:02}{path.replace('/', '-')}")
    coordinator.open("/desk/hand-over")
    coordinator.page.locator("label.option:has(input[name=family])").first.click()
    coordinator.page.locator("label.option:has(input[name=to])").last.click()
    coordinator.page.get_by_label("Een bericht voor je collega").fill("Ze verwachten je dinsdag.")
    coordinator.follow(coordinator.page.locator("main button.first"))
    expect(coordinator.page.get_by_text("Overgedragen: 1.")).to_be_visible()


def test_a_researcher_asks_for_an_export_and_downloads_it(
    desk: Callable[..., Desk], database: Database, tmp_path: Path
) -> None:
    researcher = desk()
    who = staff.settle(database, 1, Role.RESEARCHER, researcher.now[0], everywhere=True)
    researcher.open("/desk/")
    researcher.page.get_by_label("E-mailadres").fill(who.email)
    researcher.page.get_by_label("Wachtwoord").fill(PASSWORD)
    researcher.press("Verder")
    researcher.page.get_by_label("Code").fill(who.code(researcher.now[0]))
    researcher.press("Inloggen")
    researcher.open("/desk/exports")
    researcher.look("01-no-exports")
    researcher.page.get_by_text("leeftijden van kinderen in maanden").click()
    researcher.press("Aanvragen")
    researcher.look("02-no-reason")
    researcher.page.locator("#reason").fill("Modellen met de leeftijd in maanden, voor hoofdstuk 6.")
    researcher.press("Aanvragen")
    researcher.look("03-waits")
    settings = Settings(SECRET_KEY, url_of(database), clock=lambda: researcher.now[0])
    worker = Worker(settings, database, "first")
    while worker.once():
        pass
    researcher.press("Opnieuw kijken hoe ver ze zijn")
    researcher.page.locator("summary", has_text="Rijen en controlegetallen").click()
    researcher.look("04-made")
    with researcher.page.expect_download() as waiting:
        researcher.named("Downloaden").click()
    waiting.value.save_as(tmp_path / "export.zip")
    names = zipfile.ZipFile(tmp_path / "export.zip").namelist()
    assert {"manifest.json", "parent.sav", "codebook.pdf", "models.R"} < set(names)
