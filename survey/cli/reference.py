"""Every command with all that it can be told, as a page: `python -m survey.cli.reference > FILE`.

The page is `survey/documentation/commands.md`; a test fails when a command was changed and the page was not.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

import click

from survey import cli

_ABOUT = """\
Written by `python -m survey.cli.reference > survey/documentation/commands.md`. `survey COMMAND --help` says
the same at a command line."""


def commands(group: click.Group, context: click.Context, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, with the words that call it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        words = f"{path} {name}"
        yield words, command
        if isinstance(command, click.Group):
            with click.Context(command, info_name=name, parent=context) as below:
                yield from commands(command, below, words)


def page() -> str:
    """The whole page, in Markdown."""
    lines = [
        "# Every command",
        "",
        _ABOUT,
    ]
    with click.Context(cli.main, info_name="survey") as context:
        for words, command in commands(cli.main, context, "survey"):
            lines += ["", f"{'#' * min(4, words.count(' ') + 1)} {words}", "", _told(command)]
            lines += _parameters(command)
    return "\n".join([*lines, ""])


def _told(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "").replace("\b\n", "")


def _parameters(command: click.Command) -> Iterator[str]:
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    if shown:
        yield ""
    for one in shown:
        if isinstance(one, click.Option):
            names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
            needed = " (needed)" if one.required else ""
            yield f"- {names}{needed}: {one.help or 'see above'}"
        else:
            yield f"- `{one.make_metavar(click.Context(command))}`"


if __name__ == "__main__":
    sys.stdout.write(page())
