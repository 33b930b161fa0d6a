"""A table as a .sav file for SPSS: labels, user-missing codes, measures and widths.

The library writes the head of the file, which is the difficult part. The rows are written here: in a .sav
that is not compressed they are numbers of eight bytes and texts of a fixed width, and the library would take
each cell through Python, with all of a table in memory. A test holds both to the same bytes.
"""

from __future__ import annotations

import datetime as dt
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyreadstat
from numpy.typing import NDArray

from instruments.model import MISSING_CODES
from survey.exports.columns import Column
from survey.exports.table import Table

#: What SPSS takes: bytes of a variable label, of a value label, and of a text. What is longer is cut in
#: the .sav, and whole in the .csv.
LABEL, VALUE_LABEL, TEXT = 255, 120, 32_767
#: A text that is longer than the first is kept in pieces, each of which counts for the second, and takes the
#: third in a row. Source: ReadStat, and the chapter "System File Format" of the manual of PSPP.
_PIECE, _COUNTED, _STORED = 255, 252, 256
#: Where the head has how many times eight bytes a row takes, how many rows there are, and the day and the
#: hour of its making: `23 Nov 26` and `02:56:57`.
_CASE, _CASES, _MADE = slice(68, 72), slice(80, 84), slice(92, 109)
#: What stands before the number of rows in eight bytes: record 7, subtype 16, two numbers of eight bytes, of
#: which the first is 1.
_LONG_CASES = struct.pack("<4iq", 7, 16, 8, 2, 1)
#: What stands before the rows: record 999, and four bytes that say nothing.
_ROWS = struct.pack("<2i", 999, 0)
#: A number that is not there.
_NOTHING = -sys.float_info.max
#: Days are seconds from the first day of the Gregorian calendar.
_ORIGIN = dt.date(1582, 10, 14)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: How SPSS shows a number: width and decimals. What is stored is not rounded.
FORMATS = {"code": "F4.0", "number": "F8.0", "score": "F8.2"}
_WIDTHS = {"code": 6, "number": 8, "score": 8, "text": 16, "date": 11}


def write_sav(table: Table, path: Path, made: dt.datetime) -> None:
    """A table for SPSS.

    Args:
        made: what the file gives as its moment of making. The library puts the present moment there, so
            that no two files would ever be the same; here it is the last save in the data.
    """
    longest = widths(table)
    _write_head(table, path, longest)
    head = path.read_bytes()
    head = head[: head.rindex(_ROWS) + len(_ROWS)]
    kinds = np.dtype([(column.name, _kind(column, longest)) for column in table.columns])
    if kinds.itemsize != 8 * int.from_bytes(head[_CASE], "little"):
        raise NotImplementedError("the library lays out the rows of a .sav in another way than is known here")
    with path.open("wb") as file:
        file.write(_dated(head, table.height, made))
        for part in filter(len, table.parts()):
            rows = np.empty(part.height, dtype=kinds)
            for column in table.columns:
                rows[column.name] = _cells(part[column.name], column, kinds[column.name].itemsize)
            file.write(rows.data)


def widths(table: Table) -> dict[str, int]:
    """Bytes that the longest text of each column takes, and SPSS can take."""
    return {name: min(max(length, 1), TEXT) for name, length in table.longest().items()}


def _write_head(table: Table, path: Path, longest: dict[str, int]) -> None:
    """A file with one row, in which every text is as long as the longest of its column."""
    columns = {column.name: column for column in table.columns}
    missing: Any = {"lo": min(MISSING_CODES.values()), "hi": max(MISSING_CODES.values())}
    row = [
        pl.Series(name, ["x" * longest[name] if name in longest else None], dtype=column.type)
        for name, column in columns.items()
    ]
    pyreadstat.write_sav(
        pl.DataFrame(row),
        path,
        file_label=table.name,
        column_labels={name: _cut(column.label, LABEL) for name, column in columns.items()},
        variable_value_labels={
            name: {code: _cut(label, VALUE_LABEL) for code, label in column.all_values.items()}
            for name, column in columns.items()
            if column.all_values
        },
        missing_ranges={name: [missing] for name, column in columns.items() if column.missing},
        variable_measure={name: column.measure for name, column in columns.items()},
        variable_format={
            name: FORMATS[column.kind] for name, column in columns.items() if column.kind in FORMATS
        },
        variable_display_width={name: _WIDTHS[column.kind] for name, column in columns.items()},
    )


def _dated(head: bytes, rows: int, made: dt.datetime) -> bytes:
    """The head of a file, with another number of rows and moment of making."""
    moment = made.astimezone(dt.UTC)
    # Not strftime: the names of months must not depend on the locale of the machine.
    text = f"{moment.day:02} {_MONTHS[moment.month - 1]} {moment.year % 100:02}{moment:%H:%M:%S}"
    changed = bytearray(head)
    changed[_CASES] = rows.to_bytes(4, "little")
    changed[_MADE] = text.encode("ascii")
    long = changed.index(_LONG_CASES) + len(_LONG_CASES)
    changed[long : long + 8] = rows.to_bytes(8, "little")
    return bytes(changed)


def _kind(column: Column, longest: dict[str, int]) -> str:
    """What a cell takes in a row."""
    if column.name not in longest:
        return "<f8"
    length = longest[column.name]
    if length <= _PIECE:
        return f"S{_eights(length)}"
    pieces = -(-length // _COUNTED)
    return f"S{(pieces - 1) * _STORED + _eights(length - (pieces - 1) * _COUNTED)}"


def _eights(length: int) -> int:
    return -(-length // 8) * 8


def _cells(values: pl.Series, column: Column, room: int) -> NDArray[Any]:
    """The cells of a column as they stand in a row."""
    if column.kind == "text":
        return _texts(values, room)
    if column.kind == "date":
        days = (dt.date(1970, 1, 1) - _ORIGIN).days
        values = (values.cast(pl.Int32).cast(pl.Float64) + days) * 86_400
    return values.cast(pl.Float64).fill_null(_NOTHING).to_numpy()


def _texts(values: pl.Series, room: int) -> NDArray[np.bytes_]:
    """Texts, cut to what SPSS takes and filled up with spaces. Most columns have few different ones."""
    values = values.fill_null("")
    different = values.unique()
    stored = [_stored(text).ljust(room) for text in different]
    places = pl.arange(0, different.len(), eager=True, dtype=pl.UInt32)
    which = values.replace_strict(different, places, return_dtype=pl.UInt32)
    cells: NDArray[np.bytes_] = np.array(stored, dtype=f"S{room}")[which.to_numpy()]
    return cells


def _stored(text: str) -> bytes:
    """A text in bytes, a space after each piece but the last where it is kept in pieces."""
    words = _cut(text, TEXT).encode()
    pieces = [words[at : at + _PIECE] for at in range(0, len(words), _PIECE)]
    return b" ".join(pieces)


def _cut(words: str, most: int) -> str:
    """A text of at most so many bytes in UTF-8, with an ellipsis where something fell off."""
    if len(words.encode()) <= most:
        return words
    return words.encode()[: most - 3].decode(errors="ignore") + "…"
