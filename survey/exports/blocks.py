"""The columns that one questionnaire takes in a wide file, and how a response fills them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from instruments import Instrument, catalogue, codebook, routing
from instruments.codebook import Variable
from instruments.model import Given
from instruments.scoring import Scored
from instruments.wording import Library
from survey import moments
from survey.exports import labels
from survey.exports.columns import Cell, Column, band, count, day, text, yes_no
from survey.exports.reading import Filled
from survey.exports.wanted import Wanted, band_of

_Noted = tuple[str, str, Callable[..., Column], Callable[[Filled], Cell]]

#: What is noted about every response, as columns `<instrument>_<name>`.
_NOTED: tuple[_Noted, ...] = (
    ("version", "version", text, lambda it: it.version),
    ("revision", "revision of the version", count, lambda it: it.revision),
    ("language", "language of the edition", text, lambda it: it.language),
    ("reading", "reading level of the edition", text, lambda it: it.reading),
    ("mode", "web, paper or assisted", text, lambda it: it.mode),
    ("assistance", "none, helper or interpreter", text, lambda it: it.assistance),
    ("status", "open, complete or stopped", text, lambda it: it.status),
    ("due", "day on which it was due", day, lambda it: it.due_on),
    ("opened", "day on which it was first opened", day, lambda it: moments.day(it.first_opened_at)),
    (
        "completed",
        "day on which it was completed",
        day,
        lambda it: None if it.completed_at is None else moments.day(it.completed_at),
    ),
    ("late", "completed or entered after the last day", yes_no, lambda it: int(it.late)),
)
#: The age of the child: in months where that was asked for, else in bands.
_MONTHS: _Noted = ("age_months", "age of the child in months at completion", count, lambda it: it.age_months)
_BAND: _Noted = ("age_band", "age of the child at completion", band, lambda it: band_of(it.age_months))


def file_of(informant: str, subject: str) -> str:
    """The wide file in which what an informant says about a subject belongs."""
    return "parent_about_child" if (informant, subject) == ("parent", "child") else informant


class Block:
    """One questionnaire in one wide file, whatever its version."""

    def __init__(self, file: str, instrument: str, library: Library | None, wanted: Wanted) -> None:
        edition = wanted.edition
        self._noted = (*_NOTED, _MONTHS if wanted.months else _BAND)
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
            for name, label, make, _ in self._noted
        ]
        self.columns = (*noted, *labels.columns(versions, library, edition))
        place = {column.name: index for index, column in enumerate(self.columns)}
        self._filled_by = {
            version.version: [
                (place[variable.name], variable)
                for variable in codebook.variables(version, labels.wording(version, None, edition))
                if not labels.is_free_text(version, variable)
            ]
            for version in versions
        }

    def cells(self, filled: Filled, scored: Scored) -> list[Cell]:
        """The cells of a response: what is noted about it, its answers, its scores and flags."""
        definition = filled.definition
        cells: list[Cell] = [fill(filled) for *_, fill in self._noted]
        cells += [None] * (len(self.columns) - len(cells))
        standing = routing.standing(definition, filled.settled, filled.opened_at_age)
        for index, variable in self._filled_by[filled.version]:
            cells[index] = _cell(definition, variable, standing, scored)
        return cells


def _cell(definition: Instrument, variable: Variable, standing: dict[str, Given], scored: Scored) -> Cell:
    if variable.score is not None:
        value = scored.scores[variable.score]
        return None if value is None else float(value)
    if variable.flag is not None:
        flag = scored.flags[variable.flag]
        return None if flag is None else int(flag)
    assert variable.item is not None  # a variable is an item, a score or a flag
    cell = codebook.cell(variable, standing[variable.item])
    if definition.item(variable.item).kind == "date":
        return dt.date.fromisoformat(str(cell)) if cell else None
    return cell
