"""`survey export`: all answers and scores, for analysis."""

from __future__ import annotations

from pathlib import Path

import click

from instruments import Edition
from survey import exports
from survey.cli.installation import opened
from survey.cli.outcomes import WrongInput, table
from survey.exports import workbook


@click.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--labels", default="nl", show_default=True, metavar="EDITION", help="The edition of the labels."
)
@click.option(
    "--also",
    multiple=True,
    type=click.Choice(exports.EXTRAS),
    help="Write this too; may be given more than once.",
)
def command(folder: Path, labels: str, also: tuple[exports.Extra, ...]) -> None:
    """Write all answers and scores to the new folder DIR, as .csv, .sav and .parquet.

    With them come a codebook, and scripts that read and label the files in R and SPSS.

    The files hold personal data. Only you may read the folder; keep it so.
    """
    try:
        edition = Edition.parse(labels)
    except ValueError as error:
        raise WrongInput(f"{error}.") from error
    with opened(upgrade=False) as here:
        here.study()
        try:
            done = exports.write(
                here.db,
                here.plan,
                folder,
                library=here.library,
                edition=edition,
                also=also,
                actor="command line",
            )
        except (exports.FolderInUse, workbook.TooLong) as error:
            raise WrongInput(f"{error}.") from error
    click.echo(table(["file", "rows"], [[name, str(rows)] for name, rows in done.rows.items()]))
    click.echo(f"Written to {done.folder}; README.txt and codebook.html there say how to read it.")
