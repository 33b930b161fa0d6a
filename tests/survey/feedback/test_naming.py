"""Whom the ledger of releases names: nobody without the key, and the same people whatever key is changed."""

from __future__ import annotations

import hashlib
import json

import pytest
import sqlalchemy as sa

from survey import append_only, audit, moments
from survey.accounts.people import Account
from survey.db import Database
from survey.feedback import ledger, making, naming, pages
from survey.feedback.ledger import Release
from survey.feedback.naming import KeyLost, Names
from survey.feedback.tables import FeedbackCell, FeedbackKey
from survey.keys import Keyring, Keys
from survey.models import Family
from survey.policy import Role
from tests.people import at, plan
from tests.survey.feedback.conftest import DUE, KEY, LATER, Hire, Towns

NEW = b"n" * 40
CHANGED = Keyring(NEW, (KEY,))


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the typesetting out: it is most of the time."""
    monkeypatch.setattr(pages, "pdf", lambda text: text.encode())


def released(towns: Towns, hire: Hire) -> Release:
    """The first release, published."""
    made = making.make(towns.db, towns.study, plan(), KEY, by="test", now=at(DUE))
    researcher: Account = hire(Role.RESEARCHER)
    return ledger.publish(towns.db, towns.study.id, made.number, made.sha256, by=researcher, now=at(DUE))


def names_in(db: Database) -> set[str]:
    """Every name in the ledger."""
    with db.read() as connection:
        listed = connection.scalars(sa.select(FeedbackCell.members)).all()
    return {name for members in listed for one in json.loads(members) for name in one[:3]}


def guesses(towns: Towns) -> set[str]:
    """What somebody who has the database, and knows how names were made before, tries for every family."""
    with towns.db.read() as connection:
        codes = connection.scalars(sa.select(Family.code)).all()
    salt = f"{towns.study.key} {moments.write(towns.study.created_at)}"
    return {hashlib.sha256(f"{salt}\0family\0{code}".encode()).hexdigest()[:20] for code in codes}


def chosen(towns: Towns, keys: Keys) -> list[object]:
    found, *_ = making.choose(towns.db, towns.study, plan(), keys, at(LATER))
    return [(cell.figure, cell.place, cell.period, cell.members) for cell in (*found.new, *found.again)]


def state(towns: Towns, keys: Keys) -> str:
    with towns.db.read() as connection:
        return naming.state(connection, towns.study.id, keys)


def test_who_has_the_database_alone_can_try_no_code(towns: Towns, hire: Hire) -> None:
    assert state(towns, KEY) == "none"
    released(towns, hire)
    assert state(towns, KEY) == "newest"
    assert len(names_in(towns.db)) > 50
    assert not names_in(towns.db) & guesses(towns)
    with towns.db.read() as connection:
        (sealed,) = connection.scalars(sa.select(FeedbackKey.sealed)).all()
    key = naming.of_study(towns.db, towns.study.id, KEY, now=at(DUE)).key
    assert key not in sealed


def test_people_keep_their_names_when_the_key_of_the_service_is_changed(towns: Towns, hire: Hire) -> None:
    released(towns, hire)
    before = chosen(towns, KEY)
    assert state(towns, CHANGED) == "former"
    assert chosen(towns, CHANGED) == before
    assert state(towns, CHANGED) == "newest", "the next release sealed the key anew"
    assert chosen(towns, NEW) == before
    with pytest.raises(KeyLost, match="MEETMOMENT_OLD_SECRET_KEYS"):
        making.make(towns.db, towns.study, plan(), KEY, by="test", now=at(LATER))
    assert len(ledger.releases(towns.db, towns.study.id)) == 1, "what cannot be compared is not made"


def test_a_release_of_before_names_had_a_key_is_named_anew_and_still_compared(
    towns: Towns, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(Names, "anew", lambda _self, unkeyed: unkeyed)
        published = released(towns, hire)
    towns.db.write(lambda connection: connection.execute(sa.delete(FeedbackKey)))
    old = names_in(towns.db)
    assert guesses(towns) < old
    assert state(towns, KEY) == "unkeyed"
    towns.db.write(lambda connection: naming.renew(connection, towns.study.id, KEY, at(LATER)))
    assert state(towns, KEY) == "newest"
    assert not names_in(towns.db) & old
    assert ledger.verify(towns.db, towns.study.id) == ()
    (after,) = ledger.releases(towns.db, towns.study.id)
    assert (after.sha256, after.manifest) == (published.sha256, published.manifest)
    (noted,) = [
        one for one in audit.of(towns.db, f"feedback {published.number}") if one.action == "feedback.rekeyed"
    ]
    # The same data: everything is told again as it was, nothing anew.
    found, *_ = making.choose(towns.db, towns.study, plan(), KEY, at(DUE))
    assert not found.new
    assert len(found.again) == len(published.manifest["new"])
    with pytest.raises(sa.exc.DatabaseError, match="append-only"):
        towns.db.write(
            lambda connection: connection.exec_driver_sql("UPDATE feedback_cell SET members = '[]'")
        )
    assert len(str(noted.detail["sha256"])) == 64


def test_who_changes_a_group_that_was_named_anew_is_found_out(
    towns: Towns, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(Names, "anew", lambda _self, unkeyed: unkeyed)
        released(towns, hire)
    towns.db.write(lambda connection: connection.execute(sa.delete(FeedbackKey)))
    towns.db.write(lambda connection: naming.renew(connection, towns.study.id, KEY, at(LATER)))

    def tamper(connection: sa.Connection) -> None:
        with append_only.lifted(connection, ["feedback_cell"]):
            connection.exec_driver_sql("UPDATE feedback_cell SET members = replace(members, '1', '2')")

    towns.db.write(tamper)
    assert any("groups it rests on" in problem for problem in ledger.verify(towns.db, towns.study.id))
