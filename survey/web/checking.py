"""One's own answers once more, at the end of a questionnaire, with a way back to each question.

They are shown in the visit in which they were given, and in no other (decisions/0003): a page that lists
them all is the first thing that somebody who finds an open telephone would look for. So it is offered to
adults only, and never shown unasked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, render_template
from flask_babel import format_date

from instruments import Given, Item, Missing, routing
from survey.web import places, visitor
from survey.web.places import Questionnaire
from survey.web.replies import go
from survey.web.services import services

bp = Blueprint("checking", __name__)


@dataclass(frozen=True)
class Line:
    """One question and what was answered to it."""

    question: str
    #: Where it can be answered again.
    address: str
    #: The answers in words; none when it was left open, or answered in an earlier visit.
    answers: tuple[str, ...]
    #: Whether it was answered in an earlier visit, and is therefore not shown.
    earlier: bool


@bp.get("/q/<int:response_id>/check")
def check(response_id: int) -> Response | str:
    """What was answered in this visit."""
    questionnaire = places.questionnaire(services(), visitor.sitting(response_id))
    if questionnaire.audience != "adult":
        return go(questionnaire.address("done"))
    return render_template(
        "check.html",
        title=questionnaire.wording.text("title"),
        edition=questionnaire.wording.edition,
        lines=list(_lines(questionnaire)),
        then=questionnaire.first_open(),
    )


def _lines(asked: Questionnaire) -> Iterator[Line]:
    sitting = asked.sitting
    shown = asked.screens()
    for item in routing.asked(asked.instrument, sitting.answers, sitting.response.age_months):
        given = sitting.answers.get(item.id)
        own = item.id in sitting.own and given is not None and not isinstance(given, Missing)
        screen = routing.screen_of(shown, item.id)
        yield Line(
            question=asked.wording.text(f"item.{item.id}"),
            address=f"{asked.address(screen.key if screen else item.id)}#q.{item.id}",
            answers=_words(asked, item, given) if own and given is not None else (),
            earlier=given is not None and item.id not in sitting.own,
        )


def _words(asked: Questionnaire, item: Item, given: Given) -> tuple[str, ...]:
    """An answer as its respondent would say it."""
    if item.options:
        labelled = asked.instrument.options[item.options].labelled
        codes = given if isinstance(given, tuple) else (given,)
        return tuple(
            asked.wording.text(f"options.{item.options}.{code}") if code in labelled else str(code)
            for code in codes
        )
    if item.kind == "date":
        return (format_date(dt.date.fromisoformat(str(given)), "long"),)
    return (str(given),)
