"""How exactly a number is shown: the fewer people it rests on, the coarser.

Source: people study, section 6.5 (percentages in steps of five points below n = 30).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

#: The number of respondents is told in steps of this, rounded down, so that two of them cannot be subtracted.
STEP = 5
#: Coarse means are in steps of a scale's twentieth part, coarse shares in steps of five percent.
_PARTS = 20


@dataclass(frozen=True)
class Number:
    """A number as it is told."""

    #: `less` and `more`: too few people are on one side of the share to say how many.
    kind: Literal["count", "mean", "share", "less", "more"]
    #: A decimal, as `7.5`; percent for shares.
    value: str
    #: On at least so many respondents it rests.
    least: int

    @property
    def amount(self) -> float:
        """The value, to draw it."""
        return float(self.value)


def count(number: int) -> Number:
    """A count, as it is."""
    return Number("count", str(number), number)


def mean(values: list[Fraction], people: int, scale: tuple[float, float], below: int) -> Number:
    """A mean: one decimal, or steps of a twentieth of the scale below so many people."""
    step = Fraction(1, 10) if people >= below else _nice(Fraction(str(scale[1] - scale[0])) / _PARTS)
    return Number("mean", _stepped(sum(values, Fraction(0)) / len(values), step), at_least(people))


def share(yes: int, whole: int, people: int, below: int) -> Number:
    """A share in whole percent, or in steps of five below so many people."""
    step = Fraction(1 if people >= below else STEP)
    return Number("share", _stepped(Fraction(100 * yes, whole), step), at_least(people))


def bounded(yes: int, whole: int, people: int, fewest: int) -> Number:
    """A share with fewer than `fewest` on one side: only that it is less, or more, than so many percent."""
    bound = STEP * math.ceil(Fraction(100 * fewest, whole) / STEP)
    if yes < fewest:
        return Number("less", str(bound), at_least(people))
    return Number("more", str(100 - bound), at_least(people))


def at_least(people: int) -> int:
    """On how many people something rests, rounded down."""
    return people // STEP * STEP


def _stepped(value: Fraction, step: Fraction) -> str:
    """The nearest multiple of a step, a half rounded up, without needless zeros."""
    exact = math.floor(value / step + Fraction(1, 2)) * step
    places = 0 if step.denominator == 1 else 1
    return str((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1).scaleb(-places)))


def _nice(step: Fraction) -> Fraction:
    """The least of 0.1, 0.2, 0.5, 1, 2, 5, ... that is not below a step."""
    nice = Fraction(1, 10)
    for factor in (*(2, Fraction(5, 2), 2) * 8,):
        if nice >= step:
            break
        nice *= factor
    return nice
