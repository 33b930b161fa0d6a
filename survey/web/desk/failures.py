"""Every way in which a request at the desk can fail, and its page."""

from __future__ import annotations

import logging

from flask import Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from survey import db, discretion
from survey.accounts import people
from survey.accounts.sessions import SessionOver
from survey.fieldwork import handing, month
from survey.web import forms, security
from survey.web.desk import guard
from survey.web.desk.forms import address_after
from survey.web.desk.words import speak_to_staff
from survey.web.replies import go
from survey.web.services import services

log = logging.getLogger(__name__)


class Stale(Exception):
    """Somebody changed what the form was about, meanwhile."""


#: What happened -> the status, and how the page calls it.
PAGES: dict[type[Exception], tuple[int, str]] = {
    guard.NotYours: (404, "not_found"),
    guard.NotForRole: (403, "not_for_role"),
    people.NoSuchAccount: (404, "not_found"),
    security.Forged: (403, "forged"),
    security.TooLarge: (413, "too_large"),
    forms.NotThisForm: (400, "not_this_form"),
    db.DatabaseBusy: (503, "busy"),
    Stale: (409, "stale"),
    handing.NotTakingPart: (409, "stale"),
}
_BY_STATUS = {400: "not_this_form", 404: "not_found", 405: "method", 413: "too_large"}


def _known(error: Exception) -> Response:
    status, name = next(PAGES[kind] for kind in type(error).__mro__ if kind in PAGES)
    return page(status, name)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status == 500:
        log.error("failure in %s", request.endpoint)
    return page(status, _BY_STATUS.get(status, "server"))


def _session_over(error: SessionOver) -> Response:
    del error
    return guard.forget(go("/desk/sign-in?over=1"))


def _prove_it(error: guard.NotFresh) -> Response:
    """Prove it first, then come back; a form that was sent has to be sent again."""
    del error
    back = request.path if request.method == "GET" else request.form.get("back", "/desk/account")
    return go(f"/desk/confirm?after={address_after(back)}")


def _away(error: Exception) -> Response:
    log.error("the database cannot be used, in %s: %s", request.endpoint, discretion.told(error))
    return page(503, "busy")


def _no_consent(error: handing.NoConsent) -> Response:
    """Say whose consent has to be there before a link is handed out."""
    house = services()
    family = month.family(house.database, house.protocol, house.today(), error.family_id)
    shown = render_template("desk/no_consent.html", family=family, missing=error.missing)
    return Response(shown, status=409)


def page(status: int, name: str) -> Response:
    """The page about a failure."""
    if "words" not in g:
        speak_to_staff()
    return Response(render_template("desk/problem.html", name=name), status=status)


def install() -> None:
    """Answer every failure at the desk with its page."""
    for kind in PAGES:
        guard.bp.register_error_handler(kind, _known)
    guard.bp.register_error_handler(SessionOver, _session_over)
    guard.bp.register_error_handler(guard.NotFresh, _prove_it)
    guard.bp.register_error_handler(handing.NoConsent, _no_consent)
    for away in db.AWAY:
        guard.bp.register_error_handler(away, _away)
    guard.bp.register_error_handler(HTTPException, _http)
