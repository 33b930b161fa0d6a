"""The policy: what is not granted is refused, and nobody sees both names and answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import policy
from survey.policy import SOMETHING, STUDY, Action, Actor, Role, Scope, Sees, may

HERE, ELSEWHERE = 1, 2
ME, COLLEAGUE = 10, 11

OWN = Scope(frozenset({HERE}), frozenset({ME}))
TEAM = Scope(frozenset({HERE}), frozenset({COLLEAGUE}))
OTHER = Scope(frozenset({ELSEWHERE}), frozenset({COLLEAGUE}))


def actor(role: Role, *, everywhere: bool = False) -> Actor:
    return Actor(5, role, frozenset({HERE}), everywhere, ME)


@pytest.mark.parametrize("role", Role)
def test_no_role_sees_both_names_and_answers(role: Role) -> None:
    assert not {Sees.NAMES, Sees.ANSWERS} <= policy.shown_to(role)


@pytest.mark.parametrize(
    ("role", "action", "own", "team", "other"),
    [
        (Role.LINKING_PIN, Action.VIEW_FAMILY, True, False, False),
        (Role.LINKING_PIN, Action.HAND_OVER, True, False, False),
        (Role.LINKING_PIN, Action.ADD_FAMILY, True, True, False),
        (Role.LINKING_PIN, Action.CONTACTS, True, False, False),
        (Role.COORDINATOR, Action.CONTACTS, False, False, False),
        (Role.COORDINATOR, Action.SEND_LINK, True, True, False),
        (Role.LINKING_PIN, Action.EXPORT, False, False, False),
        (Role.LINKING_PIN, Action.ERASE, False, False, False),
        (Role.COORDINATOR, Action.VIEW_FAMILY, True, True, False),
        (Role.COORDINATOR, Action.HAND_OVER, True, True, False),
        (Role.COORDINATOR, Action.ENTER_PAPER, False, False, False),
        (Role.COORDINATOR, Action.EXPORT, False, False, False),
        (Role.CHILDCARE_WORKER, Action.VIEW_FAMILY, False, False, False),
        (Role.POLICY_OFFICER, Action.VIEW_FAMILY, False, False, False),
        (Role.POLICY_OFFICER, Action.READ_REPORT, True, True, False),
        (Role.RESEARCHER, Action.CONTACTS, False, False, False),
        (Role.RESEARCHER, Action.VIEW_FAMILY, False, False, False),
        (Role.ADMIN, Action.VIEW_FAMILY, False, False, False),
        (Role.ADMIN, Action.EXPORT, False, False, False),
        (Role.DATA_MANAGER, Action.EXPORT, False, False, False),
        (Role.DATA_MANAGER, Action.ERASE, True, True, False),
    ],
)
def test_the_table_of_roles_holds_by_scope(
    role: Role, action: Action, own: bool, team: bool, other: bool
) -> None:
    assert [may(actor(role), action, scope) for scope in (OWN, TEAM, OTHER)] == [own, team, other]


def test_the_whole_study_is_for_who_works_everywhere() -> None:
    assert not may(actor(Role.RESEARCHER), Action.EXPORT, STUDY)
    assert may(actor(Role.RESEARCHER, everywhere=True), Action.EXPORT, STUDY)
    assert not may(actor(Role.COORDINATOR), Action.PAUSE, STUDY)
    assert may(actor(Role.COORDINATOR, everywhere=True), Action.PAUSE, STUDY)


def test_a_coordinator_invites_workers_of_their_own_place_and_nobody_above() -> None:
    coordinator = actor(Role.COORDINATOR)
    for role in Role:
        below = role in (Role.LINKING_PIN, Role.CHILDCARE_WORKER)
        assert may(coordinator, Action.INVITE, Scope(frozenset({HERE}), role=role)) is below
        assert not may(coordinator, Action.INVITE, Scope(frozenset({HERE, ELSEWHERE}), role=role))
        assert not may(coordinator, Action.INVITE, Scope(role=role))


def test_everybody_has_their_own_account_and_nobody_elses() -> None:
    for role in Role:
        assert may(actor(role), Action.OWN_ACCOUNT, Scope(account_id=5))
        assert not may(actor(role), Action.OWN_ACCOUNT, Scope(account_id=6))


scopes = st.builds(
    Scope,
    st.frozensets(st.integers(1, 4), max_size=3),
    st.frozensets(st.integers(10, 12), max_size=2),
    st.one_of(st.none(), st.integers(4, 6)),
    st.one_of(st.none(), st.sampled_from(Role)),
)


@given(st.sampled_from(Role), st.sampled_from(Action), scopes)
def test_who_may_nothing_anywhere_may_nothing_somewhere(role: Role, action: Action, scope: Scope) -> None:
    someone = actor(role, everywhere=True)
    if may(someone, action, scope):
        assert may(someone, action, SOMETHING) or action is Action.OWN_ACCOUNT


@given(st.sampled_from(Role), st.sampled_from(Action), scopes)
def test_working_everywhere_never_takes_anything_away(role: Role, action: Action, scope: Scope) -> None:
    if may(actor(role), action, scope):
        assert may(actor(role, everywhere=True), action, scope)
