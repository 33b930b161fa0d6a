"""A file of an export before it has a format: rows that come in one by one and go out in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from survey.exports.columns import Cell, Column

#: Rows that are kept as Python values before they become a part of the data frame: a tenth of the memory.
_PART = 50_000


class Table:
    """One file of an export before it has a format.

    Args:
        name: of the file, without its ending.
        about: what a row is.
    """

    def __init__(self, name: str, about: str, columns: Sequence[Column]) -> None:
        self.name = name
        self.about = about
        self.columns = tuple(columns)
        self._parts: list[pl.DataFrame] = []
        self._rows: list[Sequence[Cell]] = []

    def add(self, row: Sequence[Cell]) -> None:
        """Put a row at the end."""
        self._rows.append(row)
        if len(self._rows) >= _PART:
            self._settle()

    @property
    def height(self) -> int:
        """How many rows there are."""
        return sum(part.height for part in self._parts) + len(self._rows)

    def frame(self) -> pl.DataFrame:
        """The table as a data frame with the types of its columns."""
        if self._rows or not self._parts:
            self._settle()
        if len(self._parts) > 1:
            self._parts = [pl.concat(self._parts)]
        return self._parts[0]

    def longest(self) -> dict[str, int]:
        """Bytes that the longest text of each column takes; 0 where there is none."""
        return _longest(self.frame(), self.columns)

    def _settle(self) -> None:
        self._parts.append(_framed(self._rows, self.columns))
        self._rows = []


class Spread(Table):
    """A table with many rows for each response, which all begin with the keys of the response.

    The keys are kept once for a response and laid beside its rows when they are asked for.

    Args:
        keys: the columns that are the same for all rows of a response.
        own: the columns that are not.
        given: what the rows that are added hold, where that is not yet what the columns are.
        finish: makes the own columns of what was given, for many rows at once.
    """

    def __init__(
        self,
        name: str,
        about: str,
        keys: Sequence[Column],
        own: Sequence[Column],
        *,
        given: Sequence[Column] | None = None,
        finish: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
    ) -> None:
        super().__init__(name, about, own)
        self.columns = (*keys, *own)
        self._own = tuple(own)
        self._given = self._own if given is None else tuple(given)
        self._finish = finish
        self._keys = Table(name, about, keys)
        self._times: list[int] = []

    def add_all(self, keys: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> None:
        """Put the rows of a response at the end.

        Args:
            rows: without the keys, as `given` says.
        """
        if not rows:
            return
        self._keys.add(keys)
        self._times.append(len(rows))
        self._rows.extend(rows)
        if len(self._rows) >= _PART:
            self._settle()

    def frame(self) -> pl.DataFrame:
        """The table with the keys beside every row."""
        own = super().frame()
        times = pl.Series(self._times, dtype=pl.UInt32)
        place = pl.arange(0, times.len(), dtype=pl.UInt32, eager=True).repeat_by(times).explode()
        keys = self._keys.frame()
        return keys[place.drop_nulls()].hstack(own)

    def longest(self) -> dict[str, int]:
        """Bytes that the longest text of each column takes; 0 where there is none."""
        return {**self._keys.longest(), **_longest(super().frame(), self._own)}

    def _settle(self) -> None:
        part = _framed(self._rows, self._given)
        if self._finish is not None:
            part = self._finish(part).select([column.name for column in self._own])
        self._parts.append(part)
        self._rows = []


def _framed(rows: Sequence[Sequence[Cell]], columns: Sequence[Column]) -> pl.DataFrame:
    """Rows as a data frame, column by column."""
    cells: Iterable[Sequence[Cell]] = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return pl.DataFrame(
        [
            pl.Series(column.name, values, dtype=column.type)
            for column, values in zip(columns, cells, strict=True)
        ]
    )


def _longest(frame: pl.DataFrame, columns: Sequence[Column]) -> dict[str, int]:
    texts = [column.name for column in columns if column.kind == "text"]
    if not texts or not frame.height:
        return dict.fromkeys(texts, 0)
    found: Mapping[str, int | None] = frame.select(pl.col(texts).str.len_bytes().max()).row(0, named=True)
    return {name: found[name] or 0 for name in texts}
