"""People who work here, as the tests of accounts and of the desk know them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from survey.accounts import people, second_factor, sessions, signing_in, throttle
from survey.accounts.people import Newcomer
from survey.accounts.tables import Account
from survey.db import Database
from survey.policy import Role
from tests.people import T0, at

PASSWORD = "drie groene fietsen"
SECRET_KEY = "k" * 40
OFFICE = "192.0.2.7"
NOW = at(T0)


@dataclass
class Colleague:
    """Somebody with an account, a phone with an app, and a drawer with recovery codes."""

    database: Database
    id: int
    email: str
    recovery_codes: list[str]

    @property
    def stored(self) -> str:
        """What is stored of the key in their app."""
        with self.database.read() as connection:
            stored = connection.scalar(select(Account.factor).where(Account.id == self.id))
        assert stored is not None
        return stored

    @property
    def key(self) -> str:
        """The key in their app."""
        return second_factor.opened(SECRET_KEY, self.id, self.stored)

    def code(self, now: dt.datetime) -> str:
        """What the app on their phone shows."""
        return second_factor.current_code(self.key, now)

    @property
    def account(self) -> people.Account:
        return people.get(self.database, self.id)


def origin(email: str, address: str = OFFICE) -> throttle.Origin:
    return throttle.origin(SECRET_KEY, email, address)


def invite(
    db: Database,
    study_id: int,
    role: Role,
    now: dt.datetime,
    *,
    places: Collection[int] = (),
    everywhere: bool = False,
    email: str = "",
) -> tuple[int, str, str]:
    """Number, address and invitation of somebody who was invited."""
    email = email or f"{role}@example.org"
    newcomer = Newcomer(email, f"Een {role}", role, places, everywhere)
    account_id, token = people.invite(db, study_id, newcomer, now=now, actor="test")
    return account_id, email, token


def settle(
    db: Database,
    study_id: int,
    role: Role,
    now: dt.datetime,
    *,
    places: Collection[int] = (),
    everywhere: bool = False,
    email: str = "",
) -> Colleague:
    """Somebody who accepted their invitation and set up their phone, some days ago."""
    before = now - dt.timedelta(days=3)
    account_id, email, token = invite(
        db, study_id, role, before, places=places, everywhere=everywhere, email=email
    )
    secret = signing_in.accept(db, token, PASSWORD, before, secret_key=SECRET_KEY)
    session = sessions.find(db, secret, before)
    key = signing_in.pending_factor(db, session, secret_key=SECRET_KEY)
    _, codes = signing_in.enrol(
        db,
        session,
        second_factor.current_code(key, before),
        origin(email),
        before,
        secret_key=SECRET_KEY,
    )
    return Colleague(db, account_id, email, codes)


def knock(db: Database, who: Colleague, now: dt.datetime = NOW, address: str = OFFICE) -> str:
    """The first step of somebody signing in."""
    return signing_in.with_password(
        db, who.email, PASSWORD, origin(who.email, address), now, secret_key=SECRET_KEY
    )


def enter(db: Database, who: Colleague, now: dt.datetime = NOW, code: str | None = None) -> str:
    """Both steps."""
    session = sessions.find(db, knock(db, who, now), now)
    return signing_in.with_code(
        db, session, code or who.code(now), origin(who.email), now, secret_key=SECRET_KEY
    )
