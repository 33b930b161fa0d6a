"""`survey contacts`: the store of names and numbers: its key, its tables, and how long it keeps anything."""

from __future__ import annotations

import click

from survey import moments
from survey.cli.installation import opened
from survey.cli.outcomes import FoundProblems
from survey.contacts import Unreadable, keys
from survey.fieldwork import reaching

#: What is audited as the one who did it.
_ACTOR = "command line"


@click.group("contacts")
def command() -> None:
    """Keep names and numbers sealed, and no longer than needed.

    They are in a store of their own, apart from the answers: MEETMOMENT_CONTACTS_URL names its database and
    MEETMOMENT_CONTACTS_KEYS its keys, the newest first. Without these nothing is kept, and nobody written to.
    """


@command.command()
def key() -> None:
    """Print a new key.

    Keep it outside the database and its backups. To change keys put the new one before the old one, restart
    the service, run `survey contacts renew`, and then take the old one away.
    """
    click.echo(keys.fresh())


@command.command()
def renew() -> None:
    """Seal everything with the first of the keys, so that the others can be thrown away."""
    with opened(upgrade=True) as here:
        try:
            sealed = here.contacts().renew()
        except Unreadable as error:
            raise FoundProblems([str(error)], "Nothing was changed; give the key that is missing.") from error
    click.echo(f"{sealed} people are sealed with the newest key.")


@command.command()
def expire() -> None:
    """Wipe names and numbers half a year after the last wave, or after a family stopped; for every night."""
    with opened(upgrade=True) as here:
        gone = reaching.expire(here.db, here.contacts(), here.plan, now=moments.now(), actor=_ACTOR)
    click.echo(f"{gone} people were wiped.")
