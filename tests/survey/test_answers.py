"""Answers: stored once, durable, checked, and kept as they were given."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from instruments import Given, Missing, loading
from survey import answers, responses
from survey.answers import Sitting
from survey.db import Database, counting
from tests.people import DUTCH, EASY, T0, T1, Cast, at
from tests.survey.sittings import NOW, again, open_response, save, sit

WHO5: dict[str, Given] = {"1": 5, "2": 0, "3": Missing.skipped}

EVERY_KIND = """
id: who5
version: self
revision: 1
informant: parent
subject: respondent
minutes: 1
rights: {holder: us, wording: own, licence: EUPL-1.2}
sources: {us: made for this test}
evidence: decision
options: {some: {codes: [-1, 2, 13]}}
pages: [[one, several, count, day, words]]
items:
  - {id: one, kind: choice, options: some, topic: one}
  - {id: several, kind: choices, options: some, topic: several}
  - {id: count, kind: number, min: -5, max: 99, topic: count}
  - {id: day, kind: date, topic: day}
  - {id: words, kind: text, topic: words}
"""


@pytest.mark.parametrize("several", [(2,), (-1, 13)])
def test_every_kind_of_answer_comes_back_as_it_was_given(
    db: Database, sitting: Sitting, monkeypatch: pytest.MonkeyPatch, several: tuple[int, ...]
) -> None:
    version = loading.parse(EVERY_KIND, "every kind")
    known = loading.Catalogue({("who5", "self"): version})
    monkeypatch.setattr(answers, "catalogue", lambda: known)
    answers._items_with_several.cache_clear()
    given: dict[str, Given] = {
        "one": -1,
        "several": several,
        "count": -5,
        "day": "2028-02-29",
        "words": "1,2",
    }
    save(db, sitting, given)
    assert again(db, sitting).answers == given
    assert answers.of(db, sitting.response) == given
    answers._items_with_several.cache_clear()


def test_texts_in_any_script_survive(db: Database, cast: Cast) -> None:
    response_id = open_response(db, cast.fatma, "evaluation_linking_pin", T1)
    sitting = sit(db, cast.fatma, response_id, at(T1))
    text = "Zoë's “klub” — ይህ · العربية 🎈\nregel 2, 100%s ? ? {} 'x'"
    save(db, sitting, {"7": text}, now=at(T1))
    assert again(db, sitting, at(T1)).answers == {"7": text}


def test_missing_is_an_answer_of_its_own(db: Database, sitting: Sitting) -> None:
    save(db, sitting, WHO5)
    found = again(db, sitting).answers
    assert found == WHO5
    assert isinstance(found["3"], Missing)


def test_a_later_save_replaces_what_it_gives_and_leaves_the_rest(db: Database, sitting: Sitting) -> None:
    save(db, sitting, WHO5)
    save(db, sitting, {"1": Missing.skipped, "3": 4, "4": 1}, "s2")
    assert again(db, sitting).answers == {"1": Missing.skipped, "2": 0, "3": 4, "4": 1}


def test_a_save_with_nothing_in_it_is_history_only(db: Database, sitting: Sitting) -> None:
    assert save(db, sitting, {}).stored
    assert again(db, sitting).answers == {}
    assert len(answers.history(db, sitting.response.id)) == 1


def test_history_holds_every_save_as_it_was_given(db: Database, sitting: Sitting) -> None:
    save(db, sitting, WHO5)
    save(db, sitting, {"1": 1}, "s2", edition=EASY, now=at(T0, 12, 1))
    first, second = answers.history(db, sitting.response.id)
    assert first.given == {"1": 5, "2": 0, "3": {"missing": "skipped"}}
    assert (first.source, first.visit_id, first.screen, first.edition) == (
        "web",
        sitting.visit.id,
        "1",
        DUTCH,
    )
    assert (second.given, second.edition, second.saved_at) == ({"1": 1}, EASY, at(T0, 12, 1))


@pytest.mark.parametrize("table", ["save_event", "event"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id + 1", "DELETE FROM {}"])
def test_history_cannot_be_changed(db: Database, sitting: Sitting, table: str, change: str) -> None:
    save(db, sitting, WHO5)
    statement = change.format(table)
    with pytest.raises(DBAPIError, match="append-only"):
        db.write(lambda connection: connection.exec_driver_sql(statement))
    assert len(answers.history(db, sitting.response.id)) == 1


def test_the_same_save_again_is_stored_once(db: Database, sitting: Sitting) -> None:
    assert save(db, sitting, {"1": 5}).stored
    save(db, sitting, {"1": 2}, "s2")
    assert not save(db, sitting, {"1": 5}, complete=True).stored
    assert again(db, sitting).answers == {"1": 2}
    assert again(db, sitting).response.status == "open"
    assert len(answers.history(db, sitting.response.id)) == 2


def test_the_same_save_from_many_threads_is_stored_once(db: Database, sitting: Sitting) -> None:
    barrier = threading.Barrier(8)
    outcomes: list[bool] = []

    def client() -> None:
        barrier.wait()
        outcomes.append(save(db, sitting, {"1": 5, "2": 3}).stored)

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 7 + [True]
    assert len(answers.history(db, sitting.response.id)) == 1


def test_different_saves_of_one_response_from_many_threads_are_all_kept(
    db: Database, sitting: Sitting
) -> None:
    failures: list[BaseException] = []

    def client(number: int) -> None:
        try:
            for turn in range(10):
                items = ["1", "2", "3", "4", "5"] if number % 2 else ["5", "4", "3", "2", "1"]
                save(db, sitting, dict.fromkeys(items, turn % 6), f"{number}.{turn}")
        except BaseException as failure:  # noqa: BLE001 - reported below
            failures.append(failure)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(answers.history(db, sitting.response.id)) == 60
    assert set(again(db, sitting).answers) == {"1", "2", "3", "4", "5"}


@pytest.mark.parametrize("answered", [1, 5])
def test_a_save_takes_one_statement_to_read_and_two_to_write_or_one_on_postgresql(
    db: Database, sitting: Sitting, answered: int
) -> None:
    given = {str(number): 3 for number in range(1, answered + 1)}
    with counting(db) as counts:
        loaded = again(db, sitting)
        save(db, loaded, given)
    assert (counts.statements, counts.commits) == (3 if db.dialect == "sqlite" else 2, 1)


def test_no_save_takes_more_than_four_statements_and_one_commit(db: Database, sitting: Sitting) -> None:
    busy = at(T0, 12, 20)
    for number, (given, edition, complete) in enumerate(
        [
            ({"1": 1}, EASY, False),
            ({"2": 1}, EASY, False),
            ({"3": 1, "4": 1}, DUTCH, True),
            ({"5": 1}, EASY, True),
        ]
    ):
        with counting(db) as counts:
            loaded = again(db, sitting, busy)
            save(db, loaded, given, f"n{number}", edition=edition, complete=complete, now=busy)
        assert counts.statements <= 4
        assert counts.commits == 1


def test_completing_dates_the_response_and_it_can_still_be_corrected(db: Database, sitting: Sitting) -> None:
    done = at(T0, 12, 3)
    save(db, sitting, {"1": 1}, complete=True, now=done)
    response = again(db, sitting, done).response
    assert (response.status, response.completed_at, response.late) == ("complete", done, False)
    assert response.entered_at is None
    save(db, again(db, sitting, done), {"1": 2}, "s2", complete=True, now=at(T0, 12, 4))
    corrected = again(db, sitting, done)
    assert corrected.answers == {"1": 2}
    assert corrected.response.completed_at == done


def test_a_save_in_another_edition_is_noted_on_the_response(db: Database, sitting: Sitting) -> None:
    save(db, sitting, {"1": 1}, edition=EASY)
    assert again(db, sitting).response.edition == EASY


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"1": 6}, "not_an_option"),
        ({"1": -1}, "not_an_option"),
        ({"1": "5"}, "not_an_option"),
        ({"1": True}, "not_an_option"),
        ({"6": 1}, "unknown_item"),
        ({"1; DROP TABLE answer": 1}, "unknown_item"),
        ({"1": Missing.not_asked}, "not_an_option"),
        ({"1": Missing.not_reached}, "not_an_option"),
    ],
)
def test_what_cannot_be_an_answer_is_refused_whole(
    db: Database, sitting: Sitting, given: dict[str, Given], reason: str
) -> None:
    with pytest.raises(answers.Unacceptable) as refused:
        save(db, sitting, {"2": 3, **given})
    assert [problem.reason for problem in refused.value.problems.values()] == [reason]
    assert again(db, sitting).answers == {}
    assert answers.history(db, sitting.response.id) == ()


@pytest.mark.parametrize("sequence", ["", "x" * 65, "a b", "a\n", "é", "'; --"])
def test_a_tampered_sequence_is_refused(db: Database, sitting: Sitting, sequence: str) -> None:
    with pytest.raises(answers.BadSequence):
        save(db, sitting, {"1": 1}, sequence)


def test_a_closed_wave_takes_no_answers_on_screen(db: Database, cast: Cast, sitting: Sitting) -> None:
    last = at(sitting.response.closes_on)
    first_too_late = at(sitting.response.closes_on + dt.timedelta(1))
    assert save(db, sit(db, cast.mother, sitting.response.id, last), {"1": 1}, now=last).stored
    late = sit(db, cast.mother, sitting.response.id, first_too_late)
    with pytest.raises(responses.WaveClosed):
        save(db, late, {"1": 2}, "s2", now=first_too_late)
    assert again(db, late, first_too_late).answers == {"1": 1}


def test_paper_may_come_late_and_is_marked_so(db: Database, sitting: Sitting) -> None:
    late = at(sitting.response.closes_on + dt.timedelta(20))
    answers.record(
        db,
        sitting.response.id,
        {"1": 1},
        source="entry",
        sequence="sheet-1",
        edition=DUTCH,
        now=late,
        complete=True,
        completed_at=at(T0 + dt.timedelta(3)),
    )
    response = responses.get(db, sitting.response.id)
    assert (response.status, response.late) == ("complete", True)
    assert (response.completed_at, response.entered_at) == (at(T0 + dt.timedelta(3)), late)


def test_a_correction_typed_in_later_does_not_make_a_response_late(db: Database, sitting: Sitting) -> None:
    save(db, sitting, {"1": 1}, complete=True)
    late = at(sitting.response.closes_on + dt.timedelta(20))
    save(db, sitting.response.id, {"1": 2}, "s2", source="entry", now=late, complete=True)
    response = responses.get(db, sitting.response.id)
    assert (response.completed_at, response.entered_at, response.late) == (NOW, late, False)


def test_the_two_typings_of_a_paper_form_stay_apart_from_the_answers(db: Database, sitting: Sitting) -> None:
    target = sitting.response.id
    save(db, target, {"1": 4}, source="entry", entry=1)
    save(db, target, {"1": 5, "2": Missing.two_marks}, source="entry", entry=2)
    assert answers.of(db, sitting.response, entry=1) == {"1": 4}
    assert answers.of(db, sitting.response, entry=2) == {"1": 5, "2": Missing.two_marks}
    assert answers.of(db, sitting.response) == {}
    assert again(db, sitting).answers == {}
    with pytest.raises(ValueError, match="entry 0"):
        save(db, target, {"1": 4}, "s2", source="entry", entry=1, complete=True)


@pytest.mark.parametrize("status", ["stopped", "void"])
def test_a_response_closed_a_moment_ago_takes_nothing(db: Database, sitting: Sitting, status: str) -> None:
    responses.set_status(db, sitting.response.id, status)
    with pytest.raises(responses.ResponseClosed):
        save(db, sitting, {"1": 1})
    with pytest.raises(responses.ResponseClosed):
        save(db, again(db, sitting), {"1": 1})
    assert again(db, sitting).answers == {}


def test_answers_for_a_response_that_does_not_exist_are_refused(db: Database, cast: Cast) -> None:
    with pytest.raises(responses.NoSuchResponse):
        save(db, 999, {"1": 1}, source="entry")


@pytest.mark.parametrize(
    "columns",
    [
        {"value": None, "text": None, "missing": None},
        {"value": 1, "text": "x", "missing": None},
        {"value": None, "text": None, "missing": "not_asked"},
        {"value": 1, "text": None, "missing": None, "entry": 3},
        {"value": 1, "text": None, "missing": None, "response_id": 999},
        {"value": 1, "text": None, "missing": None, "event_id": 999},
    ],
)
def test_the_database_itself_refuses_a_row_that_makes_no_sense(
    db: Database, sitting: Sitting, columns: dict[str, object]
) -> None:
    save(db, sitting, {"1": 1})
    (event,) = answers.history(db, sitting.response.id)
    row: dict[str, object] = {
        "response_id": sitting.response.id,
        "item": "2",
        "entry": 0,
        "event_id": event.id,
        "saved_at": "2026-09-01T12:00:00.000Z",
    } | columns
    statement = sa.text(
        f"INSERT INTO answer ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
    )
    with pytest.raises(IntegrityError):
        db.write(lambda connection: connection.execute(statement, row))
