"""axe-core finds nothing on any page of the desk, on a phone, in Dutch and in English.

Pages are fetched as those who may see them, then shown in a real Chromium as if just answered. Every template
of the desk is among them: whoever adds one adds a page here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from flask import Flask, template_rendered
from playwright.sync_api import Browser, Page, Route, expect

from survey import pulses, windows
from survey.db import Database
from survey.fieldwork import leaving, pausing
from survey.policy import Role
from survey.web import Services
from survey.web.desk.guard import REGISTRY
from tests.browser import Phone, hold_to_a_phone
from tests.people import T0, Cast, at, plan
from tests.survey.accounts import staff
from tests.survey.accounts.staff import PASSWORD
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk
from tests.survey.web.desk.test_contact import GIVEN
from tests.survey.web.scenes import TEMPLATES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
_RUN = """(rules) => axe.run({runOnly: rules, resultTypes: ["violations"]}).then(found =>
    found.violations.flatMap(v => v.nodes.map(n => v.id + " at " + n.target.join(" ") + ": " + n.html)))"""
#: Parts of pages, and pages that other tests look at with paper or scans behind them.
ELSEWHERE = {"layout.html", "fields.html"}
#: Pages about what nobody has here: sheets, print runs, scans, exports, feedback.
OTHERS = re.compile(r"paper|entry|scan|sheet|run|export|feedback|release|job|pack|differences|download")


@pytest.fixture
def screen(browser: Browser) -> Iterator[Page]:
    phone = Phone(browser)
    phone.context.add_init_script(path=_AXE)
    yield phone.page
    phone.close()


@pytest.fixture
def shown(app: Flask) -> Iterator[set[str]]:
    """The templates of the desk that were shown."""
    seen: set[str] = set()

    def note(_: object, template: object, **__: object) -> None:
        name = str(getattr(template, "name", ""))
        if name.startswith("desk/"):
            seen.add(name.removeprefix("desk/"))

    with template_rendered.connected_to(note, app):
        yield seen


@pytest.fixture
def everybody(hire: Callable[..., Desk], cast: Cast) -> dict[str, Desk]:
    """A colleague of each role that has pages."""
    return {
        "pin": hire(Role.LINKING_PIN, professional=cast.fatma_professional),
        "coordinator": hire(Role.COORDINATOR, everywhere=True),
        "researcher": hire(Role.RESEARCHER, everywhere=True),
        "manager": hire(Role.DATA_MANAGER, everywhere=True),
        "admin": hire(Role.ADMIN, everywhere=True),
    }


def pages(app: Flask, everybody: dict[str, Desk], db: Database, cast: Cast) -> dict[str, str]:
    """Every page, by a name that says how one comes there."""
    found: dict[str, str] = {}
    numbers = {
        "family_id": cast.family_id, "respondent_id": cast.mother, "account_id": everybody["admin"].who.id,
        "professional_id": cast.joost_professional,
    }  # fmt: skip
    for rule in app.url_map.iter_rules():
        known = all(name in numbers for name in rule.arguments)
        if rule.endpoint not in REGISTRY or "GET" not in (rule.methods or ()) or not known:
            continue
        path = re.sub(r"<\w+:(\w+)>", lambda hit: str(numbers[hit[1]]), rule.rule)
        for name, desk in everybody.items():
            if desk.get(path).status == 200 and desk.response.mimetype == "text/html":
                found[f"{name} {path}"] = desk.html
                break
    pin, coordinator, admin = everybody["pin"], everybody["coordinator"], everybody["admin"]
    there = f"/desk/families/{cast.family_id}"
    for name, desk, path, sent in (
        ("link", pin, f"{there}/link", {"respondent": cast.mother}),
        ("link refused", pin, f"{there}/send", {"respondent": cast.father}),
        ("together", pin, f"{there}/together", {"respondent": cast.mother, "help": "helper"}),
        ("contact shown", pin, f"{there}/contact/{cast.mother}/show", {}),
        ("contact wrong", pin, f"{there}/contact/{cast.mother}", GIVEN | {"phone": "x", "days": []}),
        ("family wrong", pin, "/desk/families/new", {"t0": "never"}),
        ("household wrong", pin, f"{there}/household", {"what": "parted", "caregiver": ""}),
        ("wave wrong", coordinator, f"{there}/waves", {"wave": "T0", "closes": "", "reason": ""}),
        ("worker link", coordinator, f"/desk/professionals/{cast.joost_professional}/link", {}),
        ("invite wrong", admin, "/desk/people/invite", {"email": "x"}),
        ("invited", admin, "/desk/people/invite",
         {"name": "Els", "email": "els@example.org", "role": "researcher", "everywhere": "y"}),
        ("recovery codes", admin, "/desk/account/recovery-codes", {}),
        ("not found", pin, f"{there}/nothing", {}),
    ):  # fmt: skip
        desk.get("/desk/account")
        found[name] = desk.post(path, sent).html
    return found


@pytest.fixture
def scene(
    app: Flask, shown: set[str], everybody: dict[str, Desk], db: Database, cast: Cast, town: int, clock: Clock
) -> dict[str, str]:
    """The pages while something of everything is there: a pause, a message, a wave that closes later."""
    pin = everybody["pin"]
    contact = f"/desk/families/{cast.family_id}/contact/{cast.mother}"
    pin.get(contact).post(contact, GIVEN)
    pin.get(contact).post(f"/desk/families/{cast.family_id}/send", respondent=cast.mother)
    late = plan().window(T0, "T0").closes.replace(day=31)
    windows.extend(db, plan(), cast.family_id, "T0", late, "een lange reden " * 8, now=clock(), actor="t")
    pulses.begin(db, plan(), cast.study_id, "pulse_lockdown", late, now=clock(), actor="t")
    leaving.withdraw(db, cast.family_id, cast.sam, "unknown", "erase", now=clock(), actor="t")
    found = pages(app, everybody, db, cast)
    pausing.begin(db, cast.study_id, "lockdown", municipality_id=town, now=at(T0), actor="t")
    for path in ("/desk/month", f"/desk/families/{cast.family_id}", "/desk/month?show=late"):
        found[f"paused {path}"] = everybody["pin"].get(path).html
    return found


def looked_at(screen: Page, pages: dict[str, str]) -> list[str]:
    found = []
    for name, html in pages.items():

        def answer(route: Route, *, body: str = html) -> None:
            if route.request.is_navigation_request():
                route.fulfill(body=body, content_type="text/html; charset=utf-8")
            else:
                route.abort()

        screen.unroute_all()
        screen.route("**/*", answer)
        screen.goto("http://localhost/desk/")
        hold_to_a_phone(screen)
        found += [f"{name}: {line}" for line in screen.evaluate(_RUN, list(RULES))]
    return found


def test_axe_finds_nothing_at_the_desk_in_dutch(screen: Page, scene: dict[str, str], shown: set[str]) -> None:
    assert looked_at(screen, scene) == []
    ours = {path.name for path in (TEMPLATES / "desk").glob("*.html")}
    missing = {name for name in ours - shown - ELSEWHERE if not OTHERS.search(name)}
    door = {"code.html", "enrol.html", "invitation.html", "invitation_refused.html", "no_consent.html"}
    assert missing - door - {"sign_in.html"} == set(), "the door is looked at below"


def test_on_a_wide_screen_the_menu_is_there_without_a_press(screen: Page, pin: Desk) -> None:
    screen.unroute_all()
    screen.set_content(pin.get("/desk/month").html)
    somewhere = screen.get_by_role("link", name="Mijn account")
    narrow = screen.viewport_size
    assert narrow
    expect(somewhere).to_be_hidden()
    screen.set_viewport_size({"width": 1280, "height": 800})
    expect(somewhere).to_be_visible()
    expect(screen.locator("summary", has_text="Menu")).to_be_hidden()
    screen.set_viewport_size(narrow)


def test_axe_finds_nothing_at_the_desk_in_english_nor_at_its_door(
    screen: Page,
    app: Flask,
    shown: set[str],
    pin: Desk,
    admin: Desk,
    cast: Cast,
    db: Database,
    house: Services,
    clock: Clock,
) -> None:
    for desk in (pin, admin):
        desk.get("/desk/account").post("/desk/account/language", language="en")
    there = f"/desk/families/{cast.family_id}"
    found = {
        path: pin.get(path).html
        for path in (
            "/desk/month", there, "/desk/families/new", f"{there}/consent", f"{there}/placements",
            f"{there}/contact/{cast.mother}", f"{there}/household", f"{there}/waves", "/desk/hand-over",
            "/desk/account",
        )
    }  # fmt: skip
    found["/desk/people/invite"] = admin.get("/desk/people/invite").html
    assert all('lang="en"' in html for html in found.values())
    stranger = app.test_client()
    for path in ("/desk/sign-in?over=1", "/desk/invitation/nothing"):
        found[path] = stranger.get(path).get_data(as_text=True)
    *_, token = staff.invite(
        db, cast.study_id, Role.RESEARCHER, clock(), everywhere=True, email="new@example.org"
    )
    found["invitation"] = stranger.get(f"/desk/invitation/{token}").get_data(as_text=True)
    accepted = {"password": PASSWORD, "again": PASSWORD}
    enrol = stranger.post(f"/desk/invitation/{token}", data=accepted, follow_redirects=True)
    found["enrol"] = enrol.get_data(as_text=True)
    other = app.test_client()
    given = {"email": pin.who.email, "password": PASSWORD}
    found["code"] = other.post("/desk/sign-in", data=given, follow_redirects=True).get_data(as_text=True)
    house.protocol = house.protocol.model_copy(update={"consent_required": True})
    found["no consent"] = pin.get(there).post(f"{there}/link", respondent="family").html
    assert {
        "invitation.html",
        "invitation_refused.html",
        "enrol.html",
        "code.html",
        "no_consent.html",
    } <= shown
    assert looked_at(screen, found) == []
