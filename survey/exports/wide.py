"""The wide files: a row for each informant (and child) in each wave, with the questionnaires side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from survey.exports import keys
from survey.exports.blocks import Block
from survey.exports.columns import Column, count
from survey.exports.grid import Grid
from survey.exports.keys import (
    CHILD,
    CONSENT,
    FAMILY,
    PLACEMENT,
    PROFESSIONAL,
    RESPONDENT,
    ROLE,
    SEX,
    WAVE,
    Key,
)
from survey.exports.reading import Filled
from survey.exports.scores import Scores
from survey.exports.table import Parts, Table, framed

#: The wide files: what a row is, and by which columns it is known.
FILES: dict[str, tuple[str, tuple[Key, ...]]] = {
    "parent_about_child": (
        "one parent about one child in one wave",
        (FAMILY, RESPONDENT, ROLE, CHILD, SEX, WAVE, CONSENT, PLACEMENT),
    ),
    "parent": (
        "one parent about themselves, the family and the project in one wave",
        (FAMILY, RESPONDENT, ROLE, WAVE, CONSENT),
    ),
    "child": (
        "one child in one wave",
        (FAMILY, RESPONDENT, ROLE, CHILD, SEX, WAVE, CONSENT, PLACEMENT),
    ),
    "linking_pin": ("one linking pin in one wave", (PROFESSIONAL, RESPONDENT, ROLE, WAVE)),
    "childcare_worker": (
        "one childcare worker in one wave, by child where it is about a child",
        (PROFESSIONAL, RESPONDENT, ROLE, CHILD, WAVE, PLACEMENT),
    ),
    "interviewer": ("one interview", (PROFESSIONAL, RESPONDENT, ROLE, WAVE)),
}
#: These are there in every export, also while they are empty.
ALWAYS = ("parent_about_child", "parent", "child", "linking_pin", "childcare_worker")

#: Where a row stands: family, respondent, child and professional, and the wave.
_Place = tuple[tuple[int, int, int, int], str]

_ROW = count("row", "number of the row that it belongs in")
#: Rows of a part of the finished table, and columns that are put in order at a time.
_PART, _COLUMNS = 20_000, 12


class Wide:
    """One wide file while it is being filled, questionnaire by questionnaire.

    Args:
        name: one of `FILES`.
        town: whether the municipality of families is wanted.
        waves: the place of every wave of the plan.
        shelf: see `Table`.
    """

    def __init__(self, name: str, town: bool, waves: Mapping[str, int], shelf: Path | None) -> None:
        self._name = name
        self._about, known_by = FILES[name]
        known_by = keys.with_town(known_by, town)
        self._columns = keys.columns(known_by)
        self._cells = keys.reader(known_by)
        self._waves = waves
        self._shelf = shelf
        self._keys = Parts(f"{name}.keys", self._columns, shelf)
        self._new: list[Filled] = []
        self._blocks: dict[str, tuple[Block, Parts]] = {}
        self._rows: dict[_Place, list[int]] = {}
        #: The questionnaires that every row has, as bits.
        self._has: list[int] = []
        self._bits: dict[str, int] = {}

    def expect(self, block: Block) -> None:
        """Make room for a questionnaire, behind those that there are."""
        parts = Parts(f"{self._name}.{block.instrument}", (_ROW, *block.columns), self._shelf)
        self._bits[block.instrument] = 1 << len(self._blocks)
        self._blocks[block.instrument] = (block, parts)

    def expects(self, instrument: str) -> bool:
        """Whether there is room for a questionnaire."""
        return instrument in self._blocks

    def row(self, filled: Filled) -> int:
        """The number of the row in which a response belongs; ask once for each, as they come."""
        bit = self._bits[filled.instrument]
        rows = self._rows.setdefault((filled.place, filled.wave), [])
        number = next((number for number in rows if not self._has[number] & bit), None)
        if number is None:
            # A plan that asks the same questionnaire twice in a wave gets a second row.
            number = len(self._has)
            rows.append(number)
            self._has.append(0)
            self._new.append(filled)
        self._has[number] |= bit
        return number

    def add(self, grid: Grid, found: Sequence[Scores], rows: Sequence[int]) -> None:
        """Put responses to one version where they belong.

        Args:
            found: their scores.
            rows: what `row` said of each.
        """
        block, parts = self._blocks[grid.definition.id]
        parts.add(block.frame(grid, found).with_columns(pl.Series("row", rows, dtype=pl.Int64)))

    def settle(self) -> None:
        """Take in the rows that are new, so that the responses behind them can be forgotten."""
        self._keys.add(framed([self._cells(filled) for filled in self._new], self._columns))
        self._new = []

    def table(self) -> Table:
        """The file; when all responses are in.

        A few columns are put in order at a time and kept in slices of rows, which are then laid side by side:
        the whole of a wide file would be most of what an export has in memory.
        """
        self.settle()
        order = self._order()
        columns = [*self._columns]
        stacks = [self._in_slices(self._columns, self._keys.frame()[order], 0)]
        for block, parts in self._blocks.values():
            columns += block.columns
            for start in range(0, len(block.columns), _COLUMNS):
                few = block.columns[start : start + _COLUMNS]
                read = parts.lazy().select("row", *(column.name for column in few)).collect()
                stacks.append(self._in_slices(few, _beside(read, order), len(stacks)))
        table = Table(self._name, self._about, columns, self._shelf)
        for slices in zip(*(stack.each() for stack in stacks), strict=True):
            table.extend(pl.concat(slices, how="horizontal"))
        return table

    def _in_slices(self, columns: Sequence[Column], frame: pl.DataFrame, number: int) -> Parts:
        stack = Parts(f"{self._name}.stack-{number}", columns, self._shelf)
        for start in range(0, frame.height, _PART):
            stack.add(frame[start : start + _PART])
        return stack

    def _order(self) -> pl.Series:
        """The numbers of the rows in the order of the file."""
        places = sorted(self._rows, key=lambda place: (place[0], self._waves.get(place[1], 99), place[1]))
        return pl.Series([number for place in places for number in self._rows[place]], dtype=pl.Int64)


def _beside(block: pl.DataFrame, order: pl.Series) -> pl.DataFrame:
    """The cells of a questionnaire in the order of the rows; empty for rows that do not have it."""
    at = np.full(order.len(), -1, dtype=np.int64)
    at[block["row"].to_numpy()] = np.arange(block.height)
    place = pl.Series(at)[order]
    return block.drop("row").select(pl.all().gather(place.set(place < 0, None)))
