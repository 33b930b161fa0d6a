"""`survey export`: answers and scores, for analysis; and which exports there are."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from survey.cli.installation import Installation, opened
from survey.cli.outcomes import WrongInput, table
from survey.exports import register, since
from survey.exports.bundle import FolderInUse
from survey.exports.register import Export
from survey.exports.since import Since
from survey.exports.wanted import EXTRAS, LONGEST_REASON, Extra, NoSuchWave, NotWithoutReason, Wanted
from survey.exports.workbook import TooLong


@click.command("export")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--wave", "waves", multiple=True, help="Only this wave; may be given more than once.")
@click.option(
    "--labels", default="nl", show_default=True, metavar="EDITION", help="The edition of the labels."
)
@click.option(
    "--also", multiple=True, type=click.Choice(EXTRAS), help="Write this too; may be given more than once."
)
@click.option("--pdf/--no-pdf", default=True, show_default=True, help="The codebook as PDF too.")
@click.option("--free-text", is_flag=True, help="What people wrote, in a file of its own; needs --reason.")
@click.option("--months", is_flag=True, help="Ages of children in months, not in bands; needs --reason.")
@click.option("--municipality", is_flag=True, help="The municipality of families; needs --reason.")
@click.option("--reason", default="", help="Why; it stands in the manifest and in the audit trail.")
@click.option("--list", "listed", is_flag=True, help="List the exports there are, and what changed since.")
def command(
    folder: Path | None,
    waves: tuple[str, ...],
    labels: str,
    also: tuple[Extra, ...],
    pdf: bool,
    free_text: bool,
    months: bool,
    municipality: bool,
    reason: str,
    listed: bool,
) -> None:
    """Write answers and scores to the new folder DIR, as .csv, .sav and .parquet.

    With them come a codebook, scripts that read and label the files in R and SPSS, and a manifest of sums.
    The same data give the same bytes, so that an export can be made again and compared.

    The files hold personal data. Only you may read the folder; keep it so.
    """
    if (folder is not None) == listed:
        raise WrongInput("name a new folder DIR, or ask for the list with --list.")
    if len(reason) > LONGEST_REASON:
        raise WrongInput(f"a reason has at most {LONGEST_REASON} characters.")
    with opened(upgrade=False) as here:
        here.study()
        if folder is None:
            _list(here)
        else:
            _write(
                here,
                folder,
                Wanted(waves, labels, also, pdf, free_text, months, municipality, reason.strip()),
            )


def _write(here: Installation, folder: Path, wanted: Wanted) -> None:
    try:
        done = register.write(
            here.db, here.plan, folder, library=here.library, wanted=wanted, actor="command line",
            progress=_told,
        )  # fmt: skip
    except (FolderInUse, TooLong, NotWithoutReason, NoSuchWave, ValueError) as error:
        raise WrongInput(f"{error}.") from error
    click.echo(table(["file", "rows"], [[name, str(rows)] for name, rows in done.rows.items()]))
    click.echo(f"Written to {done.folder}; README.txt and codebook.html there say how to read it.")
    click.echo(f"Its sum (SHA-256 of manifest.json): {done.sha256}")


def _list(here: Installation) -> None:
    found = register.listing(here.db)
    later = since.of(here.db, here.plan, here.library, found)
    rows = [
        [
            str(one.id),
            "made" if one.is_made else _state(here, one),
            f"{one.made_at or one.asked_at:%Y-%m-%d %H:%M}",
            one.sha256[:16] or "–",
            _since(later.get(one.id)),
        ]
        for one in found
    ]
    click.echo(table(["export", "state", "moment (UTC)", "sum", "since then"], rows))


def _state(here: Installation, export: Export) -> str:
    job = register.job_of(here.db, export)
    return "not made" if job is None else job.status


def _since(later: Since | None) -> str:
    if later is None:
        return "–"
    return "; ".join(later.told()) or "nothing: it would be the same again"


def _told(doing: str, done: int, whole: int) -> None:
    """Progress on the error stream, where it is a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r{doing}: {done} of {whole}   ", nl=done >= whole, err=True)
