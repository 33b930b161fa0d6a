"""What the script sends in between: the same checks as for a whole screen, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from instruments import Missing
from survey import answers, responses
from survey.db import Database
from survey.web import scripts
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor

Unchanged = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def who5(visitor: Visitor, cast: Cast) -> Visitor:
    """The mother, before the five questions on one page of the WHO-5."""
    return visitor.open(cast.mother).start("who5")


@pytest.fixture
def tips(visitor: Visitor, cast: Cast, clock: Clock) -> Visitor:
    """The linking pin, before an open question."""
    clock.now = people.at(people.T1)
    return visitor.open(cast.fatma).start("evaluation_linking_pin").get("/q/1/7")


def keep(visitor: Visitor, sequence: str = "k-1", /, **given: str) -> int:
    """Send what the script would send; the status of the answer."""
    fields = {f"i.{item}": value for item, value in given.items()}
    fields |= {"csrf": str(visitor.fields["csrf"]), "sequence": sequence}
    return visitor.client.post(f"{visitor.path}/keep", data=fields).status_code


def stored(visitor: Visitor, db: Database) -> dict[str, object]:
    return dict(answers.of(db, responses.get(db, int(visitor.path.split("/")[2]))))


def test_a_part_of_a_screen_is_stored_and_the_rest_left_as_it_is(who5: Visitor, db: Database) -> None:
    assert keep(who5, "k-1", **{"2": "4"}) == 200
    assert keep(who5, "k-2", **{"1": "3"}) == 200
    assert stored(who5, db) == {"1": 3, "2": 4}


def test_the_same_save_twice_is_stored_once(who5: Visitor, db: Database) -> None:
    assert keep(who5, "k-1", **{"2": "4"}) == 200
    assert keep(who5, "k-2", **{"2": "1"}) == 200
    assert keep(who5, "k-1", **{"2": "4"}) == 200
    assert stored(who5, db) == {"2": 1}
    assert len(answers.history(db, 1)) == 2


def test_a_text_that_is_wiped_out_is_skipped_and_others_are_not(tips: Visitor, db: Database) -> None:
    assert keep(tips, "k-1", **{"7": "Eerder sturen"}) == 200
    assert stored(tips, db) == {"7": "Eerder sturen"}
    assert keep(tips, "k-2") == 200
    assert stored(tips, db) == {"7": "Eerder sturen"}
    assert keep(tips, "k-3", **{"7": ""}) == 200
    assert stored(tips, db) == {"7": Missing.skipped}


@pytest.mark.parametrize(
    ("given", "status"), [({"1": "99"}, 422), ({"1": "x"}, 422), ({"other": "1"}, 400), ({"1": ""}, 200)]
)
def test_what_is_no_answer_is_not_stored(
    who5: Visitor, unchanged: Unchanged, given: dict[str, str], status: int
) -> None:
    with unchanged():
        assert keep(who5, "k-1", **given) == status


def test_a_save_without_the_token_of_the_visit_is_refused(who5: Visitor, unchanged: Unchanged) -> None:
    with unchanged():
        for csrf in ("", "another"):
            data = {"i.1": "3", "csrf": csrf, "sequence": "k-1"}
            assert who5.client.post(f"{who5.path}/keep", data=data).status_code == 403
            assert who5.client.post("/stay", data={"csrf": csrf}).status_code == 403
            assert who5.client.post("/over", data={"csrf": csrf}).status_code == 403


def test_nobody_else_can_keep_an_answer(
    who5: Visitor, new_visitor: Callable[[], Visitor], cast: Cast, unchanged: Unchanged
) -> None:
    father = new_visitor().open(cast.father)
    father.path = who5.path
    with unchanged():
        assert keep(father, "k-1", **{"1": "3"}) == 404


def test_staying_moves_the_end_of_the_visit(who5: Visitor, clock: Clock) -> None:
    csrf = str(who5.fields["csrf"])
    clock.wait(minutes=29)
    assert who5.client.post("/stay", data={"csrf": csrf}).get_json() == {"left": 1800}
    clock.wait(minutes=30)
    assert keep(who5, "k-1", **{"1": "3"}) == 200
    clock.wait(minutes=36)
    assert keep(who5, "k-2", **{"1": "4"}) == 403
    assert who5.client.post("/stay", data={"csrf": csrf}).status_code == 403


def test_a_page_says_how_long_the_visit_still_lasts(who5: Visitor, clock: Clock) -> None:
    def left() -> int:
        return int(who5.get(who5.path).page.xpath("//form[@id='answers']/@data-left")[0])

    assert left() == 35 * 60
    clock.wait(minutes=20)
    assert left() == 15 * 60


def test_the_script_gets_the_address_that_a_browser_would_be_sent_to(who5: Visitor) -> None:
    form = who5.form(**{str(number): 2 for number in range(1, 6)})
    told = who5.client.post(who5.path, data=form, headers={"Accept": "application/json"})
    assert told.get_json() == {"go": "/q/1/done"}
    assert who5.client.post(who5.path, data=form).headers["Location"] == "/q/1/done"


def test_the_script_is_kept_for_good_under_the_address_of_its_content(visitor: Visitor) -> None:
    sent = visitor.client.get(scripts.ANSWERING.address)
    assert sent.mimetype == "text/javascript"
    assert "immutable" in sent.headers["Cache-Control"]
    assert sent.get_data(as_text=True) == scripts.ANSWERING.text
    assert visitor.client.get("/script/answering.000000000000.js").status_code == 404
