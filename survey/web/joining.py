"""Before the questions of a child: is it alone, does it want to take part, and a question to practise.

Only what it says about taking part is kept. No and not now lead to one friendly page, and the same link
leads back to the question. Practice is never stored.
"""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, g, render_template, request

from instruments.routing import Screen
from survey import assents
from survey.assents import Decision
from survey.visits import Visit
from survey.web import cards, forms, security, visitor
from survey.web.cards import Overview
from survey.web.forms import JoinForm, NotThisForm
from survey.web.pages import Page
from survey.web.pocket import whose
from survey.web.replies import go
from survey.web.services import services

bp = Blueprint("joining", __name__)


@bp.get("/alone")
def alone() -> Response | str:
    """Whether the child can be by itself just now; a child with nothing to do is not asked."""
    overview = _overview(visitor.visit())
    if not overview.left or not overview.of_child:
        return go("/mine")
    return render_template("child/alone.html", then="/mine" if overview.assent == "yes" else "/join")


@bp.get("/alone/later")
def alone_later() -> str:
    """How to come back when the child can be by itself."""
    visitor.visit()
    return render_template("child/later.html")


@bp.get("/join")
def join() -> Response | str:
    """Whether the child wants to take part in this wave, and all that it should know to say so."""
    visit = visitor.visit()
    overview = _overview(visit)
    if not overview.of_child:
        return go("/mine")
    return render_template("child/join.html", overview=overview, csrf=security.form_token(visit.digest))


@bp.post("/join")
def decide() -> Response:
    """Keep what the child says, whatever it is."""
    visit = visitor.visit()
    security.check_form(visit.digest)
    house, overview = services(), _overview(visit)
    if not overview.of_child:
        raise NotThisForm("not a child with questions")
    decision = cast("Decision", forms.read(JoinForm).decision.data)
    assents.give(house.database, visit, str(overview.pocket.wave), decision, house.now())
    if decision != "yes":
        return go("/join/no")
    if overview.begun:
        return go("/mine")
    return go("/clear/stop" if g.edition.reading == "easy" else "/practice")


@bp.get("/join/no")
def declined() -> str:
    """No, and not now, are fine."""
    visitor.visit()
    return render_template("child/no.html")


@bp.get("/practice")
def practice() -> Response | str:
    """A question about nothing, with answers as the real ones have; and, once tried, the way on."""
    visit = visitor.visit()
    overview = _overview(visit)
    page = _rehearsal(overview)
    if page is None:
        return go("/mine")
    return render_template(
        "child/practice.html",
        page=page,
        task=overview.left[0].task,
        tried="tried" in request.args,
        csrf=security.form_token(visit.digest),
    )


@bp.post("/practice")
def practised() -> Response:
    """Nothing is kept, nor looked at."""
    security.check_form(visitor.visit().digest)
    return go("/practice?tried=1")


def first_page(visit: Visit) -> str:
    """Where a visit begins: a child is first asked whether it can be alone."""
    if visit.respondent_id is None:
        return "/family"
    return "/alone" if visit.role == "child" else "/mine"


def _overview(visit: Visit) -> Overview:
    return cards.overview(services(), visit, whose(visit))


def _rehearsal(overview: Overview) -> Page | None:
    """The first question of what is left that has answers to choose from; None when there is none."""
    if not overview.of_child or not overview.left:
        return None
    house, card = services(), overview.left[0]
    instrument = house.catalogue.get(card.task.instrument, card.task.version)
    for item in instrument.items:
        if item.kind == "choice" and item.options and instrument.options[item.options].display != "grade":
            wording = house.library.wording(instrument, card.edition)
            return Page(instrument, Screen((item,), 1, 1), wording, g.edition, False, g.audience)
    return None
