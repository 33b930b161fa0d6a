"""Opening a sheet on a phone: its code begins a visit of the person whose sheet it is.

A code opens the start page of exactly the response that it is printed on; the code on a cover or card
opens the person's pocket. As with every link, nothing that was answered before is shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from instruments import Edition
from survey import code_tries, sheets, visits
from survey.code_tries import Origin, TooManyTries
from survey.db import Database
from survey.links import Link, LinkExpired
from survey.models import Link as LinkRow
from survey.sheets import Sheet
from survey.visits import Visit

__all__ = ["CodeClosed", "CodeUnknown", "Opening", "TooManyTries", "open"]


class CodeUnknown(LookupError):
    """No sheet has this code."""


class CodeClosed(LinkExpired):
    """The wave of the sheet is over: it cannot be answered on screen any more, and may still be handed in."""


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
    key: bytes,
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
    digest = sheets.digest_of(key, code)
    who = code_tries.origin(key, code, address)
    sheet = db.write(lambda connection: _tried(connection, digest, who, now))
    if isinstance(sheet, dt.timedelta):
        raise TooManyTries(sheet)
    if sheet is None:
        raise CodeUnknown

    def link(connection: Connection) -> Link:
        _check(connection, sheet, now)
        return Link(sheet.link_id, sheet.respondent_id, None, sheet.printed_at, None)

    secret, visit = visits.open_found(db, link, now, edition=edition)
    return Opening(secret, visit, sheet.response_id)


def _tried(connection: Connection, digest: str, who: Origin, now: dt.datetime) -> Sheet | dt.timedelta | None:
    """The sheet; how long to wait first; or None. The try is noted, whatever comes of it."""
    wait = code_tries.wait_on(connection, who, now)
    if wait > dt.timedelta(0):
        return wait
    found = sheets.many_on(connection, LinkRow.digest == digest)
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
