"""This month shows what is out on paper and what came back, and nothing of what stands on it."""

from __future__ import annotations

from survey import sheets
from survey.db import Database
from tests.people import Cast
from tests.survey.paper.printing import KEY, print_sheet
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk


def test_what_was_printed_and_what_came_back_is_counted_by_person(
    pin: Desk, db: Database, cast: Cast, clock: Clock
) -> None:
    assert "op papier" not in pin.get("/desk/month").text.lower()
    code = print_sheet(db, cast.mother, "who5")
    print_sheet(db, cast.mother, "vgk")
    print_sheet(db, cast.mother, None)
    assert "op papier 2, terug 0" in pin.get("/desk/month").text
    assert "Op papier, niet terug 1" in pin.text
    assert "op papier 2, terug 0" in pin.get(f"/desk/families/{cast.family_id}").text
    sheet = sheets.find(db, KEY, code)
    sheets.mark_seen(db, sheet.id, [1], by="Ria", now=clock())
    assert "op papier 2, terug 1" in pin.get("/desk/month?show=returned").text
    assert pin.get("/desk/month?show=printed").text.count("op papier 2") == 1
    # Printed again after the first copy was lost, it is still one questionnaire.
    print_sheet(db, cast.mother, "vgk")
    assert "op papier 2, terug 1" in pin.get("/desk/month").text
