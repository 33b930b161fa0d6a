"""Three faces of one set of pages: adults, children and young people; and the scales that are drawn."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest

from instruments.model import Informant
from printable import pictures
from survey import families
from survey.db import Database
from survey.web import looks
from survey.web.i18n import Audience
from survey.web.pages import audience_of
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor

#: Fifteen at the first follow-up.
FIFTEEN = dt.date(2011, 6, 1)


@pytest.mark.parametrize(
    ("informant", "months", "audience"),
    [
        ("parent", None, "adult"),
        ("linking_pin", None, "adult"),
        (None, None, "adult"),
        ("parent", 100, "adult"),
        ("child", None, "child"),
        ("child", 96, "child"),
        ("child", 143, "child"),
        ("child", 144, "youth"),
        ("child", 215, "youth"),
    ],
)
def test_how_one_is_spoken_to_follows_from_who_one_is_and_ones_age(
    informant: Informant | None, months: int | None, audience: Audience
) -> None:
    assert audience_of(informant, months) == audience


@pytest.fixture
def girl(db: Database, cast: Cast) -> int:
    """A girl of fifteen, in a family of her own."""
    town = families.add_municipality(db, cast.study_id, "G2", "Anderstad")
    new = families.add_family(
        db,
        cast.study_id,
        town,
        people.T0,
        parents=[families.Parent("nl")],
        children=[families.Child(FIFTEEN, "girl")],
        now=people.at(people.T0),
    )
    return new.child_respondents[0]


@pytest.fixture
def follow_up(clock: Clock) -> None:
    """It is the day of the first follow-up."""
    clock.now = people.at(people.T1)


def drawings(visitor: Visitor) -> list[str]:
    """The drawings beside the answers in front."""
    text = visitor.response.get_data(as_text=True)
    return re.findall(r'<label class="option">.*?(<svg.*?</svg>)', text, re.DOTALL)


def scale(name: str) -> list[str]:
    """A drawn scale, as it stands in pages."""
    return [str(looks.drawing(f"{name}-{code}")) for code in range(1, 6)]


@pytest.mark.usefixtures("follow_up")
def test_a_child_sees_large_letters_and_circles_beside_the_words(visitor: Visitor, cast: Cast) -> None:
    visitor.open(cast.daan).join().get("/mine").start("evaluation_child")
    assert visitor.page.get("class") == "big"
    assert drawings(visitor) == scale("agreement")
    labels = visitor.page.xpath("//label[@class='option']")
    assert all(label.text_content().strip() for label in labels)
    assert visitor.page.xpath("//label//svg[not(@aria-hidden='true')]") == []


@pytest.mark.usefixtures("follow_up")
def test_a_girl_of_fifteen_has_the_same_bones_with_the_letters_of_adults_and_je(
    visitor: Visitor, girl: int
) -> None:
    visitor.open(girl).join().get("/mine")
    assert visitor.page.get("class") is None
    assert visitor.heading == "Jouw vragen"
    visitor.start("evaluation_child")
    assert visitor.page.get("class") is None
    assert len(visitor.page.xpath("//fieldset")) == 1
    assert drawings(visitor) == scale("agreement")
    assert "Wil je nog antwoord geven?" in visitor.press().text


@pytest.mark.usefixtures("follow_up")
def test_help_and_the_choice_of_language_speak_to_a_child_too(
    visitor: Visitor, cast: Cast, girl: int
) -> None:
    for address in ("/help", "/edition"):
        assert visitor.open(cast.daan).get(address).page.get("class") == "big"
        assert visitor.open(girl).get(address).page.get("class") is None
        assert visitor.open(cast.mother).get(address).page.get("class") is None


@pytest.mark.usefixtures("follow_up")
def test_parents_see_words_alone_and_circles_in_easy_reading(
    visitor: Visitor, cast: Cast, new_visitor: Callable[[], Visitor]
) -> None:
    visitor.open(cast.mother).start("evaluation_parent")
    assert drawings(visitor) == []
    token = visitor.fields["csrf"]
    visitor.post("/edition", {"csrf": token, "edition": "nl-easy", "from": visitor.path})
    assert visitor.page.get("class") == "big"
    assert drawings(visitor) == scale("agreement")


@pytest.mark.parametrize("name", [f"{kind}-{code}" for kind in pictures.SCALES for code in range(1, 6)])
def test_a_drawing_on_screen_is_the_file_that_paper_shows_and_needs_no_colour(name: str) -> None:
    def bare(svg: str) -> str:
        return re.sub(r'\s+|xmlns="[^"]*"|aria-hidden="true"', "", svg)

    assert bare(looks.drawing(name)) == bare(pictures.drawing(name))
    colours = set(re.findall(r'(?:fill|stroke)="([^"]*)"', pictures.drawing(name)))
    assert colours <= {"none", "currentColor"}


@pytest.mark.parametrize("kind", pictures.SCALES)
def test_no_two_steps_of_a_scale_are_drawn_alike(kind: str) -> None:
    assert len(set(scale(kind))) == 5
