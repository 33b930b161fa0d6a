"""A copy of a database of one moment, what it holds, and the rows of people apart from it."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from survey import append_only, moments
from survey.backups.archive import CONTENT, PEOPLE, Manifest, Opened, digest_of, private
from survey.backups.programs import run_server_program
from survey.db import Database
from survey.models import Seal
from survey.scans.tables import PICTURES


class Taking(Protocol):
    """Takes the rows of people out of a copy, into a file of portions; the columns of each table."""

    def __call__(self, connection: Connection, to: IO[bytes]) -> Mapping[str, Sequence[str]]: ...


def copy(db: Database, folder: Path, moment: dt.datetime, take: Taking | None) -> Opened:
    """Copy a database into a folder, as a backup has it before it is sealed.

    Args:
        take: takes the rows of people out. None: they stay in the copy.

    Raises:
        CannotBackUp, OSError, sqlite3.Error
    """
    return (_copy_sqlite if db.dialect == "sqlite" else _copy_postgresql)(db, folder, moment, take)


def counted(connection: Connection) -> Mapping[str, int]:
    """How many rows every table has in a backup: none of pictures, which no backup holds."""
    names = sa.inspect(connection).get_table_names()
    return {
        name: 0
        if name in PICTURES
        else int(connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0)
        for name in sorted(names)
    }


def head_of(connection: Connection) -> str:
    """The last seal of the audit trail; empty where there is none, as in the contact store."""
    if not sa.inspect(connection).has_table(Seal.__tablename__):
        return ""
    return connection.scalar(sa.select(Seal.digest).order_by(Seal.id.desc()).limit(1)) or ""


def revision_of(connection: Connection) -> str:
    """Which form the tables have."""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def _copy_sqlite(db: Database, folder: Path, moment: dt.datetime, take: Taking | None) -> Opened:
    content = folder / CONTENT["sqlite"]
    content.touch(mode=0o600)
    file = Path(str(db.url.database)).resolve()
    # SQLite's own backup, in one step: one moment, and nobody who writes waits for it.
    with (
        closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(content)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
        # The contact store has no pictures, and neither has a study of an earlier form.
        there = {row[0] for row in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in sorted(there & set(PICTURES)):
            target.execute(f"DELETE FROM {table}")
        target.commit()
    engine = sa.create_engine(f"sqlite:///{content}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        found = _facts(connection)
        people, columns = _taken(take, connection, folder)
        with append_only.lifted(connection, columns):
            for table in columns:
                connection.execute(sa.delete(sa.table(table)))
    with closing(sqlite3.connect(content)) as target:
        # What was deleted, here and in the study itself, lies on free pages until the file is written anew.
        target.execute("VACUUM")
    return _described(found, "sqlite", content, moment, people, columns)


def _copy_postgresql(db: Database, folder: Path, moment: dt.datetime, take: Taking | None) -> Opened:
    content = folder / CONTENT["postgresql"]
    with db.snapshot() as connection:
        # The dump, the rows of people and our counts see the same moment.
        snapshot = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar())
        people, columns = _taken(take, connection, folder)
        run_server_program(
            "pg_dump", db.url, "--format=custom", "--no-owner", "--no-privileges",
            f"--snapshot={snapshot}", f"--file={content}",
            *(f"--exclude-table-data={table}" for table in (*PICTURES, *columns)),
        )  # fmt: skip
        found = _facts(connection)
    return _described(found, "postgresql", content, moment, people, columns)


def _taken(
    take: Taking | None, connection: Connection, folder: Path
) -> tuple[Path | None, Mapping[str, Sequence[str]]]:
    if take is None:
        return None, {}
    people = folder / PEOPLE
    with private(people) as file:
        return people, take(connection, file)


@dataclass(frozen=True)
class _Facts:
    """What a copy holds, its rows of people included."""

    revision: str
    counts: Mapping[str, int]
    head: str


def _facts(connection: Connection) -> _Facts:
    return _Facts(revision_of(connection), counted(connection), head_of(connection))


def _described(
    found: _Facts,
    dialect: str,
    content: Path,
    moment: dt.datetime,
    people: Path | None,
    columns: Mapping[str, Sequence[str]],
) -> Opened:
    manifest = Manifest(
        moments.write(moment), dialect, found.revision, found.counts, found.head,
        content.stat().st_size, digest_of(content),
    )  # fmt: skip
    return Opened(manifest if people is None else manifest.with_people(columns, people), content, people)
