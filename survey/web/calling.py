"""Asking to be called: a page of its own, with nothing of the questionnaires in it.

For parents only. A child is called by nobody through a telephone that others may answer: its help page has
lines of its own. Professionals know whom to call.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from survey import callbacks
from survey.visits import Visit
from survey.web import security, visitor
from survey.web.replies import go
from survey.web.services import services

bp = Blueprint("calling", __name__)


def may_ask(visit: Visit | None) -> bool:
    """Whether somebody may ask to be called."""
    return visit is not None and visit.role == "parent"


@bp.get("/call")
def call() -> Response | str:
    """When a call would be safe."""
    visit = visitor.visit()
    if not may_ask(visit):
        return go("/help")
    return render_template("call.html", csrf=security.form_token(visit.digest), missing=False)


@bp.post("/call")
def ask() -> Response | tuple[str, int]:
    """Pass the request on; asked twice it is one request."""
    visit = visitor.visit()
    security.check_form(visit.digest)
    parts = [part for part in request.form.getlist("part") if part in callbacks.PARTS]
    if not may_ask(visit) or visit.respondent_id is None:
        return go("/help")
    if not parts:
        return render_template("call.html", csrf=security.form_token(visit.digest), missing=True), 422
    new = callbacks.ask(services().database, visit.respondent_id, parts, services().now())
    return go("/call/asked" if new else "/call/asked?before=1")


@bp.get("/call/asked")
def asked() -> str:
    """That the request was passed on, now or before."""
    visitor.visit()
    return render_template("asked.html", before="before" in request.args)
