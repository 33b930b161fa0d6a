"""What is asked, and in which order: the one place that decides visibility.

`asked` is one forward pass: an item is asked when its condition holds on the answers so far, and an
answer to an item that is itself not asked opens nothing. So chains of conditions close by themselves
and open again, with the old answers, when a respondent goes back. Nothing is ever deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from instruments.model import Given, Instrument, Item, Missing, When


@dataclass(frozen=True)
class Screen:
    """The items shown together, and their place among all questions of the instrument."""

    items: tuple[Item, ...]
    #: The number of the first question on the screen, counted over the whole definition from 1, so that
    #: the number never jumps back when a condition opens or closes.
    number: int
    #: How many questions the definition has for somebody of this age, so that the last that is asked is not
    #: "36 of 43"; a second part is not a question of its own.
    total: int

    @property
    def key(self) -> str:
        """The id of the first item: the name of the screen in addresses."""
        return self.items[0].id


def holds(when: When, answers: Mapping[str, Given]) -> bool:
    """Whether a condition holds on these answers; an unanswered item satisfies nothing."""
    if when.item is not None:
        given = answers.get(when.item)
        if isinstance(given, tuple):
            return any(code in when.is_ for code in given)
        return isinstance(given, int) and given in when.is_
    if when.all:
        return all(holds(part, answers) for part in when.all)
    return any(holds(part, answers) for part in when.any)


def asked(
    instrument: Instrument, answers: Mapping[str, Given], age_months: int | None = None
) -> tuple[Item, ...]:
    """The items that are asked given these answers, in order.

    Args:
        age_months: the child's age in completed months; None asks items with an age limit too, since
            an unknown age is no reason to withhold a question.
    """
    if not instrument.conditional:
        return instrument.items
    valid: dict[str, Given] = {}
    shown: set[str] = set()
    found = []
    for item in instrument.items:
        closed_by_part = item.part_of is not None and item.part_of not in shown
        closed_by_rule = item.show_if is not None and not holds(item.show_if, valid)
        if _too_young(item, age_months) or closed_by_part or closed_by_rule:
            continue
        found.append(item)
        shown.add(item.id)
        if item.id in answers:
            valid[item.id] = answers[item.id]
    return tuple(found)


def _too_young(item: Item, age_months: int | None) -> bool:
    return item.from_months is not None and age_months is not None and age_months < item.from_months


def screens(
    instrument: Instrument,
    answers: Mapping[str, Given],
    age_months: int | None = None,
    *,
    single: bool = False,
    most: int | None = None,
) -> tuple[Screen, ...]:
    """The screens that are shown given these answers.

    Args:
        single: one item a screen (easy-read and children) instead of the pages of the definition.
        most: the most items on a screen, where a page of the definition has more; None: no limit.
    """
    size = 1 if single else most or len(instrument.items)
    if instrument.conditional:
        old_enough = [item.id for item in instrument.items if not _too_young(item, age_months)]
        total = instrument.numbers[old_enough[-1]] if old_enough else 0
        return _cut(instrument, asked(instrument, answers, age_months), size, total)
    # Everybody is asked the same: cut once, and kept with the definition.
    if size not in instrument.kept_screens:
        total = instrument.numbers[instrument.items[-1].id]
        instrument.kept_screens[size] = _cut(instrument, instrument.items, size, total)
    kept: tuple[Screen, ...] = instrument.kept_screens[size]
    return kept


def _cut(instrument: Instrument, items: Sequence[Item], size: int, total: int) -> tuple[Screen, ...]:
    """The screens of these items, so many on each at the most."""
    shown, numbers = {item.id: item for item in items}, instrument.numbers
    # Cut as they are defined, not as they are shown: answers do not move questions to other pages.
    groups = [page[at : at + size] for page in instrument.pages for at in range(0, len(page), size)]
    result = []
    for group in groups:
        together = tuple([shown[item_id] for item_id in group if item_id in shown])
        if together:
            result.append(Screen(together, numbers[together[0].id], total))
    return tuple(result)


def first_open(shown: Sequence[Screen], answers: Mapping[str, Given]) -> Screen | None:
    """The first screen with a question that has neither an answer nor a skip; None when all have."""
    for screen in shown:
        if any(item.id not in answers for item in screen.items):
            return screen
    return None


def screen_of(shown: Sequence[Screen], item_id: str) -> Screen | None:
    """The screen on which an item is shown; None when it is not shown now."""
    return next((screen for screen in shown if any(item.id == item_id for item in screen.items)), None)


def next_screen(shown: Sequence[Screen], key: str) -> Screen | None:
    """The screen after the one on which the item `key` stands; None after the last."""
    for position, screen in enumerate(shown):
        if any(item.id == key for item in screen.items):
            return shown[position + 1] if position + 1 < len(shown) else None
    return None


def previous_screen(shown: Sequence[Screen], key: str) -> Screen | None:
    """The screen before the one on which the item `key` stands; None before the first."""
    for position, screen in enumerate(shown):
        if any(item.id == key for item in screen.items):
            return shown[position - 1] if position else None
    return None


def standing(
    instrument: Instrument, answers: Mapping[str, Given], age_months: int | None = None
) -> dict[str, Given]:
    """For every item its answer, or why there is none: given missing, not asked, or not reached.

    An answer to an item that is not asked is data too (paper respondents do that); it stands.
    """
    if not instrument.conditional:
        return {item: answers.get(item, Missing.not_reached) for item in instrument.numbers}
    shown = {item.id for item in asked(instrument, answers, age_months)}
    return {
        item.id: answers.get(item.id, Missing.not_reached if item.id in shown else Missing.not_asked)
        for item in instrument.items
    }
