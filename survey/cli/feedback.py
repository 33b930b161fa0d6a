"""`survey feedback`: what municipalities are told, by calendar."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from survey import moments
from survey.accounts import people
from survey.accounts.people import Account
from survey.cli.installation import Installation, opened
from survey.cli.outcomes import FoundProblems, WrongInput, table
from survey.feedback import ledger, making, naming, regions, selection, standing
from survey.feedback.ledger import Document, Release

#: How the states of the calendar are told.
_STATES = {
    "published": "published",
    "draft": "draft made",
    "due": "due now",
    "missed": "missed",
    "later": "later",
}


@click.group("feedback")
def command() -> None:
    """Tell municipalities how it goes, by calendar and without giving anybody away.

    A release is made as a draft, looked at, and published by a person; then it stands still.
    """


@command.command()
@click.option("--fix-regions", is_flag=True, help="Fix the regions of the protocol, before the first answer.")
def plan(fix_regions: bool) -> None:
    """Show by when each release is due, and by which rules."""
    with opened(upgrade=False) as here:
        study, now = here.study(), moments.now()
        if fix_regions:
            try:
                regions.fix(here.db, study.id, here.plan, now, "command line")
            except regions.TooLate as error:
                raise WrongInput(f"{error}.") from error
        found = standing.of(here.db, study, here.plan, moments.day(now))
        fixed = regions.fixed(here.db, study.id)
        feedback = here.plan.feedback
    published = [one.smallest for one in found.releases if one.published_at is not None]
    smallest = selection.in_force(feedback, published)
    rows = [
        [str(one.number), one.on.isoformat(), _STATES[found.states[one.number]], " ".join(one.waves)]
        for one in found.dates
    ]
    click.echo(table(["release", "due on", "state", "waves that can be over"], rows))
    click.echo(
        f"\nA figure rests on {smallest.respondents} respondents from {smallest.families} families at least, "
        f"a count is {smallest.count} at least; below {feedback.round_below} respondents we round coarsely."
    )
    names = ", ".join(f"{one.name} ({' '.join(one.municipalities)})" for one in fixed.regions)
    click.echo(f"Regions: {names or 'none'}{f', fixed on {moments.day(fixed.at)}' if fixed.at else ''}.")
    if feedback.regions != fixed.regions:
        click.echo("The protocol names other regions; a release cannot be made.", err=True)


@command.command()
@click.argument("number", metavar="[NUMBER]", required=False, type=click.IntRange(min=1))
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new folder for the PDFs, to look at before publishing.",
)
def make(number: int | None, folder: Path | None) -> None:
    """Make the draft of the release that is due (or of NUMBER), with the data of today.

    Nothing is told by making it. A later draft takes the place of an earlier one.
    """
    if folder is not None and folder.exists():
        raise WrongInput(f"{folder} is there already; name a new folder.")
    with opened(upgrade=False) as here:
        release = _made(here, number)
        documents = ledger.documents(here.db, release.id)
        codes = {place.id: place.code for place in making.places(here.db, release.study_id)}
    manifest = release.manifest
    click.echo(
        f"Draft of release {release.number}. Figures told anew: {len(manifest['new'])}; again as before: "
        f"{len(manifest['again'])}; not shown, to protect small groups: {len(manifest['hidden'])}."
    )
    if folder is not None:
        folder.mkdir(parents=True)
        for one in documents:
            if one.form == "pdf":
                (folder / _file_name(release, one, codes)).write_bytes(one.content)
        click.echo(f"The pages are in {folder}: look at them before you publish.")
    click.echo(f"Then: survey feedback publish {release.number} --by EMAIL --sha256 {release.sha256[:12]}")


@command.command()
@click.argument("number", type=click.IntRange(min=1))
@click.option("--by", "email", required=True, metavar="EMAIL", help="Who publishes: a researcher's account.")
@click.option("--sha256", required=True, help="The checksum of the draft that was looked at, as `make` says.")
def publish(number: int, email: str, sha256: str) -> None:
    """Publish the latest draft of release NUMBER. It cannot be changed or taken back."""
    with opened(upgrade=False) as here:
        study = here.study()
        who = _account(here, email)
        try:
            done = ledger.publish(here.db, study.id, number, sha256, by=who, now=moments.now())
        except ledger.MayNotPublish as error:
            raise WrongInput(f"{email} may not publish; a researcher of the whole study may.") from error
        except ledger.NoSuchRelease as error:
            raise WrongInput(
                f"there is no draft of release {number}; run `survey feedback make {number}`."
            ) from error
        except ledger.AlreadyPublished as error:
            raise WrongInput(f"release {number} was published already, and stands still.") from error
        except ledger.NotWhatWasSeen as error:
            raise WrongInput(
                "that is not the checksum of the latest draft; look at the draft, and give the first twelve "
                "signs at least (`survey feedback list`)."
            ) from error
        except ledger.Subtractable as error:
            raise FoundProblems(
                [
                    f"{figure}: with what was published since, it gives a small group away"
                    for figure in error.figures
                ],
                f"Nothing was published; make a new draft with `survey feedback make {number}`.",
            ) from error
    click.echo(f"Release {done.number} is published: {done.sha256}.")


@command.command("list")
def listing() -> None:
    """List every draft and every release, with its checksum."""
    with opened(upgrade=False) as here:
        found = ledger.releases(here.db, here.study().id)
    rows = [
        [
            str(one.number), one.data_on.isoformat(),
            f"published on {moments.day(one.published_at)} by {one.published_by}"
            if one.published_at
            else "draft",
            one.sha256,
        ]
        for one in found
    ]  # fmt: skip
    click.echo(table(["release", "data of", "state", "sha256"], rows) if rows else "No release was made yet.")


@command.command()
@click.argument("files", nargs=-1, metavar="[PDF]...", type=click.Path(dir_okay=False, path_type=Path))
def verify(files: tuple[Path, ...]) -> None:
    """Check that every release stands as it was made, and that no two can be subtracted.

    With files: whether each of them is a page of a published release.
    """
    with opened(upgrade=False) as here:
        study = here.study()
        problems = list(ledger.verify(here.db, study.id))
        published = ledger.published(here.db, study.id)
        known = {
            one.sha256: release for release in published for one in ledger.documents(here.db, release.id)
        }
    for path in files:
        release = known.get(hashlib.sha256(path.read_bytes()).hexdigest())
        if release is None:
            problems.append(f"{path}: not a page of a published release")
        else:
            click.echo(f"{path}: release {release.number}")
    if problems:
        raise FoundProblems(problems)
    count = len(published)
    click.echo(f"{count} published release{'s' if count != 1 else ''}; all as they were made.")


def _made(here: Installation, number: int | None) -> Release:
    from printable.pdf import Unprintable

    try:
        return making.make(
            here.db, here.study(), here.plan, here.settings.secret_keys, by="command line",
            now=moments.now(), number=number,
            progress=lambda name: click.echo(f"  {name}", err=True),
        )  # fmt: skip
    except (making.NotDue, naming.KeyLost, regions.RegionsMoved) as error:
        raise WrongInput(f"{error}.") from error
    except ledger.AlreadyPublished as error:
        raise WrongInput(f"release {number} was published already, and stands still.") from error
    except Unprintable as error:
        raise FoundProblems(error.problems, "Give the municipality a name that fits.") from error


def _account(here: Installation, email: str) -> Account:
    wanted = email.strip().lower()
    found = next((one for one in people.listing(here.db) if one.email == wanted), None)
    if found is None:
        raise WrongInput(f"nobody here has the address {email}; see `survey accounts`.")
    return found


def _file_name(release: Release, one: Document, codes: dict[int, str]) -> str:
    place = "programme" if one.municipality_id is None else codes[one.municipality_id]
    return f"feedback-{release.number}-{place}-{one.language}.pdf"
