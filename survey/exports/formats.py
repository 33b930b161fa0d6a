"""The formats of an export: each writes a table as it is, the same bytes for the same data.

CSV is UTF-8 without a byte order mark, commas, a point in decimals, an empty cell where there is nothing.
Cells are written as they were given, also those that a spreadsheet takes for a formula: changing them
would change the data. The note beside the files warns of it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat

from instruments.model import MISSING_CODES
from survey.exports.table import Table

#: What SPSS takes: bytes of a variable label, of a value label, and of a text. What is longer is cut in
#: the .sav, and whole in the .csv.
_LABEL, _VALUE_LABEL, _TEXT = 255, 120, 32_767
#: Where a .sav file has the day and the hour of its making: `23 Nov 26` and `02:56:57`.
_MADE = slice(92, 109)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_csv(table: Table, path: Path, made: dt.datetime) -> None:
    """A table as comma-separated text."""
    table.frame().write_csv(path)


def write_parquet(table: Table, path: Path, made: dt.datetime) -> None:
    """A table in columns, for polars, pandas, arrow and DuckDB; the labels are in the file's metadata.

    The metadata `columns` is JSON: name to label, values, and the codes that say why a value is missing.
    """
    about = {
        column.name: {
            "label": column.label,
            "values": {str(code): label for code, label in column.values.items()},
            "missing": sorted(MISSING_CODES.values()) if column.missing else [],
            "provisional": column.provisional,
        }
        for column in table.columns
    }
    words = json.dumps(about, ensure_ascii=False)
    table.frame().write_parquet(path, compression="zstd", metadata={"columns": words})


def write_sav(table: Table, path: Path, made: dt.datetime) -> None:
    """A table for SPSS: labels, user-missing codes, measures and widths.

    Args:
        made: what the file gives as its moment of making. The library puts the present moment there, so
            that no two files would ever be the same; here it is the last save in the data.
    """
    columns = {column.name: column for column in table.columns}
    frame = table.frame()
    for name, column in columns.items():
        if column.kind == "text" and (frame[name].str.len_bytes() > _TEXT).any():
            cut = [None if words is None else _cut(words, _TEXT) for words in frame[name]]
            frame = frame.with_columns(pl.Series(name, cut, pl.String))
    missing: Any = {"lo": min(MISSING_CODES.values()), "hi": max(MISSING_CODES.values())}
    pyreadstat.write_sav(
        frame,
        path,
        file_label=table.name,
        column_labels={name: _cut(column.label, _LABEL) for name, column in columns.items()},
        variable_value_labels={
            name: {code: _cut(label, _VALUE_LABEL) for code, label in column.all_values.items()}
            for name, column in columns.items()
            if column.all_values
        },
        missing_ranges={name: [missing] for name, column in columns.items() if column.missing},
        variable_measure={name: column.measure for name, column in columns.items()},
        variable_format={
            name: _FORMATS[column.kind] for name, column in columns.items() if column.kind in _FORMATS
        },
        variable_display_width={name: _WIDTHS[column.kind] for name, column in columns.items()},
    )
    _date(path, made)


#: A format by its file ending.
FORMATS: dict[str, Callable[[Table, Path, dt.datetime], None]] = {
    "csv": write_csv,
    "sav": write_sav,
    "parquet": write_parquet,
}

#: How SPSS shows a number: width and decimals. What is stored is not rounded.
_FORMATS = {"code": "F4.0", "number": "F8.0", "score": "F8.2"}
_WIDTHS = {"code": 6, "number": 8, "score": 8, "text": 16, "date": 11}


def _cut(words: str, most: int) -> str:
    """A text of at most so many bytes in UTF-8, with an ellipsis where something fell off."""
    if len(words.encode()) <= most:
        return words
    return words.encode()[: most - 3].decode(errors="ignore") + "…"


def _date(path: Path, made: dt.datetime) -> None:
    """Rewrite the moment of making in the header of a .sav file."""
    moment = made.astimezone(dt.UTC)
    # Not strftime: the names of months must not depend on the locale of the machine.
    text = f"{moment.day:02} {_MONTHS[moment.month - 1]} {moment.year % 100:02}{moment:%H:%M:%S}"
    with path.open("r+b") as file:
        file.seek(_MADE.start)
        file.write(text.encode("ascii"))
