"""The tools of the tests themselves do what they promise."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import get_args

import pytest
import sqlalchemy
from playwright.sync_api import Browser, Page

from survey import studies
from tests import kinds
from tests.browser import Phone
from tests.kinds import Kind, Places
from tests.postgres import LeftOpen, Server


class _Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.end_headers()
        if self.path == "/hello":
            self.wfile.write(b"<meta name=viewport content='width=device-width'><h1>hello</h1>")
        elif self.path == "/abroad":
            self.wfile.write(b"<meta http-equiv=refresh content='0;url=http://elsewhere.invalid/'>")
        elif self.path == "/inline":
            self.wfile.write(b"<h1 style='color:red'>hello</h1>")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hello) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_test_gets_an_empty_database_of_each_kind(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
        connection.exec_driver_sql("CREATE TABLE mine (n integer)")
    engine.dispose()


def test_the_postgresql_of_the_tests_is_as_durable_as_in_service(postgres_server: Server) -> None:
    with postgres_server.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            row = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
            assert row == ("on",)


def test_a_connection_that_is_forgotten_is_found_at_its_own_test_and_closed(postgres_server: Server) -> None:
    kept = []

    def forgetful(url: str) -> None:
        engine = sqlalchemy.create_engine(url)
        kept.append(engine.connect().connection.driver_connection)

    with pytest.raises(LeftOpen, match=r"1 left open; the first was opened at\n(?s:.*)in forgetful"):  # noqa: SIM117
        with postgres_server.fresh() as url:
            forgetful(url)
    assert kept[0].closed
    with postgres_server.connect() as connection:
        names = [name for (name,) in connection.execute("SELECT datname FROM pg_database")]
    assert url.rpartition("/")[2] not in names, "the database is gone all the same"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_databases_with_tables_are_copies_that_know_nothing_of_each_other(kind: Kind, places: Places) -> None:
    with places.upgraded(kind) as one, places.upgraded(kind) as other:
        assert (one.dialect, one.is_current()) == (kind, True)
        studies.create(one, "one", "demo")
        assert studies.the_study(other) is None


def test_a_run_is_told_a_kind_that_there_is() -> None:
    assert kinds.said(None) is None
    assert kinds.said("") is None
    assert kinds.said("postgresql") == "postgresql"
    with pytest.raises(ValueError, match="'postgres'; it can be sqlite or postgresql"):
        kinds.said("postgres")


@pytest.mark.browser
def test_a_phone_is_360_pixels_wide(phone: Page, site: str) -> None:
    phone.goto(f"{site}/hello")
    assert phone.inner_text("h1") == "hello"
    assert phone.evaluate("window.innerWidth") == 360


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "complaint"), [("/abroad", "elsewhere.invalid"), ("/inline", "Content Security Policy")]
)
def test_a_phone_complains_of_foreign_requests_and_broken_policies(
    browser: Browser, site: str, path: str, complaint: str
) -> None:
    phone = Phone(browser)
    with phone.context.expect_event(
        "request" if path == "/abroad" else "console",
        predicate=lambda seen: complaint in (seen.url if path == "/abroad" else seen.text),
    ):
        phone.page.goto(site + path)
    with pytest.raises(AssertionError, match=complaint):
        phone.close()
