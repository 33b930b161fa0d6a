"""The accessibility statement: what the tests found last, what is known to be amiss, and a status.

The evidence is written by the tests (`make evidence`). The statement is edited by people: an installation
has one of its own (`MEETMOMENT_STATEMENT`), since its status is its own responsibility.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from instruments import reading

EVIDENCE = Path(__file__).parent / "evidence.json"
STATEMENT = Path(__file__).parent / "statement.yaml"


class Evidence(BaseModel):
    """One run of the tests that look at every page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: dt.date
    #: What looked: axe-core and the browser, with their versions.
    tool: str
    #: How many pages, each counted once for every edition, width and state.
    pages: int
    #: In which editions, as `nl` or `nl-easy`.
    editions: tuple[str, ...]
    #: In pixels.
    widths: tuple[int, ...]
    #: Which sets of rules, by the names that axe-core gives them.
    rules: tuple[str, ...]
    violations: int


class Statement(BaseModel):
    """What people say of the pages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: A: meets all rules; B: most; C: first steps taken; D: does not meet them; E: nothing is known. The
    #: letters are those of the Dutch register of accessibility statements.
    status: Literal["A", "B", "C", "D", "E"]
    #: When somebody last went through it.
    updated: dt.date
    #: What is known to be amiss; the page has the words.
    gaps: tuple[Literal["no_audit", "no_users", "drafts", "paper"], ...]
    #: Where to complain, beside the person who gave the link: an address or a number. May be empty.
    contact: str = ""


@dataclass(frozen=True)
class Accessibility:
    """All that the page about it shows."""

    statement: Statement
    evidence: Evidence


def load(statement: Path | None = None) -> Accessibility:
    """The statement of an installation, by default the one that ships with the service; and the evidence.

    Raises BrokenFile or ValidationError.
    """
    path = statement or STATEMENT
    return Accessibility(
        Statement.model_validate(reading.read(path.read_text(encoding="utf-8"), path.name)),
        Evidence.model_validate_json(EVIDENCE.read_text(encoding="utf-8")),
    )
