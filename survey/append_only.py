"""Lifting the triggers that keep some tables append-only, for the few who may change what was written.

Erasure is one (`fieldwork.erasure`); naming the people of old releases anew is another (`feedback.naming`);
and a backup empties the tables of its own copy, from which the rows of people were taken (`backups.copying`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection


@contextmanager
def lifted(connection: Connection, tables: Collection[str]) -> Iterator[None]:
    """Lift the triggers of some tables inside a transaction; back before anybody else can see it."""
    if connection.dialect.name == "postgresql":
        for table in tables:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        yield
        for table in tables:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        return
    triggers = connection.exec_driver_sql(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    mine = [trigger for trigger in triggers if trigger.tbl_name in tables]
    for trigger in mine:
        connection.exec_driver_sql(f'DROP TRIGGER "{trigger.name}"')
    yield
    for trigger in mine:
        connection.exec_driver_sql(trigger.sql)
