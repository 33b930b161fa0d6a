"""Scale scores and cut-off flags: pure, exact, and null where a number would be a guess.

All arithmetic is in fractions: 2.8 is 14/5, a cut-off is compared with the unrounded score, and the
sums of the SDQ round halves up as its scoring sheet says (2.5 -> 3), which neither floats nor
Python's `round` do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from instruments import checks
from instruments.model import CutOff, Given, Instrument, Rule

#: The oldest child of the target group is 18 years and 11 months (seed §3.2: "0 tot en met 18 jaar").
OLDEST_CHILD_MONTHS = 18 * 12 + 11
#: A form keeps the version it was opened with. It may be finished, on late paper at the latest, this
#: many months after the child has grown out of the age range; anything older is a mistake.
LATE_MONTHS = 12
OLDEST_PERSON_MONTHS = 120 * 12


class Unscorable(ValueError):
    """Answers or an age that cannot be; the message names each and says what is possible."""


@dataclass(frozen=True)
class FlagSource:
    """Where a flag comes from: the boundary, its source, norm group and evidence grade."""

    cut_off: str
    years: str
    source: str
    norm: str
    evidence: str
    note: str


@dataclass(frozen=True)
class Scored:
    """The scores of one response. A score that cannot be computed is None, and so is its flag."""

    scores: dict[str, Fraction | None]
    #: True on the problematic side of the cut-off for this age, None without score, age or cut-off.
    flags: dict[str, bool | None]
    #: For every score that has a cut-off at this age, where that comes from.
    sources: dict[str, FlagSource]
    #: Why a score is provisional, by score.
    provisional: dict[str, str]


def score(
    instrument: Instrument, answers: Mapping[str, Given | None], age_months: int | None = None
) -> Scored:
    """The scores and flags of one set of answers.

    An item left out, None, or any kind of missing counts as not answered. Where the keys of an
    instrument are provisional (VGK, Parenting Scale), `reverse` is empty and the answers are taken as
    already keyed.

    Raises:
        Unscorable: an unknown item, an impossible value, or an age at which this version cannot be.
    """
    given = {item: value for item, value in answers.items() if value is not None}
    problems = [f"{item}: {why}" for item, why in _explained(instrument, given)]
    age_problem = impossible_age(instrument, age_months)
    if age_problem:
        problems.append(age_problem)
    if problems:
        raise Unscorable("\n".join(problems))
    return computed(instrument, given, age_months)


def computed(instrument: Instrument, answers: Mapping[str, Given], age_months: int | None = None) -> Scored:
    """As `score`, for answers that were checked when they were stored."""
    known = key(instrument)
    numbers = {item: value for item, value in answers.items() if isinstance(value, int)}
    scores: dict[str, Fraction | None] = {}
    for rule in instrument.scores:
        if not rule.released:
            scores[rule.id] = None
        elif rule.scores:
            scores[rule.id] = known.of_scores(rule, [scores[name] for name in rule.scores])
        else:
            values = _values(instrument, rule, numbers)
            scores[rule.id] = known.of_items(rule, sum(values), len(values))
    flags = {name: known.flag(name, value, age_months) for name, value in scores.items()}
    sources = {name: known.source(cutoff) for name, cutoff in known.cutoffs(age_months).items()}
    return Scored(scores, flags, sources, dict(known.provisional))


def half_up(value: Fraction) -> Fraction:
    """The nearest whole number, halves upwards (Goodman's scoring sheet; the seed's percentages)."""
    return Fraction(math.floor(value + Fraction(1, 2)))


def number(value: Fraction | None) -> int | float | None:
    """A score as a plain number for JSON and exports: whole where it is whole, unrounded otherwise."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)


def impossible_age(instrument: Instrument, age_months: int | None) -> str | None:
    """Why a version cannot have been completed at this age in completed months; None when it can."""
    if age_months is None:
        return None
    lowest, highest = 0, OLDEST_PERSON_MONTHS
    if instrument.ages is not None:
        lowest = instrument.ages.from_months
        highest = min(instrument.ages.to_months + LATE_MONTHS, OLDEST_CHILD_MONTHS)
    if lowest <= age_months <= highest:
        return None
    return (
        f"age: {age_months} months is impossible for {instrument.key}; "
        f"give completed months from {lowest} to {highest}"
    )


def _explained(instrument: Instrument, given: Mapping[str, Given]) -> list[tuple[str, str]]:
    found = []
    for item_id, refused in checks.check(instrument, given).items():
        if refused.reason == "unknown_item":
            known = ", ".join(item.id for item in instrument.items)
            found.append((item_id, f"not an item of {instrument.key}; its items are {known}"))
            continue
        item = instrument.item(item_id)
        codes = instrument.codes(item)
        possible = f"one of {', '.join(map(str, codes))}" if codes else f"a {item.kind}"
        if refused.params and item.kind == "number":
            possible = f"a whole number from {item.min} to {item.max}"
        found.append((item_id, f"{given[item_id]!r} is not possible; give {possible}, or null"))
    return found


@lru_cache(maxsize=10_000)
def _fraction(total: int | Fraction, parts: int) -> Fraction:
    """A total over a number of parts. The same few come back all the time, and making one is slow."""
    return Fraction(total, parts)


def _values(instrument: Instrument, rule: Rule, numbers: Mapping[str, int]) -> list[int] | list[Fraction]:
    """What the answers to a scale count for. Whole numbers where all are, which is far quicker."""
    points = key(instrument).points.get(rule.id)
    if points is not None:
        try:
            return [counts[numbers[item]] for item, counts in points.items() if item in numbers]
        except KeyError:
            pass  # a number that is no code of its item: `_keyed` says what it is worth
    return [value for item in rule.items if (value := _keyed(instrument, rule, item, numbers)) is not None]


#: What every code of every item counts for in a scale.
Points = Mapping[str, Mapping[int, int]]


class Key:
    """The scoring key of a version: what follows from a total, from scores and at an age.

    For who scores many responses at once: it is the same that `computed` goes by, in parts.
    """

    def __init__(self, instrument: Instrument) -> None:
        #: Kept, so that its identity stays its own.
        self.instrument = instrument
        found = {rule.id: _whole_points(instrument, rule) for rule in instrument.scores if rule.items}
        #: By scale, where all points are whole numbers and no second part counts; not there otherwise.
        self.points: Mapping[str, Points] = {name: points for name, points in found.items() if points}
        #: Why a score is provisional, by score.
        self.provisional: Mapping[str, str] = {
            rule.id: rule.provisional for rule in instrument.scores if rule.provisional
        }
        self._cutoffs: dict[int | None, dict[str, CutOff]] = {}

    def of_items(self, rule: Rule, total: int | Fraction, answered: int) -> Fraction | None:
        """The score of a scale.

        Args:
            total: the points of what was answered.
            answered: how many items that is.
        """
        if answered < (rule.min_answered or len(rule.items)):
            return None
        if rule.method == "mean":
            found = _fraction(total, answered)
        elif rule.prorate:
            found = _fraction(total * len(rule.items), answered)
        else:
            found = _fraction(total, 1)
        return half_up(found) if rule.round == "half_up" else found

    def of_scores(self, rule: Rule, parts: Sequence[Fraction | None]) -> Fraction | None:
        """The score that is made of others, all of which are needed."""
        total: int | Fraction = 0
        for part in parts:
            if part is None:
                return None
            total += part.numerator if part.denominator == 1 else part
        return _fraction(total * rule.factor.numerator, rule.factor.denominator)

    def flag(self, score: str, value: Fraction | None, age_months: int | None) -> bool | None:
        """Whether a score lies beyond the cut-off that holds at an age; None without the one or the other."""
        cutoff = self.cutoffs(age_months).get(score)
        return None if cutoff is None or value is None else _beyond(value, cutoff)

    def cutoffs(self, age_months: int | None) -> Mapping[str, CutOff]:
        """The cut-offs that hold at an age, by score."""
        years = None if age_months is None else age_months // 12
        found = self._cutoffs.get(years)
        if found is None:
            applying = (cutoff for cutoff in self.instrument.cutoffs if _applies(cutoff, years))
            found = self._cutoffs[years] = {cutoff.score: cutoff for cutoff in applying}
        return found

    @staticmethod
    def source(cutoff: CutOff) -> FlagSource:
        """Where a cut-off comes from."""
        years = f"{cutoff.years[0]}-{cutoff.years[1]}" if cutoff.years else "all"
        boundary = f"{cutoff.problem} {number(cutoff.value)}"
        return FlagSource(boundary, years, cutoff.source, cutoff.norm, cutoff.evidence, cutoff.note)


#: By the identity of an instrument.
_keys: dict[int, Key] = {}
_MOST_KEYS = 200


def key(instrument: Instrument) -> Key:
    """The scoring key of a version; worked out once."""
    found = _keys.get(id(instrument))
    if found is None:
        if len(_keys) >= _MOST_KEYS:
            _keys.clear()
        found = _keys[id(instrument)] = Key(instrument)
    return found


def _whole_points(instrument: Instrument, rule: Rule) -> Points | None:
    points: dict[str, dict[int, int]] = {}
    for item_id in rule.items:
        if instrument.part_for(item_id) is not None:
            return None
        codes = instrument.codes(instrument.item(item_id))
        counts = {code: _keyed(instrument, rule, item_id, {item_id: code}) for code in codes}
        if any(value is None or value.denominator != 1 for value in counts.values()):
            return None
        points[item_id] = {code: int(value) for code, value in counts.items() if value is not None}
    return points


def _keyed(instrument: Instrument, rule: Rule, item_id: str, numbers: Mapping[str, int]) -> Fraction | None:
    """What an answer counts for in a scale; None when it does not count."""
    answer = numbers.get(item_id)
    if answer is None:
        return None
    part = instrument.part_for(item_id)
    if part is not None and str(answer) not in rule.recode:
        second = numbers.get(part.id)
        return None if second is None else rule.recode_part[str(second)]
    if rule.recode:
        return rule.recode[str(answer)]
    if item_id in rule.reverse:
        codes = instrument.codes(instrument.item(item_id))
        return Fraction(min(codes) + max(codes) - answer)
    return Fraction(answer)


def _applies(cutoff: CutOff, years: int | None) -> bool:
    if cutoff.years is None:
        return True
    return years is not None and cutoff.years[0] <= years <= cutoff.years[1]


def _beyond(value: Fraction, cutoff: CutOff) -> bool:
    if cutoff.problem == "<":
        return value < cutoff.value
    if cutoff.problem == "<=":
        return value <= cutoff.value
    if cutoff.problem == ">":
        return value > cutoff.value
    return value >= cutoff.value
