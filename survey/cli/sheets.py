"""`survey wording sheet` and `confirm`: words to translators and back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
from babel import Locale, UnknownLocaleError

import translations
from instruments import Edition, UnknownInstrument, catalogue
from survey import moments
from survey.cli.outcomes import FoundProblems, WrongInput
from survey.translating import catalogues, receiving, sheets, terms
from survey.translating.interface import Interface
from survey.translating.questionnaires import Questionnaires
from survey.translating.rows import NoTranslator, made_from
from survey.translating.sources import Sources

_SUFFIXES = {".csv": "csv", ".po": "po", ".xliff": "xliff", ".xlf": "xliff"}

_language = click.argument("language", metavar="LANG")
_easy = click.option("--easy", is_flag=True, help="The easy reading of the language.")
_folder = click.option(
    "--translations",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(translations.__file__).parent,
    help="Another folder of words than the one that ships with the service.",
)


@click.command()
@_language
@_easy
@click.option(
    "--texts",
    type=click.Choice(["questionnaires", *catalogues.DOMAINS]),
    help="What the sheet holds; otherwise questionnaires for CSV, and the screen for PO and XLIFF.",
)
@click.option(
    "--instrument", "only", multiple=True, metavar="ID", help="This questionnaire only; repeatable."
)
@click.option("--format", "form", type=click.Choice(sheets.FORMATS), help="Otherwise by the file's ending.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write a sheet here.")
@click.option(
    "--read",
    "given",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read a sheet that came back.",
)
@click.option("--partial", is_flag=True, help="With --read: keep what is right and leave the rest.")
@click.option("--dry-run", is_flag=True, help="With --read: show what would change, and change nothing.")
@click.option("--translator", metavar="NAME", help="With --read: who made it; needed for a new file.")
@_folder
def sheet(
    language: str,
    easy: bool,
    texts: str | None,
    only: tuple[str, ...],
    form: str | None,
    output: Path | None,
    given: Path | None,
    partial: bool,
    dry_run: bool,
    translator: str | None,
    folder: Path,
) -> None:
    """Write a sheet for translators of LANG, or read one that came back.

    A sheet has every text beside the Dutch and the English: as CSV for a spreadsheet, as PO or XLIFF 1.2
    for a translation program. LANG may be a language of which there are no words yet.

    Reading shows every change. Nothing is written when anything is wrong, or when texts are missing from
    a file and --partial is not given. Reading never raises a status: what was reviewed and changes is a
    draft again.
    """
    if (output is None) == (given is None):
        raise WrongInput("say where to write the sheet with -o FILE, or which one to read with --read FILE.")
    edition = _edition(language, easy)
    path = output or given
    assert path is not None
    form = form or _SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise WrongInput(f"{path.name}: say --format {', '.join(sheets.FORMATS)}, or use such an ending.")
    texts = texts or ("questionnaires" if form == "csv" else "screen")
    if form == "po" and texts == "questionnaires":
        raise WrongInput("questionnaires go out as CSV or XLIFF; a PO file is for --texts screen or paper.")
    source = _texts(folder, edition, texts, only)
    if given is None:
        rows = source.rows()
        path.write_bytes(sheets.write(rows, edition, form))
        done = sum(1 for row in rows if row.text)
        click.echo(f"{len(rows)} texts, {done} of them written, are in {path}.")
        return
    interface = source if isinstance(source, Interface) else None
    returned = sheets.read(given.read_bytes(), form, edition, interface)
    receipt = receiving.receive(source, returned, terms.load(folder))
    _show(receipt)
    problems = list(map(str, receipt.problems))
    if problems and not partial:
        raise FoundProblems(problems, "Nothing was changed; --partial keeps the other texts.")
    if receipt.gaps and not partial:
        gaps = [f"{row.file}: {row.key}: the text is missing" for row in receipt.gaps]
        raise FoundProblems(gaps, "Nothing was changed; --partial keeps what is there as a draft.")
    if not dry_run:
        try:
            written = receiving.keep(source, receipt, folder, translator=translator, on=_today())
        except NoTranslator as error:
            raise WrongInput(f"{error}, with --translator NAME.") from error
        for file in written:
            click.echo(f"Written: {file}")
    if problems:
        raise FoundProblems(problems, "These texts were left as they are.")


@click.command()
@_language
@click.argument("instruments", nargs=-1, metavar="[INSTRUMENT]...")
@_easy
@_folder
def confirm(language: str, instruments: tuple[str, ...], easy: bool, folder: Path) -> None:
    """Record that LANG says what the Dutch now says, for some questionnaires or for all.

    To be given by a person who has looked: `survey wording check` names a translation whose Dutch has
    changed since, and goes on to do so until this is recorded.
    """
    edition = _edition(language, easy)
    if made_from(edition) is None:
        raise WrongInput("the Dutch is what the others are made from; there is nothing to confirm.")
    for name in instruments:
        if not catalogue().versions(name):
            raise WrongInput(f"there is no questionnaire {name}.")
    found = Sources(folder).confirm(edition, instruments)
    for instrument, key in found:
        click.echo(f"{edition} {instrument}: {key}")
    click.echo(f"{len(found)} texts are confirmed." if found else "Nothing had changed.")


def _edition(language: str, easy: bool) -> Edition:
    try:
        edition = Edition.parse(language)
        Locale.parse(edition.language)
    except UnknownLocaleError as error:
        raise WrongInput(
            f"{language}: Babel does not know its plurals; use the written language it belongs to."
        ) from error
    except ValueError as error:
        raise WrongInput(f"{error}.") from error
    if edition.reading == "easy":
        raise WrongInput(f"{language}: write {edition.language} --easy.")
    return Edition(edition.language, "easy" if easy else "standard")


def _texts(folder: Path, edition: Edition, texts: str, only: tuple[str, ...]) -> Questionnaires | Interface:
    if texts != "questionnaires":
        if only:
            raise WrongInput("--instrument is about questionnaires.")
        return Interface(folder, edition, texts)
    try:
        return Questionnaires(folder, edition, catalogue(), only)
    except (UnknownInstrument, ValueError) as error:
        raise WrongInput(f"{error}.") from error


def _show(receipt: receiving.Receipt) -> None:
    for change in receipt.changes:
        click.echo(f"{change.row.file}: {change.row.key}")
        if change.row.text:
            click.echo(f"  - {change.row.text}")
        click.echo(f"  + {change.text}")
    for line in receipt.advice:
        click.echo(f"Look again: {line}")
    click.echo(f"{len(receipt.changes)} texts differ.")


def _today() -> dt.date:
    return moments.day(moments.now())
