"""`survey restore`: a backup opened, checked, and put back."""

from __future__ import annotations

from pathlib import Path

import click

from survey import backups
from survey.backups import Checked
from survey.cli.outcomes import FoundProblems, WrongInput
from survey.engines import UnusableDatabase
from survey.people_keys import COPY, read_copy


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--identity",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with the secret key.",
)
@click.option(
    "--people-keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"The sealed copy of people's keys; by default {COPY} beside FILE.",
)
@click.option("--check", is_flag=True, help="Read all of it and compare every count; put it nowhere.")
@click.option(
    "--into", metavar="URL", help="An SQLite file that is not there, or an empty PostgreSQL database."
)
def command(file: Path, identity: Path, people_keys: Path | None, check: bool, into: str | None) -> None:
    """Check the backup FILE, or put it back into an empty database.

    What is about people is sealed with keys of their own too, which are in a sealed copy beside the backups.
    Who was erased has no key any more, and is left out.

    It needs no settings. Do it where the secret key may be: not on the server, unless the server is lost. A
    restored study is served with the old keys of the installation, or codes on paper mean nothing to it.
    """
    if check == bool(into):
        raise WrongInput("say one of the two: --check, or --into URL.")
    secret = identity.read_text(encoding="utf-8")
    copy = people_keys or file.with_name(COPY)
    try:
        people = read_copy(copy, secret) if copy.exists() else None
        found = (
            backups.restore(file, secret, into, by="command line", people=people)
            if into
            else backups.check(file, secret, people)
        )
    except backups.KeysNeeded as error:
        raise WrongInput(
            f"{error}; give their sealed copy with --people-keys, or put it beside FILE."
        ) from error
    except (backups.BadKey, backups.WrongKey, backups.NotEmpty, UnusableDatabase) as error:
        raise WrongInput(f"{error}.") from error
    except (backups.BrokenBackup, backups.CannotBackUp) as error:
        raise FoundProblems([f"{error}."]) from error
    _tell(found)
    if into:
        click.echo(
            "It is there. Bring it up to date with `survey study upgrade`, wipe again who was erased since"
        )
        click.echo("it was made with `survey retention replay`, then serve it.")


def _tell(found: Checked) -> None:
    if found.problems:
        raise FoundProblems(
            [f"{problem}." for problem in found.problems], "The backup is not as it was made."
        )
    manifest = found.manifest
    rows = sum(manifest.counts.values())
    click.echo(
        f"Whole: made {manifest.made_at} of {manifest.dialect}, tables of form {manifest.revision}, "
        f"{rows} rows of {len(manifest.counts)} tables, every count as it was."
    )
    if found.gone:
        click.echo(f"Left out: {found.left_out} rows about {found.gone} people whose keys were thrown away.")
