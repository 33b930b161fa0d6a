"""Whom a respondent can call: numbers as data, each with the day on which it was last checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from instruments import reading

FILE = Path(__file__).parent / "help_lines.yaml"


class HelpLine(BaseModel):
    """One number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: What it is for; the page has the words.
    id: Literal["danger", "home", "suicide", "children"]
    number: str
    #: What a telephone dials.
    dial: str
    #: When somebody last made sure that the number is right; None: nobody has yet.
    verified: dt.date | None


#: A number that was checked longer ago may have changed.
FRESH = dt.timedelta(days=365)


def load(file: Path | None = None) -> tuple[HelpLine, ...]:
    """The numbers of an installation, by default those that ship with the service, as the page lists them.

    Raises BrokenFile or ValidationError.
    """
    path = file or FILE
    data = reading.read(path.read_text(encoding="utf-8"), path.name)
    return tuple(HelpLine.model_validate(line) for line in data["lines"])


def unsure(lines: Iterable[HelpLine], on: dt.date) -> tuple[HelpLine, ...]:
    """The numbers that nobody has made sure of in the last twelve months."""
    return tuple(line for line in lines if line.verified is None or not on - FRESH <= line.verified <= on)
