"""Invitations: a secret address with which somebody takes an account into use, once, within a week."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from survey.accounts.tables import Account, Invitation
from survey.links import digest_of

GOOD_FOR = dt.timedelta(days=7)


class InvitationRefused(ValueError):
    """An invitation is unknown, used, withdrawn or too old: ask for a new one."""


def make_on(connection: Connection, account_id: int, now: dt.datetime) -> str:
    """A new invitation, inside a transaction; its secret. Earlier ones are worthless from here on."""
    withdraw_on(connection, account_id, now)
    token = secrets.token_urlsafe(16)
    connection.execute(
        insert(Invitation).values(
            account_id=account_id, digest=digest_of(token), created_at=now, expires_at=now + GOOD_FOR
        )
    )
    return token


def withdraw_on(connection: Connection, account_id: int, now: dt.datetime) -> None:
    """Make every open invitation of an account worthless, inside a transaction."""
    connection.execute(
        update(Invitation)
        .where(Invitation.account_id == account_id, Invitation.used_at.is_(None))
        .values(used_at=now)
    )


def account_of(connection: Connection, token: str, now: dt.datetime) -> int:
    """Whom an invitation is for. Raises InvitationRefused."""
    account_id = connection.scalar(
        select(Invitation.account_id)
        .join(Account, Account.id == Invitation.account_id)
        .where(
            Invitation.digest == digest_of(token),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
            Account.status == "invited",
        )
    )
    if account_id is None:
        raise InvitationRefused
    return account_id


def use_on(connection: Connection, token: str, now: dt.datetime) -> int:
    """Use an invitation up: whom it was for. Raises InvitationRefused, also for the second of two at once."""
    account_id = account_of(connection, token, now)
    used = connection.execute(
        update(Invitation)
        .where(Invitation.digest == digest_of(token), Invitation.used_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:
        raise InvitationRefused
    return account_id
