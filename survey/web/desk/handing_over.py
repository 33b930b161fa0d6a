"""Hand-over of one or many families to a colleague, in one action."""

from __future__ import annotations

from collections import Counter

from flask import Response, render_template, request
from flask_babel import gettext as _

from survey import professionals
from survey.accounts import people
from survey.fieldwork import handover, scopes
from survey.fieldwork.month import FamilyState
from survey.policy import Action, Role
from survey.web.desk import guard
from survey.web.desk.failures import Stale
from survey.web.desk.guard import NotYours, me, route
from survey.web.desk.month import colleague_names, visible
from survey.web.forms import NotThisForm
from survey.web.replies import go
from survey.web.services import services


@route("/hand-over", Action.HAND_OVER)
def hand_over() -> str:
    """Which families, and to whom."""
    return _page([])


@route("/hand-over", Action.HAND_OVER, methods=("POST",))
def handed_over() -> Response | tuple[str, int]:
    """All of the chosen families, or none of them."""
    house = services()
    chosen = sorted({_number(text) for text in request.form.getlist("family")})
    to, message = request.form.get("to", ""), request.form.get("message", "")[:500]
    problems = [] if chosen else [_("Choose at least one family.")]
    problems += [] if to else [_("Choose a colleague.")]
    if problems:
        return _page(problems), 400
    receiver = _number(to)
    _may_receive(chosen, receiver)
    try:
        moved = handover.move(house.database, chosen, receiver, message, now=house.now(), actor=guard.by())
    except handover.NotToThem as error:
        raise Stale from error
    return go(f"/desk/hand-over?moved={moved}")


def _may_receive(chosen: list[int], receiver: int) -> None:
    """Every family is one of theirs to hand over, and goes to somebody who works in its municipality."""
    house = services()
    for family_id in chosen:
        try:
            scope = scopes.of_family(house.database, family_id, house.today())
        except scopes.NoSuchThing as error:
            raise NotYours from error
        guard.demand(Action.HAND_OVER, scope)
        if receiver not in _receivers(scope.municipalities):
            raise NotYours


def _receivers(municipalities: frozenset[int]) -> dict[int, str]:
    """The linking pins who work in all of these municipalities, and what they are called."""
    house = services()
    places = scopes.of_professionals(house.database)
    names = colleague_names()
    everywhere = {one.professional_id for one in people.listing(house.database) if one.everywhere}
    return {
        one.id: names.get(one.id, one.code)
        for one in professionals.listing(house.database)
        if one.role == "linking_pin"
        and professionals.is_active(house.database, one.id, house.today())
        and (one.id in everywhere or municipalities <= places[one.id].municipalities)
    }


def _page(problems: list[str]) -> str:
    families = [one for one in visible(Action.HAND_OVER) if one.status != "stopped"]
    here = {one.municipality_id for one in families} or me().account.municipalities
    receivers: dict[int, str] = {}
    for place in here:
        receivers |= _receivers(frozenset({place}))
    if me().account.role is Role.LINKING_PIN:
        receivers.pop(me().account.professional_id or 0, None)  # all that they see is theirs already
    of = request.args.get("of", "")
    ticked = {*request.values.getlist("family"), *(str(one.id) for one in families if of in _had_by(one))}
    counted = Counter(number for one in families for number in _had_by(one))
    return render_template(
        "desk/hand_over.html", families=families, receivers=receivers, problems=problems,
        colleague=colleague_names(), moved=request.args.get("moved", ""), ticked=ticked, of=of,
        sets={number: count for number, count in counted.items() if count > 1},
        codes={str(number): code for one in families for number, code in one.pins},
    )  # fmt: skip


def _had_by(one: FamilyState) -> list[str]:
    """The numbers of who works with a family; 0 when nobody does."""
    return [str(number) for number, _code in one.pins] or ["0"]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise NotThisForm("no number")
    return int(text)
