"""`survey demo`: a made-up study shaped like the pilot, built afresh and served."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

import click

from instruments import protocol
from survey import demo, moments, professionals, serving, studies
from survey.accounts import demonstration, people
from survey.accounts.demonstration import SignIn
from survey.cli.outcomes import WrongInput
from survey.contacts import Book, keys
from survey.db import Database
from survey.feedback import ledger, making
from survey.policy import Role
from survey.settings import Settings

#: What a demonstration leaves in its folder; everything else there is somebody's.
DATABASE = "demo.db"
#: Names and numbers, which are in a store of their own here too; empty until somebody keeps any.
CONTACTS = "contacts.db"
_OURS = {
    "links.txt", DATABASE, CONTACTS,
    *(f"{name}-{part}" for name in (DATABASE, CONTACTS) for part in ("wal", "shm", "turn")),
}  # fmt: skip


@click.command("demo")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--dir", "same", type=click.Path(file_okay=False, path_type=Path), help="The same as DIR.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--base-url", help="What links begin with, when a phone reaches this machine by another name.")
@click.option("--serve/--no-serve", default=True, show_default=True, help="Serve it until Ctrl-C.")
@click.option("--seed", default=2026, show_default=True, help="Another number gives other people.")
def command(
    folder: Path | None,
    same: Path | None,
    host: str,
    port: int,
    base_url: str | None,
    serve: bool,
    seed: int,
) -> None:
    """Build a made-up study in DIR (.demo), print links into it, and serve it.

    Nothing in it is about anyone: ten municipalities, 48 families, 92 children, and the answers that the
    tables of the pilot report count. An earlier demonstration in DIR is thrown away.
    """
    if folder and same:
        raise WrongInput("give the folder once: as DIR, or with --dir.")
    folder = folder or same or Path(".demo")
    if serve:
        try:
            serving.check_address(host, port)
        except serving.AddressTaken as error:
            raise WrongInput(f"{error}; stop what listens there, or give another --port.") from error
    _clear(folder)
    settings = Settings(
        secret_key=secrets.token_hex(32),
        database_url=f"sqlite:///{(folder / DATABASE).resolve()}",
        contacts_url=f"sqlite:///{(folder / CONTACTS).resolve()}",
        contacts_keys=(keys.fresh(),),
        base_url=(base_url or f"http://{host}:{port}").rstrip("/"),
    )
    click.echo("Building the demonstration study ...")
    started = time.monotonic()
    db = Database(settings.database_url)
    try:
        db.upgrade()
        _make_book(settings)
        built = demo.build(db, protocol.default(), moments.day(moments.now()), seed=seed)
        colleagues = _colleagues(db, settings.secret_key)
        if serve:
            click.echo("Writing what municipalities are told ...")
            _tell_municipalities(db, settings.secret_key)
    finally:
        db.dispose()
    click.echo(
        f"Ready in {time.monotonic() - started:.0f} s: {built.families} families, {built.children} children, "
        f"{len(built.told)} questionnaires filled in. Nobody in it exists."
    )
    lines = [f"  {shown.label:<14}{settings.base_url}/l/{shown.token}" for shown in built.links]
    (folder / "links.txt").write_text("".join(f"{line.strip()}\n" for line in lines), encoding="utf-8")
    click.echo("\nA family with three children; half a year has passed, and nothing is answered yet:")
    click.echo("\n".join(lines[:-1]))
    click.echo("\nA linking pin, half a year after the first family:")
    click.echo(lines[-1])
    _introduce(colleagues, settings.base_url)
    if not serve:
        return
    click.echo(f"\nServing on http://{host}:{port}; stop with Ctrl-C.")
    try:
        serving.serve(settings, host=host, port=port, long_work=True)
    except serving.NoServer as error:
        raise WrongInput(f"{error}.") from error


def _make_book(settings: Settings) -> None:
    book = Book.of(settings)
    assert book is not None
    book.upgrade()
    book.dispose()


def _colleagues(db: Database, secret_key: str) -> tuple[SignIn, ...]:
    """People for the desk; the linking pin among them is the first of the study."""
    pin = next((found.id for found in professionals.listing(db) if found.role == "linking_pin"), None)
    return demonstration.staff(db, moments.now(), secret_key=secret_key, linking_pin=pin)


def _tell_municipalities(db: Database, secret_key: str) -> None:
    """Publish the release that is due, so that a policy officer has something to read."""
    study, now = studies.the_study(db), moments.now()
    researcher = next(one for one in people.listing(db) if one.role is Role.RESEARCHER)
    assert study is not None  # it was just built
    draft = making.make(db, study, protocol.default(), secret_key, by="demonstration", now=now)
    ledger.publish(db, study.id, draft.number, draft.sha256, by=researcher, now=now)


def _introduce(colleagues: tuple[SignIn, ...], base_url: str) -> None:
    """Say with what the people of the desk sign in."""
    if not colleagues:
        return
    click.echo(f"\nThe desk, {base_url}/desk/ (password of all: {colleagues[0].password}):")
    for person in colleagues:
        click.echo(f"  {person.email:<32}second factor: survey accounts code {person.key}")


def _clear(folder: Path) -> None:
    """Make the folder, or throw away the demonstration in it. Raises WrongInput when it is not ours."""
    if not folder.exists():
        folder.mkdir(parents=True)
        return
    there = {path.name for path in folder.iterdir()}
    if there and (DATABASE not in there or there - _OURS):
        strange = ", ".join(sorted(there - _OURS)) or "no demonstration"
        raise WrongInput(f"{folder} holds {strange}; give another folder, and nothing of yours is lost.")
    for name in there:
        (folder / name).unlink()
