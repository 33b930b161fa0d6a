"""`survey study`: begin the study of a database, and keep its tables up to date."""

from __future__ import annotations

import click

from instruments import Edition
from survey import moments, studies
from survey.cli.installation import opened
from survey.cli.outcomes import WrongInput
from survey.feedback import regions


@click.group("study")
def command() -> None:
    """Begin a study, or bring its database up to date."""


@command.command()
@click.argument("key")
@click.option(
    "--kind",
    type=click.Choice(["live", "demo"]),
    default="live",
    show_default=True,
    help="A live study refuses demonstration and draft wording.",
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    default=["nl"],
    show_default=True,
    help="A language it is held in, the usual one first; may be given more than once.",
)
def begin(key: str, kind: str, languages: tuple[str, ...]) -> None:
    """Begin the study KEY in the database of MEETMOMENT_DATABASE_URL."""
    for language in languages:
        try:
            Edition.parse(language)
        except ValueError as error:
            raise WrongInput(f"{error}.") from error
    with opened(upgrade=True) as here:
        path, plan = here.settings.protocol_path, here.plan
        try:
            number = studies.create(
                here.db, key, kind, protocol=path.name if path else "default", languages=languages
            )
        except studies.StudyExists as error:
            raise WrongInput(f"{error}.") from error
        # Regions are chosen before anybody has answered.
        regions.fix(here.db, number, plan, moments.now(), "command line")
    click.echo(f"The {kind} study {key} has begun. Add families with `survey families add`.")


@command.command()
def upgrade() -> None:
    """Bring the tables of the database to the form that this version of the service needs."""
    with opened(upgrade=True):
        click.echo("The database is up to date.")
