"""What our script asks for in between: each answer as it is given, and whether somebody is still there.

Nothing here is needed to answer: whoever has no script sends whole screens (`respond`), and a visit that
was idle for too long ends by itself.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from survey import answers, visits
from survey.web import forms, places, security, visitor
from survey.web.replies import go, told
from survey.web.services import services

bp = Blueprint("keeping", __name__)


@bp.post("/q/<int:response_id>/<key>/keep")
def keep(response_id: int, key: str) -> Response:
    """Store a part of a screen; what cannot be an answer is not stored, and explained when it is sent in."""
    questionnaire = places.questionnaire(services(), visitor.sitting(response_id))
    security.check_form(questionnaire.sitting.visit.digest)
    place = questionnaire.at(key)
    filled = forms.answers_on(place, request.form, only_named=True)
    if filled.given:
        answers.record(
            services().database,
            questionnaire.sitting,
            filled.given,
            source="web",
            sequence=filled.sequence,
            screen=place.screen.key,
            edition=questionnaire.wording.edition,
            now=services().now(),
        )
        services().answered()
    return _alive(422 if filled.problems else 200)


@bp.post("/stay")
def stay() -> Response:
    """Somebody is still there."""
    visit = visitor.visit()
    security.check_form(visit.digest)
    visits.stay(services().database, visit, services().now())
    return _alive()


@bp.post("/over")
def over() -> Response:
    """Nobody was there any more: the visit ends, and the browser shows how to go on another time."""
    visit = visitor.visit()
    security.check_form(visit.digest)
    visits.end(services().database, visit.digest, services().now())
    return go("/mine")


def _alive(status: int = 200) -> Response:
    # At least so long: to spare the disk, not every save moves the end of a visit.
    response = told(left=int(services().idle.total_seconds()))
    response.status_code = status
    return response
