"""All files of one export: the tables in each format, the codebook, a note to the reader, checksums."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from instruments import Edition, catalogue
from instruments.loading import CATALOGUE, fingerprint
from instruments.protocol import Protocol
from instruments.wording import Library
from survey import audit, moments
from survey.db import Database
from survey.exports import codebook, ddi, exchange, fhir, paper, reading, scripts, workbook
from survey.exports.exchange import Extra
from survey.exports.formats import FORMATS
from survey.exports.tables import Table, Tables

NOTES = """\
People are known by the codes family, respondent, child and professional. The files hold personal data all
the same: keep them where only those who may see them can.

A questionnaire has the same columns in every version; <questionnaire>_version tells which was given. An
empty cell means that no such questionnaire, or no such item in it, was there to answer; a negative code
says why an item that was there has no answer.

Scores are computed from the answers each time, unrounded; one that cannot be computed is empty, never 0,
and so is its flag. Those marked PROVISIONAL rest on rules that are not verified.

Ages are completed months, counted from the first day of the month of birth, on the day of completion (for
what is not complete: of the last answer). They decide the cut-offs.

Days are those where the study lives; moments (names ending in _at) are in UTC.

To read them: the .sav in SPSS, or read.sps; in R source("read.R"), and models.R fits the linear mixed models
of the pilot's report with lme4; the .parquet in polars, pandas or DuckDB.

codebook.xml is DDI-Codebook 2.5. Where they were asked for: .xlsx of every table; the questionnaires and the
answers as FHIR R4 (without free text); the questionnaires as XLSForm. A licensed questionnaire stays licensed
in every form.

Free text is in a file of its own. Cells hold what people wrote, unchanged: one that begins with = + - or @
is a text, but a spreadsheet may run it as a formula. Open .csv files with a statistics program, or import
them into a spreadsheet with every column as text.
"""

_SOFTWARE = f"meetmoment {version('meetmoment')}"

#: The moment of making of an export without a single answer.
_NEVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class FolderInUse(ValueError):
    """The folder for an export has something in it; an export is never written over something else."""


@dataclass(frozen=True)
class Bundle:
    """An export that was written."""

    folder: Path
    #: Rows by file, without its ending.
    rows: dict[str, int]


def write(
    db: Database,
    plan: Protocol,
    folder: Path,
    *,
    library: Library | None = None,
    edition: Edition = Edition("nl"),  # noqa: B008 - frozen
    also: Collection[Extra] = (),
    now: dt.datetime | None = None,
    actor: str = "system",
) -> Bundle:
    """Write all answers and scores into a new folder, from one moment of the database.

    The same data give the same bytes. The folder appears when everything is written, or not at all; only
    who runs this may read it. The export is noted in the audit trail.

    Args:
        library: the words to label with; without it, the topics of the definitions.
        edition: the edition of the labels.
        also: what is written only when it is asked for.

    Raises:
        FolderInUse: the folder is there and not empty.
        workbook.TooLong: a workbook was asked for, and a table does not fit in one.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(f"{folder} is not empty; name a new folder")
    resources: list[str] | None = [] if "fhir" in also else None
    tables, made = _collect(db, plan, library, edition, resources)
    folder.parent.mkdir(parents=True, exist_ok=True)
    workshop = folder.parent / f".{folder.name}-{secrets.token_hex(4)}"
    workshop.mkdir(mode=0o700)
    try:
        for table in tables:
            for ending, writer in FORMATS.items():
                writer(table, workshop / f"{table.name}.{ending}", made)
            if "xlsx" in also:
                workbook.write_xlsx(table, workshop / f"{table.name}.xlsx", made)
        codebook.write_csv(tables, workshop / "codebook.csv")
        codebook.write_html(tables, workshop / "codebook.html", NOTES.split("\n\n"))
        scripts.write(tables, plan, workshop)
        ddi.write(tables, plan, edition, _SOFTWARE, made, workshop / "codebook.xml")
        exchange.write(also, plan, resources or (), library, edition, made, workshop)
        (workshop / "README.txt").write_text(NOTES, encoding="utf-8")
        _write_manifest(workshop, tables, plan, edition, made)
        if folder.exists():
            folder.rmdir()
        workshop.rename(folder)
    except BaseException:
        shutil.rmtree(workshop)
        raise
    rows = {table.name: table.height for table in tables}
    moment = now or moments.now()
    db.write(lambda connection: audit.append(connection, actor, "export.written", "study", moment, **rows))
    return Bundle(folder, rows)


def _collect(
    db: Database,
    plan: Protocol,
    library: Library | None,
    edition: Edition,
    resources: list[str] | None,
) -> tuple[list[Table], dt.datetime]:
    """The tables, and the moment of the last thing in them. Responses are added to `resources` as FHIR."""
    tables = Tables(plan, library, edition)
    last = ""
    with db.snapshot() as connection:
        for filled in reading.responses(connection):
            tables.add(filled)
            if resources is not None and filled.status != "void":
                resources.append(fhir.line(fhir.response(filled)))
            saved = (answer.saved_at for answer in filled.answers)
            last = max(last, moments.write(filled.first_opened_at), *saved)
        on_paper = paper.tables(connection)
    return [*tables.all(), *on_paper], moments.read(last) if last else _NEVER


def _write_manifest(
    folder: Path, tables: Sequence[Table], plan: Protocol, edition: Edition, made: dt.datetime
) -> None:
    """What the export was made from, and the SHA-256 of every file in it."""
    manifest = {
        "software": _SOFTWARE,
        "protocol": f"{plan.id} revision {plan.revision}",
        "labels": str(edition),
        "last_save": moments.write(made),
        "rows": {table.name: table.height for table in tables},
        "instruments": {
            found.key: fingerprint(CATALOGUE / found.id / f"{found.version}.yaml")
            for found in catalogue().all()
        },
        "files": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())
        },
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")
