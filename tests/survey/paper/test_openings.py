"""The code on a sheet opens the start of exactly its questionnaire, and guessing codes leads nowhere."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from printable import codes
from survey import answers, code_tries, families, links, openings, responses, sheets, visits
from survey.db import Database
from survey.keys import Keyring
from survey.openings import CodeClosed, CodeUnknown, TooManyTries
from survey.sheet_tables import CodeTry
from tests.people import T0, Cast, at
from tests.survey.paper.printing import KEY, print_sheet
from tests.survey.sittings import save

NOW = at(T0)
HOME, LIBRARY = "192.0.2.7", "198.51.100.9"


def open_(db: Database, code: str, now: dt.datetime = NOW, address: str = HOME) -> openings.Opening:
    return openings.open(db, KEY, code, now, address=address)


def guess(db: Database, count: int, address: str = HOME, now: dt.datetime = NOW) -> None:
    for _ in range(count):
        with pytest.raises(CodeUnknown):
            open_(db, codes.new(), now, address)


def test_a_code_opens_the_response_it_is_printed_on(db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "who5")
    opened = open_(db, code)
    sitting = answers.load(db, opened.visit.digest, opened.response_id or 0, NOW)
    assert (sitting.response.instrument, sitting.response.respondent_id) == ("who5", cast.mother)
    assert links.digest_of(opened.secret) == opened.visit.digest
    assert (sitting.answers, sitting.own) == ({}, frozenset())


def test_the_code_of_a_cover_opens_the_pocket(db: Database, cast: Cast) -> None:
    opened = open_(db, print_sheet(db, cast.mother, None))
    assert (opened.response_id, opened.visit.respondent_id) == (None, cast.mother)


def test_a_response_printed_on_paper_and_answered_on_screen_is_of_the_screen(
    db: Database, cast: Cast
) -> None:
    opened = open_(db, print_sheet(db, cast.mother, "who5"))
    assert opened.response_id is not None
    assert responses.get(db, opened.response_id).mode == "paper"
    sitting = answers.load(db, opened.visit.digest, opened.response_id, NOW)
    save(db, sitting, {"1": 3}, "s1")
    assert responses.get(db, opened.response_id).mode == "web"
    save(db, sitting, {"2": 3}, "s2", complete=True)
    assert responses.get(db, opened.response_id).mode == "web"
    save(db, opened.response_id, {"2": 2}, "s3", source="entry", complete=True)
    assert responses.get(db, opened.response_id).mode == "paper"


def test_a_code_opens_nothing_when_its_wave_has_closed(db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "who5")
    last = T0 + dt.timedelta(120)
    assert open_(db, code, at(last))
    with pytest.raises(CodeClosed):
        open_(db, code, at(last + dt.timedelta(1)))


def test_a_code_that_was_closed_says_which_way(db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "who5")
    other = print_sheet(db, cast.mother, "parenting_scale")
    sheets.close(db, sheets.find(db, KEY, code).id, "dead", by="Ria")
    with pytest.raises(sheets.SheetDead):
        open_(db, code)
    links.revoke_all(db, respondent_id=cast.mother)
    with pytest.raises(sheets.SheetDead):
        open_(db, other)
    families.set_status(db, cast.family_id, "stopped", reason="moved")
    with pytest.raises(sheets.SheetWithdrawn):
        open_(db, other)


def test_what_a_code_opened_ends_when_its_sheet_is_closed(db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "who5")
    opened = open_(db, code)
    sheets.close(db, sheets.find(db, KEY, code).id, "withdrawn", by="Ria")
    with pytest.raises(visits.VisitOver):
        visits.find(db, opened.visit.digest, NOW)


def test_too_many_codes_that_do_not_exist_slow_a_network_down_and_no_other(db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "who5")
    guess(db, code_tries.FREE)
    with pytest.raises(TooManyTries) as refused:
        open_(db, code)
    assert refused.value.minutes == 15
    assert open_(db, code, address=LIBRARY)
    assert open_(db, code, NOW + code_tries.WINDOW)


def test_waiting_ends_though_somebody_keeps_trying(db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "who5")
    guess(db, code_tries.FREE)
    for minute in range(1, 15):
        with pytest.raises(TooManyTries):
            open_(db, codes.new(), NOW + dt.timedelta(minutes=minute))
    assert open_(db, code, NOW + code_tries.WINDOW)


def test_a_code_that_opened_here_before_always_opens(db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "who5")
    open_(db, code)
    guess(db, code_tries.FREE)
    assert open_(db, code)


def test_a_changed_key_forgives_no_guesses_and_keeps_no_family_out(db: Database, cast: Cast) -> None:
    code, other = print_sheet(db, cast.mother, "who5"), print_sheet(db, cast.father, "who5")
    open_(db, code)
    guess(db, code_tries.FREE)
    changed = Keyring(b"n" * 40, (KEY,))
    with pytest.raises(TooManyTries):
        openings.open(db, changed, other, NOW, address=HOME)
    assert openings.open(db, changed, code, NOW, address=HOME)


def test_the_same_wrong_code_again_counts_once(db: Database, cast: Cast) -> None:
    wrong = codes.new()
    for _ in range(code_tries.FREE + 5):
        with pytest.raises(CodeUnknown):
            open_(db, wrong)
    assert open_(db, print_sheet(db, cast.mother, "who5"))


def test_a_flood_from_everywhere_leaves_every_family_a_few_tries(
    db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_tries, "FLOOD", 20)
    for network in range(21):
        guess(db, 1, f"203.0.113.{network}")
    guess(db, code_tries.FREE_IN_A_FLOOD - 1)
    assert open_(db, print_sheet(db, cast.mother, "who5"))
    guess(db, 1)
    with pytest.raises(TooManyTries):
        open_(db, print_sheet(db, cast.father, "who5"))


def test_tries_are_kept_as_digests_and_forgotten_in_the_end(db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "who5")
    open_(db, code)
    with db.read() as connection:
        stored = str(connection.execute(sa.select(CodeTry.__table__)).all())
    assert code not in stored
    assert HOME not in stored
    guess(db, 1, now=NOW + code_tries.KNOWN_FOR + dt.timedelta(1))
    with db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(CodeTry)) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        (None, "no address", True),
    ],
)
def test_a_network_is_what_one_household_has(one: str | None, other: str, same: bool) -> None:
    found = [code_tries.origin(KEY, "X", address).network_keys for address in (one, other)]
    assert (found[0] == found[1]) is same
