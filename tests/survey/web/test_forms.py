"""What a form says is read as the items of its screen, whatever their kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from werkzeug.datastructures import MultiDict

from instruments import Edition, Given, Instrument, Item, Missing, routing
from instruments.model import OptionSet, Rights
from survey.answers import Sitting
from survey.web import forms
from survey.web.forms import Filled, NotThisForm
from survey.web.places import Place, Questionnaire

KINDS = Instrument(
    id="kinds",
    version="all",
    revision=1,
    informant="parent",
    subject="family",
    minutes=1,
    rights=Rights(holder="us", wording="own", licence="-"),
    sources={},
    evidence="decision",
    options={"several": OptionSet(codes=(1, 2, 3)), "yes": OptionSet(codes=(0, 1))},
    pages=(("which", "yes", "day", "line"),),
    items=(
        Item(id="which", kind="choices", options="several", topic="-"),
        Item(id="yes", kind="choice", options="yes", topic="-"),
        Item(id="day", kind="date", topic="-"),
        Item(id="line", kind="text", max_length=20, topic="-"),
    ),
)


def sent(*fields: tuple[str, str], answers: dict[str, Given] | None = None, own: str = "") -> Filled:
    """What is made of a form, after these answers of which some were given in this visit."""
    before = answers or {}
    sitting = cast("Sitting", SimpleNamespace(answers=before, own=frozenset(own.split()), response=None))
    questionnaire = Questionnaire(sitting, KINDS, cast("Any", None), Edition("nl"))
    shown = routing.screens(KINDS, before)
    return forms.answers_on(Place(questionnaire, shown, shown[0]), MultiDict(fields))


def test_every_kind_is_read() -> None:
    filled = sent(
        ("i.which", "3"), ("i.which", "1"), ("i.yes", "0"), ("i.day", "23-11-2026"), ("i.line", " x ")
    )
    assert filled.given == {"which": (1, 3), "yes": 0, "day": "2026-11-23", "line": "x"}
    assert filled.blank == ()
    assert filled.complete_enough


def test_what_is_left_open_is_blank_and_not_a_skip() -> None:
    filled = sent(("i.yes", "1"), ("do", "next"))
    assert (filled.stored, filled.blank) == ({"yes": 1}, ("which", "day", "line"))
    assert not filled.complete_enough


@pytest.mark.parametrize("fields", [[("do", "skip")], [("do", "next"), ("again", "1")], [("again", "1")]])
def test_leaving_open_knowingly_is_a_skip(fields: list[tuple[str, str]]) -> None:
    filled = sent(("i.yes", "1"), *fields)
    assert filled.complete_enough
    assert filled.stored == {"yes": 1, **dict.fromkeys(("which", "day", "line"), Missing.skipped)}


def test_stopping_skips_nothing() -> None:
    filled = sent(("do", "later"), ("again", "1"))
    assert (filled.stored, filled.complete_enough) == ({}, True)


def test_what_was_shown_and_wiped_out_is_a_skip_but_a_radio_button_cannot_be() -> None:
    answers: dict[str, Given] = {"which": (1,), "yes": 1, "day": "2026-11-23", "line": "x"}
    filled = sent(answers=answers, own="which yes day line")
    assert filled.given == dict.fromkeys(("which", "day", "line"), Missing.skipped)
    assert filled.blank == ()


def test_what_was_given_in_an_earlier_visit_was_not_shown_and_so_stays() -> None:
    filled = sent(answers={"which": (1,), "yes": Missing.skipped, "day": "2026-11-23", "line": "x"})
    assert (filled.given, filled.blank, filled.complete_enough) == ({}, (), True)


def test_what_cannot_be_taken_is_told_for_each_item() -> None:
    filled = sent(("i.which", "9"), ("i.day", "31-2-2026"), ("i.line", "x" * 21), ("i.yes", "1"))
    reasons = {item: problem.reason for item, problem in filled.problems.items()}
    assert reasons == {"which": "not_an_option", "day": "not_a_date", "line": "too_long"}
    assert filled.typed["day"] == ["31-2-2026"]


@pytest.mark.parametrize("name", ["i.other", "i.", "i.yes.1"])
def test_an_item_that_is_not_on_the_screen_is_refused(name: str) -> None:
    with pytest.raises(NotThisForm):
        sent((name, "1"))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/mine", "/mine"),
        ("/q/12/p1", "/q/12/p1"),
        ("/l/Ab-_9", "/l/Ab-_9"),
        ("/", "/"),
        ("//elsewhere", "/"),
        ("/\\elsewhere", "/"),
        ("/mine?x=1", "/"),
        ("https://elsewhere", "/"),
        ("/x\nSet-Cookie: a=b", "/"),
        ("", "/"),
        (None, "/"),
        ("/" + "x" * 300, "/"),
    ],
)
def test_only_an_address_of_our_own_is_returned_to(text: str | None, address: str) -> None:
    assert forms.return_address(text) == address
