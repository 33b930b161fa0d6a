"""Somebody who has everything that was ever told, and adds and subtracts it: slow, exact, and stupid.

It shares nothing with the code that it tests: it tries every group of people one after another, and asks by
plain elimination over fractions whether the sums that were told give the sum of that group, or anything at
all that rests on nobody outside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from survey.feedback.safety import Group, Member, Told


def rank(rows: Sequence[Sequence[int]]) -> int:
    """The rank of a matrix, exactly."""
    left = [[Fraction(cell) for cell in row] for row in rows]
    found = 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in left[found:] if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        left.insert(found, pivot)
        for place in range(found + 1, len(left)):
            factor = left[place][column] / pivot[column]
            left[place] = [cell - factor * other for cell, other in zip(left[place], pivot, strict=True)]
        found += 1
    return found


def too_small(everybody: Sequence[Member], people: int, families: int) -> Iterator[frozenset[Member]]:
    """Every group that is too small, the whole of each person and each family it has."""
    persons = sorted({one.person for one in everybody})
    for count in range(1, people):
        for chosen in combinations(persons, count):
            yield frozenset(one for one in everybody if one.person in chosen)
    homes = sorted({one.family for one in everybody})
    for count in range(1, families):
        for chosen in combinations(homes, count):
            yield frozenset(one for one in everybody if one.family in chosen)


def learns_about_few(groups: Sequence[Group], people: int, families: int) -> frozenset[Member] | None:
    """A group below the thresholds about which some combination of sums says something, if there is any."""
    everybody = sorted({one for group in groups for one in group}, key=lambda one: one.unit)
    rows = [[int(one in group) for one in everybody] for group in groups if group]
    whole = rank(rows)
    for small in too_small(everybody, people, families):
        outside = [place for place, one in enumerate(everybody) if one not in small]
        # Fewer independent sums among the others: then some combination leaves them all out.
        if rank([[row[place] for place in outside] for row in rows]) < whole:
            return small
    return None


def learns_a_side(told: Sequence[Told], count: int) -> frozenset[Member] | None:
    """A group of which can be worked out that fewer than `count` said yes, or said no, if there is any."""
    groups = [each.members for each in told if each.split]
    everybody = sorted({one for group in groups for one in group}, key=lambda one: one.unit)
    rows = [[int(one in group) for one in everybody] for group in groups if group]
    whole = rank(rows)
    for size in range(1, len(everybody) + 1):
        for chosen in combinations(everybody, size):
            inside = frozenset(chosen)
            if rank([*rows, [int(one in inside) for one in everybody]]) > whole:
                continue  # its sum cannot be worked out
            sides = [{one.person for one in inside if one.yes is side} for side in (True, False)]
            if any(len(side) < count for side in sides):
                return inside
    return None
