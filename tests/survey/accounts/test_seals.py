"""Keys of second factors lie sealed in the database: what becomes of them when a key is changed or lost."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import update

from survey.accounts import people, second_factor, sessions, signing_in
from survey.accounts.signing_in import FactorLost, NotProved
from survey.accounts.tables import Account
from survey.db import Database
from survey.keys import Keyring, Keys
from survey.policy import Role
from tests.people import Cast
from tests.survey.accounts import staff
from tests.survey.accounts.staff import NOW, PASSWORD, SECRET_KEY, Colleague, enter, knock, origin

LATER = NOW + dt.timedelta(minutes=1)


def keep(db: Database, who: Colleague, stored: str) -> None:
    db.write(
        lambda connection: connection.execute(
            update(Account).where(Account.id == who.id).values(factor=stored)
        )
    )


CHANGED = Keyring(b"n" * 40, (SECRET_KEY.encode(),))


def enter_with(db: Database, who: Colleague, keys: Keys, code: str, now: dt.datetime) -> str:
    session = sessions.find(db, knock(db, who, now), now)
    return signing_in.with_code(db, session, code, origin(who.email), now, secret_key=keys)


def test_a_second_factor_follows_a_changed_key_of_the_service(db: Database, admin: Colleague) -> None:
    code, later = admin.code(NOW), admin.code(LATER)
    assert enter_with(db, admin, CHANGED, code, NOW)
    assert not second_factor.is_newest(SECRET_KEY, admin.id, admin.stored)
    assert enter_with(db, admin, CHANGED.current, later, LATER), "it needs the former key no more"


def test_a_second_factor_that_was_stored_in_the_clear_is_sealed_when_it_is_used(
    db: Database, admin: Colleague
) -> None:
    keep(db, admin, admin.key)
    assert len(admin.stored) == 32
    assert enter(db, admin)
    assert len(admin.stored) == 64
    assert enter(db, admin, LATER)


@pytest.mark.parametrize("spoilt", ["another's", "changed", "no seal"])
def test_a_seal_that_is_not_its_own_opens_nothing(
    db: Database, admin: Colleague, cast: Cast, spoilt: str
) -> None:
    other = staff.settle(db, cast.study_id, Role.RESEARCHER, NOW, everywhere=True)
    stored, code = admin.stored, admin.code(NOW)
    changed = stored[:20] + ("A" if stored[20] != "A" else "B") + stored[21:]
    keep(db, admin, {"another's": other.stored, "changed": changed, "no seal": "!" * 64}[spoilt])
    with pytest.raises(FactorLost):
        enter(db, admin, code=code)


def test_who_has_a_second_factor_of_which_the_key_is_gone_begins_anew(db: Database, admin: Colleague) -> None:
    key = b"n" * 40
    for typed in (admin.code(NOW), admin.recovery_codes[0]):
        with pytest.raises(NotProved):
            enter_with(db, admin, key, typed, NOW)
    token = people.reset(db, admin.id, now=NOW, actor="test")
    secret = signing_in.accept(db, token, PASSWORD, NOW, secret_key=key)
    session = sessions.find(db, secret, NOW)
    app = signing_in.pending_factor(db, session, secret_key=key)
    code = second_factor.current_code(app, NOW)
    full, _ = signing_in.enrol(db, session, code, origin(admin.email), NOW, secret_key=key)
    assert sessions.find(db, full, NOW).stage == "full"


def test_whose_key_was_lost_while_it_was_set_up_gets_another_with_the_next_sign_in(
    db: Database, cast: Cast
) -> None:
    _, email, token = staff.invite(db, cast.study_id, Role.RESEARCHER, NOW, everywhere=True)
    secret = signing_in.accept(db, token, PASSWORD, NOW, secret_key=SECRET_KEY)
    with pytest.raises(sessions.SessionOver):
        signing_in.pending_factor(db, sessions.find(db, secret, NOW), secret_key=b"n" * 40)
    secret = signing_in.with_password(db, email, PASSWORD, origin(email), NOW, secret_key=b"n" * 40)
    assert signing_in.pending_factor(db, sessions.find(db, secret, NOW), secret_key=b"n" * 40)
