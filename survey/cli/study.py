"""`survey study`: begin the study of a database, and keep its tables up to date."""

from __future__ import annotations

import click

from instruments import Edition
from survey import moments, privacy, studies, way_back
from survey.cli.installation import Installation, as_found, opened
from survey.cli.outcomes import FoundProblems, WrongInput, counted, table
from survey.db import Database
from survey.feedback import regions
from survey.steps import LaterTables

#: What is audited as the one who did it.
_ACTOR = "command line"


@click.group("study")
def command() -> None:
    """Begin a study, bring its database up to date, or back to an earlier form."""


@command.command()
@click.argument("key")
@click.option(
    "--kind",
    type=click.Choice(["live", "demo"]),
    default="live",
    show_default=True,
    help="A live study refuses demonstration and draft wording.",
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    default=["nl"],
    show_default=True,
    help="A language it is held in, the usual one first; may be given more than once.",
)
def begin(key: str, kind: str, languages: tuple[str, ...]) -> None:
    """Begin the study KEY in the database of MEETMOMENT_DATABASE_URL."""
    for language in languages:
        try:
            Edition.parse(language)
        except ValueError as error:
            raise WrongInput(f"{error}.") from error
    with opened(upgrade=True) as here:
        path, plan = here.settings.protocol_path, here.plan
        try:
            number = studies.create(
                here.db, key, kind, protocol=path.name if path else "default", languages=languages
            )
        except studies.StudyExists as error:
            raise WrongInput(f"{error}.") from error
        # Regions are chosen before anybody has answered.
        regions.fix(here.db, number, plan, moments.now(), "command line")
    click.echo(f"The {kind} study {key} has begun. Add families with `survey families add`.")


@command.command()
def upgrade() -> None:
    """Bring the tables of the database to the form that this version of the service needs.

    Any command that writes does so by itself; this one only does that, and says which form there was before:
    what `survey study downgrade --to` wants to hear.
    """
    with opened(upgrade=True) as here:
        form = here.db.form()
    was = f" It was of form {here.before}." if here.before not in (None, form) else ""
    click.echo(f"The database is up to date, of form {form}.{was}")


@command.command()
def forms() -> None:
    """List the forms that the tables have had, the newest first, and which one they have."""
    with as_found() as here:
        for store, db in _stores(here).items():
            there, known = db.form(), way_back.forms(db)
            rows = [[form.number, "here" if form.number == there else "", form.about] for form in known]
            click.echo(table([store, "", "what came with it"], rows))
            if there is None:
                click.echo("There are no tables yet.")
            elif there not in {form.number for form in known}:
                click.echo(f"Here is form {there}, which a newer version made.")


@command.command()
@click.option(
    "--to",
    required=True,
    metavar="FORM",
    help="A number from `survey study forms`; `base` for no tables at all.",
)
@click.option(
    "--store",
    type=click.Choice(["study", "contacts"]),
    default="study",
    show_default=True,
    help="Whose tables: of the study, or of names and numbers.",
)
@click.option(
    "--lose",
    type=click.IntRange(min=0),
    default=0,
    metavar="ROWS",
    help="So many rows may go: the number that the refusal counted.",
)
def downgrade(to: str, store: str, lose: int) -> None:
    """Bring the tables back to an earlier form, for an earlier version of the service.

    Stop the service first, all of it, and make a backup. Run this with the newer version, which knows the
    way; then start the older one. What the earlier form has no place for would be lost: it is counted, and
    nothing happens until you say that number. It is done all at once, or not at all.
    """
    with as_found() as here:
        stores = _stores(here)
        if store not in stores:
            raise WrongInput("this installation keeps no contacts; there is nothing to bring back.")
        db, now = stores[store], moments.now()
        try:
            lost = way_back.go_back(db, to, lose=lose, by=_ACTOR, now=now)
        except (way_back.UnknownForm, LaterTables) as error:
            raise WrongInput(f"{error}.") from error
        except way_back.WouldLose as would:
            raise _refusal(would, to, store, lose) from would
        if db is not here.db:
            way_back.note(here.db, store, to, lost, by=_ACTOR, now=now)
    gone = f"{counted(lose, 'row')} went with it" if lost else "nothing was lost"
    click.echo(
        f"The tables are of form {to}; {gone}. Start the version of the service that goes with it, and"
    )
    click.echo("only that one: a newer one brings the tables forward again.")


def _stores(here: Installation) -> dict[str, Database]:
    return {"study": here.db} | ({} if here.book is None else {"contacts": here.book.database})


def _refusal(would: way_back.WouldLose, to: str, store: str, lose: int) -> FoundProblems:
    about = {one.name: one.about for one in privacy.tables()}
    if not would.losses:
        return FoundProblems(
            [f"no row would be lost, and not {lose}: leave --lose out."], "Nothing was changed."
        )
    rows = sum(loss.rows for loss in would.losses)
    words = f"--to {to} --lose {rows}" + ("" if store == "study" else f" --store {store}")
    lines = [
        f"{counted(loss.rows, 'row')} of {loss} would be lost: {about.get(loss.table, 'of another version')}."
        for loss in would.losses
    ]
    return FoundProblems(
        lines,
        "Nothing was changed. Make a backup, which keeps what would be lost; then, if it may go from here:"
        f" survey study downgrade {words}",
    )
