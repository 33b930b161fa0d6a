"""What is due for whom on which day: the protocol laid over the family De Vries."""

from __future__ import annotations

import datetime as dt

import pytest

from instruments.protocol import add_months
from survey import families, professionals, responses, schedule
from survey.db import Database, counting
from survey.schedule import Pocket
from tests import people
from tests.people import DUTCH, T0, T1, Cast, at, plan


def asked(pocket: Pocket) -> list[tuple[str, str, int | None]]:
    return [(task.instrument, task.version, task.child_id) for task in pocket.tasks]


def instruments_about(pocket: Pocket, child: int | None) -> list[tuple[str, str]]:
    return [(name, version) for name, version, about in asked(pocket) if about == child]


def pocket(db: Database, respondent: int, on: dt.date) -> Pocket:
    return schedule.pocket(db, plan(), respondent, on)


def open_task(db: Database, respondent: int, on: dt.date, instrument: str, child: int | None = None) -> int:
    task = next(
        task
        for task in pocket(db, respondent, on).tasks
        if (task.instrument, task.child_id) == (instrument, child)
    )
    return responses.open(db, plan(), respondent, task.key, on=on, now=at(on), edition=DUTCH)


def test_each_child_gets_the_versions_of_its_age(db: Database, cast: Cast) -> None:
    mothers = pocket(db, cast.mother, T0)
    background = ("background_child", "parent")
    assert instruments_about(mothers, cast.sam_child) == [background, ("tapqol", "parent-0-1")]
    assert instruments_about(mothers, cast.noor_child) == [
        background,
        ("pedsql", "parent-2-4"),
        ("sdq", "parent-4-17"),
    ]
    assert instruments_about(mothers, cast.daan_child) == [
        background,
        ("pedsql", "parent-8-12"),
        ("sdq", "parent-4-17"),
    ]
    assert {task.child_age_years for task in mothers.tasks} == {None, 1, 4, 9}


def test_the_designated_parent_reports_on_the_children_and_every_parent_on_themselves(
    db: Database, cast: Cast
) -> None:
    mothers, fathers = (pocket(db, parent, T0) for parent in (cast.mother, cast.father))
    own = [("who5", "self"), ("parenting_scale", "parent-short"), ("vgk", "parent")]
    assert instruments_about(mothers, None) == [("background_family", "parent"), *own]
    assert asked(fathers) == [(name, version, None) for name, version in own]


def test_another_reporter_takes_over_what_is_not_begun(db: Database, cast: Cast) -> None:
    begun = open_task(db, cast.mother, T0, "sdq", cast.noor_child)
    families.set_reporter(db, cast.noor_child, cast.father, now=at(T0))
    about_noor = instruments_about(pocket(db, cast.father, T0), cast.noor_child)
    assert ("pedsql", "parent-2-4") in about_noor
    left = [task for task in pocket(db, cast.mother, T0).tasks if task.child_id == cast.noor_child]
    assert [(task.instrument, task.response_id) for task in left] == [("sdq", begun)]


def test_only_a_parent_of_the_family_can_report(db: Database, cast: Cast) -> None:
    for other in (cast.daan, cast.fatma):
        with pytest.raises(ValueError, match="no parent"):
            families.set_reporter(db, cast.noor_child, other)


def test_a_child_is_asked_from_the_first_follow_up_at_eight_on(db: Database, cast: Cast) -> None:
    assert pocket(db, cast.daan, T0).tasks == ()
    (task,) = pocket(db, cast.daan, T1).tasks
    assert (task.instrument, task.child_id, task.age_months) == ("evaluation_child", None, 118)
    assert pocket(db, cast.daan, T1).age_years == 9
    assert pocket(db, cast.noor, T1).tasks == ()


def test_professionals_are_asked_at_the_follow_ups_on_their_own_clock(db: Database, cast: Cast) -> None:
    assert pocket(db, cast.fatma, T0).tasks == ()
    assert asked(pocket(db, cast.fatma, T1)) == [("evaluation_linking_pin", "linking-pin", None)]
    assert asked(pocket(db, cast.joost, T1)) == [("evaluation_childcare", "childcare-worker", None)]


def test_the_clock_of_a_professional_starts_once_and_outlives_the_family(db: Database, cast: Cast) -> None:
    town = families.add_municipality(db, cast.study_id, "G2", "Elders")
    later = families.add_family(
        db, cast.study_id, town, dt.date(2026, 12, 1), parents=[families.Parent()], children=[]
    )
    professionals.assign(
        db, cast.fatma_professional, family_id=later.family_id, starts_on=dt.date(2026, 12, 1)
    )
    families.set_status(db, cast.family_id, "stopped")
    professionals.release(
        db, cast.fatma_professional, family_id=cast.family_id, ends_on=dt.date(2026, 12, 31)
    )
    fatma = next(found for found in professionals.listing(db) if found.id == cast.fatma_professional)
    assert fatma.clock_start == T0
    assert pocket(db, cast.fatma, T1).wave == "T1"


def test_a_professional_without_a_family_is_not_asked_yet(db: Database, cast: Cast) -> None:
    new = professionals.add(db, cast.study_id, "linking_pin", T0)
    found = pocket(db, new.respondent_id, T1)
    assert (found.tasks, found.closed) == ((), "not_started")


def test_who_takes_over_starts_a_clock_on_that_day(db: Database, cast: Cast) -> None:
    new = professionals.add(db, cast.study_id, "linking_pin", T1, predecessor_id=cast.fatma_professional)
    professionals.assign(db, new.id, family_id=cast.family_id, starts_on=T1)
    assert pocket(db, new.respondent_id, T1).wave == "T0"
    assert pocket(db, new.respondent_id, add_months(T1, 6)).wave == "T1"


@pytest.mark.parametrize("family", [True, False])
def test_a_professional_is_assigned_to_exactly_one_that_exists(
    db: Database, cast: Cast, family: bool
) -> None:
    with pytest.raises(ValueError, match="one"):
        professionals.assign(db, cast.fatma_professional, starts_on=T0)
    with pytest.raises(ValueError, match="no such"):
        professionals.assign(
            db,
            cast.fatma_professional,
            family_id=999 if family else None,
            child_id=None if family else 999,
            starts_on=T0,
        )


@pytest.mark.parametrize(
    ("day", "wave", "closed"),
    [
        (T0 - dt.timedelta(1), None, "between_waves"),
        (T0, "T0", None),
        (T0 + dt.timedelta(120), "T0", None),
        (T0 + dt.timedelta(121), None, "between_waves"),
        (T1 - dt.timedelta(29), None, "between_waves"),
        (T1 - dt.timedelta(28), "T1", None),
        (T1 + dt.timedelta(120), "T1", None),
        (T1 + dt.timedelta(121), None, "between_waves"),
        (dt.date(2030, 1, 1), None, "between_waves"),
    ],
)
def test_a_wave_is_open_on_the_days_of_its_window_only(
    db: Database, cast: Cast, day: dt.date, wave: str | None, closed: str | None
) -> None:
    found = pocket(db, cast.mother, day)
    assert (found.wave, found.closed, bool(found.tasks)) == (wave, closed, wave is not None)


def test_between_waves_the_next_opening_is_known_until_the_last(db: Database, cast: Cast) -> None:
    assert pocket(db, cast.mother, T0 + dt.timedelta(121)).next_opens == T1 - dt.timedelta(28)
    assert pocket(db, cast.mother, dt.date(2030, 1, 1)).next_opens is None


@pytest.mark.parametrize("status", ["paused", "stopped"])
def test_a_family_that_paused_or_stopped_is_asked_nothing(db: Database, cast: Cast, status: str) -> None:
    families.set_status(db, cast.family_id, status)
    found = pocket(db, cast.mother, T0)
    assert (found.tasks, found.closed, found.wave) == ((), status, None)
    families.set_status(db, cast.family_id, "active")
    assert pocket(db, cast.mother, T0).tasks


def test_a_birthday_during_a_wave_changes_nothing_in_a_battery_that_was_begun(
    db: Database, cast: Cast
) -> None:
    # Noor is 4;11 on 1 January 2027 and 5;0 on 1 February, when T1 opens: born in February 2022.
    before, after = dt.date(2027, 1, 31), T1
    town = families.add_municipality(db, cast.study_id, "G2", "Elders")
    t0 = dt.date(2026, 12, 1)
    new = families.add_family(
        db,
        cast.study_id,
        town,
        t0,
        parents=[families.Parent()],
        children=[families.Child(people.NOOR_BORN), families.Child(people.NOOR_BORN)],
    )
    first, twin = new.children
    (mother,) = new.parents
    open_task(db, mother, before, "sdq", first)
    later = pocket(db, mother, after)
    assert later.wave == "T0"
    pedsql = {task.child_id: task for task in later.tasks if task.instrument == "pedsql"}
    assert (pedsql[first].version, pedsql[first].age_months) == ("parent-2-4", 59)
    assert (pedsql[twin].version, pedsql[twin].age_months) == ("parent-5-7", 61)


def test_opening_shows_in_the_pocket(db: Database, cast: Cast) -> None:
    before = pocket(db, cast.mother, T0)
    response_id = open_task(db, cast.mother, T0, "who5")
    after = pocket(db, cast.mother, T0)
    assert [task.key for task in after.tasks] == [task.key for task in before.tasks]
    opened = [(task.instrument, task.response_id) for task in after.tasks if task.status == "open"]
    assert opened == [("who5", response_id)]
    assert after.minutes == before.minutes == sum(task.minutes for task in after.tasks)


def test_a_void_response_is_not_offered_again(db: Database, cast: Cast) -> None:
    response_id = open_task(db, cast.mother, T0, "who5")
    responses.set_status(db, response_id, "void", reason="test")
    assert "who5" not in {task.instrument for task in pocket(db, cast.mother, T0).tasks}


def test_the_family_page_lists_the_parents_and_not_the_children(db: Database, cast: Cast) -> None:
    page = schedule.family_page(db, plan(), cast.family_id, T1)
    assert [found.respondent_id for found in page.pockets] == [cast.mother, cast.father]
    assert page.pockets == (pocket(db, cast.mother, T1), pocket(db, cast.father, T1))
    assert (page.wave, page.closed) == ("T1", None)


def test_a_study_may_let_the_family_page_list_children_who_are_asked_something(
    db: Database, cast: Cast
) -> None:
    shows = plan().model_copy(update={"family_page_shows_children": True})
    page = schedule.family_page(db, shows, cast.family_id, T1)
    assert [(found.respondent_id, found.age_years) for found in page.pockets] == [
        (cast.mother, None),
        (cast.father, None),
        (cast.daan, 9),
    ]


def test_a_child_that_is_not_born_yet_is_asked_about_later(db: Database, cast: Cast) -> None:
    town = families.add_municipality(db, cast.study_id, "G2", "Elders")
    new = families.add_family(
        db,
        cast.study_id,
        town,
        T0,
        parents=[families.Parent()],
        children=[families.Child(dt.date(2026, 11, 20))],
    )
    before = pocket(db, new.parents[0], T0)
    assert all(task.child_id is None for task in before.tasks)
    assert pocket(db, new.child_respondents[0], T0).age_years is None
    after = pocket(db, new.parents[0], dt.date(2026, 11, 30))
    assert ("tapqol", "parent-0-1", new.children[0]) in asked(after)


def test_pocket_and_family_page_take_at_most_three_statements(db: Database, cast: Cast) -> None:
    with counting(db) as counts:
        pocket(db, cast.mother, T1)
    assert counts.statements <= 3
    with counting(db) as counts:
        schedule.family_page(db, plan(), cast.family_id, T1)
    assert (counts.statements, counts.commits) == (3, 0)


def test_an_unknown_respondent_or_family_is_said_to_be_so(db: Database, cast: Cast) -> None:
    with pytest.raises(schedule.NoSuchRespondent):
        pocket(db, 999, T0)
    with pytest.raises(schedule.NoSuchRespondent):
        schedule.family_page(db, plan(), 999, T0)
