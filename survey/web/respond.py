"""The path of an answer: a screen is shown, sent in, stored by `answers.record`, and the next one follows."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, render_template, request

from instruments import routing
from survey import answers, schedule, visits
from survey.web import cards, forms, pages, places, scripts, security, visitor
from survey.web.forms import Filled
from survey.web.pages import Own
from survey.web.phrases import Ages, about
from survey.web.places import Place, Questionnaire
from survey.web.replies import follow, go
from survey.web.services import services

bp = Blueprint("respond", __name__)

#: Phrases that say about whom a questionnaire is, kept per visit; dropped all at once beyond this number.
_MOST_PHRASES = 10_000


@bp.get("/q/<int:response_id>")
def go_on(response_id: int) -> Response:
    """To the first open screen."""
    return go(_questionnaire(response_id).first_open())


@bp.get("/q/<int:response_id>/<key>")
def show(response_id: int, key: str) -> Response:
    """One screen, with what was given in this visit."""
    place = _questionnaire(response_id).at(key)
    if request.args.get("again") and place.blank:
        return scripts.allowed(Response(pages.show_with(place.page, _own(place), blank=place.blank)))
    return scripts.allowed(Response(services().pages.show(place.page, _own(place))))


@bp.post("/q/<int:response_id>/<key>")
def save(response_id: int, key: str) -> Response:
    """Store what was sent in, and go on; nothing is stored of a screen with an impossible answer."""
    questionnaire = _questionnaire(response_id)
    security.check_form(questionnaire.sitting.visit.digest)
    place = questionnaire.at(key)
    filled = forms.answers_on(place, request.form)
    if filled.problems:
        own = _own(place, filled)
        html = pages.show_with(place.page, own, problems=filled.problems)
        return scripts.allowed(Response(html, status=422))
    return follow(_record(place, filled))


@bp.get("/q/<int:response_id>/done")
def done(response_id: int) -> Response | str:
    """The end of a questionnaire, the same whatever was answered; and what is left."""
    questionnaire = _questionnaire(response_id)
    end = questionnaire.first_open()
    if end != questionnaire.address("done"):
        return go(end)
    visit = questionnaire.sitting.visit
    overview = cards.overview(services(), visit, questionnaire.sitting.response.respondent_id)
    if not overview.left:
        return go(f"/thanks?of={response_id}")
    of = response_id if questionnaire.checkable else None
    return render_template("done.html", overview=overview, of=of, csrf=security.form_token(visit.digest))


@bp.get("/q/<int:response_id>/later")
def later(response_id: int) -> str:
    """What was given is kept, and how to go on another time."""
    questionnaire = _questionnaire(response_id)
    return render_template("later.html", go_on=questionnaire.first_open())


@bp.get("/q/<int:response_id>/pause")
def pause(response_id: int) -> str:
    """Nothing to read along, until the respondent goes on."""
    return render_template("pause.html", go_on=_questionnaire(response_id).address())


def _questionnaire(response_id: int) -> Questionnaire:
    return places.questionnaire(services(), visitor.sitting(response_id))


def _record(place: Place, filled: Filled) -> str:
    """Store a screen without problems; the address to go to."""
    questionnaire = place.questionnaire
    stored = filled.stored
    done_already = questionnaire.sitting.response.status == "complete"
    then, complete = _then(place, filled, done_already)
    if stored or complete:
        house = services()
        saved = answers.record(
            house.database,
            questionnaire.sitting,
            stored,
            source="web",
            sequence=filled.sequence,
            screen=place.screen.key,
            edition=questionnaire.wording.edition,
            now=house.now(),
            complete=complete,
        )
        house.answered()
        if done_already and not saved.stored and not saved.corrected:
            # A repeat leads where the first one led, which was sent before it was done, or made it so.
            then, _ = _then(place, filled, done_already=False)
    return then


def _then(place: Place, filled: Filled, done_already: bool) -> tuple[str, bool]:
    """Where a screen leads, and whether it was the last that was open."""
    questionnaire = place.questionnaire
    if filled.wish in ("later", "pause"):
        return questionnaire.address(filled.wish), False
    if not filled.complete_enough:
        return f"{place.here}?again=1", False
    known = {**questionnaire.sitting.answers, **filled.stored}
    shown = questionnaire.screens(known)
    following = routing.next_screen(shown, place.screen.key) or routing.first_open(shown, known)
    if done_already and routing.first_open(shown, known) is None:
        # This is a correction.
        return questionnaire.address("check" if questionnaire.audience == "adult" else "done"), True
    if following is None:
        return questionnaire.address("done"), True
    return questionnaire.address(following.key), False


def _own(place: Place, filled: Filled | None = None) -> Own:
    questionnaire = place.questionnaire
    return Own(
        csrf=security.form_token(questionnaire.sitting.visit.digest),
        # A new name for every page shown: the same form sent twice is stored once.
        sequence=secrets.token_urlsafe(9),
        here=place.here,
        back=place.back,
        about=_about(questionnaire) if place.page.about else "",
        left=_left(questionnaire),
        given=questionnaire.given,
        typed=filled.typed if filled else {},
    )


def _left(questionnaire: Questionnaire) -> str:
    house = services()
    return str(int(visits.left(questionnaire.sitting.visit, house.now(), house.idle).total_seconds()))


def _about(questionnaire: Questionnaire) -> str:
    """About which child the questions are; worked out once a visit, since it stands on every screen."""
    house, response = services(), questionnaire.sitting.response
    key = (questionnaire.sitting.visit.digest, response.id, questionnaire.interface)
    if key not in house.told:
        pocket = schedule.pocket(house.database, house.protocol, response.respondent_id, house.today())
        ages = Ages.in_pocket(pocket)
        if response.child_id is not None:
            ages.years.setdefault(response.child_id, (response.age_months or 0) // 12)
        if len(house.told) >= _MOST_PHRASES:
            house.told.clear()
        house.told[key] = about("child", response.child_id, ages, own=pocket.role == "parent")
    return house.told[key]
