"""Families that part, join or move: codes and answers go along, links and consent do not."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from survey import families, links, moments, responses, schedule, windows
from survey.contacts import Book
from survey.db import Database
from survey.families import Child, NoSuchFamily, Parent
from survey.fieldwork import consent, erasure, household_changes, households, leaving, scopes
from survey.fieldwork.consent import Line
from survey.fieldwork.households import CannotPart
from survey.models import Answer
from tests.people import T0, T1, Cast, at, plan
from tests.survey.sittings import open_response, save, sit

NOW = at(T0 + dt.timedelta(30))


def part(db: Database, cast: Cast, *members: int, **options: object) -> int:
    return households.part(db, cast.family_id, members, **options, now=NOW, actor="account 1")  # type: ignore[arg-type]


def home(db: Database, family_id: int) -> set[int]:
    return {
        one.respondent_id
        for family in families.listing(db)
        if family.id == family_id
        for one in family.members
    }


def test_a_father_and_a_son_form_a_second_household_with_its_own_code(db: Database, cast: Cast) -> None:
    new = part(db, cast, cast.father, cast.daan)
    assert home(db, new) == {cast.father, cast.daan}
    assert home(db, cast.family_id) == {cast.mother, cast.noor, cast.sam}
    first, second = families.listing(db)
    assert second.code != first.code
    assert second.t0 == first.t0
    # Each child is reported on by who it lives with.
    (daan,) = household_changes.children(db, new, T0)
    assert daan.reporter_id == cast.father
    assert {child.reporter_id for child in household_changes.children(db, cast.family_id, T0)} == {
        cast.mother
    }
    # And the linking pin works with both.
    assert scopes.of_family(db, new, T0 + dt.timedelta(31)).professionals == {cast.fatma_professional}


def test_what_was_answered_goes_along_and_later_waves_are_asked_in_the_new_home(
    db: Database, cast: Cast
) -> None:
    number = open_response(db, cast.father, "who5")
    save(db, sit(db, cast.father, number), {"1": 3})
    part(db, cast, cast.father, cast.daan)
    assert responses.get(db, number).respondent_id == cast.father
    asked = {task.child_id for task in schedule.pocket(db, plan(), cast.father, T1).tasks}
    assert asked == {None, cast.daan_child}
    assert cast.daan_child not in {
        task.child_id for task in schedule.pocket(db, plan(), cast.mother, T1).tasks
    }


def test_what_was_begun_about_a_child_that_left_is_stopped_and_kept(db: Database, cast: Cast) -> None:
    number = open_response(db, cast.mother, "pedsql")
    assert responses.get(db, number).child_id == cast.daan_child
    part(db, cast, cast.father, cast.daan)
    assert responses.get(db, number).status == "stopped"


def test_the_page_of_the_old_home_opens_no_more_and_own_links_do(db: Database, cast: Cast) -> None:
    page = links.make(db, family_id=cast.family_id, now=at(T0))
    own = links.make(db, respondent_id=cast.father, now=at(T0))
    part(db, cast, cast.father, cast.daan)
    with pytest.raises(links.LinkRevoked):
        links.find(db, page, NOW)
    assert links.find(db, own, NOW).respondent_id == cast.father


def test_a_child_placed_out_of_home_gets_a_new_caregiver_new_links_and_a_new_decision(
    db: Database, cast: Cast
) -> None:
    for giver in ("guardian_a", "guardian_b"):
        consent.record(
            db, plan(), cast.daan, Line("research", giver, "given", T0, "1"), now=at(T0), actor="test"
        )
    own = links.make(db, respondent_id=cast.daan, now=at(T0))
    on = T0 + dt.timedelta(30)
    assert consent.of_families(db, on, [cast.family_id])[cast.family_id][cast.daan].is_given
    new = part(db, cast, cast.daan, out_of_home=True, caregiver=Parent("en"))
    standing = consent.of_families(db, on, [new])[new]
    assert standing[cast.daan].missing == ("guardian_a", "guardian_b")
    with pytest.raises(links.LinkRevoked):
        links.find(db, own, NOW)
    (caregiver,) = home(db, new) - {cast.daan}
    (daan,) = household_changes.children(db, new, T0)
    assert daan.reporter_id == caregiver
    # Who decides now says yes, and that counts.
    consent.record(
        db, plan(), cast.daan, Line("research", "sole_guardian", "given", on, "1"), now=NOW, actor="test"
    )
    assert consent.of_families(db, on, [new])[new][cast.daan].is_given


def test_a_no_of_the_child_itself_goes_along(db: Database, cast: Cast) -> None:
    consent.record(
        db, plan(), cast.daan, Line("research", "child", "refused", T0, "1"), now=at(T0), actor="t"
    )
    new = part(db, cast, cast.daan, out_of_home=True, caregiver=Parent())
    assert "child" in consent.of_families(db, T0 + dt.timedelta(30), [new])[new][cast.daan].missing


@pytest.mark.parametrize(
    ("who", "options", "why"),
    [
        ((), {}, "nobody"),
        (("fatma",), {}, "nobody"),
        (("mother", "father", "daan", "noor", "sam"), {}, "all"),
        (("daan",), {}, "no_adult"),
        (("mother", "father"), {}, "no_adult"),
        (("daan",), {"out_of_home": True}, "only_children"),
        (("father",), {"out_of_home": True, "caregiver": Parent()}, "only_children"),
    ],
)
def test_nobody_is_left_without_who_answers_and_nothing_half_happens(
    db: Database, cast: Cast, who: tuple[str, ...], options: dict[str, object], why: str
) -> None:
    before = families.listing(db)
    with pytest.raises(CannotPart) as refused:
        part(db, cast, *[getattr(cast, name) for name in who], **options)
    assert refused.value.why == why
    assert families.listing(db) == before


def test_a_family_that_was_noted_twice_becomes_one(db: Database, cast: Cast) -> None:
    town = next(iter(families.places(db)))
    twice = families.add_family(
        db, cast.study_id, town, T1, parents=[Parent()], children=[Child(dt.date(2020, 1, 1))], now=NOW
    )
    households.join(db, twice.family_id, cast.family_id, now=NOW, actor="account 1")
    assert home(db, cast.family_id) >= {twice.parents[0], *twice.child_respondents}
    assert home(db, twice.family_id) == set()
    assert {family.id: family.status for family in families.listing(db)}[twice.family_id] == "stopped"
    kinds = {change.kind for change in households.changes(db, cast.family_id)}
    assert kinds == {"joined"}


@pytest.mark.parametrize("other", ["same", "nobody", "stopped"])
def test_a_family_joins_no_other_kind_of_family(db: Database, cast: Cast, other: str) -> None:
    town = next(iter(families.places(db)))
    gone = families.add_family(db, cast.study_id, town, T0, parents=[Parent()], children=[], now=NOW)
    families.set_status(db, gone.family_id, "stopped", now=NOW)
    into = {"same": cast.family_id, "nobody": 999, "stopped": gone.family_id}[other]
    with pytest.raises(CannotPart):
        households.join(db, cast.family_id, into, now=NOW, actor="t")
    with pytest.raises(NoSuchFamily):
        households.join(db, gone.family_id, cast.family_id, now=NOW, actor="t")


def test_a_family_that_moves_to_where_its_linking_pin_does_not_work_raises_the_alert(
    db: Database, cast: Cast
) -> None:
    other = families.add_municipality(db, cast.study_id, "G2", "Andersdorp")
    assert not households.move(db, cast.family_id, other, now=NOW, actor="account 1")
    scope = scopes.of_family(db, cast.family_id, T0 + dt.timedelta(31))
    assert scope.municipalities == {other}
    assert scope.professionals == frozenset()


def test_days_that_were_added_to_a_wave_go_along(db: Database, cast: Cast) -> None:
    closes = plan().window(T0, "T0").closes + dt.timedelta(5)
    windows.extend(db, plan(), cast.family_id, "T0", closes, "ill", now=NOW, actor="t")
    new = part(db, cast, cast.father)
    assert windows.of_family(db, plan(), new)[0].closes == closes


def test_erasing_one_household_leaves_the_other_whole(db: Database, cast: Cast, book: Book) -> None:
    number = open_response(db, cast.father, "who5")
    save(db, sit(db, cast.father, number), {"1": 3})
    part(db, cast, cast.father, cast.daan)
    leaving.stop(db, cast.family_id, "family_wish", "erase", now=NOW, actor="t")
    erasure.erase_family(db, cast.family_id, now=NOW, actor="t", book=book)
    (left,) = families.listing(db)
    assert {one.respondent_id for one in left.members} == {cast.father, cast.daan}
    with db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Answer)) == 1


def test_one_parent_withdraws_and_is_erased_and_the_others_go_on(
    db: Database, cast: Cast, book: Book
) -> None:
    hers, his = open_response(db, cast.mother, "who5"), open_response(db, cast.father, "who5")
    save(db, sit(db, cast.mother, hers), {"1": 4})
    save(db, sit(db, cast.father, his), {"1": 3})
    alone = leaving.withdraw(
        db, cast.family_id, cast.father, "family_wish", "erase", now=NOW, actor="account 1"
    )
    assert leaving.of_family(db, alone) == leaving.Departure(moments.day(NOW), "family_wish", "erase")
    assert schedule.pocket(db, plan(), cast.father, T1).closed == "stopped"
    assert schedule.pocket(db, plan(), cast.mother, T1).tasks
    erasure.erase_family(db, alone, now=NOW, actor="account 2", book=book)
    with db.read() as connection:
        assert list(connection.scalars(sa.select(Answer.response_id))) == [hers]
    with pytest.raises(responses.NoSuchResponse):
        responses.get(db, his)
    assert home(db, cast.family_id) == {cast.mother, cast.daan, cast.noor, cast.sam}


def test_a_child_withdraws_with_what_others_answered_about_it(db: Database, cast: Cast, book: Book) -> None:
    about = open_response(db, cast.mother, "pedsql")
    own = links.make(db, respondent_id=cast.daan, now=at(T0))
    alone = leaving.withdraw(db, cast.family_id, cast.daan, "unknown", "erase", now=NOW, actor="account 1")
    with pytest.raises(links.LinkRevoked):
        links.find(db, own, NOW)
    assert responses.get(db, about).status == "stopped"
    erasure.erase_family(db, alone, now=NOW, actor="account 2", book=book)
    with pytest.raises(responses.NoSuchResponse):
        responses.get(db, about)
    assert {child.id for child in household_changes.children(db, cast.family_id, T1)} == {
        cast.noor_child,
        cast.sam_child,
    }


def test_the_only_parent_of_children_cannot_withdraw_alone(db: Database, cast: Cast) -> None:
    leaving.withdraw(db, cast.family_id, cast.father, "unknown", "keep", now=NOW, actor="t")
    with pytest.raises(CannotPart):
        leaving.withdraw(db, cast.family_id, cast.mother, "unknown", "keep", now=NOW, actor="t")
