"""What can be found out by who adds and subtracts everything that was told; pure, and exact.

Everything told about a figure is a sum over a group. Whoever has several sums can work out every combination
of them, and a combination that comes out as a sum over few people gives these away. So a set of groups is
safe when no combination of them, however it is put together, rests on a group below the rule.

Groups cut the people in pieces: those who are in exactly the same groups. If every piece is large enough all
is well, because a combination rests on whole pieces. Where a piece is too small, elimination finds the
combinations that rest on small pieces only, and these are looked at. Where there are too many to look at, the
answer is "unsafe": then something is hidden that need not be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

#: More combinations than this are not looked at.
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Member:
    """One value of one person, as it stood when it was told.

    A value that was corrected since is another member of the same person, so that who subtracts the old
    sum from the new one is found to be looking at one person.
    """

    unit: str
    person: str
    family: str
    #: For a share: whether it counts as a yes.
    yes: bool | None = None

    def __hash__(self) -> int:
        # No two members have the same unit, and groups are large.
        return hash(self.unit)


Group = frozenset[Member]


@dataclass(frozen=True)
class Rule:
    """How many people, from how many families, a sum rests on at the least."""

    people: int
    families: int

    def allows(self, members: Iterable[Member]) -> bool:
        """Whether a group is large enough."""
        people: set[str] = set()
        families: set[str] = set()
        for member in members:
            people.add(member.person)
            families.add(member.family)
        return len(people) >= self.people and len(families) >= self.families


@dataclass(frozen=True)
class Told:
    """Something that is told about a group: a sum over it, and for a share how many say yes."""

    members: Group
    #: Whether the number of yesses is told; else only the group and how large it is.
    split: bool = False


def connected(known: Iterable[Told], new: Iterable[Told]) -> list[Told]:
    """What of the known has to be looked at beside something new: all that shares people, by whatever way.

    A combination with anything else falls apart in two that have nobody in common.
    """
    left, found, reached = list(known), [], [each.members for each in new]
    while reached:
        people = reached.pop()
        near = [each for each in left if not each.members.isdisjoint(people)]
        left = [each for each in left if each.members.isdisjoint(people)]
        found += near
        reached += [each.members for each in near]
    return found


def is_safe(told: Collection[Told], rule: Rule, count: Rule) -> bool:
    """Whether all of it together gives no small group away.

    Args:
        rule: for the people a sum rests on.
        count: for those who say yes, and those who say no: a share tells how many there are of each.
    """
    if gives_away([each.members for each in told], rule):
        return False
    split = [each.members for each in told if each.split]
    sides = [[frozenset(member for member in group if member.yes is side) for group in split]
             for side in (True, False)]  # fmt: skip
    if any(gives_away(side, count) for side in sides):
        return False
    # A combination of groups without a single yes (or no) would tell something about everybody in it.
    whole = rank(split)
    return all(rank(side) == whole for side in sides)


def gives_away(groups: Iterable[Group], rule: Rule) -> bool:
    """Whether some combination of sums over the groups rests on a group below the rule."""
    pieces, vectors = _pieces(groups)
    small = {place for place, piece in enumerate(pieces) if not rule.allows(piece)}
    if not small:
        return False

    def few(vector: _Vector) -> bool:
        return not rule.allows(member for place in vector for member in pieces[place])

    found = _left_over(vectors, small)
    return any(map(few, found)) or any(_hides(few, bundle) for bundle in _bundles(found))


def rank(groups: Iterable[Group]) -> int:
    """How many of the groups say something that the others do not say already."""
    pieces, vectors = _pieces(groups)
    return len(vectors) - _dependent(vectors, set(range(len(pieces))))


_Vector = dict[int, Fraction]


def _pieces(groups: Iterable[Group]) -> tuple[list[list[Member]], list[_Vector]]:
    """The pieces into which groups cut their members, and each group as the pieces it is made of."""
    different = list(dict.fromkeys(group for group in groups if group))
    inside: dict[Member, list[int]] = {}
    for number, group in enumerate(different):
        for member in group:
            inside.setdefault(member, []).append(number)
    places: dict[tuple[int, ...], int] = {}
    pieces: list[list[Member]] = []
    for member, numbers in inside.items():
        place = places.setdefault(tuple(numbers), len(pieces))
        if place == len(pieces):
            pieces.append([])
        pieces[place].append(member)
    vectors: list[_Vector] = [{} for _ in different]
    for signature, place in places.items():
        for number in signature:
            vectors[number][place] = Fraction(1)
    return pieces, vectors


def _left_over(vectors: Sequence[_Vector], small: set[int]) -> list[_Vector]:
    """Independent combinations of the vectors that are zero everywhere but in the small places, reduced."""
    pivots: dict[int, _Vector] = {}
    left: dict[int, _Vector] = {}
    for vector in vectors:
        row = _without(vector, pivots)
        pivot = next((place for place in row if place not in small), None)
        if pivot is not None:
            pivots[pivot] = _scaled(row, pivot)
            continue
        row = _without(row, left)
        if row:
            pivot = next(iter(row))
            row = _scaled(row, pivot)
            left = {place: _minus(other, row, other.get(pivot)) for place, other in left.items()}
            left[pivot] = row
    return list(left.values())


def _bundles(vectors: Sequence[_Vector]) -> list[list[_Vector]]:
    """The vectors, those together that have places in common, by whatever way."""
    bundles: list[tuple[set[int], list[_Vector]]] = []
    for vector in vectors:
        places, mine = set(vector), [vector]
        apart = []
        for other, theirs in bundles:
            if other & places:
                places |= other
                mine += theirs
            else:
                apart.append((other, theirs))
        bundles = [*apart, (places, mine)]
    return [mine for _, mine in bundles]


def _hides(few: Callable[[_Vector], bool], bundle: Sequence[_Vector]) -> bool:
    """Whether some combination of vectors rests on few; also where there are too many to look at."""
    places = sorted({place for vector in bundle for place in vector})
    if math.comb(len(places), len(bundle) - 1) > _MOST:
        return True
    return any(few(vector) for vector in _lightest(bundle, places))


def _lightest(vectors: Sequence[_Vector], places: Sequence[int]) -> Iterator[_Vector]:
    """The combinations that rest on as little as can be: every other one rests on all of one of these.

    Such a one is zero in as many independent places as there are vectors but one, and these determine it.
    """
    for zeros in combinations(places, len(vectors) - 1):
        rows = list(vectors)
        for place in zeros:
            pivot = next((row for row in rows if place in row), None)
            if pivot is None:
                break
            rows = [_cleared(row, pivot, place) for row in rows if row is not pivot]
        else:
            yield rows[0]


def _cleared(row: _Vector, pivot: _Vector, place: int) -> _Vector:
    return _minus(row, pivot, row[place] / pivot[place]) if place in row else row


def _dependent(vectors: Sequence[_Vector], places: set[int]) -> int:
    """How many of the vectors are combinations of those before them."""
    pivots: dict[int, _Vector] = {}
    for vector in vectors:
        row = _without(vector, pivots)
        pivot = next((place for place in row if place in places), None)
        if pivot is not None:
            pivots[pivot] = _scaled(row, pivot)
    return len(vectors) - len(pivots)


def _without(row: _Vector, pivots: dict[int, _Vector]) -> _Vector:
    """A row after elimination; a later pivot's row holds no earlier pivot, so one pass in order will do."""
    for place, pivot in pivots.items():
        row = _minus(row, pivot, row.get(place))
    return row


def _minus(row: _Vector, other: _Vector, factor: Fraction | None) -> _Vector:
    if not factor:
        return row
    result = dict(row)
    for place, value in other.items():
        rest = result.get(place, Fraction(0)) - factor * value
        if rest:
            result[place] = rest
        else:
            result.pop(place, None)
    return result


def _scaled(row: _Vector, pivot: int) -> _Vector:
    return {place: value / row[pivot] for place, value in row.items()}
