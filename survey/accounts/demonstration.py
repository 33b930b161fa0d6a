"""Colleagues for a demonstration study: one of each role, who can sign in at once.

Never for a live study: their password is the same for all, and the key of their second factor is printed.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import update

from survey import families, studies
from survey.accounts import people, second_factor, sessions, signing_in, throttle
from survey.accounts.people import Newcomer
from survey.accounts.tables import Account
from survey.db import Database
from survey.policy import Role


class NotADemonstration(ValueError):
    """This study is live, or there is none: nobody is invented here."""


@dataclass(frozen=True)
class SignIn:
    """With what somebody signs in."""

    role: Role
    email: str
    password: str
    #: The key of the second factor: `survey accounts code KEY` says the code of this moment.
    key: str


def staff(
    db: Database, now: dt.datetime, *, secret_key: str, linking_pin: int | None = None
) -> tuple[SignIn, ...]:
    """One colleague of each role, and with what they sign in.

    Who works in one municipality works in the first one.

    Args:
        linking_pin: the professional that the linking pin is, so that there are families to see.

    Raises:
        NotADemonstration
        people.EmailTaken: they are there already.
    """
    study = studies.the_study(db)
    if study is None or study.kind != "demo":
        raise NotADemonstration
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    return tuple(_one(db, study.id, role, password, now, secret_key, linking_pin) for role in Role)


def _one(
    db: Database,
    study_id: int,
    role: Role,
    password: str,
    now: dt.datetime,
    secret_key: str,
    linking_pin: int | None,
) -> SignIn:
    email = f"{role.replace('_', '.')}@demo.example"
    wide = role in (Role.RESEARCHER, Role.DATA_MANAGER, Role.ADMIN, Role.COORDINATOR)
    places = [] if wide else list(families.places(db))[:1]
    newcomer = Newcomer(email, f"Demo {role.replace('_', ' ')}", role, places, wide)
    account_id, token = people.invite(db, study_id, newcomer, now=now, actor="demonstration")
    session = sessions.find(db, signing_in.accept(db, token, password, now, secret_key=secret_key), now)
    key = signing_in.pending_factor(db, session, secret_key=secret_key)
    who = throttle.origin(secret_key, email, None)
    # With the code of a minute ago, so that the one of this moment is still good.
    before = now - dt.timedelta(seconds=second_factor.STEP_S)
    secret, _ = signing_in.enrol(
        db, session, second_factor.current_code(key, before), who, now, secret_key=secret_key
    )
    sessions.end(db, secret, now)
    if role is Role.LINKING_PIN and linking_pin is not None:
        db.write(
            lambda connection: connection.execute(
                update(Account).where(Account.id == account_id).values(professional_id=linking_pin)
            )
        )
    return SignIn(role, email, password, key)
