"""The scores of many responses at once.

What a score is, `instruments.scoring` decides. Totals are taken of whole columns here, and each different
total is put to the scoring key once, since few are different.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from instruments import Instrument, scoring
from instruments.model import Rule
from survey.exports.grid import Grid

_Places = NDArray[np.int64]


@dataclass(frozen=True)
class _Column:
    """A value for each response: the different ones, and which of them each has."""

    different: Sequence[Any]
    which: _Places

    def series(self, name: str, kind: pl.DataType) -> pl.Series:
        return pl.Series(name, self.different, dtype=kind)[self.which]


@dataclass(frozen=True)
class Scores:
    """One score of every response of a grid, in its order."""

    rule: Rule
    #: Unrounded; null where it cannot be computed.
    values: pl.Series
    #: 1 beyond the cut-off, 0 not; null without score, age or cut-off.
    flags: pl.Series
    #: The boundary that holds at the age.
    cut_offs: pl.Series


def scores(grid: Grid) -> list[Scores]:
    """Every score of a version that is released."""
    definition = grid.definition
    released = [rule for rule in definition.scores if rule.released]
    if not released:
        return []
    found = _by_totals(grid, released) or _one_by_one(grid, released)
    ages = [filled.age_months for filled in grid.responses]
    years = _distinct([None if age is None else age // 12 for age in ages])
    return [_flagged(definition, rule, found[rule.id], years) for rule in released]


def _by_totals(grid: Grid, rules: Sequence[Rule]) -> dict[str, _Column] | None:
    """The scores by the totals of their points; None where they cannot be had in that way."""
    key = scoring.key(grid.definition)
    found: dict[str, _Column] = {}
    for rule in rules:
        if rule.scores:
            if any(name not in found for name in rule.scores):
                return None  # made of one that is not released
            parts = [found[name] for name in rule.scores]
            combined, which = _combinations([part.which for part in parts])
            values = [
                key.of_scores(
                    rule, [part.different[place] for part, place in zip(parts, places, strict=True)]
                )
                for places in combined
            ]
        else:
            totals = _totals(grid, key.points.get(rule.id))
            if totals is None:
                return None
            combined, which = _combinations(totals)
            values = [key.of_items(rule, total, answered) for total, answered in combined]
        found[rule.id] = _Column(values, which)
    return found


def _totals(grid: Grid, points: scoring.Points | None) -> tuple[_Places, _Places] | None:
    """The points of what was answered, and how many items that is; None where an answer has no points."""
    if points is None:
        return None
    if any(worth < 0 for counts in points.values() for worth in counts.values()):
        return None  # `_combinations` takes numbers from 0
    total = np.zeros(len(grid.responses), dtype=np.int64)
    answered = np.zeros(len(grid.responses), dtype=np.int64)
    for item, counts in points.items():
        codes = np.array(sorted(counts), dtype=np.int64)
        worth = np.array([counts[code] for code in sorted(counts)], dtype=np.int64)
        given, there = grid.values(item), grid.answered(item)
        at = np.minimum(np.searchsorted(codes, given), len(codes) - 1)
        if (codes[at] != given)[there].any():
            return None
        total += np.where(there, worth[at], 0)
        answered += there
    return total, answered


def _one_by_one(grid: Grid, rules: Sequence[Rule]) -> dict[str, _Column]:
    """The scores of each response by itself: slower, and always possible."""
    computed = [
        scoring.computed(grid.definition, grid.settled(row)).scores for row in range(len(grid.responses))
    ]
    each = np.arange(len(computed), dtype=np.int64)
    return {rule.id: _Column([scores[rule.id] for scores in computed], each) for rule in rules}


def _flagged(definition: Instrument, rule: Rule, column: _Column, years: _Column) -> Scores:
    key = scoring.key(definition)
    combined, which = _combinations([column.which, years.which])
    flags: list[int | None] = []
    for value, year in combined:
        flag = key.flag(rule.id, column.different[value], _months(years.different[year]))
        flags.append(None if flag is None else int(flag))
    cutoffs = [key.cutoffs(_months(year)).get(rule.id) for year in years.different]
    words = [None if cutoff is None else key.source(cutoff).cut_off for cutoff in cutoffs]
    numbers = _Column([_number(value) for value in column.different], column.which)
    return Scores(
        rule,
        numbers.series("value", pl.Float64()),
        _Column(flags, which).series("flag", pl.Int64()),
        _Column(words, years.which).series("cut_off", pl.String()),
    )


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _months(years: int | None) -> int | None:
    return None if years is None else years * 12


def _distinct(values: Sequence[int | None]) -> _Column:
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    return _Column(list(places), np.array([places[value] for value in values], dtype=np.int64))


def _combinations(columns: Sequence[_Places]) -> tuple[list[tuple[int, ...]], _Places]:
    """The different rows of some columns of numbers from 0, and which of them each row is."""
    sizes = [int(column.max(initial=0)) + 1 for column in columns]
    rows, which = np.unique(np.ravel_multi_index(columns, sizes), return_inverse=True)
    parts = [part.tolist() for part in np.unravel_index(rows, sizes)]
    return list(zip(*parts, strict=True)), which
