"""Links and visits: who may see what, on which device, for how long."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from instruments import Edition
from survey import audit, families, links, visits
from survey.db import Database
from survey.models import Base
from tests import people
from tests.people import Cast, at

NOW = at(people.T0)


def everything(db: Database) -> str:
    """All that is stored, as one text."""
    with db.read() as connection:
        return "\n".join(
            str(tuple(row))
            for table in Base.metadata.sorted_tables
            for row in connection.execute(sa.select(table))
        )


def test_a_token_is_told_once_and_opens_its_respondent(db: Database, cast: Cast) -> None:
    token = links.make(db, respondent_id=cast.mother, now=NOW)
    assert len(token) == 22
    link = links.find(db, token, NOW)
    assert (link.respondent_id, link.family_id) == (cast.mother, None)


def test_neither_token_nor_visit_secret_is_stored_anywhere(db: Database, cast: Cast) -> None:
    token = links.make(db, family_id=cast.family_id, now=NOW)
    secret, _ = visits.open(db, token, NOW)
    stored = everything(db)
    assert token not in stored
    assert secret not in stored
    assert links.digest_of(token) in stored


def test_unknown_expired_and_revoked_links_are_told_apart(db: Database, cast: Cast) -> None:
    with pytest.raises(links.LinkUnknown):
        links.find(db, "nobody-has-this-token0", NOW)
    ends = NOW + dt.timedelta(days=10)
    token = links.make(db, respondent_id=cast.mother, expires_at=ends, now=NOW)
    links.find(db, token, ends - dt.timedelta(seconds=1))
    with pytest.raises(links.LinkExpired):
        links.find(db, token, ends)
    links.revoke(db, links.find(db, token, NOW).id, now=NOW)
    with pytest.raises(links.LinkRevoked):
        links.find(db, token, NOW)


@pytest.mark.parametrize("both", [True, False])
def test_a_link_is_for_exactly_one_respondent_or_family(db: Database, cast: Cast, both: bool) -> None:
    with pytest.raises(ValueError, match="one"):
        links.make(
            db, respondent_id=cast.mother if both else None, family_id=cast.family_id if both else None
        )


def test_making_opening_and_revoking_a_link_leave_an_audit_trail(db: Database, cast: Cast) -> None:
    token = links.make(db, respondent_id=cast.fatma, now=NOW, actor="researcher")
    _, visit = visits.open(db, token, NOW)
    links.revoke(db, visit.link_id, now=NOW, actor="researcher")
    links.revoke(db, visit.link_id, now=NOW, actor="researcher")
    trail = [(entry.actor, entry.action) for entry in audit.of(db, f"respondent {cast.fatma}")]
    assert trail == [
        ("researcher", "link.made"),
        (f"visit {visit.id}", "link.opened"),
        ("researcher", "link.revoked"),
    ]


def test_revoking_a_link_ends_what_was_opened_with_it(db: Database, cast: Cast) -> None:
    visit = people.visit(db, cast.mother, NOW)
    assert visits.find(db, visit.digest, NOW) == visit
    links.revoke_all(db, respondent_id=cast.mother, now=NOW)
    with pytest.raises(visits.VisitOver):
        visits.find(db, visit.digest, NOW)


def test_a_visit_begins_in_the_edition_of_the_person_unless_another_was_chosen(
    db: Database, cast: Cast
) -> None:
    token = links.make(db, respondent_id=cast.father, now=NOW)
    assert visits.open(db, token, NOW)[1].edition == Edition("en")
    assert visits.open(db, token, NOW, edition=people.EASY)[1].edition == people.EASY


def test_an_edition_that_was_changed_is_remembered_for_the_person(db: Database, cast: Cast) -> None:
    visit = people.visit(db, cast.mother, NOW)
    visits.set_edition(db, visit, people.EASY)
    assert visits.find(db, visit.digest, NOW).edition == people.EASY
    assert people.visit(db, cast.mother, NOW).edition == people.EASY


def test_a_visit_ends_when_it_is_stopped_idle_or_very_long(db: Database, cast: Cast) -> None:
    visit = people.visit(db, cast.mother, NOW)
    late = NOW + visits.IDLE
    assert visits.find(db, visit.digest, late)
    with pytest.raises(visits.VisitOver):
        visits.find(db, visit.digest, late + visits.TOUCH + dt.timedelta(seconds=1))
    with pytest.raises(visits.VisitOver):
        visits.find(
            db, visit.digest, NOW + visits.LONGEST + dt.timedelta(seconds=1), idle=dt.timedelta(days=1)
        )
    visits.end(db, visit.digest, NOW)
    visits.end(db, visit.digest, NOW)
    with pytest.raises(visits.VisitOver):
        visits.find(db, visit.digest, NOW)


def test_an_invented_visit_is_over(db: Database, cast: Cast) -> None:
    with pytest.raises(visits.VisitOver):
        visits.find(db, links.digest_of("invented"), NOW)


def test_from_the_family_page_each_pocket_is_a_visit_of_its_own(db: Database, cast: Cast) -> None:
    token = links.make(db, family_id=cast.family_id, now=NOW)
    _, page = visits.open(db, token, NOW)
    assert (page.respondent_id, page.family_id) == (None, cast.family_id)
    _, hers = visits.choose(db, page, cast.mother, NOW)
    _, his = visits.choose(db, hers, cast.father, NOW)
    assert len({page.id, hers.id, his.id}) == 3
    assert (hers.respondent_id, his.respondent_id) == (cast.mother, cast.father)
    assert his.edition == Edition("en")
    for ended in (page, hers):
        with pytest.raises(visits.VisitOver):
            visits.find(db, ended.digest, NOW)
    with pytest.raises(visits.VisitOver):
        visits.choose(db, page, cast.father, NOW)


def test_an_edition_chosen_on_the_family_page_goes_along(db: Database, cast: Cast) -> None:
    token = links.make(db, family_id=cast.family_id, now=NOW)
    _, page = visits.open(db, token, NOW, edition=people.EASY)
    _, his = visits.choose(db, page, cast.father, NOW)
    assert his.edition == people.EASY


def test_nobody_outside_the_family_can_be_chosen(db: Database, cast: Cast) -> None:
    token = links.make(db, family_id=cast.family_id, now=NOW)
    _, page = visits.open(db, token, NOW)
    for outsider in (cast.fatma, 999):
        with pytest.raises(visits.NotYours):
            visits.choose(db, page, outsider, NOW)
    own = people.visit(db, cast.mother, NOW)
    with pytest.raises(visits.NotYours):
        visits.choose(db, own, cast.father, NOW)


def test_a_family_that_stops_loses_its_links_at_once(db: Database, cast: Cast) -> None:
    token = links.make(db, family_id=cast.family_id, now=NOW)
    hers = people.visit(db, cast.mother, NOW)
    pins = people.visit(db, cast.fatma, NOW)
    families.set_status(db, cast.family_id, "stopped", reason="withdrew", now=NOW)
    with pytest.raises(links.LinkRevoked):
        links.find(db, token, NOW)
    with pytest.raises(visits.VisitOver):
        visits.find(db, hers.digest, NOW)
    assert visits.find(db, pins.digest, NOW)
