"""A child before its questions: alone or later, yes, no or not now, and practice; and who sees what."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from survey import answers, assents, links
from survey.db import Database
from survey.models import Assent
from survey.web.services import Services
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor, contents
from tests.survey.web.test_faces import scale

pytestmark = pytest.mark.usefixtures("follow_up")


@pytest.fixture
def follow_up(clock: Clock) -> None:
    """It is the day of the first follow-up, of which Daan is asked something too."""
    clock.now = people.at(people.T1)


def hrefs(visitor: Visitor) -> list[str]:
    """Where the page in front leads, below its header."""
    return [str(link) for link in visitor.page.xpath("//main//a/@href")]


def said(db: Database) -> list[tuple[int, str, str]]:
    """Everything that was said about taking part."""
    columns = (Assent.respondent_id, Assent.wave, Assent.decision)
    with db.read() as connection:
        rows = connection.execute(select(*columns).order_by(Assent.id)).all()
    return [(row.respondent_id, row.wave, row.decision) for row in rows]


def test_a_child_is_first_asked_whether_it_can_be_alone_and_may_come_back_later(
    visitor: Visitor, cast: Cast, unchanged: Callable[..., object]
) -> None:
    visitor.open(cast.daan)
    assert visitor.heading == "Kun je even alleen zijn?"
    assert hrefs(visitor) == ["/join", "/alone/later"]
    with unchanged():  # type: ignore[attr-defined]
        visitor.get("/alone/later")
        assert "Open je link nog een keer" in visitor.text
        visitor.get("/join")
    assert visitor.heading == "Wil je meedoen?"


def test_it_hears_what_it_says_yes_to_and_no_answer_is_made_more_wanted_than_another(
    visitor: Visitor, cast: Cast
) -> None:
    visitor.open(cast.daan).get("/join")
    for told in (
        "Je mag altijd stoppen.",
        "niet je naam",
        "Je ouders en begeleiders zien ze niet.",
        "2 minuten",
    ):
        assert told in visitor.text
    buttons = visitor.page.xpath("//button[@name='decision']")
    assert [(button.get("value"), button.text) for button in buttons] == [
        ("yes", "Ja"),
        ("no", "Nee"),
        ("not_now", "Nu niet"),
    ]
    assert {button.get("class") for button in buttons} == {"button"}


def test_yes_leads_to_practice_and_practice_to_the_questions(
    visitor: Visitor, cast: Cast, db: Database, unchanged: Callable[..., object]
) -> None:
    visitor.open(cast.daan).join()
    assert said(db) == [(cast.daan, "T1", "yes")]
    assert visitor.heading == "Ik hou van patat."
    assert all(drawing in visitor.response.get_data(as_text=True) for drawing in scale("agreement"))
    assert "helemaal mee eens" in visitor.text
    with unchanged():  # type: ignore[attr-defined]
        visitor.post("/practice", {**visitor.fields, "practice": "5"})
        assert visitor.heading == "Zo werkt het"
        visitor.get("/practice").post("/practice", visitor.fields)
        assert visitor.heading == "Zo werkt het"
    visitor.start("evaluation_child")
    assert visitor.title == "Vraag 1 van 6 – Meetmoment"


@pytest.mark.parametrize("decision", ["no", "not_now"])
def test_no_and_not_now_are_taken_without_asking_why_and_can_be_taken_back(
    visitor: Visitor, cast: Cast, db: Database, decision: str
) -> None:
    visitor.open(cast.daan).join(decision)
    assert visitor.heading == "Dat is goed"
    assert visitor.page.xpath("//input[@type='text'] | //input[@type='radio'] | //textarea") == []
    assert visitor.get("/mine").path == "/alone"
    visitor.open(cast.daan).get("/join")
    assert "Je deed eerder niet mee." in visitor.text
    assert visitor.join().path == "/practice"
    assert [row[2] for row in said(db)] == [decision, "yes"]


def test_no_question_is_shown_or_taken_before_a_child_says_yes_nor_after_it_says_no(
    visitor: Visitor, cast: Cast, db: Database
) -> None:
    visitor.open(cast.daan)
    key = f"{cast.daan}:child_evaluation:evaluation_child:0:T1"
    token = visitor.get("/join").fields["csrf"]
    assert visitor.post("/mine/open", {"csrf": token, "task": key}).path == "/alone"
    assert contents(db)["response"] == []
    visitor.join().get("/mine").start("evaluation_child")
    here, form = visitor.path, visitor.form(**{"1": "2"})
    visitor.join("no")
    assert visitor.get(here).path == "/alone"
    assert visitor.post(here, form).path == "/alone"
    assert contents(db)["answer"] == []
    visitor.join()
    assert visitor.path == "/mine", "it had begun, and goes on"
    assert visitor.post(here, form).title == "Vraag 2 van 6 – Meetmoment"
    assert len(contents(db)["answer"]) == 1


def test_a_no_that_comes_between_reading_and_storing_is_heard(
    visitor: Visitor, cast: Cast, db: Database, clock: Clock
) -> None:
    visitor.open(cast.daan).join().get("/mine").start("evaluation_child")
    number = int(visitor.path.split("/")[2])
    cookie = visitor.client.get_cookie("visit")
    assert cookie is not None
    visitor.join("no")
    sitting = answers.load(db, links.digest_of(cookie.value), number, clock())
    with pytest.raises(assents.NotJoining):
        answers.record(db, sitting, {"1": 1}, source="web", sequence="s", edition=people.DUTCH, now=clock())


def test_a_child_that_began_is_asked_only_whether_it_is_alone_and_may_still_say_no(
    visitor: Visitor, cast: Cast
) -> None:
    visitor.open(cast.daan).join().get("/mine").start("evaluation_child").press(**{"1": "2"})
    visitor.open(cast.daan)
    assert hrefs(visitor) == ["/mine", "/alone/later"]
    visitor.get("/mine")
    assert "/join" in hrefs(visitor)
    assert "Ik wil niet meer meedoen" in visitor.text


def test_every_wave_asks_again(visitor: Visitor, cast: Cast, clock: Clock, db: Database) -> None:
    visitor.open(cast.daan).join("no")
    clock.now = people.at(people.T1.replace(month=9))
    visitor.open(cast.daan)
    assert "Je deed eerder niet mee." not in visitor.get("/join").text
    visitor.join()
    assert said(db) == [(cast.daan, "T1", "no"), (cast.daan, "T2", "yes")]


def test_a_parent_is_not_asked_what_children_are_asked(visitor: Visitor, cast: Cast, db: Database) -> None:
    visitor.open(cast.mother)
    assert visitor.path == "/mine"
    for address in ("/alone", "/join", "/practice"):
        assert visitor.get(address).path == "/mine"
    form = {"csrf": visitor.fields["csrf"], "decision": "no"}
    assert visitor.post("/join", form).response.status_code == 400
    assert said(db) == []


def test_what_no_page_of_ours_sends_is_refused(visitor: Visitor, cast: Cast, db: Database) -> None:
    visitor.open(cast.daan).get("/join")
    token = visitor.fields["csrf"]
    assert visitor.post("/join", {"csrf": token, "decision": "never"}).response.status_code == 400
    assert visitor.post("/join", {"csrf": "x", "decision": "no"}).response.status_code == 403
    assert visitor.post("/practice", {"csrf": "x"}).response.status_code == 403
    assert said(db) == []


def test_whether_it_wants_to_talk_is_asked_on_every_page_of_a_child(visitor: Visitor, cast: Cast) -> None:
    visitor.open(cast.daan)

    def asked() -> bool:
        return "Wil je met iemand praten?" in visitor.page.xpath("string(//footer)")

    for address in ("/alone", "/alone/later", "/join", "/join/no"):
        visitor.get(address)
        assert asked(), address
    visitor.join()
    assert asked()
    visitor.get("/mine").start("evaluation_child")
    while visitor.page.xpath("//button[@name='do']"):
        assert asked()
        visitor.press("skip")
    assert asked()
    visitor.get("/help")
    assert visitor.heading == "Wil je met iemand praten?"
    assert visitor.page.xpath("string(//dd)").strip() == "0800-0432", "first the line for children"


def test_the_end_is_the_same_whatever_was_answered(
    new_visitor: Callable[[], Visitor], cast: Cast, db: Database
) -> None:
    ends = []
    new_visitor().open(cast.daan).join().get("/mine").start("evaluation_child")
    ((number, *_),) = contents(db)["response"]
    for answer in ("1", "5", None):
        visitor = new_visitor().open(cast.daan)
        for screen in range(1, 7):
            visitor.get(f"/q/{number}/{screen}").press("skip", **({str(screen): answer} if answer else {}))
        ends.append(visitor.page.xpath("string(//body)"))
        assert visitor.page.xpath("//a[contains(@href, 'check')]") == []
    assert ends[0] == ends[1] == ends[2]


def test_nobody_else_can_see_what_a_child_answered_or_how_far_it_is(
    new_visitor: Callable[[], Visitor], cast: Cast, db: Database, app: Flask
) -> None:
    child = new_visitor().open(cast.daan).join().get("/mine").start("evaluation_child")
    here = child.path
    child.press(**{"1": "4"})
    for who in ({"respondent_id": cast.mother}, {"respondent_id": cast.father}, {"family_id": cast.family_id},
                {"respondent_id": cast.fatma}, {"respondent_id": cast.joost}):  # fmt: skip
        other = new_visitor().open(**who)
        home = other.path
        for address in (
            here,
            here.rpartition("/")[0],
            here.replace("/1", "/done"),
            here.replace("/1", "/later"),
        ):
            assert other.get(address).response.status_code in (200, 404)
            assert "Buitenshuisproject geeft" not in other.text
            assert "Vraag" not in other.title
        assert other.post(here, {**child.fields}).response.status_code in (403, 404)
        page = other.get(home).response.get_data(as_text=True)
        assert ":evaluation_child:" not in page
        assert "9 jaar" not in page.replace("kind van 9 jaar", "")
    assert len(contents(db)["answer"]) == 1
    # Not even the child itself, in a later visit.
    again = new_visitor().open(cast.daan).get(here)
    assert again.page.xpath("//input[@checked]") == []


def test_a_family_page_that_shows_children_says_of_a_no_only_that_it_does_not_take_part(
    new_visitor: Callable[[], Visitor], cast: Cast, house: Services
) -> None:
    house.protocol = house.protocol.model_copy(update={"family_page_shows_children": True})

    def shown() -> str:
        page = new_visitor().open(family_id=cast.family_id).page
        (card,) = page.xpath(f"//button[@value='{cast.daan}']")
        return " ".join(card.text_content().split())

    assert shown() == "Kind van 9 jaar ongeveer 2 minuten"
    new_visitor().open(cast.daan).join("not_now")
    assert shown() == "Kind van 9 jaar ongeveer 2 minuten"
    new_visitor().open(cast.daan).join("no")
    assert shown() == "Kind van 9 jaar Doet niet mee"
    # The child may still say something else, from here too; and is asked first whether it is alone.
    visitor = new_visitor().open(family_id=cast.family_id)
    visitor.post("/family/open", {"csrf": visitor.fields["csrf"], "respondent": cast.daan})
    assert visitor.path == "/alone"


def test_what_was_said_stays(db: Database, cast: Cast) -> None:
    visit = people.visit(db, cast.daan, people.at(people.T1))
    assents.give(db, visit, "T1", "no", people.at(people.T1))
    assert assents.latest(db, cast.daan, "T1") == "no"
    assert assents.latest(db, cast.daan, "T2") is None
    assert assents.newest(db, [cast.daan, cast.noor], "T1") == {cast.daan: "no"}
    with pytest.raises(Exception, match="append-only"):
        db.write(lambda connection: connection.exec_driver_sql("DELETE FROM assent"))

    assert contents(db)["response"] == []
