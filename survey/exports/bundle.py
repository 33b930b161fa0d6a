"""All files of one export: the tables in each format, the codebook, a note to the reader, checksums."""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import tempfile
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sqlalchemy import func, select

from instruments import Edition
from instruments.editions import Reading
from instruments.protocol import Protocol
from instruments.wording import Library
from survey import moments
from survey.db import Database
from survey.exports import (
    codebook,
    codebook_pdf,
    ddi,
    exchange,
    fhir,
    households,
    manifest,
    paper,
    reading,
    scripts,
)
from survey.exports import workbook as workbooks
from survey.exports.formats import FORMATS
from survey.exports.grid import Grid
from survey.exports.manifest import Manifest
from survey.exports.table import Table
from survey.exports.tables import Tables
from survey.exports.wanted import Wanted
from survey.models import Event, SaveEvent

NOTES = """\
People are known by the codes family, respondent, child and professional. The files hold personal data all
the same: keep them where only those who may see them can.

A questionnaire has the same columns in every version; <questionnaire>_version tells which was given. An
empty cell means that no such questionnaire, or no such item in it, was there to answer; a negative code
says why an item that was there has no answer.

Scores are computed from the answers each time, unrounded; one that cannot be computed is empty, never 0,
and so is its flag. Those marked PROVISIONAL rest on rules that are not verified; in the file scores they are
the rows with something in the column provisional, so that they can be set apart.

Raw answers are as they were given: in the evaluations 1 is "fully agree", so low is positive.

Ages are counted in completed months from the first day of the month of birth, on the day of completion (for
what is not complete: of the last answer). They decide the cut-offs. They stand here as bands, and the
municipality of a family does not, unless somebody asked for them and said why; manifest.json says so.

An erased family is in no export that was made after. Left out as well is what a family gave that asked for
everything to be erased, also before that is done; what somebody gave who refused the research or took their
consent back, and what others said about a child that does not take part. Who stopped and said that what they
gave may be kept stays in; the column consent says so. manifest.json counts what is left out.

Days are those where the study lives; moments (names ending in _at) are in UTC.

To read them: the .sav in SPSS, or read.sps; in R source("read.R"); the .parquet in polars, pandas or DuckDB.
The linear mixed models of the pilot's report are fitted by models.R with lme4, and by models.sps in SPSS.

codebook.xml is DDI-Codebook 2.5. Where they were asked for: .xlsx of every table; the questionnaires and the
answers as FHIR R4 (without free text); the questionnaires as XLSForm. A licensed questionnaire stays licensed
in every form.

Free text is in files of its own, whose names begin with free_text, and only where somebody asked for it and
said why: what respondents wrote, and why a wave closed later, as a colleague wrote it. Cells hold what people
wrote, unchanged: one that begins with = + - or @ is a text, but a spreadsheet may run it as a formula. Open
.csv files with a statistics program, or import them into a spreadsheet with every column as text.
"""

#: The moment of making of an export without a single answer.
_NEVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

#: Told how far it is: what is being done, and how much of it out of how much.
Progress = Callable[[str, int, int], None]


class FolderInUse(ValueError):
    """The folder for an export has something in it; an export is never written over something else."""


@dataclass(frozen=True)
class Bundle:
    """An export that was written."""

    folder: Path
    #: Rows by file, without its ending.
    rows: dict[str, int]
    #: The text of manifest.json, and its own SHA-256, by which the export as a whole is known.
    manifest: str
    sha256: str
    #: The last event of the trail and the last save that it has seen, to tell later what came after.
    seen_event: int
    seen_save: int


@dataclass(frozen=True)
class Collected:
    """Everything that goes into the files of an export, as it was at one moment."""

    tables: list[Table]
    made: dt.datetime
    editions: set[tuple[str, Edition]]
    left_out: Counter[str]
    #: Responses as FHIR, one on a line; None where they are not wanted.
    resources: Path | None
    seen_event: int
    seen_save: int


def quiet(_doing: str, _done: int, _whole: int) -> None:
    """Tell nobody."""


def write(
    db: Database,
    plan: Protocol,
    folder: Path,
    *,
    library: Library | None = None,
    wanted: Wanted = Wanted(),  # noqa: B008 - frozen
    progress: Progress = quiet,
) -> Bundle:
    """Write answers and scores into a new folder, from one moment of the database.

    The same data give the same bytes. The folder appears when everything is written, or not at all; only
    who runs this may read it. That it was done is for the register to note (`register.make`).

    Args:
        library: the words to label with; without it, the topics of the definitions.

    Raises:
        FolderInUse: the folder is there and not empty.
        NotWithoutReason, NoSuchWave: see `wanted`.
        workbook.TooLong: a workbook was asked for, and a table does not fit in one.
    """
    wanted.check(plan)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(f"{folder} is not empty; name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, so that it can be moved there in one step; only its owner may look into it.
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as place:
        workshop, shelf = Path(place, "files"), Path(place, "parts")
        for each in (workshop, shelf):
            each.mkdir(mode=0o700)
        found = collect(db, plan, library, wanted, progress, shelf)
        text = _write_files(found, plan, library, wanted, workshop, progress)
        if folder.exists():
            folder.rmdir()
        workshop.rename(folder)
    return Bundle(
        folder,
        {table.name: table.height for table in found.tables},
        text,
        hashlib.sha256(text.encode()).hexdigest(),
        found.seen_event,
        found.seen_save,
    )


def collect(
    db: Database,
    plan: Protocol,
    library: Library | None,
    wanted: Wanted,
    progress: Progress,
    shelf: Path,
) -> Collected:
    """Everything that goes into the files, from one moment.

    Args:
        shelf: an empty folder where what was read is kept until it is written.
    """
    tables = Tables(plan, library, wanted, shelf)
    last = ""
    resources = shelf / "responses.ndjson" if "fhir" in wanted.also else None
    if resources is not None:
        resources.touch()
    editions: set[tuple[str, str, str, Reading]] = set()
    left_out: Counter[str] = Counter()
    responses, children = _Numbers(), set()
    with _undisturbed(), db.snapshot() as connection:
        seen_event = connection.scalar(select(func.max(Event.id))) or 0
        seen_save = connection.scalar(select(func.max(SaveEvent.id))) or 0
        whole = reading.how_many(connection)
        for batch, done in reading.batches(connection, waves=wanted.waves or None, left_out=left_out):
            for filled in batch.responses:
                responses.append(filled.id)
                children.add(filled.place[2])
                editions.add((filled.instrument, filled.version, filled.language, filled.reading))
                last = max(last, filled.first_opened_at, filled.last_saved_at)
            grids = tables.add(batch)
            if resources is not None:
                _note(resources, grids)
            progress("answers", done, whole)
        of_homes = households.tables(connection, wanted, children)
        on_paper = paper.tables(connection, responses)
    made = moments.read(last) if last else _NEVER
    everything = [*tables.all(), *of_homes, *on_paper]
    used_editions = {(f"{it}/{version}", Edition(said, read)) for it, version, said, read in editions}
    return Collected(everything, made, used_editions, left_out, resources, seen_event, seen_save)


class _Numbers:
    """Numbers that come in ascending order, in a tenth of the memory of a set."""

    def __init__(self) -> None:
        self._numbers = array("q")

    def append(self, number: int) -> None:
        self._numbers.append(number)

    def __contains__(self, number: object) -> bool:
        at = bisect_left(self._numbers, cast("int", number))
        return at < len(self._numbers) and self._numbers[at] == number


def _note(resources: Path, grids: Sequence[Grid]) -> None:
    """Responses in FHIR at the end of a file, in the order in which they were first opened."""
    lines = {
        filled.id: fhir.line(fhir.response(filled, grid.settled(row)))
        for grid in grids
        for row, filled in enumerate(grid.responses)
    }
    with resources.open("a", encoding="utf-8") as file:
        file.writelines(lines[number] for number in sorted(lines))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the collector of cycles: nothing here makes any, and it would walk through many rows again
    and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _write_files(
    found: Collected,
    plan: Protocol,
    library: Library | None,
    wanted: Wanted,
    folder: Path,
    progress: Progress,
) -> str:
    """Every file into a folder; the text of the manifest, which is the last of them."""
    tables, made = found.tables, found.made
    for done, table in enumerate(tables):
        progress("files", done, len(tables))
        for ending, writer in FORMATS.items():
            writer(table, folder / f"{table.name}.{ending}", made)
        if "xlsx" in wanted.also:
            workbooks.write_xlsx(table, folder / f"{table.name}.xlsx", made)
    codebook.write_csv(tables, folder / "codebook.csv")
    codebook.write_html(tables, folder / "codebook.html", NOTES.split("\n\n"))
    if wanted.pdf:
        progress("codebook", 0, 1)
        (folder / "codebook.pdf").write_bytes(codebook_pdf.render(tables, NOTES.split("\n\n")))
    scripts.write(tables, plan, folder)
    ddi.write(tables, plan, wanted.edition, manifest.SOFTWARE, made, folder / "codebook.xml")
    exchange.write(wanted.also, plan, found.resources, library, wanted.edition, made, folder)
    (folder / "README.txt").write_text(NOTES, encoding="utf-8")
    about: Manifest = manifest.describe(
        wanted, plan, tables, made, library=library, editions=found.editions, left_out=found.left_out
    )
    text = manifest.text(manifest.add_sums(about, folder))
    (folder / manifest.NAME).write_text(text, encoding="utf-8")
    progress("files", len(tables), len(tables))
    return text
