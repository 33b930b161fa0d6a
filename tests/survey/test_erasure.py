"""A family that wants it is wiped, from every table; that it was done remains, and others lose nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from survey import audit, families
from survey.db import Database
from survey.fieldwork import consent, erasure, handover, leaving, pausing, placements
from survey.models import Base
from tests.people import T0, Cast, at, plan, visit
from tests.survey.sittings import open_response, save

NOW = at(T0)


def counts(db: Database) -> dict[str, int]:
    with db.read() as connection:
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def live_a_little(db: Database, cast: Cast) -> None:
    """Answers, visits, consent, a pause, a placement: something in every table a family can be in."""
    number = open_response(db, cast.mother, "who5")
    save(db, number, {"1": 4, "2": 3}, source="entry")
    visit(db, cast.father, NOW)
    given = consent.Line("research", "self", "given", T0, "1")
    consent.record(db, plan(), cast.mother, given, now=NOW, actor="test")
    placements.add(db, cast.daan_child, "sport", now=NOW, actor="test")
    pause = pausing.begin(db, cast.study_id, "x", family_id=cast.family_id, now=NOW, actor="test")
    pausing.end(db, plan(), pause, now=NOW, actor="test")
    handover.move(db, [cast.family_id], cast.fatma_professional, "", now=NOW, actor="test")


def test_everything_of_the_family_goes_and_nothing_of_others(db: Database, cast: Cast) -> None:
    before = counts(db)
    with_other = families.add_family(
        db, cast.study_id, 1, T0, parents=[families.Parent()], children=[], now=NOW
    )
    save(db, open_response(db, with_other.parents[0], "who5"), {"1": 5}, source="entry")
    live_a_little(db, cast)
    leaving.stop(db, cast.family_id, "family_wish", "erase", now=NOW, actor="test")
    gone = erasure.erase_family(db, cast.family_id, now=NOW, actor="account 1")
    after = counts(db)
    assert {"answer", "save_event", "response", "visit", "link", "consent", "child"} <= set(gone)
    assert (after["family"], after["respondent"], after["answer"]) == (1, 3, 1)
    assert (after["child"], after["consent"], after["placement"], after["departure"]) == (0, 0, 0, 0)
    assert after["professional"] == before["professional"]
    (erased,) = [one for one in audit.of(db, f"family {cast.family_id}") if one.action == "family.erased"]
    assert erased.detail["answer"] == 2
    assert audit.verify(db).problems == ()


def test_the_history_is_append_only_again_afterwards(db: Database, cast: Cast) -> None:
    live_a_little(db, cast)
    other = families.add_family(db, cast.study_id, 1, T0, parents=[families.Parent()], children=[], now=NOW)
    save(db, open_response(db, other.parents[0], "who5"), {"1": 5}, source="entry")
    leaving.stop(db, cast.family_id, "family_wish", "erase", now=NOW, actor="test")
    erasure.erase_family(db, cast.family_id, now=NOW, actor="test")
    for table in ("save_event", "event", "seal"):
        with pytest.raises(DBAPIError, match="append-only"):
            db.write(lambda connection, name=table: connection.exec_driver_sql(f"DELETE FROM {name}"))


def test_a_family_that_takes_part_is_not_erased(db: Database, cast: Cast) -> None:
    before = counts(db)
    for family_id in (cast.family_id, 4711):
        with pytest.raises(erasure.StillTakesPart):
            erasure.erase_family(db, family_id, now=NOW, actor="test")
    assert counts(db) == before
