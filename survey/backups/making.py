"""Making a backup: a copy of one moment, while everybody goes on saving."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from survey import audit, moments
from survey.backups.archive import Manifest, digest_of, recipients, seal
from survey.db import Database
from survey.engines import reach
from survey.models import Event, Seal
from survey.scans.tables import PICTURES

_ENDING = ".age"
#: How files begin, by what they hold.
_BEGIN = {"study": "meetmoment-", "contacts": "contacts-"}
_ACTION = "backup.made"
#: What PostgreSQL's programs are told in the environment, by libpq's word for it.
_GIVEN = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


class CannotBackUp(RuntimeError):
    """No backup could be made; the message says why, and what to do."""


@dataclass(frozen=True)
class Made:
    """A backup that is on disk."""

    path: Path
    manifest: Manifest
    #: Of the sealed file.
    bytes: int
    #: Earlier backups that were thrown away.
    dropped: tuple[Path, ...]


def make(
    db: Database,
    keys: Sequence[str],
    folder: Path,
    *,
    by: str,
    keep: int | None = None,
    now: dt.datetime | None = None,
    contacts: Database | None = None,
) -> Made:
    """Make a backup in a folder, and note in the audit trail that it was made.

    Args:
        contacts: the contact store, where there is one; it goes into a file of its own beside this one.
        keys: public keys of age; whoever has the secret key of one of them can open it.
        keep: how many backups stay in the folder; older ones of ours are thrown away. None: all stay.

    Raises:
        BadKey: a key is no public key.
        CannotBackUp: the database or the disk would not.
    """
    moment = now or moments.now()
    recipients(keys)  # before anything is copied
    if contacts is not None:
        _copied(contacts, "contacts", keys, folder, moment)
    path, manifest = _copied(db, "study", keys, folder, moment)
    size = path.stat().st_size
    dropped = tuple(old for store in _BEGIN for old in _drop(folder, store, keep))

    def note(connection: Connection) -> None:
        audit.append(connection, by, _ACTION, "study 1", moment, file=path.name, bytes=size)

    db.write(note)
    return Made(path, manifest, size, dropped)


def _copied(
    db: Database, store: str, keys: Sequence[str], folder: Path, moment: dt.datetime
) -> tuple[Path, Manifest]:
    path = folder / f"{_BEGIN[store]}{moment:%Y%m%dT%H%M%SZ}{_ENDING}"
    try:
        # Beside the backup, not in a shared folder for temporary files: only we may read this copy.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".copying-") as temporary:
            copy = _copy_sqlite if db.dialect == "sqlite" else _copy_postgresql
            manifest, content = copy(db, Path(temporary), moment)
            manifest = replace(manifest, store=store)
            seal(manifest, content, path, keys)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CannotBackUp(f"no backup was made in {folder}: {reason}") from error
    return path, manifest


def last_made(db: Database) -> dt.datetime | None:
    """When the last backup was made, as far as the trail knows."""
    with db.read() as connection:
        return connection.scalar(sa.select(sa.func.max(Event.at)).where(Event.action == _ACTION))


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


def server_program(name: str) -> str:
    """The path of a program of PostgreSQL, the newest there is. Raises CannotBackUp."""
    found = sorted(
        (path for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}") if path.parts[-3].isdigit()),
        key=lambda path: int(path.parts[-3]),
    )
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        raise CannotBackUp(f"{name} is not installed; install the package postgresql-client")
    return path


def run_server_program(name: str, url: sa.URL, *words: str) -> bytes:
    """Run a program of PostgreSQL on a database; what it wrote. The password goes by the environment.

    Raises:
        CannotBackUp: it failed; the message is the first line of its own.
    """
    told = reach(url)
    given = {variable: told[name] for name, variable in _GIVEN.items() if name in told}
    done = subprocess.run(
        [server_program(name), *words],
        env=os.environ | given,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise CannotBackUp(f"{name} failed: {said[0]}")
    return done.stdout


def _copy_sqlite(db: Database, folder: Path, moment: dt.datetime) -> tuple[Manifest, Path]:
    content = folder / "study.db"
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
        # What was deleted, here and in the study itself, lies on free pages until the file is written anew.
        target.execute("VACUUM")
    engine = sa.create_engine(f"sqlite:///{content}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        manifest = _manifest(connection, "sqlite", content, moment)
    return manifest, content


def _copy_postgresql(db: Database, folder: Path, moment: dt.datetime) -> tuple[Manifest, Path]:
    content = folder / "study.dump"
    with db.snapshot() as connection:
        # The dump and our counts see the same moment.
        snapshot = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar())
        run_server_program(
            "pg_dump", db.url, "--format=custom", "--no-owner", "--no-privileges",
            f"--snapshot={snapshot}", f"--file={content}",
            *(f"--exclude-table-data={table}" for table in PICTURES),
        )  # fmt: skip
        manifest = _manifest(connection, "postgresql", content, moment)
    return manifest, content


def _manifest(connection: Connection, dialect: str, content: Path, moment: dt.datetime) -> Manifest:
    return Manifest(
        moments.write(moment), dialect, revision_of(connection), counted(connection), head_of(connection),
        content.stat().st_size, digest_of(content),
    )  # fmt: skip


def _drop(folder: Path, store: str, keep: int | None) -> tuple[Path, ...]:
    if keep is None:
        return ()
    ours: Iterable[Path] = sorted(folder.glob(f"{_BEGIN[store]}[0-9]*{_ENDING}"))
    old = tuple(ours)[: -max(1, keep)]
    for path in old:
        path.unlink()
    return old
