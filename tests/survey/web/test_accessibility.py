"""The accessibility statement: there for everybody, true to the last evidence, edited by people."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from pydantic import ValidationError

from instruments import Edition
from survey import moments
from survey.db import Database
from survey.settings import Settings
from survey.web import Services, accessibility, create_app
from tests.listening import let_go
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor
from tests.survey.web.test_axe import EDITIONS, RULES, WIDTHS


def test_everybody_finds_the_statement_below_every_page(visitor: Visitor, cast: Cast) -> None:
    assert "/accessibility" in visitor.get("/").page.xpath("//footer//a/@href")
    visitor.get("/accessibility")
    assert visitor.heading == "Toegankelijkheid"
    found = accessibility.load()
    assert f"Status {found.statement.status}:" in visitor.text
    assert found.evidence.tool in visitor.text
    assert str(found.evidence.pages) in visitor.text
    assert len(visitor.page.xpath("//main//ul/li")) == len(found.statement.gaps)


@pytest.mark.parametrize(
    ("edition", "date"),
    [
        ("nl", "23 nov 2026"),
        ("en", "23 Nov 2026"),
        ("ar", "23"),
        ("pl", "23 lis 2026"),
        ("tr", "23 Kas 2026"),
    ],
)
def test_dates_are_written_as_in_the_language_of_the_page(
    app: Flask, house: Services, edition: str, date: str
) -> None:
    from flask import render_template

    from survey.web.i18n import speaking

    evidence = house.accessibility.evidence.model_copy(update={"date": dt.date(2026, 11, 23)})
    with app.test_request_context(), speaking(Edition.parse(edition)):
        page = render_template(
            "accessibility.html", visit=None, found=replace(house.accessibility, evidence=evidence), seen=[]
        )
    assert date in page
    assert not any(digit in page for digit in "٠١٢٣٤٥٦٧٨٩"), "numbers are written as on paper"


def test_the_evidence_is_whole_clean_and_not_older_than_a_year() -> None:
    evidence = accessibility.load().evidence
    today = moments.day(moments.now())
    assert today - dt.timedelta(days=365) <= evidence.date, "run: make evidence"
    assert evidence.violations == 0
    assert set(evidence.editions) == {str(edition) for edition in EDITIONS}
    assert (set(evidence.widths), set(evidence.rules)) == (set(WIDTHS), set(RULES))
    assert evidence.pages > 5 * 40


def test_an_installation_says_what_it_says_itself(
    tmp_path: Path, settings: Settings, db: Database, clock: Clock, cast: Cast
) -> None:
    own = tmp_path / "statement.yaml"
    own.write_text('status: B\nupdated: 2027-01-05\ngaps: [paper]\ncontact: "030 000 00 00"\n', "utf-8")
    settings = replace(settings, statement=own)
    app = create_app(settings)
    visitor = Visitor(app.test_client(), db, clock).get("/accessibility")
    let_go(app)
    assert "Status B:" in visitor.text
    assert visitor.page.xpath("//bdi[@dir='ltr']/text()")[-1] == "030 000 00 00"
    own.write_text("status: F\nupdated: 2027-01-05\ngaps: []\n", "utf-8")
    with pytest.raises(ValidationError):
        accessibility.load(own)


def test_every_status_and_every_gap_has_words(app: Flask, house: Services) -> None:
    from flask import render_template

    from survey.web.i18n import speaking

    gaps = ("no_audit", "no_users", "drafts", "paper")
    said = set()
    with app.test_request_context(), speaking(Edition("nl")):
        for status in "ABCDE":
            told = house.accessibility.statement.model_copy(update={"status": status, "gaps": gaps})
            page = render_template(
                "accessibility.html", visit=None, found=replace(house.accessibility, statement=told), seen=[]
            )
            said.add(page.split("<b>")[1].split("</b>")[0])
            assert len(set(page.split("<ul>")[1].split("</ul>")[0].split("<li>"))) == 5
    assert len(said) == 5
