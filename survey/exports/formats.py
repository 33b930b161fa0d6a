"""The formats of an export: each writes a table as it is, the same bytes for the same data.

CSV is UTF-8 without a byte order mark, commas, a point in decimals, an empty cell where there is nothing.
Cells are written as they were given, also those that a spreadsheet takes for a formula: changing them
would change the data. The note beside the files warns of it.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import struct
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
#: Rows of a group in a .parquet.
_GROUP = 100_000
#: Where a .sav file has how many times eight bytes a row takes, how many rows there are, and the day and
#: the hour of its making: `23 Nov 26` and `02:56:57`.
_CASE, _CASES, _MADE = slice(68, 72), slice(80, 84), slice(92, 109)
#: What stands before the number of rows in eight bytes: record 7, subtype 16, two numbers of eight bytes, of
#: which the first is 1.
_LONG_CASES = struct.pack("<4iq", 7, 16, 8, 2, 1)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_csv(table: Table, path: Path, made: dt.datetime) -> None:
    """A table as comma-separated text."""
    table.lazy().sink_csv(path)


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
    table.lazy().sink_parquet(path, compression="zstd", row_group_size=_GROUP, metadata={"columns": words})


def write_sav(table: Table, path: Path, made: dt.datetime) -> None:
    """A table for SPSS: labels, user-missing codes, measures and widths.

    The library writes whole data frames only. So that a long table need not be in memory at once, each part
    is written as a file of its own with texts of the same width, and their rows are put one behind the other.

    Args:
        made: what the file gives as its moment of making. The library puts the present moment there, so
            that no two files would ever be the same; here it is the last save in the data.
    """
    widest = {name: min(length, _TEXT) for name, length in table.longest().items()}
    first = pl.DataFrame(
        [
            pl.Series(column.name, [_widest(widest.get(column.name, 0))], dtype=column.type)
            for column in table.columns
        ]
    )
    beside = path.with_suffix(".part")
    with path.open("wb") as whole:
        for number, part in enumerate(table.parts()):
            _write_sav(table, pl.concat([first, _fitting(part, table)]), beside)
            with beside.open("rb") as file:
                case = 8 * int.from_bytes(file.read(_CASES.stop)[_CASE], "little")
                start = beside.stat().st_size - part.height * case
                if number == 0:
                    file.seek(0)
                    whole.write(_head(file.read(start - case), table.height, made))
                file.seek(start)
                shutil.copyfileobj(file, whole, 1 << 20)
    beside.unlink()


def _head(head: bytes, rows: int, made: dt.datetime) -> bytes:
    """The head of a .sav file, with another number of rows and moment of making."""
    moment = made.astimezone(dt.UTC)
    # Not strftime: the names of months must not depend on the locale of the machine.
    text = f"{moment.day:02} {_MONTHS[moment.month - 1]} {moment.year % 100:02}{moment:%H:%M:%S}"
    changed = bytearray(head)
    changed[_CASES] = rows.to_bytes(4, "little")
    changed[_MADE] = text.encode("ascii")
    long = changed.index(_LONG_CASES) + len(_LONG_CASES)
    changed[long : long + 8] = rows.to_bytes(8, "little")
    return bytes(changed)


def _write_sav(table: Table, frame: pl.DataFrame, path: Path) -> None:
    columns = {column.name: column for column in table.columns}
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


def _widest(length: int) -> str | None:
    """A text as long as the longest of a column."""
    return "x" * length if length else None


def _fitting(part: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows with what is too long for the format cut."""
    for name, length in table.longest().items():
        if length > _TEXT:
            cut = [None if words is None else _cut(words, _TEXT) for words in part[name]]
            part = part.with_columns(pl.Series(name, cut, pl.String))
    return part


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
