"""The columns that one questionnaire takes in a wide file, and how responses fill them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter

import polars as pl

from instruments import Instrument, Item, catalogue, codebook
from instruments.codebook import Variable
from instruments.wording import Library
from survey.exports import labels
from survey.exports.columns import Column, band, count, day, text, yes_no
from survey.exports.grid import Grid
from survey.exports.scores import Scores
from survey.exports.table import framed
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
        self._filled_by = {version.version: _Filler(version, wanted) for version in versions}

    def frame(self, grid: Grid, found: Sequence[Scores]) -> pl.DataFrame:
        """The cells of responses to one version: what is noted about each, its answers, scores and flags.

        Args:
            found: the scores of the same responses.
        """
        noted = framed([self._noted(filled) for filled in grid.responses], self.columns[: len(_NOTED) + 1])
        filled_by = self._filled_by[grid.definition.version]
        cells = {series.name: series for series in (*noted, *filled_by.cells(grid, found))}
        height = len(grid.responses)
        return pl.DataFrame(
            [
                cells[column.name].cast(column.type)
                if column.name in cells
                else pl.repeat(None, height, dtype=column.type, eager=True).alias(column.name)
                for column in self.columns
            ]
        )


class _Filler:
    """How a version fills the cells of its questionnaire; worked out once."""

    def __init__(self, version: Instrument, wanted: Wanted) -> None:
        self._definition = version
        self._variables = [
            variable
            for variable in codebook.variables(version, labels.wording(version, None, wanted.edition))
            if not labels.is_free_text(version, variable)
        ]

    def cells(self, grid: Grid, found: Sequence[Scores]) -> Iterator[pl.Series]:
        """The cells of every variable that has any."""
        scores = {each.rule.id: each for each in found}
        for variable in self._variables:
            if variable.score in scores:
                yield scores[variable.score].values.alias(variable.name)
            elif variable.flag in scores:
                yield scores[variable.flag].flags.alias(variable.name)
            elif variable.item is not None:
                yield _answers(grid, variable, self._definition.item(variable.item)).alias(variable.name)


def _answers(grid: Grid, variable: Variable, item: Item) -> pl.Series:
    """What was answered to an item, or why it was not; for a day there is nothing then."""
    if item.kind == "date":
        return grid.texts(item.id).str.to_date("%Y-%m-%d")
    values = pl.Series(grid.values(item.id))
    if item.kind != "choices":
        return values
    chosen = ("," + grid.texts(item.id) + ",").str.contains(f",{variable.code},", literal=True)
    return chosen.cast(pl.Int64).zip_with(chosen.is_not_null(), values)
