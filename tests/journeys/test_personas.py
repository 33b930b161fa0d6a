"""The people of the study, each on a phone of 360 pixels: what is asked of them, and how it reads to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from survey import answers, families
from tests import people
from tests.journeys.conftest import Guide, House

pytestmark = pytest.mark.browser

NewGuide = Callable[..., Guide]


@pytest.fixture
def languages() -> tuple[str, ...]:
    """One that is written from right to left is among them."""
    return ("nl", "en", "ar", "tr", "pl", "uk")


def first(_: str) -> int:
    """A plan: the answer with code 1, whatever is asked."""
    return 1


def worker(item: str) -> int | str:
    """A plan: what a childcare worker answers."""
    return {"6": 8}.get(item, 2) if item != "7" else "-"


def start(guide: Guide, instrument: str) -> None:
    """Press the card of a questionnaire."""
    guide.press(f".card[name=task][value*=':{instrument}:']")


def switch(guide: Guide, edition: str) -> None:
    """Choose another edition on the page in front."""
    guide.press("header a[href^='/edition']")
    guide.look(f"languages-{edition}")
    guide.press(f"button[name=edition][value='{edition}']")


def stored(house: House, guide: Guide) -> list[str]:
    """The editions of the saves of the questionnaire in front, oldest first."""
    number = int(guide.page.url.split("/q/")[1].split("/")[0])
    return [str(save.edition) for save in answers.history(house.database, number)]


def test_a_tired_parent_stops_halfway_and_goes_on_another_day(house: House, new_guide: NewGuide) -> None:
    guide = new_guide()
    guide.begin(house.link(respondent_id=house.cast.mother))
    expect(guide.page.locator("main")).to_contain_text("Het hoeft niet in één keer")
    guide.look("pocket")
    start(guide, "who5")
    guide.page.locator("fieldset").first.locator("label").first.click()
    guide.press("button[value=later]")
    guide.look("later")
    house.now[0] += dt.timedelta(days=2)

    again = new_guide()
    again.begin(house.link(respondent_id=house.cast.mother))
    start(again, "who5")
    assert again.page.locator("input:checked").count() == 0
    again.answer_questionnaire(first)
    again.look("done")
    again.press("a[href$='/check']")
    expect(again.page.locator("dl.checks > div")).to_have_count(5)
    again.look("check")


def test_a_parent_who_reads_easy_words_is_asked_one_thing_at_a_time(
    house: House, new_guide: NewGuide
) -> None:
    guide = new_guide()
    guide.begin(house.link(respondent_id=house.cast.mother))
    switch(guide, "nl-easy")
    guide.look("pocket")
    guide.press("a[href='/clear/stop']")
    guide.look("clear-stop")
    guide.press("a[href$='said=no']")
    expect(guide.page.locator("main")).to_contain_text("U mag altijd stoppen.")
    guide.look("clear-stop-rule")
    guide.press("a.first")
    guide.press("a[href$='said=no']")
    guide.look("clear-seen-rule")
    guide.page.go_back()
    guide.page.goto(f"{house.address}/mine")
    start(guide, "evaluation_parent")
    expect(guide.page.locator("fieldset")).to_have_count(1)
    expect(guide.page.locator(".option svg")).to_have_count(5)
    guide.answer_questionnaire(lambda item: 7 if item == "7" else None if item == "6" else 2)
    guide.look("done")


def test_a_parent_reads_arabic_from_right_to_left(house: House, new_guide: NewGuide) -> None:
    guide = new_guide("ar")
    guide.begin(house.link(respondent_id=house.cast.mother))
    switch(guide, "ar")
    assert guide.page.locator("html").get_attribute("dir") == "rtl"
    guide.look("pocket")
    start(guide, "who5")
    box = guide.page.locator("label.option input").first.bounding_box()
    assert box is not None
    assert box["x"] > 180, "the place to tick is on the right"
    guide.answer_questionnaire(first)
    guide.look("done")


def test_a_parent_reads_easy_arabic_one_question_at_a_time(house: House, new_guide: NewGuide) -> None:
    guide = new_guide("ar")
    guide.begin(house.link(respondent_id=house.cast.mother))
    switch(guide, "ar-easy")
    page = guide.page.locator("html")
    assert (page.get_attribute("lang"), page.get_attribute("dir")) == ("ar-simple", "rtl")
    guide.look("pocket")
    start(guide, "who5")
    expect(guide.page.locator("fieldset")).to_have_count(1)
    guide.answer_questionnaire(first)
    assert set(stored(house, guide)) == {"ar-easy"}
    guide.look("done")


def test_a_parent_changes_from_dutch_to_easy_dutch_to_arabic_halfway_and_keeps_every_answer(
    house: House, new_guide: NewGuide
) -> None:
    guide = new_guide()
    guide.begin(house.link(respondent_id=house.cast.mother))
    start(guide, "parenting_scale")
    guide.answer_screen(first)
    switch(guide, "nl-easy")
    guide.answer_screen(first)
    switch(guide, "ar")
    guide.look("grade")
    guide.answer_questionnaire(first)
    editions = stored(house, guide)
    assert list(dict.fromkeys(editions)) == ["nl", "nl-easy", "ar"]


@pytest.mark.parametrize("edition", ["nl", "nl-easy", "ar"])
def test_a_child_of_nine_answers_alone(house: House, new_guide: NewGuide, edition: str) -> None:
    guide = new_guide()
    guide.begin(house.link(respondent_id=house.cast.daan))
    guide.look("alone")
    if edition != "nl":
        switch(guide, edition)
    guide.press("a[href='/join']")
    guide.look("join")
    guide.press("button[value=no]")
    guide.look("no")
    guide.press("a[href='/join']")
    guide.press("button[value=yes]")
    if edition == "nl-easy":
        guide.look("clear")
        guide.page.goto(f"{house.address}/practice")
    guide.look("practice")
    guide.page.locator("label.option").first.click()
    guide.press("button.first")
    guide.look("practised")
    guide.press("button.first[name=task]")
    guide.answer_questionnaire(lambda item: 9 if item == "6" else 2)
    guide.look("end")
    guide.press("footer a")
    guide.look("help")


def test_a_girl_of_fifteen_is_no_child_and_no_adult(house: House, new_guide: NewGuide) -> None:
    town = families.add_municipality(house.database, house.cast.study_id, "G2", "Anderstad")
    family = families.add_family(
        house.database,
        house.cast.study_id,
        town,
        people.T0,
        parents=[families.Parent("nl")],
        children=[families.Child(dt.date(2011, 6, 1), "girl")],
        now=people.at(people.T0),
    )
    guide = new_guide()
    guide.begin(house.link(respondent_id=family.child_respondents[0]))
    guide.join()
    assert guide.page.locator("html.big").count() == 0
    guide.press("button.first[name=task]")
    guide.answer_questionnaire(lambda item: 8 if item == "6" else 2)
    guide.look("end")


def test_a_childcare_worker_is_done_in_a_few_screens(house: House, new_guide: NewGuide) -> None:
    guide = new_guide()
    guide.begin(house.link(respondent_id=house.cast.joost))
    guide.look("pocket")
    assert guide.answer_everything({"evaluation_childcare": worker}) == 1
    expect(guide.page.locator("main")).to_contain_text("Hebt u een opmerking over deze vragen")
    guide.look("thanks")
