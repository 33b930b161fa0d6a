"""Thumbs, narrow screens, large letters and eyes that need contrast: measured in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from instruments import Edition
from survey.web import looks
from tests.browser import PHONE_WIDTH, Phone
from tests.survey.web.scenes import Scene
from tests.survey.web.test_axe import open_on

if TYPE_CHECKING:
    from tests.survey.web.conftest import StageIn

browser_test = pytest.mark.browser
#: English words are shorter than Dutch ones, so English pages fit where these do.
EDITIONS = [Edition.parse(name) for name in ("nl", "nl-easy", "ar", "tr", "pl", "uk")]
NARROW = 320
STYLE = (Path(looks.__file__).parent / "page.css").read_text(encoding="utf-8")

#: Everything to press or to fill in, by the box that takes the press: the label of an option, not its dot.
_SMALL = """(least) => [...document.querySelectorAll("a[href], button, input, textarea, select, summary")]
    .filter(e => e.type !== "hidden" && e.checkVisibility())
    .map(e => e.closest("label") || e)
    .map(e => [e.getBoundingClientRect(), e])
    .filter(([box]) => box.height < least || box.width < Math.min(least, 48))
    .map(([box, e]) => [box.width, box.height].map(Math.round).join("x") + e.outerHTML.slice(0, 120))"""
#: What sticks out of the page, or is cut off inside a box.
_WIDE = """() => [
    ...(document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : []),
    ...[...document.querySelectorAll("body *")].filter(e => {
        const box = e.getBoundingClientRect();
        const hidden = getComputedStyle(e).overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1
            && !["INPUT", "TEXTAREA"].includes(e.tagName);
        return box.width && (box.left < -1 || box.right > innerWidth + 1 || hidden);
    }).map(e => e.outerHTML.slice(0, 120))]"""
_SPACED = """() => document.querySelectorAll("body *").forEach(e => {
    e.style.lineHeight = "1.5"; e.style.letterSpacing = ".12em"; e.style.wordSpacing = ".16em";
    if (e.tagName === "P") e.style.marginBlockEnd = "2em"; })"""
_AS_IT_WAS = """() => document.querySelectorAll("body *").forEach(e => e.removeAttribute("style"))"""
_DOUBLE = """() => { const root = document.documentElement;
    root.style.fontSize = 2 * parseFloat(getComputedStyle(root).fontSize) + "px"; }"""
_ENHANCED = """() => axe.run({runOnly: ["color-contrast-enhanced"]}).then(found =>
    found.violations.flatMap(v => v.nodes.map(n => n.target.join(" ") + ": " + n.any[0].message)))"""


@pytest.fixture(scope="module")
def screen(browser: Browser) -> Iterator[Page]:
    """One phone for all pages."""
    phone = Phone(browser)
    phone.context.add_init_script(path=Path(axe_playwright_python.__file__).parent / "axe.min.js")
    yield phone.page
    phone.close()


def different(scenes: tuple[Scene, ...]) -> list[Scene]:
    """All scenes but the pages about problems, which have one shape: of those, the first."""
    first = next(scene for scene in scenes if scene.name.startswith("problem "))
    return [scene for scene in scenes if scene is first or not scene.name.startswith("problem ")]


@browser_test
@pytest.mark.slow
@pytest.mark.parametrize("edition", EDITIONS, ids=str)
def test_narrow_screens_wide_spacing_and_double_letters_break_nothing_and_thumbs_find_everything(
    screen: Page, stage_in: StageIn, edition: Edition
) -> None:
    found = []
    for scene in different(stage_in(edition).scenes):
        screen.set_viewport_size({"width": NARROW, "height": 600})
        open_on(screen, scene)
        found += [f"{scene}: {line}" for line in screen.evaluate(_WIDE) + screen.evaluate(_SMALL, 48)]
        screen.evaluate(_SPACED)
        found += [f"{scene}, spaced: {line}" for line in screen.evaluate(_WIDE)]
        screen.evaluate(_AS_IT_WAS)
        screen.set_viewport_size({"width": PHONE_WIDTH, "height": 740})
        screen.evaluate(_DOUBLE)
        found += [f"{scene}, double: {line}" for line in screen.evaluate(_WIDE)]
    assert found == []


@browser_test
def test_a_telephone_on_its_side_works_too(screen: Page, stage_in: StageIn) -> None:
    screen.set_viewport_size({"width": 640, "height": 320})
    for scene in different(stage_in(Edition("nl", "easy")).scenes):
        open_on(screen, scene)
        assert screen.evaluate(_WIDE) == [], scene


def test_nothing_stays_in_place_over_what_has_the_focus() -> None:
    """But the question whether somebody is still there, which is all there is to press while it is asked."""
    assert re.findall(r"([^{}]*){[^{}]*position:\s*(?:fixed|sticky)", STYLE) in ([], ["\n.still "])


@browser_test
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_children_and_readers_of_easy_words_see_contrast_of_seven_to_one(
    screen: Page, stage_in: StageIn, scheme: Any
) -> None:
    screen.set_viewport_size({"width": PHONE_WIDTH, "height": 740})
    screen.emulate_media(color_scheme=scheme)
    found = []
    for scene in different(stage_in(Edition("nl", "easy")).scenes):
        assert scene.big or "child" in scene.name, scene
        open_on(screen, scene)
        found += [f"{scene}: {line}" for line in screen.evaluate(_ENHANCED)]
    screen.emulate_media(color_scheme="light")
    assert found == []


# The palette itself: what is written on what, in both schemes, whatever the size of the letters.

TEXT = [
    *product(("ink", "soft", "main", "bad"), ("paper", "card")),
    *product(("ink", "main"), ("tint",)),
    ("ink", "bad-tint"), ("bad", "bad-tint"), ("on", "main"), ("paper", "ink"),
]  # fmt: skip
#: Edges of what can be pressed, and the ring around what has the focus, against what lies beside them.
EDGES = [*product(("line", "main", "ink"), ("paper", "card")), ("main", "tint"), ("bad", "bad-tint")]


def palettes() -> dict[str, dict[str, str]]:
    """The colours of the style sheet, by scheme."""
    blocks = re.findall(r":root\s*{([^}]*)}", STYLE)
    light, dark = (dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]+)", block)) for block in blocks)
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_wcag_defines_it() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_seven_to_one_and_every_edge_three_to_one(scheme: str) -> None:
    colours = palettes()[scheme]
    pale = {f"{one} on {other}": round(contrast(colours[one], colours[other]), 2) for one, other in TEXT}
    assert {pair: ratio for pair, ratio in pale.items() if ratio < 7} == {}
    edges = {f"{one} on {other}": round(contrast(colours[one], colours[other]), 2) for one, other in EDGES}
    assert {pair: ratio for pair, ratio in edges.items() if ratio < 3} == {}


def test_every_colour_in_the_style_sheet_is_one_of_the_palette() -> None:
    rules = re.sub(r":root\s*{[^}]*}|/\*.*?\*/", "", STYLE, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\(", rules) == []


def test_nothing_moves_for_those_who_asked_for_rest() -> None:
    """Movement may be added only where somebody has no objection to it."""
    calm = re.sub(
        r"@media\s*\(prefers-reduced-motion:\s*no-preference\)\s*{(?:[^{}]*{[^{}]*})*[^{}]*}", "", STYLE
    )
    assert re.findall(r"(?:transition|animation|scroll-behavior)[\w-]*\s*:|@keyframes", calm) == []


def test_the_style_sheet_knows_no_left_and_no_right() -> None:
    physical = (
        r"(?:[\s;{](?:[a-z]+-)*(?:left|right)(?:-[a-z]+)?\s*:)|text-align:\s*(?:left|right)|float:\s*(?:left|right)"
        r"|border-(?:top|bottom)-(?:left|right)"
    )
    assert re.findall(physical, STYLE) == []
