"""The tables of accounts. Secrets are here as digests or hashes, and keys of second factors under a seal."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from survey.models import Base
from survey.policy import Role

ACCOUNT_STATUSES = ("invited", "active", "closed")
STAGES = ("code", "enrol", "full")
OUTCOMES = ("failed", "passed", "signed_in")


def _known(column: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Account(Base):
    """A member of staff. The only people with a name in this database."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    #: With what they sign in: an address of theirs, in lower case.
    email: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    #: Whether their role holds in every municipality of the study.
    everywhere: Mapped[bool] = mapped_column(server_default=false())
    #: The pseudonym under which they answer questionnaires themselves.
    professional_id: Mapped[int | None] = mapped_column(ForeignKey("professional.id"), unique=True)
    language: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(10))
    password: Mapped[str | None] = mapped_column(String(200))
    #: The key of the second factor, sealed; in the clear while it was not used since keys are sealed.
    factor: Mapped[str | None] = mapped_column(String(64))
    factor_step: Mapped[int | None]
    #: When the second factor was first proved; none before.
    factor_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    __table_args__ = (_known("role", tuple(Role)), _known("status", ACCOUNT_STATUSES))


class AccountPlace(Base):
    """A municipality in which an account's role holds."""

    __tablename__ = "account_place"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), primary_key=True)


class Invitation(Base):
    """A single-use secret with which somebody takes an account into use."""

    __tablename__ = "invitation"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class RecoveryCode(Base):
    """A code on paper for the day on which a phone is lost; good once."""

    __tablename__ = "recovery_code"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[dt.datetime | None]
    __table_args__ = (UniqueConstraint("account_id", "digest"),)


class StaffSession(Base):
    """A browser in which somebody has signed in, or is about to."""

    __tablename__ = "staff_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    #: `code`: the password was right; `enrol`: has to set up a second factor first; `full`: signed in.
    stage: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[dt.datetime]
    last_seen: Mapped[dt.datetime]
    #: When password and code were last given.
    proved_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    __table_args__ = (_known("stage", STAGES),)


class SignInAttempt(Base):
    """One try to prove who one is. Counted as failed from its beginning, until it has passed."""

    __tablename__ = "sign_in_attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    #: Keyed digests of the name that was typed and of the network it came from.
    account_key: Mapped[str] = mapped_column(String(64))
    network_key: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(10))
    __table_args__ = (
        _known("outcome", OUTCOMES),
        Index("ix_sign_in_attempt_account_key_at", "account_key", "at"),
        Index("ix_sign_in_attempt_network_key_at", "network_key", "at"),
    )


class DoneOnce(Base):
    """A form that makes something, named by a number in it: sent twice, it makes one thing."""

    __tablename__ = "done_once"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    token: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: Where the first sending led to; empty while it is still at work.
    address: Mapped[str] = mapped_column(String(200))
    at: Mapped[dt.datetime]
