"""The path of an answer, as a browser without JavaScript walks it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from instruments import Missing
from survey import answers, responses
from survey.db import Database, counting
from survey.web import Services, pages
from tests import people
from tests.kinds import on_both
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor

pytestmark = on_both


def response_id(visitor: Visitor) -> int:
    """The number of the response in front."""
    return int(visitor.path.split("/")[2])


def stored(visitor: Visitor, db: Database) -> dict[str, object]:
    """What the database has of the response in front."""
    return dict(answers.of(db, responses.get(db, response_id(visitor))))


@pytest.fixture
def who5(visitor: Visitor, cast: Cast) -> Visitor:
    """The mother, before the five questions on one page of the WHO-5."""
    return visitor.open(cast.mother).start("who5")


@pytest.fixture
def pin(visitor: Visitor, cast: Cast, clock: Clock) -> Visitor:
    """The linking pin, before the evaluation: five agreements, a grade, tips."""
    clock.now = people.at(people.T1)
    return visitor.open(cast.fatma).start("evaluation_linking_pin")


def test_answers_are_stored_and_the_next_page_follows(visitor: Visitor, cast: Cast, db: Database) -> None:
    visitor.open(cast.mother).start("pedsql:1")
    first = visitor.path
    visitor.press(p1=0, p2=1, p3=2, p4=3)
    assert visitor.response.status_code == 200
    assert visitor.path != first
    assert stored(visitor, db) == {"p1": 0, "p2": 1, "p3": 2, "p4": 3}
    (save,) = answers.history(db, response_id(visitor))
    assert (save.source, save.screen, str(save.edition)) == ("web", "p1", "nl")


def test_a_page_says_where_it_is_and_about_whom(visitor: Visitor, cast: Cast) -> None:
    visitor.open(cast.mother).start("pedsql:1")
    assert visitor.title == "Vraag 1 tot en met 4 van 23 – Meetmoment"
    assert "Over uw kind van 9 jaar".lower() in visitor.text.lower()
    assert "Voorbeeldtekst: dit is niet de echte vragenlijst." in visitor.text
    assert visitor.page.xpath("//*[@id='recall']")


def test_what_is_left_open_is_asked_about_once_and_then_counts_as_skipped(
    who5: Visitor, db: Database
) -> None:
    who5.press(**{"1": 3, "3": 0})
    assert who5.heading != ""
    assert "Dit is nog niet ingevuld" in who5.text
    links = who5.page.xpath("//*[@role='alert']//a/@href")
    assert links == ["#i.2.5", "#i.4.5", "#i.5.5"]
    assert all(who5.page.xpath(f"//*[@id='{link[1:]}']") for link in links)
    assert stored(who5, db) == {"1": 3, "3": 0}
    who5.press(**{"2": 5})
    assert who5.path.endswith("/done")
    skipped = Missing.skipped
    assert stored(who5, db) == {"1": 3, "2": 5, "3": 0, "4": skipped, "5": skipped}


def test_skip_needs_no_second_press_and_keeps_what_was_filled_in(who5: Visitor, db: Database) -> None:
    who5.press("skip", **{"1": 3})
    assert who5.path.endswith("/done")
    assert stored(who5, db) == {"1": 3, **dict.fromkeys("2345", Missing.skipped)}


def test_stopping_keeps_what_was_filled_in_and_skips_nothing(who5: Visitor, db: Database) -> None:
    who5.press("later", **{"2": 4})
    assert who5.heading == "Uw antwoorden zijn bewaard"
    assert stored(who5, db) == {"2": 4}
    assert responses.get(db, response_id(who5)).status == "open"


def test_the_last_answer_completes_the_response_and_the_rest_is_offered(who5: Visitor, db: Database) -> None:
    who5.press(**dict.fromkeys("12345", 2))
    assert responses.get(db, response_id(who5)).status == "complete"
    assert who5.heading == "Dit deel is klaar"
    assert len(who5.tasks) == 1


def test_when_nothing_is_left_the_end_is_a_thank_you(pin: Visitor) -> None:
    pin.press("skip").press("skip")
    assert pin.path == "/thanks"
    assert pin.heading == "Dank u wel voor uw antwoorden"


def test_another_visit_goes_on_at_the_first_open_question_and_shows_nothing_of_before(
    visitor: Visitor, new_visitor: Callable[[], Visitor], cast: Cast, db: Database
) -> None:
    visitor.open(cast.mother).start("pedsql:1").press(p1=4, p2=4, p3=4, p4=4)
    assert visitor.get(visitor.path.replace("p5", "p1")).page.xpath("//input[@checked]") != []
    other = new_visitor().open(cast.mother).start("pedsql:1")
    assert other.path.endswith("/p5")
    other.get(other.path.replace("/p5", "/p1"))
    assert other.path.endswith("/p1")
    assert other.page.xpath("//input[@checked]") == []
    other.press()
    assert other.path.endswith("/p5")
    assert stored(other, db) == {"p1": 4, "p2": 4, "p3": 4, "p4": 4}


def test_texts_of_another_visit_are_not_shown_either(
    pin: Visitor, new_visitor: Callable[[], Visitor], cast: Cast
) -> None:
    pin.press("skip")
    address = pin.path
    pin.press(**{"6": 8, "7": "mind the gap"})
    assert "mind the gap" in pin.get(address).response.get_data(as_text=True)
    other = new_visitor().open(cast.fatma)
    page = other.get(address).response.get_data(as_text=True)
    assert other.path == address
    assert "mind the gap" not in page
    assert "checked" not in page.partition("</style>")[2]


def test_going_back_shows_own_answers_and_changing_them_counts(
    visitor: Visitor, cast: Cast, db: Database
) -> None:
    visitor.open(cast.mother).start("pedsql:1").press(p1=0, p2=1, p3=2, p4=3)
    (back,) = visitor.page.xpath("//a[@class='back']/@href")
    visitor.get(back)
    ticked = visitor.page.xpath("//input[@checked]/@id")
    assert ticked == ["i.p1.0", "i.p2.1", "i.p3.2", "i.p4.3"]
    visitor.press(p1=4)
    assert stored(visitor, db)["p1"] == 4
    assert len(answers.history(db, response_id(visitor))) == 2


def test_the_first_page_leads_back_to_the_overview(who5: Visitor) -> None:
    assert who5.page.xpath("//a[@class='back']/@href") == ["/mine"]


def test_the_overview_tells_how_long_all_takes_and_another_day_what_is_left(
    visitor: Visitor, cast: Cast
) -> None:
    assert "Alles samen duurt" in visitor.open(cast.mother).text
    visitor.start("who5").press("later", **{"1": 4})
    assert visitor.open(cast.mother).path == "/mine"
    assert "De rest duurt" in visitor.text
    assert "Alles samen" not in visitor.text


def test_a_text_that_is_wiped_out_becomes_a_skip(pin: Visitor, db: Database) -> None:
    pin.press("skip").press("later", **{"6": 9, "7": "a name that should not be here"})
    pin.get(f"/q/{response_id(pin)}/6").press(**{"7": ""})
    assert pin.path == "/thanks"
    assert answers.of(db, responses.get(db, 1))["7"] is Missing.skipped


def test_a_condition_decides_what_comes_next_and_nothing_is_deleted(
    visitor: Visitor, cast: Cast, db: Database
) -> None:
    visitor.open(cast.mother).start("background_child:1")
    visitor.press(offer=1)
    assert visitor.path.endswith("/days_per_week")
    visitor.press(days_per_week="2", hours_per_week="١٢")
    assert stored(visitor, db) == {"offer": 1, "days_per_week": 2, "hours_per_week": 12}
    number = response_id(visitor)
    visitor.get(f"/q/{number}/offer").press(offer=5)
    assert visitor.path == f"/q/{number}/check"
    assert stored(visitor, db)["days_per_week"] == 2
    assert visitor.get(f"/q/{number}/days_per_week").path == f"/q/{number}/done"


@pytest.mark.parametrize(
    ("typed", "dutch"),
    [
        ("drie", "Vul een heel getal in, bijvoorbeeld 3."),
        ("2,5", "Vul een heel getal in, bijvoorbeeld 3."),
        ("8", "Vul een getal in van 0 tot en met 7."),
        ("-1", "Vul een getal in van 0 tot en met 7."),
    ],
)
def test_an_impossible_number_is_explained_and_stays_in_the_form(
    visitor: Visitor, cast: Cast, db: Database, typed: str, dutch: str
) -> None:
    visitor.open(cast.mother).start("background_child:1").press(offer=1)
    visitor.press(days_per_week=typed, hours_per_week="6")
    assert visitor.response.status_code == 422
    assert visitor.title == "Probleem: Vraag 2 tot en met 3 van 3 – Meetmoment"
    (link,) = visitor.page.xpath("//*[@role='alert']//a")
    (target,) = visitor.page.xpath(f"//*[@id='{link.get('href')[1:]}']")
    assert link.text == dutch
    assert target.value == typed
    described = target.get("aria-describedby").split()
    assert dutch in [visitor.page.xpath(f"string(//*[@id='{name}'])") for name in described]
    assert visitor.fields["i.hours_per_week"] == "6"
    assert stored(visitor, db) == {"offer": 1}
    assert visitor.press(days_per_week="3").path.endswith("/done")
    assert stored(visitor, db) == {"offer": 1, "days_per_week": 3, "hours_per_week": 6}


def test_what_was_typed_is_shown_again_as_text_never_as_markup(pin: Visitor, db: Database) -> None:
    nasty = '</textarea><script>alert("1")</script>\n & "quotes"'
    pin.press("skip").press("later", **{"6": 9, "7": nasty})
    page = pin.get(f"/q/{response_id(pin)}/6")
    assert page.page.xpath("//script[not(@src)]") == []
    assert str(page.fields["i.7"]).strip() == nasty
    assert answers.of(db, responses.get(db, response_id(pin)))["7"] == nasty


def test_a_form_sent_twice_is_stored_once_and_simply_goes_on(
    visitor: Visitor, cast: Cast, db: Database
) -> None:
    visitor.open(cast.mother).start("pedsql:1")
    form, path = visitor.form(p1=0, p2=0, p3=0, p4=0), visitor.path
    visitor.post(path, form)
    visitor.press(p5=1, p6=1, p7=1, p8=1)
    after = visitor.path
    visitor.post(path, form)
    assert visitor.response.status_code == 200
    assert visitor.path.endswith("/p5")
    assert len(answers.history(db, response_id(visitor))) == 2
    assert after != visitor.path


def test_a_child_sees_one_question_at_a_time_in_large_letters_and_is_called_je(
    visitor: Visitor, cast: Cast, clock: Clock
) -> None:
    clock.now = people.at(people.T1)
    visitor.open(cast.daan).join().get("/mine")
    assert visitor.page.get("class") == "big"
    assert "Jij bepaalt zelf of je meedoet." in visitor.text
    visitor.start("evaluation_child")
    for number in range(1, 7):
        assert visitor.page.get("class") == "big"
        assert len(visitor.page.xpath("//fieldset")) == 1
        assert visitor.title == f"Vraag {number} van 6 – Meetmoment"
        if number == 2:
            visitor.press()
            assert "Wil je nog antwoord geven?" in visitor.text
        visitor.press()
        if number != 2:
            visitor.press()
    assert visitor.heading == "Dank je wel voor je antwoorden"


def test_easy_reading_shows_one_question_at_a_time_also_halfway(
    visitor: Visitor, cast: Cast, db: Database
) -> None:
    visitor.open(cast.mother).start("pedsql:1").press(p1=0, p2=0, p3=0, p4=0)
    here = visitor.path
    token = visitor.fields["csrf"]
    visitor.post("/edition", {"csrf": token, "edition": "nl-easy", "from": here})
    assert (visitor.path, visitor.page.get("lang")) == (here, "nl-simple")
    assert len(visitor.page.xpath("//fieldset")) == 1
    visitor.press(p5=1).press(p6=1)
    assert visitor.path.endswith("/p7")
    visitor.post("/edition", {"csrf": token, "edition": "nl", "from": visitor.path})
    assert visitor.path == here
    assert visitor.page.xpath("//input[@checked]/@id") == ["i.p5.1", "i.p6.1"]
    assert [str(save.edition) for save in answers.history(db, response_id(visitor))] == [
        "nl",
        "nl-easy",
        "nl-easy",
    ]


def test_a_screen_is_shown_with_one_statement_and_saved_with_at_most_four_and_one_commit(
    visitor: Visitor, cast: Cast, db: Database
) -> None:
    visitor.open(cast.mother).start("pedsql:1")
    here = visitor.path
    with counting(db) as looking:
        visitor.client.get(here)
    with counting(db) as saving:
        visitor.client.post(here, data=visitor.form(p1=0, p2=1, p3=2, p4=3))
    assert (looking.statements, looking.commits) == (1, 0)
    assert saving.statements <= 4
    assert saving.commits == 1


def test_a_compiled_page_is_filled_without_rendering_or_looking_up_words(
    visitor: Visitor, cast: Cast, monkeypatch: pytest.MonkeyPatch, house: Services
) -> None:
    visitor.open(cast.mother).start("pedsql:1")
    first = visitor.response.get_data(as_text=True)
    here, form = visitor.path, visitor.form(p1=0, p2=1, p3=2, p4=3)

    def refuse(*_: object, **__: object) -> str:
        raise AssertionError("rendered or translated on the hot path")

    monkeypatch.setattr(pages, "render_template", refuse)
    monkeypatch.setattr(house.catalogues, "words", refuse)
    again = visitor.client.get(here).get_data(as_text=True)
    assert again.replace(str(again.split('sequence" value="')[1][:12]), "") == first.replace(
        str(form["sequence"]), ""
    )
    assert visitor.client.post(here, data=form).status_code == 303
