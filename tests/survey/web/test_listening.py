"""A question is read aloud where there is a recording of exactly its words."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from instruments import Edition, catalogue
from survey import aloud
from survey.aloud.voices import Recording, VoicesHead
from survey.web import Services
from tests.people import Cast
from tests.survey.web.conftest import Visitor


@pytest.fixture
def recorded(house: Services, tmp_path: Path) -> str:
    """A recording of the first question of the WHO-5 in easy Dutch; its name."""
    instrument = catalogue().versions("who5")[0]
    edition = Edition("nl", "easy")
    text = aloud.said(instrument, house.library.wording(instrument, edition), instrument.items[0])
    name = aloud.name_of(edition, text)
    folder = tmp_path / "nl-easy-anna"
    folder.mkdir()
    (folder / f"{name}.mp3").write_bytes(b"sound of a voice")
    digest = hashlib.sha256(b"sound of a voice").hexdigest()
    VoicesHead(
        id=folder.name,
        edition="nl-easy",
        voice="Anna",
        licence="ours",
        date=dt.date(2026, 11, 23),
        files={f"{name}.mp3": Recording(sha256=digest, where="who5 item.1")},
    ).write(folder)
    house.voices = aloud.Voices(tmp_path)
    return name


def easy(visitor: Visitor, cast: Cast) -> Visitor:
    visitor.open(cast.mother)
    visitor.post("/edition", {"csrf": visitor.fields["csrf"], "edition": "nl-easy", "from": "/mine"})
    return visitor.start("who5")


def players(visitor: Visitor) -> list[str]:
    return list(visitor.page.xpath("//audio[@controls][@preload='none']/@src"))


def test_an_easy_page_has_a_player_for_the_question_that_is_recorded(
    visitor: Visitor, cast: Cast, recorded: str
) -> None:
    easy(visitor, cast)
    assert players(visitor) == [f"/listen/{recorded}"]
    assert visitor.page.xpath("//audio/@aria-label") == ["Luister naar deze vraag"]
    sound = visitor.client.get(f"/listen/{recorded}")
    assert sound.get_data() == b"sound of a voice"
    assert sound.mimetype == "audio/mpeg"
    assert sound.headers["Cache-Control"].startswith("no-")
    part = visitor.client.get(f"/listen/{recorded}", headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.get_data()) == (206, b"sound")
    sound.close()
    part.close()
    visitor.press(**{"1": 3})
    assert players(visitor) == [], "the second question is not recorded"


def test_an_ordinary_page_has_no_player(visitor: Visitor, cast: Cast, recorded: str) -> None:
    visitor.open(cast.mother).start("who5")
    assert players(visitor) == []
    assert not visitor.page.xpath("//script[contains(@src, 'listening')]")


def test_a_recording_is_played_to_nobody_without_a_visit(
    visitor: Visitor, new_visitor: Callable[[], Visitor], cast: Cast, recorded: str
) -> None:
    assert new_visitor().get(f"/listen/{recorded}").response.status_code == 403
    easy(visitor, cast)
    for name in ("0" * 24, "..%2f..%2fsettings.py", recorded + ".mp3"):
        assert visitor.client.get(f"/listen/{name}").status_code == 404
