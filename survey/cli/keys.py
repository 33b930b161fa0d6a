"""`survey keys`: what is sealed in the database with a key of the service."""

from __future__ import annotations

import click

from survey.accounts import second_factor
from survey.cli.installation import opened
from survey.cli.outcomes import FoundProblems


@click.group("keys")
def command() -> None:
    """Seal anew what is kept in the database with the secret key."""


@command.command()
def renew() -> None:
    """Seal second factors with the newest secret key.

    To change the key put the new one in MEETMOMENT_SECRET_KEY and the old one in
    MEETMOMENT_OLD_SECRET_KEYS, restart the service, and run this. It also seals what an earlier version
    stored in the clear.
    """
    with opened(upgrade=True) as here:
        keys = here.settings.secret_keys
        before = here.db.write(lambda connection: second_factor.renew_seals(connection, keys))
    click.echo(f"{before.newest + before.former} second factors are sealed with the newest key.")
    if before.lost:
        raise FoundProblems(
            [f"{before.lost} second factors cannot be opened with these keys."],
            "Name the key that is missing in MEETMOMENT_OLD_SECRET_KEYS; or let their people begin anew with"
            " survey accounts reset EMAIL.",
        )
