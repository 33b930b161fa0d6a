"""`survey doctor`: what is well with an installation, what is not, and how to mend it."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from survey import doctor
from survey.cli.outcomes import FoundProblems, WrongInput
from survey.db import Database, UnusableDatabase
from survey.doctor import Finding
from survey.settings import BadSettings, Settings

_SIGNS = {"well": "ok ", "doubtful": "?  ", "bad": "BAD"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="For a program: one JSON list.")
def command(as_json: bool) -> None:
    """Look the installation over, and say how to mend what is not well. Changes nothing.

    Settings, keys, the database, its tables, wording, fonts, time, disk, long work, backups. Exit code 1 when
    something is bad.
    """
    try:
        settings = Settings.from_environment()
        db = Database(settings.database_url, connections=2)
    except BadSettings as error:
        _show(
            [
                Finding("settings", "bad", line, "set it as the README says")
                for line in str(error).splitlines()
            ],
            as_json,
        )
        raise FoundProblems([], "Nothing else can be looked at before the settings are right.") from error
    except UnusableDatabase as error:
        raise WrongInput(f"{error}.") from error
    try:
        findings = list(doctor.examine(settings, db))
    except doctor.FAILED as error:
        raise WrongInput("the database went away while it was looked at; try again.") from error
    finally:
        db.dispose()
    _show(findings, as_json)
    bad = [finding for finding in findings if finding.state == "bad"]
    if bad:
        raise FoundProblems([f"{finding.about}: {finding.mend}." for finding in bad], "Mend these first.")


def _show(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
        return
    for finding in findings:
        click.echo(f"{_SIGNS[finding.state]} {finding.about:<11} {finding.found}")
        if finding.mend:
            click.echo(f"                → {finding.mend}")
