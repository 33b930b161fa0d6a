"""Post: only to who agreed, only when it is safe, never too much; a stopped run loses and repeats nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from survey import audit, families, links, moments, visits
from survey.contacts import Book
from survey.db import Database
from survey.fieldwork import consent, leaving, pausing
from survey.fieldwork.consent import Line
from survey.post import carriers, queue, reminding
from survey.post.queue import NotSendable
from survey.post.sending import MOST_TRIES, PostOffice
from tests.people import T0, T1, Cast, at, plan
from tests.survey.post.conftest import MORNING, Bag, Clock

Agrees = Callable[..., None]


def put(office: PostOffice, respondent_id: int, kind: str = "link") -> int:
    return queue.put(
        office.db, office.book, office.protocol, respondent_id, kind, now=office.clock(), actor="account 1"
    )


def states(office: PostOffice, respondent_id: int) -> list[str]:
    return [one.state for one in queue.of_people(office.db, [respondent_id])[respondent_id]]


def why(office: PostOffice, respondent_id: int, kind: str = "link") -> str:
    with pytest.raises(NotSendable) as refused:
        put(office, respondent_id, kind)
    return refused.value.why


def test_a_link_goes_to_the_number_and_opens_the_questions(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees
) -> None:
    agrees(cast.mother)
    put(office, cast.mother)
    assert office.send() == {"sent": 1}
    assert bag.sent[0][0] == "+31612345678"
    token = bag.address.rpartition("/l/")[2]
    assert links.find(office.db, token, MORNING).respondent_id == cast.mother
    assert office.send() == {}


def test_mail_goes_to_the_address(office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees) -> None:
    agrees(cast.father, channel="mail")
    put(office, cast.father)
    assert office.send() == {"sent": 1}
    assert bag.sent[0][0] == "ayse@example.org"
    assert bag.sent[0][1].body.startswith("en link ")


def test_it_waits_for_a_safe_moment(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees, clock: Clock
) -> None:
    agrees(cast.mother)
    clock.now = at(T0, 18)
    put(office, cast.mother)
    assert office.send() == {}
    clock.now = at(T0 + dt.timedelta(1), 7)
    assert office.send() == {"sent": 1}


def test_a_run_that_comes_too_late_waits_for_the_next_safe_moment(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees, clock: Clock
) -> None:
    agrees(cast.mother)
    put(office, cast.mother)
    clock.now = at(T0, 20)
    assert office.send() == {"waiting": 1}
    assert bag.sent == []
    (waiting,) = queue.of_people(office.db, [cast.mother])[cast.mother]
    assert waiting.not_before.astimezone(moments.ZONE).hour == 9


def test_who_did_not_agree_is_not_written_to(office: PostOffice, cast: Cast, agrees: Agrees) -> None:
    assert why(office, cast.mother) == "not_agreed"
    agrees(cast.mother, channel="none")
    assert why(office, cast.mother) == "not_agreed"


def test_what_was_agreed_in_another_wave_does_not_hold(
    office: PostOffice, cast: Cast, agrees: Agrees, clock: Clock
) -> None:
    agrees(cast.mother)
    clock.now = at(T1, 8)
    assert why(office, cast.mother) == "not_agreed"


def test_who_changes_their_mind_before_it_goes_gets_nothing(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees
) -> None:
    agrees(cast.mother)
    put(office, cast.mother)
    office.book.forget([cast.mother])
    assert office.send() == {"dropped": 1}
    assert bag.sent == []


def test_no_consent_no_message(office: PostOffice, cast: Cast, agrees: Agrees) -> None:
    agrees(cast.mother)
    strict = office.protocol.model_copy(update={"consent_required": True})
    with pytest.raises(NotSendable) as refused:
        queue.put(office.db, office.book, strict, cast.mother, "link", now=MORNING, actor="test")
    assert refused.value.why == "no_consent"
    consent.record(
        office.db, strict, cast.mother, Line("research", "self", "given", T0, "1"), now=MORNING, actor="test"
    )
    assert queue.put(office.db, office.book, strict, cast.mother, "link", now=MORNING, actor="test")


def test_a_family_that_is_paused_or_stops_gets_nothing_even_from_the_queue(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees
) -> None:
    agrees(cast.mother)
    agrees(cast.father)
    put(office, cast.mother)
    pause = pausing.begin(
        office.db, cast.study_id, "lockdown", family_id=cast.family_id, now=MORNING, actor="test"
    )
    assert why(office, cast.father) == "not_taking_part"
    assert office.send() == {"dropped": 1}
    pausing.end(office.db, office.protocol, pause, now=MORNING, actor="test")
    put(office, cast.father)
    leaving.stop(office.db, cast.family_id, "family_wish", "keep", now=MORNING, actor="test")
    assert office.send() == {"dropped": 1}
    assert bag.sent == []


def test_two_reminders_in_a_wave_at_least_two_weeks_apart_and_the_third_is_refused(
    office: PostOffice, cast: Cast, agrees: Agrees, clock: Clock
) -> None:
    agrees(cast.mother)
    put(office, cast.mother, "reminder")
    office.send()
    clock.now = MORNING + dt.timedelta(13)
    assert why(office, cast.mother, "reminder") == "too_soon"
    clock.now = MORNING + dt.timedelta(14)
    put(office, cast.mother, "reminder")
    office.send()
    clock.now = MORNING + dt.timedelta(42)
    assert why(office, cast.mother, "reminder") == "too_many"
    assert states(office, cast.mother) == ["sent", "sent"]
    # The next wave is another wave.
    clock.now = at(T1, 8)
    agrees(cast.mother)
    assert put(office, cast.mother, "reminder")


def test_pressing_twice_queues_once(office: PostOffice, cast: Cast, agrees: Agrees) -> None:
    agrees(cast.mother)
    assert put(office, cast.mother) == put(office, cast.mother)


def test_many_who_press_at_once_queue_once(office: PostOffice, cast: Cast, agrees: Agrees) -> None:
    agrees(cast.mother)
    with ThreadPoolExecutor(6) as pool:
        numbers = set(pool.map(lambda _: put(office, cast.mother), range(6)))
    assert len(numbers) == 1


def test_links_are_not_sent_without_end_either(office: PostOffice, cast: Cast, agrees: Agrees) -> None:
    agrees(cast.mother)
    for _ in range(queue.MOST_LINKS):
        put(office, cast.mother)
        office.send()
    assert why(office, cast.mother) == "too_many"


def test_a_server_that_is_away_is_tried_again_later_with_another_link(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees, clock: Clock
) -> None:
    agrees(cast.mother)
    put(office, cast.mother)
    bag.fails = [carriers.NotNow()]
    assert office.send() == {"waiting": 1}
    assert office.send() == {}
    clock.now += dt.timedelta(minutes=15)
    assert office.send() == {"sent": 1}
    made = [one for one in audit.of(office.db, f"respondent {cast.mother}") if one.action.startswith("link.")]
    assert [one.action for one in made] == ["link.made", "link.revoked", "link.made"]


def test_after_enough_vain_tries_it_is_given_up_and_said(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees, clock: Clock
) -> None:
    agrees(cast.mother, days="1234567")
    put(office, cast.mother)
    bag.fails = [carriers.NotNow() for _ in range(MOST_TRIES)]
    while states(office, cast.mother) == ["waiting"]:
        clock.now = queue.of_people(office.db, [cast.mother])[cast.mother][0].not_before
        office.send()
    assert bag.fails == []
    (message,) = queue.of_people(office.db, [cast.mother])[cast.mother]
    assert (message.state, message.problem) == ("failed", "no_answer")


def test_an_address_that_is_not_taken_is_not_tried_again(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees
) -> None:
    agrees(cast.mother)
    put(office, cast.mother)
    bag.fails = [carriers.Refused()]
    assert office.send() == {"failed": 1}
    assert office.send() == {}


class PowerCut(BaseException):
    """The machine stops."""


def test_a_run_that_dies_before_it_begins_loses_nothing(
    db: Database, office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees
) -> None:
    agrees(cast.mother)
    agrees(cast.father)
    put(office, cast.mother)
    put(office, cast.father)
    bag.fails = [PowerCut()]
    with pytest.raises(PowerCut):
        office.send()
    # The other one is still there for the next run; the one that was on its way is not sent twice.
    assert office.send() == {"sent": 1}
    assert states(office, cast.mother) == ["going"]


def test_what_was_on_its_way_when_the_run_died_is_said_to_be_unsure_and_not_sent_again(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees, clock: Clock
) -> None:
    agrees(cast.mother)
    put(office, cast.mother)
    bag.fails = [PowerCut()]
    with pytest.raises(PowerCut):
        office.send()
    clock.now += dt.timedelta(minutes=11)
    assert office.send() == {"unsure": 1}
    assert office.send() == {}
    assert bag.sent == []
    # Somebody who asked whether it came can send it again.
    put(office, cast.mother)
    assert office.send() == {"sent": 1}


def test_a_line_that_goes_dead_is_unsure_at_once(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees
) -> None:
    agrees(cast.mother)
    put(office, cast.mother)
    bag.fails = [carriers.Unsure()]
    assert office.send() == {"unsure": 1}
    assert office.send() == {}


def test_a_message_is_taken_by_one_of_two_runs(
    office: PostOffice, cast: Cast, bag: Bag, agrees: Agrees
) -> None:
    agrees(cast.mother)
    number = put(office, cast.mother)
    assert office._take(number) is not None
    assert office._take(number) is None


def test_reminders_are_for_who_has_something_left_two_weeks_after_the_due_date(
    office: PostOffice, cast: Cast, book: Book, agrees: Agrees, clock: Clock
) -> None:
    agrees(cast.mother)
    agrees(cast.father, channel="none")
    day = dt.timedelta(1)
    assert reminding.plan(office.db, book, plan(), MORNING + 13 * day) == 0
    assert reminding.plan(office.db, book, plan(), MORNING + 14 * day) == 1
    assert reminding.plan(office.db, book, plan(), MORNING + 14 * day) == 0
    clock.now = MORNING + 14 * day
    assert office.send() == {"sent": 1}
    # One more two weeks later, and then never again in this wave.
    queued = [reminding.plan(office.db, book, plan(), MORNING + days * day) for days in range(15, 60)]
    assert sum(queued) == 1


def test_who_was_here_yesterday_is_left_in_peace(
    office: PostOffice, cast: Cast, book: Book, agrees: Agrees
) -> None:
    agrees(cast.mother)
    now = MORNING + dt.timedelta(20)
    token = links.make(office.db, respondent_id=cast.mother, now=now - dt.timedelta(1))
    visits.open(office.db, token, now - dt.timedelta(1))
    assert reminding.plan(office.db, book, plan(), now) == 0
    assert reminding.plan(office.db, book, plan(), now + dt.timedelta(2)) == 1


def test_the_trail_and_the_queue_hold_no_address_and_no_word(
    office: PostOffice, cast: Cast, agrees: Agrees
) -> None:
    agrees(cast.mother)
    put(office, cast.mother)
    office.send()
    noted = str(audit.of(office.db, f"respondent {cast.mother}"))
    assert "message.sent" in noted
    assert "contact.read" in noted
    with office.db.read() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM message").fetchall())
    for secret in ("12345678", "@example", "/l/", "vragen.example"):
        assert secret not in noted + rows


def test_a_family_that_is_erased_leaves_no_message(
    office: PostOffice, cast: Cast, book: Book, agrees: Agrees
) -> None:
    from survey.fieldwork import erasure

    agrees(cast.mother)
    put(office, cast.mother)
    office.send()
    families.set_status(office.db, cast.family_id, "stopped", now=MORNING)
    gone = erasure.erase_family(office.db, cast.family_id, now=MORNING, actor="test", book=book)
    assert (gone["message"], gone["contact"]) == (1, 1)
