"""At the end of their own form professionals hear what came out the last time: only what was published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from survey import families, professionals
from survey.db import Database
from survey.feedback import ledger, making, pages
from survey.feedback.ledger import Release
from survey.policy import Role
from survey.web import Services
from tests.exporting import fill
from tests.people import T0, T1, Cast, at
from tests.survey.accounts import staff
from tests.survey.web.conftest import Clock, Visitor

AGREE = {str(item): 1 for item in range(1, 7)}
#: The day of the first release, which lies in the third wave of who began at T0.
DUE = dt.date(2027, 8, 1)


@pytest.fixture
def made(db: Database, house: Services, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Release:
    """A draft: eleven other parents gave an eight at T1, and three childcare workers a two."""
    monkeypatch.setattr(pages, "pdf", lambda text: text.encode())
    town = next(iter(families.places(db)))
    for _ in range(11):
        family = families.add_family(
            db, cast.study_id, town, T0, parents=[families.Parent()], children=[], now=at(T0)
        )
        fill(db, family.parents[0], "evaluation_parent", T1, AGREE | {"7": 8})
    for _ in range(3):
        worker = professionals.add(db, cast.study_id, "childcare_worker", T0, now=at(T0))
        professionals.assign(db, worker.id, family_id=cast.family_id, starts_on=T0, now=at(T0))
        fill(db, worker.respondent_id, "evaluation_childcare", T1, AGREE | {"6": 2})
    clock.wait(days=(DUE - T0).days)
    assert house.study is not None
    return making.make(db, house.study, house.protocol, house.settings.secret_keys, by="test", now=clock())


@pytest.fixture
def publish(made: Release, db: Database, cast: Cast) -> Callable[[], Release]:
    who = staff.settle(db, cast.study_id, Role.RESEARCHER, at(T0), everywhere=True)
    return lambda: ledger.publish(
        db, cast.study_id, made.number, made.sha256, by=who.account, now=made.made_at
    )


def test_a_linking_pin_hears_what_large_groups_said_once_it_is_published(
    visitor: Visitor, cast: Cast, publish: Callable[[], Release]
) -> None:
    assert "vorige keer" not in visitor.open(cast.fatma).get("/thanks").text
    publish()
    told = visitor.open(cast.fatma).get("/thanks").text
    assert "Wat er de vorige keer uitkwam Ouders gaven het project gemiddeld een 8,0." in told
    assert "Cijfers gaan van 1 tot 10. Kleine groepen tonen we niet." in told
    # Three childcare workers are too few, and that nobody else answered is not told either.
    assert "Medewerkers in de opvang gaven" not in told
    assert "Kinderen gaven" not in told


def test_a_childcare_worker_hears_the_same_and_families_hear_nothing(
    visitor: Visitor, cast: Cast, publish: Callable[[], Release]
) -> None:
    publish()
    assert "Ouders gaven het project gemiddeld een 8,0." in visitor.open(cast.joost).get("/thanks").text
    for person in (cast.mother, cast.daan):
        assert "vorige keer" not in visitor.open(person).get("/thanks").text


def test_before_the_first_release_nothing_is_said(visitor: Visitor, cast: Cast) -> None:
    assert "vorige keer" not in visitor.open(cast.fatma).get("/thanks").text
