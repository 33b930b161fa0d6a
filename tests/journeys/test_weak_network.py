"""A phone that loses its connection, its tab or its owner's attention: no answer is lost, none is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from instruments import Given
from survey import answers, responses
from tests import people
from tests.journeys.conftest import Guide, House

pytestmark = pytest.mark.browser


def stored(house: House, page: Page) -> dict[str, Given]:
    """What the service has of the questionnaire in front."""
    return answers.of(house.database, responses.get(house.database, int(page.url.split("/")[4])))


def saves(house: House, page: Page) -> list[str]:
    """The names of all saves of the questionnaire in front."""
    return [save.sequence for save in answers.history(house.database, int(page.url.split("/")[4]))]


def choose(page: Page, item: str, code: int) -> None:
    page.locator(f"label:has(input[name='i.{item}'][value='{code}'])").click()


def on_the_device(page: Page) -> dict[str, str]:
    return dict(page.evaluate("({...localStorage})"))


def say(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_have_text(text)


SAVED = "Opgeslagen"
OFF = "Geen verbinding. Laat deze pagina open. Wat u invult, wordt verstuurd zodra er weer verbinding is."
WAIT = "Nog geen verbinding. Laat deze pagina open. Het gaat vanzelf verder zodra er weer verbinding is."
BACK = "Er is weer verbinding. Alles is opgeslagen."


@pytest.fixture
def mother(house: House, new_guide: Callable[..., Guide]) -> Page:
    """The mother, before the first page of the WHO-5."""
    guide = new_guide()
    guide.begin(house.link(respondent_id=house.cast.mother))
    guide.press("button[name=task][value*=':who5:']")
    expect(guide.page.locator("#answers")).to_be_visible()
    return guide.page


def waiting(page: Page, count: int) -> None:
    """Wait until so many answers wait on the device to be sent.

    Asked again and again from here: our pages forbid the scripts with which a page is told to ask itself.
    """
    for _ in range(300):
        if page.evaluate("Object.keys(localStorage).length") == count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"there are never {count} answers that wait")


def test_each_answer_is_saved_as_it_is_given_without_going_on(house: House, mother: Page) -> None:
    choose(mother, "1", 3)
    say(mother, SAVED)
    assert stored(house, mother) == {"1": 3}
    choose(mother, "1", 4)
    choose(mother, "2", 5)
    waiting(mother, 0)
    say(mother, SAVED)
    assert stored(house, mother) == {"1": 4, "2": 5}
    assert on_the_device(mother) == {}


def test_a_questionnaire_ends_by_going_on_and_not_by_its_last_answer(house: House, mother: Page) -> None:
    for item in "12345":
        choose(mother, item, 2)
    say(mother, SAVED)
    response_id = int(mother.url.split("/")[4])
    assert len(stored(house, mother)) == 5
    assert responses.get(house.database, response_id).status == "open"
    # The tab is closed and the link opened again: the last screen, empty, is where one says "continue".
    mother.goto(house.link(respondent_id=house.cast.mother))
    with mother.expect_navigation():
        mother.locator("form[action^='/l/'] button").click()
    with mother.expect_navigation():
        mother.locator("button[name=task][value*=':who5:']").first.click()
    assert mother.locator("input:checked").count() == 0
    mother.locator("button[value=next]").click()
    expect(mother).not_to_have_url(f"{house.address}/q/{response_id}/1")
    assert responses.get(house.database, response_id).status == "complete"


def test_the_network_is_cut_in_the_middle_of_a_page_and_comes_back(house: House, mother: Page) -> None:
    choose(mother, "1", 3)
    say(mother, SAVED)
    mother.context.set_offline(True)
    say(mother, OFF)
    choose(mother, "2", 1)
    choose(mother, "3", 0)
    choose(mother, "2", 5)
    waiting(mother, 3)
    assert stored(house, mother) == {"1": 3}
    mother.context.set_offline(False)
    say(mother, BACK)
    assert stored(house, mother) == {"1": 3, "2": 5, "3": 0}
    assert on_the_device(mother) == {}
    names = saves(house, mother)
    assert len(names) == len(set(names)) == 4


def test_going_on_without_a_network_waits_and_then_goes_on(house: House, mother: Page) -> None:
    first = mother.url
    choose(mother, "1", 3)
    mother.context.set_offline(True)
    for item in "2345":
        choose(mother, item, 2)
    mother.locator("button[value=next]").click()
    say(mother, WAIT)
    mother.locator("button[value=next]").click()
    assert mother.url == first
    assert mother.locator("input:checked").count() == 5, "the page is still there, filled in"
    mother.context.set_offline(False)
    mother.wait_for_url("**/done")
    mother.go_back()
    mother.wait_for_url(first)
    assert stored(house, mother) == {"1": 3, "2": 2, "3": 2, "4": 2, "5": 2}
    assert on_the_device(mother) == {}


def test_a_save_whose_acknowledgement_was_lost_is_stored_once(house: House, mother: Page) -> None:
    lost: list[str] = []

    def lose_the_answer(route: object) -> None:
        if len(lost) < 2:
            route.fetch()  # type: ignore[attr-defined]  # the service got it; the phone never hears so
            lost.append("one")
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    mother.route("**/keep", lose_the_answer)
    choose(mother, "1", 3)
    say(mother, BACK)
    assert len(lost) == 2
    assert stored(house, mother) == {"1": 3}
    assert len(saves(house, mother)) == 1


def test_a_dead_tab_is_opened_again_and_brings_what_it_could_not_send(house: House, mother: Page) -> None:
    address, context = mother.url, mother.context
    context.set_offline(True)
    choose(mother, "1", 3)
    choose(mother, "4", 5)
    waiting(mother, 2)
    sealed = on_the_device(mother)
    assert not any("i.1" in value or "csrf" in value for value in sealed.values()), "it cannot be read"
    mother.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(address)
    say(again, SAVED)
    waiting(again, 0)
    assert stored(house, again) == {"1": 3, "4": 5}
    assert again.locator("input:checked").evaluate_all("all => all.map(one => one.id)") == ["i.1.3", "i.4.5"]
    again.locator("button[value=later]").click()
    again.wait_for_url("**/later")


def test_two_tabs_of_one_visit_do_not_undo_each_other(house: House, mother: Page) -> None:
    other = mother.context.new_page()
    other.goto(mother.url)
    choose(mother, "1", 3)
    say(mother, SAVED)
    choose(other, "2", 4)
    say(other, SAVED)
    choose(other, "1", 5)
    waiting(other, 0)
    mother.locator("button[value=later]").click()
    mother.wait_for_url("**/later")
    assert stored(house, mother) == {"1": 3, "2": 4}, "the last one to press a button decides"


def test_two_siblings_on_one_phone_never_see_what_the_other_could_not_send(
    house: House, new_guide: Callable[..., Guide]
) -> None:
    guide = new_guide()
    page = guide.page
    guide.begin(house.link(respondent_id=house.cast.daan))
    guide.join()
    page.locator("button[name=task]").first.click()
    expect(page.locator("#answers")).to_be_visible()
    page.context.set_offline(True)
    page.locator("label.option").first.click()
    waiting(page, 1)
    sealed = on_the_device(page)
    page.context.set_offline(False)
    page.route("**/keep", lambda route: route.abort())
    # Before it is sent, somebody else opens their own link on the same phone.
    page.goto(house.link(respondent_id=house.cast.mother))
    with page.expect_navigation():
        page.locator("form[action^='/l/'] button").click()
    with page.expect_navigation():
        page.locator("button[name=task][value*=':who5:']").first.click()
    waiting(page, 0)
    assert sealed
    assert page.locator("input:checked").count() == 0
    page.unroute("**/keep")
    choose(page, "1", 3)
    say(page, SAVED)
    assert stored(house, page) == {"1": 3}


def test_the_page_says_that_it_closes_and_one_button_keeps_it_open(house: House, mother: Page) -> None:
    mother.clock.install()
    mother.reload()
    choose(mother, "1", 3)
    say(mother, SAVED)
    question = mother.get_by_role("alertdialog")
    mother.clock.run_for(27 * 60 * 1000)
    expect(question).to_be_hidden()
    house.now[0] = people.at(people.T1, minute=28)
    mother.clock.run_for(70 * 1000)
    expect(question).to_be_visible()
    expect(question.get_by_role("button", name="Ik ben er nog")).to_be_focused()
    mother.keyboard.press("Enter")
    mother.clock.run_for(1000)
    expect(question).to_be_hidden()
    # Half an hour after the page was opened, and still there.
    house.now[0] = people.at(people.T1, minute=50)
    choose(mother, "2", 4)
    say(mother, SAVED)
    assert stored(house, mother) == {"1": 3, "2": 4}


def test_when_nobody_is_there_the_visit_ends_and_nothing_is_lost(house: House, mother: Page) -> None:
    mother.clock.install()
    mother.reload()
    choose(mother, "1", 3)
    say(mother, SAVED)
    address = mother.url
    house.now[0] = people.at(people.T1, minute=31)
    mother.clock.fast_forward(31 * 60 * 1000)
    mother.wait_for_url("**/mine")
    expect(mother.locator("h1")).to_have_text("Welkom terug")
    assert "Open de link opnieuw" in mother.locator("main").inner_text()
    mother.goto(address)
    assert mother.locator("input").count() == 0
    assert on_the_device(mother) == {}
    mother.goto(house.link(respondent_id=house.cast.mother))
    with mother.expect_navigation():
        mother.locator("form[action^='/l/'] button").click()
    mother.goto(address)
    assert stored(house, mother) == {"1": 3}


def test_a_phone_that_slept_past_the_end_says_so_at_the_first_touch(house: House, mother: Page) -> None:
    choose(mother, "1", 3)
    say(mother, SAVED)
    house.now[0] = people.at(people.T1, hour=14)
    choose(mother, "2", 4)
    mother.wait_for_url("**/mine")
    expect(mother.locator("h1")).to_have_text("Welkom terug")
    assert on_the_device(mother) == {}


def test_shift_three_times_leaves_at_once_and_back_shows_nothing(house: House, mother: Page) -> None:
    choose(mother, "1", 3)
    say(mother, SAVED)
    for _ in range(3):
        mother.keyboard.press("Shift")
    mother.wait_for_url(f"{house.address}/")
    assert mother.context.cookies() == []
    mother.go_back()
    expect(mother.locator("h1")).to_have_text("Welkom")
    assert mother.locator("input[type=radio]").count() == 0
    assert on_the_device(mother) == {}


def test_shift_while_writing_does_not_leave(house: House, mother: Page) -> None:
    address = mother.url
    for key in ("Shift", "a", "Shift", "b", "Shift", "Shift"):
        mother.keyboard.press(key)
    choose(mother, "1", 3)
    say(mother, SAVED)
    assert mother.url == address


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_exit_survives_back_on_every_kind_of_phone(
    house: House, new_guide: Callable[..., Guide], javascript: bool
) -> None:
    guide = new_guide(javascript=javascript)
    page = guide.page
    guide.begin(house.link(respondent_id=house.cast.mother))
    with page.expect_navigation():
        page.locator("button[name=task][value*=':who5:']").first.click()
    choose(page, "1", 3)
    page.locator("button.leave").click()
    page.wait_for_url(f"{house.address}/")
    for _ in range(3):
        page.go_back()
        assert page.locator("input[type=radio]").count() == 0
        assert page.locator("button[name=task]").count() == 0
    assert page.context.cookies() == []


def test_a_pause_keeps_the_page_and_shows_nothing(house: House, mother: Page) -> None:
    choose(mother, "1", 3)
    mother.locator("button[value=pause]").click()
    mother.wait_for_url("**/pause")
    expect(mother.locator("main")).to_have_text("Pauze Verdergaan")
    assert mother.title() == "Meetmoment"
    mother.get_by_role("link", name="Verdergaan").click()
    expect(mother.locator("#answers")).to_be_visible()
    assert stored(house, mother) == {"1": 3}


def test_without_a_script_a_page_has_neither_its_signs_nor_its_question(
    house: House, new_guide: Callable[..., Guide]
) -> None:
    guide = new_guide(javascript=False)
    guide.begin(house.link(respondent_id=house.cast.mother))
    guide.press("button[name=task][value*=':who5:']")
    expect(guide.page.get_by_role("alertdialog")).to_be_hidden()
    expect(guide.page.get_by_role("status")).to_have_text("")
    guide.answer_screen(lambda item: 2)
    guide.page.wait_for_url("**/done")


VOICES = """
window.spoken = [];
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => %s, cancel: () => {}, speak: (one) => window.spoken.push([one.voice.name, one.text]),
  addEventListener: () => {},
} });
"""
REMOTE = '[{ name: "far", lang: "nl-NL", localService: false }]'
LOCAL = REMOTE.replace("]", ', { name: "near", lang: "nl-NL", localService: true }]')


@pytest.mark.parametrize(("voices", "expected"), [(REMOTE, 0), (LOCAL, 1), ("[]", 0)])
def test_a_phone_reads_aloud_only_with_a_voice_of_its_own(
    house: House, new_guide: Callable[..., Guide], voices: str, expected: int
) -> None:
    guide = new_guide()
    page = guide.page
    page.add_init_script(VOICES % voices)
    guide.begin(house.link(respondent_id=house.cast.daan))
    guide.join()
    page.locator("button[name=task]").first.click()
    expect(page.locator("#answers")).to_be_visible()
    button = page.get_by_role("button", name="Luister", exact=True)
    expect(button).to_have_count(expected)
    if expected:
        page.locator("label.option").first.click()
        button.click()
        spoken = page.evaluate("window.spoken")
        assert {voice for voice, _ in spoken} == {"near"}
        texts = [text for _, text in spoken]
        assert texts[0] == page.locator("legend").inner_text()
        assert texts[1:] == page.locator(".option span").all_inner_texts()
