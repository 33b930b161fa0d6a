"""A signed-in browser: half an hour without a page, or eight hours in all, and it is over.

The browser holds a secret in a cookie; here is only its digest. Every step of signing in replaces it, so
that a secret that was seen earlier is worth nothing later.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from survey.accounts import people
from survey.accounts.people import Account
from survey.accounts.tables import StaffSession
from survey.db import Database
from survey.links import digest_of

IDLE = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=8)
#: How long a proof counts for what matters most: exports, erasure, roles.
FRESH = dt.timedelta(minutes=10)
#: A page view is only written down when the last one is older than this, to spare the disk.
TOUCH = dt.timedelta(minutes=1)


class SessionOver(Exception):
    """Nobody is signed in here: signed out, idle for too long, or never signed in."""


@dataclass(frozen=True)
class Session:
    """A browser that is signed in, or on its way to that."""

    id: int
    digest: str
    #: `code`, `enrol` or `full`.
    stage: str
    started_at: dt.datetime
    last_seen: dt.datetime
    proved_at: dt.datetime
    account: Account

    def is_fresh(self, now: dt.datetime) -> bool:
        """Whether who is here proved it a short while ago."""
        return self.stage == "full" and now - self.proved_at <= FRESH


def begin_on(
    connection: Connection,
    account_id: int,
    stage: str,
    now: dt.datetime,
    *,
    started_at: dt.datetime | None = None,
) -> str:
    """A new session, inside a transaction; its secret, for the cookie.

    Args:
        started_at: the beginning of the session that it replaces, so that proving it again lengthens nothing.
    """
    secret = secrets.token_urlsafe(24)
    connection.execute(
        insert(StaffSession).values(
            digest=digest_of(secret),
            account_id=account_id,
            stage=stage,
            started_at=started_at or now,
            last_seen=now,
            proved_at=now,
        )
    )
    return secret


def find(db: Database, secret: str | None, now: dt.datetime) -> Session:
    """The session of a browser; being looked at keeps it alive. Raises SessionOver."""
    if not secret:
        raise SessionOver
    digest = digest_of(secret)
    with db.read() as connection:
        row = connection.execute(
            select(
                StaffSession.id,
                StaffSession.stage,
                StaffSession.started_at,
                StaffSession.last_seen,
                StaffSession.proved_at,
                StaffSession.account_id,
            ).where(StaffSession.digest == digest, StaffSession.ended_at.is_(None))
        ).first()
        account = None if row is None else people.find_on(connection, row.account_id)
    if row is None or account is None or account.status != "active":
        raise SessionOver
    if now - row.last_seen > IDLE + TOUCH or now - row.started_at > LONGEST:
        raise SessionOver
    if now - row.last_seen > TOUCH:
        _touch(db, row.id, now)
    return Session(row.id, digest, row.stage, row.started_at, row.last_seen, row.proved_at, account)


def of_account(db: Database, account_id: int, now: dt.datetime) -> int:
    """In how many browsers somebody is signed in."""
    with db.read() as connection:
        return len(
            connection.execute(
                select(StaffSession.id).where(
                    StaffSession.account_id == account_id,
                    StaffSession.ended_at.is_(None),
                    StaffSession.stage == "full",
                    StaffSession.last_seen > now - IDLE - TOUCH,
                    StaffSession.started_at > now - LONGEST,
                )
            ).all()
        )


def end(db: Database, secret: str | None, now: dt.datetime) -> None:
    """Sign this browser out. Doing so twice changes nothing."""
    if secret:
        db.write(
            lambda connection: connection.execute(
                update(StaffSession)
                .where(StaffSession.digest == digest_of(secret), StaffSession.ended_at.is_(None))
                .values(ended_at=now)
            )
        )


def end_all_on(connection: Connection, account_id: int, now: dt.datetime, *, but: int | None = None) -> None:
    """Sign somebody out everywhere, or everywhere else, inside a transaction."""
    which = (StaffSession.account_id == account_id) & StaffSession.ended_at.is_(None)
    if but is not None:
        which &= StaffSession.id != but
    connection.execute(update(StaffSession).where(which).values(ended_at=now))


def _touch(db: Database, session_id: int, now: dt.datetime) -> None:
    db.write(
        lambda connection: connection.execute(
            update(StaffSession).where(StaffSession.id == session_id).values(last_seen=now)
        )
    )
