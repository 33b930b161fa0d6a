"""The kinds of long work there are, what each may be told, and how often it is tried."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from survey.jobs.work import Work

#: Every kind, and where it is said what it does; loaded when it is asked for. A room adds its line.
KINDS: dict[str, str] = {
    "backup": "survey.backups.daily:KIND",
    "clear_scans": "survey.scans.jobs:CLEAR",
    "export": "survey.exports.job:KIND",
    "print_family": "survey.family_packs:KIND",
    "print_wave": "survey.wave_packs:KIND",
    "read_scans": "survey.scans.jobs:READ",
    "retention": "survey.retention.applying:KIND",
    "tidy": "survey.jobs.tidying:KIND",
}

#: The longest text that an argument may be: a code or a reference, not a story.
LONGEST_TEXT = 200

Value = int | str | bool | None


class UnknownKind(LookupError):
    """There is no such kind of work."""


class BadArguments(ValueError):
    """A job was told something that its kind does not know, or in a form that a job may not hold."""


@dataclass(frozen=True)
class Kind:
    """A kind of long work."""

    name: str
    #: Does it; returns a reference to what came of it, or nothing. Harmless to repeat.
    run: Callable[[Work], str]
    #: What it may be told: name and type (int, str or bool). Whatever is left out is None.
    arguments: Mapping[str, type] = field(default_factory=dict)
    #: How often it is begun at the most.
    attempts: int = 3
    #: How long after a failure it is tried again; twice as long each time.
    patience: dt.timedelta = dt.timedelta(seconds=20)
    #: Done once a day by itself, without anybody asking.
    daily: bool = False

    def checked(self, given: Mapping[str, object]) -> dict[str, Value]:
        """What a job of this kind is told, as it may be stored. Raises BadArguments."""
        strange = sorted(set(given) - set(self.arguments))
        if strange:
            raise BadArguments(f"{self.name} knows no {', '.join(strange)}")
        for name, value in given.items():
            if value is not None and type(value) is not self.arguments[name]:
                raise BadArguments(f"{self.name}: {name} must be {self.arguments[name].__name__}")
            if isinstance(value, str) and len(value) > LONGEST_TEXT:
                raise BadArguments(f"{self.name}: {name} is longer than {LONGEST_TEXT} characters")
        return {name: cast("Value", value) for name, value in given.items()}


def find(name: str) -> Kind:
    """The kind of this name. Raises UnknownKind."""
    if name not in KINDS:
        raise UnknownKind(f"there is no work called {name!r}; there is {', '.join(sorted(KINDS))}")
    module, _, attribute = KINDS[name].partition(":")
    kind: Kind = getattr(importlib.import_module(module), attribute)
    return kind
