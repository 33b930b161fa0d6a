"""The front: the neutral home page, the link that opens a visit, and leaving.

GET changes nothing and reveals nothing: messengers and mail scanners follow links. The landing page is the
same for every token, good or bad, and asks the database nothing; only pressing its button does.
"""

from __future__ import annotations

import contextlib

from flask import Blueprint, Response, render_template, request

from survey import links, openings, visits
from survey.accounts import sessions
from survey.db import DatabaseBusy
from survey.web import joining, security, visitor
from survey.web.replies import go
from survey.web.services import services

bp = Blueprint("landing", __name__)


@bp.get("/")
def home() -> str:
    """The neutral front page."""
    visitor.speak_to_guest()
    return render_template("home.html")


@bp.get("/l/<token>")
def landing(token: str) -> str:
    """What a link shows before anything is done with it: the same for all."""
    visitor.speak_to_guest()
    chosen = visitor.offered_edition(request.args.get("in"))
    return render_template("link.html", address=f"/l/{token}", chosen=chosen)


@bp.post("/l/<token>")
def open_link(token: str) -> Response:
    """Open a visit with the link; a former visit in this browser ends."""
    visitor.speak_to_guest()
    house = services()
    chosen = visitor.offered_edition(request.form.get("edition"))
    secret, visit = openings.open_link(
        house.database,
        house.settings.paper_keys,
        token,
        house.now(),
        address=request.remote_addr,
        edition=chosen,
    )
    if chosen:
        visits.set_edition(house.database, visit, chosen)
    end_former_visit()
    response = go(joining.first_page(visit))
    security.remember_visit(response, secret)
    if visit.assistance != "none":
        sign_staff_out(response)
    return response


@bp.post("/exit")
def leave() -> Response:
    """Away from here, at once: the visit ends, the browser forgets, and Back shows nothing."""
    response = go(services().settings.exit_url)
    security.forget(response)
    # Leaving must work when nothing else does; without its cookie the visit ends by itself.
    with contextlib.suppress(DatabaseBusy):
        end_former_visit()
    return response


def sign_staff_out(response: Response) -> None:
    """Somebody who helps gives their own phone away: whoever holds it now sees nothing of the desk."""
    name = security.desk_cookie_name(services().settings)
    if name in request.cookies:
        sessions.end(services().database, request.cookies[name], services().now())
        response.delete_cookie(
            name, secure=services().settings.https, httponly=True, samesite="Lax", path="/"
        )


def end_former_visit() -> None:
    """End the visit that this browser is on, if any."""
    secret = security.visit_secret()
    if secret:
        visits.end(services().database, links.digest_of(secret), services().now())
