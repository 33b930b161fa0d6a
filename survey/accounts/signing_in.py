"""From a name to a session: invitation, password, second factor, and proving it again.

    accept      an invitation becomes an account with a password, which then sets up its second factor
    enrol       a first code from the app: signed in, and recovery codes to write down
    with_password, with_code    the two steps of every other day
    prove       both again, for what matters most

Nothing here says whether a name exists: an unknown name and a wrong password fail in the same way.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from survey import audit, studies
from survey.accounts import invitations, passwords, people, second_factor, sessions, throttle
from survey.accounts.people import Account
from survey.accounts.sessions import Session, SessionOver
from survey.accounts.tables import Account as AccountRow
from survey.accounts.tables import StaffSession
from survey.accounts.throttle import Origin
from survey.db import Database
from survey.keys import Keys
from survey.sealing import Unopened


class NotProved(Exception):
    """The name, password or code is wrong, or the code was used before."""


class FactorLost(NotProved):
    """The second factor is sealed with a key of the service that is not here: begin anew (`people.reset`)."""


def invited(db: Database, token: str, now: dt.datetime) -> Account:
    """Whom an invitation is for. Raises invitations.InvitationRefused."""
    with db.read() as connection:
        found = people.find_on(connection, invitations.account_of(connection, token, now))
    assert found is not None
    return found


def accept(db: Database, token: str, password: str, now: dt.datetime, *, secret_key: Keys) -> str:
    """Take an account into use; the secret of a session that has to set up its second factor.

    Raises:
        invitations.InvitationRefused
        passwords.WeakPassword
    """
    account = invited(db, token, now)
    _check_strength(db, password, account)
    stored = passwords.hashed(password)

    def work(connection: Connection) -> str:
        account_id = invitations.use_on(connection, token, now)
        connection.execute(
            update(AccountRow).where(AccountRow.id == account_id).values(password=stored, status="active")
        )
        _new_factor(connection, account_id, secret_key)
        audit.append(connection, f"account {account_id}", "account.accepted", f"account {account_id}", now)
        return sessions.begin_on(connection, account_id, "enrol", now)

    return db.write(work)


def with_password(
    db: Database, email: str, password: str, who: Origin, now: dt.datetime, *, secret_key: Keys
) -> str:
    """The first step; the secret of a session that still needs a code.

    Raises:
        NotProved
        throttle.TooManyTries
    """
    attempt = throttle.begin(db, who, now)
    with db.read() as connection:
        row = connection.execute(
            select(AccountRow.id, AccountRow.password, AccountRow.factor_at).where(
                AccountRow.email == email.strip().lower(), AccountRow.status == "active"
            )
        ).first()
    if not passwords.fits(None if row is None else row.password, password) or row is None:
        raise NotProved

    def work(connection: Connection) -> str:
        throttle.passed_on(connection, attempt, now, signed_in=False)
        if row.factor_at is None:
            _new_factor(connection, row.id, secret_key)
        return sessions.begin_on(connection, row.id, "enrol" if row.factor_at is None else "code", now)

    return db.write(work)


def with_code(
    db: Database, session: Session, typed: str, who: Origin, now: dt.datetime, *, secret_key: Keys
) -> str:
    """The second step, with a code of the app or a recovery code; the secret of the session that follows.

    After a recovery code a new second factor has to be set up: the phone is gone.

    Raises:
        NotProved, FactorLost
        SessionOver: it was ended meanwhile.
        throttle.TooManyTries
    """
    attempt = throttle.begin(db, who, now)
    account = session.account

    def work(connection: Connection) -> str | None:
        stored = _stored(connection, session)
        if second_factor.looks_like_recovery_code(typed):
            if not second_factor.use_recovery_code(connection, account.id, secret_key, typed, now):
                return None
            _new_factor(connection, account.id, secret_key)
            stage, action = "enrol", "account.recovered"
        elif second_factor.use_code(
            connection, account.id, _key(connection, account.id, stored, secret_key), typed, now
        ):
            stage, action = "full", "account.signed_in"
        else:
            return None
        throttle.passed_on(connection, attempt, now, signed_in=True)
        return _replaced(connection, session, stage, action, now)

    return _proved(db.write(work))


def enrol(
    db: Database, session: Session, typed: str, who: Origin, now: dt.datetime, *, secret_key: Keys
) -> tuple[str, list[str]]:
    """The first code of a new second factor: the secret of a full session, and recovery codes, told once.

    Raises as `with_code`.
    """
    attempt = throttle.begin(db, who, now)

    def work(connection: Connection) -> tuple[str, list[str]] | None:
        key = _key(connection, session.account.id, _stored(connection, session), secret_key)
        if not second_factor.use_code(connection, session.account.id, key, typed, now):
            return None
        connection.execute(
            update(AccountRow).where(AccountRow.id == session.account.id).values(factor_at=now)
        )
        throttle.passed_on(connection, attempt, now, signed_in=True)
        # Whoever had the former phone, or the former session, is out.
        sessions.end_all_on(connection, session.account.id, now, but=session.id)
        secret = _replaced(connection, session, "full", "account.enrolled", now)
        return secret, second_factor.renew_recovery_codes(connection, session.account.id, secret_key)

    found = db.write(work)
    if found is None:
        raise NotProved
    return found


def prove(
    db: Database,
    session: Session,
    password: str,
    typed: str,
    who: Origin,
    now: dt.datetime,
    *,
    secret_key: Keys,
) -> str:
    """Prove it again, for what matters most; the secret of the session that follows.

    Raises as `with_code`.
    """
    attempt = throttle.begin(db, who, now)
    with db.read() as connection:
        stored = connection.scalar(select(AccountRow.password).where(AccountRow.id == session.account.id))
    right = passwords.fits(stored, password)

    def work(connection: Connection) -> str | None:
        key = _key(connection, session.account.id, _stored(connection, session), secret_key)
        # The code is used up in any case: a wrong password must not leave it to be tried again.
        if not second_factor.use_code(connection, session.account.id, key, typed, now) or not right:
            return None
        throttle.passed_on(connection, attempt, now, signed_in=True)
        return _replaced(connection, session, "full", "account.proved", now, started_at=session.started_at)

    return _proved(db.write(work))


def change_password(db: Database, session: Session, password: str, now: dt.datetime) -> None:
    """Another password; every other browser is signed out. Raises passwords.WeakPassword."""
    _check_strength(db, password, session.account)
    stored = passwords.hashed(password)

    def work(connection: Connection) -> None:
        whose = f"account {session.account.id}"
        connection.execute(
            update(AccountRow).where(AccountRow.id == session.account.id).values(password=stored)
        )
        sessions.end_all_on(connection, session.account.id, now, but=session.id)
        audit.append(connection, whose, "account.password", whose, now)

    db.write(work)


def renew_recovery_codes(db: Database, session: Session, now: dt.datetime, *, secret_key: Keys) -> list[str]:
    """New recovery codes, told once; the old ones are worthless."""

    def work(connection: Connection) -> list[str]:
        whose = f"account {session.account.id}"
        audit.append(connection, whose, "account.recovery_codes", whose, now)
        return second_factor.renew_recovery_codes(connection, session.account.id, secret_key)

    return db.write(work)


def end_others(db: Database, session: Session, now: dt.datetime) -> None:
    """Sign every other browser of this person out."""

    def work(connection: Connection) -> None:
        whose = f"account {session.account.id}"
        sessions.end_all_on(connection, session.account.id, now, but=session.id)
        audit.append(connection, whose, "account.signed_out_elsewhere", whose, now)

    db.write(work)


def pending_factor(db: Database, session: Session, *, secret_key: Keys) -> str:
    """The key that has to be put into an app.

    Raises:
        SessionOver: this session has none to set up, or none that can be read: the next sign-in makes one.
    """
    with db.read() as connection:
        if session.stage != "enrol":
            raise SessionOver
        stored = _stored(connection, session)
    try:
        return second_factor.opened(secret_key, session.account.id, stored)
    except Unopened as error:
        raise SessionOver from error


def _check_strength(db: Database, password: str, account: Account) -> None:
    study = studies.the_study(db)
    about = [] if study is None else [study.key]
    passwords.check_strength(password, account.email, account.name, about=about)


def _new_factor(connection: Connection, account_id: int, secret_key: Keys) -> None:
    anew = update(AccountRow).where(AccountRow.id == account_id).values(factor_step=None, factor_at=None)
    connection.execute(anew)
    second_factor.store(connection, account_id, second_factor.new_key(), secret_key)


def _key(connection: Connection, account_id: int, stored: str, secret_key: Keys) -> str:
    """The key of an account; sealed anew, where it was not sealed with the newest key of the service."""
    try:
        key = second_factor.opened(secret_key, account_id, stored)
        newest = second_factor.is_newest(secret_key, account_id, stored)
    except Unopened as error:
        raise FactorLost from error
    if not newest:
        second_factor.store(connection, account_id, key, secret_key)
    return key


def _stored(connection: Connection, session: Session) -> str:
    """What is stored of the second factor of whose session this is."""
    stored = connection.scalar(
        select(AccountRow.factor)
        .join(StaffSession, StaffSession.account_id == AccountRow.id)
        .where(StaffSession.id == session.id, StaffSession.ended_at.is_(None), AccountRow.status == "active")
    )
    if stored is None:
        raise SessionOver
    return stored


def _replaced(
    connection: Connection,
    session: Session,
    stage: str,
    action: str,
    now: dt.datetime,
    *,
    started_at: dt.datetime | None = None,
) -> str:
    """End a session and begin the one that follows it."""
    ended = connection.execute(
        update(StaffSession)
        .where(StaffSession.id == session.id, StaffSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    if ended.rowcount != 1:
        raise SessionOver
    whose = f"account {session.account.id}"
    audit.append(connection, whose, action, whose, now)
    return sessions.begin_on(connection, session.account.id, stage, now, started_at=started_at)


def _proved(secret: str | None) -> str:
    if secret is None:
        raise NotProved
    return secret
