"""Accounts: who works here, as what and where; inviting them, beginning anew, and closing.

An account comes into being with its invitation. Somebody who answers questionnaires too (a linking pin, a
childcare worker) gets a pseudonym with it, under which they answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Connection

from survey import audit, moments, professionals
from survey.accounts import invitations
from survey.accounts.tables import Account as AccountRow
from survey.accounts.tables import AccountPlace, RecoveryCode, StaffSession
from survey.db import Database
from survey.models import Professional as ProfessionalRow
from survey.policy import Actor, Role, Scope

#: The roles that answer questionnaires themselves.
ANSWERING = (Role.LINKING_PIN, Role.CHILDCARE_WORKER)


class NoSuchAccount(LookupError):
    """No account has this number or address."""


class EmailTaken(ValueError):
    """Somebody with this address has an account already."""


@dataclass(frozen=True)
class Account:
    """A member of staff."""

    id: int
    email: str
    name: str
    role: Role
    everywhere: bool
    municipalities: frozenset[int]
    professional_id: int | None
    language: str
    #: `invited`, `active` or `closed`.
    status: str

    @property
    def actor(self) -> Actor:
        """As the policy knows them."""
        return Actor(self.id, self.role, self.municipalities, self.everywhere, self.professional_id)

    @property
    def scope(self) -> Scope:
        """As something that is done to."""
        return Scope(self.municipalities, account_id=self.id, role=self.role)


@dataclass(frozen=True)
class Newcomer:
    """Whom to invite, as what, and where."""

    email: str
    name: str
    role: Role
    municipalities: Collection[int] = ()
    everywhere: bool = False
    language: str = "nl"
    #: Whose work they take over, as a professional.
    predecessor_id: int | None = None


def invite(
    db: Database, study_id: int, newcomer: Newcomer, *, now: dt.datetime, actor: str
) -> tuple[int, str]:
    """An account for somebody, and the secret of the invitation, which is told once.

    Raises:
        EmailTaken
    """
    email = newcomer.email.strip().lower()

    def work(connection: Connection) -> tuple[int, str]:
        if connection.scalar(select(AccountRow.id).where(AccountRow.email == email)) is not None:
            raise EmailTaken(email)
        professional_id = None
        if newcomer.role in ANSWERING:
            professional_id = professionals.add_on(
                connection,
                study_id,
                newcomer.role,
                moments.day(now),
                language=newcomer.language,
                predecessor_id=newcomer.predecessor_id,
                now=now,
                actor=actor,
            ).id
        account_id = connection.execute(
            insert(AccountRow)
            .values(
                study_id=study_id,
                email=email,
                name=newcomer.name.strip(),
                role=newcomer.role,
                everywhere=newcomer.everywhere,
                professional_id=professional_id,
                language=newcomer.language,
                status="invited",
                created_at=now,
            )
            .returning(AccountRow.id)
        ).scalar_one()
        _set_places(connection, account_id, newcomer.municipalities)
        audit.append(
            connection,
            actor,
            "account.invited",
            f"account {account_id}",
            now,
            role=newcomer.role,
            municipalities=sorted(newcomer.municipalities),
            everywhere=newcomer.everywhere,
        )
        return account_id, invitations.make_on(connection, account_id, now)

    return db.write(work)


def reset(db: Database, account_id: int, *, now: dt.datetime, actor: str) -> str:
    """Let somebody begin anew: a new invitation; password, phone and sessions are worthless at once.

    Raises:
        NoSuchAccount: nobody, or somebody whose account is closed.
    """

    def work(connection: Connection) -> str:
        found = find_on(connection, account_id)
        if found is None or found.status == "closed":
            raise NoSuchAccount(account_id)
        _strip(connection, account_id, "invited", now)
        audit.append(connection, actor, "account.reset", f"account {account_id}", now)
        return invitations.make_on(connection, account_id, now)

    return db.write(work)


def close(db: Database, account_id: int, *, now: dt.datetime, actor: str) -> None:
    """Somebody leaves: signed out everywhere, and never in again. Their families show up as without anybody.

    Raises:
        NoSuchAccount
    """

    def work(connection: Connection) -> None:
        found = find_on(connection, account_id)
        if found is None:
            raise NoSuchAccount(account_id)
        if found.status == "closed":
            return
        _strip(connection, account_id, "closed", now)
        if found.professional_id is not None:
            connection.execute(
                update(ProfessionalRow)
                .where(ProfessionalRow.id == found.professional_id, ProfessionalRow.active_to.is_(None))
                .values(active_to=moments.day(now))
            )
        audit.append(connection, actor, "account.closed", f"account {account_id}", now)

    db.write(work)


def set_scope(
    db: Database,
    account_id: int,
    municipalities: Collection[int],
    everywhere: bool,
    *,
    now: dt.datetime,
    actor: str,
) -> None:
    """Change where somebody's role holds. Raises NoSuchAccount."""

    def work(connection: Connection) -> None:
        changed = connection.execute(
            update(AccountRow).where(AccountRow.id == account_id).values(everywhere=everywhere)
        ).rowcount
        if not changed:
            raise NoSuchAccount(account_id)
        connection.execute(delete(AccountPlace).where(AccountPlace.account_id == account_id))
        _set_places(connection, account_id, municipalities)
        audit.append(
            connection,
            actor,
            "account.scope",
            f"account {account_id}",
            now,
            municipalities=sorted(municipalities),
            everywhere=everywhere,
        )

    db.write(work)


def set_language(db: Database, account_id: int, language: str) -> None:
    """Speak to somebody in another language from now on."""
    db.write(
        lambda connection: connection.execute(
            update(AccountRow).where(AccountRow.id == account_id).values(language=language)
        )
    )


def get(db: Database, account_id: int) -> Account:
    """An account by its number. Raises NoSuchAccount."""
    with db.read() as connection:
        found = find_on(connection, account_id)
    if found is None:
        raise NoSuchAccount(account_id)
    return found


def find_on(connection: Connection, account_id: int) -> Account | None:
    """An account by its number, inside a transaction."""
    return next(iter(_accounts(connection, AccountRow.id == account_id)), None)


def listing(db: Database) -> tuple[Account, ...]:
    """Every account that is not closed, by name."""
    with db.read() as connection:
        return tuple(_accounts(connection, AccountRow.status != "closed"))


def _accounts(connection: Connection, which: ColumnElement[bool]) -> Iterable[Account]:
    rows: Iterable[Any] = connection.execute(
        select(
            AccountRow.id,
            AccountRow.email,
            AccountRow.name,
            AccountRow.role,
            AccountRow.everywhere,
            AccountRow.professional_id,
            AccountRow.language,
            AccountRow.status,
        )
        .where(which)
        .order_by(AccountRow.name, AccountRow.id)
    ).all()
    places: dict[int, set[int]] = {}
    for account_id, municipality_id in connection.execute(
        select(AccountPlace.account_id, AccountPlace.municipality_id)
        .join(AccountRow, AccountRow.id == AccountPlace.account_id)
        .where(which)
    ):
        places.setdefault(account_id, set()).add(municipality_id)
    return [
        Account(
            row.id,
            row.email,
            row.name,
            Role(row.role),
            row.everywhere,
            frozenset(places.get(row.id, ())),
            row.professional_id,
            row.language,
            row.status,
        )
        for row in rows
    ]


def _set_places(connection: Connection, account_id: int, municipalities: Collection[int]) -> None:
    for municipality_id in sorted(set(municipalities)):
        connection.execute(
            insert(AccountPlace).values(account_id=account_id, municipality_id=municipality_id)
        )


def _strip(connection: Connection, account_id: int, status: str, now: dt.datetime) -> None:
    """Take away everything with which somebody could sign in, or is signed in."""
    connection.execute(
        update(AccountRow)
        .where(AccountRow.id == account_id)
        .values(status=status, password=None, factor=None, factor_step=None, factor_at=None)
    )
    connection.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    invitations.withdraw_on(connection, account_id, now)
    connection.execute(
        update(StaffSession)
        .where(StaffSession.account_id == account_id, StaffSession.ended_at.is_(None))
        .values(ended_at=now)
    )
