"""Looking at one's answers once more, whether the rules are clear, and another reading level halfway."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from survey import answers
from survey.db import Database
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor


def checked(visitor: Visitor) -> list[tuple[str, str]]:
    """The page of answers in front: each question with what stands under it."""
    return [
        (line.xpath("string(dt)").strip(), line.xpath("string(dd)").strip())
        for line in visitor.page.xpath("//dl[@class='checks']/div")
    ]


def check_address(visitor: Visitor) -> str:
    """Where the page in front offers to look at the answers."""
    (address,) = visitor.page.xpath("//a[contains(@href, '/check')]/@href")
    return str(address)


def who5(visitor: Visitor, cast: Cast) -> Visitor:
    """The mother's WHO-5, answered but for its third question."""
    visitor.open(cast.mother).start("who5")
    return visitor.press("skip", **{"1": "5", "2": "4", "4": "1", "5": "0"})


def test_a_parent_may_look_at_all_answers_when_a_questionnaire_is_done(visitor: Visitor, cast: Cast) -> None:
    done = who5(visitor, cast)
    assert done.heading == "Dit deel is klaar"
    lines = checked(visitor.get(check_address(done)))
    assert [answer for _, answer in lines][2] == "Niet beantwoord"
    assert len({question for question, _ in lines}) == 5
    assert "Altijd" in lines[0][1] or lines[0][1]


def test_what_is_not_right_is_answered_again_and_the_list_comes_back(
    visitor: Visitor, cast: Cast, db: Database
) -> None:
    visitor.get(check_address(who5(visitor, cast)))
    before = checked(visitor)
    here = visitor.path
    visitor.get(visitor.page.xpath("//dl//a/@href")[2])
    visitor.press(**{"3": "2"})
    assert visitor.path == here
    after = checked(visitor)
    assert [was == now for was, now in zip(before, after, strict=True)] == [True, True, False, True, True]
    number = int(here.split("/")[2])
    assert [save.given for save in answers.history(db, number)][-1]["3"] == 2


def test_a_form_sent_twice_leads_where_it_led_the_first_time(
    visitor: Visitor, cast: Cast, clock: Clock, db: Database
) -> None:
    visitor.open(cast.mother).start("vgk")
    here, form = visitor.path, visitor.form("skip", w1="3")
    number = int(here.split("/")[2])

    def led_to() -> str:
        return str(visitor.client.post(here, data=form).headers["Location"])

    first = led_to()
    visitor.get(first)
    while visitor.page.xpath("//button[@name='do']"):
        clock.wait(seconds=20)
        here, form = visitor.path, visitor.form("skip")
        last = led_to()
        visitor.get(last)
    assert last == f"/q/{number}/done"
    assert led_to() == last, "the form that completed it"

    clock.wait(seconds=20)
    here = visitor.get(f"/q/{number}/w1").path
    form = visitor.form(w1="5")
    assert [led_to(), led_to()] == [f"/q/{number}/check"] * 2, "a correction"
    saves = answers.history(db, number)
    assert len({save.sequence for save in saves}) == len(saves)


def test_an_early_form_sent_again_when_all_is_done_leads_to_the_screen_that_followed_it(
    visitor: Visitor, cast: Cast, clock: Clock
) -> None:
    visitor.open(cast.mother).start("vgk")
    here, form = visitor.path, visitor.form("skip")
    second = visitor.press("skip").path
    while visitor.page.xpath("//button[@name='do']"):
        clock.wait(seconds=20)
        visitor.press("skip")
    assert visitor.client.post(here, data=form).headers["Location"] == second


def test_answers_of_an_earlier_visit_are_never_listed(
    visitor: Visitor, new_visitor: Callable[[], Visitor], cast: Cast
) -> None:
    address = check_address(who5(visitor, cast))
    later = new_visitor().open(cast.mother).get(address)
    told = {answer for _, answer in checked(later)}
    assert told == {"Al eerder beantwoord. Dat is hier niet te zien."}
    assert new_visitor().open(cast.father).get(address).response.status_code == 404


def test_a_list_cannot_be_asked_for_by_a_child_and_is_not_offered_to_it(
    visitor: Visitor, cast: Cast, clock: Clock
) -> None:
    clock.now = people.at(people.T1)
    visitor.open(cast.daan).join().get("/mine").start("evaluation_child")
    check = visitor.path.rpartition("/")[0] + "/check"
    while visitor.page.xpath("//button[@name='do']"):
        visitor.press("skip")
    assert visitor.page.xpath("//a[contains(@href, '/check')]") == []
    assert visitor.get(check).path == "/thanks"


@pytest.mark.parametrize(("said", "heading"), [("yes", "Dat klopt"), ("no", "Het is een beetje anders")])
def test_a_reader_of_easy_words_is_asked_whether_the_rules_are_clear_and_goes_on_whatever_they_say(
    visitor: Visitor, cast: Cast, said: str, heading: str, unchanged: Callable[..., object]
) -> None:
    visitor.open(cast.mother)
    visitor.post("/edition", {**visitor.fields, "edition": "nl-easy", "from": "/mine"})
    assert visitor.page.xpath("//a[@class='button first']/@href") == ["/clear/stop"]
    with unchanged():  # type: ignore[attr-defined]
        assert visitor.get("/clear/stop").heading == "Mag u stoppen?"
        assert visitor.get(f"/clear/stop?said={said}").heading == heading
        assert "U mag altijd stoppen." in visitor.text
        assert visitor.get("/clear/seen").heading == "Zien anderen uw antwoorden?"
        visitor.get("/clear/seen?said=no")
        assert visitor.heading == "Dat klopt"
    (task,) = visitor.tasks
    visitor.post("/mine/open", {**visitor.fields, "task": task})
    assert visitor.title.startswith("Vraag 1 van")
    assert visitor.get("/mine").page.xpath("//a[@href='/clear/stop']") == [], "once is enough"


def test_a_child_that_reads_easy_words_is_asked_so_too(visitor: Visitor, cast: Cast, clock: Clock) -> None:
    clock.now = people.at(people.T1)
    visitor.open(cast.daan).get("/join")
    visitor.post("/edition", {**visitor.fields, "edition": "nl-easy", "from": "/join"}).join()
    assert visitor.heading == "Mag je stoppen?"
    visitor.get("/clear/seen?said=yes")
    assert visitor.page.xpath("//a[@class='button first']/@href") == ["/practice"]


def test_nobody_else_is_asked(visitor: Visitor, cast: Cast, clock: Clock) -> None:
    assert visitor.open(cast.mother).page.xpath("//a[@href='/clear/stop']") == []
    assert visitor.get("/clear/nonsense").response.status_code == 404


def test_another_reading_level_and_language_halfway_keep_every_answer_and_are_noted_with_each(
    visitor: Visitor, cast: Cast, db: Database
) -> None:
    visitor.open(cast.mother).start("who5")
    number = int(visitor.path.split("/")[2])
    visitor.press("later", **{"1": "5"})
    visitor.get(f"/q/{number}")

    def switch(edition: str) -> None:
        visitor.post("/edition", {**visitor.fields, "edition": edition, "from": visitor.path})

    switch("nl-easy")
    assert len(visitor.page.xpath("//fieldset")) == 1
    visitor.get(f"/q/{number}/1")
    assert visitor.page.xpath("//input[@checked]/@value") == ["5"]
    visitor.get(f"/q/{number}").press(**{"2": "4"})
    switch("en")
    assert visitor.page.get("lang") == "en"
    assert visitor.page.xpath("//input[@checked]/@id") == ["i.1.5", "i.2.4"]
    visitor.press(**{"3": "3", "4": "2", "5": "1"})
    saves = answers.history(db, number)
    assert [str(save.edition) for save in saves] == ["nl", "nl-easy", "en"]
    assert visitor.path.endswith("/done")


def test_who_works_with_families_is_thanked_with_where_to_take_a_remark(
    visitor: Visitor, cast: Cast, clock: Clock
) -> None:
    clock.now = people.at(people.T1)
    visitor.open(cast.fatma).start("evaluation_linking_pin")
    while visitor.page.xpath("//button[@name='do']"):
        visitor.press("skip")
    assert visitor.path == "/thanks"
    assert "Hebt u een opmerking over deze vragen" in visitor.text
    assert "opmerking" not in visitor.open(cast.mother).get("/thanks").text
