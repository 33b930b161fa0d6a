"""`survey print`: packs of paper for a family or a wave, blank specimens, and letters."""

from __future__ import annotations

import datetime as dt
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from instruments import Edition, UnknownInstrument, catalogue
from survey import codes, families, jobs, moments, wave_packs
from survey.cli.installation import Installation, opened
from survey.cli.outcomes import FoundProblems, WrongInput, counted, day

if TYPE_CHECKING:
    from printable.pack import Done, Pack
    from survey.batches import Batch
    from survey.packs import LeftOut, Press

_BY = "command line"
_LETTERS = ("information", "consent", "assent", "assent-12")

_file = click.argument("file", metavar="FILE.pdf", type=click.Path(dir_okay=False, path_type=Path))
_on = click.option(
    "--on", type=day, metavar="YYYY-MM-DD", help="The day that decides what is due; by default today."
)
_sender = click.option(
    "--sender",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="MEETMOMENT_SENDER",
    help="A file that says who writes; see the README of survey, under Paper.",
)
_edition = click.option("--edition", default="nl", show_default=True, help="Such as nl, or nl-easy.")


@click.group("print")
def command() -> None:
    """Print packs for families, blank specimens and letters, as PDF."""


@command.command()
@click.argument("code")
@_file
@_on
@_sender
def family(code: str, file: Path, on: dt.date | None, sender: Path | None) -> None:
    """Print the pack of the family with this CODE into FILE.pdf.

    A cover for every respondent and, behind it, every questionnaire that is still to be answered.
    """
    with opened(upgrade=True) as here:
        try:
            found = families.by_code(here.db, code)
        except (codes.Mistyped, families.NoSuchFamily) as error:
            raise WrongInput(f"there is no family {code!r}; check the code.") from error
        if found.status != "active":
            raise WrongInput(f"family {found.code} is {found.status}, and is asked nothing.")
        _print(here, "family", found.code, [found], file, on or moments.day(moments.now()), sender)


@command.command()
@click.argument("wave")
@_file
@_on
@_sender
def wave(wave: str, file: Path, on: dt.date | None, sender: Path | None) -> None:
    """Print the packs of every family for whom WAVE (such as T1) is open, as one file.

    It can be stopped with Ctrl-C; the same command goes on where it was.
    """
    with opened(upgrade=True) as here:
        when = on or moments.day(moments.now())
        _print(here, "wave", wave, _in_wave(here, wave, when), file, when, sender)


@command.command()
@click.argument("wave")
@_on
@click.option("--rest", is_flag=True, help="Print the rest also where something has to be left out.")
def queue(wave: str, on: dt.date | None, rest: bool) -> None:
    """Ask the worker for the packs of every family for whom WAVE is open, and come back for the file.

    `survey worker list` shows how far it is, `survey worker cancel` stops it, `survey print fetch` gets the
    file. Where something cannot be printed the job fails, prints nothing and says what; --rest prints the
    others. The letter head is that of MEETMOMENT_SENDER where the worker runs.
    """
    with opened(upgrade=True) as here:
        when = on or moments.day(moments.now())
        found = _in_wave(here, wave, when)
        told = {"wave": wave, "day": str(when), "rest": rest}
        job = jobs.enqueue(here.db, wave_packs.KIND.name, told, by=_BY)
    click.echo(f"job {job.id}: packs of {len(found)} famil{'y' if len(found) == 1 else 'ies'}")
    click.echo(f"When it is done: survey print fetch {job.id} {wave}.pdf")


@command.command()
@click.argument("number", type=int)
@_file
def fetch(number: int, file: Path) -> None:
    """Write the packs that the job with this NUMBER made into FILE.pdf. They wait for a day."""
    with opened(upgrade=False) as here:
        try:
            job = jobs.get(here.db, number)
        except jobs.NoSuchJob as error:
            raise WrongInput(f"{error}.") from error
        if job.kind != wave_packs.KIND.name:
            raise WrongInput(f"job {number} is no job of `survey print queue`.")
        if job.status != "done":
            raise FoundProblems(
                job.problem.splitlines() or [f"job {number} is {job.status}."], "No file yet."
            )
        part = file.with_name(f"{file.name}.part")
        try:
            made = jobs.deliver(here.db, number, here.settings.secret_keys, moments.now())
            with part.open("wb") as target:
                target.writelines(made.pieces)
        except jobs.Gone as error:
            part.unlink(missing_ok=True)
            raise WrongInput(f"{error}; ask for it again.") from error
        part.replace(file)
    click.echo(f"{file}: {job.result}, to be printed on both sides")


@command.command()
@click.argument("instrument", metavar="INSTRUMENT/VERSION")
@_file
@_edition
def blank(instrument: str, file: Path, edition: str) -> None:
    """Print a blank specimen of a questionnaire, marked as an example; or an interview guide, to use."""
    with opened(upgrade=False) as here:
        from printable.sheet import Spec, build
        from printable.words import Words
        from survey.wording_packs import OURS

        wanted = _edition_of(edition)
        try:
            version = catalogue().get(*(instrument.partition("/")[::2]))
        except UnknownInstrument as error:
            raise WrongInput(f"{error}.") from error
        refusals = here.library.problems(version, wanted)
        if refusals:
            raise FoundProblems([str(refusal) for refusal in refusals], "Nothing was printed.")
        spec = Spec(version, here.library.wording(version, wanted), specimen=True)
        template = build(spec, Words(OURS.folder).gettext(wanted))
        file.write_bytes(template.pdf)
    click.echo(f"{file}: {counted(template.pages, 'side')}")


@command.command()
@click.argument("kind", type=click.Choice(_LETTERS))
@_file
@_edition
@click.option("--for", "audience", type=click.Choice(["parent", "child", "professional"]), default="parent")
@_sender
def letter(kind: str, file: Path, edition: str, audience: str, sender: Path | None) -> None:
    """Print an information letter, or a form for consent (parents) or assent (children; from 12 it signs)."""
    from printable import letters
    from printable.words import Words
    from survey import senders
    from survey.wording_packs import OURS

    wanted = _edition_of(edition)
    gettext = Words(OURS.folder).gettext(wanted)
    with opened(upgrade=False) as here:
        who = senders.load(sender, here.plan)
    if kind == "information":
        template = letters.information(wanted, gettext, who, audience=audience)  # type: ignore[arg-type]
    elif kind == "consent":
        template = letters.consent(wanted, gettext, who)
    else:
        template = letters.assent(wanted, gettext, who, signs=kind == "assent-12")
    file.write_bytes(template.pdf)
    click.echo(f"{file}: {counted(template.pages, 'side')}")


def _in_wave(here: Installation, wave: str, on: dt.date) -> Sequence[families.Family]:
    """The families for whom a wave is open on a day. Raises WrongInput: there is none, or no such wave."""
    from survey import packs

    if wave not in {known.id for known in here.plan.waves}:
        raise WrongInput(f"the protocol has no wave {wave}.")
    found = packs.in_wave(here.db, here.plan, wave, on)
    if not found:
        raise WrongInput(f"{wave} is open for no family on {on}.")
    return found


def _print(
    here: Installation,
    kind: str,
    target: str,
    found: Sequence[families.Family],
    file: Path,
    on: dt.date,
    sender: Path | None,
) -> None:
    from printable import pack
    from printable.pdf import Unprintable
    from printable.qr import Unfit
    from survey import batches

    study = here.study()
    press = _press(here, sender, live=study.kind == "live")
    batch = batches.begin(here.db, study.id, kind, target, file.name, on, by=_BY)
    left_out: list[LeftOut] = []
    notes: list[str] = []
    wave = target if kind == "wave" else None
    with click.progressbar(length=len(found), label="packs", show_pos=True) as bar, _stoppable() as stopped:

        def tell(done: Done) -> None:
            bar.update(done.packs - bar.pos)

        try:
            written = pack.write(
                file,
                _packs(press, batch, found, wave, left_out, notes),
                here.settings.base_url,
                title=f"{kind} {target}",
                progress=tell,
                stop=lambda: bool(stopped),
            )
        except pack.Stopped as error:
            batches.stop(here.db, batch.id, by=_BY)
            raise FoundProblems([f"{error}."], "The same command goes on from there.") from error
        except (Unprintable, Unfit) as error:
            batches.stop(here.db, batch.id, by=_BY)
            raise FoundProblems([f"{error}."], "Nothing was printed.") from error
    batches.finish(here.db, batch.id, packs=written.packs, sides=written.sides, sha256=written.sha256, by=_BY)
    piled = f"{counted(written.packs, 'pack')}, {counted(written.sides, 'side')}"
    click.echo(f"{file}: {piled}, to be printed on both sides")
    for note in sorted(set(notes)):
        click.echo(note, err=True)
    if left_out:
        raise FoundProblems(
            sorted({str(each) for each in left_out}), "The rest was printed; this was left out."
        )


def _packs(
    press: Press,
    batch: Batch,
    found: Sequence[families.Family],
    wave: str | None,
    left_out: list[LeftOut],
    notes: list[str],
) -> Iterator[Pack]:
    from survey.packs import CannotPrint

    for family in found:
        try:
            made, plan = press.pack(batch, family, wave)
        except CannotPrint as error:
            raise WrongInput(f"{error}.") from error
        left_out += plan.left_out
        notes += plan.notes
        yield made


def _press(here: Installation, sender: Path | None, *, live: bool) -> Press:
    from printable.words import Words
    from survey import senders
    from survey.packs import Press
    from survey.wording_packs import OURS

    return Press(
        here.db,
        here.plan,
        here.library,
        Words(OURS.folder),
        here.settings.paper_keys,
        here.settings.base_url,
        senders.load(sender, here.plan),
        live,
    )


@contextmanager
def _stoppable() -> Iterator[list[int]]:
    """Ctrl-C finishes the pack at hand and then stops; a second one stops at once."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _edition_of(text: str) -> Edition:
    try:
        return Edition.parse(text)
    except ValueError as error:
        raise WrongInput(f"--edition: {error}.") from error
