"""What the people of the demonstration answer: plausible, at random, and the same for the same seed.

Everybody has a level of their own (how heavy things are), and every wave a shift, of about the size that
appendix 2 of the pilot report estimates; so an analysis of the demonstration finds what was put in.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from instruments import Given, Instrument, Item, Missing, routing

#: What is added to the level of everybody in a wave, in answer codes: the estimates of appendix 2 over
#: the number of codes they are spread on (PedsQL 25 points a code; SDQ 20 items; WHO-5 20 points a code).
SHIFTS: dict[str, dict[str, float]] = {
    "pedsql": {"T1": -0.14, "T2": -0.01, "T3": -0.08, "T4": 0.17},
    "sdq": {"T1": -0.02, "T2": -0.05, "T3": 0.02, "T4": 0.10},
    "who5": {"T1": 0.56, "T2": 0.50, "T3": 0.84, "T4": 0.43},
    "vgk": {"T1": 0.28, "T2": 0.32, "T3": 0.34, "T4": 0.26},
    "parenting_scale": {"T1": -0.12, "T2": -0.15, "T3": -0.13, "T4": -0.26},
}
#: How often somebody passes over a question.
SKIPS = 0.01

#: What professionals write, when they do.
TIPS = (
    "Demonstratie: eerder een vast aanspreekpunt bij de opvang.",
    "Demonstratie: meer tijd om elkaar te spreken.",
    "Demonstratie: dit werkt goed, zo doorgaan.",
)


@dataclass(frozen=True)
class Teller:
    """Somebody who answers about someone: who it is decides the level, what and when the dice."""

    seed: int
    #: Who answers, and about whom: the same over all waves.
    who: str

    @property
    def level(self) -> float:
        """How heavy things are: 0 on average, with a standard deviation of 1."""
        return random.Random(f"{self.seed} {self.who}").gauss(0, 1)

    def answers(
        self,
        instrument: Instrument,
        wave: str,
        age_months: int | None = None,
        known: Mapping[str, int] = MappingProxyType({}),
    ) -> dict[str, Given]:
        """What is answered to a whole questionnaire, item by item as it is asked.

        Args:
            known: answers that are not left to chance, where they are asked.
        """
        dice = random.Random(f"{self.seed} {self.who} {instrument.id} {wave}")
        given: dict[str, Given] = {}
        turned = {item for rule in instrument.scores for item in rule.reverse}
        tell = _TELLERS.get(instrument.id, _anything)
        for item in instrument.items:
            if item not in routing.asked(instrument, given, age_months):
                continue
            if item.id in known:
                given[item.id] = known[item.id]
                continue
            if item.kind == "text":
                if dice.random() < 0.3:
                    given[item.id] = dice.choice(TIPS)
                continue
            if dice.random() < SKIPS:
                given[item.id] = Missing.skipped
                continue
            value = tell(instrument, item, self.level, SHIFTS.get(instrument.id, {}).get(wave, 0.0), dice)
            codes = instrument.codes(item)
            given[item.id] = min(codes) + max(codes) - value if item.id in turned else value
        return given


_Tell = Callable[[Instrument, Item, float, float, random.Random], int]


def _near(centre: float, codes: tuple[int, ...], spread: float, dice: random.Random) -> int:
    """A code near a centre."""
    return min(max(codes), max(min(codes), round(dice.gauss(centre, spread))))


def _pedsql(instrument: Instrument, item: Item, level: float, shift: float, dice: random.Random) -> int:
    return _near(0.8 + 0.55 * level + shift, instrument.codes(item), 0.8, dice)


def _sdq(instrument: Instrument, item: Item, level: float, shift: float, dice: random.Random) -> int:
    kind = next((rule.id for rule in instrument.scores if item.id in rule.items), "")
    centre = 1.5 - 0.2 * level if kind == "prosocial" else 0.6 + 0.3 * level + shift
    return _near(centre, instrument.codes(item), 0.6, dice)


def _who5(instrument: Instrument, item: Item, level: float, shift: float, dice: random.Random) -> int:
    return _near(2.15 - 0.8 * level + shift, instrument.codes(item), 0.7, dice)


def _vgk(instrument: Instrument, item: Item, level: float, shift: float, dice: random.Random) -> int:
    return _near(3.35 - 0.45 * level + shift, instrument.codes(item), 0.8, dice)


def _parenting_scale(
    instrument: Instrument, item: Item, level: float, shift: float, dice: random.Random
) -> int:
    return _near(2.8 + 0.7 * level + shift, instrument.codes(item), 1.0, dice)


def _tapqol(instrument: Instrument, item: Item, level: float, shift: float, dice: random.Random) -> int:
    return _near(0.6 + 0.3 * level, instrument.codes(item), 0.7, dice)


def _evaluation(mean_grade: float, mean_code: float) -> _Tell:
    def tell(instrument: Instrument, item: Item, level: float, shift: float, dice: random.Random) -> int:
        codes = instrument.codes(item)
        grade = len(codes) == 10
        return _near(mean_grade if grade else mean_code, codes, 1.0 if grade else 0.8, dice)

    return tell


def _anything(instrument: Instrument, item: Item, level: float, shift: float, dice: random.Random) -> int:
    if item.kind == "number":
        return dice.randint(item.min or 0, item.max or 0)
    return dice.choice(instrument.codes(item))


#: Means of the grades: pilot report 7.1.
_TELLERS: Mapping[str, _Tell] = {
    "pedsql": _pedsql,
    "sdq": _sdq,
    "who5": _who5,
    "vgk": _vgk,
    "parenting_scale": _parenting_scale,
    "tapqol": _tapqol,
    "evaluation_parent": _evaluation(8.3, 1.7),
    "evaluation_child": _evaluation(7.2, 2.2),
    "evaluation_linking_pin": _evaluation(7.9, 1.8),
    "evaluation_childcare": _evaluation(7.3, 2.1),
}
