"""What goes wrong around a save: a full disk, a read-only one, clocks that jump, two tabs, dropped lines."""

from __future__ import annotations

import os
import resource
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event

from benchmarks.durability import compare, pockets
from benchmarks.phones import Phone, free_port
from survey.db import Database
from survey.web import Services
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor

Unchanged = Callable[[], AbstractContextManager[None]]


@contextmanager
def read_only(house: Services) -> Iterator[None]:
    """While the connection that writes is refused every write, as on a disk that was mounted read-only."""
    writer = house.database.engines[1]
    sqlite = house.database.dialect == "sqlite"

    def refuse(connection: sqlite3.Connection | psycopg.Connection, _: object) -> None:
        connection.execute("PRAGMA query_only = ON" if sqlite else "SET default_transaction_read_only = on")

    house.database.dispose()
    event.listen(writer, "connect", refuse)
    try:
        yield
    finally:
        event.remove(writer, "connect", refuse)
        house.database.dispose()


@contextmanager
def room_for(house: Services, size: int) -> Iterator[None]:
    """While no file may grow beyond so many bytes: what is written after that fails, as on a full disk."""
    house.database.dispose()  # the write-ahead log begins anew
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_read_only_disk_gives_a_clear_page_and_reading_goes_on(
    visitor: Visitor, house: Services, cast: Cast, unchanged: Unchanged
) -> None:
    visitor.open(cast.mother).start("who5")
    address, form = visitor.path, visitor.form("next", **{"1": 3})
    with read_only(house), unchanged():
        visitor.post(address, form)
        assert (visitor.response.status_code, visitor.heading) == (503, "Het is nu erg druk")
        assert visitor.get("/mine").response.status_code == 200
    visitor.post(address, form)
    assert visitor.response.status_code == 200
    assert _answer(house, "1") == 3


def test_a_disk_that_runs_full_keeps_what_was_acknowledged_and_says_so_of_the_rest(
    visitor: Visitor, house: Services, cast: Cast
) -> None:
    if house.database.dialect == "postgresql":
        pytest.skip("PostgreSQL's disk is the server's: no limit on our own process fills it")
    visitor.open(cast.mother).start("who5")
    address, acknowledged = visitor.path, []
    with room_for(house, 200_000):
        for turn in range(100):
            form = visitor.get(address).form("next", **{"1": turn % 5})
            visitor.post(address, form)
            if visitor.response.status_code != 200:
                break
            acknowledged.append(form["sequence"])
    assert (visitor.response.status_code, visitor.heading) == (503, "Het is nu erg druk")
    assert acknowledged
    with house.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        stored = connection.exec_driver_sql("SELECT sequence FROM save_event ORDER BY id").scalars().all()
    assert list(stored) == acknowledged
    visitor.post(address, form)
    assert visitor.response.status_code == 200, "with room again, the same form goes through"
    assert _answer(house, "1") == len(acknowledged) % 5


def _answer(house: Services, item: str) -> object:
    with house.database.read() as connection:
        statement = "SELECT value FROM answer WHERE item = ?"
        return connection.exec_driver_sql(house.database.marks(statement), (item,)).scalar()


def test_a_clock_that_goes_back_spoils_no_save_and_the_last_one_given_counts(
    visitor: Visitor, house: Services, cast: Cast, clock: Clock
) -> None:
    visitor.open(cast.mother).start("who5")
    first = visitor.path
    visitor.press("next", **{"1": 3})
    clock.wait(hours=-2)
    visitor.get(first)
    visitor.press("next", **{"1": 5})
    assert visitor.response.status_code == 200
    assert _answer(house, "1") == 5


def test_a_clock_that_jumps_ahead_ends_the_visit_with_a_clear_page_and_keeps_the_answers(
    visitor: Visitor, house: Services, cast: Cast, clock: Clock, unchanged: Unchanged
) -> None:
    visitor.open(cast.mother).start("who5").press("next", **{"1": 3})
    form, address = visitor.form("next", **{"2": 2}), visitor.path
    clock.wait(days=1)
    with unchanged():
        visitor.post(address, form)
    assert visitor.response.status_code == 403
    assert len(visitor.page.xpath("//h1")) == 1
    clock.wait(days=-1)
    visitor.post(address, form)
    assert visitor.response.status_code == 200, "and when the clock is right again, it goes on"
    assert (_answer(house, "1"), _answer(house, "2")) == (3, 2)


def test_two_tabs_save_both_and_the_last_one_sent_counts(
    visitor: Visitor, house: Services, cast: Cast
) -> None:
    visitor.open(cast.mother).start("who5")
    address = visitor.path
    one = visitor.form("next", **{"1": 1})
    other = visitor.get(address).form("next", **{"1": 4})
    assert one["sequence"] != other["sequence"]
    visitor.post(address, other)
    visitor.post(address, one)
    assert visitor.response.status_code == 200
    assert _answer(house, "1") == 1
    with house.database.read() as connection:
        assert len(connection.exec_driver_sql("SELECT id FROM save_event").all()) == 2


_SERVE = """
from survey import serving
from survey.settings import Settings
serving.STALLED_S = 1
serving.serve(Settings.from_environment(), host="127.0.0.1", port={port})
"""


@pytest.fixture
def server(chosen_url: str) -> Iterator[Phone]:
    """The service as it really runs, one that gives up on the stalled after a second; a phone at it."""
    database = Database(chosen_url)
    (token,) = pockets(database, 1)
    database.dispose()
    port = free_port()
    environment = {
        **os.environ,
        "MEETMOMENT_DATABASE_URL": chosen_url,
        "MEETMOMENT_SECRET_KEY": "k" * 40,
        "MEETMOMENT_THREADS": "4",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE.format(port=port)], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(1200):
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                break
            time.sleep(0.05)
        phone = Phone(port, token, seed=3)
        yield phone
        phone.close()
    finally:
        process.terminate()
        process.wait(120)


@pytest.mark.slow
def test_who_is_slow_or_hangs_up_in_the_middle_keeps_nobody_else_waiting(
    server: Phone, chosen_url: str
) -> None:
    address = server.open("sdq")
    stalled = []
    for half in (b"GET / HT", b"POST /q/1/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\ncsrf="):
        for _ in range(6):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.sendall(half)
            stalled.append(client)
    began = time.monotonic()
    address = server.answer(address)
    assert time.monotonic() - began < 30, "twelve that stall hold four threads for seconds, not for good"
    # Hanging up with the answer still to come: the save is whole or not there, and the next one is served.
    for client in stalled:
        client.close()
    page = server.request("GET", address)[1]
    assert 'name="sequence"' in page
    body = b"x=" + b"1" * 4000
    for _ in range(5):
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(b"POST /q/1/6 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        client.close()
    server.answer(address)
    database = Database(chosen_url)
    outcome = compare(database, [server], kills=0)
    database.dispose()
    assert (len(server.acknowledged), outcome.whole) == (2, True)
