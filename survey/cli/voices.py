"""`survey wording speak` and `survey wording install-audio`: questionnaires read aloud."""

from __future__ import annotations

from pathlib import Path

import click

from instruments import Edition, catalogue
from instruments.wording import Library
from survey import aloud, moments, wording_packs
from survey.aloud import robot
from survey.cli.outcomes import FoundProblems, WrongInput

audio_folder = click.option(
    "--audio-dir",
    "audio",
    envvar="MEETMOMENT_AUDIO_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of installed recordings; otherwise MEETMOMENT_AUDIO_DIR.",
)


@click.command()
@click.argument("language")
@audio_folder
@click.option(
    "--wording-dir",
    "folder",
    envvar="MEETMOMENT_WORDING_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of installed packs of words; otherwise MEETMOMENT_WORDING_DIR.",
)
def speak(language: str, audio: Path | None, folder: Path | None) -> None:
    """Render placeholder recordings of all questions in LANGUAGE (nl, nl-easy, en, …) with espeak-ng.

    Texts that were rendered before are not rendered again.
    """
    if audio is None:
        raise WrongInput("say where recordings are kept: set MEETMOMENT_AUDIO_DIR, or give --audio-dir.")
    try:
        edition = Edition.parse(language)
    except ValueError as error:
        raise WrongInput(f"{error}.") from error
    library = Library(wording_packs.roots_in(folder), catalogue())
    texts = list(aloud.editions_texts(library, catalogue(), edition))
    if not texts:
        raise WrongInput(f"{language}: there are no words to speak.")
    target = audio / f"{edition}-robot"
    try:
        head = robot.speak(texts, edition, target, moments.day(moments.now()))
    except robot.NoVoice as error:
        raise WrongInput(str(error)) from error
    size = sum((target / name).stat().st_size for name in head.files)
    click.echo(f"{len(head.files)} recordings in {edition}, {size / 1_000_000:.1f} MB, by a program.")


@click.command("install-audio")
@click.argument("pack", type=click.Path(exists=True, file_okay=False, path_type=Path))
@audio_folder
def install(pack: Path, audio: Path | None) -> None:
    """Install PACK, a folder with audio.yaml and recordings; one with anything wrong is refused whole.

    Restart the service afterwards: it looks for recordings once, when it starts.
    """
    if audio is None:
        raise WrongInput("say where recordings are kept: set MEETMOMENT_AUDIO_DIR, or give --audio-dir.")
    try:
        head = aloud.install(pack, audio)
    except aloud.RefusedVoices as refused:
        raise FoundProblems(refused.problems, "The pack is refused; nothing was changed.") from refused
    click.echo(f"Installed {head.id}: {len(head.files)} recordings in {head.edition}, voice: {head.voice}.")
