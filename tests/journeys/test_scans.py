"""From a pack on paper to an export row: answered by hand, scanned as one pile, confirmed, exported.

The marks are drawn by `benchmarks.pens` and the scans made by `benchmarks.captures`, which know nothing of
the reader. The truth is told to the service by the person at the desk only, for what is in doubt.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import axe_playwright_python
import numpy as np
import pypdfium2
import pytest
import yaml
import zxingcpp
from argon2 import PasswordHasher
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import Page, expect

from benchmarks import captures, pens
from instruments import Given, Missing, catalogue, protocol
from printable import codes
from printable.boxes import SKIPPED
from printable.codes import Marker
from survey import answers, responses, sheets
from survey.accounts import passwords
from survey.cli import main
from survey.db import Database
from survey.jobs.worker import Worker
from survey.policy import Role
from survey.scans import piles
from survey.settings import Settings
from survey.sheets import Sheet
from tests import people
from tests.browser import hold_to_a_phone
from tests.kinds import opened
from tests.listening import listening
from tests.people import T1, at
from tests.survey.accounts import staff
from tests.survey.accounts.staff import PASSWORD, SECRET_KEY, Colleague
from tests.survey.web.test_axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOW = at(T1)
#: Chosen so that there is something to decide.
SEED = 4_000_020
Page_ = tuple[Marker, "np.ndarray[tuple[int, int], np.dtype[np.uint8]]"]


@dataclass
class House:
    """The running service, and who confirms there."""

    database: Database
    settings: Settings
    cast: people.Cast
    researcher: Colleague

    def work(self) -> None:
        """Let its workers do what waits."""
        worker = Worker(self.settings, self.database)
        while worker.once():
            pass


@pytest.fixture
def house(chosen_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The cast's study, in which each parent gets two short questionnaires, and paper is typed once."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    plan = yaml.safe_load(protocol.DEFAULT.read_text(encoding="utf-8"))
    plan["batteries"] = [battery for battery in plan["batteries"] if battery["id"] == "parent_self"]
    plan["paper"] = {"usual": "once", "scan_sample_percent": 0}
    for part in ("one_off", "budget_minutes"):
        plan.pop(part, None)
    path = tmp_path / "protocol.yaml"
    path.write_text(yaml.safe_dump(plan), encoding="utf-8")
    with opened(chosen_url) as database, listening() as server:
        database.upgrade()
        cast = people.settle(database)
        researcher = staff.settle(
            database, cast.study_id, Role.RESEARCHER, NOW, places=(), everywhere=True, email="ria@example.org"
        )
        settings = Settings(
            secret_key=SECRET_KEY,
            database_url=chosen_url,
            base_url=server.address,
            protocol_path=path,
            clock=lambda: NOW,
        )
        server.serve(settings)
        for name, value in settings.as_environment().items():
            monkeypatch.setenv(name, value)
        yield House(database, settings, cast, researcher)


def command(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 0, done.output
    return str(done.output)


def pages_of(pdf: Path) -> list[Page_]:
    """Every page of a file as a printer puts it on paper, with what its square says."""
    document = pypdfium2.PdfDocument(pdf)
    found = []
    for page in document:
        drawn = page.render(scale=pens.DPI / 72, grayscale=True).to_numpy()
        picture = np.ascontiguousarray(drawn.reshape(drawn.shape[:2]), dtype=np.uint8)
        text = zxingcpp.read_barcodes(picture)[0].text
        found.append((codes.read(text), picture))
    document.close()
    return found


def meant(house: House, sheet: Sheet, truth: pens.Truth) -> dict[str, Given]:
    """What a respondent meant, as answers: nothing crossed is blank, which is typed as skipped."""
    definition = catalogue().get(*_version(house, sheet))
    found: dict[str, Given] = {}
    for item, crossed in truth.items():
        if not crossed or crossed == (SKIPPED,):
            found[item] = Missing.skipped
        elif definition.item(item).kind == "choices":
            found[item] = tuple(int(code) for code in crossed)
        else:
            found[item] = int(crossed[0])
    return found


def _version(house: House, sheet: Sheet) -> tuple[str, str]:
    response = responses.get(house.database, sheet.response_id or 0)
    return response.instrument, response.version


def as_pdf(pictures: list[bytes]) -> bytes:
    out = io.BytesIO()
    first, *others = [Image.open(io.BytesIO(picture)) for picture in pictures]
    first.save(out, "PDF", save_all=True, append_images=others, resolution=200)
    return out.getvalue()


def look(page: Page, shots: Path, name: str) -> None:
    """Hold a page to what holds for every page, and keep a picture of it."""
    hold_to_a_phone(page)
    assert violations(page) == []
    page.screenshot(path=str(shots / f"{name}.png"), full_page=True)


def sign_in(page: Page, house: House) -> None:
    page.goto(f"{house.settings.base_url}/desk/sign-in")
    page.locator("[name=email]").fill(house.researcher.email)
    page.locator("[name=password]").fill(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("[name=code]").fill(house.researcher.code(NOW))
    with page.expect_navigation():
        page.keyboard.press("Enter")


def typed(value: Given) -> str:
    if isinstance(value, Missing):
        return "-"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def confirm_with_the_keyboard(page: Page, truth: dict[str, Given], shots: Path) -> int:
    """Confirm the form in front: for what is in doubt, type what the paper says; how many that were."""
    doubtful = page.locator("form.entry > ol input")
    names = [str(field.get_attribute("name")).removeprefix("i.") for field in doubtful.all()]
    look(page, shots, f"review-{len(names)}")
    if names:
        doubtful.first.focus()
        page.keyboard.press("F2")
        expect(page.locator("dialog#whole image")).to_be_visible()
        page.screenshot(path=str(shots / "whole.png"))
        page.keyboard.press("F2")
        expect(page.locator("dialog#whole")).to_be_hidden()
    for name in names:
        assert page.evaluate("document.activeElement.name") == f"i.{name}"
        page.keyboard.type(typed(truth[name]))
        # One digit is the answer, and leads on; where a longer one may follow, Enter does.
        if page.evaluate("document.activeElement.name") == f"i.{name}":
            page.keyboard.press("Enter")
    if not names:
        assert page.evaluate("document.activeElement.id") == "send"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return len(names)


def test_a_pack_that_was_answered_by_hand_is_scanned_confirmed_and_exported_as_it_was_meant(
    house: House, new_phone: Callable[..., Page], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shots = Path(request.config.rootpath) / ".shots" / request.node.name
    shots.mkdir(parents=True, exist_ok=True)
    db, cast = house.database, house.cast

    # The pack is printed, and answered by two people with a pen each.
    pdf = tmp_path / "pack.pdf"
    command("print", "family", cast.family_code, str(pdf), "--on", str(T1))
    truths: dict[int, dict[str, Given]] = {}
    from_scanner: list[bytes] = []
    from_phone: list[bytes] = []
    for number, (marker, paper) in enumerate(pages_of(pdf)):
        sheet = sheets.find(db, house.settings.paper_keys, marker.code)
        layout = None if sheet.response_id is None else sheets.layout(db, sheet)
        side = None if layout is None else next((s for s in layout.sides if s.number == marker.side), None)
        truth: pens.Truth = {}
        if side is not None:
            seed = SEED + sheet.respondent_id * 100 + marker.side + sheet.id
            paper, truth = pens.fill_in(paper, side, frozenset(), seed)
            truths.setdefault(sheet.id, {}).update(meant(house, sheet, truth))
        if sheet.respondent_id == cast.father and side is not None:
            from_phone.append(captures.photo(paper, SEED + number))
        else:
            from_scanner.append(captures.scan_200(paper, SEED + number))
    assert len(truths) == 4

    # One mixed pile: the scanner's pages from back to front, photos of a phone, and one of these once more.
    files = [
        ("scan.pdf", "application/pdf", as_pdf(from_scanner[::-1])),
        ("photos.pdf", "application/pdf", as_pdf(from_phone)),
        ("IMG_1.jpg", "image/jpeg", from_phone[0]),
    ]
    page = new_phone()
    page.context.add_init_script(path=Path(axe_playwright_python.__file__).parent / "axe.min.js")
    sign_in(page, house)
    page.goto(f"{house.settings.base_url}/desk/scans")
    page.locator("#files").set_input_files(
        [{"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files]
    )
    with page.expect_navigation():
        page.get_by_role("button", name="Inleveren").click()
    expect(page.get_by_role("status")).to_contain_text("wacht om gelezen te worden")
    page.screenshot(path=str(shots / "waiting.png"), full_page=True)
    house.work()
    # It looks again by itself.
    expect(page.get_by_role("status")).to_contain_text("Alles is gelezen", timeout=10_000)
    look(page, shots, "pile")
    (pile,) = piles.listing(db)
    statuses = [one.status for one in pile.pages]
    assert statuses.count("doubled") == 1
    assert set(statuses) <= {"read", "doubled", "cover", "empty_back"}
    assert (pile.missing, pile.trouble) == ((), 0)
    assert all(
        answers.of(db, responses.get(db, sheets.get(db, one).response_id or 0)) == {} for one in truths
    )

    # Every form is confirmed with the keyboard; the eye is needed for what is in doubt only.
    page.goto(f"{house.settings.base_url}/desk/scans")
    look(page, shots, "scans")
    looked_at = 0
    for form in piles.forms(db):
        with page.expect_navigation():
            page.keyboard.press("Enter")
        looked_at += confirm_with_the_keyboard(page, truths[form.sheet_id], shots)
        expect(page.get_by_role("status")).to_contain_text("Bevestigd.")
    assert piles.forms(db) == ()
    total = sum(map(len, truths.values()))
    assert 0 < looked_at < total / 2

    # What is exported is what was meant.
    for sheet_id, truth_of in truths.items():
        sheet = sheets.get(db, sheet_id)
        assert sheet.status == "confirmed"
        assert answers.of(db, responses.get(db, sheet.response_id or 0)) == truth_of
    command("export", str(tmp_path / "export"))
    with (tmp_path / "export" / "parent.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    exported = set()
    for sheet_id, truth_of in truths.items():
        instrument, _ = _version(house, sheets.get(db, sheet_id))
        given = {item: str(value) for item, value in truth_of.items() if isinstance(value, int)}
        exported.add(
            any(all(row[f"{instrument}_{item}"] == value for item, value in given.items()) for row in rows)
        )
    assert exported == {True}
    assert {row["who5_mode"] for row in rows} == {"paper"}
