"""`survey keys`: what is sealed in the database with a key of the service."""

from __future__ import annotations

import click

from survey import moments, studies
from survey.accounts import second_factor
from survey.cli.installation import Installation, opened
from survey.cli.outcomes import FoundProblems
from survey.feedback import naming


@click.group("keys")
def command() -> None:
    """Seal anew what is kept in the database with the secret key."""


@command.command()
def renew() -> None:
    """Seal second factors, and the key of the ledger of releases, with the newest secret key.

    To change the key put the new one in MEETMOMENT_SECRET_KEY and the old one in
    MEETMOMENT_OLD_SECRET_KEYS, restart the service, and run this. It also seals what an earlier version
    stored in the clear.
    """
    with opened(upgrade=True) as here:
        keys = here.settings.secret_keys
        before = here.db.write(lambda connection: second_factor.renew_seals(connection, keys))
        problems = _of_releases(here)
    click.echo(f"{before.newest + before.former} second factors are sealed with the newest key.")
    if before.lost:
        problems.append(
            f"{before.lost} second factors cannot be opened with these keys; is the key gone for good, let"
            " their people begin anew with: survey accounts reset EMAIL."
        )
    if problems:
        raise FoundProblems(problems, "Name the key that is missing in MEETMOMENT_OLD_SECRET_KEYS.")


def _of_releases(here: Installation) -> list[str]:
    """Seal the key of the ledger of releases; what is wrong with it."""
    study = studies.the_study(here.db)
    if study is None:
        return []
    keys, now = here.settings.secret_keys, moments.now()
    try:
        here.db.write(lambda connection: naming.renew(connection, study.id, keys, now))
    except naming.KeyLost as error:
        return [f"{error}."]
    return []
