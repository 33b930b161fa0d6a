"""A family that stopped by mistake, or takes part after all, begins again where it was."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from survey import audit, families, links, schedule
from survey.db import Database
from survey.exports.taking_part import departures
from survey.fieldwork import erasure, households, leaving, pausing
from survey.models import Family as FamilyRow
from tests.people import T0, Cast, at, plan
from tests.survey.sittings import open_response, save

NOW = at(T0)
LATER = at(T0, hour=15)


def status(db: Database, family_id: int) -> str:
    with db.read() as connection:
        return connection.scalars(select(FamilyRow.status).where(FamilyRow.id == family_id)).one()


def stop(db: Database, family_id: int, wish: str = "keep") -> None:
    leaving.stop(db, family_id, "family_wish", wish, now=NOW, actor="test")


def test_who_comes_back_is_asked_what_is_due_and_counts_as_taking_part(db: Database, cast: Cast) -> None:
    token = links.make(db, family_id=cast.family_id, now=NOW)
    number = open_response(db, cast.mother, "who5")
    save(db, number, {"1": 3}, source="entry")
    asked = {task.key for task in schedule.pocket(db, plan(), cast.mother, T0).tasks}
    stop(db, cast.family_id, "erase")
    assert schedule.pocket(db, plan(), cast.mother, T0).closed == "stopped"
    assert leaving.may_come_back(db, cast.family_id)
    leaving.come_back(db, cast.family_id, now=LATER, actor="account 1")
    assert status(db, cast.family_id) == "active"
    assert {task.key for task in schedule.pocket(db, plan(), cast.mother, T0).tasks} == asked
    with db.read() as connection:
        assert departures(connection) == {}, "nothing is left out of an export any more"
    with pytest.raises(links.LinkRevoked):
        links.find(db, token, LATER)
    told = audit.of(db, f"family {cast.family_id}")
    assert [entry.action for entry in told[-3:]] == ["family.status", "family.left", "family.status"]
    assert (told[-1].actor, told[-1].detail["status"]) == ("account 1", "active")
    with pytest.raises(erasure.StillTakesPart):
        erasure.erase_family(db, cast.family_id, now=LATER, actor="test")
    # And may stop once more.
    stop(db, cast.family_id)
    assert leaving.may_come_back(db, cast.family_id)


@pytest.mark.parametrize("whose", ["family", "study"])
def test_who_comes_back_in_a_pause_waits_for_its_end(db: Database, cast: Cast, whose: str) -> None:
    held = cast.family_id if whose == "family" else None
    pause = pausing.begin(db, cast.study_id, "vakantie", family_id=held, now=NOW, actor="test")
    stop(db, cast.family_id)
    leaving.come_back(db, cast.family_id, now=LATER, actor="test")
    assert status(db, cast.family_id) == "paused"
    pausing.end(db, plan(), pause, now=LATER, actor="test")
    assert status(db, cast.family_id) == "active"


def test_who_takes_part_or_went_elsewhere_has_nothing_to_come_back_to(db: Database, cast: Cast) -> None:
    alone = leaving.withdraw(db, cast.family_id, cast.father, "family_wish", "keep", now=NOW, actor="test")
    parted = households.part(
        db, cast.family_id, [cast.sam], out_of_home=True, caregiver=families.Parent(), now=NOW, actor="test"
    )
    stop(db, parted)
    leaving.come_back(db, parted, now=NOW, actor="test")
    households.join(db, parted, cast.family_id, now=NOW, actor="test")
    for family_id in (cast.family_id, alone, parted, 999):
        before = audit.verify(db).events
        with pytest.raises(leaving.CannotComeBack):
            leaving.come_back(db, family_id, now=LATER, actor="test")
        assert audit.verify(db).events == before
    assert (status(db, alone), status(db, parted)) == ("stopped", "stopped")
