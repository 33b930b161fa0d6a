"""The wide files: a row for each informant (and child) in each wave, with the questionnaires side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from survey.exports import keys
from survey.exports.blocks import Block
from survey.exports.columns import Column, count, text
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

#: Where a response belongs: `Filled.place`, its wave, and what it answers.
_WHOSE = ("family_id", "respondent_id", "child_id", "professional_id")
_PLACE = (*(count(name, "who it is") for name in _WHOSE), text("wave", "when"), text("instrument", "what"))
_NUMBER = count("number", "number of the response, as they come")
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
        # Nothing is kept of a response but what goes on the shelf: small things that stay keep alive the
        # memory around them, in which thousands of answers were.
        self._keys = Parts(f"{name}.keys", self._columns, shelf)
        self._places = Parts(f"{name}.places", _PLACE, shelf)
        self._new: list[Filled] = []
        self._blocks: dict[str, tuple[Block, Parts]] = {}

    def expect(self, block: Block) -> None:
        """Make room for a questionnaire, behind those that there are."""
        parts = Parts(f"{self._name}.{block.instrument}", (_NUMBER, *block.columns), self._shelf)
        self._blocks[block.instrument] = (block, parts)

    def expects(self, instrument: str) -> bool:
        """Whether there is room for a questionnaire."""
        return instrument in self._blocks

    def number(self, filled: Filled) -> int:
        """Take in a response; its number, as they come."""
        self._new.append(filled)
        return self._places.height + len(self._new) - 1

    def add(self, grid: Grid, found: Sequence[Scores], numbers: Sequence[int]) -> None:
        """Put responses to one version where they belong.

        Args:
            found: their scores.
            numbers: what `number` said of each.
        """
        block, parts = self._blocks[grid.definition.id]
        parts.add(block.frame(grid, found).with_columns(pl.Series("number", numbers, dtype=pl.Int64)))

    def settle(self) -> None:
        """Put what is new on the shelf, so that the responses behind it can be forgotten."""
        self._keys.add(framed([self._cells(filled) for filled in self._new], self._columns))
        places = [(*filled.place, filled.wave, filled.instrument) for filled in self._new]
        self._places.add(framed(places, _PLACE))
        self._new = []

    def table(self) -> Table:
        """The file; when all responses are in.

        A few columns are put in order at a time and kept in slices of rows, which are then laid side by side:
        the whole of a wide file would be most of what an export has in memory.
        """
        self.settle()
        rows, first = self._order()
        columns = [*self._columns]
        stacks = [self._in_slices(self._columns, self._keys.frame()[first], 0)]
        for block, parts in self._blocks.values():
            columns += block.columns
            for start in range(0, len(block.columns), _COLUMNS):
                few = block.columns[start : start + _COLUMNS]
                read = parts.lazy().select("number", *(column.name for column in few)).collect()
                stacks.append(self._in_slices(few, _in_rows(read, rows, len(first)), len(stacks)))
        table = Table(self._name, self._about, columns, self._shelf)
        for slices in zip(*(stack.each() for stack in stacks), strict=True):
            table.extend(pl.concat(slices, how="horizontal"))
        return table

    def _in_slices(self, columns: Sequence[Column], frame: pl.DataFrame, number: int) -> Parts:
        stack = Parts(f"{self._name}.stack-{number}", columns, self._shelf)
        for start in range(0, frame.height, _PART):
            stack.add(frame[start : start + _PART])
        return stack

    def _order(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """In the order of the file: the row of each response, and the first response of each row."""
        # A plan that asks the same questionnaire twice in a wave gets a second row.
        time = pl.int_range(pl.len()).over(column.name for column in _PLACE)
        wave = pl.col("wave").replace_strict(self._waves, default=99, return_dtype=pl.Int64)
        of_a_row = (*_WHOSE, "place_of_wave", "wave", "time")
        found = (
            self._places.frame()
            .with_columns(time=time, place_of_wave=wave)
            .select(*of_a_row)
            .with_row_index("number")
            .sort(*of_a_row, "number")
        )
        begins = found.select(pl.struct(of_a_row).rle_id()).to_series().diff().fill_null(1).to_numpy() > 0
        numbers = found["number"].to_numpy().astype(np.int64)
        rows = np.empty(found.height, dtype=np.int64)
        rows[numbers] = np.cumsum(begins) - 1
        return rows, numbers[begins]


def _in_rows(block: pl.DataFrame, rows: NDArray[np.int64], height: int) -> pl.DataFrame:
    """The cells of a questionnaire in the order of the rows; empty for rows that do not have it."""
    at = np.full(height, -1, dtype=np.int64)
    at[rows[block["number"].to_numpy()]] = np.arange(block.height)
    place = pl.Series(at)
    return block.drop("number").select(pl.all().gather(place.set(place < 0, None)))
