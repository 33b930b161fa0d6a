"""Which figures of which places are shown: anew, again as they were told before, or not at all. Pure.

The programme comes first, then regions, then municipalities in the order of their codes: what is shown of
one place must leave enough people in what remains (complementary suppression), now and together with
everything that was told before. What cannot be told anew is told again as it was, with its date; that adds
nothing to what is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from instruments.feedback import Feedback, Smallest
from survey.feedback import rounding
from survey.feedback.rounding import Number
from survey.feedback.safety import Group, Rule, Told, connected, is_safe

#: The place that is the whole programme.
ALL = "all"
Kind = Literal["count", "mean", "share"]
#: Too few people; or too few would remain, here or beside what was told before.
Reason = Literal["few", "close"]


@dataclass(frozen=True)
class Rules:
    """The thresholds in force: those of the protocol, and never below those of an earlier release."""

    outcome: Rule
    count: Rule
    round_below: int

    @classmethod
    def of(cls, smallest: Smallest, round_below: int) -> Rules:
        """The rules of a protocol. A count is of so many people, and of as many families."""
        return cls(
            Rule(smallest.respondents, smallest.families), Rule(smallest.count, smallest.count), round_below
        )

    def of_kind(self, kind: Kind) -> Rule:
        """The rule for the people that something rests on."""
        return self.count if kind == "count" else self.outcome


def in_force(plan: Feedback, before: Iterable[Smallest]) -> Smallest:
    """The thresholds of a protocol, raised to those that any earlier release went by."""
    every = [plan.smallest, *before]
    return Smallest(
        respondents=max(one.respondents for one in every),
        families=max(one.families for one in every),
        count=max(one.count for one in every),
    )


@dataclass(frozen=True)
class Candidate:
    """A figure of a place in a period, as the data have it now."""

    figure: str
    kind: Kind
    #: `all`, `region:<id>` or `municipality:<code>`.
    place: str
    #: A wave, several as `T1-T4`, or `now`.
    period: str
    members: Group
    #: For a mean: the values, one for each member, and the scale they are on.
    values: tuple[Fraction, ...] = ()
    scale: tuple[float, float] = (0, 0)
    #: Periods in place of which this one is; it is not tried where one of them is shown.
    instead_of: frozenset[str] = frozenset()

    @property
    def place_period(self) -> tuple[str, str]:
        """Where it stands on the page."""
        return self.place, self.period


@dataclass(frozen=True)
class Cell:
    """A figure of a place in a period as it is told."""

    figure: str
    kind: Kind
    place: str
    period: str
    number: Number
    #: The day on which the data were so.
    on: dt.date
    members: Group
    #: Whether a share tells how many say yes; a bounded one does not.
    split: bool = False

    @property
    def told(self) -> Told:
        """What it tells about whom."""
        return Told(self.members, self.split)

    @property
    def place_period(self) -> tuple[str, str]:
        """Where it stands on the page."""
        return self.place, self.period


@dataclass(frozen=True)
class Hidden:
    """A figure of a place in a period that is not shown, and why."""

    figure: str
    place: str
    period: str
    reason: Reason


@dataclass(frozen=True)
class Selection:
    """What a release tells."""

    new: tuple[Cell, ...]
    again: tuple[Cell, ...]
    hidden: tuple[Hidden, ...]


def choose(candidates: Sequence[Candidate], before: Sequence[Cell], rules: Rules, on: dt.date) -> Selection:
    """What is shown of the candidates, given everything that was published before (oldest first)."""
    new: list[Cell] = []
    again: list[Cell] = []
    hidden: list[Hidden] = []
    # Of all figures: two of them, or one with another name now, can be about the same answers.
    known = [cell.told for cell in before]
    for figure in dict.fromkeys(candidate.figure for candidate in candidates):
        earlier = [cell for cell in before if cell.figure == figure]
        shown: set[tuple[str, str]] = set()
        for candidate in (each for each in candidates if each.figure == figure):
            if any((candidate.place, period) in shown for period in candidate.instead_of):
                continue
            last = _last(earlier, candidate, rules)
            cell = None if last and last.members == candidate.members else _anew(candidate, known, rules, on)
            if cell is not None:
                known.append(cell.told)
                new.append(cell)
            elif last is not None:
                again.append(last)
            else:
                few = not rules.of_kind(candidate.kind).allows(candidate.members)
                hidden.append(Hidden(figure, candidate.place, candidate.period, "few" if few else "close"))
                continue
            shown.add(candidate.place_period)
    return Selection(tuple(new), tuple(again), tuple(hidden))


def _last(earlier: Sequence[Cell], candidate: Candidate, rules: Rules) -> Cell | None:
    """What was told last about this place and period, if it is large enough for the rules of today."""
    found = [cell for cell in earlier if cell.place_period == candidate.place_period]
    return found[-1] if found and rules.of_kind(found[-1].kind).allows(found[-1].members) else None


def _anew(candidate: Candidate, known: Sequence[Told], rules: Rules, on: dt.date) -> Cell | None:
    """The cell that can be told of a candidate beside all that is known; None when there is none."""
    rule = rules.of_kind(candidate.kind)
    if not rule.allows(candidate.members):
        return None
    for number, split in _numbers(candidate, rules):
        cell = Cell(
            candidate.figure, candidate.kind, candidate.place, candidate.period, number, on,
            candidate.members, split,
        )  # fmt: skip
        if is_safe([*connected(known, [cell.told]), cell.told], rule, rules.count):
            return cell
    return None


def _numbers(candidate: Candidate, rules: Rules) -> Iterable[tuple[Number, bool]]:
    """The ways in which a candidate can be told, the most telling first; whether it tells both sides."""
    people = len({member.person for member in candidate.members})
    if candidate.kind == "count":
        yield rounding.count(len(candidate.members)), False
    elif candidate.kind == "mean":
        yield (
            rounding.mean(list(candidate.values), people, candidate.scale, rules.round_below),
            False,
        )
    else:
        whole = len(candidate.members)
        yes = sum(bool(member.yes) for member in candidate.members)
        yield rounding.share(yes, whole, people, rules.round_below), True
        fewest = rules.count.people
        if candidate.place == ALL and min(yes, whole - yes) < fewest:
            yield rounding.bounded(yes, whole, people, fewest), False
