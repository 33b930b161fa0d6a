"""Colleagues, and a hash that is as cheap as argon2 can be: the real one takes longer than a test."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from survey import policy
from survey.accounts import passwords
from survey.db import Database
from tests import people
from tests.people import T0, at
from tests.survey.accounts import staff
from tests.survey.accounts.staff import Colleague


@pytest.fixture(autouse=True)
def cheap_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the least memory there is."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def admin(db: Database, cast: people.Cast) -> Colleague:
    """Somebody who manages accounts."""
    return staff.settle(db, cast.study_id, policy.Role.ADMIN, at(T0), everywhere=True)
