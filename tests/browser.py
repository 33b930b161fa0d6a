"""A real Chromium, and phones in it that notice what must not happen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",  # it refuses to run as root otherwise, and it sees our own pages only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE_WIDTH, PHONE_HEIGHT = 360, 740
OURS = ("127.0.0.1", "localhost")
# What a page must come to show may take long on a busy machine; what never comes fails all the same.
expect.set_options(timeout=30_000)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window; closed afterwards."""
    playwright: Playwright
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


def hold_to_a_phone(page: Page) -> None:
    """Hold a page to what every page must be: one heading, and nothing that sticks out sideways.

    A press may still be on its way to the next page, and between two pages there is nothing to measure; so
    a measurement that breaks off is taken again of the page that came.
    """
    for left in reversed(range(5)):
        expect(page.locator("h1")).to_have_count(1)
        page.wait_for_load_state()
        try:
            # Not innerWidth: on a phone that grows with what sticks out.
            width = page.evaluate("document.documentElement.scrollWidth")
            break
        except Error:
            if not left:
                raise
    assert width <= PHONE_WIDTH, "it scrolls sideways"


class Phone:
    """A small touch screen with nothing remembered on it.

    `page` is its only tab. `complaints` collects what no page of ours may do: ask another host for
    anything, break its own content security policy, raise in a script.
    """

    def __init__(self, browser: Browser, language: str = "nl-NL", *, javascript: bool = True) -> None:
        self.complaints: list[str] = []
        self.context = browser.new_context(
            viewport={"width": PHONE_WIDTH, "height": PHONE_HEIGHT},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            locale=language,
            java_script_enabled=javascript,
            service_workers="block",
        )
        self.context.on("request", self._on_request)
        self.context.on("console", self._on_console)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(f"a script failed: {error}"))

    def close(self) -> None:
        """Throw the phone away. Raises AssertionError with all complaints, if there were any."""
        self.context.close()
        assert not self.complaints, "\n".join(self.complaints)

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in OURS:
            self.complaints.append(f"asked another host: {request.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)
