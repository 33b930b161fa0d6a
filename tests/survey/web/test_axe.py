"""axe-core finds nothing on any page, in a real Chromium.

The matrix: every page in every one of five editions at the width of a phone, light and dark; and in Dutch
and Arabic, one language of each direction, also at the narrowest width that must work and on a desk. That is
every pair of page and edition and of page, direction and width; other editions differ from Dutch and Arabic
in their words only, so that their other widths would repeat the same boxes; and all pages about problems have
one shape. What long words do to narrow pages is looked at for every edition in `test_touch`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, Route

from instruments import Edition
from survey import moments
from survey.web.accessibility import Evidence
from tests.browser import PHONE_WIDTH, Phone
from tests.survey.web.scenes import TEMPLATES, Scene

if TYPE_CHECKING:
    from tests.survey.web.conftest import StageIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EDITIONS = [Edition.parse(name) for name in ("nl", "nl-easy", "en", "ar", "uk")]
#: Those that are looked at in every width.
EVERY_WIDTH = [Edition("nl"), Edition("ar")]
WIDTHS = (320, PHONE_WIDTH, 1280)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: Parts of pages that no page shows by themselves.
PARTS = {"layout.html", "code_field.html", "languages.html", "nothing.html", "problems/notice.html"}

_AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
_RUN = """(rules) => axe.run({runOnly: rules, resultTypes: ["violations"]}).then(found =>
    found.violations.flatMap(v => v.nodes.map(n => v.id + " at " + n.target.join(" ") + ": " + n.html)))"""


@pytest.fixture(scope="module")
def screen(browser: Browser) -> Iterator[Page]:
    """One page for all scenes: starting another for each would take longer than looking at it."""
    phone = Phone(browser)
    phone.context.add_init_script(path=_AXE)
    yield phone.page
    phone.close()


@pytest.fixture(scope="module")
def looked_at(browser: Browser, screen: Page) -> Iterator[dict[str, list[int]]]:
    """How many pages were looked at and how many violations were found, by edition.

    `make evidence` has it written down, for the accessibility statement.
    """
    found: dict[str, list[int]] = {}
    yield found
    if file := os.environ.get("MEETMOMENT_EVIDENCE"):
        evidence = Evidence(
            date=moments.day(moments.now()),
            tool=f"axe-core {screen.evaluate('axe.version')}, Chromium {browser.version}",
            pages=sum(pages for pages, _ in found.values()),
            editions=tuple(found),
            widths=WIDTHS,
            rules=RULES,
            violations=sum(violations for _, violations in found.values()),
        )
        Path(file).write_text(evidence.model_dump_json(indent=2) + "\n", encoding="utf-8")


def open_on(screen: Page, scene: Scene) -> None:
    """Show a scene as if the service had just answered with it."""

    def answer(route: Route) -> None:
        if not route.request.is_navigation_request():
            # Scripts stay away: scenes show what they would do, at a moment that tests can choose.
            route.abort()
            return
        headers = {"Content-Security-Policy": scene.policy} if scene.policy else {}
        route.fulfill(body=scene.html, content_type="text/html; charset=utf-8", headers=headers)

    screen.unroute_all()
    screen.route("**/*", answer)
    screen.goto(f"http://localhost{scene.path}")


def violations(screen: Page) -> list[str]:
    """What axe finds wrong on the page in front."""
    found: Any = screen.evaluate(_RUN, RULES)
    return [str(line) for line in found]


@pytest.mark.parametrize("edition", EDITIONS, ids=str)
def test_axe_finds_nothing_on_any_page(
    screen: Page, stage_in: StageIn, looked_at: dict[str, list[int]], edition: Edition
) -> None:
    found, pages = [], 0
    for scene in stage_in(edition).scenes:
        screen.set_viewport_size({"width": PHONE_WIDTH, "height": 740})
        open_on(screen, scene)
        every = edition in EVERY_WIDTH and not scene.name.startswith("problem ")
        for width in WIDTHS if every else (PHONE_WIDTH,):
            if width != PHONE_WIDTH:
                screen.set_viewport_size({"width": width, "height": 740})
            found += [f"{scene} at {width} px: {line}" for line in violations(screen)]
            pages += 1
    looked_at[str(edition)] = [pages, len(found)]
    assert found == []


def test_axe_finds_nothing_in_the_dark(screen: Page, stage_in: StageIn) -> None:
    screen.set_viewport_size({"width": PHONE_WIDTH, "height": 740})
    screen.emulate_media(color_scheme="dark")
    found = []
    for scene in stage_in(Edition("nl")).scenes:
        open_on(screen, scene)
        found += [f"{scene}: {line}" for line in violations(screen)]
    screen.emulate_media(color_scheme="light")
    assert found == []


def test_axe_is_awake(screen: Page) -> None:
    """It does find what is wrong: no language or title, pale letters, a field without a name."""
    bad = '<body><main><h1>x</h1><p style="color:#ccc;background:#fff">pale</p><input></main>'
    open_on(screen, Scene("bad", "empty", "/", f"<!doctype html><html>{bad}"))
    found = {line.split(" ")[0] for line in violations(screen)}
    assert {"html-has-lang", "document-title", "color-contrast", "label"} <= found


def test_every_template_is_among_the_pages(stage_in: StageIn) -> None:
    """Whoever adds a page adds it to `scenes.py`."""
    stage = stage_in(Edition("nl"))
    assert stage.scenes
    ours = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    ours = {name for name in ours if not name.startswith("desk/")}
    assert ours - PARTS - stage.templates_shown == set()
