"""A row in every table, made up from what the table says its columns may hold.

For tests of the database as a whole (its migrations): a table that comes later is filled without anybody
having to think of it. What a table only says in a rule about several columns stands in `TOGETHER`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from survey.db import Database

#: Columns that must go together in their table, where what is made up would not.
TOGETHER: Mapping[str, Mapping[str, object]] = {
    "contact": {"from_hour": 0},
    "job": {"status": "waiting", "worker": None, "lease_until": None},
    "scan_pile": {"status": "waiting", "read_at": None},
    "sheet": {"kind": "questionnaire"},
    "job_file": {"piece": 0},
    "pause": {"municipality_id": None},
    "person_key": {"child_id": None, "respondent_id": None, "name": "0" * 32},
}
_MADE_UP: Mapping[type, object] = {
    int: 1,
    str: "x",
    bool: True,
    bytes: b"\x00\xff",
    dt.date: dt.date(2026, 9, 1),
    object: dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC),  # a moment (`survey.moments`)
}


def fill(db: Database, metadata: sa.MetaData) -> None:
    """Put a row into every table that has none; what other tables it refers to comes first."""

    def work(connection: Connection) -> None:
        for table in metadata.sorted_tables:
            if connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0:
                connection.execute(sa.insert(table).values(_row(connection, table)))

    db.write(work)


def another(db: Database, table: sa.Table, **own: object) -> None:
    """Put one more row into a table, in some columns unlike the first."""
    db.write(lambda connection: connection.execute(sa.insert(table).values(_row(connection, table) | own)))


def _row(connection: Connection, table: sa.Table) -> dict[str, object]:
    given = TOGETHER.get(table.name, {})
    row: dict[str, object] = {}
    for column in table.columns:
        if column.name in given:
            row[column.name] = given[column.name]
        elif column.foreign_keys:
            # The last row of the other table: where only one may refer to each, it has none yet.
            other = min(column.foreign_keys, key=lambda key: str(key.target_fullname)).column
            row[column.name] = connection.scalar(sa.select(sa.func.max(other)))
        elif column.name != "id":
            row[column.name] = _words(table, column) or _MADE_UP[column.type.python_type]
    return row


def _words(table: sa.Table, column: sa.Column[object]) -> str | None:
    """The last of the words that a rule lets a column hold: never the one it has by itself."""
    for rule in table.constraints:
        if isinstance(rule, sa.CheckConstraint):
            listed = re.fullmatch(rf"{column.name} IN \((.*)\)", str(rule.sqltext))
            if listed and "'" in listed[1]:
                return str(re.findall(r"'([^']*)'", listed[1])[-1])
    return None
