"""The command line `survey`: each command reads its words, calls one door of the house, and prints.

May import every room. The door is `main`. Exit codes: 0 all is well, 1 problems were found, 2 the
input was wrong. What went wrong, and what to do about it, goes to standard error.

A command's module is loaded when the command runs, so that scoring one questionnaire does not wait for
the database, the web or the export libraries.
"""

from __future__ import annotations

import importlib
from typing import Any

import click

from survey.cli.outcomes import FoundProblems, WrongInput

#: Every command with its module, and the line that stands beside it in `survey --help`.
COMMANDS = {
    "accounts": ("survey.cli.accounts", "Invite members of staff, or let them begin anew."),
    "audit": ("survey.cli.audit", "Check the trail of what was done."),
    "backup": ("survey.cli.backup", "Make a sealed copy of the study while it runs."),
    "contacts": ("survey.cli.contacts", "Keep names and numbers sealed, and no longer than needed."),
    "demo": ("survey.cli.demo", "Build a made-up study, print its links and serve it."),
    "doctor": ("survey.cli.doctor", "Look an installation over, and say how to mend it."),
    "export": ("survey.cli.export", "Write all answers and scores for analysis."),
    "families": ("survey.cli.families", "Add a family, or make new links for it."),
    "feedback": ("survey.cli.feedback", "Tell municipalities how it goes, by calendar."),
    "init": ("survey.cli.init", "Begin a real study in a few questions."),
    "instruments": ("survey.cli.instruments", "List, check, route, score and describe questionnaires."),
    "keys": ("survey.cli.keys", "Seal anew what is kept with the secret key."),
    "print": ("survey.cli.printing", "Print packs for families, specimens and letters."),
    "reminders": ("survey.cli.reminders", "Send links and reminders to who agreed to that."),
    "privacy": ("survey.cli.privacy", "Describe what is held about whom."),
    "report": ("survey.cli.report", "Compute the tables, figures and models of the pilot's report."),
    "restore": ("survey.cli.restore", "Check a backup, or put it back."),
    "scans": ("survey.cli.scans", "Read forms that were scanned or photographed."),
    "retention": ("survey.cli.retention", "Keep everything as long as the rules say, and no longer."),
    "serve": ("survey.cli.serve", "Serve the study to respondents."),
    "study": ("survey.cli.study", "Begin a study, bring its database up to date, or back."),
    "worker": ("survey.cli.worker", "Do long work: packs, scans, exports, reports."),
    "wording": ("survey.cli.wording", "See, check and install the words of questionnaires."),
}


class _OnDemand(click.Group):
    """A group that imports a command when it is called for, and turns our refusals into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])

    def invoke(self, ctx: click.Context) -> Any:
        from instruments import BrokenFile

        try:
            return super().invoke(ctx)
        except BrokenFile as broken:
            raise FoundProblems([str(problem) for problem in broken.problems]) from broken
        except OSError as error:
            if isinstance(error, BrokenPipeError) or error.filename is None:
                raise
            raise WrongInput(f"{error.filename}: {error.strerror}.") from error


@click.group(cls=_OnDemand, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Questionnaires for families and professionals, from link to scored export.

    Where the study is kept, and the rest of the settings, comes from environment variables that start
    with MEETMOMENT_; see the README.
    """
