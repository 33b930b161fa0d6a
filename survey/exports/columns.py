"""What a column of an export is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from instruments.codebook import Measure, missing_values
from survey.exports.wanted import AGE_BANDS

#: `code`: a whole number with value labels; `number`: a count; `score`: unrounded; `date`: a day.
Kind = Literal["code", "number", "score", "text", "date"]

#: The origin of what nobody answered: the service noted it.
OFFICE = "noted by the service"

#: What can stand in a cell.
Cell = int | float | str | dt.date | None

_TYPES: dict[str, pl.DataType] = {
    "code": pl.Int64(),
    "number": pl.Int64(),
    "score": pl.Float64(),
    "text": pl.String(),
    "date": pl.Date(),
}


@dataclass(frozen=True)
class Column:
    """One column: how it is called, what it holds, and where it comes from."""

    name: str
    label: str
    kind: Kind
    measure: Measure
    origin: str
    values: Mapping[int, str] = field(default_factory=dict)
    #: Whether the negative codes of `instruments.codebook.missing_values` can stand in it.
    missing: bool = False
    evidence: str = ""
    #: Why it cannot be relied on yet; empty when it can.
    provisional: str = ""
    #: The instrument it belongs to; empty for keys.
    instrument: str = ""

    @property
    def type(self) -> pl.DataType:
        """The type of the column in a data frame."""
        return _TYPES[self.kind]

    @property
    def all_values(self) -> dict[int, str]:
        """The labels of its values, those of missing codes included."""
        return {**self.values, **(missing_values() if self.missing else {})}


def text(name: str, label: str, instrument: str = "") -> Column:
    """A column of names or words."""
    return Column(name, label, "text", "nominal", OFFICE, instrument=instrument)


def day(name: str, label: str, instrument: str = "") -> Column:
    """A column of calendar days, where the study lives."""
    return Column(name, label, "date", "scale", OFFICE, instrument=instrument)


def count(name: str, label: str, instrument: str = "") -> Column:
    """A column of whole numbers that count something."""
    return Column(name, label, "number", "scale", OFFICE, instrument=instrument)


def yes_no(name: str, label: str, instrument: str = "") -> Column:
    """A column of 0 and 1."""
    return Column(name, label, "code", "nominal", OFFICE, {0: "no", 1: "yes"}, instrument=instrument)


def coded(name: str, label: str, values: Mapping[int, str], measure: Measure = "nominal") -> Column:
    """A column of codes that the service gave."""
    return Column(name, label, "code", measure, OFFICE, values)


def band(name: str, label: str, instrument: str = "") -> Column:
    """A column of bands of age."""
    bands = {code: words for code, (_, _, words) in AGE_BANDS.items()}
    return Column(name, label, "code", "ordinal", OFFICE, bands, instrument=instrument)
