"""`survey audit`: whether the trail of what was done is whole."""

from __future__ import annotations

import click

from survey import audit
from survey.cli.installation import opened
from survey.cli.outcomes import FoundProblems


@click.group("audit")
def command() -> None:
    """Check the trail of what was done."""


@command.command()
@click.option("--head", default="", metavar="SEAL", help="The last seal of an earlier check.")
def verify(head: str) -> None:
    """Check that no event was changed, removed or slipped in, and print the last seal.

    Keep the seal where the database's keeper cannot reach it, and give it at the next check.
    """
    with opened(upgrade=False) as here:
        verdict = audit.verify(here.db, head=head.strip())
    if verdict.problems:
        raise FoundProblems(verdict.problems, "Somebody has changed the trail.")
    click.echo(f"{verdict.events} events, all as they were written. The last seal:")
    click.echo(verdict.head)
