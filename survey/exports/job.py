"""Making an export that was asked for at the desk: long work, done by a worker outside the web.

What waits to be fetched is one archive: everything but free text; or, where free text was asked for, the free
text alone, with its own permission. The same export gives the same archive.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from survey.exports import bundle, manifest, register
from survey.exports.wanted import FREE_TEXT
from survey.exports.workbook import TooLong
from survey.jobs import Failure, Work, attach
from survey.jobs.kinds import Kind

#: How long an archive waits; then the export is asked for again, and is the same if the data are.
KEEP = dt.timedelta(days=7)
#: The share of the work after which each part of it is done, in percent.
_PARTS = {"answers": (0, 60), "files": (60, 90), "codebook": (90, 95)}


def run(work: Work) -> str:
    """Make it, keep the archive, note the sums."""
    export = register.get(work.db, work.number("export"))

    def told(doing: str, done: int, whole: int) -> None:
        first, last = _PARTS[doing]
        work.progress(first + (last - first) * done // max(whole, 1), 100)

    with tempfile.TemporaryDirectory() as place:
        try:
            done = bundle.write(
                work.db, work.plan, Path(place) / "export", library=work.library, wanted=export.wanted,
                progress=told,
            )  # fmt: skip
        except TooLong as error:
            raise Failure(f"{error}; leave out the workbooks") from error
        archive = Path(place) / "export.zip"
        pack(done.folder, archive, free_text=export.wanted.free_text)
        name = f"export-{export.id}{'-free-text' if export.wanted.free_text else ''}.zip"
        attach(work, archive, "application/zip", name=name, keep=KEEP)
    register.made(work.db, export, done, now=work.now(), actor=export.asked_by)
    return f"export {export.id}"


def pack(folder: Path, archive: Path, *, free_text: bool) -> None:
    """The files of an export as one archive: all but free text, or free text and what explains it."""
    explains = {manifest.NAME, "README.txt", "codebook.csv"}
    files = sorted(folder.iterdir())
    _zip(
        (
            path
            for path in files
            if (path.stem in FREE_TEXT) == free_text or (free_text and path.name in explains)
        ),
        archive,
    )


def _zip(files: Iterable[Path], archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for file in files:
            # The first day that such an archive knows: moments are in the manifest.
            entry = zipfile.ZipInfo(file.name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            with file.open("rb") as source, target.open(entry, "w", force_zip64=True) as place:
                while part := source.read(1 << 20):
                    place.write(part)


KIND = Kind("export", run, arguments={"export": int})
