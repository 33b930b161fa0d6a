"""Putting the rows of people back, of everybody who still has a key."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import IO

from survey.backups import portions
from survey.backups.archive import BrokenBackup, Opened
from survey.backups.owners import EMPTIED, MAY_BE_ALONE
from survey.backups.portions import BrokenPortion, Portion
from survey.backups.taking import from_json_line


class KeysNeeded(LookupError):
    """The rows of people in this backup are sealed with keys of their own, and none were given."""


@dataclass
class LeftOut:
    """What could not be put back, because somebody it is about has no key any more."""

    #: Rows of each table that are not there.
    rows: Counter[str] = field(default_factory=Counter)
    #: Events that are there without their details.
    events: set[int] = field(default_factory=set)
    #: Names of the keys that are gone.
    people: set[str] = field(default_factory=set)


class Putting:
    """The rows of people in a backup that was opened, on their way back.

    Args:
        keys: of people, by name. None: they are not known, which is different from being gone.

    Raises:
        KeysNeeded: there are such rows, and no keys.
    """

    def __init__(self, opened: Opened, keys: Mapping[str, bytes] | None) -> None:
        self._people = opened.people
        self._columns = opened.manifest.people
        if opened.people is not None and keys is None:
            raise KeysNeeded("what is about people in this backup is sealed with keys of their own")
        self._keys = keys or {}
        self._is_json = opened.manifest.dialect == "sqlite"
        self.left_out = LeftOut()

    def into_sqlite(self, content: Path) -> None:
        """Put them into a file that has the rest. Raises BrokenBackup."""
        with closing(sqlite3.connect(content)) as connection:
            for table, lines in self._tables():
                columns = self._columns[table]
                marks = ", ".join("?" for _ in columns)
                names = ", ".join(f'"{column}"' for column in columns)
                statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'
                connection.executemany(statement, map(from_json_line, lines))
            for statement in self._loosened():
                connection.execute(statement)
            connection.commit()

    def as_script(self, to: IO[bytes]) -> None:
        """Write them as a script of psql, for a database that has the rest. Raises BrokenBackup."""
        for table, lines in self._tables():
            names = ", ".join(f'"{column}"' for column in self._columns[table])
            to.write(f'COPY public."{table}" ({names}) FROM stdin;\n'.encode())
            to.writelines(line + b"\n" for line in lines)
            to.write(b"\\.\n\n")
        for statement in self._loosened():
            to.write(f"{statement};\n".encode())

    def counted(self) -> Counter[str]:
        """Read all, and put them nowhere; how many rows of each table there are. Raises BrokenBackup."""
        return Counter({table: sum(1 for _ in lines) for table, lines in self._tables()})

    def _tables(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        if self._people is None:
            return
        with self._people.open("rb") as file:
            for table, found in groupby(self._portions(file), lambda portion: portion.table):
                if table not in self._columns:
                    raise BrokenBackup(f"the backup does not say what is in {table}")
                yield table, (line for portion in found for line in self._lines(portion))

    def _portions(self, file: IO[bytes]) -> Iterator[Portion]:
        try:
            yield from portions.read(file, self._keys)
        except BrokenPortion as error:
            raise BrokenBackup(str(error)) from error

    def _lines(self, portion: Portion) -> Sequence[bytes]:
        if portion.lines is not None:
            return portion.lines
        self.left_out.people.update(name for name in portion.people if name not in self._keys)
        self.left_out.rows[portion.table] += portion.rows - len(portion.left)
        if portion.table == EMPTIED:
            self.left_out.events.update(self._number(portion.table, line) for line in portion.left)
        return portion.left

    def _number(self, table: str, line: bytes) -> int:
        place = self._columns[table].index("id")
        return int(json.loads(line)[place] if self._is_json else line.split(b"\t")[place])

    def _loosened(self) -> Iterator[str]:
        """What still points at somebody who is not there any more points at nobody."""
        for table, column, parent in MAY_BE_ALONE:
            if table in self._columns:
                yield (
                    f'UPDATE {self._schema}"{table}" SET {column} = NULL WHERE {column} NOT IN'
                    f' (SELECT id FROM {self._schema}"{parent}")'
                )

    @property
    def _schema(self) -> str:
        return "" if self._is_json else "public."
