"""The tools of the tests themselves do what they promise."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy
from playwright.sync_api import Browser, Page

from tests.browser import Phone
from tests.postgres import Server


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
