"""Taking back one's consent, by oneself: every message leads by its link to a page that offers it.

For parents. A child says so wave by wave (`joining`); professionals answer as part of their work. Stopping
keeps what was given, which is said; wiping it needs a person, since it cannot be undone.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from survey import visits
from survey.fieldwork import consent
from survey.fieldwork.consent import Line
from survey.visits import Visit
from survey.web import security, visitor
from survey.web.pocket import whose
from survey.web.replies import go
from survey.web.services import services

bp = Blueprint("withdrawing", __name__)


def may_withdraw(visit: Visit) -> bool:
    """Whether somebody can stop taking part on these pages."""
    return visit.role == "parent"


@bp.get("/withdraw")
def withdraw() -> Response | str:
    """What stopping means, and the button for it."""
    visit = visitor.visit()
    whose(visit)
    if not may_withdraw(visit):
        return go("/mine")
    return render_template("withdraw.html", csrf=security.form_token(visit.digest))


@bp.post("/withdraw")
def stop() -> Response:
    """Note it in the ledger, which closes the links of this person; and leave."""
    visit = visitor.visit()
    security.check_form(visit.digest)
    respondent_id = whose(visit)
    if not may_withdraw(visit):
        return go("/mine")
    house, now = services(), services().now()
    line = Line(
        "research",
        "self",
        "withdrawn",
        house.today(),
        information="on-screen",
        language=visit.edition.language,
        reading=visit.edition.reading,
        medium="screen",
    )
    consent.record(
        house.database, house.protocol, respondent_id, line, now=now, actor=f"respondent {respondent_id}"
    )
    # A visit by the page of a family does not end with the links of the person.
    visits.end(house.database, visit.digest, now)
    response = go(f"/withdrawn?in={visitor.spoken(visit.edition)}")
    security.forget_visit(response)
    return response


@bp.get("/withdrawn")
def withdrawn() -> str:
    """That it was noted. The page knows nobody: it is the same for whoever comes by."""
    visitor.speak_to_guest()
    return render_template("withdrawn.html")
