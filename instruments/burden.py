"""What a study asks of people: minutes and screens for each person and wave, and whether that is too much.

Burden is worked out from the protocol and the definitions alone, before anybody is asked anything. The
minutes are those of the definitions: honest estimates for a reader who takes their time. Screens lie
between two numbers where what is asked depends on the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from instruments import routing
from instruments.loading import Catalogue
from instruments.model import Ages, Instrument
from instruments.protocol import Battery, Budget, Protocol
from instruments.reading import Problem

#: Older than every child that a definition speaks of; ages without an end stop here.
_OLDEST = 18 * 12 + 11


@dataclass(frozen=True)
class Load:
    """What is asked of one person; each pair is the least and the most that it can be."""

    minutes: tuple[int, int] = (0, 0)
    #: With the pages of the definitions: what adults see in standard reading.
    screens: tuple[int, int] = (0, 0)
    #: With one question a screen: easy reading, and children.
    single: tuple[int, int] = (0, 0)

    def __add__(self, other: Load) -> Load:
        return Load(
            _both(self.minutes, other.minutes),
            _both(self.screens, other.screens),
            _both(self.single, other.single),
        )

    def times(self, number: int) -> Load:
        """The same, so many times over."""
        return sum((self for _ in range(number)), start=Load())


@dataclass(frozen=True)
class Part:
    """What a wave asks of one person about one subject, for children of certain ages where that matters."""

    wave: str
    #: `parent`, `second_parent` (one who does not report on the children), `child`, `linking_pin`, …
    who: str
    subject: str
    #: The ages of the child for which it holds, in completed months; None where no child's age matters.
    ages: Ages | None
    #: The versions that are asked, as `id/version`.
    versions: tuple[str, ...]
    load: Load


def parts(plan: Protocol, known: Catalogue, wave: str) -> tuple[Part, ...]:
    """Everything that one wave asks, by person, subject and age of the child.

    Raises:
        KeyError: the protocol has no such wave.
    """
    plan.due_at(wave, None)
    return tuple(
        part
        for who in _people(plan)
        for subject in ("family", "respondent", "project", "child")
        for part in _about(plan, known, wave, who, subject)
    )


def of_person(plan: Protocol, known: Catalogue, wave: str, who: str, *, children: int = 1) -> Load:
    """What one wave asks of one person: the least and the most, whatever the ages of the children.

    Args:
        who: as in `Part.who`.
        children: how many children the person is asked about; matters to parents only.
    """
    mine = [part for part in parts(plan, known, wave) if part.who == who]
    fixed = sum((part.load for part in mine if part.ages is None), start=Load())
    by_age = [part for part in mine if part.ages]
    loads = [part.load for part in by_age]
    if who not in ("parent", "second_parent"):
        return fixed + _widest(loads)
    if sum(part.ages.to_months - part.ages.from_months + 1 for part in by_age if part.ages) <= _OLDEST:
        loads.append(Load())  # there are ages at which nothing is asked about a child
    return fixed + _widest(loads).times(children)


def over_budget(plan: Protocol, known: Catalogue) -> list[Problem]:
    """Where a protocol asks more minutes than its own budget allows; empty when it keeps to it."""
    found = []
    for budget in plan.budget_minutes:
        for wave, allowed in budget.waves.items():
            asked = of_person(plan, known, wave, budget.informant, children=budget.children)
            if asked.minutes[1] > allowed:
                found.append(
                    Problem(
                        plan.id,
                        f"budget_minutes.{_named(budget)}.{wave}",
                        f"the wave asks {asked.minutes[1]} minutes where {allowed} are allowed",
                        "Ask less in this wave, or raise the budget and say why.",
                    )
                )
    return found


def _named(budget: Budget) -> str:
    return f"{budget.informant} of {budget.children}" if budget.informant == "parent" else budget.informant


def _people(plan: Protocol) -> list[str]:
    informants = dict.fromkeys(battery.informant for battery in plan.batteries if battery.enabled)
    people: list[str] = []
    for informant in informants:
        people.append(informant)
        if informant == "parent":
            people.append("second_parent")
    return people


def _about(plan: Protocol, known: Catalogue, wave: str, who: str, subject: str) -> Iterator[Part]:
    batteries = [
        battery
        for battery in plan.batteries
        if battery.enabled and wave in battery.waves and battery.subject == subject and _asks(battery, who)
    ]
    for ages in _bands(batteries):
        asked = [
            known.get(due.instrument, due.version)
            for battery in batteries
            for due in plan.asked_of(battery, ages.from_months if ages else None)
        ]
        if asked:
            load = sum((_load(version, ages) for version in asked), start=Load())
            yield Part(wave, who, subject, ages, tuple(version.key for version in asked), load)


def _asks(battery: Battery, who: str) -> bool:
    if who == "second_parent":
        return battery.informant == "parent" and battery.reporter == "each"
    return battery.informant == who


def _bands(batteries: Iterable[Battery]) -> list[Ages | None]:
    """The age bands between which the versions change; one band of no age where none matters."""
    batteries = list(batteries)
    limits = [ask.ages for battery in batteries for ask in battery.ask if ask.ages]
    about_a_child = any(battery.subject == "child" for battery in batteries)
    if not limits and not about_a_child:
        return [None]
    starts = sorted({0, *(ages.from_months for ages in limits), *(ages.to_months + 1 for ages in limits)})
    starts = [start for start in starts if start <= _OLDEST]
    ends = [*(start - 1 for start in starts[1:]), _OLDEST]
    return [Ages(from_months=start, to_months=end) for start, end in zip(starts, ends, strict=True)]


def _load(version: Instrument, ages: Ages | None) -> Load:
    return Load(
        (version.minutes, version.minutes),
        (_fewest(version, ages, single=False), _most(version, ages, single=False)),
        (_fewest(version, ages, single=True), _most(version, ages, single=True)),
    )


def _fewest(version: Instrument, ages: Ages | None, *, single: bool) -> int:
    # Without answers no condition holds, so nothing is shown that depends on one.
    return len(routing.screens(version, {}, ages.from_months if ages else None, single=single))


def _most(version: Instrument, ages: Ages | None, *, single: bool) -> int:
    """As if every condition held; two conditions that exclude each other count twice, so it is a bound."""
    oldest = ages.to_months if ages else _OLDEST
    shown = {item.id for item in version.items if item.from_months is None or item.from_months <= oldest}
    return len(shown) if single else sum(1 for page in version.pages if shown & set(page))


def _both(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    return left[0] + right[0], left[1] + right[1]


def _widest(loads: Iterable[Load]) -> Load:
    """The least and the most of several loads of which one holds."""
    found = list(loads)
    if not found:
        return Load()

    def range_of(pairs: list[tuple[int, int]]) -> tuple[int, int]:
        return min(low for low, _ in pairs), max(high for _, high in pairs)

    return Load(
        range_of([load.minutes for load in found]),
        range_of([load.screens for load in found]),
        range_of([load.single for load in found]),
    )
