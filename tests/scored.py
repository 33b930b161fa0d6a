"""Short ways to write worked examples of scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from instruments import Given, Instrument, scoring


def scores(
    version: Instrument, answers: Mapping[str, Given | None], months: int | None = None
) -> dict[str, Fraction | None]:
    return scoring.score(version, answers, months).scores


def flag(
    version: Instrument, answers: Mapping[str, Given | None], name: str, months: int | None = None
) -> bool | None:
    return scoring.score(version, answers, months).flags[name]


def ids(letter: str, count: int) -> list[str]:
    return [f"{letter}{number}" for number in range(1, count + 1)]


def adding_up_to(points: int, items: Iterable[str], lowest: int, highest: int) -> dict[str, Given | None]:
    """Answers to these items with this sum: the first ones high, the rest low."""
    items = list(items)
    left = points - lowest * len(items)
    found: dict[str, Given | None] = {}
    for item in items:
        extra = min(left, highest - lowest)
        found[item] = lowest + extra
        left -= extra
    assert left == 0
    return found
