"""`survey backup`: a sealed copy of the study, made while it runs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from survey import backups
from survey.backups import archive
from survey.cli.installation import opened
from survey.cli.outcomes import FoundProblems, WrongInput, counted
from survey.contacts import Book
from survey.db import Database
from survey.people_keys import PeopleKeys, StoreUnusable


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

    The contact store, where there is one, goes into a file of its own. With MEETMOMENT_ERASURE_DIR set, what
    is about people is sealed with keys of their own too; a sealed copy of these goes beside the backup.

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
                contacts=book.database if book else None, people=PeopleKeys.of(here.settings),
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


@command.command("people-keys")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with the secret key of the backups. Take it off the server again afterwards.",
)
@click.option(
    "--give-up",
    type=click.IntRange(1),
    metavar="N",
    help="Store and copy are lost for good: the N keys that are away are given up.",
)
def people_keys(file: Path | None, identity: Path | None, give_up: int | None) -> None:
    """Put people's keys back from the sealed copy FILE, people-keys.age of the folder of the backups.

    For when the folder of MEETMOMENT_ERASURE_DIR was lost, or on a new machine: before the first backup, and
    before anybody is erased. What was thrown away stays so.
    """
    if bool(give_up) == bool(file and identity):
        raise WrongInput("say one of the two: FILE with --identity, or --give-up N.")
    with opened(upgrade=False) as here:
        keys = PeopleKeys.of(here.settings)
        if keys is None:
            raise WrongInput("name the folder of the keys in MEETMOMENT_ERASURE_DIR.")
        try:
            if file and identity:
                _put_back(keys, file, identity)
            missing = keys.missing(here.db)
            if give_up:
                _give_up(keys, here.db, missing, give_up)
                return
        except StoreUnusable as error:
            raise FoundProblems([f"{error}."]) from error
    if missing:
        raise FoundProblems(
            [f"{missing} keys that the database names are still away."],
            "Put them back from a newer copy; or, if there is none, see --give-up.",
        )
    # It holds just these now, and is this store's to replace.
    keys.renew_copy()
    click.echo("Every key that the database names is known here.")


def _put_back(keys: PeopleKeys, file: Path, identity: Path) -> None:
    try:
        added = keys.put_back_copy(file, identity.read_text(encoding="utf-8"))
    except (backups.BadKey, backups.WrongKey) as error:
        raise WrongInput(f"{error}.") from error
    except backups.BrokenBackup as error:
        raise FoundProblems([f"{error}."]) from error
    click.echo(f"{counted(added, 'key')} put back.")


def _give_up(keys: PeopleKeys, db: Database, missing: int, give_up: int) -> None:
    if missing != give_up:
        raise WrongInput(
            f"{missing} are away, not {give_up}; nothing was changed. Once they are given up, nobody"
            " ever reads what earlier backups hold of their people."
        )
    keys.give_up(db)
    click.echo(f"{counted(missing, 'key')} given up; the next backup makes new ones.")
