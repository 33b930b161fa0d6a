"""Erasure: everything of a family is wiped, its answers and their history too; that it was done remains.

The one place that may delete from append-only tables: it lifts their triggers inside its own transaction and
puts them back before the commit. Which rows are a family's is read from the foreign keys of all tables, so
that a table that comes later is not forgotten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Table, delete, or_, select, update
from sqlalchemy.engine import Connection

from survey import audit
from survey.contacts import Book
from survey.db import Database
from survey.fieldwork import reaching
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.schema import METADATA


class StillTakesPart(ValueError):
    """Only a family that has stopped is erased."""


def erase_family(
    db: Database, family_id: int, *, now: dt.datetime, actor: str, book: Book | None = None
) -> dict[str, int]:
    """Wipe a family that has stopped, here and in the contact store: how many rows of each table went.

    Names and numbers go first. Were that to be the last thing that happens, the rest can be wiped again.

    Exports that were made before still hold it; backups do until they are replaced.

    Raises:
        StillTakesPart: also when there is no such family.
    """

    def work(connection: Connection) -> dict[str, int]:
        status = connection.scalar(select(FamilyRow.status).where(FamilyRow.id == family_id))
        if status != "stopped":
            raise StillTakesPart(family_id)
        doomed = _doomed(connection, family_id)
        # A child refers to its reporter, who refers to the family: the ring is opened here.
        connection.execute(update(ChildRow).where(ChildRow.family_id == family_id).values(reporter_id=None))
        counts: dict[str, int] = {}
        with _without_triggers(connection, [table.name for table in doomed]):
            for table in reversed(METADATA.sorted_tables):
                if table in doomed:
                    gone = connection.execute(delete(table).where(_which(table, doomed))).rowcount
                    counts |= {table.name: gone} if gone else {}
        audit.append(connection, actor, "family.erased", f"family {family_id}", now, **counts)
        return counts

    _must_have_stopped(db, family_id)
    forgotten = 0 if book is None else book.forget(reaching.of_family(db, family_id))
    return db.write(work) | ({"contact": forgotten} if forgotten else {})


def _must_have_stopped(db: Database, family_id: int) -> None:
    with db.read() as connection:
        status = connection.scalar(select(FamilyRow.status).where(FamilyRow.id == family_id))
    if status != "stopped":
        raise StillTakesPart(family_id)


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


@contextmanager
def _without_triggers(connection: Connection, names: list[str]) -> Iterator[None]:
    """Lift the triggers of some tables; back before anybody else can see it."""
    if connection.dialect.name == "postgresql":
        for table in names:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        yield
        for table in names:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        return
    triggers = connection.exec_driver_sql(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    lifted = [trigger for trigger in triggers if trigger.tbl_name in names]
    for trigger in lifted:
        connection.exec_driver_sql(f'DROP TRIGGER "{trigger.name}"')
    yield
    for trigger in lifted:
        connection.exec_driver_sql(trigger.sql)
