"""The page of exports: a researcher asks, a worker makes, the researcher fetches; nobody else sees it."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask

from survey import audit
from survey.db import Database
from survey.exports import codebook_pdf, register
from survey.fieldwork import erasure, leaving
from survey.jobs.worker import Worker
from survey.policy import Role
from survey.web.services import Services
from tests.exporting import fill
from tests.people import T0, Cast, at
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk

HOME = "/desk/exports"
WAVES = ["T0", "T1", "T2", "T3", "T4"]


@pytest.fixture
def researcher(hire: Callable[..., Desk]) -> Desk:
    return hire(Role.RESEARCHER, everywhere=True)


@pytest.fixture
def worker(app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """Who makes what was asked for; the codebook as PDF is tested elsewhere and takes long."""
    monkeypatch.setattr(codebook_pdf, "_typeset", lambda page: b"%PDF")
    house: Services = app.extensions["meetmoment"]
    return Worker(house.settings, db, "first")


def work(worker: Worker) -> None:
    while worker.once():
        pass


def test_a_researcher_asks_for_an_export_and_fetches_it(
    researcher: Desk, db: Database, cast: Cast, worker: Worker
) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 5, "2": 4})
    assert "Er zijn nog geen exports" in researcher.get(HOME).text
    researcher.post(HOME, wave=["T0", "T1"], labels="en", also="xlsform")
    assert researcher.path == HOME
    assert "wacht" in researcher.text
    assert "Alleen T0, T1." in researcher.text
    work(worker)
    assert "Sindsdien is er niets veranderd" in researcher.get(HOME).text
    sums = dict(
        zip(
            researcher.page.xpath("//article//tbody//th/text()"),
            researcher.page.xpath("//article//tbody//td/@title"),
            strict=True,
        )
    )
    researcher.post(f"{HOME}/1/file")
    assert researcher.response.mimetype == "application/zip"
    assert researcher.response.headers["Content-Disposition"] == 'attachment; filename="export-1.zip"'
    archive = zipfile.ZipFile(io.BytesIO(researcher.response.get_data()))
    assert set(archive.namelist()) == {*sums, "manifest.json"}
    assert any(name.startswith("xlsform-who5") for name in archive.namelist())
    assert b"who5_1" in archive.read("parent.csv")
    told = [entry.action for entry in audit.of(db, "export 1")]
    assert told == ["export.asked", "export.made", "export.downloaded"]


def test_an_export_of_no_wave_at_all_is_not_taken_for_one_of_all(
    researcher: Desk, db: Database, cast: Cast
) -> None:
    researcher.get(HOME)
    researcher.post(HOME)
    assert "Kies minstens één meting." in researcher.text
    assert researcher.page.xpath("string(//title)").startswith("Probleem: ")
    assert (researcher.status, register.listing(db)) == (400, ())
    assert "Aangevraagd." in researcher.post(HOME, wave=WAVES).text


def test_more_than_that_needs_a_reason_which_stays_in_the_form_and_with_the_export(
    researcher: Desk, db: Database, cast: Cast
) -> None:
    researcher.get(HOME)
    researcher.post(HOME, wave=WAVES, months="on", municipality="on")
    assert researcher.status == 400
    assert "Schrijf op waarom je dit nodig hebt" in researcher.text
    assert researcher.page.xpath("//input[@name='months']/@checked")
    researcher.post(HOME, wave=WAVES, months="on", reason="x" * 501)
    assert (researcher.status, register.listing(db)) == (400, ())
    researcher.post(HOME, wave=WAVES, months="on", municipality="on", reason="models by age")
    assert "Leeftijden in maanden. Met gemeenten.Reden: models by age" in researcher.text
    (asked,) = audit.of(db, "export 1")
    assert (asked.detail["reason"], asked.detail["months"]) == ("models by age", True)


def test_free_text_is_asked_for_apart_and_with_a_reason(
    researcher: Desk, db: Database, cast: Cast, worker: Worker
) -> None:
    researcher.get(HOME)
    researcher.post(f"{HOME}/free-text")
    assert researcher.status == 400
    researcher.post(f"{HOME}/free-text", free_text_reason="to read the tips of linking pins")
    work(worker)
    assert "Export 1, met open antwoorden" in researcher.get(HOME).text
    researcher.post(f"{HOME}/1/file")
    names = zipfile.ZipFile(io.BytesIO(researcher.response.get_data())).namelist()
    assert {"free_text.csv", "free_text.sav"} < set(names)
    assert "parent.csv" not in names


def test_what_changed_since_is_told_and_the_same_again_is_the_same(
    researcher: Desk, db: Database, cast: Cast, worker: Worker
) -> None:
    researcher.get(HOME)
    researcher.post(HOME, wave=WAVES)
    work(worker)
    researcher.get(HOME)
    researcher.post(f"{HOME}/1/again")
    work(worker)
    assert "Tot op de laatste byte gelijk aan export 1." in researcher.get(HOME).text
    fill(db, cast.mother, "who5", T0, {"1": 5})
    assert "opgeslagen: 1, in zoveel vragenlijsten: 1." in researcher.get(HOME).text


def test_what_is_not_wanted_any_more_is_not_made(
    researcher: Desk, db: Database, cast: Cast, worker: Worker
) -> None:
    researcher.get(HOME)
    researcher.post(HOME, wave=WAVES)
    researcher.post(f"{HOME}/1/stop")
    work(worker)
    assert "niet gemaakt" in researcher.get(HOME).text
    assert not register.get(db, 1).is_made
    assert researcher.post(f"{HOME}/1/stop").path == HOME, "a second time changes nothing"


def test_a_file_is_kept_for_a_week_and_then_asked_for_again(
    researcher: Desk, db: Database, cast: Cast, worker: Worker, clock: Clock
) -> None:
    researcher.get(HOME)
    researcher.post(HOME, wave=WAVES)
    assert researcher.post(f"{HOME}/1/file").status == 404
    work(worker)
    later = researcher
    clock.wait(seconds=int(dt.timedelta(days=8).total_seconds()))
    later.sign_in()
    assert "Het bestand wordt niet meer bewaard." in later.get(HOME).text
    assert not later.page.xpath("//form[contains(@action, '/file')]")
    assert later.post(f"{HOME}/1/file").status == 410
    assert "Vraag de export opnieuw aan" in later.text


def test_an_export_that_holds_an_erased_family_is_not_handed_out_any_more(
    researcher: Desk, db: Database, cast: Cast, worker: Worker
) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 5})
    researcher.get(HOME)
    researcher.post(HOME, wave=WAVES)
    work(worker)
    leaving.stop(db, cast.family_id, "family_wish", "erase", now=at(T0), actor="test")
    erasure.erase_family(db, cast.family_id, now=at(T0), actor="test")
    assert "gooi hem weg" in researcher.get(HOME).text
    assert not researcher.page.xpath("//form[contains(@action, '/file')]")
    assert researcher.post(f"{HOME}/1/file").status == 410
    assert "Iemand die erin staat, is sindsdien gewist" in researcher.text


def test_who_proved_it_long_ago_proves_it_again_first(researcher: Desk, cast: Cast, clock: Clock) -> None:
    researcher.get(HOME)
    clock.wait(seconds=25 * 60)
    researcher.get(HOME)
    assert researcher.path == "/desk/confirm"
    researcher.prove()
    assert "Een export aanvragen" in researcher.get(HOME).text


def test_nobody_else_sees_it_and_what_is_not_there_is_not_found(
    researcher: Desk, coordinator: Desk, admin: Desk, db: Database, cast: Cast
) -> None:
    for other in (coordinator, admin):
        assert other.get(HOME).status == 403
        assert HOME not in other.get("/desk/account").html
    researcher.get(HOME)
    assert HOME in researcher.html
    assert researcher.post(f"{HOME}/7/file").status == 404
    assert researcher.post(f"{HOME}/7/again").status == 404
    researcher.get(HOME)
    assert researcher.post(HOME, wave="T9").status == 400
    assert researcher.post(HOME, wave=WAVES, labels="xx-?").status == 400


def test_the_page_speaks_dutch_and_every_field_has_a_label(researcher: Desk, cast: Cast) -> None:
    researcher.get(HOME)
    for field in researcher.page.xpath("//main//input[not(@type='hidden')] | //main//select"):
        label = field.xpath("ancestor::label") or researcher.page.xpath(f"//label[@for='{field.get('id')}']")
        assert label, field.get("name")
    assert not re.search(r"%\(\w+\)s", researcher.html)
