"""The columns that one questionnaire takes in a wide file, and how a response fills them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from operator import attrgetter

from instruments import Instrument, catalogue, codebook, routing
from instruments.codebook import Variable
from instruments.model import MISSING_CODES, Given
from instruments.wording import Library
from survey.exports import labels
from survey.exports.columns import Cell, Column, band, count, day, text, yes_no
from survey.exports.reading import Filled
from survey.exports.wanted import Wanted

_Noted = tuple[str, str, Callable[..., Column], str]

#: What is noted about every response, as columns `<instrument>_<name>`, and what of it fills them.
_NOTED: tuple[_Noted, ...] = (
    ("version", "version", text, "version"),
    ("revision", "revision of the version", count, "revision"),
    ("language", "language of the edition", text, "language"),
    ("reading", "reading level of the edition", text, "reading"),
    ("mode", "web, paper or assisted", text, "mode"),
    ("assistance", "none, helper or interpreter", text, "assistance"),
    ("status", "open, complete or stopped", text, "status"),
    ("due", "day on which it was due", day, "due_on"),
    ("opened", "day on which it was first opened", day, "opened_on"),
    (
        "completed",
        "day on which it was completed",
        day,
        "completed_on",
    ),
    ("late", "completed or entered after the last day", yes_no, "late_code"),
)
#: The age of the child: in months where that was asked for, else in bands.
_MONTHS: _Noted = ("age_months", "age of the child in months at completion", count, "age_months")
_BAND: _Noted = ("age_band", "age of the child at completion", band, "age_band")


def file_of(informant: str, subject: str) -> str:
    """The wide file in which what an informant says about a subject belongs."""
    return "parent_about_child" if (informant, subject) == ("parent", "child") else informant


class Block:
    """One questionnaire in one wide file, whatever its version."""

    def __init__(self, file: str, instrument: str, library: Library | None, wanted: Wanted) -> None:
        edition = wanted.edition
        described = (*_NOTED, _MONTHS if wanted.months else _BAND)
        self._noted = attrgetter(*(name for *_, name in described))
        self.instrument = instrument
        versions = [
            version
            for version in catalogue().versions(instrument)
            if file_of(version.informant, version.subject) == file
        ]
        # By age, so that labels which differ come in the order in which a child meets them.
        versions.sort(key=lambda version: version.ages.from_months if version.ages else 0)
        noted = [
            make(f"{instrument}_{name}", f"{instrument}: {label}", instrument)
            for name, label, make, _ in described
        ]
        self.columns = (*noted, *labels.columns(versions, library, edition))
        place = {column.name: index for index, column in enumerate(self.columns)}
        self._filled_by = {version.version: _Filler(version, place, wanted) for version in versions}

    def cells(
        self, filled: Filled, values: Mapping[str, float | None], flags: Mapping[str, int | None]
    ) -> list[Cell]:
        """The cells of a response: what is noted about it, its answers, its scores and flags."""
        cells: list[Cell] = list(self._noted(filled))
        cells += [None] * (len(self.columns) - len(cells))
        self._filled_by[filled.version].fill(cells, filled, values, flags)
        return cells


class _Filler:
    """How a version fills the cells of its questionnaire; worked out once."""

    def __init__(self, version: Instrument, place: Mapping[str, int], wanted: Wanted) -> None:
        self._definition = version
        #: Where the answers go that are a code or a number as they are, and all others with their variable.
        self._plain: list[tuple[int, str]] = []
        self._other: list[tuple[int, Variable]] = []
        self._scores: list[tuple[int, str]] = []
        self._flags: list[tuple[int, str]] = []
        for variable in codebook.variables(version, labels.wording(version, None, wanted.edition)):
            if labels.is_free_text(version, variable):
                continue
            at = place[variable.name]
            if variable.score is not None:
                self._scores.append((at, variable.score))
            elif variable.flag is not None:
                self._flags.append((at, variable.flag))
            elif variable.item is not None and version.item(variable.item).kind in ("choice", "number"):
                self._plain.append((at, variable.item))
            else:
                self._other.append((at, variable))

    def fill(
        self,
        cells: list[Cell],
        filled: Filled,
        values: Mapping[str, float | None],
        flags: Mapping[str, int | None],
    ) -> None:
        """Put everything of a response where it belongs."""
        standing = routing.standing(self._definition, filled.settled, filled.opened_at_age)
        for at, item in self._plain:
            given = standing[item]
            cells[at] = given if type(given) is int else MISSING_CODES[given]  # type: ignore[index]
        for at, variable in self._other:
            cells[at] = _cell(self._definition, variable, standing)
        for at, score in self._scores:
            cells[at] = values[score]
        for at, score in self._flags:
            cells[at] = flags[score]


def _cell(definition: Instrument, variable: Variable, standing: dict[str, Given]) -> Cell:
    assert variable.item is not None  # scores and flags were taken out before
    cell = codebook.cell(variable, standing[variable.item])
    if definition.item(variable.item).kind == "date":
        return dt.date.fromisoformat(str(cell)) if cell else None
    return cell
