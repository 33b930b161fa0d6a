"""The formats of an export: each writes a table as it is, the same bytes for the same data.

CSV is UTF-8 without a byte order mark, commas, a point in decimals, an empty cell where there is nothing.
Cells are written as they were given, also those that a spreadsheet takes for a formula: changing them
would change the data. The note beside the files warns of it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from instruments.model import MISSING_CODES
from survey.exports.sav import write_sav
from survey.exports.table import Table

#: Rows of a group in a .parquet.
_GROUP = 100_000
#: Rows that are handed over at a time.
_SLICE = 10_000


def write_csv(table: Table, path: Path, made: dt.datetime) -> None:
    """A table as comma-separated text."""
    # Not `sink_csv`, which keeps much of a long table in memory while it writes.
    with path.open("wb") as file:
        for number, part in enumerate(table.parts()):
            part.write_csv(file, include_header=number == 0)


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
    flow = register_io_source(
        lambda *_: _slices(table), schema={column.name: column.type for column in table.columns}
    )
    flow.sink_parquet(path, compression="zstd", row_group_size=_GROUP, metadata={"columns": words})


def _slices(table: Table) -> Iterator[pl.DataFrame]:
    """A table bit by bit, each read when it is asked for. Of `table.lazy()` many parts are read at once."""
    for part in table.parts():
        yield from part.iter_slices(_SLICE)


#: A format by its file ending.
FORMATS: dict[str, Callable[[Table, Path, dt.datetime], None]] = {
    "csv": write_csv,
    "sav": write_sav,
    "parquet": write_parquet,
}
