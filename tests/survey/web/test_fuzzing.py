"""Requests nobody would send, to every address, as everybody: nothing fails, no refusal changes a thing.

A sample; `python -m benchmarks.fuzz` sends a hundred thousand and more. A failure prints the request, and
`Round.try_` makes it again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from flask import Response, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instruments.wording import Library
from survey.accounts import passwords
from survey.web.i18n import Catalogues
from tests import fuzzing, inventing
from tests.fuzzing import Round
from tests.inventing import Request

#: How often every address is tried with each of its methods.
TIMES = 6


@pytest.fixture(scope="module")
def round_(
    library: Library, catalogues: Catalogues, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Round]:
    """A prepared study, and everybody signed in."""
    folder = tmp_path_factory.mktemp("fuzz")
    hasher = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    here = Round(fuzzing.prepare(folder, library, catalogues), folder)
    yield here
    here.close()
    passwords._hasher = hasher


def test_everybody_asks_everything(round_: Round) -> None:
    chance, actors = random.Random(20261126), list(round_.clients)
    seen: Counter[int] = Counter()
    answered: Counter[str] = Counter()
    for turn in range(TIMES):
        for rule, method in inventing.rules(round_.app):
            who = inventing.somebody(chance, rule, actors)
            asked = inventing.invent(chance, round_.prepared, rule, method, who)
            status, wrong = round_.try_(asked)
            assert wrong is None, f"{wrong}\n{asked}"
            seen[status // 100] += 1
            answered[rule.endpoint] += status < 400
        if turn % 3 == 2:
            round_.begin_anew()
    # Enough of it gets past the door for the rest to mean something.
    assert seen[2] > 100
    assert seen[3] > 100
    assert seen[4] > 200
    assert len(answered) > 80


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
@given(st.randoms(use_true_random=False))
def test_a_request_that_fails_is_made_as_small_as_can_be(round_: Round, chance: random.Random) -> None:
    rule, method = chance.choice(inventing.rules(round_.app))
    who = inventing.somebody(chance, rule, list(round_.clients))
    if round_.changed:
        round_.begin_anew()
    asked = inventing.invent(chance, round_.prepared, rule, method, who)
    _, wrong = round_.try_(asked)
    assert wrong is None, f"{wrong}\n{asked}"


# --- the watch itself sees what it must see


@pytest.fixture
def broken(round_: Round) -> Iterator[Callable[[Callable[[], object]], str | None]]:
    """`broken(view)`: what is found wrong with a page that does this."""
    view = round_.app.view_functions["landing.home"]
    leave = round_.app.view_functions["landing.leave"]

    def broken(does: Callable[[], object], method: str = "GET") -> str | None:
        round_.app.view_functions["landing.home"] = does  # type: ignore[assignment]
        round_.app.view_functions["landing.leave"] = does  # type: ignore[assignment]
        path = "/" if method == "GET" else "/exit"
        return round_.try_(Request("nobody", "landing.home", method, path))[1]

    yield broken  # type: ignore[misc]
    round_.app.view_functions["landing.home"] = view
    round_.app.view_functions["landing.leave"] = leave
    round_.begin_anew()


def _write(round_: Round, text: str = "x") -> None:
    assert round_.database is not None
    round_.database.write(
        lambda connection: connection.exec_driver_sql("UPDATE municipality SET name = ?", (text,))
    )


def test_a_failure_is_seen(round_: Round, broken: Callable[..., str | None]) -> None:
    def fail() -> str:
        raise ZeroDivisionError

    assert "ZeroDivisionError" in (broken(fail) or "")


def test_a_look_that_changes_something_is_seen(round_: Round, broken: Callable[..., str | None]) -> None:
    def look() -> str:
        _write(round_)
        return "looked"

    assert broken(look) == "a GET changed ['municipality']"


def test_a_refusal_that_changes_something_is_seen(round_: Round, broken: Callable[..., str | None]) -> None:
    def refuse() -> Response:
        _write(round_, "y")
        return Response("no", status=403)

    assert broken(refuse, "POST") == "a refusal (403) changed ['municipality']"


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "x"])
def test_being_led_away_is_seen(broken: Callable[..., str | None], place: str) -> None:
    def lead() -> Response:
        response = Response(status=303)
        response.headers["Location"] = place
        response.autocorrect_location_header = False
        return response

    assert "leads to" in (broken(lead) or "")


def test_telling_about_our_code_is_seen(broken: Callable[..., str | None]) -> None:
    assert "tells" in (broken(lambda: 'Traceback (most recent call last): File "x.py"') or "")


def test_a_page_without_its_headers_is_seen(broken: Callable[..., str | None]) -> None:
    def bare() -> Response:
        response = Response("x")
        response.headers["Content-Security-Policy"] = "default-src 'unsafe-inline'"
        return response

    assert broken(bare) == "a header is missing"


@pytest.mark.parametrize("value", [2**31, -(2**33), "a\0b"])
def test_what_only_sqlite_takes_is_seen(
    round_: Round, broken: Callable[..., str | None], value: object
) -> None:
    def ask() -> str:
        assert round_.database is not None
        with round_.database.read() as connection:
            connection.exec_driver_sql("SELECT ?", (value,))
        return request.path

    assert "NotForPostgres" in (broken(ask) or "")


def test_a_text_that_is_too_long_for_its_column_is_seen(
    round_: Round, broken: Callable[..., str | None]
) -> None:
    def lengthen() -> str:
        _write(round_, "x" * 201)
        return "ok"

    assert broken(lengthen, "POST") == "municipality.name is too long"
