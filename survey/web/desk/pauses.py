"""Pauses of a municipality or of the whole study."""

from __future__ import annotations

from flask import Response, render_template, request
from flask_babel import gettext as _

from survey import families, policy
from survey.fieldwork import pausing
from survey.fieldwork.pausing import Pause
from survey.policy import Action, Scope
from survey.web.desk import guard
from survey.web.desk.failures import Stale
from survey.web.desk.guard import route
from survey.web.forms import NotThisForm
from survey.web.replies import go
from survey.web.services import services


@route("/pauses", Action.PAUSE_MANY)
def pauses() -> str:
    """What is paused, and what can be."""
    return _page("")


@route("/pauses", Action.PAUSE_MANY, methods=("POST",))
def begin_pause() -> Response | tuple[str, int]:
    """Ask a municipality, or everybody, nothing for a while."""
    where = request.form.get("where", "")
    reason = request.form.get("reason", "").strip()
    if not reason or len(reason) > 200 or where not in _targets():
        return _page(_("Choose what to pause, and say why in at most 200 characters.")), 400
    house = services()
    study = house.study
    assert study is not None
    pausing.begin(
        house.database, study.id, reason, municipality_id=int(where) if where != "study" else None,
        now=house.now(), actor=guard.by(),
    )  # fmt: skip
    return go("/desk/pauses")


@route("/pauses/end", Action.PAUSE_MANY, methods=("POST",))
def end_pause() -> Response:
    """Let things go on."""
    house = services()
    text = request.form.get("pause", "")
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise NotThisForm("no number")
    try:
        pause = pausing.get(house.database, int(text))
        guard.demand(Action.PAUSE_MANY, _scope(pause))
        pausing.end(house.database, house.protocol, pause.id, now=house.now(), actor=guard.by())
    except pausing.NoSuchPause as error:
        raise Stale from error
    return go("/desk/pauses")


def _page(problem: str) -> str:
    lasting = [
        pause
        for pause in pausing.lasting(services().database)
        if pause.family_id is None and guard.may(Action.PAUSE_MANY, _scope(pause))
    ]
    return render_template("desk/pauses.html", pauses=lasting, targets=_targets(), problem=problem)


def _targets() -> dict[str, str]:
    """What who is here may pause, by the value in the form."""
    found = {
        str(number): name
        for number, name in families.places(services().database).items()
        if guard.may(Action.PAUSE_MANY, Scope(frozenset({number})))
    }
    if guard.may(Action.PAUSE_MANY, policy.STUDY):
        found["study"] = str(_("The whole study"))
    return found


def _scope(pause: Pause) -> Scope:
    return policy.STUDY if pause.municipality_id is None else Scope(frozenset({pause.municipality_id}))
