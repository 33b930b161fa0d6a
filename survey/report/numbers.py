"""Numbers as the pilot's report writes them: one decimal, a half rounded up (13 of 16 is 81.3 percent)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


def percent(part: int, whole: int) -> str:
    """A share in percent; a dash when there is nothing to share."""
    return shown(Fraction(100 * part, whole)) if whole else "–"


def mean(values: Iterable[float]) -> str:
    """The mean of values; a dash of none."""
    found = [Fraction(value) for value in values]
    return shown(sum(found, Fraction(0)) / len(found)) if found else "–"


def shown(value: Fraction | float, places: int = 1) -> str:
    """A number with so many decimals, a half rounded away from zero."""
    exact = Fraction(value)
    number = Decimal(exact.numerator) / Decimal(exact.denominator)
    return str(number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))
