"""The people of the demonstration study, made from a seed and a day; nothing is stored here."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from instruments.protocol import add_months
from survey.demo import pilot

T = TypeVar("T")

#: The family that the demonstration opens with: months of age at T0, half a year before the day of the
#: demonstration. Then they are 1;3, 5;2 and 9;3.
OPEN_FAMILY = (9, 56, 105)
#: How many months before the day of the demonstration a family entered, by the follow-ups it answered:
#: from and up to and including. Long enough ago for the last of these to be over.
ENTERED = {0: (10, 30), 1: (11, 26), 2: (18, 30), 3: (24, 36), 4: (30, 40)}
#: Forms are filled in within so many days of their due date. T0 lies on one of the first days of a month,
#: so that all of it is within one calendar month and ages are exact.
LATEST_DAY_OF_ENTRY, LONGEST_DELAY = 9, 18


@dataclass
class Child:
    """A child, and what the background form says of it."""

    months_at_t0: int
    sex: str
    birth_month: dt.date
    #: Codes of `background_child`, by item.
    background: dict[str, int] = field(default_factory=dict)
    #: The waves in which it evaluates the project itself.
    evaluates: set[str] = field(default_factory=set)


@dataclass
class Family:
    """A family, and what the background form says of it."""

    municipality: int
    t0: dt.date
    #: How many follow-ups it answers, from T1 on.
    follow_ups: int
    #: Editions of the parents, as `nl` or `en`; the first reports on the children.
    parents: list[str]
    children: list[Child]
    #: Codes of `background_family`, by item.
    background: dict[str, int] = field(default_factory=dict)
    #: Whether this is the family that the demonstration opens with.
    is_open: bool = False


@dataclass
class Professional:
    """A linking pin or a childcare worker: families or children by their place in the study."""

    role: str
    #: Places in `Cast.families`, and for a childcare worker the place of the child in the family.
    works_with: list[tuple[int, int | None]]
    #: The waves of their own clock in which they evaluate.
    evaluates: set[str] = field(default_factory=set)


@dataclass
class Cast:
    """Everyone."""

    families: list[Family]
    linking_pins: list[Professional]
    childcare_workers: list[Professional]


def make(today: dt.date, seed: int) -> Cast:
    """The people of a demonstration on a day: the same day and seed give the same people."""
    dice = random.Random(f"cast {seed}")
    families = _families(today, dice)
    _tell_sexes(families, dice)
    _tell_backgrounds(families, dice)
    _tell_offers(families, dice)
    _choose_child_evaluations(families, dice)
    return Cast(families, _linking_pins(families, today, dice), _childcare_workers(families, today, dice))


def _families(today: dt.date, dice: random.Random) -> list[Family]:
    """Families by municipality, with the follow-ups they answer, their parents and their children."""
    places = [(place, size) for place, sizes in enumerate(pilot.MUNICIPALITIES, 1) for size in sizes]
    by_size: dict[int, list[int]] = {}
    for follow_ups, sizes in pilot.FAMILIES_BY_FOLLOW_UPS.items():
        for size, count in sizes.items():
            by_size.setdefault(size, []).extend([follow_ups] * count)
    by_size[len(OPEN_FAMILY)].remove(0)  # the open family's own place
    for answered in by_size.values():
        dice.shuffle(answered)
    families: list[Family] = []
    for place, size in places:
        opened = size == len(OPEN_FAMILY) and not any(family.is_open for family in families)
        follow_ups = 0 if opened else by_size[size].pop()
        t0 = add_months(today, -6) if opened else _entry(today, follow_ups, dice)
        children = [Child(0, "", t0) for _ in range(size)]
        families.append(Family(place, t0, follow_ups, ["nl"], children, is_open=opened))
    for follow_ups, count in pilot.TWO_PARENTS.items():
        of_these = [family for family in families if family.follow_ups == follow_ups]
        # The open family has two parents; it comes first.
        chosen = sorted(dice.sample(of_these, len(of_these)), key=lambda family: not family.is_open)[:count]
        for family in chosen:
            family.parents.append("nl")
    for family in families:
        if not family.is_open:
            family.parents = [dice.choices(["nl", "en"], [85, 15])[0] for _ in family.parents]
    _tell_ages(families, dice)
    return families


def _entry(today: dt.date, follow_ups: int, dice: random.Random) -> dt.date:
    """The day on which a family entered."""
    first = add_months(today.replace(day=1), -dice.randint(*ENTERED[follow_ups]))
    return first.replace(day=dice.randint(1, LATEST_DAY_OF_ENTRY))


def _tell_ages(families: Sequence[Family], dice: random.Random) -> None:
    """Give every child its age: in each family from old to young, far apart where there are several."""
    for follow_ups, bands in pilot.AGES.items():
        ages = sorted(dice.randint(low, high) for low, high, count in bands for _ in range(count))
        of_these = [family for family in families if family.follow_ups == follow_ups and not family.is_open]
        dice.shuffle(of_these)
        rounds = max(len(family.children) for family in of_these)
        slots = [
            family.children[turn]
            for turn in range(rounds)
            for family in of_these
            if turn < len(family.children)
        ]
        for child, months in zip(slots, reversed(ages), strict=True):
            child.months_at_t0 = months
    for family in families:
        if family.is_open:
            for child, months in zip(family.children, OPEN_FAMILY, strict=True):
                child.months_at_t0 = months
        for child in family.children:
            child.birth_month = add_months(family.t0.replace(day=1), -child.months_at_t0)


def _tell_sexes(families: Sequence[Family], dice: random.Random) -> None:
    children = [child for family in families for child in family.children]
    sexes = ["girl"] * pilot.GIRLS + ["boy"] * pilot.BOYS
    dice.shuffle(sexes)
    for child, sex in zip(children, sexes, strict=True):
        child.sex = sex


def _tell_backgrounds(families: Sequence[Family], dice: random.Random) -> None:
    """Tables 2 and 3: each category as often as the report counts it."""
    two = [family for family in families if len(family.parents) == 2]
    one = [family for family in families if len(family.parents) == 1]
    with_two = {code: n for code, n in pilot.LIVING.items() if code in pilot.LIVING_WITH_TWO}
    with_one = {code: n for code, n in pilot.LIVING.items() if code not in pilot.LIVING_WITH_TWO}
    _deal("living_situation", two, with_two, dice)
    _deal("living_situation", one, with_one, dice)
    _deal("education", families, pilot.EDUCATION, dice)
    _deal("work", families, pilot.WORK, dice)
    _deal("making_ends_meet", families, pilot.MAKING_ENDS_MEET, dice)
    _deal("financial_problems", families, pilot.FINANCIAL_PROBLEMS, dice)
    for family in families:
        family.background["number_of_children"] = min(len(family.children), 4)
        family.background["parent_age"] = _parent_age(dice)
        if len(family.parents) == 2:
            family.background["other_parent_age"] = _parent_age(dice)


def _deal(item: str, families: Sequence[Family], counts: Mapping[int, int], dice: random.Random) -> None:
    codes = _repeated(counts)
    dice.shuffle(codes)
    for family, code in zip(families, codes, strict=True):
        family.background[item] = code


def _parent_age(dice: random.Random) -> int:
    return min(62, max(19, round(dice.gauss(*pilot.PARENT_AGE))))


def _tell_offers(families: Sequence[Family], dice: random.Random) -> None:
    """Table 4: day care for the youngest, no offer rather for the young than for the rest."""
    children = sorted((child for family in families for child in family.children), key=_age)
    day_care, rest = children[: pilot.OFFERS[2]], children[pilot.OFFERS[2] :]
    offers = _repeated({code: count for code, count in pilot.OFFERS.items() if code != 2})
    dice.shuffle(offers)
    # Without after-school care while not at school yet.
    not_at_school = [child for child in rest if child.months_at_t0 < 48]
    offers.sort(key=lambda code: code == 1)
    elsewhere, others = offers[: len(not_at_school)], offers[len(not_at_school) :]
    dice.shuffle(others)
    for child, code in zip([*day_care, *rest], [2] * len(day_care) + elsewhere + others, strict=True):
        days = dice.randint(1, 4)
        child.background = {"offer": code, "days_per_week": days, "hours_per_week": days * dice.randint(2, 8)}


def _age(child: Child) -> int:
    return child.months_at_t0


def _choose_child_evaluations(families: Sequence[Family], dice: random.Random) -> None:
    """Table 5: who of the children that are asked in a wave answers."""
    for number, (wave, count) in enumerate(pilot.CHILD_EVALUATIONS.items(), 1):
        asked = [
            child
            for family in families
            if family.follow_ups >= number
            for child in family.children
            if child.months_at_t0 + 6 * number >= 96
        ]
        for child in dice.sample(asked, count):
            child.evaluates.add(wave)


def _linking_pins(families: Sequence[Family], today: dt.date, dice: random.Random) -> list[Professional]:
    """Linking pins of a municipality share its families; the open family has one of its own."""
    pins = []
    spread = [4, 3, 2, 1, 2, 1, 1, 1, 1, 1]
    for place, count in enumerate(spread, 1):
        theirs = [
            n for n, family in enumerate(families) if family.municipality == place and not family.is_open
        ]
        theirs.sort(key=lambda number: families[number].t0)
        pins += [
            Professional("linking_pin", [(number, None) for number in theirs[turn::count]])
            for turn in range(count)
        ]
    opened = next(number for number, family in enumerate(families) if family.is_open)
    evaluating = dice.sample(pins, pilot.LINKING_PINS_WHO_EVALUATED)
    for pin in evaluating:
        first = families[pin.works_with[0][0]].t0
        pin.evaluates.add(dice.choice(_waves_over(first, today)))
    return [*pins, Professional("linking_pin", [(opened, None)])]


def _childcare_workers(families: Sequence[Family], today: dt.date, dice: random.Random) -> list[Professional]:
    """One worker for each child in after-school or day care; the longest there answer most often."""
    children = [
        (number, place)
        for number, family in enumerate(families)
        if not family.is_open
        for place, child in enumerate(family.children)
        if child.background["offer"] in (1, 2)
    ]
    dice.shuffle(children)
    children.sort(key=lambda child: families[child[0]].t0)
    workers = []
    for turn, (number, place) in enumerate(children):
        over = _waves_over(families[number].t0, today)
        evaluates = {wave for wave, count in pilot.CHILDCARE_EVALUATIONS.items() if turn < count}
        workers.append(Professional("childcare_worker", [(number, place)], evaluates & set(over)))
    return workers


def _waves_over(t0: dt.date, today: dt.date) -> list[str]:
    """The follow-ups that were due, and can have been answered, before a day."""
    return [
        f"T{number}"
        for number in range(1, 5)
        if add_months(t0, 6 * number) + dt.timedelta(LONGEST_DELAY) < today
    ]


def _repeated(counts: Mapping[T, int]) -> list[T]:
    """Each key as often as it counts."""
    return [key for key, count in counts.items() for _ in range(count)]
