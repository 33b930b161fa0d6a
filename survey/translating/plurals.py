"""Which form of a plural holds for which numbers, and forms that an editor has put in another order.

Babel gives Arabic a header in which form 4 is for 100 to 102 and form 5 for 11 to 99; most other tools
write them the other way round. An editor that replaces the header swaps the two forms without a word.
So forms are moved to where our header wants them when a catalogue comes back.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Sequence

from babel.messages.catalog import Catalog

#: Rules of every language repeat within this; 1000 and its multiples decide nothing more.
_NUMBERS = range(1001)


class StrangePlurals(ValueError):
    """A catalogue counts in another way than its language does."""


def rule(catalogue: Catalog) -> Callable[[int], int]:
    """The number of the form that a catalogue uses for a number of things.

    Raises:
        StrangePlurals: its header cannot be understood.
    """
    try:
        found: Callable[[int], int] = gettext.c2py(catalogue.plural_expr)
        if max(map(found, _NUMBERS)) >= catalogue.num_plurals:
            raise StrangePlurals(f"the header Plural-Forms counts past its own {catalogue.num_plurals} forms")
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        if isinstance(error, StrangePlurals):
            raise
        raise StrangePlurals(f"the header Plural-Forms cannot be understood: {error}") from error
    return found


def examples(catalogue: Catalog, form: int) -> list[int]:
    """The first numbers, four at most, for which a catalogue uses a form."""
    chosen = rule(catalogue)
    return [number for number in _NUMBERS if chosen(number) == form][:4]


def moved(theirs: Catalog, ours: Catalog) -> Sequence[int]:
    """For each form of ours the form of theirs that holds for the same numbers.

    Raises:
        StrangePlurals: theirs parts the numbers in another way.
    """
    mine, other = rule(ours), rule(theirs)
    pairs = {(mine(number), other(number)) for number in _NUMBERS}
    found = dict(pairs)
    if len(pairs) != len(found) or len(found) != len(set(found.values())):
        raise StrangePlurals(
            "the header Plural-Forms parts the numbers in another way than this language does; "
            f"it has to be: {ours.plural_forms}"
        )
    return [found[form] for form in range(ours.num_plurals)]
