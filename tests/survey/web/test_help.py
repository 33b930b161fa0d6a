"""Help: the right numbers for who is reading, in every language, checked by somebody not long ago."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from instruments import Edition
from survey import moments
from survey.db import Database
from survey.settings import Settings
from survey.web import create_app, help_lines
from tests.listening import let_go
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor

if TYPE_CHECKING:
    from tests.survey.web.conftest import StageIn

EDITIONS = [
    Edition.parse(name) for name in ("nl", "nl-easy", "en", "en-easy", "ar", "ar-easy", "tr", "pl", "uk")
]
NUMBERS = {"112", "0800-2000", "0800-0113", "0800-0432"}
DAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize("edition", EDITIONS, ids=str)
def test_every_audience_finds_every_number_in_every_language(stage_in: StageIn, edition: Edition) -> None:
    pages = {scene.name: scene for scene in stage_in(edition).scenes if scene.name.startswith("help")}
    assert set(pages) == {"help", "help to a child"}
    for scene in pages.values():
        numbers = scene.page.xpath("//a[starts-with(@href, 'tel:')]")
        assert {number.text_content() for number in numbers} == NUMBERS
        for number in numbers:
            assert number.get("href") == "tel:" + number.text_content().replace("-", "")
            assert number.xpath("./bdi/@dir") == ["ltr"]
    first = pages["help to a child"].page.xpath("(//a[starts-with(@href, 'tel:')])[1]")[0]
    assert first.text_content() == "0800-0432", "a child finds its own line first"


def test_help_needs_no_link_and_asks_the_database_for_nothing_of_anybody(
    visitor: Visitor, cast: Cast
) -> None:
    assert visitor.get("/help").response.status_code == 200
    assert visitor.client.get_cookie("visit") is None


def test_the_pages_beside_the_questions_lead_back_to_them_for_who_came_from_there(
    visitor: Visitor, cast: Cast
) -> None:
    back = "//main/a[@href='/mine']"
    for address in ("/help", "/accessibility"):
        assert not visitor.get(address).page.xpath(back), "there is nothing to go back to"
    visitor.open(cast.mother)
    for address in ("/help", "/accessibility"):
        assert visitor.get(address).page.xpath(back)[0].text_content() == "Terug naar de vragen"


def test_no_number_that_ships_was_checked_longer_ago_than_a_year() -> None:
    """A number without a day says openly that nobody has checked it; one with an old day is worse."""
    today = moments.day(moments.now())
    dated = [line for line in help_lines.load() if line.verified is not None]
    assert help_lines.unsure(dated, today) == ()


@pytest.mark.parametrize(
    ("verified", "unsure"),
    [
        (None, True),
        (DAY, False),
        (DAY - dt.timedelta(days=365), False),
        (DAY - dt.timedelta(days=366), True),
        (DAY + dt.timedelta(days=1), True),
    ],
)
def test_a_number_is_sure_for_twelve_months(verified: dt.date | None, unsure: bool) -> None:
    line = help_lines.load()[0].model_copy(update={"verified": verified})
    assert (help_lines.unsure([line], DAY) == (line,)) is unsure


def test_an_installation_has_numbers_of_its_own(
    tmp_path: Path, settings: Settings, db: Database, clock: Clock, cast: Cast
) -> None:
    own = tmp_path / "help.yaml"
    own.write_text(
        'lines:\n  - {id: home, number: "030-123", dial: "030123", verified: 2026-08-01}\n', "utf-8"
    )
    app = create_app(replace(settings, help_lines=own))
    visitor = Visitor(app.test_client(), db, clock).get("/help")
    let_go(app)
    assert visitor.page.xpath("//a[starts-with(@href, 'tel:')]/@href") == ["tel:030123"]
