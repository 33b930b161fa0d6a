"""A PostgreSQL that goes away and comes back: a clear page, and a state that is whole."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from survey.db import Database
from survey.settings import Settings
from tests import postgres
from tests.kinds import Places, opened
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor
from tests.survey.web.lines import Line, line


@pytest.fixture
def wire(postgres_server: postgres.Server) -> Iterator[Line]:
    """The line between the service and its database."""
    with line(postgres_server.port) as made:
        yield made


@pytest.fixture
def db(places: Places, wire: Line) -> Iterator[Database]:
    """The service's database, at the other end of the line."""
    with (
        places.upgraded("postgresql") as straight,
        opened(straight.url.set(port=wire.port).render_as_string(hide_password=False)) as database,
    ):
        yield database


@pytest.fixture
def settings(db: Database, clock: Clock) -> Settings:
    url = db.url.render_as_string(hide_password=False)
    return Settings(secret_key="k" * 40, database_url=url, base_url="http://localhost", clock=clock)


def stored(db: Database) -> tuple[list[str], list[int]]:
    """The saves there are, by their sequence, and the answers."""
    with db.read() as connection:
        saves = connection.exec_driver_sql("SELECT sequence FROM save_event ORDER BY id").scalars().all()
        answers = connection.exec_driver_sql("SELECT value FROM answer ORDER BY item").scalars().all()
    return list(saves), list(answers)


def test_a_database_that_is_away_gives_a_clear_page_and_the_same_form_goes_through_later(
    visitor: Visitor, db: Database, cast: Cast, wire: Line
) -> None:
    visitor.open(cast.mother).start("who5")
    address, form = visitor.path, visitor.form("next", **{"1": 3})
    wire.cut()
    began = time.monotonic()
    visitor.post(address, form)
    assert time.monotonic() - began < 10
    assert (visitor.response.status_code, visitor.heading) == (503, "Het is nu erg druk")
    assert visitor.response.headers["Retry-After"] == "5"
    assert "nog niet bewaard" in visitor.text
    assert visitor.get("/mine").response.status_code == 503
    assert visitor.client.get("/desk/sign-in").status_code == 200, "what needs no database is there"
    assert visitor.client.get("/ready").status_code == 503
    wire.mend()
    assert visitor.client.get("/ready").status_code == 200
    assert stored(db) == ([], [])
    visitor.post(address, form)
    assert visitor.response.status_code == 200
    assert stored(db) == ([form["sequence"]], [3])


def test_a_connection_that_breaks_after_the_save_arrived_stores_it_once(
    visitor: Visitor, db: Database, cast: Cast, wire: Line
) -> None:
    visitor.open(cast.mother).start("who5")
    form = visitor.form("next", **{"1": 4})
    address = visitor.path
    wire.cut_after = str(form["sequence"]).encode()
    visitor.post(address, form)
    assert wire.cuts == 1
    if visitor.response.status_code == 503:  # not known, and said so: the person sends it again
        visitor.post(address, form)
    assert visitor.response.status_code == 200
    assert stored(db) == ([form["sequence"]], [4])
