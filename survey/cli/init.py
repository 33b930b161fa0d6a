"""`survey init`: a study of one's own in a few questions, up to the link with which its admin begins."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import click

from instruments import Edition
from survey import doctor, families, moments, studies
from survey.accounts import people
from survey.accounts.people import Newcomer
from survey.cli.outcomes import WrongInput
from survey.db import Database, UnusableDatabase
from survey.policy import Role
from survey.settings import BadSettings, Settings

_ACTOR = "command line"


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--key", prompt="A short name for the study, in letters and digits", help="As it is called in exports."
)
@click.option("--languages", prompt="Its languages, the usual one first", default="nl", show_default=True)
@click.option("--base-url", prompt="The address at which families will find it (https://…)")
@click.option(
    "--database", prompt="The database; empty for a file in the folder", default="", show_default=False
)
@click.option("--admin", prompt="The e-mail address of the first admin")
@click.option(
    "--municipality", "municipalities", multiple=True, metavar="CODE=NAME",
    help="A municipality that takes part; may be given more than once, and added to later.",
)  # fmt: skip
@click.option("--backup-key", default="", help="A public key of age; see `survey backup key`.")
@click.option("--kind", type=click.Choice(["live", "demo"]), default="live", show_default=True)
def command(
    folder: Path,
    key: str,
    languages: str,
    base_url: str,
    database: str,
    admin: str,
    municipalities: tuple[str, ...],
    backup_key: str,
    kind: str,
) -> None:
    """Begin a real study in FOLDER: its keys, its settings, its database, and its first admin.

    Asks what was not said. Ends with an address at which the admin chooses a password. FOLDER gets a file
    `meetmoment.env` with the settings; the keys in it are made here and known nowhere else.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,39}", key):
        raise WrongInput(f"{key!r} is no short name: letters, digits and hyphens, at most 40.")
    wanted = _languages(languages)
    places = [_place(text) for text in municipalities]
    if "@" not in admin or len(admin) > 200:
        raise WrongInput(f"{admin!r} is no e-mail address.")
    file = folder / "meetmoment.env"
    if file.exists():
        raise WrongInput(f"{file} is there already: a study was begun in this folder. Give another.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = _environment(folder, base_url, database, backup_key)
    try:
        settings = Settings.from_environment(environment)
        db = Database(settings.database_url, connections=2)
    except (BadSettings, UnusableDatabase) as error:
        raise WrongInput(str(error)) from error
    try:
        token = _begin(db, key, kind, wanted, places, admin)
        _write(file, environment)
        findings = [found for found in doctor.examine(settings, db) if found.state != "well"]
    finally:
        db.dispose()
    click.echo(f"\nThe {kind} study {key} is there. Its settings and keys are in {file}:")
    click.echo("keep a copy of that file in a safe place, apart from the backups.")
    if findings:
        click.echo("\nBefore families come (survey doctor says the same, later too):")
        for found in findings:
            click.echo(f"  {found.about}: {found.found}\n    → {found.mend}")
    click.echo(f"\nServe it:  set -a; . {file}; survey serve")
    click.echo("Then the first admin chooses a password here; the address works once, for a week:")
    click.echo(f"{settings.base_url}/desk/invitation/{token}")


def _environment(folder: Path, base_url: str, database: str, backup_key: str) -> dict[str, str]:
    backups = folder.resolve() / "backups"
    backups.mkdir(mode=0o700, exist_ok=True)
    proxies = "1" if urlsplit(base_url).scheme == "https" else "0"
    return {
        "MEETMOMENT_BASE_URL": base_url.rstrip("/"),
        "MEETMOMENT_DATABASE_URL": database or f"sqlite:///{folder.resolve() / 'study.db'}",
        "MEETMOMENT_SECRET_KEY": secrets.token_hex(32),
        "MEETMOMENT_SHEET_KEY": secrets.token_hex(32),
        "MEETMOMENT_PROXIES": proxies,
        "MEETMOMENT_BACKUP_DIR": str(backups),
        **({"MEETMOMENT_BACKUP_KEYS": backup_key} if backup_key else {}),
    }


def _begin(
    db: Database, key: str, kind: str, languages: list[str], places: list[tuple[str, str]], admin: str
) -> str:
    if db.dialect == "sqlite" and Path(str(db.url.database)).exists():
        raise WrongInput(f"{db.url.database} is there already; give another database.")
    db.upgrade()
    try:
        study = studies.create(db, key, kind, languages=languages)
    except studies.StudyExists as error:
        raise WrongInput(f"{error}.") from error
    for code, name in places:
        families.add_municipality(db, study, code, name)
    newcomer = Newcomer(admin, admin, Role.ADMIN, [], True, "nl")
    return people.invite(db, study, newcomer, now=moments.now(), actor=_ACTOR)[1]


def _write(file: Path, environment: dict[str, str]) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write("# The settings of this study; whoever reads the keys can make its codes.\n")
        out.writelines(f"{name}='{value}'\n" for name, value in environment.items())


def _languages(text: str) -> list[str]:
    found = re.split(r"[,\s]+", text.strip())
    for language in found:
        try:
            Edition.parse(language)
        except ValueError as error:
            raise WrongInput(f"{error}.") from error
    return found


def _place(text: str) -> tuple[str, str]:
    code, _, name = text.partition("=")
    if not code or not name:
        raise WrongInput(f"--municipality: {text!r} is not a code and a name, such as G0363=Amsterdam.")
    return code, name
