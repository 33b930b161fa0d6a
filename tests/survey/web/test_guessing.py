"""Guessing leads nowhere: how many guesses the limits let through, simulated, and what that comes to."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from sqlalchemy import func, select

from printable import codes
from survey import code_tries, links, openings
from survey.accounts import throttle
from survey.db import Database
from survey.models import Link
from survey.sheet_tables import CodeTry
from tests.kinds import url_of
from tests.people import T0, Cast, at
from tests.survey.web.conftest import Clock, Visitor

NOW = at(T0)
KEY = "k" * 40
#: Open sheets of a study as large as the pilot, of a large one, and of a national one.
PILOT, LARGE, NATIONAL = 1_000, 20_000, 10_000_000


def patient(hours: float, guess: Callable[[dt.datetime], dt.timedelta]) -> int:
    """How many guesses somebody gets in who waits exactly as long as told, guessing for some hours."""
    moment, made = NOW, 0
    while moment < NOW + dt.timedelta(hours=hours):
        wait = guess(moment)
        if wait > dt.timedelta(0):
            moment += wait
        else:
            made += 1
            moment += dt.timedelta(seconds=1)
    return made


def networks(how_many: int) -> Iterator[str]:
    return (f"10.{number % how_many // 200}.{number % how_many % 200}.1" for number in count())


def codes_in(db: Database, hours: float, addresses: Iterator[str]) -> int:
    def guess(moment: dt.datetime) -> dt.timedelta:
        who = code_tries.origin(KEY.encode(), codes.new(), next(addresses))
        with db.read() as connection:
            wait = code_tries.wait_on(connection, who, moment)
        if wait <= dt.timedelta(0):
            db.write(lambda connection: code_tries.note_on(connection, who, moment, opened=False))
        return wait

    return patient(hours, guess)


def days_until_a_hit(guesses_a_day: float, sheets: int) -> float:
    """How long it takes on average, when `sheets` of all codes of forty bits are good."""
    return 2**40 / sheets / guesses_a_day


def test_codes_from_one_network(chosen_db: Database) -> None:
    made = codes_in(chosen_db, 3, networks(1))
    windows = dt.timedelta(hours=3) / code_tries.WINDOW
    assert made <= code_tries.FREE * (windows + 1)
    assert days_until_a_hit(made * 8, LARGE) > 25 * 365
    # For a nation forty bits are too few: see the threat model on longer codes.
    assert days_until_a_hit(made * 8, NATIONAL) < 365


def test_codes_from_many_networks_at_once_are_slowed_down_for_each_of_them(chosen_db: Database) -> None:
    windows = 2
    for window in range(windows):
        moment = NOW + window * code_tries.WINDOW
        for number in range(40):
            address = f"10.0.{number}.1"
            for _ in range(code_tries.FREE + 1):
                who = code_tries.origin(KEY.encode(), codes.new(), address)

                def one(
                    connection: object, who: code_tries.Origin = who, moment: dt.datetime = moment
                ) -> bool:
                    if code_tries.wait_on(connection, who, moment) > dt.timedelta(0):  # type: ignore[arg-type]
                        return False
                    code_tries.note_on(connection, who, moment, opened=False)  # type: ignore[arg-type]
                    return True

                if not chosen_db.write(one):
                    break
    with chosen_db.read() as connection:
        made = connection.scalar(select(func.count()).select_from(CodeTry)) or 0
    # Until the flood is noticed everybody has twenty; from then on five each.
    assert made <= code_tries.FLOOD + code_tries.FREE + windows * 40 * code_tries.FREE_IN_A_FLOOD


def test_passwords_of_one_account_from_one_network(chosen_db: Database) -> None:
    who = throttle.origin(KEY, "admin@example.org", "192.0.2.7")

    def guess(moment: dt.datetime) -> dt.timedelta:
        try:
            throttle.begin(chosen_db, who, moment)
        except throttle.TooManyTries as refused:
            return dt.timedelta(minutes=refused.minutes)
        return dt.timedelta(0)

    # The pause doubles with each failure of the last hour, which comes to fewer than nine an hour.
    assert 24 * 4 < patient(24, guess) < 24 * 9


def test_passwords_of_one_account_from_a_thousand_networks(chosen_db: Database) -> None:
    address = networks(1000)

    def guess(moment: dt.datetime) -> dt.timedelta:
        try:
            throttle.begin(chosen_db, throttle.origin(KEY, "admin@example.org", next(address)), moment)
        except throttle.TooManyTries as refused:
            return dt.timedelta(minutes=refused.minutes)
        return dt.timedelta(0)

    made = patient(12, guess)
    assert made <= 12 * (throttle.FROM_EVERYWHERE[0] + 4)
    # A second factor of six digits, of which three are good at a time, for who has the password already:
    assert 1 - (1 - 3 / 1_000_000) ** (made * 2) < 0.01


def test_a_token_has_so_many_bits_that_no_limit_is_needed(db: Database, cast: Cast) -> None:
    tokens = {links.make(db, respondent_id=cast.mother, now=NOW) for _ in range(200)}
    assert {len(token) for token in tokens} == {22}
    assert len(tokens) == 200
    assert 2**128 / NATIONAL / 1_000_000_000 / 3600 / 24 / 365 > 1e14  # years, at a thousand million a second


@pytest.fixture
def guess(visitor: Visitor) -> Callable[[int], list[int]]:
    def guess(times: int) -> list[int]:
        return [visitor.client.post(f"/l/{secrets.token_urlsafe(16)}").status_code for _ in range(times)]

    return guess


def test_tokens_that_nobody_has_are_told_to_wait_and_keep_no_family_out(
    visitor: Visitor, guess: Callable[[int], list[int]], cast: Cast, db: Database, clock: Clock
) -> None:
    assert guess(code_tries.FREE) == [404] * code_tries.FREE
    with db.read() as connection:
        before = connection.scalar(select(func.count()).select_from(CodeTry))
    assert guess(10) == [429] * 10
    with db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(CodeTry)) == before
    assert visitor.open(cast.mother).response.status_code == 200
    clock.wait(minutes=16)
    assert guess(1) == [404]


def test_the_limit_survives_a_restart_and_is_of_that_network_only(
    db: Database, cast: Cast, guess: Callable[[int], list[int]]
) -> None:
    guess(code_tries.FREE)
    again = Database(url_of(db))
    for address, kept in (("127.0.0.1", True), ("192.0.2.7", False)):
        refused = openings.TooManyLinks if kept else links.LinkUnknown
        with pytest.raises(links.LinkUnknown) as told:
            openings.open_link(again, KEY, "A" * 22, NOW, address=address)
        assert type(told.value) is refused
    again.dispose()


def test_tries_at_links_keep_no_code_on_paper_waiting(
    guess: Callable[[int], list[int]], visitor: Visitor, cast: Cast
) -> None:
    guess(code_tries.FREE + 1)
    assert visitor.client.post(f"/Q/{codes.new()}").status_code == 404


def test_invitations_that_nobody_has_are_told_to_wait(visitor: Visitor, cast: Cast) -> None:
    form = {"password": "drie groene fietsen", "again": "drie groene fietsen"}
    found = [
        visitor.client.post(f"/desk/invitation/{number:022}", data=form).status_code
        for number in range(code_tries.FREE + 2)
    ]
    assert found == [410] * code_tries.FREE + [429] * 2


def test_what_is_noted_of_a_try_names_neither_token_nor_network(
    guess: Callable[[int], list[int]], visitor: Visitor, db: Database, cast: Cast
) -> None:
    visitor.client.post("/l/S3cretT0kenOfSomebody")
    with db.read() as connection:
        rows = connection.execute(select(CodeTry.network_key, CodeTry.code_key)).all()
        digests = connection.scalars(select(Link.digest)).all()
    assert rows
    assert all(len(key) == 64 for row in rows for key in row)
    assert links.digest_of("S3cretT0kenOfSomebody") not in {key for row in rows for key in row} | set(digests)
