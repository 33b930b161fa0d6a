"""The contact store: sealed, apart from the answers, forgotten in time; every look at it is noted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey import audit, families
from survey.contacts import BadKeys, Book, Details, NotReachable, Terms, Unreadable, keys
from survey.contacts.book import checked
from survey.contacts.keys import Keys
from survey.contacts.tables import ContactsBase
from survey.db import Database
from survey.fieldwork import erasure, leaving, reaching
from survey.fieldwork.reaching import NotForThem, Wish
from survey.settings import BadSettings, Settings
from tests.people import T0, T1, Cast, at, plan

NOW = at(T0)
AYSE = Details("Ayşe de Vries", "ayse@example.org", "06-1234 5678", "belt liever niet op zondag")
TEXTS = Wish("text", "12345", 9, 17)
TERMS = Terms("text", "12345", 9, 17, T0, T0 + dt.timedelta(120))


def keep(db: Database, book: Book, respondent_id: int, now: dt.datetime = NOW) -> None:
    reaching.keep(db, book, plan(), respondent_id, AYSE, TEXTS, now=now, actor="account 1")


def file_of(book: Book) -> bytes:
    path = Path(book.database.url.database or "")
    return b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))


def test_what_is_kept_is_read_back_with_the_number_as_it_is_dialled(book: Book) -> None:
    book.keep(7, AYSE, TERMS, now=NOW, actor="test")
    assert book.read(7) == Details(
        "Ayşe de Vries", "ayse@example.org", "+31612345678", "belt liever niet op zondag"
    )
    assert book.read(8) is None
    assert book.standings([7, 8])[7].terms == TERMS


def test_keeping_again_replaces_and_leaves_nothing_of_before(book: Book) -> None:
    book.keep(7, AYSE, TERMS, now=NOW, actor="test")
    book.keep(7, Details(phone="+4915112345678"), TERMS, now=NOW, actor="test")
    assert book.read(7) == Details(phone="+4915112345678")


def test_the_file_holds_nothing_that_can_be_read(book: Book) -> None:
    book.keep(7, AYSE, TERMS, now=NOW, actor="test")
    stored = file_of(book)
    for word in (b"Ay\xc5\x9fe", b"de Vries", b"ayse@", b"12345678", b"zondag"):
        assert word not in stored


def test_keys_are_changed_without_losing_anything_and_the_old_one_opens_nothing_then(
    book: Book, contact_key: str
) -> None:
    book.keep(7, AYSE, TERMS, now=NOW, actor="test")
    newest = keys.fresh()
    assert Book(book.database, Keys([newest, contact_key])).renew() == 1
    renewed = Book(book.database, Keys([newest])).read(7)
    assert renewed is not None
    assert renewed.name == AYSE.name
    with pytest.raises(Unreadable):
        book.read(7)


def test_keys_that_do_not_open_everything_change_nothing(book: Book) -> None:
    book.keep(7, AYSE, TERMS, now=NOW, actor="test")
    with pytest.raises(Unreadable):
        Book(book.database, Keys([keys.fresh()])).renew()
    assert book.read(7) is not None


def test_a_number_that_was_put_with_somebody_else_is_noticed(book: Book) -> None:
    book.keep(7, AYSE, TERMS, now=NOW, actor="test")
    book.database.write(lambda connection: connection.exec_driver_sql("UPDATE contact SET respondent_id = 9"))
    with pytest.raises(Unreadable, match="not theirs"):
        book.read(9)


@pytest.mark.parametrize("text", ["", "short", "x" * 44])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadKeys):
        Keys([text])


@pytest.mark.parametrize(
    ("details", "channel", "field"),
    [
        (Details(phone="123"), "none", "phone"),
        (Details(phone="0612345678; DROP TABLE contact"), "none", "phone"),
        (Details(email="ayse@example"), "none", "email"),
        (Details(email="ayse@example.org\nBcc: all@example.org"), "none", "email"),
        (Details(email="ayse@example.org"), "text", "phone"),
        (Details(phone="0612345678"), "mail", "email"),
    ],
)
def test_where_nobody_can_be_reached_is_not_kept(details: Details, channel: str, field: str) -> None:
    with pytest.raises(NotReachable) as refused:
        checked(details, channel)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("06 12345678", "+31612345678"),
        ("0049 151 1234567", "+491511234567"),
        ("+90 (532) 1234567", "+905321234567"),
    ],
)
def test_a_number_is_kept_with_its_country(typed: str, kept: str) -> None:
    assert checked(Details(phone=typed), "text").phone == kept


def test_the_store_is_the_same_on_both_kinds_of_database(database_url: str, contact_key: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    settings = Settings("k" * 32, "sqlite:///x.db", contacts_url=database_url, contacts_keys=(contact_key,))
    book = Book.of(settings)
    assert book is not None
    book.upgrade()
    assert book.database.is_current()
    with book.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, ContactsBase.metadata) == []
        there = {check["name"] for check in sa.inspect(connection).get_check_constraints("contact")}
    declared = {
        str(check.name)
        for check in ContactsBase.metadata.tables["contact"].constraints
        if isinstance(check, sa.CheckConstraint)
    }
    assert there == declared
    book.keep(7, AYSE, TERMS, now=NOW, actor="test")
    assert book.forget([7]) == 1
    assert book.read(7) is None
    book.dispose()


def test_an_installation_without_a_store_has_none() -> None:
    assert Book.of(Settings("k" * 32, "sqlite:///x.db")) is None


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"CONTACTS_URL": "sqlite:///contacts.db"}, "CONTACTS_KEYS"),
        ({"CONTACTS_URL": "sqlite:///study.db", "CONTACTS_KEYS": "x"}, "CONTACTS_URL"),
        ({"SMTP_URL": "smtp://localhost"}, "MAIL_FROM"),
        ({"SMTP_URL": "localhost:25", "MAIL_FROM": "a@example.org"}, "SMTP_URL"),
        ({"TEXT_URL": "https://sms.example.org", "TEXT_FROM": "Vragen"}, "TEXT_KEY"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(given: dict[str, str], missing: str) -> None:
    environment = {f"MEETMOMENT_{name}": text for name, text in given.items()}
    with pytest.raises(BadSettings, match=f"MEETMOMENT_{missing}"):
        Settings.from_environment(
            environment | {"MEETMOMENT_SECRET_KEY": "x" * 32, "MEETMOMENT_DATABASE_URL": "sqlite:///study.db"}
        )


def test_a_look_is_noted_before_it_is_told_and_the_trail_holds_no_name(
    db: Database, cast: Cast, book: Book
) -> None:
    keep(db, book, cast.mother)
    assert reaching.show(db, book, cast.mother, now=NOW, actor="account 1") is not None
    noted = audit.of(db, f"respondent {cast.mother}")
    assert [one.action for one in noted[-2:]] == ["contact.kept", "contact.read"]
    assert noted[-1].actor == "account 1"
    assert not any(word in str(noted) for word in ("Ayşe", "@", "12345678"))


def test_what_was_agreed_holds_until_the_wave_closes_and_is_asked_for_anew(
    db: Database, cast: Cast, book: Book
) -> None:
    keep(db, book, cast.mother)
    closes = plan().window(T0, "T0").closes
    assert book.standings([cast.mother])[cast.mother].terms.good_until == closes
    later = at(T1)
    assert book.standings([cast.mother])[cast.mother].terms.next_safe(later) is None
    reaching.agree_again(db, book, plan(), cast.mother, now=later, actor="account 1")
    terms = book.standings([cast.mother])[cast.mother].terms
    assert (terms.agreed_on, terms.good_until) == (T1, plan().window(T0, "T1").closes)
    assert terms.next_safe(later) == later


def test_between_waves_it_holds_until_the_next_one_closes(db: Database, cast: Cast, book: Book) -> None:
    between = plan().window(T0, "T0").closes + dt.timedelta(5)
    keep(db, book, cast.mother, at(between))
    until = book.standings([cast.mother])[cast.mother].terms.good_until
    assert until == plan().window(T0, "T1").closes


def test_a_child_and_a_stranger_are_not_written_to(db: Database, cast: Cast, book: Book) -> None:
    for nobody in (cast.daan, cast.fatma, 999):
        with pytest.raises(NotForThem):
            keep(db, book, nobody)
    assert book.everybody() == frozenset()


def test_a_young_person_is_written_to_from_their_sixteenth_birthday(
    db: Database, cast: Cast, book: Book
) -> None:
    town = next(iter(families.places(db)))
    made = families.add_family(
        db, cast.study_id, town, T0,
        parents=[families.Parent()], children=[families.Child(dt.date(2010, 10, 1))], now=NOW,
    )  # fmt: skip
    young = made.child_respondents[0]
    with pytest.raises(NotForThem):
        keep(db, book, young, at(dt.date(2026, 9, 30)))
    keep(db, book, young, at(dt.date(2026, 10, 1)))


def test_names_go_half_a_year_after_the_last_wave_and_no_day_earlier(
    db: Database, cast: Cast, book: Book
) -> None:
    keep(db, book, cast.mother)
    assert reaching.expire(db, book, plan(), now=at(dt.date(2029, 3, 1)), actor="night") == 0
    assert reaching.expire(db, book, plan(), now=at(dt.date(2029, 3, 2)), actor="night") == 1
    assert book.everybody() == frozenset()
    assert audit.of(db, f"respondent {cast.mother}")[-1].action == "contact.expired"


def test_names_of_who_stopped_go_half_a_year_later(db: Database, cast: Cast, book: Book) -> None:
    keep(db, book, cast.mother)
    leaving.stop(db, cast.family_id, "family_wish", "keep", now=NOW, actor="test")
    assert reaching.expire(db, book, plan(), now=at(dt.date(2027, 3, 1)), actor="night") == 0
    assert reaching.expire(db, book, plan(), now=at(dt.date(2027, 3, 2)), actor="night") == 1


def test_names_of_people_who_are_not_here_any_more_go_at_once(db: Database, cast: Cast, book: Book) -> None:
    book.keep(999, AYSE, TERMS, now=NOW, actor="test")
    assert reaching.expire(db, book, plan(), now=NOW, actor="night") == 1


def test_erasing_a_family_reaches_its_names_too_and_nobody_elses(
    db: Database, cast: Cast, book: Book
) -> None:
    keep(db, book, cast.mother)
    keep(db, book, cast.father)
    book.keep(999, AYSE, TERMS, now=NOW, actor="test")
    with pytest.raises(erasure.StillTakesPart):
        erasure.erase_family(db, cast.family_id, now=NOW, actor="test", book=book)
    assert len(book.everybody()) == 3
    leaving.stop(db, cast.family_id, "family_wish", "erase", now=NOW, actor="test")
    gone = erasure.erase_family(db, cast.family_id, now=NOW, actor="test", book=book)
    assert gone["contact"] == 2
    assert book.everybody() == frozenset({999})
