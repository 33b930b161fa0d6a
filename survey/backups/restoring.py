"""Opening a backup: whether it is whole, and putting it back."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from survey import audit, moments
from survey.backups.archive import BrokenBackup, Manifest, unseal
from survey.backups.making import counted, head_of, revision_of, run_server_program, server_program
from survey.db import Database
from survey.engines import usable

#: How a dump says, in plain text, that the rows of a table follow.
_ROWS_OF = re.compile(rb'COPY (?:\w+\.)?"?(\w+)"? \(')


class NotEmpty(ValueError):
    """There is something already where the backup should go; nothing was touched."""


@dataclass(frozen=True)
class Checked:
    """What came of opening a backup."""

    manifest: Manifest
    #: What is wrong, in words; nothing when all is well.
    problems: tuple[str, ...]


def check(file: Path, key: str) -> Checked:
    """Open a backup, read all of it, and hold it against what it says of itself. Puts it nowhere.

    Args:
        key: the text of a file with a secret key of age.

    Raises:
        BadKey, WrongKey, BrokenBackup, OSError
    """
    with tempfile.TemporaryDirectory() as folder:
        manifest, content = unseal(file, key, Path(folder))
        if manifest.dialect == "postgresql":
            return Checked(manifest, _differences(manifest.counts, _rows_in_dump(content)))
        with closing(sqlite3.connect(content)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            found += [
                f"a row of {row[0]} refers to nothing"
                for row in connection.execute("PRAGMA foreign_key_check")
            ]
        db = Database(f"sqlite:///{content}", connections=1)
        try:
            return Checked(manifest, (*found, *_compared(db, manifest)))
        finally:
            db.dispose()


def restore(file: Path, key: str, url: str, *, by: str) -> Checked:
    """Put a backup into a place that is empty, and hold it against what it says of itself.

    Args:
        url: of an SQLite file that is not there, or of an empty PostgreSQL database, as the backup is.

    Raises:
        NotEmpty: there is something already.
        BadKey, WrongKey, BrokenBackup, CannotBackUp, OSError
    """
    target = usable(url)
    with tempfile.TemporaryDirectory(dir=_folder_of(target)) as folder:
        manifest, content = unseal(file, key, Path(folder))
        if manifest.dialect != target.get_backend_name():
            raise BrokenBackup(f"the backup is of {manifest.dialect}; give a database of that kind")
        if manifest.dialect == "sqlite":
            path = Path(str(target.database))
            if any(path.parent.glob(f"{path.name}*")):
                raise NotEmpty(f"{path} is there already; move it and its companions away first")
            content.replace(path)
        else:
            _into_server(target, content)
    db = Database(url, connections=1)
    try:
        problems = _compared(db, manifest)
        if manifest.store == "study":
            db.write(
                lambda connection: audit.append(
                    connection, by, "backup.restored", "study 1", moments.now(), made_at=manifest.made_at
                )
            )
    finally:
        db.dispose()
    return Checked(manifest, problems)


def _folder_of(target: sa.URL) -> Path | None:
    """Where to unpack: beside the file, so that it is moved and not copied."""
    return Path(str(target.database)).resolve().parent if target.get_backend_name() == "sqlite" else None


def _into_server(target: sa.URL, content: Path) -> None:
    engine = sa.create_engine(target, poolclass=sa.NullPool)
    with engine.connect() as connection:
        if sa.inspect(connection).get_table_names():
            raise NotEmpty(f"the database {target.database} holds tables already; give an empty one")
    # All of it or nothing.
    run_server_program(
        "pg_restore", target, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
        f"--dbname={target.database}", str(content),
    )  # fmt: skip


def _compared(db: Database, manifest: Manifest) -> tuple[str, ...]:
    with db.read() as connection:
        found = [*_differences(manifest.counts, counted(connection)), *_marks(connection, manifest)]
    return (*found, *(audit.verify(db).problems if manifest.store == "study" else ()))


def _marks(connection: Connection, manifest: Manifest) -> list[str]:
    found = []
    if revision_of(connection) != manifest.revision:
        found.append(f"the tables have form {revision_of(connection)}, not {manifest.revision}")
    if head_of(connection) != manifest.head:
        found.append("the audit trail ends elsewhere than when the backup was made")
    return found


def _differences(told: Mapping[str, int], found: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(
        f"{name} has {found.get(name, 0)} rows, and had {told.get(name, 0)}"
        for name in sorted({*told, *found})
        if told.get(name, 0) != found.get(name, 0)
    )


def _rows_in_dump(content: Path) -> Mapping[str, int]:
    """The rows of every table in a dump, counted without a server. Raises BrokenBackup."""
    command = [server_program("pg_restore"), "--data-only", "--file=-", str(content)]
    counts: Counter[str] = Counter()
    table = ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if table:
                table = "" if line == b"\\.\n" else table
                counts[table] += bool(table)
            elif begins := _ROWS_OF.match(line):
                table = begins[1].decode()
    if process.returncode:
        raise BrokenBackup("the dump in the backup cannot be read")
    del counts[""]
    return counts
