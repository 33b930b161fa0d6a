"""A file of an export before it has a format: rows that come in, a few or many at a time, in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from survey.exports.columns import Cell, Column

#: Rows that are kept as Python values before they become a part of the data frame: a tenth of the memory.
_PART = 50_000


class Table:
    """One file of an export before it has a format.

    Args:
        name: of the file, without its ending.
        about: what a row is.
        shelf: a folder for its parts, so that what is in memory does not grow with it; None: in memory.
    """

    def __init__(self, name: str, about: str, columns: Sequence[Column], shelf: Path | None = None) -> None:
        self.name = name
        self.about = about
        self.columns = tuple(columns)
        self._parts = Parts(name, columns, shelf)
        self._rows: list[Sequence[Cell]] = []

    def add(self, row: Sequence[Cell]) -> None:
        """Put a row at the end."""
        self._rows.append(row)
        if len(self._rows) >= _PART:
            self._settle()

    def extend(self, rows: pl.DataFrame) -> None:
        """Put many rows at the end. Columns of the table must be there; others are left out."""
        self._settle()
        self._parts.add(rows)

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self._parts.height + len(self._rows)

    def parts(self) -> Iterator[pl.DataFrame]:
        """The table part by part, with the types of its columns; at least one, which may be empty."""
        self._settle()
        return self._parts.each()

    def lazy(self) -> pl.LazyFrame:
        """The table, to be written without having all of it in memory."""
        self._settle()
        return self._parts.lazy()

    def frame(self) -> pl.DataFrame:
        """The whole table as a data frame with the types of its columns."""
        return self.lazy().collect()

    def longest(self) -> dict[str, int]:
        """Bytes that the longest text of each column takes; 0 where there is none."""
        self._settle()
        return dict(self._parts.longest)

    def _settle(self) -> None:
        if self._rows:
            rows, self._rows = self._rows, []
            self._parts.add(framed(rows, self.columns))


class Parts:
    """Data frames one under the other, in memory or on a shelf.

    Args:
        name: of their files on the shelf.
    """

    def __init__(self, name: str, columns: Sequence[Column], shelf: Path | None) -> None:
        self._name = name
        self._columns = tuple(columns)
        self._shelf = shelf
        self._kept: list[pl.DataFrame | Path] = []
        self._texts = [column.name for column in columns if column.kind == "text"]
        self.height = 0
        #: Bytes that the longest text of each column takes.
        self.longest = dict.fromkeys(self._texts, 0)

    def add(self, part: pl.DataFrame) -> None:
        """Put rows at the end. Columns beside ours are left out."""
        if not part.height:
            return
        part = part.select([column.name for column in self._columns])
        self.height += part.height
        for name, length in _longest(part, self._texts).items():
            self.longest[name] = max(self.longest[name], length)
        if self._shelf is None:
            self._kept.append(part)
            return
        path = self._shelf / f"{self._name}-{len(self._kept):06}.arrow"
        part.write_ipc(path, compression="lz4")
        self._kept.append(path)

    def each(self) -> Iterator[pl.DataFrame]:
        """Part by part; an empty one when there are none."""
        if not self._kept:
            yield framed([], self._columns)
        for part in self._kept:
            yield part if isinstance(part, pl.DataFrame) else pl.read_ipc(part)

    def lazy(self) -> pl.LazyFrame:
        """All of them, to be gone through without having them in memory at the same time."""
        if not self._kept:
            return framed([], self._columns).lazy()
        return pl.concat(
            [part.lazy() if isinstance(part, pl.DataFrame) else pl.scan_ipc(part) for part in self._kept]
        )

    def frame(self) -> pl.DataFrame:
        """All of them in memory."""
        return self.lazy().collect()


def framed(rows: Sequence[Sequence[Cell]], columns: Sequence[Column]) -> pl.DataFrame:
    """Rows as a data frame, column by column."""
    cells: Iterable[Sequence[Cell]] = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return pl.DataFrame(
        [
            pl.Series(column.name, values, dtype=column.type)
            for column, values in zip(columns, cells, strict=True)
        ]
    )


def _longest(frame: pl.DataFrame, texts: Sequence[str]) -> dict[str, int]:
    if not texts:
        return {}
    found: dict[str, int | None] = frame.select(pl.col(texts).str.len_bytes().max()).row(0, named=True)
    return {name: found[name] or 0 for name in texts}
