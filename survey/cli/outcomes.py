"""How a command ends when it cannot do what was asked, and the kinds of values that commands read."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Sequence
from typing import IO, Any

import click


class WrongInput(click.ClickException):
    """The command was given something that cannot be; exit code 2. The message says what to do."""

    exit_code = 2


class FoundProblems(click.ClickException):
    """The command worked and found problems, which it lists one a line; exit code 1."""

    exit_code = 1

    def __init__(self, problems: Sequence[str], consequence: str = "") -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.consequence = consequence

    def show(self, file: IO[Any] | None = None) -> None:
        for problem in self.problems:
            click.echo(problem, err=True)
        click.echo(f"{counted(len(self.problems), 'problem')} found. {self.consequence}".strip(), err=True)


def counted(number: int, noun: str) -> str:
    """So many of something: `1 pack`, `2 packs`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def day(text: str) -> dt.date:
    """The type of an option that holds a date, written YYYY-MM-DD and in no other way."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        with contextlib.suppress(ValueError):
            return dt.date.fromisoformat(text)
    raise click.BadParameter(f"{text!r} is not a date; write one such as 2026-03-31.")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their heads, in columns as wide as their widest cell."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
