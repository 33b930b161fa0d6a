"""A person confirms what the reader saw: doubts first, both kept, and a scan may be one of two typings."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from instruments import Missing
from instruments.protocol import Paper, Protocol
from printable.apart import Shown
from printable.marks import Mark
from printable.reading import Evidence
from survey import agreement, answers, audit, entry, responses, settling, sheets
from survey.db import Database
from survey.scans import accuracy, piles, purging, reviewing
from survey.scans.reviewing import Review
from survey.scans.tables import ScanReading
from survey.sheets import Sheet
from tests import people
from tests.people import Cast, plan
from tests.survey.paper.printing import KEY, print_sheet
from tests.survey.paper.scanning import BACK, page, scan
from tests.survey.paper.test_entry import type_

RIA, TOM = "Ria", "Tom"
WELL = {"1": 5, "2": 4, "3": 3, "4": 2, "5": 1}
ONCE = plan().model_copy(update={"paper": Paper(usual="once", scan_sample_percent=0)})
TWICE = plan().model_copy(update={"paper": Paper(usual="twice", scan_sample_percent=0)})
#: One question where two boxes are crossed, one that is blank, and three that are sure.
DOUBTFUL = {**WELL, "2": ((), "unsure", ("two_marks",)), "4": ((), "look", ("blank",))}


@pytest.fixture
def db(chosen_db: Database) -> Database:
    """What a review stores goes through `entry`, which is tested on both databases; one will do here."""
    return chosen_db


@pytest.fixture
def code(db: Database, cast: Cast) -> str:
    """The mother's WHO-5."""
    return print_sheet(db, cast.mother, "who5")


def sheet_of(db: Database, code: str) -> Sheet:
    return sheets.find(db, KEY, code)


def review(db: Database, code: str, who: str = RIA, protocol: Protocol = ONCE) -> Review:
    number = reviewing.begin(db, protocol, sheet_of(db, code).id, who, now=BACK)
    return reviewing.load(db, protocol, number, who)


def kept(db: Database) -> dict[str, tuple[object, object]]:
    """item -> what was read, and what was confirmed."""
    with db.read() as connection:
        rows = connection.execute(sa.select(ScanReading.item, ScanReading.codes, ScanReading.confirmed)).all()
    return {row.item: (json.loads(row.codes), json.loads(row.confirmed or "null")) for row in rows}


def test_what_is_in_doubt_comes_first_and_nothing_is_proposed_where_a_person_must_decide(
    db: Database, code: str
) -> None:
    scan(db, page(db, code, 1, DOUBTFUL))
    assert [(form.unsure, form.look, form.missing) for form in piles.forms(db)] == [(1, 1, ())]
    found = review(db, code)
    assert [each.item.id for each in found.doubtful] == ["2", "4"]
    assert [each.item.id for each in found.sure] == ["1", "3", "5"]
    proposed = {each.item.id: each.proposed for each in found.questions}
    assert proposed == {"1": 5, "2": None, "3": 3, "4": Missing.skipped, "5": 1}


def test_nothing_is_an_answer_before_it_is_confirmed_and_then_both_are_kept(db: Database, code: str) -> None:
    scan(db, page(db, code, 1, DOUBTFUL))
    found = review(db, code)
    response = found.typing.response
    assert [answers.of(db, response, entry=number) for number in (0, 1, 2)] == [{}, {}, {}]
    assert reviewing.confirm(
        db, ONCE, found, {**WELL, "2": Missing.two_marks, "5": 2}, sequence="s", now=BACK
    )
    given = {**WELL, "2": Missing.two_marks, "5": 2}
    assert answers.of(db, responses.get(db, response.id)) == given
    assert answers.of(db, response, entry=1) == given
    assert {save.source for save in answers.history(db, response.id)} == {"scan"}
    assert kept(db)["5"] == ([1], 2)
    assert kept(db)["2"] == ([], {"missing": "two_marks"})
    assert sheet_of(db, code).status == "confirmed"
    assert piles.forms(db) == ()
    (typed,) = [one for one in audit.of(db, f"sheet {found.typing.sheet.id}") if one.action == "sheet.typed"]
    assert typed.detail["source"] == "scan"


def test_postgresql_keeps_a_review_as_well(postgres_db: Database) -> None:
    cast = people.settle(postgres_db)
    first, other = (print_sheet(postgres_db, who, "who5") for who in (cast.mother, cast.father))
    scan(postgres_db, page(postgres_db, first, 1, DOUBTFUL), page(postgres_db, other, 1, WELL))
    assert [(form.unsure, form.look) for form in piles.forms(postgres_db)] == [(1, 1), (0, 0)]
    reviewing.confirm(postgres_db, ONCE, review(postgres_db, first), {**WELL, "2": 4}, sequence="s", now=BACK)
    assert [each.level for each in accuracy.of(postgres_db, ONCE)] == ["look", "unsure"]
    (seen,) = (
        one for one in piles.get(postgres_db, 1).pages if one.sheet_id == sheet_of(postgres_db, other).id
    )
    reviewing.set_aside(postgres_db, seen.id, by=RIA, now=BACK)
    assert purging.purge(postgres_db, ONCE, now=BACK).pictures == 1
    assert piles.forms(postgres_db) == ()


def test_scan_and_person_are_the_two_typings_of_a_form(db: Database, code: str) -> None:
    scan(db, page(db, code, 1, WELL))
    assert not reviewing.confirm(db, TWICE, review(db, code, RIA, TWICE), WELL, sequence="s", now=BACK)
    sheet = sheet_of(db, code)
    with pytest.raises(entry.SecondPerson):
        entry.begin(db, TWICE, sheet.id, RIA, now=BACK)
    with pytest.raises(entry.ScannedBefore):
        reviewing.begin(db, TWICE, sheet.id, TOM, now=BACK)
    type_(db, sheet, TOM, {**WELL, "1": 4}, protocol=TWICE)
    number = sheet.response_id or 0
    assert [each.item for each in settling.differences(db, number)] == ["1"]
    settling.resolve(db, number, "1", 5, by="Eva", now=BACK)
    settling.settle(db, TWICE, sheet.id, by="Eva", now=BACK)
    assert answers.of(db, responses.get(db, number)) == WELL
    assert [(each.typist, each.mistaken) for each in agreement.by_person(db)] == [(RIA, 0), (TOM, 1)]


def test_a_form_that_was_typed_can_be_scanned_for_the_second_time(db: Database, code: str) -> None:
    type_(db, sheet_of(db, code), TOM, WELL, protocol=TWICE)
    scan(db, page(db, code, 1, WELL))
    assert reviewing.confirm(db, TWICE, review(db, code, RIA, TWICE), WELL, sequence="s", now=BACK)
    assert sheet_of(db, code).status == "confirmed"


def test_a_study_may_decide_that_a_confirmed_scan_is_enough(db: Database, code: str) -> None:
    enough = plan().model_copy(update={"paper": Paper(usual="twice", scanned="both")})
    scan(db, page(db, code, 1, WELL))
    assert entry.wanted(db, enough, sheet_of(db, code)) == 2
    assert reviewing.confirm(db, enough, review(db, code, RIA, enough), WELL, sequence="s", now=BACK)
    assert entry.wanted(db, enough, sheet_of(db, code)) == 1


def test_a_sample_of_forms_is_shown_whole(db: Database, cast: Cast, code: str) -> None:
    every = plan().model_copy(update={"paper": Paper(scan_sample_percent=100)})
    scan(db, page(db, code, 1, WELL))
    found = review(db, code, RIA, every)
    assert (found.whole, len(found.doubtful), found.sure) == (True, 5, ())
    assert not reviewing.load(db, ONCE, found.typing.id, RIA).whole


def test_a_question_that_was_asked_and_has_no_reading_stops_the_end_and_nothing_is_lost(
    db: Database, code: str
) -> None:
    scan(db, page(db, code, 1, DOUBTFUL))
    given = {item: value for item, value in WELL.items() if item != "2"}
    with pytest.raises(entry.Incomplete) as open_:
        reviewing.confirm(db, ONCE, review(db, code), given, sequence="s", now=BACK)
    assert open_.value.items == ("2",)
    again = review(db, code)
    assert again.typing.given == given
    assert reviewing.confirm(db, ONCE, again, WELL, sequence="t", now=BACK)


@pytest.mark.parametrize(
    ("living", "level"),
    [
        # Alone: the age of the other parent is not asked, and blank is as it must be.
        (2, "sure"),
        # With the other parent: it is asked, and blank is to be looked at.
        (1, "look"),
        # Nobody can be sure what was asked.
        (((2,), "unsure", ("two_marks",)), "look"),
    ],
)
def test_a_blank_question_that_was_not_asked_is_no_matter_of_doubt(
    db: Database, cast: Cast, living: int, level: str
) -> None:
    code = print_sheet(db, cast.mother, "background_family")
    sides = sheets.layout(db, sheet_of(db, code)).sides
    scan(db, *(page(db, code, side.number, {"living_situation": living}) for side in sides))
    levels = {each.item.id: each.level for each in review(db, code).questions}
    assert levels["other_parent_age"] == level


def test_a_form_of_which_a_side_is_missing_waits_for_it_or_is_confirmed_without(
    db: Database, cast: Cast
) -> None:
    code = print_sheet(db, cast.mother, "sdq")
    scan(db, page(db, code, 1, {str(item): 1 for item in range(1, 13)}), page(db, code, 3, {"25": 1}))
    found = review(db, code)
    assert (found.missing, dict(found.pages).keys()) == ((2,), {1, 3})
    scan(db, page(db, code, 2, {str(item): 1 for item in range(13, 25)}))
    assert review(db, code).missing == ()


def test_a_picture_that_is_set_aside_makes_room_for_a_better_one(db: Database, code: str) -> None:
    scan(db, page(db, code, 1, DOUBTFUL))
    (seen,) = piles.get(db, 1).pages
    assert reviewing.set_aside(db, seen.id, by=RIA, now=BACK) == sheet_of(db, code).id
    with pytest.raises(reviewing.NothingRead):
        reviewing.set_aside(db, seen.id, by=RIA, now=BACK)
    with pytest.raises(reviewing.NothingRead):
        reviewing.begin(db, ONCE, sheet_of(db, code).id, RIA, now=BACK)
    scan(db, page(db, code, 1, WELL))
    assert review(db, code).doubtful == ()


def test_a_review_is_one_persons_and_no_typing_from_paper(db: Database, code: str) -> None:
    scan(db, page(db, code, 1, WELL))
    found = review(db, code)
    with pytest.raises(entry.NotTyping):
        reviewing.load(db, ONCE, found.typing.id, TOM)
    with pytest.raises(entry.BeingTyped):
        review(db, code, TOM)
    entry.begin(db, ONCE, sheet_of(db, code).id, RIA, now=BACK)
    with pytest.raises(entry.NotTyping):
        reviewing.load(db, ONCE, found.typing.id, RIA)


def test_the_same_form_sent_twice_is_confirmed_once(db: Database, code: str) -> None:
    scan(db, page(db, code, 1, WELL))
    found = review(db, code)
    assert reviewing.confirm(db, ONCE, found, WELL, sequence="s", now=BACK)
    with pytest.raises(entry.NotTyping):
        reviewing.confirm(db, ONCE, found, WELL, sequence="s", now=BACK)
    assert len(answers.history(db, found.typing.response.id)) == 2


def test_the_pages_of_a_form_are_judged_together_whatever_pile_they_came_in(db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "sdq")
    sides = sheets.layout(db, sheet_of(db, code)).sides

    def filled(side: int) -> Shown:
        """A page on which the first box of every question is blackened, judged alone."""
        boxes = sides[side - 1].boxes
        first = {box.item: box for box in reversed(boxes)}
        marks = tuple(
            Mark(0.8, 6.0, True, False, True, 1.0)
            if box in first.values()
            else Mark(0.0, -6.0, *[False] * 3, 0.0)
            for box in boxes
        )
        shown = page(db, code, side, dict.fromkeys(first, ((), "unsure", ("only_filled",))))
        return Shown(replace(shown.reading, evidence=Evidence(marks, (), True)), shown.picture)

    scan(db, filled(3))
    assert [form.unsure for form in piles.forms(db)] == [1]
    scan(db, filled(1))
    assert [form.unsure for form in piles.forms(db)] == [0]
    assert {each.seen for each in review(db, code).questions} == {0}


def test_how_often_the_reader_was_wrong_is_counted_where_somebody_looked(
    db: Database, cast: Cast, code: str
) -> None:
    scan(db, page(db, code, 1, DOUBTFUL))
    given = {**WELL, "1": 4, "2": 4, "4": Missing.skipped}
    reviewing.confirm(db, ONCE, review(db, code), given, sequence="s", now=BACK)
    whole = plan().model_copy(update={"paper": Paper(scan_sample_percent=100)})
    found = [
        (each.edition, each.kind, each.level, each.looked_at, each.wrong) for each in accuracy.of(db, whole)
    ]
    assert found == [
        ("nl", "scan", "sure", 3, 1),
        ("nl", "scan", "look", 1, 0),
        ("nl", "scan", "unsure", 1, 1),
    ]
    assert [each.level for each in accuracy.of(db, ONCE)] == ["look", "unsure"]
