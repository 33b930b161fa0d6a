"""`survey scans`: paper that was scanned or photographed is handed in, read, followed and cleared up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey.cli.installation import Installation, opened
from survey.cli.outcomes import FoundProblems, WrongInput, table

if TYPE_CHECKING:
    from survey.scans.piles import Pile
    from survey.scans.worker import Worker

_BY = "command line"


@click.group("scans")
def command() -> None:
    """Read forms that were scanned or photographed.

    Reading gives proposals; a person confirms them at the desk, under Scans. No answer enters before.
    """


@command.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def add(files: tuple[Path, ...]) -> None:
    """Hand in FILES (PDF, TIFF, JPEG, PNG or HEIC) as one pile, to be read by a worker.

    Forms may lie in any order and in several files. The files themselves stay where they are: delete them
    when the pile has been read, since they are answers of people.
    """
    with opened(upgrade=True) as here:
        from survey.scans import intake

        study = here.study()
        contents = [path.read_bytes() for path in files]
        try:
            pile = intake.add(here.db, here.settings.picture_keys, study.id, contents, by=_BY)
        except intake.NothingThere as error:
            empty = [path.name for path, content in zip(files, contents, strict=True) if not content]
            raise WrongInput(f"{', '.join(empty)}: there is nothing in it.") from error
        except intake.TooManyFiles as error:
            raise WrongInput(f"a pile has {intake.MOST_FILES} files at the most; make several.") from error
        except intake.FileTooLarge as error:
            name, most = files[error.number - 1].name, intake.LARGEST_FILE // 1_000_000
            raise WrongInput(
                f"{name} has more than {most} million bytes; scan fewer pages at once."
            ) from error
        click.echo(f"Pile {pile}: {len(files)} file{'s' if len(files) > 1 else ''}, waiting to be read.")


@command.command()
@click.argument("pile", type=int, required=False)
def status(pile: int | None) -> None:
    """Print all piles, or every page of one PILE."""
    with opened(upgrade=False) as here:
        from survey.scans import piles

        if pile is None:
            rows = [
                [
                    str(each.id),
                    f"{each.added_at:%Y-%m-%d %H:%M}",
                    each.status,
                    str(len(each.files)),
                    str(len(each.pages)),
                    str(each.trouble),
                ]
                for each in piles.listing(here.db)
            ]
            click.echo(table(["pile", "added (UTC)", "state", "files", "pages", "to see to"], rows))
            click.echo(f"{len(piles.forms(here.db))} forms wait to be confirmed at the desk.")
            return
        try:
            found = piles.get(here.db, pile)
        except piles.NoSuchPile as error:
            raise WrongInput(f"there is no pile {pile}.") from error
        _show(found)


def _show(pile: Pile) -> None:
    click.echo(f"Pile {pile.id}: {pile.status}")
    for file in pile.files:
        if file.status not in ("waiting", "read"):
            click.echo(f"file {file.number}: {file.status}")
    rows = [
        [
            "" if page.sheet_id is None else str(page.sheet_id),
            "" if page.side is None else f"{page.side}/{page.sides}",
            f"{page.file}:{page.number}",
            page.status + (" late" if page.late else ""),
        ]
        for page in pile.pages
    ]
    click.echo(table(["sheet", "side", "file:page", "what became of it"], rows))
    for sheet_id, sides in pile.missing:
        click.echo(f"sheet {sheet_id}: side {', '.join(map(str, sides))} is missing")


@command.command()
def read() -> None:
    """Read the piles that wait, here and now.

    Beside a service this is not needed: its workers (`survey serve`, `survey worker`) read what comes in.
    """
    with opened(upgrade=True) as here:
        from survey.scans import piles

        failed = []
        for number in _worker(here).read_all():
            found = piles.get(here.db, number)
            click.echo(f"Pile {number}: {len(found.pages)} pages, {found.trouble} to see to.")
            failed += [
                f"pile {number}, file {file.number}: {file.status}"
                for file in found.files
                if file.status != "read"
            ]
        if failed:
            raise FoundProblems(failed, "These files could not be read; see the desk for what to do.")


@command.command()
def accuracy() -> None:
    """Print how often the reader was wrong, by what people confirmed: by edition, capture and level.

    Readings that were called sure count where a person saw them: on the forms of the sample that is shown
    whole (in the protocol: `paper: {scan_sample_percent: 5}`).
    """
    with opened(upgrade=False) as here:
        from survey.scans import accuracy

        rows = [
            [each.edition, each.kind, each.level, str(each.looked_at), str(each.wrong)]
            for each in accuracy.of(here.db, here.plan)
        ]
        click.echo(table(["edition", "capture", "level", "looked at", "wrong"], rows))


@command.command()
def purge() -> None:
    """Delete the pictures of forms that were confirmed so many days ago as the protocol says.

    The workers of a service do this once a day. In the protocol: `paper: {keep_scans_days: 30}`. Pictures of
    forms that may not be used go at once. What was read and what was confirmed stays.
    """
    with opened(upgrade=True) as here:
        from survey.scans import purging

        gone = purging.purge(here.db, here.plan, by=_BY)
        click.echo(f"{gone.pictures} pictures and {gone.piles} piles that never came in whole were deleted.")


def _worker(here: Installation) -> Worker:
    from survey.scans.worker import Worker

    return Worker(
        here.db,
        here.study().id,
        here.settings.paper_keys,
        here.settings.picture_keys,
        here.settings.base_url,
    )
