"""Three towns of a study: one of fourteen families, one of twelve and one of two; and a researcher."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from argon2 import PasswordHasher

from survey import families, studies
from survey.accounts import passwords
from survey.accounts.people import Account
from survey.db import Database
from survey.policy import Role
from survey.studies import Study
from tests.exporting import fill
from tests.people import T0, at
from tests.survey.accounts import staff

#: The day on which the first release is due: eleven months after the study began.
DUE = dt.date(2027, 8, 1)
#: The day of the second.
LATER = dt.date(2028, 2, 1)
#: The secret key of the service.
KEY = b"k" * 40


Hire = Callable[..., Account]


@dataclass
class Towns:
    """A study with families in towns; every parent answers the WHO-5 at T0."""

    db: Database
    study: Study
    #: The numbers of the municipalities by their codes.
    numbers: dict[str, int] = field(default_factory=dict)
    #: The numbers of the families by the code of their municipality.
    families: dict[str, list[int]] = field(default_factory=dict)
    responses: dict[int, int] = field(default_factory=dict)

    def town(self, code: str, name: str) -> None:
        self.numbers[code] = families.add_municipality(self.db, self.study.id, code, name)
        self.families[code] = []

    def settle(self, code: str, count: int, t0: dt.date = T0, points: int | None = None) -> None:
        """Families come to live in a town, and answer on the day on which they are included."""
        for place in range(count):
            made = families.add_family(
                self.db, self.study.id, self.numbers[code], t0,
                parents=[families.Parent()], children=[], now=at(t0),
            )  # fmt: skip
            self.families[code].append(made.family_id)
            value = place % 6 if points is None else points
            given = {str(item): value for item in range(1, 6)}
            self.responses[made.family_id] = fill(self.db, made.parents[0], "who5", t0, given)


@pytest.fixture(autouse=True)
def cheap_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the least memory there is."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def towns(db: Database) -> Towns:
    """The three towns, with their families of T0."""
    studies.create(db, "proef", "demo", now=at(T0))
    study = studies.the_study(db)
    assert study is not None
    found = Towns(db, study)
    for code, name, count in (("G1", "Aadorp", 14), ("G2", "Beestad", 12), ("G3", "Ceedam", 2)):
        found.town(code, name)
        found.settle(code, count)
    return found


@pytest.fixture
def hire(db: Database) -> Callable[..., Account]:
    """Hands out people with an account."""

    def hire(role: Role, *, everywhere: bool = True, places: tuple[int, ...] = ()) -> Account:
        study = studies.the_study(db)
        assert study is not None
        return staff.settle(db, study.id, role, at(T0), everywhere=everywhere, places=places).account

    return hire


@pytest.fixture
def researcher(hire: Callable[..., Account], towns: Towns) -> Account:
    """Who publishes."""
    return hire(Role.RESEARCHER)
