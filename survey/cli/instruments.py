"""`survey instruments`: the catalogue of questionnaires, for people and for other programs."""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from instruments import Given, Instrument, UnknownInstrument, catalogue, loading, protocol, scoring
from survey.cli import burden
from survey.cli.outcomes import FoundProblems, WrongInput, day, table


@click.group("instruments")
def command() -> None:
    """List, check, route, score and describe questionnaires."""


command.add_command(burden.command)


@command.command("list")
def list_() -> None:
    """Print every version of every instrument."""
    rows = [
        [
            found.id,
            found.version,
            str(found.revision),
            found.informant,
            found.subject,
            f"{found.ages.from_months}-{found.ages.to_months}" if found.ages else "any",
            str(len(found.items)),
            str(found.minutes),
        ]
        for found in catalogue().all()
    ]
    head = ["instrument", "version", "revision", "informant", "subject", "months", "items", "minutes"]
    click.echo(table(head, rows))


@command.command()
@click.option("--publish", is_flag=True, help="Record every version as published, when all is well.")
def check(publish: bool) -> None:
    """Check definitions, protocol and the lock on published versions.

    Exit code 1 and a list of problems when something is wrong.
    """
    known = catalogue()
    plan = protocol.load(known=known)
    if publish:
        loading.publish()
    problems = loading.lock_problems()
    if problems:
        raise FoundProblems([str(problem) for problem in problems])
    click.echo(f"{len(known.all())} versions and protocol {plan.id} are in order.")


@command.command()
@click.option("--birth", type=day, metavar="YYYY-MM-DD", required=True, help="The child's date of birth.")
@click.option(
    "--on", "on", type=day, metavar="YYYY-MM-DD", required=True, help="The day on which it is asked."
)
@click.option("--wave", required=True, help="The wave, such as T1.")
@click.option(
    "--protocol",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another protocol file than the one that ships with the service.",
)
def route(birth: dt.date, on: dt.date, wave: str, file: Path | None) -> None:
    """Print as JSON what a wave asks in a family with one child of this age."""
    plan = _plan(file)
    try:
        months = protocol.age_months(birth, on)
        due = plan.due_at(wave, months)
    except protocol.ImpossibleAge as error:
        raise WrongInput(f"{error}; check --birth and --on.") from error
    except KeyError as error:
        raise WrongInput(f"{error.args[0]}.") from error
    _print(
        {
            "age_months": months,
            "due": [
                {
                    "informant": each.informant,
                    "subject": each.subject,
                    "instrument": each.instrument,
                    "version": each.version,
                }
                for each in due
            ],
        }
    )


@command.command()
@click.option(
    "--t0", "t0", type=day, metavar="YYYY-MM-DD", required=True, help="The day on which the family entered."
)
@click.option(
    "--protocol",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another protocol file than the one that ships with the service.",
)
def waves(t0: dt.date, file: Path | None) -> None:
    """Print as JSON the due date of every wave."""
    try:
        dates = _plan(file).wave_dates(t0)
    except (ValueError, OverflowError) as error:
        raise WrongInput(f"the waves after {t0} have no date; give an earlier --t0.") from error
    _print({wave: date.isoformat() for wave, date in dates.items()})


@command.command()
@click.argument("instrument_id", metavar="ID")
@click.option("--version", "version", required=True, help="The version, such as parent-4-17.")
@click.option("--age-months", type=int, help="The child's age in completed months.")
def score(instrument_id: str, version: str, age_months: int | None) -> None:
    """Score one set of answers, read from standard input as a JSON object.

    The object holds item ids and values; an item that is null or left out counts as missing. Printed is
    a JSON object with the scores, the flags (true: on the problematic side of the cut-off), where each
    flag comes from, and which scores are provisional and why.
    """
    instrument = _instrument(instrument_id, version)
    answers = _answers(sys.stdin.buffer.read())
    try:
        scored = scoring.score(instrument, answers, age_months)
    except scoring.Unscorable as error:
        raise WrongInput(str(error)) from error
    _print(
        {
            "instrument": instrument.id,
            "version": instrument.version,
            "revision": instrument.revision,
            "scores": {name: scoring.number(value) for name, value in scored.scores.items()},
            "flags": scored.flags,
            "sources": {
                name: {
                    "cut_off": source.cut_off,
                    "years": source.years,
                    "source": source.source,
                    "norm": source.norm,
                    "evidence": source.evidence,
                    "note": source.note,
                }
                for name, source in scored.sources.items()
            },
            "provisional": scored.provisional,
        }
    )


@command.command()
@click.argument("instrument_id", metavar="ID")
@click.option("--version", "version", help="One version; without it all versions.")
@click.option("--labels", "edition", default="nl", show_default=True, help="The edition of the labels.")
@click.option(
    "--wording-dir",
    "folder",
    envvar="MEETMOMENT_WORDING_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of installed packs; otherwise MEETMOMENT_WORDING_DIR.",
)
def codebook(instrument_id: str, version: str | None, edition: str, folder: Path | None) -> None:
    """Print as CSV every variable of an instrument: name, type, label, values and origin."""
    from instruments.wording import Library
    from survey.exports import labels
    from survey.wording_packs import roots_in

    versions = catalogue().versions(instrument_id)
    if version is not None or not versions:
        versions = (_instrument(instrument_id, version or "any"),)
    library = Library(roots_in(folder), catalogue())
    try:
        text = labels.codebook_csv(versions, edition, library)
    except ValueError as error:
        raise WrongInput(f"{error}.") from error
    click.echo(text, nl=False)


def _plan(file: Path | None) -> protocol.Protocol:
    return protocol.default() if file is None else protocol.load(file)


def _instrument(instrument_id: str, version: str) -> Instrument:
    """One version; reads only its own file, which is an order of magnitude faster than all of them."""
    path = loading.CATALOGUE / instrument_id / f"{version}.yaml"
    inside = path.parent.parent == loading.CATALOGUE and path.stem == version
    if inside and instrument_id not in (".", "..") and path.is_file():
        found = loading.parse(path.read_text(encoding="utf-8"), f"{instrument_id}/{path.name}")
        if found.key == f"{instrument_id}/{version}":
            return found
    try:
        return catalogue().get(instrument_id, version)
    except UnknownInstrument as error:
        raise WrongInput(f"{error}.") from error


def _answers(raw: bytes) -> dict[str, Given | None]:
    """The answers in a JSON text, as they are: what they may be is for `checks` to say."""
    try:
        # RFC 8259 lets a reader skip the byte order mark that some shells put in front.
        data = json.loads(
            raw.decode("utf-8-sig"), object_pairs_hook=_without_repeats, parse_constant=_not_json
        )
    except UnicodeDecodeError as error:
        raise WrongInput("standard input is not UTF-8 text; give a JSON object.") from error
    except (ValueError, RecursionError) as error:
        raise WrongInput(
            f'standard input is not JSON ({error}); give an object such as {{"1": 2}}.'
        ) from error
    if not isinstance(data, dict):
        raise WrongInput('standard input holds no JSON object; give one such as {"1": 2, "2": null}.')
    return {item: _given(item, value) for item, value in data.items()}


def _given(item: str, value: Any) -> Given | None:
    if value is None or type(value) in (int, str):
        return value  # type: ignore[no-any-return]  # just tested
    if isinstance(value, list) and value and all(type(code) is int for code in value):
        return tuple(sorted(value))
    if isinstance(value, float) and not math.isfinite(value):
        value = "a number without end"
    raise WrongInput(f"{item}: {json.dumps(value)} is not possible; give a whole number, or null.")


def _without_repeats(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """An object of which no key is given twice; JSON readers differ in which of two they keep."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key in found if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"{twice!r} is given twice")
    return found


def _not_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _print(data: Mapping[str, Any]) -> None:
    # Plain ASCII, so that it arrives whole whatever encoding the reading program expects.
    click.echo(json.dumps(data))
