"""`survey retention`: what has had its time, its going, and erasures that outlive a backup."""

from __future__ import annotations

import click

from survey import moments, retention
from survey.cli.installation import opened
from survey.cli.outcomes import FoundProblems, WrongInput, table
from survey.contacts import Book
from survey.fieldwork.erasure_ledger import BrokenLedger, Ledger
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
        done = retention.apply(
            here.db, here.plan, retention.load(here.settings.retention), now=moments.now(), actor=_ACTOR,
            book=here.book, ledger=Ledger.of(here.settings),
        )  # fmt: skip
    for one in done:
        click.echo(f"{one.rule.id}: {_told(one)}")
    if not done:
        click.echo("Nothing has had its time.")


@command.command()
def replay() -> None:
    """After a backup was put back: wipe again every family that was erased since it was made.

    The ledger of erasures in MEETMOMENT_ERASURE_DIR says which; it is not part of any backup.
    """
    with opened(upgrade=True) as here:
        ledger = Ledger.of(here.settings)
        if ledger is None:
            raise WrongInput("name the folder of the ledger in MEETMOMENT_ERASURE_DIR.")
        try:
            wiped = retention.replay(here.db, ledger, now=moments.now(), actor=_ACTOR, book=here.book)
        except retention.LedgerKeyGone as error:
            remedy = "Nothing was wiped; name that key in MEETMOMENT_OLD_SECRET_KEYS."
            raise FoundProblems([f"{error}."], remedy) from error
        except BrokenLedger as error:
            raise FoundProblems([f"{error}."], "Nothing was wiped; mend or take out that line.") from error
    click.echo(f"{len(wiped)} families that had been erased were wiped again.")


def _told(one: Due) -> str:
    parts = [f"{len(one.families)} families"] if one.families else []
    parts += [f"{one.people} people"] if one.people else []
    parts += [f"{count} of {name}" for name, count in one.rows]
    return ", ".join(parts) or "-"
