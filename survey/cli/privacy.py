"""`survey privacy`: what is held about whom, for who has to judge that."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from survey import privacy, retention
from survey.cli.outcomes import FoundProblems, WrongInput
from survey.privacy import Undescribed
from survey.retention import Rules
from survey.settings import BadSettings, Settings

_FILE = click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))


@click.group("privacy")
def command() -> None:
    """Describe what is held about whom, for a data protection impact assessment.

    Terms are those of MEETMOMENT_RETENTION, or those that ship with the service.
    """


@command.command()
@_FILE
def dictionary(file: Path | None) -> None:
    """Write every table and column, with what it holds, of whom and how long, to FILE or to the screen."""
    _write(file, privacy.dictionary)


@command.command()
@_FILE
def annex(file: Path | None) -> None:
    """Write the facts that an assessment asks for to FILE or to the screen."""
    _write(file, privacy.annex)


def _write(file: Path | None, make: Callable[[Rules], str]) -> None:
    try:
        text = make(retention.load(_rules_of_the_study()))
    except Undescribed as error:
        raise FoundProblems([f"{name}: described nowhere, or not there." for name in error.names]) from error
    if file is None:
        click.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")
        click.echo(f"Written to {file}.")


def _rules_of_the_study() -> Path | None:
    """The file of rules, when an installation is at hand; a document can be made without one."""
    if not any(name.startswith("MEETMOMENT_RETENTION") for name in os.environ):
        return None
    try:
        return Settings.from_environment().retention
    except BadSettings as error:
        raise WrongInput(f"{error}") from error
