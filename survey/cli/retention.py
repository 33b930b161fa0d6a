"""`survey retention`: what has had its time, its going, and erasures that outlive a backup."""

from __future__ import annotations

import click

from survey import moments, retention
from survey.cli.installation import opened
from survey.cli.outcomes import FoundProblems, WrongInput, table
from survey.contacts import Book
from survey.fieldwork.erasure_ledger import BrokenLedger, Ledger
from survey.people_keys import COPY, KeysAway, PeopleKeys, StoreUnusable
from survey.retention import Due

#: What is audited as the one who did it.
_ACTOR = "command line"


@click.group("retention")
def command() -> None:
    """Keep everything as long as the rules say, and no longer.

    The rules are those of MEETMOMENT_RETENTION, or those that ship with the service. The worker applies them
    every day by itself.
    """


@command.command()
def plan() -> None:
    """Print every rule, and how much it would let go today. Changes nothing."""
    with opened(upgrade=False) as here:
        rules = retention.load(here.settings.retention)
        book = Book.of(here.settings)
        try:
            found = retention.plan(here.db, here.plan, rules, moments.now(), book)
        finally:
            if book is not None:
                book.dispose()
    rows = [[one.rule.id, one.rule.term + ("?" if one.rule.to_verify else ""), _told(one)] for one in found]
    click.echo(table(["rule", "kept", "due to go"], rows))
    unsure = sum(one.rule.to_verify for one in found)
    if unsure:
        click.echo(f"? {unsure} terms have not been confirmed by who may decide them.")


@command.command("apply")
def apply_() -> None:
    """Let go what has had its time. Doing so twice changes nothing more."""
    with opened(upgrade=True) as here:
        keys = PeopleKeys.of(here.settings)
        try:
            done = retention.apply(
                here.db, here.plan, retention.load(here.settings.retention), now=moments.now(), actor=_ACTOR,
                book=here.book, ledger=Ledger.of(here.settings), keys=keys,
            )  # fmt: skip
        except (KeysAway, StoreUnusable) as error:
            raise FoundProblems(
                [f"{error}."], "Not everything has gone; mend this, and apply again."
            ) from error
    for one in done:
        click.echo(f"{one.rule.id}: {_told(one)}")
    if not done:
        click.echo("Nothing has had its time.")
    _tell_of_copy(keys, any(one.families for one in done))


@command.command()
def replay() -> None:
    """After a backup was put back: wipe again every family that was erased since it was made.

    The ledger of erasures in MEETMOMENT_ERASURE_DIR says which; it is not part of any backup.
    """
    with opened(upgrade=True) as here:
        ledger = Ledger.of(here.settings)
        if ledger is None:
            raise WrongInput("name the folder of the ledger in MEETMOMENT_ERASURE_DIR.")
        keys = PeopleKeys.of(here.settings)
        try:
            wiped = retention.replay(
                here.db, ledger, now=moments.now(), actor=_ACTOR, book=here.book, keys=keys
            )
        except retention.LedgerKeyGone as error:
            remedy = "Nothing was wiped; name that key in MEETMOMENT_OLD_SECRET_KEYS."
            raise FoundProblems([f"{error}."], remedy) from error
        except StoreUnusable as error:
            raise FoundProblems([f"{error}."], "Not all were wiped; mend this, and replay again.") from error
        except BrokenLedger as error:
            raise FoundProblems([f"{error}."], "Nothing was wiped; mend or take out that line.") from error
    click.echo(f"{len(wiped)} families that had been erased were wiped again.")
    _tell_of_copy(keys, bool(wiped))


def _tell_of_copy(keys: PeopleKeys | None, has_wiped: bool) -> None:
    """Say so when earlier backups can still be read, though the families are gone from here."""
    if keys is not None and has_wiped and not keys.renew_copy():
        raise FoundProblems(
            [f"The copy of people's keys ({COPY}) could not be renewed beside the backups."],
            "What earlier backups hold of them can be read until it is: run `survey backup`.",
        )


def _told(one: Due) -> str:
    parts = [f"{len(one.families)} families"] if one.families else []
    parts += [f"{one.people} people"] if one.people else []
    parts += [f"{count} of {name}" for name, count in one.rows]
    return ", ".join(parts) or "-"
