"""`survey backup`: a sealed copy of the study, made while it runs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from survey import backups
from survey.backups import archive
from survey.cli.installation import opened
from survey.cli.outcomes import FoundProblems, WrongInput
from survey.contacts import Book


@click.group("backup", invoke_without_command=True)
@click.option(
    "--to",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder; by default that of MEETMOMENT_BACKUP_DIR.",
)
@click.option("--keep", type=click.IntRange(1), help="How many backups stay in the folder; by default all.")
@click.pass_context
def command(context: click.Context, to: Path | None, keep: int | None) -> None:
    """Make a backup while the service runs, sealed to the public keys in MEETMOMENT_BACKUP_KEYS.

    The contact store, where there is one, goes into a file of its own.

    Only who has a secret key can open it; the server cannot. With MEETMOMENT_BACKUP_DIR set the worker makes
    one every day by itself.
    """
    if context.invoked_subcommand is not None:
        return
    with opened(upgrade=False) as here:
        folder = to or here.settings.backup_dir
        if folder is None:
            raise WrongInput("say where: with --to, or in MEETMOMENT_BACKUP_DIR.")
        book = Book.of(here.settings)
        try:
            made = backups.make(
                here.db, here.settings.backup_keys, folder, by="command line", keep=keep,
                contacts=book.database if book else None,
            )  # fmt: skip
        except backups.BadKey as error:
            raise WrongInput(f"{error}. Make a pair of keys with `survey backup key FILE`.") from error
        except backups.CannotBackUp as error:
            raise FoundProblems([f"{error}."]) from error
        finally:
            if book is not None:
                book.database.dispose()
    rows = sum(made.manifest.counts.values())
    click.echo(f"{made.path}: {rows} rows of {len(made.manifest.counts)} tables, {made.bytes} bytes.")
    for path in made.dropped:
        click.echo(f"Thrown away: {path.name}")


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key(file: Path) -> None:
    """Make a pair of keys: the secret one goes into FILE, the public one is shown.

    Do this on another machine than the server, and keep FILE in a safe: without it no backup can be opened.
    """
    secret, public = archive.new_identity()
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:  # noqa: PTH123
            out.write(secret)
    except FileExistsError as error:
        raise WrongInput(f"{file} is there already, and may be somebody's only key; give another.") from error
    click.echo(f"The secret key is in {file}: keep it off the server. On the server:")
    click.echo(f"MEETMOMENT_BACKUP_KEYS={public}")
