"""Opening a backup: whether it is whole, and putting it back."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from survey import audit, moments
from survey.backups.archive import BrokenBackup, Manifest, Opened, private, unseal
from survey.backups.copying import counted, head_of, revision_of
from survey.backups.programs import dump_script, rows_in_dump, run_server_program
from survey.backups.putting import LeftOut, Putting
from survey.db import Database
from survey.engines import usable


class NotEmpty(ValueError):
    """There is something already where the backup should go; nothing was touched."""


@dataclass(frozen=True)
class Checked:
    """What came of opening a backup."""

    manifest: Manifest
    #: What is wrong, in words; nothing when all is well.
    problems: tuple[str, ...]
    #: Rows that were left out since somebody they are about has no key any more; how many people those are.
    left_out: int = 0
    gone: int = 0


def check(file: Path, key: str, people: Mapping[str, bytes] | None = None) -> Checked:
    """Open a backup, read all of it, and hold it against what it says of itself. Puts it nowhere.

    Args:
        key: the text of a file with a secret key of age.
        people: the keys of people (`survey.people_keys.read_copy`), for a backup that needs them.

    Raises:
        BadKey, WrongKey, BrokenBackup, KeysNeeded, OSError
    """
    with tempfile.TemporaryDirectory() as folder:
        opened = unseal(file, key, Path(folder))
        manifest, putting = opened.manifest, Putting(opened, people)
        if manifest.dialect == "postgresql":
            found = rows_in_dump(opened.content) + putting.counted()
            return _checked(manifest, _differences(manifest.counts, found, putting.left_out), putting)
        putting.into_sqlite(opened.content)
        with closing(sqlite3.connect(opened.content)) as connection:
            problems = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            problems += [
                f"a row of {row[0]} refers to nothing"
                for row in connection.execute("PRAGMA foreign_key_check")
            ]
        db = Database(f"sqlite:///{opened.content}", connections=1)
        try:
            return _checked(
                manifest, (*problems, *_compared(db, manifest, putting.left_out, "check")), putting
            )
        finally:
            db.dispose()


def restore(file: Path, key: str, url: str, *, by: str, people: Mapping[str, bytes] | None = None) -> Checked:
    """Put a backup into a place that is empty, and hold it against what it says of itself.

    Args:
        url: of an SQLite file that is not there, or of an empty PostgreSQL database, as the backup is.
        people: as for `check`. What is about somebody whose key is not among them is left out.

    Raises:
        NotEmpty: there is something already.
        BadKey, WrongKey, BrokenBackup, CannotBackUp, KeysNeeded, OSError
    """
    target = usable(url)
    with tempfile.TemporaryDirectory(dir=_folder_of(target)) as folder:
        opened = unseal(file, key, Path(folder))
        manifest, putting = opened.manifest, Putting(opened, people)
        if manifest.dialect != target.get_backend_name():
            raise BrokenBackup(f"the backup is of {manifest.dialect}; give a database of that kind")
        if manifest.dialect == "sqlite":
            path = Path(str(target.database))
            if any(path.parent.glob(f"{path.name}*")):
                raise NotEmpty(f"{path} is there already; move it and its companions away first")
            putting.into_sqlite(opened.content)
            opened.content.replace(path)
        else:
            _into_server(target, opened, putting)
    db = Database(url, connections=1)
    try:
        problems = _compared(db, manifest, putting.left_out, by)
        if manifest.store == "study":
            told = {"left_out": putting.left_out.rows.total()} if putting.left_out.people else {}
            db.write(
                lambda connection: audit.append(
                    connection, by, "backup.restored", "study 1", moments.now(), made_at=manifest.made_at,
                    **told,
                )
            )  # fmt: skip
    finally:
        db.dispose()
    return _checked(manifest, problems, putting)


def _checked(manifest: Manifest, problems: tuple[str, ...], putting: Putting) -> Checked:
    left = putting.left_out
    return Checked(manifest, problems, left.rows.total(), len(left.people))


def _folder_of(target: sa.URL) -> Path | None:
    """Where to unpack: beside the file, so that it is moved and not copied."""
    return Path(str(target.database)).resolve().parent if target.get_backend_name() == "sqlite" else None


def _into_server(target: sa.URL, opened: Opened, putting: Putting) -> None:
    engine = sa.create_engine(target, poolclass=sa.NullPool)
    with engine.connect() as connection:
        if sa.inspect(connection).get_table_names():
            raise NotEmpty(f"the database {target.database} holds tables already; give an empty one")
    # The rows of people come after the others and before what holds rows to each other. All of it or nothing.
    folder = opened.content.parent
    scripts = [folder / name for name in ("first.sql", "people.sql", "last.sql")]
    first, people, last = scripts
    dump_script(opened.content, first, "pre-data", "data")
    with private(people) as file:
        putting.as_script(file)
    dump_script(opened.content, last, "post-data")
    run_server_program(
        "psql", target, "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
        *(f"--file={script}" for script in scripts),
    )  # fmt: skip


def _compared(db: Database, manifest: Manifest, left: LeftOut, by: str) -> tuple[str, ...]:
    with db.read() as connection:
        found = [*_differences(manifest.counts, counted(connection), left), *_marks(connection, manifest)]
    if manifest.store != "study":
        return tuple(found)
    if left.events:
        db.write(
            lambda connection: audit.bind_emptied_on(connection, left.events, "study 1", by, moments.now())
        )
    return (*found, *audit.verify(db).problems)


def _marks(connection: Connection, manifest: Manifest) -> list[str]:
    found = []
    if revision_of(connection) != manifest.revision:
        found.append(f"the tables have form {revision_of(connection)}, not {manifest.revision}")
    if head_of(connection) != manifest.head:
        found.append("the audit trail ends elsewhere than when the backup was made")
    return found


def _differences(told: Mapping[str, int], found: Mapping[str, int], left: LeftOut) -> tuple[str, ...]:
    there = Counter(found) + left.rows
    return tuple(
        f"{name} has {there[name]} rows, and had {told.get(name, 0)}"
        for name in sorted({*told, *there})
        if told.get(name, 0) != there[name]
    )
