"""Scans at the desk: handed in by one, confirmed by another beside the pictures, without a script."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug import formparser
from werkzeug.test import TestResponse

from instruments import Missing
from survey import answers, responses, sheets
from survey.db import Database
from survey.jobs import queue
from survey.policy import Role
from survey.scans import piles
from survey.web.desk import scans
from tests.people import Cast
from tests.survey.paper import scanning
from tests.survey.paper.printing import KEY, print_sheet
from tests.survey.paper.scanning import page, refused, scan
from tests.survey.web.desk.conftest import Desk

Hire = Callable[..., Desk]
WELL = {"1": 5, "2": 4, "3": 3, "4": 2, "5": 1}
DOUBTFUL = {**WELL, "2": ((4, 3), "unsure", ("two_marks",)), "4": ((), "look", ("blank",))}


@pytest.fixture
def researcher(hire: Hire) -> Desk:
    return hire(Role.RESEARCHER, everywhere=True, email="ria@example.org")


@pytest.fixture
def code(db: Database, cast: Cast) -> str:
    """The mother's WHO-5, which is typed twice."""
    return print_sheet(db, cast.mother, "who5")


def hand_in(desk: Desk, *files: bytes, name: str = "family De Vries.pdf") -> Desk:
    desk.get("/desk/scans")
    sent = [(io.BytesIO(content), name) for content in files]
    return desk.post("/desk/scans", {"files": sent})


FORM = "multipart/form-data; boundary=x"


def form(token: str, size: int) -> bytes:
    """What a browser sends of a file of so many bytes."""
    return (
        (
            f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{token}\r\n'
            '--x\r\nContent-Disposition: form-data; name="files"; filename="x.pdf"\r\n\r\n'
        ).encode()
        + b"a" * size
        + b"\r\n--x--\r\n"
    )


def number_of(db: Database, code: str) -> int:
    return sheets.find(db, KEY, code).id


def begin(desk: Desk, db: Database, code: str) -> Desk:
    desk.get("/desk/scans")
    return desk.post(f"/desk/scans/sheets/{number_of(db, code)}/review")


def confirm(desk: Desk, **changed: str) -> Desk:
    """Send the form in front as it stands, but for these fields."""
    fields = {
        str(name): str(field.text or "" if field.tag == "textarea" else field.get("value") or "")
        for field in desk.page.xpath("//form[@class='entry']//*[starts-with(@name, 'i.')]")
        for name in [field.get("name")]
    }
    fields |= {f"i.{item}": text for item, text in changed.items()}
    return desk.post(desk.path, {"sequence": desk.field("sequence"), **fields})


def test_a_linking_pin_hands_in_a_pile_and_sees_what_became_of_it_and_no_answer(
    pin: Desk, db: Database, code: str
) -> None:
    hand_in(pin, b"a file", b"another")
    assert pin.path == "/desk/scans/1"
    assert "wacht om gelezen te worden" in pin.text
    assert pin.page.xpath("//*[@data-again]")
    assert [job.kind for job in queue.of(db)] == ["read_scans"]
    assert "De Vries" not in pin.html
    # It was sealed with the key of the service, so another worker than the service's cannot open it.
    scan(db, page(db, code, 1, DOUBTFUL), refused("too_small"), by=f"account {pin.who.id}")
    pin.get("/desk/scans/2")
    assert "Gelezen." in pin.text
    assert "Te weinig beeldpunten" in pin.text
    assert not pin.page.xpath("//main//img | //main//svg | //main//input[starts-with(@name, 'i.')]")
    for address in ("/desk/scans/pages/1", "/desk/scans/pages/1/picture", "/desk/scans/reviews/1"):
        assert pin.get(address).status == 403
    assert "bevestigen" not in pin.get("/desk/scans").text


def test_a_pile_is_shown_to_who_handed_it_in_and_to_who_confirms(
    pin: Desk, coordinator: Desk, researcher: Desk, db: Database, code: str
) -> None:
    scan(db, page(db, code, 1, WELL), by=f"account {pin.who.id}")
    assert pin.get("/desk/scans/1").status == 200
    assert coordinator.get("/desk/scans/1").status == 404
    assert coordinator.get("/desk/scans").text.endswith("Er is nog niets ingeleverd.")
    assert researcher.get("/desk/scans/1").status == 200
    assert researcher.get("/desk/scans/9").status == 404


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "Kies eerst de bestanden"),
        ([b"x", b""], "Een van de bestanden is leeg"),
        ([b"x"] * 201, "Hoogstens 200 bestanden"),
    ],
)
def test_what_cannot_be_a_pile_is_said_and_nothing_is_stored(
    pin: Desk, db: Database, files: list[bytes], said: str
) -> None:
    hand_in(pin, *files)
    assert (pin.status, said in pin.text) == (422, True)
    assert piles.listing(db) == ()


def test_more_than_a_browser_may_send_is_refused_unread_and_only_here_is_so_much_allowed(
    pin: Desk, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin.get("/desk/scans")

    def sent(client: FlaskClient, address: str, size: int) -> TestResponse:
        return client.post(address, data=form(pin.token, size), content_type=FORM)

    assert sent(pin.client, "/desk/scans", 2_000_000).status_code == 303
    assert sent(pin.client, "/desk/scans", scans.MOST_AT_ONCE + 1).status_code == 413
    assert sent(pin.client, "/desk/paper", 2_000_000).status_code == 413
    # Who is not signed in is sent to the door, whatever they send.
    stranger = sent(app.test_client(), "/desk/scans", 2_000_000)
    assert stranger.headers["Location"] == "/desk/sign-in"


def test_a_file_never_touches_a_disk_on_its_way_in(pin: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file of a family was written to a disk as it is")

    monkeypatch.setattr(formparser, "SpooledTemporaryFile", refuse)
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    pin.get("/desk/scans")
    sent = pin.client.post("/desk/scans", data=form(pin.token, 2_000_000), content_type=FORM)
    assert sent.headers["Location"] == "/desk/scans/1"


def test_a_form_is_confirmed_beside_its_pictures_doubts_first(
    researcher: Desk, db: Database, code: str
) -> None:
    scan(db, page(db, code, 1, DOUBTFUL))
    researcher.get("/desk/scans")
    assert "te beslissen: 1, te bekijken: 1" in researcher.text
    begin(researcher, db, code)
    fields = researcher.page.xpath("//form[@class='entry']//input[starts-with(@name, 'i.')]")
    assert [field.get("name") for field in fields] == ["i.2", "i.4", "i.1", "i.3", "i.5"]
    assert [field.get("value") for field in fields] == ["", "-", "5", "3", "1"]
    assert "beslissen, meer dan één kruisje" in researcher.text
    crops = researcher.page.xpath("//*[@class='crop']")
    assert len(crops) == 5
    confirm(researcher, **{"2": "*"})
    assert researcher.path == "/desk/scans"
    assert "Bevestigd." in researcher.text
    response = responses.get(db, sheets.find(db, KEY, code).response_id or 0)
    given = {**WELL, "2": Missing.two_marks, "4": Missing.skipped}
    assert answers.of(db, response, entry=1) == given
    assert answers.of(db, response) == {}
    assert piles.forms(db) == ()
    begin(researcher, db, code)
    assert (researcher.status, "doet iemand anders" in researcher.text) == (409, True)


def test_a_decision_that_is_not_made_or_cannot_be_is_asked_for_again(
    researcher: Desk, db: Database, code: str
) -> None:
    scan(db, page(db, code, 1, DOUBTFUL))
    begin(researcher, db, code)
    confirm(researcher, **{"2": "9", "3": "7"})
    assert (researcher.status, researcher.text.count("Dit kan hier geen antwoord zijn")) == (422, 2)
    assert researcher.page.xpath("//details//input[@name='i.3']") == []
    confirm(researcher, **{"2": "", "3": "3"})
    assert (researcher.status, "Typ wat er op papier staat" in researcher.text) == (422, True)
    confirm(researcher, **{"2": "4"})
    assert researcher.path == "/desk/scans"


def test_whole_page_and_picture_are_there_until_they_are_purged(
    researcher: Desk, db: Database, code: str, app: Flask
) -> None:
    house = app.extensions["meetmoment"]
    scanning_key = house.settings.picture_keys
    pile = scanning.intake.add(db, scanning_key, 1, [b"x"], by="account 7", now=scanning.BACK)
    reader = scanning.worker(db, page(db, code, 1, WELL))
    list(scanning.replace_keys(reader, scanning_key).read_all())
    (seen,) = piles.get(db, pile).pages
    picture = researcher.client.get(f"/desk/scans/pages/{seen.id}/picture")
    assert (picture.data, picture.mimetype) == (scanning.PICTURE, "image/jpeg")
    assert picture.headers["Cache-Control"] == "no-store"
    assert researcher.get(f"/desk/scans/pages/{seen.id}").page.xpath("//main//img/@src")
    assert researcher.get("/desk/scans/pages/99").status == 404


def test_a_bad_picture_is_put_aside(researcher: Desk, db: Database, code: str) -> None:
    scan(db, page(db, code, 1, DOUBTFUL))
    begin(researcher, db, code)
    (address,) = researcher.page.xpath("//form[contains(@action, '/aside')]/@action")
    researcher.post(address)
    assert "weggelegd" in researcher.text
    assert piles.forms(db) == ()
    researcher.post(address)
    assert (researcher.status, "niets te bevestigen" in researcher.text) == (409, True)
    researcher.get("/desk/scans/1")
    assert "Met de hand weggelegd" in researcher.text


def test_a_side_that_is_missing_is_named_before_the_form_is_confirmed_without_it(
    researcher: Desk, db: Database, cast: Cast
) -> None:
    code = print_sheet(db, cast.mother, "sdq")
    scan(db, page(db, code, 1, {str(item): 1 for item in range(1, 13)}), page(db, code, 3, {"25": 1}))
    researcher.get("/desk/scans/1")
    assert "kant 2." in researcher.text
    begin(researcher, db, code)
    assert "Bevestigen zonder de kant die ontbreekt" in researcher.text
    confirm(researcher)
    assert researcher.path == "/desk/scans"


def test_a_review_is_nobody_elses(researcher: Desk, hire: Hire, db: Database, code: str) -> None:
    scan(db, page(db, code, 1, WELL))
    begin(researcher, db, code)
    other = hire(Role.RESEARCHER, everywhere=True, email="tom@example.org")
    assert other.get(researcher.path).status == 404
    begin(other, db, code)
    assert (other.status, "aan het intypen" in other.text) == (409, True)


def test_the_web_loads_no_library_that_reads_pictures() -> None:
    import subprocess
    import sys

    program = "import sys, survey.web; sys.exit(bool({'cv2', 'pypdfium2', 'zxingcpp'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
