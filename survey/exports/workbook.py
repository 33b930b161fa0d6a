"""A table as a workbook for spreadsheets (.xlsx): the data on one sheet, its columns on another.

A text stays a text, also when it begins like a formula. The same data give the same bytes.
"""

from __future__ import annotations

import datetime as dt
from itertools import chain
from pathlib import Path

import xlsxwriter

from survey.exports import labels
from survey.exports.table import Table

#: Rows of a sheet, and characters of a cell, that spreadsheets take.
ROWS, _TEXT = 1_048_576, 32_767


class TooLong(ValueError):
    """A table has more rows than a spreadsheet holds."""


def write_xlsx(table: Table, path: Path, made: dt.datetime) -> None:
    """A table as a workbook.

    Args:
        made: what the file gives as its moment of making, which has to come from the data.

    Raises:
        TooLong: more rows than a sheet holds; take another format.
    """
    if table.height >= ROWS:
        raise TooLong(f"{table.name} has {table.height} rows; a spreadsheet holds {ROWS - 1}")
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": made.astimezone(dt.UTC).replace(tzinfo=None)})
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        data = book.add_worksheet("data")
        data.freeze_panes(1, 0)
        data.write_row(0, 0, [column.name for column in table.columns])
        rows = chain.from_iterable(part.iter_rows() for part in table.parts())
        for row, cells in enumerate(rows, 1):
            for place, cell in enumerate(cells):
                if isinstance(cell, str):
                    data.write_string(row, place, cell[:_TEXT])
                elif isinstance(cell, dt.date):
                    data.write_datetime(row, place, cell, date)
                elif cell is not None:
                    data.write_number(row, place, cell)
        codebook = book.add_worksheet("columns")
        codebook.write_row(0, 0, ["variable", "label", "values", "provisional"])
        for row, column in enumerate(table.columns, 1):
            words = (column.name, column.label, labels.listed(column.all_values), column.provisional)
            for place, text in enumerate(words):
                codebook.write_string(row, place, text[:_TEXT])
