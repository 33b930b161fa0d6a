"""Taking the rows of people out of a copy, each sealed with the keys of everybody it is about."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

import psycopg
from sqlalchemy.engine import Connection

from survey.backups import portions
from survey.backups.owners import LEFT, Owned
from survey.backups.portions import Row

#: From what stands in front of a row (`Owned.query`), the names of the keys of everybody it is about.
Whom = Callable[[str], str]


def take(
    connection: Connection, tables: Iterable[Owned], whom: Whom, keys: Mapping[str, bytes], to: IO[bytes]
) -> dict[str, Sequence[str]]:
    """Write the rows of some tables, of the moment that the transaction sees; the columns of each table.

    Args:
        keys: as for `portions.write`.
    """
    columns: dict[str, Sequence[str]] = {}
    driver = connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection):
        # The server takes these statements for dear, and would be longer at compiling than at running them.
        driver.execute("SET LOCAL jit = off")
    for table in tables:
        left = {table.columns.index(column): text for column, text in LEFT.get(table.name, {}).items()}
        if isinstance(driver, sqlite3.Connection):
            rows = _from_sqlite(driver, table.query, whom, left)
        else:
            assert isinstance(driver, psycopg.Connection)
            rows = _from_postgresql(driver, table.query, whom, left)
        portions.write(table.name, rows, keys, to)
        columns[table.name] = table.columns
    return columns


def json_line(values: Sequence[object]) -> bytes:
    """A row of SQLite as a line."""
    plain = [
        {"base64": base64.b64encode(each).decode()} if isinstance(each, bytes) else each for each in values
    ]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def from_json_line(line: bytes) -> list[object]:
    """A row of SQLite, from its line."""
    return [
        base64.b64decode(value["base64"]) if isinstance(value, dict) else value for value in json.loads(line)
    ]


def _from_sqlite(
    driver: sqlite3.Connection, query: str, whom: Whom, left: Mapping[int, str]
) -> Iterator[Row]:
    for front, *values in driver.execute(query):
        yield Row(whom(str(front)), json_line(values), json_line(_replaced(values, left)) if left else None)


def _from_postgresql(
    driver: psycopg.Connection[Any], query: str, whom: Whom, left: Mapping[int, str]
) -> Iterator[Row]:
    emptied = {place: text.encode() for place, text in left.items()}
    with driver.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT".encode()) as copy:
        for line in copy:
            # Tabs and ends of lines inside a value are written as \t and \n (PostgreSQL manual, COPY).
            front, row = bytes(line).rstrip(b"\n").split(b"\t", 1)
            stays = b"\t".join(_replaced(row.split(b"\t"), emptied)) if left else None
            yield Row(whom(front.decode()), row, stays)


def _replaced(values: Sequence[Any], left: Mapping[int, Any]) -> list[Any]:
    return [left.get(place, value) for place, value in enumerate(values)]
