"""`survey wording`: the words of questionnaires, and packs of words from outside."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

import translations
from instruments import Edition, catalogue, protocol
from instruments.wording import Library
from survey import aloud, moments, wording_packs, wording_status
from survey.cli import sheets, voices
from survey.cli.outcomes import FoundProblems, WrongInput, table
from survey.translating import overview
from survey.translating.sources import Sources

#: The words that ship with the service.
_WORDS = Path(translations.__file__).parent

_folder = click.option(
    "--wording-dir",
    "folder",
    envvar="MEETMOMENT_WORDING_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of installed packs; otherwise MEETMOMENT_WORDING_DIR.",
)
_languages = click.option(
    "--language",
    "languages",
    multiple=True,
    default=["nl"],
    show_default=True,
    help="A language that the study needs; may be given more than once.",
)


@click.group("wording")
def command() -> None:
    """See, check, translate and install the words of questionnaires."""


command.add_command(sheets.sheet)
command.add_command(sheets.confirm)
command.add_command(voices.speak)
command.add_command(voices.install)


@command.command()
@_folder
@_languages
@click.option(
    "--protocol",
    "file",
    envvar="MEETMOMENT_PROTOCOL_PATH",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The plan of the study; otherwise the pilot's.",
)
@click.option("--markdown", is_flag=True, help="Print the table of editions for the README instead.")
@click.option(
    "--into",
    "document",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --markdown: put the table between its markers in this file.",
)
def status(
    folder: Path | None,
    languages: tuple[str, ...],
    file: Path | None,
    markdown: bool,
    document: Path | None,
) -> None:
    """Print every questionnaire by edition and status, and why a live study could not start."""
    library = _library(folder)
    if document is not None and not markdown:
        raise WrongInput("--into belongs to --markdown.")
    if markdown:
        _put(overview.markdown(_WORDS, library, catalogue()), document)
        return
    plan = protocol.default() if file is None else protocol.load(file)
    editions = library.known_editions()
    cells: dict[tuple[str, str], dict[Edition, str]] = {}
    for each in wording_status.standings(library, catalogue()):
        key = (each.instrument.id, each.instrument.version)
        cells.setdefault(key, {})[each.edition] = _cell(each)
    rows = [[*key, *(row[edition] for edition in editions)] for key, row in cells.items()]
    click.echo(table(["instrument", "version", *map(str, editions)], rows))
    click.echo()
    reasons = wording_status.obstacles(library, catalogue(), plan, _checked(languages), _today())
    if not reasons:
        click.echo(f"A live study in {', '.join(languages)} could start with these words.")
        return
    click.echo(f"A live study in {', '.join(languages)} could not start:")
    for reason in reasons:
        click.echo(f"- {reason}")


@command.command()
@_folder
@_languages
@voices.audio_folder
def check(folder: Path | None, languages: tuple[str, ...], audio: Path | None) -> None:
    """Check that every wording file is complete, and that the languages have every questionnaire.

    Exit code 1 and a list of what is missing, too much, translated from Dutch that has changed since, or
    read aloud with words that have changed since.
    """
    library = _library(folder)
    needed = {Edition(language) for language in _checked(languages)}
    problems: dict[str, None] = {}
    complete = 0
    for each in wording_status.standings(library, catalogue()):
        complete += each.status is not None
        for problem in each.problems:
            if each.edition in needed or not wording_status.is_absence(problem):
                problems[str(problem)] = None
    missing = needed - set(library.known_editions())
    problems |= {f"{edition}: there is no wording at all. Write or install it.": None for edition in missing}
    problems |= {str(problem): None for problem in Sources(_WORDS).stale()}
    problems |= dict.fromkeys(aloud.problems(audio, library, catalogue()))
    if problems:
        raise FoundProblems(list(problems))
    click.echo(f"{complete} versions in their editions are complete.")


@command.command()
@click.argument("pack", type=click.Path(exists=True, path_type=Path))
@_folder
def install(pack: Path, folder: Path | None) -> None:
    """Install PACK, a folder or zip with pack.yaml and wording files.

    A pack with anything wrong is refused whole, with all reasons; an earlier pack with the same id is
    replaced. Restart the service afterwards: words are read once, when it starts.
    """
    if folder is None:
        raise WrongInput("say where packs are kept: set MEETMOMENT_WORDING_DIR, or give --wording-dir.")
    try:
        done = wording_packs.install(pack, folder, catalogue(), _today())
    except wording_packs.RefusedPack as refused:
        problems = list(map(str, refused.problems))
        raise FoundProblems(problems, "The pack is refused; nothing was changed.") from refused
    verb = "Replaced" if done.replaced else "Installed"
    click.echo(f"{verb} {done.licence.id} of {done.licence.holder}: {len(done.files)} wording files.")
    for name in done.files:
        click.echo(f"- {name}")


def _put(table: str, document: Path | None) -> None:
    if document is None:
        click.echo(table, nl=False)
        return
    try:
        document.write_text(overview.placed(document.read_text(encoding="utf-8"), table), encoding="utf-8")
    except overview.NoMarkers as error:
        raise WrongInput(f"{document.name}: {error}.") from error


def _library(folder: Path | None) -> Library:
    return Library(wording_packs.roots_in(folder), catalogue())


def _cell(each: wording_status.Standing) -> str:
    if each.status is None:
        return "-" if all(map(wording_status.is_absence, each.problems)) else "incomplete"
    return f"{each.status} ({each.pack})" if each.pack else each.status


def _checked(languages: tuple[str, ...]) -> tuple[str, ...]:
    for language in languages:
        try:
            found = Edition.parse(language)
        except ValueError as error:
            raise WrongInput(f"{error}.") from error
        if found.reading != "standard":
            raise WrongInput(f"{language}: give a language, such as {found.language}.")
    return languages


def _today() -> dt.date:
    return moments.day(moments.now())
