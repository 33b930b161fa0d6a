"""Opening a sheet or a link on a phone: it begins a visit of the person whose it is.

A code opens the start page of exactly the response that it is printed on; the code on a cover or card
opens the person's pocket. As with every link, nothing that was answered before is shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from instruments import Edition
from survey import code_tries, sheets, visits
from survey.code_tries import Origin, TooManyTries
from survey.db import Database
from survey.keys import Keys
from survey.links import Link, LinkExpired, LinkUnknown
from survey.models import Link as LinkRow
from survey.sheets import Sheet
from survey.visits import Visit

__all__ = [
    "CodeClosed",
    "CodeUnknown",
    "Opening",
    "TooManyLinks",
    "TooManyTries",
    "open",
    "open_link",
    "wrong_try",
]


class CodeUnknown(LookupError):
    """No sheet has this code."""


class CodeClosed(LinkExpired):
    """The wave of the sheet is over: it cannot be answered on screen any more, and may still be handed in."""


class TooManyLinks(LinkUnknown):
    """No link has this token either, and many were tried from there; nothing is noted for a while."""


@dataclass(frozen=True)
class Opening:
    """What a code opened."""

    #: For the cookie.
    secret: str
    visit: Visit
    #: The response that the sheet is a copy of; None for a cover or card.
    response_id: int | None


def open(
    db: Database,
    key: Keys,
    code: str,
    now: dt.datetime,
    *,
    address: str | None,
    edition: Edition | None = None,
) -> Opening:
    """Begin a visit with the code of a sheet (nine characters, as `printable.codes.normalise` gives them).

    Args:
        key: the key of the server that codes are made with.
        address: the IP address that it is tried from.
        edition: what was chosen; by default the person's own.

    Raises:
        CodeUnknown, CodeClosed, TooManyTries
        sheets.SheetDead, sheets.SheetWithdrawn, sheets.SheetConfirmed
    """
    which = sheets.has_code(key, code)
    who = code_tries.origin(key, code, address)
    sheet = db.write(lambda connection: _tried(connection, which, who, now))
    if isinstance(sheet, dt.timedelta):
        raise TooManyTries(sheet)
    if sheet is None:
        raise CodeUnknown

    def link(connection: Connection) -> Link:
        _check(connection, sheet, now)
        return Link(sheet.link_id, sheet.respondent_id, None, sheet.printed_at, None)

    secret, visit = visits.open_found(db, link, now, edition=edition)
    return Opening(secret, visit, sheet.response_id)


def open_link(
    db: Database,
    key: Keys,
    token: str,
    now: dt.datetime,
    *,
    address: str | None,
    edition: Edition | None = None,
) -> tuple[str, Visit]:
    """Begin a visit with the token of a link; see `visits.open`.

    A good link always opens, whoever tries what beside it. With 128 bits nobody guesses a token; but a
    machine that goes on trying is told to wait, and from then on costs the database a look and no row.

    Raises:
        links.LinkUnknown, links.LinkExpired, links.LinkRevoked, TooManyLinks
    """
    try:
        return visits.open(db, token, now, edition=edition)
    except LinkUnknown:
        wrong_try(db, key, "link", token, now, address=address)
        raise


def wrong_try(
    db: Database, key: Keys, kind: str, token: str, now: dt.datetime, *, address: str | None
) -> None:
    """Note that an address was tried that nobody has. Raises TooManyLinks, and then notes nothing."""
    who = code_tries.origin(key, token, address, kind=kind)
    with db.read() as connection:
        wait = code_tries.wait_on(connection, who, now)
    if wait > dt.timedelta(0):
        raise TooManyLinks
    db.write(lambda connection: code_tries.note_on(connection, who, now, opened=False))


def _tried(
    connection: Connection, which: ColumnElement[bool], who: Origin, now: dt.datetime
) -> Sheet | dt.timedelta | None:
    """The sheet; how long to wait first; or None. The try is noted, whatever comes of it."""
    wait = code_tries.wait_on(connection, who, now)
    if wait > dt.timedelta(0):
        return wait
    found = sheets.many_on(connection, which)
    code_tries.note_on(connection, who, now, opened=bool(found))
    return found[0] if found else None


def _check(connection: Connection, sheet: Sheet, now: dt.datetime) -> None:
    sheets.check_usable_on(connection, sheet)
    row = connection.execute(
        select(LinkRow.revoked_at, LinkRow.expires_at).where(LinkRow.id == sheet.link_id)
    ).one()
    if row.revoked_at is not None:
        raise sheets.SheetDead
    if row.expires_at is not None and row.expires_at <= now:
        raise CodeClosed
