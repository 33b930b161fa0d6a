"""Sheets: printed copies of questionnaires, each with a code of its own that leads to it and back.

A sheet is a link that can be held: its code opens the pocket of one respondent, at one questionnaire. Of
the code only a digest is kept, made with a key of the server; whoever reads the database can print no
code. The codes of a print run come from that key and the seed of the run, so that a run that was stopped
goes on with the codes it began with.

    printed     it went out
    returned    a side of it came back
    entered     it was typed as often as the protocol asks
    confirmed   it was decided which answers count; its code is dead from here on
    withdrawn   whose sheet it is takes part no more, or wants this sheet not to be used
    dead        this copy is void: spoiled, or never handed out
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, cast

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from printable import codes
from printable.boxes import BoxMap
from survey import audit, links, moments
from survey.db import Database
from survey.keys import Keyring, Keys
from survey.models import Family as FamilyRow
from survey.models import Link as LinkRow
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow
from survey.sheet_tables import PaperTemplate, SheetSide
from survey.sheet_tables import Sheet as SheetRow

#: The answers of a sheet in one of these states may still be typed.
USABLE = ("printed", "returned", "entered")
_PURPOSE = "sheet code"
#: So many of the codes that a sheet may have are never all taken: each is good as random.
_MOST_TAKEN = 100


class NoSuchSheet(LookupError):
    """No sheet of this study has that code."""


class SheetWithdrawn(ValueError):
    """Whose sheet it is takes part no more: nothing of it may be used."""


class SheetDead(ValueError):
    """This copy was declared void."""


class SheetConfirmed(ValueError):
    """It was decided already which answers count."""


class KeyGone(LookupError):
    """A print run cannot go on: the key that it began with was taken away."""


class NoSuchSide(ValueError):
    """The sheet has no side of this number."""


@dataclass(frozen=True)
class Sheet:
    """A printed copy, and where it stands."""

    id: int
    batch_id: int
    #: `questionnaire`, `cover` or `card`.
    kind: str
    respondent_id: int
    #: The response that it is a copy of; None for a cover or card.
    response_id: int | None
    template_id: int | None
    link_id: int
    #: One of the states above.
    status: str
    printed_at: dt.datetime
    returned_at: dt.datetime | None
    #: The number of its printed sides; 0 for a cover or card.
    sides: int
    #: The sides that came back, in order.
    seen: tuple[int, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        """The sides that are missing of a sheet that came back; none while it is out."""
        if self.returned_at is None:
            return ()
        return tuple(side for side in range(1, self.sides + 1) if side not in self.seen)


@dataclass(frozen=True)
class Wanted:
    """A copy that is about to be printed."""

    #: What it is in its batch: the same name again is the same sheet.
    name: str
    kind: str
    respondent_id: int
    response_id: int | None
    template_id: int | None
    #: From when on its code opens nothing any more.
    expires_at: dt.datetime


def digest_of(key: Keys, code: str) -> str:
    """What is stored of a code: its digest with a key of the server, in hexadecimal."""
    return Keyring.of(key).digest(_PURPOSE, code)


def has_code(key: Keys, code: str) -> ColumnElement[bool]:
    """The condition that a link is that of a code, with whichever of the keys the code was printed."""
    return LinkRow.digest.in_(Keyring.of(key).digests(_PURPOSE, code))


def issue_on(
    connection: Connection, key: Keys, batch_id: int, seed: str, wanted: Wanted, now: dt.datetime
) -> str:
    """Record a copy before it is printed, inside a transaction; its code, which cannot be told again.

    A name that the batch has already gives the code that it had: its run goes on.

    Raises:
        KeyGone: the run began with a key that is not known any more.
    """
    there = connection.execute(
        select(SheetRow.id, LinkRow.digest)
        .join(LinkRow, LinkRow.id == SheetRow.link_id)
        .where(SheetRow.batch_id == batch_id, SheetRow.name == wanted.name)
    ).first()
    if there is not None:
        # It may be laid out anew: nothing of a run is paper before its file is whole.
        connection.execute(
            update(SheetRow).where(SheetRow.id == there.id).values(template_id=wanted.template_id)
        )
        return _code_again(Keyring.of(key), seed, wanted.name, there.digest)
    key = Keyring.of(key).current
    code = next(code for code in _codes(key, seed, wanted.name) if _is_free(connection, digest_of(key, code)))
    link_id = connection.execute(
        insert(LinkRow)
        .values(
            respondent_id=wanted.respondent_id,
            digest=digest_of(key, code),
            created_at=now,
            expires_at=wanted.expires_at,
        )
        .returning(LinkRow.id)
    ).scalar_one()
    connection.execute(
        insert(SheetRow).values(
            batch_id=batch_id,
            name=wanted.name,
            kind=wanted.kind,
            respondent_id=wanted.respondent_id,
            response_id=wanted.response_id,
            template_id=wanted.template_id,
            link_id=link_id,
            status="printed",
            printed_at=now,
        )
    )
    return code


def keep_template_on(
    connection: Connection,
    layout: BoxMap,
    pdf: bytes,
    *,
    instrument: tuple[str, str, int],
    edition: tuple[str, str],
    now: dt.datetime,
) -> int:
    """Keep a template with its box map, once, inside a transaction; its number.

    Args:
        instrument: id, version and revision.
        edition: language and reading level.
    """
    add = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(
        add(PaperTemplate)
        .values(
            sha256=layout.template,
            instrument=instrument[0],
            version=instrument[1],
            revision=instrument[2],
            language=edition[0],
            reading=edition[1],
            sides=len(layout.sides),
            layout=layout.to_json(),
            pdf=pdf,
            kept_at=now,
        )
        .on_conflict_do_nothing(index_elements=["sha256"])
    )
    return connection.scalars(select(PaperTemplate.id).where(PaperTemplate.sha256 == layout.template)).one()


def find(db: Database, key: Keys, code: str) -> Sheet:
    """The sheet with this code (nine characters, as `printable.codes.normalise` gives them).

    Raises:
        NoSuchSheet
    """
    with db.read() as connection:
        return one_on(connection, has_code(key, code))


def get(db: Database, sheet_id: int) -> Sheet:
    """A sheet by its number. Raises NoSuchSheet."""
    with db.read() as connection:
        return one_on(connection, SheetRow.id == sheet_id)


def one_on(connection: Connection, which: ColumnElement[bool]) -> Sheet:
    """The sheet that a condition on sheets and links chooses, inside a transaction. Raises NoSuchSheet."""
    for sheet in many_on(connection, which):
        return sheet
    raise NoSuchSheet


def many_on(connection: Connection, which: ColumnElement[bool]) -> tuple[Sheet, ...]:
    """The sheets that a condition chooses, in the order in which they were printed."""
    rows = connection.execute(_SHEETS.where(which)).all()
    chosen = select(SheetRow.id).join(LinkRow, LinkRow.id == SheetRow.link_id).where(which)
    seen: dict[int, list[int]] = {}
    for side in connection.execute(
        select(SheetSide.sheet_id, SheetSide.side)
        .where(SheetSide.sheet_id.in_(chosen))
        .order_by(SheetSide.sheet_id, SheetSide.side)
    ):
        seen.setdefault(side.sheet_id, []).append(side.side)
    found = []
    for row in rows:
        *plain, sides = cast("Sequence[Any]", row)
        values: tuple[Any, ...] = (*plain, sides or 0, tuple(seen.get(row.id, ())))
        found.append(Sheet(*values))
    return tuple(found)


def layout(db: Database, sheet: Sheet) -> BoxMap:
    """Where everything stands on a sheet, as it was printed. Raises NoSuchSheet for a cover or card."""
    with db.read() as connection:
        text = connection.scalar(select(PaperTemplate.layout).where(PaperTemplate.id == sheet.template_id))
    if text is None:
        raise NoSuchSheet
    return BoxMap.from_json(text)


def check_usable_on(connection: Connection, sheet: Sheet) -> None:
    """Raises unless the answers on a sheet may be used, inside a transaction.

    Raises:
        SheetWithdrawn, SheetDead, SheetConfirmed
    """
    if sheet.status == "dead":
        raise SheetDead
    stopped = connection.scalar(
        select(FamilyRow.status)
        .join(RespondentRow, RespondentRow.family_id == FamilyRow.id)
        .where(RespondentRow.id == sheet.respondent_id)
    )
    response = connection.scalar(select(ResponseRow.status).where(ResponseRow.id == sheet.response_id))
    if sheet.status == "withdrawn" or stopped == "stopped" or response in ("stopped", "void"):
        raise SheetWithdrawn
    if sheet.status == "confirmed":
        raise SheetConfirmed


def mark_seen(
    db: Database,
    sheet_id: int,
    sides: Iterable[int],
    *,
    by: str,
    now: dt.datetime | None = None,
) -> Sheet:
    """Note that sides of a sheet came back; a side that was noted before stays as it was noted.

    Raises:
        NoSuchSheet, NoSuchSide, SheetWithdrawn, SheetDead
    """
    moment, wanted = now or moments.now(), tuple(sides)
    add = sqlite.insert if db.dialect == "sqlite" else postgresql.insert

    def work(connection: Connection) -> Sheet:
        sheet = one_on(connection, SheetRow.id == sheet_id)
        if any(not 1 <= side <= sheet.sides for side in wanted):
            raise NoSuchSide
        if sheet.status != "confirmed":
            check_usable_on(connection, sheet)
        for side in wanted:
            row = {"sheet_id": sheet_id, "side": side, "seen_by": by, "seen_at": moment}
            connection.execute(add(SheetSide).values(row).on_conflict_do_nothing())
        if sheet.status == "printed" and wanted:
            connection.execute(
                update(SheetRow).where(SheetRow.id == sheet_id).values(status="returned", returned_at=moment)
            )
            audit.append(connection, by, "sheet.returned", f"sheet {sheet_id}", moment)
        return one_on(connection, SheetRow.id == sheet_id)

    return db.write(work)


def close(
    db: Database, sheet_id: int, status: str, *, by: str, reason: str = "", now: dt.datetime | None = None
) -> None:
    """Declare a copy `dead` (spoiled, never handed out) or `withdrawn`; its code opens nothing any more.

    Raises:
        NoSuchSheet, SheetConfirmed
        ValueError: another state.
    """
    if status not in ("dead", "withdrawn"):
        raise ValueError("a sheet is closed as dead or as withdrawn")
    moment = now or moments.now()

    def work(connection: Connection) -> None:
        sheet = one_on(connection, SheetRow.id == sheet_id)
        if sheet.status == "confirmed":
            raise SheetConfirmed
        set_status_on(connection, sheet, status, by, moment, reason=reason)

    db.write(work)


def set_status_on(
    connection: Connection, sheet: Sheet, status: str, by: str, now: dt.datetime, **detail: object
) -> None:
    """Move a sheet to a state, inside a transaction; from `confirmed` on its code opens nothing."""
    connection.execute(update(SheetRow).where(SheetRow.id == sheet.id).values(status=status))
    audit.append(connection, by, f"sheet.{status}", f"sheet {sheet.id}", now, **detail)
    if status not in USABLE:
        links.revoke_on(connection, LinkRow.id == sheet.link_id, now, by)


_SHEETS = (
    select(
        SheetRow.id,
        SheetRow.batch_id,
        SheetRow.kind,
        SheetRow.respondent_id,
        SheetRow.response_id,
        SheetRow.template_id,
        SheetRow.link_id,
        SheetRow.status,
        SheetRow.printed_at,
        SheetRow.returned_at,
        PaperTemplate.sides,
    )
    .join(LinkRow, LinkRow.id == SheetRow.link_id)
    .outerjoin(PaperTemplate, PaperTemplate.id == SheetRow.template_id)
    .order_by(SheetRow.id)
)


def _codes(key: bytes, seed: str, name: str) -> Iterator[str]:
    """The codes that a sheet may have, best first: as good as random to who does not know the key."""
    numbers = count()

    def number(bits: int) -> int:
        text = f"sheet of run {seed}: {name}: {next(numbers)}"
        return int.from_bytes(hmac.digest(key, text.encode(), hashlib.sha256)) >> (256 - bits)

    while True:
        yield codes.new(number)


def _code_again(keys: Keyring, seed: str, name: str, digest: str) -> str:
    """The code that a sheet was given earlier, with whichever of the keys."""
    for key in keys:
        for code in islice(_codes(key, seed, name), _MOST_TAKEN):
            if digest_of(key, code) == digest:
                return code
    raise KeyGone


def _is_free(connection: Connection, digest: str) -> bool:
    return connection.scalar(select(LinkRow.id).where(LinkRow.digest == digest)) is None
