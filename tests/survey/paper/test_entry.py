"""A form is typed twice, blind; differences are decided by a person; and one rule says what counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from instruments import Given, Missing
from instruments.protocol import Paper, Protocol
from survey import agreement, answers, audit, entry, families, openings, responses, settling, sheets
from survey.db import Database
from survey.entry import Typing
from survey.fieldwork import erasure
from survey.sheets import Sheet
from tests.people import T0, Cast, at, plan
from tests.survey.paper.printing import KEY, print_sheet
from tests.survey.sittings import save, sit

RIA, TOM, EVA = "Ria", "Tom", "Eva"
BACK = at(T0 + dt.timedelta(10))
WELL: Mapping[str, Given] = {"1": 5, "2": 4, "3": 3, "4": 2, "5": 1}
ONCE = plan().model_copy(update={"paper": Paper(usual="once")})


@pytest.fixture
def sheet(db: Database, cast: Cast) -> Sheet:
    """The mother's WHO-5 on paper."""
    return sheets.find(db, KEY, print_sheet(db, cast.mother, "who5"))


def type_(
    db: Database,
    sheet: Sheet,
    typist: str,
    given: Mapping[str, Given] = WELL,
    *,
    protocol: Protocol | None = None,
    now: dt.datetime = BACK,
    end: bool = True,
) -> Typing:
    typing = entry.begin(db, protocol or plan(), sheet.id, typist, now=now)
    for side in typing.sides:
        there = {item.id: given[item.id] for item in side.items if item.id in given}
        entry.save(db, typing, side.number, there, sequence=f"{typist}-{side.number}", now=now)
    if end:
        entry.finish(db, protocol or plan(), typing, now=now)
    return entry.progress(db, typing.id, typist)


def settle(db: Database, sheet: Sheet, protocol: Protocol | None = None, **options: str) -> settling.Settled:
    return settling.settle(
        db,
        protocol or plan(),
        sheet.id,
        by=EVA,
        now=BACK + dt.timedelta(1),
        **options,  # type: ignore[arg-type]
    )


def response_of(db: Database, sheet: Sheet) -> responses.Response:
    return responses.get(db, sheet.response_id or 0)


def test_a_sheet_is_typed_side_by_side_as_it_is_printed(db: Database, cast: Cast) -> None:
    sheet = sheets.find(db, KEY, print_sheet(db, cast.mother, "sdq"))
    typing = entry.begin(db, plan(), sheet.id, RIA, now=BACK)
    assert [len(side.items) for side in typing.sides] == [12, 12, 1]
    assert [item.id for side in typing.sides for item in side.items] == [
        item.id for item in typing.instrument.items
    ]
    with pytest.raises(entry.NotOnThisSide):
        entry.save(db, typing, 1, {"25": 1}, sequence="s", now=BACK)
    with pytest.raises(sheets.NoSuchSide):
        entry.save(db, typing, 4, {}, sequence="s", now=BACK)
    with pytest.raises(answers.BadSequence):
        entry.save(db, typing, 1, {"1": 1}, sequence="", now=BACK)
    assert sheets.get(db, sheet.id).seen == ()
    with pytest.raises(answers.Unacceptable):
        entry.save(db, typing, 1, {"1": 7}, sequence="s", now=BACK)


def test_typing_goes_on_where_it_stopped_and_shows_nobody_elses(db: Database, sheet: Sheet) -> None:
    typing = type_(db, sheet, RIA, {"1": 5, "2": Missing.unreadable}, end=False)
    again = entry.begin(db, plan(), sheet.id, RIA, now=BACK)
    assert (again.id, again.given, again.sheet.seen) == (
        typing.id,
        {"1": 5, "2": Missing.unreadable},
        (1,),
    )
    assert again.open_items == ("3", "4", "5")
    assert answers.of(db, response_of(db, sheet)) == {}
    with pytest.raises(entry.Incomplete) as open_:
        entry.finish(db, plan(), again, now=BACK)
    assert open_.value.items == ("3", "4", "5")
    with pytest.raises(entry.BeingTyped):
        entry.begin(db, plan(), sheet.id, TOM, now=BACK)
    with pytest.raises(entry.NotTyping):
        entry.progress(db, typing.id, TOM)


def test_the_second_typing_is_blind_and_by_somebody_else(db: Database, sheet: Sheet) -> None:
    type_(db, sheet, RIA)
    with pytest.raises(entry.SecondPerson):
        entry.begin(db, plan(), sheet.id, RIA, now=BACK)
    second = entry.begin(db, plan(), sheet.id, TOM, now=BACK)
    assert (second.entry, second.given) == (2, {})


def test_a_third_typing_is_refused(db: Database, sheet: Sheet) -> None:
    type_(db, sheet, RIA)
    type_(db, sheet, TOM)
    with pytest.raises(entry.TypedEnough):
        entry.begin(db, plan(), sheet.id, EVA, now=BACK)
    assert sheets.get(db, sheet.id).status == "entered"
    settle(db, sheet)
    with pytest.raises(sheets.SheetConfirmed):
        entry.begin(db, plan(), sheet.id, EVA, now=BACK)


def test_another_copy_of_the_same_form_is_no_way_to_type_it_again(
    db: Database, cast: Cast, sheet: Sheet
) -> None:
    copy = sheets.find(db, KEY, print_sheet(db, cast.mother, "who5", key=KEY))
    assert copy.id == sheet.id
    type_(db, sheet, RIA)
    with pytest.raises(entry.NotTyping):
        entry.save(db, type_(db, sheet, TOM), 1, {"1": 0}, sequence="late", now=BACK)


def test_what_the_study_types_once_is_done_after_once(db: Database, sheet: Sheet) -> None:
    type_(db, sheet, RIA, protocol=ONCE)
    assert sheets.get(db, sheet.id).status == "entered"
    with pytest.raises(entry.TypedEnough):
        entry.begin(db, ONCE, sheet.id, TOM, now=BACK)
    assert settle(db, sheet, ONCE).rule == "only"
    assert answers.of(db, response_of(db, sheet)) == WELL


def test_a_sample_is_the_same_whenever_it_is_asked(db: Database, cast: Cast, sheet: Sheet) -> None:
    every = plan().model_copy(update={"paper": Paper(sample=("who5",), sample_percent=100)})
    assert entry.wanted(db, every, sheet) == 2
    half = plan().model_copy(update={"paper": Paper(usual="sample", sample_percent=50)})
    found = [entry.wanted(db, half, sheet) for _ in range(3)]
    assert len(set(found)) == 1


def test_differences_are_listed_item_by_item_and_decided_by_a_person(db: Database, sheet: Sheet) -> None:
    type_(db, sheet, RIA)
    type_(db, sheet, TOM, {**WELL, "2": 3, "5": Missing.two_marks})
    response = response_of(db, sheet).id
    assert [(each.item, each.first, each.second) for each in settling.differences(db, response)] == [
        ("2", 4, 3),
        ("5", 1, Missing.two_marks),
    ]
    with pytest.raises(settling.Unresolved) as open_:
        settle(db, sheet)
    assert open_.value.items == ("2", "5")
    settling.resolve(db, response, "2", 4, by=EVA, now=BACK)
    settling.resolve(db, response, "5", 1, by=EVA, now=BACK)
    settling.resolve(db, response, "5", Missing.two_marks, by=EVA, now=BACK)
    with pytest.raises(settling.NoDifference):
        settling.resolve(db, response, "1", 5, by=EVA)
    with pytest.raises(answers.Unacceptable):
        settling.resolve(db, response, "2", 9, by=EVA)
    assert all(each.decided for each in settling.differences(db, response))
    settle(db, sheet)
    assert answers.of(db, response_of(db, sheet)) == {**WELL, "5": Missing.two_marks}
    assert answers.of(db, response_of(db, sheet), entry=1) == WELL
    with pytest.raises(sheets.SheetConfirmed):
        settling.resolve(db, response, "2", 3, by=EVA)


def test_agreement_is_counted_by_person_and_questionnaire(db: Database, cast: Cast, sheet: Sheet) -> None:
    type_(db, sheet, RIA)
    type_(db, sheet, TOM, {**WELL, "2": 3})
    settling.resolve(db, sheet.response_id or 0, "2", 4, by=EVA, now=BACK)
    ria, tom = agreement.by_person(db)
    assert (ria.typist, ria.instrument, ria.forms, ria.items, ria.differing) == (RIA, "who5", 1, 5, 1)
    assert (ria.mistaken, tom.mistaken, tom.decided, tom.share) == (0, 1, 1, 0.8)


def test_a_confirmed_sheet_is_complete_since_it_came_back_and_its_code_is_dead(
    db: Database, cast: Cast
) -> None:
    code = print_sheet(db, cast.mother, "who5")
    sheet = sheets.find(db, KEY, code)
    type_(db, sheet, RIA)
    type_(db, sheet, TOM, now=BACK + dt.timedelta(3))
    settled = settle(db, sheet)
    response = response_of(db, sheet)
    assert (settled.kept, settled.rule, response.status, response.mode) == (
        "paper",
        "only",
        "complete",
        "paper",
    )
    assert (response.completed_at, response.entered_at, response.late) == (
        BACK,
        BACK + dt.timedelta(1),
        False,
    )
    with pytest.raises(sheets.SheetConfirmed):
        openings.open(db, KEY, code, BACK, address=None)
    assert settle(db, sheet) == settled
    assert audit.of(db, f"sheet {sheet.id}")[-1].action == "sheet.confirmed"


def test_late_paper_is_accepted_and_marked(db: Database, sheet: Sheet) -> None:
    late = at(T0 + dt.timedelta(200))
    type_(db, sheet, RIA, now=late)
    type_(db, sheet, TOM, now=late)
    settle(db, sheet)
    assert response_of(db, sheet).late


def on_screen(db: Database, cast: Cast, sheet: Sheet, now: dt.datetime) -> None:
    sitting = sit(db, cast.mother, sheet.response_id or 0, now)
    save(db, sitting, {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}, now=now, complete=True)


def test_what_was_complete_first_counts_when_both_came_in(db: Database, cast: Cast, sheet: Sheet) -> None:
    on_screen(db, cast, sheet, BACK - dt.timedelta(1))
    type_(db, sheet, RIA)
    type_(db, sheet, TOM)
    assert {(each.screen, each.paper) for each in settling.side_by_side(db, plan(), sheet.id)} == {
        (0, value) for value in WELL.values()
    }
    settled = settle(db, sheet)
    assert (settled.kept, settled.rule) == ("web", "earliest")
    response = response_of(db, sheet)
    assert set(answers.of(db, response).values()) == {0}
    assert answers.of(db, response, entry=1) == WELL
    assert (response.mode, response.entered_at) == ("web", None)
    assert sheets.get(db, sheet.id).status == "confirmed"


def test_paper_that_came_back_first_counts_and_the_screen_is_kept_in_the_history(
    db: Database, cast: Cast, sheet: Sheet
) -> None:
    type_(db, sheet, RIA)
    on_screen(db, cast, sheet, BACK + dt.timedelta(hours=1))
    type_(db, sheet, TOM)
    settled = settle(db, sheet)
    response = response_of(db, sheet)
    assert (settled.kept, settled.rule, response.mode) == ("paper", "earliest", "paper")
    assert response.completed_at == BACK
    assert answers.of(db, response) == WELL
    assert set(settling.on_screen(db, response).values()) == {0}
    with pytest.raises(responses.ResponseClosed):
        on_screen(db, cast, sheet, BACK + dt.timedelta(2))


def test_a_person_may_decide_against_the_rule_and_says_why(db: Database, cast: Cast, sheet: Sheet) -> None:
    on_screen(db, cast, sheet, BACK - dt.timedelta(1))
    asking = plan().model_copy(update={"paper": Paper(both="person")})
    type_(db, sheet, RIA, protocol=asking)
    type_(db, sheet, TOM, protocol=asking)
    with pytest.raises(settling.PersonDecides):
        settle(db, sheet, asking)
    settled = settle(db, sheet, asking, kept="paper", reason="the child pressed the buttons")
    assert (settled.rule, settled.decided_by, settled.reason) == (
        "person",
        EVA,
        "the child pressed the buttons",
    )
    assert answers.of(db, response_of(db, sheet)) == WELL


def test_what_is_blank_on_paper_does_not_keep_an_answer_of_the_screen(
    db: Database, cast: Cast, sheet: Sheet
) -> None:
    sitting = sit(db, cast.mother, sheet.response_id or 0, BACK)
    save(db, sitting, {"1": 0, "4": 0}, now=BACK)
    for typist in (RIA, TOM):
        type_(db, sheet, typist, {**WELL, "4": Missing.skipped})
    settle(db, sheet)
    assert answers.of(db, response_of(db, sheet)) == {**WELL, "4": Missing.skipped}


def test_a_side_that_is_missing_is_left_open_and_told(db: Database, cast: Cast) -> None:
    sheet = sheets.find(db, KEY, print_sheet(db, cast.mother, "sdq"))
    for typist in (RIA, TOM):
        typing = entry.begin(db, plan(), sheet.id, typist, now=BACK)
        for side in (1, 3):
            there = dict.fromkeys((item.id for item in typing.side(side).items), 1)
            entry.save(db, typing, side, there, sequence=f"{typist}-{side}", now=BACK)
        entry.finish(db, plan(), entry.progress(db, typing.id, typist), now=BACK)
    settle(db, sheet)
    assert sheets.get(db, sheet.id).missing == (2,)
    assert len(answers.of(db, response_of(db, sheet))) == 13


def test_the_form_of_somebody_who_withdrew_is_refused(db: Database, cast: Cast, sheet: Sheet) -> None:
    type_(db, sheet, RIA)
    typing = entry.begin(db, plan(), sheet.id, TOM, now=BACK)
    families.set_status(db, cast.family_id, "stopped", reason="moved")
    with pytest.raises(sheets.SheetWithdrawn):
        entry.save(db, typing, 1, WELL, sequence="s", now=BACK)
    with pytest.raises(sheets.SheetWithdrawn):
        entry.begin(db, plan(), sheet.id, EVA, now=BACK)


def test_a_cover_has_nothing_to_type_and_a_sheet_of_another_study_is_not_known(
    db: Database, cast: Cast
) -> None:
    cover = sheets.find(db, KEY, print_sheet(db, cast.mother, None))
    with pytest.raises(entry.NothingToType):
        entry.begin(db, plan(), cover.id, RIA, now=BACK)
    with pytest.raises(entry.NothingToType):
        settle(db, cover)
    with pytest.raises(sheets.NoSuchSheet):
        sheets.find(db, b"the key of another study", print_sheet(db, cast.mother, "who5"))


def test_a_typing_that_nobody_will_finish_can_be_set_aside(db: Database, sheet: Sheet) -> None:
    typing = type_(db, sheet, RIA, {"1": 0}, end=False)
    entry.set_aside(db, typing.id, by=EVA, reason="left the team", now=BACK)
    other = entry.begin(db, plan(), sheet.id, TOM, now=BACK)
    assert (other.entry, other.given) == (1, {})
    with pytest.raises(entry.NotTyping):
        entry.set_aside(db, other.id + 1, by=EVA, reason="", now=BACK)
    history = answers.history(db, sheet.response_id or 0)
    assert [save.given for save in history] == [{"1": 0}]


@pytest.mark.parametrize("table", ["decision", "settlement"])
def test_what_was_decided_cannot_be_changed(db: Database, sheet: Sheet, table: str) -> None:
    type_(db, sheet, RIA)
    type_(db, sheet, TOM, {**WELL, "2": 3})
    settling.resolve(db, sheet.response_id or 0, "2", 4, by=EVA, now=BACK)
    settle(db, sheet)
    for statement in (f"UPDATE {table} SET decided_by = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            db.write(lambda connection, text=statement: connection.execute(sa.text(text)))


def test_nothing_counts_before_everything_was_typed(db: Database, sheet: Sheet) -> None:
    type_(db, sheet, RIA)
    with pytest.raises(entry.NotTyping):
        settle(db, sheet)
    with pytest.raises(entry.NotTyping):
        settling.resolve(db, sheet.response_id or 0, "1", 5, by=EVA)


def test_a_family_that_is_erased_takes_its_sheets_and_decisions_along(
    db: Database, cast: Cast, sheet: Sheet
) -> None:
    type_(db, sheet, RIA)
    type_(db, sheet, TOM, {**WELL, "2": 3})
    settling.resolve(db, sheet.response_id or 0, "2", 4, by=EVA, now=BACK)
    settle(db, sheet)
    families.set_status(db, cast.family_id, "stopped", reason="moved")
    gone = erasure.erase_family(db, cast.family_id, now=BACK, actor=EVA)
    assert {"sheet", "sheet_side", "typing", "decision", "settlement"} <= gone.keys()
    with pytest.raises(sheets.NoSuchSheet):
        sheets.get(db, sheet.id)
