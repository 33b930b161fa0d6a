"""Erasure: everything of a family is wiped, its answers and their history too; that it was done remains.

The one place that may delete from append-only tables: it lifts their triggers inside its own transaction and
puts them back before the commit. Which rows are a family's is read from the foreign keys of all tables, so
that a table that comes later is not forgotten; what no foreign key reaches is in `traces`.
"""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, delete, or_, select, update
from sqlalchemy.engine import Connection

from survey import append_only, audit, people_keys
from survey.contacts import Book
from survey.db import Database
from survey.fieldwork import reaching, traces
from survey.fieldwork.erasure_ledger import Ledger
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow
from survey.people_keys import KeysAway, PeopleKeys, PersonKeyRow
from survey.schema import METADATA

#: What wipes a family's things in places that are not this database, by the room that keeps them; a room adds
#: its line. Each gets the database and the family, is harmless to repeat, and tells how many things went.
OUTSIDE: dict[str, str] = {}


class StillTakesPart(ValueError):
    """Only a family that has stopped is erased."""


@dataclass(frozen=True)
class Household:
    """A family that is about to be wiped; its rows are still there."""

    family_id: int
    code: str
    respondents: tuple[int, ...]


class _GivenSince(Exception):
    """Somebody was given a key after the keys were thrown away."""


Eraser = Callable[[Database, Household], int]


def erase_family(
    db: Database,
    family_id: int,
    *,
    now: dt.datetime,
    actor: str,
    book: Book | None = None,
    ledger: Ledger | None = None,
    keys: PeopleKeys | None = None,
) -> dict[str, int]:
    """Wipe a family that has stopped, wherever it left something: how many rows of each table went.

    First it is written in the ledger, then names and numbers go and what other rooms keep in files, then its
    keys, and with them what backups hold of it, then the rows, all at once. Were any of it to be the last
    thing that happens, the rest can be wiped again.

    The sealed copy of the keys is renewed at once. Where it cannot be, `keys.is_copied()` tells, and earlier
    backups can be read until the next one renews it. Exports that were made before still hold the family, and
    so do backups from before there were keys; once one is put back, the ledger says whom to wipe again.

    Raises:
        StillTakesPart: also when there is no such family.
        survey.people_keys.KeysAway: keys of the family are not in the store; nothing was wiped.
    """
    with db.read() as connection:
        family = connection.execute(
            select(FamilyRow.code, FamilyRow.status).where(FamilyRow.id == family_id)
        ).first()
    if family is None or family.status != "stopped":
        raise StillTakesPart(family_id)
    expect_keys(db, family_id, keys)
    if ledger is not None:
        ledger.note(family.code, now)
    try:
        return wipe(db, family_id, now=now, actor=actor, book=book, keys=keys)
    finally:
        if keys is not None:
            keys.renew_copy()


def expect_keys(db: Database, family_id: int, keys: PeopleKeys | None) -> None:
    """Refuse before anything is done when the keys that should go are not in the store. Raises KeysAway."""
    if keys is not None:
        names = _key_names(db, family_id)
        if away := names - keys.known(names).keys():
            raise KeysAway(len(away), keys.file)


def wipe(
    db: Database,
    family_id: int,
    *,
    now: dt.datetime,
    actor: str,
    book: Book | None = None,
    keys: PeopleKeys | None = None,
) -> dict[str, int]:
    """As `erase_family`, whatever the family's state, and without the ledger: for whom the ledger names.

    The sealed copy of the keys is not renewed: who wipes many does that once.
    """
    with db.read() as connection:
        code = connection.scalars(select(FamilyRow.code).where(FamilyRow.id == family_id)).one()
    household = Household(family_id, code, reaching.of_family(db, family_id))
    thrown: set[str] = set()
    outside = {} if book is None else {"contact": book.forget(household.respondents)}
    for room, eraser in OUTSIDE.items():
        outside[room] = _load(eraser)(db, household)

    def work(connection: Connection) -> dict[str, int]:
        _hold(connection, family_id)
        doomed = _doomed(connection, family_id)
        if keys is not None and _names_in(connection, doomed, hold=True) - thrown:
            raise _GivenSince
        things = traces.names(connection, doomed, code)
        # A child refers to its reporter, who refers to the family: the ring is opened here.
        connection.execute(update(ChildRow).where(ChildRow.family_id == family_id).values(reporter_id=None))
        counts: dict[str, int] = {}
        with append_only.lifted(connection, [table.name for table in doomed]):
            for table in reversed(METADATA.sorted_tables):
                if table in doomed:
                    gone = connection.execute(delete(table).where(_which(table, doomed))).rowcount
                    counts |= {table.name: gone} if gone else {}
        counts |= traces.wipe_on(connection, family_id, code)
        # In the order in which everybody else asks for them, so that nobody waits for somebody who waits.
        audit.take_turn_on(connection)
        with append_only.lifted(connection, ["event"]):
            emptied = audit.empty_on(connection, things, f"family {family_id}", actor, now)
        counts |= {"event": emptied} if emptied else {}
        audit.append(connection, actor, "family.erased", f"family {family_id}", now, **counts)
        return counts

    while True:
        if keys is not None:
            thrown |= _key_names(db, family_id)
            keys.throw_away(thrown)
        with suppress(_GivenSince):
            return db.write(work) | {room: count for room, count in outside.items() if count}


def _hold(connection: Connection, family_id: int) -> None:
    """Nobody gives these people anything more: on PostgreSQL who is about to waits, and finds them gone."""
    for number, family in (
        (FamilyRow.id, FamilyRow.id),
        (ChildRow.id, ChildRow.family_id),
        (RespondentRow.id, RespondentRow.family_id),
    ):
        connection.execute(select(number).where(family == family_id).with_for_update())


def _key_names(db: Database, family_id: int) -> set[str]:
    """The names of the keys of a family and of everybody in it."""
    with db.read() as connection:
        return _names_in(connection, _doomed(connection, family_id))


def _names_in(connection: Connection, doomed: dict[Table, set[int]], *, hold: bool = False) -> set[str]:
    rows = doomed.get(METADATA.tables[PersonKeyRow.__tablename__], set())
    return people_keys.names_on(connection, rows, hold=hold)


def _load(eraser: str) -> Eraser:
    module, _, attribute = eraser.partition(":")
    found: Eraser = getattr(importlib.import_module(module), attribute)
    return found


def _doomed(connection: Connection, family_id: int) -> dict[Table, set[int]]:
    """Every table with rows that hang from a family, with their numbers where they have any."""
    family = METADATA.tables["family"]
    doomed: dict[Table, set[int]] = {family: {family_id}}
    grew = True
    while grew:
        grew = False
        for table in METADATA.sorted_tables:
            conditions = _conditions(table, doomed)
            if table is family or not conditions:
                continue
            before = doomed.get(table)
            found: set[int] = set()
            if "id" in table.c:
                found = set(connection.scalars(select(table.c.id).where(or_(*conditions))))
            if before is None or found - before:
                doomed[table] = found | (before or set())
                grew = True
    return doomed


def _conditions(table: Table, doomed: dict[Table, set[int]]) -> list[ColumnElement[bool]]:
    return [
        key.parent.in_(doomed[key.column.table])
        for key in table.foreign_keys
        if key.column.table in doomed and key.column.name == "id" and doomed[key.column.table]
    ]


def _which(table: Table, doomed: dict[Table, set[int]]) -> ColumnElement[bool]:
    return table.c.id.in_(doomed[table]) if "id" in table.c else or_(*_conditions(table, doomed))
