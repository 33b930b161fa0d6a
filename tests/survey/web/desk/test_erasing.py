"""Erasing a family at the desk: who may, what they are told, and what happens when a disk is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from survey import age_files, families
from survey.db import Database
from survey.fieldwork import leaving
from survey.models import Family
from survey.people_keys import COPY, PeopleKeys, PersonKeyRow
from survey.policy import Role
from tests.people import T0, Cast, at
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk

Hire = Callable[..., Desk]


def count(db: Database) -> int:
    with db.read() as connection:
        return connection.scalar(select(func.count(Family.id))) or 0


def test_a_family_is_erased_by_a_data_manager_who_proves_it_and_types_its_code(
    hire: Hire, pin: Desk, cast: Cast, db: Database, clock: Clock
) -> None:
    here = f"/desk/families/{cast.family_id}"
    manager = hire(Role.DATA_MANAGER, everywhere=True)
    manager.get(here).post(f"{here}/erase", code=cast.family_code)
    assert manager.status == 409
    pin.get(f"{here}/stop").post(f"{here}/stop", reason="family_wish", wish="erase")
    assert pin.post(f"{here}/erase", code=cast.family_code).status == 403
    clock.wait(minutes=12)
    manager.get(here)
    manager.post(f"{here}/erase", code=cast.family_code, back=here)
    assert manager.path == "/desk/confirm"
    manager.prove()
    manager.get(here).post(f"{here}/erase", code="AAA-AAA")
    assert "niets gewist" in manager.text
    manager.post(f"{here}/erase", code=cast.family_code.lower().replace("-", " "))
    assert "Het gezin is gewist." in manager.text
    assert manager.get(here).status == 404
    assert count(db) == 0


def test_who_cannot_erase_because_a_disk_is_away_is_told_what_to_do_and_can_try_again(
    hire: Hire, pin: Desk, cast: Cast, db: Database, app: Flask, tmp_path: Path
) -> None:
    house = app.extensions["meetmoment"]
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    PeopleKeys(folder).fill(db)
    here = f"/desk/families/{cast.family_id}"
    pin.get(f"{here}/stop").post(f"{here}/stop", reason="family_wish", wish="erase")
    manager = hire(Role.DATA_MANAGER, everywhere=True)
    # Another folder than that of the keys; and none at all.
    for wrong in (tmp_path, tmp_path / "gone"):
        house.settings = replace(house.settings, erasure_dir=wrong)
        manager.get(here).post(f"{here}/erase", code=cast.family_code)
        assert "survey doctor" in manager.text
        assert count(db) == 1
    house.settings = replace(house.settings, erasure_dir=folder)
    manager.get(here).post(f"{here}/erase", code=cast.family_code)
    assert count(db) == 0


def test_who_erases_is_told_that_the_copy_of_the_keys_waits(
    hire: Hire, pin: Desk, cast: Cast, db: Database, app: Flask, tmp_path: Path
) -> None:
    _, public = age_files.new_identity()
    house = app.extensions["meetmoment"]
    house.settings = replace(house.settings, erasure_dir=tmp_path, backup_dir=tmp_path, backup_keys=(public,))
    keys = PeopleKeys.of(house.settings)
    assert keys is not None
    here = f"/desk/families/{cast.family_id}"
    alone = leaving.withdraw(db, cast.family_id, cast.sam, "unknown", "erase", now=at(T0), actor="test")
    keys.fill(db)
    keys.renew_copy()
    manager = hire(Role.DATA_MANAGER, everywhere=True)
    there = f"/desk/families/{alone}"
    manager.get(there).post(f"{there}/erase", code=families.by_id(db, alone).code)
    assert "eerdere back-ups" not in manager.text
    assert keys.is_copied()
    pin.get(f"{here}/stop").post(f"{here}/stop", reason="family_wish", wish="erase")
    (tmp_path / COPY).unlink()
    (tmp_path / COPY).mkdir()
    manager.get(here).post(f"{here}/erase", code=cast.family_code)
    assert "In eerdere back-ups is het nog te lezen" in manager.text
    with db.read() as connection:
        assert set(keys.secrets()) == set(connection.scalars(select(PersonKeyRow.name)))
