"""The register of exports: who asked for what and why, what was made of it, with which sums.

An export that was asked for at the desk waits until a process outside the web makes it (`make_waiting`); it
is kept on the shelf, a folder of the installation, as files to download. One that was made from the command
line stands where it was written, and is in the register all the same. Entries stay for ever.

Asking, making, failing and every download are events of the audit trail, with filter, rows and sums.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.engine import Connection, Row

from instruments.protocol import Protocol
from instruments.wording import Library
from survey import audit, moments
from survey.db import Database
from survey.export_tables import ExportRow
from survey.exports import bundle, manifest
from survey.exports.bundle import Bundle, Progress
from survey.exports.wanted import Wanted
from survey.exports.workbook import TooLong

#: What can be downloaded of an export: all but free text, or free text alone.
PARTS = ("bundle", "free-text")
#: One that has been in the making for longer was interrupted, and is made again.
LONGEST = dt.timedelta(hours=6)
#: The file that is in no bundle, without its ending.
_FREE_TEXT = "free_text"


class NoSuchExport(LookupError):
    """There is no such export, it is not made yet, or its files are not here."""


@dataclass(frozen=True)
class Export:
    """An export as the register knows it."""

    id: int
    state: str
    asked_by: str
    asked_at: dt.datetime
    wanted: Wanted
    made_at: dt.datetime | None
    kept: bool
    #: The text of its manifest.json; empty while it is not made.
    manifest: str
    sha256: str
    seen_event: int
    seen_save: int
    problem: str


def ask(db: Database, plan: Protocol, wanted: Wanted, *, now: dt.datetime, actor: str) -> int:
    """Ask for an export; its number.

    Raises:
        NotWithoutReason, NoSuchWave: see `wanted`.
    """
    wanted.check(plan)

    def work(connection: Connection) -> int:
        number = _enter(connection, wanted, "asked", now, actor)
        audit.append(connection, actor, "export.asked", f"export {number}", now, **_filter(wanted))
        return number

    return db.write(work)


def write(
    db: Database,
    plan: Protocol,
    folder: Path,
    *,
    library: Library | None = None,
    wanted: Wanted = Wanted(),  # noqa: B008 - frozen
    now: dt.datetime | None = None,
    actor: str = "system",
    progress: Progress = bundle.quiet,
) -> Bundle:
    """Write an export into a folder of somebody's own (see `bundle.write`), and enter it in the register."""
    done = bundle.write(db, plan, folder, library=library, wanted=wanted, progress=progress)
    moment = now or moments.now()

    def work(connection: Connection) -> None:
        number = _enter(connection, wanted, "making", moment, actor)
        _made(connection, number, done, wanted, kept=False, now=moment, actor=actor)

    db.write(work)
    return done


def make(
    db: Database,
    plan: Protocol,
    number: int,
    shelf: Path,
    *,
    library: Library | None,
    now: dt.datetime,
    actor: str,
    progress: Progress = bundle.quiet,
) -> bool:
    """Make an export that was asked for, and put it on the shelf; whether it was still to be made.

    What goes wrong is noted in the register and raised again.
    """
    found = get(db, number)
    if not db.write(lambda connection: _claim(connection, number, now)):
        return False
    try:
        with tempfile.TemporaryDirectory(dir=shelf, prefix=".export-") as place:
            done = bundle.write(
                db, plan, Path(place) / "out", library=library, wanted=found.wanted, progress=progress
            )
            _pack(done, shelf, number)
    except Exception as error:
        why = str(error) if isinstance(error, TooLong) else type(error).__name__
        db.write(lambda connection: _failed(connection, number, why[:200], now, actor))
        raise
    db.write(
        lambda connection: _made(connection, number, done, found.wanted, kept=True, now=now, actor=actor)
    )
    return True


def waiting(db: Database, now: dt.datetime) -> tuple[int, ...]:
    """The exports that are to be made, first asked first; those that were interrupted included."""
    with db.read() as connection:
        return tuple(
            connection.scalars(select(ExportRow.id).where(_is_waiting(now)).order_by(ExportRow.id)).all()
        )


def listing(db: Database) -> tuple[Export, ...]:
    """Every export, the last one first."""
    with db.read() as connection:
        rows = connection.execute(select(ExportRow.__table__).order_by(ExportRow.id.desc())).all()
    return tuple(_export(row) for row in rows)


def get(db: Database, number: int) -> Export:
    """One export. Raises NoSuchExport."""
    with db.read() as connection:
        row = connection.execute(select(ExportRow.__table__).where(ExportRow.id == number)).first()
    if row is None:
        raise NoSuchExport(number)
    return _export(row)


def file_of(export: Export, shelf: Path | None, part: str) -> Path:
    """Where a part of an export is. Raises NoSuchExport when it is not there."""
    if shelf is None or part not in PARTS or not export.kept:
        raise NoSuchExport(export.id)
    path = shelf / f"export-{export.id}-{part}.zip"
    if not path.is_file():
        raise NoSuchExport(export.id)
    return path


def taken(db: Database, number: int, part: str, *, now: dt.datetime, actor: str) -> None:
    """Note that somebody downloads a part."""
    db.write(
        lambda connection: audit.append(
            connection, actor, "export.downloaded", f"export {number}", now, part=part
        )
    )


def _enter(connection: Connection, wanted: Wanted, state: str, now: dt.datetime, actor: str) -> int:
    return connection.execute(
        insert(ExportRow)
        .values(state=state, asked_by=actor, asked_at=now, wanted=wanted.written(), problem="")
        .returning(ExportRow.id)
    ).scalar_one()


def _is_waiting(now: dt.datetime) -> ColumnElement[bool]:
    return or_(
        ExportRow.state == "asked", (ExportRow.state == "making") & (ExportRow.begun_at < now - LONGEST)
    )


def _claim(connection: Connection, number: int, now: dt.datetime) -> bool:
    """Take an export in hand, so that no two processes make it."""
    done = connection.execute(
        update(ExportRow).where(ExportRow.id == number, _is_waiting(now)).values(state="making", begun_at=now)
    )
    return bool(done.rowcount)


def _made(
    connection: Connection,
    number: int,
    done: Bundle,
    wanted: Wanted,
    *,
    kept: bool,
    now: dt.datetime,
    actor: str,
) -> None:
    connection.execute(
        update(ExportRow)
        .where(ExportRow.id == number)
        .values(
            state="made", made_at=now, kept=kept, manifest=done.manifest, sha256=done.sha256,
            seen_event=done.seen_event, seen_save=done.seen_save,
        )
    )  # fmt: skip
    audit.append(
        connection, actor, "export.made", f"export {number}", now, sha256=done.sha256, rows=done.rows,
        **_filter(wanted),
    )  # fmt: skip


def _failed(connection: Connection, number: int, why: str, now: dt.datetime, actor: str) -> None:
    connection.execute(update(ExportRow).where(ExportRow.id == number).values(state="failed", problem=why))
    audit.append(connection, actor, "export.failed", f"export {number}", now, why=why)


def _filter(wanted: Wanted) -> dict[str, object]:
    """What was asked for, as the trail tells it."""
    return {
        "waves": " ".join(wanted.waves) or "all",
        "months": wanted.months,
        "municipality": wanted.municipality,
        "free_text": wanted.free_text,
        "reason": wanted.reason,
    }


def _pack(done: Bundle, shelf: Path, number: int) -> None:
    """Put the files of an export on the shelf as two archives, free text apart. The same bytes always."""
    files = sorted(done.folder.iterdir())
    words = [path for path in files if path.stem == _FREE_TEXT]
    _zip([path for path in files if path not in words], shelf / f"export-{number}-bundle.zip")
    if words:
        about = done.folder / manifest.NAME
        _zip([*words, about], shelf / f"export-{number}-free-text.zip")


def _zip(files: list[Path], path: Path) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.touch(mode=0o600)
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in files:
            # The first day that such an archive knows: moments are in the manifest.
            entry = zipfile.ZipInfo(file.name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            with file.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while part := source.read(1 << 20):
                    target.write(part)
    unfinished.replace(path)


def _export(row: Row[tuple[object, ...]]) -> Export:
    return Export(
        row.id, row.state, row.asked_by, row.asked_at, Wanted.read(row.wanted), row.made_at, row.kept,
        row.manifest or "", row.sha256 or "", row.seen_event or 0, row.seen_save or 0, row.problem,
    )  # fmt: skip
