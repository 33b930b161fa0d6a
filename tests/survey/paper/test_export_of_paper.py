"""Answers from paper are the same in an export as those from a screen; paper has files of its own."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

from instruments import Given
from survey import agreement, entry, exports, responses, settling, sheets
from survey.db import Database
from tests.people import T0, Cast, at, plan
from tests.survey.paper.printing import KEY, print_sheet
from tests.survey.sittings import open_response, save, sit

BACK = at(T0 + dt.timedelta(10))
WELL: dict[str, Given] = {"1": 5, "2": 4, "3": 3, "4": 2, "5": 1}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def type_twice(db: Database, code: str, first: dict[str, Given], second: dict[str, Given]) -> int:
    sheet = sheets.find(db, KEY, code)
    for typist, given in (("account 1", first), ("account 2", second)):
        typing = entry.begin(db, plan(), sheet.id, typist, now=BACK)
        entry.save(db, typing, 1, given, sequence=typist.replace(" ", "-"), now=BACK)
        entry.finish(db, plan(), typing, now=BACK)
    for each in settling.differences(db, sheet.response_id or 0):
        settling.resolve(db, sheet.response_id or 0, each.item, WELL[each.item], by="account 3", now=BACK)
    settling.settle(db, plan(), sheet.id, by="account 3", now=BACK)
    return sheet.response_id or 0


def test_paper_and_screen_give_the_same_row_but_for_how_it_came(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    type_twice(db, print_sheet(db, cast.mother, "who5"), {**WELL, "2": 3}, {**WELL, "5": 2})
    number = open_response(db, cast.father, "who5")
    save(db, sit(db, cast.father, number, BACK), WELL, now=BACK, complete=True)
    exports.write(db, plan(), tmp_path / "export")
    paper, screen = rows(tmp_path / "export", "parent")
    unlike = {name for name in paper if paper[name] != screen[name]}
    assert unlike == {"respondent", "who5_mode"} or unlike == {"respondent", "who5_mode", "who5_language"}
    assert (paper["who5_mode"], screen["who5_mode"]) == ("paper", "web")


def test_every_copy_has_a_row_with_what_became_of_it(db: Database, cast: Cast, tmp_path: Path) -> None:
    number = type_twice(db, print_sheet(db, cast.mother, "who5"), {**WELL, "2": 3}, {**WELL, "5": 2})
    print_sheet(db, cast.father, "who5")
    exports.write(db, plan(), tmp_path / "export")
    done, out = rows(tmp_path / "export", "paper")
    assert (done["response"], done["state"], done["kept"], done["rule"]) == (
        str(number),
        "confirmed",
        "paper",
        "only",
    )
    assert (done["sides"], done["sides_seen"], done["returned_late"]) == ("1", "1", "0")
    assert (done["typed_by"], done["second_by"]) == ("account 1", "account 2")
    assert (done["typed_how"], done["second_how"], out["typed_how"]) == ("entry", "entry", "")
    assert (done["items_compared"], done["items_differing"]) == ("5", "2")
    assert (out["state"], out["returned_at"], out["items_compared"]) == ("printed", "", "")
    people = rows(tmp_path / "export", "typing_agreement")
    assert [(row["typist"], row["differing"], row["mistaken"]) for row in people] == [
        ("account 1", "2", "1"),
        ("account 2", "2", "1"),
    ]
    assert agreement.by_person(db)[0].share == 0.6


def test_without_paper_there_are_no_files_about_paper(db: Database, cast: Cast, tmp_path: Path) -> None:
    open_response(db, cast.mother, "who5")
    done = exports.write(db, plan(), tmp_path / "export")
    assert "paper" not in done.rows
    assert responses.get(db, 1).mode == "web"
