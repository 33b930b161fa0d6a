"""The family page and the overview: whose turn it is, what is left, and who sees what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from instruments import Edition
from survey import families, responses
from survey.db import Database
from survey.settings import Settings
from survey.web import Services, create_app
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor


@pytest.fixture
def family(visitor: Visitor, cast: Cast) -> Visitor:
    """The family page on the family's own phone."""
    return visitor.open(family_id=cast.family_id)


def household(db: Database, cast: Cast, *births: dt.date) -> families.NewFamily:
    """Another family, of one parent, included on the same day."""
    return families.add_family(
        db,
        cast.study_id,
        families.add_municipality(db, cast.study_id, "G2", "Elders"),
        people.T0,
        parents=[families.Parent()],
        children=[families.Child(birth) for birth in births],
        now=people.at(people.T0),
    )


def turn(visitor: Visitor, respondent_id: int) -> Visitor:
    """Press somebody's button on the family page."""
    return visitor.post("/family/open", {"csrf": visitor.fields["csrf"], "respondent": respondent_id})


def test_the_family_page_says_who_has_what_to_do(family: Visitor) -> None:
    assert family.title == "Wie is er aan de beurt? – Meetmoment"
    cards = [" ".join(card.itertext()).split() for card in family.page.xpath("//*[@class='card']")]
    assert [" ".join(words) for words in cards] == [
        (
            "Ouder 1 over uw gezin, over uw kind van 9 jaar, over uw kind van 4 jaar,"
            " over uw kind van 1 jaar en over uzelf ongeveer 50 minuten"
        ),
        "Ouder 2 over uzelf en over uw gezin ongeveer 12 minuten",
    ]


def test_children_are_on_the_family_page_only_if_the_study_says_so(
    visitor: Visitor, cast: Cast, clock: Clock, settings: Settings, house: Services
) -> None:
    clock.now = people.at(people.T1)
    assert "Kind" not in visitor.open(family_id=cast.family_id).text
    shown = replace(house, protocol=house.protocol.model_copy(update={"family_page_shows_children": True}))
    app = create_app(settings, shown)
    visitor = Visitor(app.test_client(), visitor.database, clock).open(family_id=cast.family_id)
    assert "Kind van 9 jaar" in visitor.text
    assert turn(visitor, cast.daan).heading == "Kun je even alleen zijn?"


def test_a_person_answers_in_their_own_edition(family: Visitor, cast: Cast) -> None:
    turn(family, cast.father)
    assert (family.path, family.heading) == ("/mine", "Your questions")


def test_an_edition_chosen_on_the_family_page_goes_along(family: Visitor, cast: Cast) -> None:
    family.post("/edition", {"csrf": family.fields["csrf"], "edition": "en-easy", "from": "/family"})
    assert family.page.get("lang") == "en-simple"
    assert turn(family, cast.mother).page.get("lang") == "en-simple"
    family.get("/family")
    assert turn(family, cast.father).page.get("lang") == "en"


def test_nobody_sees_what_somebody_else_gave_on_the_same_phone(family: Visitor, cast: Cast) -> None:
    turn(family, cast.mother).start("who5")
    address = family.path
    family.press("later", **{"1": 4})
    turn(family.get("/family"), cast.father)
    assert family.get(address).response.status_code == 404
    turn(family.get("/family"), cast.mother)
    family.get(address)
    assert family.page.xpath("//input[@checked]") == []


@pytest.mark.parametrize("who", ["daan", "fatma", "stranger"])
def test_only_who_is_on_the_page_can_be_chosen(family: Visitor, cast: Cast, db: Database, who: str) -> None:
    others = household(db, cast)
    chosen = {"daan": cast.daan, "fatma": cast.fatma, "stranger": others.parents[0]}[who]
    assert turn(family, chosen).response.status_code == 404
    assert family.get("/mine").path == "/family"


def test_a_link_of_ones_own_shows_no_family_page(visitor: Visitor, cast: Cast) -> None:
    visitor.open(cast.mother)
    assert visitor.get("/family").path == "/mine"
    assert "aan de beurt" not in visitor.text
    assert turn(visitor.open(cast.mother), cast.father).response.status_code == 404


def test_children_of_one_age_are_told_apart_by_a_number(visitor: Visitor, cast: Cast, db: Database) -> None:
    twins = household(db, cast, people.NOOR_BORN, people.NOOR_BORN)
    visitor.open(twins.parents[0])
    groups = visitor.page.xpath("//h2/text()")
    assert groups == [
        "over uw gezin",
        "over uw kind van 4 jaar (1)",
        "over uw kind van 4 jaar (2)",
        "over uzelf",
    ]
    visitor.start(f"pedsql:{twins.children[1]}")
    assert "over uw kind van 4 jaar (2)" in visitor.text


def test_a_birthday_between_two_questionnaires_does_not_make_two_children_of_one(
    visitor: Visitor, new_visitor: Callable[[], Visitor], cast: Cast, db: Database, clock: Clock
) -> None:
    parent = household(db, cast, dt.date(2022, 10, 1)).parents[0]
    visitor.open(parent)
    assert "over uw kind van 3 jaar" in visitor.page.xpath("//h2/text()")
    visitor.start("background_child").press("skip")
    clock.now = people.at(dt.date(2026, 10, 5))
    headings = new_visitor().open(parent).page.xpath("//h2/text()")
    assert headings == ["over uw gezin", "over uw kind van 4 jaar", "over uzelf"]


def test_the_overview_offers_to_go_on_and_marks_what_is_done(visitor: Visitor, cast: Cast) -> None:
    visitor.open(cast.father)
    assert visitor.page.xpath("string(//button[contains(@class, 'first')])") == "Begin"
    visitor.start("who5").press("skip")
    visitor.get("/mine")
    assert visitor.page.xpath("string(//button[contains(@class, 'first')])") == "Go on"
    assert [state.text for state in visitor.page.xpath("//div[@class='card']/*[@class='state']")] == ["Done"]


@pytest.mark.parametrize(
    ("months", "words"),
    [(5, "Er zijn op dit moment geen vragen."), (30, "Er zijn op dit moment geen vragen.")],
)
def test_between_waves_there_is_nothing_to_do_and_that_is_fine(
    visitor: Visitor, cast: Cast, clock: Clock, months: int, words: str
) -> None:
    clock.wait(days=months * 30)
    assert words in visitor.open(cast.mother).text
    assert visitor.tasks == []
    assert words in visitor.open(family_id=cast.family_id).text


@pytest.mark.parametrize(
    ("status", "words"), [("paused", "Het is nu even pauze."), ("stopped", "Er komen geen vragen meer.")]
)
def test_a_family_that_paused_or_stopped_is_asked_nothing(
    visitor: Visitor, cast: Cast, db: Database, status: str, words: str
) -> None:
    families.set_status(db, cast.family_id, status)
    visitor.open(cast.mother)
    assert (visitor.path, visitor.tasks) == ("/mine", [])
    assert words in visitor.text


def test_a_questionnaire_without_words_in_this_edition_is_offered_in_others(
    visitor: Visitor, cast: Cast, house: Services, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "offered", lambda _: (Edition("en"), Edition("en", "easy")))
    visitor.open(cast.mother).start("who5")
    assert visitor.heading == "Kies een taal"
    assert visitor.page.xpath("//button[@name='edition']/@value") == ["en", "en-easy"]
    visitor.post("/mine/open", {**visitor.fields, "edition": "en"})
    assert visitor.page.get("lang") == "nl"
    assert {part.get("lang") for part in visitor.page.xpath("//fieldset")} == {"en"}
    visitor.press("later", **{"1": 3})
    assert str(responses.get(db, 1).edition) == "en"
    assert visitor.get("/q/1").path == "/q/1/1"


def test_an_edition_that_the_pages_do_not_have_gives_way_to_the_usual_one(
    visitor: Visitor, cast: Cast, db: Database
) -> None:
    town = families.add_municipality(db, cast.study_id, "G2", "Elders")
    reader = families.Parent("tr", "easy")
    family = families.add_family(db, cast.study_id, town, people.T0, parents=[reader], children=[])
    visitor.open(family.parents[0])
    assert visitor.page.get("lang") == "nl"
    visitor.start("who5").press("later", **{"1": 3})
    assert str(responses.get(db, 1).edition) == "nl"


def test_a_questionnaire_without_any_words_is_not_listed_and_says_so_kindly(
    visitor: Visitor, cast: Cast, house: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "offered", lambda _: ())
    visitor.open(cast.mother)
    assert visitor.tasks == []
    assert "nog niet in een taal die hier te lezen is" in visitor.text
    key = f"{cast.mother}:parent_self:who5:0:T0"
    visitor.post("/mine/open", {"csrf": visitor.fields["csrf"], "task": key})
    assert visitor.heading == "Deze vragen kunnen nog niet worden getoond"


def test_words_that_may_no_longer_be_shown_end_in_a_choice_of_language(
    visitor: Visitor, cast: Cast, house: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.open(cast.mother).start("who5").press("later", **{"1": 3})
    monkeypatch.setattr(house, "offered", lambda _: (Edition("en"),))
    visitor.get("/q/1/1")
    assert (visitor.response.status_code, visitor.heading) == (
        409,
        "Deze vragen zijn niet meer in deze taal te lezen",
    )
    (choice,) = visitor.page.xpath("//main//a/@href")
    visitor.get(choice)
    visitor.post("/edition", {**visitor.fields, "edition": "en"})
    assert (visitor.path, visitor.page.get("lang")) == ("/q/1/1", "en")
