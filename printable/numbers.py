"""The numbers that stand before the questions on paper: the second part of question 3 is 3b."""

from __future__ import annotations

from collections import Counter

from instruments.model import Instrument


def labels(instrument: Instrument) -> dict[str, str]:
    """The number of every item as it is printed, by item."""
    found: dict[str, str] = {}
    parts: Counter[str] = Counter()
    for item in instrument.items:
        if item.part_of is None:
            found[item.id] = str(sum(other.isdigit() for other in found.values()) + 1)
        else:
            parts[item.part_of] += 1
            found[item.id] = found[item.part_of] + chr(ord("a") + parts[item.part_of])
    return found
