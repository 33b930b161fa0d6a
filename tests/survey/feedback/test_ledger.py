"""The ledger: what was published stands still, and nothing is published that can be subtracted from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from instruments.feedback import Smallest
from survey import audit, studies
from survey.accounts.people import Account
from survey.db import Database
from survey.feedback import ledger, selection
from survey.feedback.ledger import Document, Draft, Release
from survey.feedback.safety import Member
from survey.feedback.selection import ALL, Candidate, Cell, Rules
from survey.policy import Role
from tests.people import T0, at

DAY = dt.date(2027, 8, 1)
NOW = at(DAY)
RULES = Rules.of(Smallest(), 30)
TABLES = ("feedback_release", "feedback_cell", "feedback_document", "feedback_publication")


@pytest.fixture
def study_id(db: Database) -> int:
    return studies.create(db, "proef", "demo", now=at(T0))


@pytest.fixture
def researcher(study_id: int, hire: Callable[..., Account]) -> Account:
    return hire(Role.RESEARCHER)


def people(numbers: Iterable[int]) -> frozenset[Member]:
    return frozenset(Member(f"u{n}", f"p{n}", f"f{n}") for n in numbers)


def a_cell(numbers: Iterable[int], before: list[Cell]) -> tuple[Cell, ...]:
    group = people(numbers)
    values = tuple(Fraction(50) for _ in group)
    candidate = Candidate("who5", "mean", ALL, "T0", group, values, (0, 100))
    return selection.choose([candidate], before, RULES, DAY).new


def make(db: Database, study_id: int, number: int, numbers: Iterable[int], text: str = "een") -> Release:
    """A draft as if nothing had been published before."""
    about = {"smallest": Smallest().model_dump(), "round_below": 30, "number": number}
    documents = tuple(Document(None, "nl", form, f"{text} {form}".encode()) for form in ("pdf", "page"))
    draft = Draft(number, DAY, about, a_cell(numbers, []), documents)
    return ledger.store(db, study_id, draft, by="command line", now=NOW)


def publish(db: Database, release: Release, by: Account) -> Release:
    return ledger.publish(db, release.study_id, release.number, release.sha256[:12], by=by, now=NOW)


def test_what_is_published_is_what_was_made_and_everything_is_in_the_trail(
    db: Database, study_id: int, researcher: Account
) -> None:
    made = make(db, study_id, 1, range(20))
    assert (made.published_at, ledger.published(db, study_id)) == (None, ())
    done = publish(db, made, researcher)
    assert (done.id, done.sha256, done.published_at) == (made.id, made.sha256, NOW)
    page = ledger.document(db, done.id, None, "nl", "page")
    assert page is not None
    assert page.content == b"een page"
    assert ledger.document(db, done.id, None, "en", "page") is None
    events = audit.of(db, "feedback 1")
    assert [(one.action, one.actor) for one in events] == [
        ("feedback.made", "command line"),
        ("feedback.published", f"account {researcher.id}"),
    ]
    assert {one.detail["sha256"] for one in events} == {made.sha256}
    assert ledger.verify(db, study_id) == ()


def test_the_latest_draft_is_published_and_only_by_who_has_seen_it(
    db: Database, study_id: int, researcher: Account
) -> None:
    old = make(db, study_id, 1, range(20))
    new = make(db, study_id, 1, range(22), "twee")
    with pytest.raises(ledger.NotWhatWasSeen):
        publish(db, old, researcher)
    for too_short in ("", new.sha256[:11]):
        with pytest.raises(ledger.NotWhatWasSeen):
            ledger.publish(db, study_id, 1, too_short, by=researcher, now=NOW)
    assert publish(db, new, researcher).id == new.id


def test_a_date_of_the_calendar_has_one_publication(db: Database, study_id: int, researcher: Account) -> None:
    made = make(db, study_id, 1, range(20))
    publish(db, made, researcher)
    with pytest.raises(ledger.AlreadyPublished):
        publish(db, made, researcher)
    with pytest.raises(ledger.AlreadyPublished):
        make(db, study_id, 1, range(40))
    with pytest.raises(ledger.NoSuchRelease):
        ledger.publish(db, study_id, 2, made.sha256, by=researcher, now=NOW)


def test_two_drafts_that_can_be_subtracted_are_not_both_published(
    db: Database, study_id: int, researcher: Account
) -> None:
    """Each is fine by itself; the second has three people more."""
    first, second, third = (make(db, study_id, n, range(size)) for n, size in ((1, 20), (2, 23), (3, 33)))
    publish(db, first, researcher)
    with pytest.raises(ledger.Subtractable) as refused:
        publish(db, second, researcher)
    assert refused.value.figures == ("who5",)
    assert [one.number for one in ledger.published(db, study_id)] == [1]
    # What was refused was not told; so with thirteen people more there is nothing to subtract.
    publish(db, third, researcher)
    assert ledger.verify(db, study_id) == ()


def test_only_a_researcher_of_the_whole_study_publishes(
    db: Database, study_id: int, hire: Callable[..., Account]
) -> None:
    made = make(db, study_id, 1, range(20))
    for role in Role:
        if role is not Role.RESEARCHER:
            with pytest.raises(ledger.MayNotPublish):
                publish(db, made, hire(role))
    with pytest.raises(ledger.MayNotPublish):
        publish(db, made, hire(Role.RESEARCHER, everywhere=False))


def test_nothing_in_the_ledger_can_be_changed_or_taken_out(
    db: Database, study_id: int, researcher: Account
) -> None:
    publish(db, make(db, study_id, 1, range(20)), researcher)
    statements = [text for table in TABLES for text in (f"DELETE FROM {table}", f"UPDATE {table} SET id = 9")]
    for statement in statements:
        with pytest.raises(DatabaseError, match="append-only"):
            db.write(lambda connection, text=statement: connection.exec_driver_sql(text))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE feedback_release SET manifest = replace(manifest, ':30', ':31')", "manifest was changed"),
        ("UPDATE feedback_document SET sha256 = 'x' WHERE form = 'pdf'", "a document was changed"),
        ("DELETE FROM feedback_document WHERE form = 'pdf'", "not those that it lists"),
        ("UPDATE feedback_cell SET members = replace(members, 'p7', 'p8')", "groups it rests on"),
    ],
)
def test_who_changes_the_ledger_behind_its_back_is_found_out(
    db: Database, study_id: int, researcher: Account, change: str, says: str
) -> None:
    publish(db, make(db, study_id, 1, range(20)), researcher)

    table = next(name for name in TABLES if name in change)

    def tamper(connection: sa.Connection) -> None:
        if db.dialect == "postgresql":
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            for (name,) in connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(change)

    db.write(tamper)
    problems = ledger.verify(db, study_id)
    assert any(says in problem for problem in problems), problems
