"""Every way in which a request can fail, and the page that explains it: the one map.

Each page says what happened, that nothing was lost, and what to do next, in the reader's edition. It says
no more than that: an address that is somebody else's looks the same as one that does not exist.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from instruments import Edition
from survey import answers, assents, db, discretion, links, openings, responses, schedule, sheets, visits
from survey.web import forms, places, pocket, security, visitor
from survey.web.i18n import BASE, speak
from survey.web.replies import go

log = logging.getLogger(__name__)

#: What happened -> the status, and the template in `problems/` that explains it.
PAGES: dict[type[Exception], tuple[int, str]] = {
    openings.TooManyLinks: (429, "link_unknown"),
    links.LinkUnknown: (404, "link_unknown"),
    links.LinkExpired: (410, "link_expired"),
    links.LinkRevoked: (410, "link_revoked"),
    openings.CodeUnknown: (404, "code_unknown"),
    openings.CodeClosed: (410, "code_closed"),
    openings.TooManyTries: (429, "code_wait"),
    sheets.SheetConfirmed: (410, "code_done"),
    sheets.SheetDead: (410, "code_dead"),
    sheets.SheetWithdrawn: (410, "code_withdrawn"),
    visitor.NoVisit: (403, "no_visit"),
    visits.VisitOver: (403, "visit_over"),
    visits.NotYours: (404, "not_found"),
    schedule.NoSuchRespondent: (404, "not_found"),
    places.NoSuchScreen: (404, "not_found"),
    responses.WaveClosed: (410, "wave_closed"),
    responses.ResponseClosed: (410, "wave_closed"),
    responses.NotAsked: (409, "not_asked"),
    places.NotOffered: (409, "not_offered"),
    answers.Unacceptable: (400, "not_this_form"),
    answers.BadSequence: (400, "not_this_form"),
    forms.NotThisForm: (400, "not_this_form"),
    security.Forged: (403, "forged"),
    security.TooLarge: (413, "too_large"),
    db.DatabaseBusy: (503, "busy"),
}

#: The same for what the framework itself refuses, by status; anything else is `server`.
_BY_STATUS = {400: "not_this_form", 404: "not_found", 405: "method", 413: "too_large"}


def install(app: Flask) -> None:
    """Answer every failure of an application with its page."""
    for kind in PAGES:
        app.register_error_handler(kind, _known)
    app.register_error_handler(places.Elsewhere, _elsewhere)
    app.register_error_handler(pocket.FamilyFirst, lambda _: go("/family"))
    app.register_error_handler(assents.NotJoining, lambda _: go("/alone"))
    app.register_error_handler(HTTPException, _http)
    for kind in db.AWAY:
        app.register_error_handler(kind, away)


def _known(error: Exception) -> Response:
    status, name = next(PAGES[kind] for kind in type(error).__mro__ if kind in PAGES)
    return _page(status, name, error)


def away(error: Exception) -> Response:
    """The database cannot be used just now; who looks after it finds the reason in the log."""
    log.error("the database cannot be used, in %s: %s", request.endpoint, discretion.told(error))
    return _page(503, "busy", error)


def _elsewhere(error: places.Elsewhere) -> Response:
    return go(error.address)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    response = _page(status, _BY_STATUS.get(status, "server"))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(error.valid_methods)
    return response


def _page(status: int, name: str, error: Exception | None = None) -> Response:
    if "edition" not in g:
        _speak_to_anybody()
    response = Response(render_template(f"problems/{name}.html", error=error), status=status)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _speak_to_anybody() -> None:
    """As to a guest; in the base language when even that cannot be found out."""
    try:
        visitor.speak_to_guest()
    except Exception as error:  # noqa: BLE001  # the page about a failure must not fail
        log.error("no edition could be found for %s: %s", request.endpoint, discretion.told(error))
        speak(Edition(BASE))
