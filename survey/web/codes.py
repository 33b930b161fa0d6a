"""The code on paper: scanned, it is an address; typed, it is a form. Both lead to the same first page.

As with a link, GET changes nothing and reveals nothing: the page is the same for every code, and asks the
database nothing. Its button does, and answers are never shown again.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from printable import codes
from survey import openings, visits
from survey.openings import Opening
from survey.web import security, visitor
from survey.web.landing import end_former_visit
from survey.web.replies import go
from survey.web.services import services

bp = Blueprint("codes", __name__)

#: What a code looks like. Its check character does not fit, so that it is nobody's.
EXAMPLE = "6SC6-S6ZK-1"
#: Nothing that is longer can be a code with its dashes and spaces.
LONGEST = 40


@bp.get("/Q/<code>")
def landing(code: str) -> str:
    """What a code shows before anything is done with it: the same for all."""
    visitor.speak_to_guest()
    chosen = visitor.offered_edition(request.args.get("in"))
    return render_template("link.html", address=f"/Q/{code}", chosen=chosen)


@bp.post("/Q/<code>")
def open_code(code: str) -> Response | tuple[str, int]:
    """Open a visit at the questionnaire that the code stands on; a former visit in this browser ends."""
    visitor.speak_to_guest()
    try:
        opened = _opened(_plain(code))
    except codes.Mistyped as error:
        return _page(code[:LONGEST], error.reason), 422
    end_former_visit()
    response = go("/mine" if opened.response_id is None else f"/q/{opened.response_id}")
    security.remember_visit(response, opened.secret)
    return response


@bp.get("/q")
@bp.get("/Q")
def ask() -> str:
    """Where to type a code; the address that stands on a cover."""
    visitor.speak_to_guest()
    return _page()


@bp.post("/Q")
def type_code() -> Response | tuple[str, int]:
    """To the first page of a code that was typed; or what is wrong with it."""
    visitor.speak_to_guest()
    typed = request.form.get("code", "")[:LONGEST]
    try:
        return go(f"/Q/{_plain(typed)}")
    except codes.Mistyped as error:
        return _page(typed, error.reason), 422


def _page(typed: str = "", reason: str = "") -> str:
    return render_template("code.html", typed=typed, reason=reason, example=EXAMPLE)


def _plain(text: str) -> str:
    """The nine characters of a code, typed, or scanned with the character of its side. Raises Mistyped."""
    try:
        return codes.normalise(text)
    except codes.Mistyped as error:
        if error.reason != "too_long":
            raise
        return codes.read(f"/Q/{text}").code


def _opened(code: str) -> Opening:
    house = services()
    chosen = visitor.offered_edition(request.form.get("edition"))
    opened = openings.open(
        house.database,
        house.settings.paper_keys,
        code,
        house.now(),
        address=request.remote_addr,
        edition=chosen,
    )
    if chosen:
        visits.set_edition(house.database, opened.visit, chosen)
    return opened
