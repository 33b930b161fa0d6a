"""A whole questionnaire with keys only: Tab, arrows, Space and Enter; and where the focus goes on the way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from survey import responses
from tests import people
from tests.journeys.conftest import Guide, House

pytestmark = pytest.mark.browser

#: Where the focus is, and whether that can be seen: on the thing itself, or on what is drawn for it.
_FOCUS = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const label = at.closest("label");
    const drawn = [at, at.nextElementSibling, label].filter(Boolean).map(e => getComputedStyle(e));
    const box = (label || at).getBoundingClientRect();
    const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return {
        tag: at.tagName.toLowerCase(), name: at.getAttribute("name") || "",
        value: at.getAttribute("value") || "", first: at.classList.contains("first"),
        href: at.getAttribute("href") || "", text: at.textContent.trim(), top: box.top + scrollY,
        seen: drawn.some(s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2),
        covered: !(over && (at.contains(over) || over.contains(at) || label?.contains(over))),
    };
}"""


def focus(page: Page) -> dict[str, Any]:
    """What has the focus now; nothing if nothing has."""
    found: dict[str, Any] | None = page.evaluate(_FOCUS)
    return found or {}


def tab_to(page: Page, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Press Tab until the focus is there; everything passed on the way shows that it has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        here = focus(page)
        if here:
            assert here["seen"], f"the focus cannot be seen on {here}"
            assert not here["covered"], f"something lies over {here}"
            if wanted(here):
                return here
    raise AssertionError("Tab never gets there")


def press_button(page: Page, value: str) -> None:
    """Go to a button of the form by Tab, and press it with Enter."""
    tab_to(page, lambda here: here["tag"] == "button" and here["value"] == value)
    page.keyboard.press("Enter")


def answer_with_keys(page: Page) -> None:
    """Fill in every question on the screen: the first group by Space, others by arrows; numbers are typed."""
    for number, fieldset in enumerate(page.locator("fieldset").all()):
        name = fieldset.locator("input, textarea").first.get_attribute("name")
        assert name
        tab_to(page, lambda here, name=name: here["name"] == name)  # type: ignore[misc]
        if fieldset.locator("[type=radio]").count():
            page.keyboard.press("Space" if number == 0 else "ArrowDown")
            assert focus(page)["seen"]
            expect(fieldset.locator(":checked")).to_have_count(1)
        else:
            page.keyboard.type("30")


def test_a_whole_questionnaire_is_answered_with_keys_only(
    house: House, new_guide: Callable[..., Guide]
) -> None:
    house.now[0] = people.at(people.T0)
    guide = new_guide()
    page = guide.page
    page.goto(house.link(respondent_id=house.cast.mother))
    tab_to(
        page,
        lambda here: (
            here["tag"] == "button" and "first" in (page.evaluate("document.activeElement.className"))
        ),
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/mine")
    tab_to(page, lambda here: ":background_family:" in here["value"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/q/**")
    response_id = int(page.url.rsplit("/", 2)[1])
    screens = 0
    while page.locator("form#answers").count() and f"/q/{response_id}/" in page.url:
        before = page.url
        answer_with_keys(page)
        press_button(page, "next")
        page.wait_for_url(lambda url, before=before: url != before)  # type: ignore[misc]
        screens += 1
    assert screens >= 3
    assert responses.get(house.database, response_id).status == "complete"


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_after_a_problem_the_focus_is_on_its_summary_and_its_link_leads_to_the_answer(
    house: House, new_guide: Callable[..., Guide], javascript: bool
) -> None:
    house.now[0] = people.at(people.T0)
    guide = new_guide(javascript=javascript)
    page = guide.page
    guide.begin(house.link(respondent_id=house.cast.mother))
    guide.press("button[value*=':background_family:']")
    age = page.locator("fieldset input[inputmode=numeric]").first
    age.fill("dertig")
    usual = page.title()
    page.locator("button[value=next]").click()
    expect(page).to_have_title(f"Probleem: {usual}")
    summary = page.locator("[role=alert].problems")
    expect(summary).to_be_focused()
    expect(age).to_have_value("dertig")
    page.keyboard.press("Tab")
    expect(summary.locator("a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(age).to_be_focused()
    tree = page.locator("main").aria_snapshot()
    assert "alert" in tree
    assert tree.index("Er klopt") < tree.index("group")


def test_the_focus_goes_down_the_page_as_the_eye_does(house: House, new_guide: Callable[..., Guide]) -> None:
    guide = new_guide()
    page = guide.page
    guide.begin(house.link(respondent_id=house.cast.mother))
    guide.press("button.first[name=task]")
    assert not focus(page), "a page of questions begins at its top"
    tops, texts = [], []
    while True:
        page.keyboard.press("Tab")
        here = focus(page)
        if not here or here["href"] == "/accessibility":
            break
        tops.append(here["top"])
        texts.append(here["text"] or here["name"])
    assert texts[0] == "Weg van deze pagina"
    assert len(texts) >= 8
    # Things on one line differ a little in height.
    assert all(above <= below + 24 for above, below in pairwise(tops)), texts


def test_choosing_an_answer_does_not_send_the_page(house: House, new_guide: Callable[..., Guide]) -> None:
    guide = new_guide()
    page = guide.page
    guide.begin(house.link(respondent_id=house.cast.daan))
    guide.join()
    guide.press("button.first[name=task]")
    here = page.url
    tab_to(page, lambda focused: focused["name"].startswith("i."))
    for key in ("Space", "ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.url == here
    expect(page.locator(":checked")).to_have_count(1)
