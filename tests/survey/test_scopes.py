"""Which families somebody can have anything to do with, before the policy is asked about each."""

from __future__ import annotations

import pytest

from survey import families, policy
from survey.db import Database
from survey.fieldwork import scopes
from survey.policy import Action, Actor, Role
from tests.people import T0, Cast, at


@pytest.fixture
def elsewhere(db: Database, cast: Cast) -> list[int]:
    """Three families in a second town, with nobody assigned."""
    town = families.add_municipality(db, cast.study_id, "G2", "Elders")
    return [
        families.add_family(
            db, cast.study_id, town, T0, parents=[families.Parent()], children=[], now=at(T0)
        ).family_id
        for _ in range(3)
    ]


def _towns(db: Database) -> list[int]:
    return sorted(families.places(db))


def test_families_of_other_towns_are_not_even_read(db: Database, cast: Cast, elsewhere: list[int]) -> None:
    here, there = _towns(db)
    for town, expected in ((here, {cast.family_id}), (there, set(elsewhere))):
        actor = Actor(1, Role.COORDINATOR, frozenset({town}))
        assert scopes.near(db, T0, actor).keys() == expected
    assert scopes.near(db, T0, Actor(1, Role.COORDINATOR)) == {}


def test_a_linking_pin_is_near_to_their_families_in_whichever_town(
    db: Database, cast: Cast, elsewhere: list[int]
) -> None:
    _, there = _towns(db)
    actor = Actor(1, Role.LINKING_PIN, frozenset({there}), professional_id=cast.fatma_professional)
    assert scopes.near(db, T0, actor).keys() == {cast.family_id, *elsewhere}


def test_who_works_everywhere_is_near_to_all(db: Database, cast: Cast, elsewhere: list[int]) -> None:
    actor = Actor(1, Role.RESEARCHER, everywhere=True)
    assert scopes.near(db, T0, actor).keys() == {cast.family_id, *elsewhere}


@pytest.mark.parametrize("role", list(Role))
def test_nobody_may_do_anything_with_a_family_that_is_not_near(
    role: Role, db: Database, cast: Cast, elsewhere: list[int]
) -> None:
    every = scopes.near(db, T0, Actor(1, role, everywhere=True))
    towns = [frozenset(each) for each in ((), _towns(db)[:1], _towns(db)[1:], _towns(db))]
    for municipalities in towns:
        for professional in (None, cast.fatma_professional, cast.joost_professional):
            actor = Actor(1, role, municipalities, professional_id=professional)
            near = scopes.near(db, T0, actor)
            for number, scope in every.items():
                if number not in near:
                    assert not any(policy.may(actor, action, scope) for action in Action)
