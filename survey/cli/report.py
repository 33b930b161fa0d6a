"""`survey report`: what the data say, as pages to read."""

from __future__ import annotations

from pathlib import Path

import click

from survey import moments
from survey.cli.installation import opened
from survey.cli.outcomes import WrongInput


@click.group("report")
def command() -> None:
    """Compute reports from the data of the study."""


@command.command()
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def pilot(file: Path) -> None:
    """Write the tables, figures and models of the pilot's report to the new page FILE (.html or .pdf).

    For the research team: small groups are shown as they are.
    """
    from survey.report import pilot as the_report

    if file.exists():
        raise WrongInput(f"{file} is there already; name a new file.")
    with opened(upgrade=False) as here:
        here.study()
        the_report.write(here.db, here.plan, file, moments.day(moments.now()))
    click.echo(f"Written to {file}. It shows small groups: keep it within the team.")


@command.command()
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def quality(file: Path) -> None:
    """Write how the fieldwork goes to the new page FILE (.html or .pdf).

    Response, lateness, minutes, attrition, skips, distributions and reliability. No share rests on fewer than
    ten answers; counts are shown as they are, so keep it within the team.
    """
    from survey.report import quality as the_report

    if file.exists():
        raise WrongInput(f"{file} is there already; name a new file.")
    with opened(upgrade=False) as here:
        here.study()
        the_report.write(here.db, here.plan, file, moments.day(moments.now()))
    click.echo(f"Written to {file}.")
