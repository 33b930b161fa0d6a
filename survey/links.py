"""Links: the secret address that opens one person's pocket, or a family's page.

A token has 128 random bits and is told once, when it is made. Only its SHA-256 is stored: with that many
bits a plain hash cannot be turned round (ASVS 5, 6.5.2), and whoever reads the database opens nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, insert, select, update
from sqlalchemy.engine import Connection

from survey import audit, moments
from survey.db import Database
from survey.models import Link as LinkRow
from survey.models import Visit as VisitRow


class LinkRefused(ValueError):
    """A link opens nothing; its subclasses say why."""


class LinkUnknown(LinkRefused):
    """No link has this token: mistyped, cut off, or never made here."""


class LinkExpired(LinkRefused):
    """The link was good until a day that has passed."""


class LinkRevoked(LinkRefused):
    """The link was withdrawn, because it was lost or replaced."""


@dataclass(frozen=True)
class Link:
    """What a token opens: one respondent's pocket, or a family's page."""

    id: int
    respondent_id: int | None
    family_id: int | None
    created_at: dt.datetime
    expires_at: dt.datetime | None
    #: With whose help is answered what it opens: `none`, `helper` or `interpreter`.
    assistance: str = "none"


_FIND = select(
    LinkRow.id,
    LinkRow.respondent_id,
    LinkRow.family_id,
    LinkRow.created_at,
    LinkRow.expires_at,
    LinkRow.revoked_at,
    LinkRow.assistance,
).where(LinkRow.digest == bindparam("digest"))


def digest_of(secret: str) -> str:
    """What is stored of a token or of a visit's secret: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make(
    db: Database,
    *,
    respondent_id: int | None = None,
    family_id: int | None = None,
    expires_at: dt.datetime | None = None,
    assistance: str = "none",
    now: dt.datetime | None = None,
    actor: str = "system",
) -> str:
    """A new link for one respondent or one family; its token, which cannot be told again.

    Earlier links stay good; revoke them when they are lost.

    Raises:
        ValueError: not exactly one of respondent and family.
        sqlalchemy.exc.IntegrityError: there is no such respondent, family or kind of assistance.
    """
    if (respondent_id is None) == (family_id is None):
        raise ValueError("a link is for one respondent or for one family: name one of the two")
    token = secrets.token_urlsafe(16)
    moment = now or moments.now()
    target = f"respondent {respondent_id}" if family_id is None else f"family {family_id}"

    def work(connection: Connection) -> None:
        link_id = connection.execute(
            insert(LinkRow)
            .values(
                respondent_id=respondent_id,
                family_id=family_id,
                digest=digest_of(token),
                created_at=moment,
                expires_at=expires_at,
                assistance=assistance,
            )
            .returning(LinkRow.id)
        ).scalar_one()
        audit.append(connection, actor, "link.made", target, moment, link=link_id)

    db.write(work)
    return token


def find(db: Database, token: str, now: dt.datetime) -> Link:
    """What a token opens.

    Raises:
        LinkUnknown, LinkExpired, LinkRevoked.
    """
    with db.read() as connection:
        return find_on(connection, token, now)


def find_on(connection: Connection, token: str, now: dt.datetime) -> Link:
    """As `find`, inside a transaction."""
    row = connection.execute(_FIND, {"digest": digest_of(token)}).first()
    if row is None:
        raise LinkUnknown
    if row.revoked_at is not None:
        raise LinkRevoked
    if row.expires_at is not None and row.expires_at <= now:
        raise LinkExpired
    return Link(row.id, row.respondent_id, row.family_id, row.created_at, row.expires_at, row.assistance)


def revoke(db: Database, link_id: int, *, now: dt.datetime | None = None, actor: str = "system") -> None:
    """Withdraw a link, and end what was opened with it. Doing so twice changes nothing."""
    moment = now or moments.now()
    db.write(lambda connection: revoke_on(connection, LinkRow.id == link_id, moment, actor))


def revoke_all(
    db: Database,
    *,
    respondent_id: int | None = None,
    family_id: int | None = None,
    now: dt.datetime | None = None,
    actor: str = "system",
) -> None:
    """Withdraw every link of a respondent, or every link to a family's page (not those of its members).

    Raises:
        ValueError: not exactly one of respondent and family.
    """
    if (respondent_id is None) == (family_id is None):
        raise ValueError("name one respondent or one family")
    moment = now or moments.now()
    whose = LinkRow.respondent_id == respondent_id if family_id is None else LinkRow.family_id == family_id
    db.write(lambda connection: revoke_on(connection, whose, moment, actor))


def revoke_on(connection: Connection, which: ColumnElement[bool], moment: dt.datetime, actor: str) -> None:
    """Withdraw the links that a condition on the table chooses, inside a transaction."""
    rows = connection.execute(
        select(LinkRow.id, LinkRow.respondent_id, LinkRow.family_id).where(
            which, LinkRow.revoked_at.is_(None)
        )
    ).all()
    for row in rows:
        connection.execute(update(LinkRow).where(LinkRow.id == row.id).values(revoked_at=moment))
        connection.execute(
            update(VisitRow)
            .where(VisitRow.link_id == row.id, VisitRow.ended_at.is_(None))
            .values(ended_at=moment)
        )
        target = f"respondent {row.respondent_id}" if row.family_id is None else f"family {row.family_id}"
        audit.append(connection, actor, "link.revoked", target, moment, link=row.id)
