"""Typing paper at the desk: by code, side by side, blind, without a script; and deciding what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from instruments import Missing
from printable import codes
from survey import answers, entry, responses, settling, sheets
from survey.db import Database
from survey.policy import Role
from survey.sheets import Sheet
from tests.people import Cast, plan
from tests.survey.paper.printing import KEY, print_sheet
from tests.survey.web.desk.conftest import Desk

Hire = Callable[..., Desk]
WELL = {"1": "5", "2": "4", "3": "3", "4": "2", "5": "1"}


@pytest.fixture
def researcher(hire: Hire) -> Desk:
    return hire(Role.RESEARCHER, everywhere=True, email="ria@example.org")


@pytest.fixture
def second(hire: Hire) -> Desk:
    return hire(Role.RESEARCHER, everywhere=True, email="tom@example.org")


@pytest.fixture
def code(db: Database, cast: Cast) -> str:
    return print_sheet(db, cast.mother, "who5")


def sheet_with(db: Database, code: str) -> Sheet:
    return sheets.find(db, KEY, code)


def find(desk: Desk, code: str) -> Desk:
    return desk.get("/desk/paper").post("/desk/paper", code=code)


def begin(desk: Desk, code: str) -> Desk:
    find(desk, code)
    return desk.post(f"{desk.path}/type")


def fill_in(desk: Desk, readings: Mapping[str, str]) -> Desk:
    fields = {f"i.{item}": text for item, text in readings.items()}
    return desk.post(desk.path, {"sequence": desk.field("sequence"), **fields})


def test_a_sheet_is_found_by_its_code_or_the_address_in_its_square(
    researcher: Desk, db: Database, code: str
) -> None:
    number = sheet_with(db, code).id
    assert find(researcher, codes.shown(code).lower()).path == f"/desk/paper/sheets/{number}"
    assert sheet_with(db, code).seen == ()
    marker = codes.address("https://mm.example.org", codes.Marker(code, 1))
    assert find(researcher, marker).path == f"/desk/paper/sheets/{number}"
    assert sheet_with(db, code).seen == (1,)


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("6SC6", 422, "dit zijn er minder"),
        ("6SC6S6ZK2", 422, "past niet"),
        ("6SC6S6ZU1", 422, "nooit de letter U"),
        (codes.new(lambda bits: 2**30), 404, "Geen vel van dit onderzoek"),
    ],
)
def test_a_code_that_finds_nothing_says_why(researcher: Desk, typed: str, status: int, said: str) -> None:
    find(researcher, typed)
    assert (researcher.status, said in researcher.text) == (status, True)


def test_a_form_is_typed_with_digits_and_keys_and_then_decided_and_confirmed(
    researcher: Desk, second: Desk, db: Database, code: str
) -> None:
    begin(researcher, code)
    assert "Hoe het met u gaat" in researcher.html
    assert researcher.page.xpath("//input[@name='i.1']/@data-codes") == ["5 4 3 2 1 0 - / *"]
    fill_in(researcher, WELL)
    assert researcher.path == f"/desk/paper/sheets/{sheet_with(db, code).id}"
    begin(researcher, code)
    assert (researcher.status, "De tweede keer doet iemand anders" in researcher.text) == (409, True)
    begin(second, code)
    assert second.page.xpath("//input[@type='text']/@value") == [""] * 5
    fill_in(second, {**WELL, "2": "3", "5": "*"})
    second.get(f"{second.path}/differences")
    assert second.text.count("Eerste:") == 2
    for item, reading in (("2", "4"), ("5", "*")):
        second.post(second.path, item=item, reading=reading)
    second.post(second.path.replace("differences", "settle"))
    assert sheet_with(db, code).status == "confirmed"
    response = responses.get(db, sheet_with(db, code).response_id or 0)
    assert answers.of(db, response) == {"1": 5, "2": 4, "3": 3, "4": 2, "5": Missing.two_marks}
    begin(second, code)
    assert (second.status, "niets meer ingetypt" in second.text) == (409, True)


def test_what_cannot_be_an_answer_is_shown_again_and_nothing_is_stored(
    researcher: Desk, db: Database, code: str
) -> None:
    begin(researcher, code)
    fill_in(researcher, {**WELL, "3": "9"})
    assert (researcher.status, "Dit kan hier geen antwoord zijn" in researcher.text) == (422, True)
    assert researcher.page.xpath("//input[@name='i.3']/@value") == ["9"]
    assert sheet_with(db, code).seen == ()


def test_what_is_still_open_is_asked_for_before_the_end(researcher: Desk, db: Database, code: str) -> None:
    begin(researcher, code)
    fill_in(researcher, {**WELL, "4": ""})
    assert "nog niets ingetypt" in researcher.text
    fill_in(researcher, {**WELL, "4": "-"})
    assert researcher.path.startswith("/desk/paper/sheets/")


def test_a_side_that_is_not_there_is_passed_over(researcher: Desk, db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "sdq")
    begin(researcher, code)
    fill_in(researcher, {str(item): "1" for item in range(1, 13)})
    assert researcher.path.endswith("/2")
    researcher.post(researcher.path.replace("/2", "/missing/2"))
    fill_in(researcher, {"25": "1"})
    assert sheet_with(db, code).missing == (2,)
    assert "een kant ontbreekt" in researcher.text


def test_a_typing_goes_on_at_the_first_open_side_and_is_nobody_elses(
    researcher: Desk, second: Desk, db: Database, cast: Cast
) -> None:
    code = print_sheet(db, cast.mother, "sdq")
    begin(researcher, code)
    fill_in(researcher, {str(item): "1" for item in range(1, 13)})
    there = researcher.path
    assert begin(researcher, code).path == there
    assert second.get(there).status == 404
    begin(second, code)
    assert (second.status, "aan het intypen" in second.text) == (409, True)


def test_paper_and_screen_are_shown_side_by_side_to_who_decides(
    researcher: Desk, db: Database, cast: Cast, code: str
) -> None:
    sheet = sheet_with(db, code)
    assert researcher.get(f"/desk/paper/sheets/{sheet.id}/beside").status == 404
    for typist in ("account 98", "account 99"):
        typing = entry.begin(db, plan(), sheet.id, typist)
        given = {item: int(text) for item, text in WELL.items()}
        entry.save(db, typing, 1, given, sequence=typist.replace(" ", "-"))
        entry.finish(db, plan(), typing)
    researcher.get(f"/desk/paper/sheets/{sheet.id}/beside")
    researcher.post(researcher.path.replace("beside", "settle"), kept="paper", reason="gezien")
    settled = settling.of(db, sheet.response_id or 0)
    assert settled is not None
    assert (settled.kept, settled.rule, settled.reason) == ("paper", "person", "gezien")
    assert "gezien" in researcher.text


def test_a_spoiled_copy_is_declared_void(researcher: Desk, db: Database, code: str) -> None:
    find(researcher, code)
    researcher.post(f"{researcher.path}/void", reason="koffie")
    assert sheet_with(db, code).status == "dead"
    begin(researcher, code)
    assert (researcher.status, "ongeldig verklaard" in researcher.text) == (409, True)


def test_the_print_runs_show_what_came_back(researcher: Desk, db: Database, code: str) -> None:
    sheet = sheet_with(db, code)
    sheets.mark_seen(db, sheet.id, [1], by="account 1")
    assert "WHO" in researcher.get("/desk/paper").text or "who5" in researcher.text
    researcher.get("/desk/paper/runs")
    researcher.get(f"/desk/paper/runs/{sheet.batch_id}")
    assert "1 van de 1 formulieren zijn terug" in researcher.text
    assert researcher.get("/desk/paper/runs/999").status == 404


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMIN, Role.POLICY_OFFICER])
def test_nobody_else_types(hire: Hire, db: Database, code: str, role: Role) -> None:
    desk = hire(role, everywhere=True)
    assert desk.get("/desk/paper").status == 403
    assert desk.get(f"/desk/paper/sheets/{sheet_with(db, code).id}").status == 403
