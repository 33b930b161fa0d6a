"""One person's pocket: what they are asked, opening a questionnaire, and the end."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import format_decimal

from instruments import Edition
from survey import answers, responses
from survey.assents import NotJoining
from survey.feedback import totals
from survey.visits import Visit
from survey.web import cards, forms, places, security, visitor
from survey.web.cards import Card, Overview
from survey.web.forms import TaskForm
from survey.web.replies import go
from survey.web.services import services

bp = Blueprint("pocket", __name__)

#: Who is told what came out the last time.
PROFESSIONS = ("linking_pin", "childcare_worker")


class FamilyFirst(Exception):
    """Nobody's pocket is open in this visit yet; the family page asks whose."""


@bp.get("/mine")
def mine() -> str:
    """What is asked of the person whose pocket is open."""
    visit = visitor.visit()
    overview = asked(visit)
    return render_template(
        "pocket.html",
        overview=overview,
        family=visit.family_id is not None,
        may_withdraw=visit.role == "parent",
        csrf=security.form_token(visit.digest),
    )


@bp.post("/mine/open")
def open_task() -> Response | str:
    """Open a questionnaire, in an edition that it is offered in; the person chooses where theirs is not."""
    visit = visitor.visit()
    security.check_form(visit.digest)
    form = forms.read(TaskForm)
    overview = asked(visit)
    card = next((found for found in overview.cards if found.task.key == form.task.data), None)
    edition = None if card is None else _edition(card, visit, str(form.edition.data or ""))
    if card is not None and edition is None:
        return render_template("choose.html", card=card, csrf=security.form_token(visit.digest))
    return go(_opened(visit, str(form.task.data), edition or visit.edition))


@bp.get("/thanks")
def thanks() -> str:
    """The end, the same for everybody."""
    try:
        visit = visitor.visit()
    except visitor.NO_LONGER_HERE:
        visitor.speak_to_guest()
        return render_template("thanks.html", family=False, role=None, of=None, told=None)
    whose(visit)
    of = request.args.get("of", type=int)
    return render_template(
        "thanks.html", family=visit.family_id is not None, role=visit.role, of=of, told=_told(visit)
    )


def _told(visit: Visit) -> dict[str, Any] | None:
    """What professionals are told of the last time, from what was published; nothing to families."""
    house = services()
    if visit.role not in PROFESSIONS or house.study is None:
        return None
    found = totals.last_grades(house.database, house.study.id, house.protocol)
    if found is None:
        return None
    grades = [(grade.informant, format_decimal(grade.value, "0.0")) for grade in found.grades]
    return {"grades": grades, "lowest": found.lowest, "highest": found.highest}


def whose(visit: Visit) -> int:
    """The person whose pocket is open. Raises FamilyFirst when nobody's is."""
    if visit.respondent_id is None:
        raise FamilyFirst
    return visit.respondent_id


def asked(visit: Visit) -> Overview:
    """What is asked of the person whose pocket is open.

    Raises FamilyFirst, or assents.NotJoining for a child who has not said yes in this wave.
    """
    found = cards.overview(services(), visit, whose(visit))
    if found.left and found.of_child and found.assent != "yes":
        raise NotJoining
    return found


def _edition(card: Card, visit: Visit, chosen: str) -> Edition | None:
    """The edition to open a questionnaire in; None when the person must choose first."""
    for edition in (visit.edition, visitor.spoken(visit.edition)):
        if edition in card.offered:
            return edition
    return next((edition for edition in card.offered if str(edition) == chosen), None)


def _opened(visit: Visit, task_key: str, edition: Edition) -> str:
    """Open the response of a task; the address at which to go on."""
    house = services()
    response_id = responses.open(
        house.database,
        house.protocol,
        whose(visit),
        task_key,
        on=house.today(),
        now=house.now(),
        edition=edition,
        visit_id=visit.id,
        mode="web" if visit.assistance == "none" else "assisted",
        assistance=visit.assistance,
    )
    sitting = answers.load(house.database, visit.digest, response_id, house.now(), idle=house.idle)
    return places.questionnaire(house, sitting).first_open()
