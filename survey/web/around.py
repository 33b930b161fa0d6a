"""The pages around the questions: the choice of language and reading level, help, accessibility."""

from __future__ import annotations

import contextlib

from flask import Blueprint, Response, g, render_template, request

from instruments import Edition
from survey import visits
from survey.visits import Visit
from survey.web import calling, forms, security, visitor
from survey.web.forms import EditionForm, NotThisForm
from survey.web.replies import go
from survey.web.services import services

bp = Blueprint("around", __name__)


@bp.get("/edition")
def editions() -> str:
    """Which languages and reading levels there are."""
    visit = _visit_or_guest()
    token = "" if visit is None else security.form_token(visit.digest)
    return render_template("edition.html", csrf=token, address=forms.return_address(request.args.get("from")))


@bp.post("/edition")
def choose_edition() -> Response:
    """Go on in another language or reading level; every answer is kept."""
    address = forms.return_address(request.form.get("from"))
    for_nobody = "csrf" not in request.form and "from" in request.form and _knows_nobody(address)
    visit = None if for_nobody else _visit_or_guest()
    if visit is not None:
        security.check_form(visit.digest)
    edition = visitor.offered_edition(str(forms.read(EditionForm).edition.data))
    if edition is None:
        raise NotThisForm("no such edition")
    if visit is None:
        # In the address too, so that it holds where cookies do not, and is seen to be a choice.
        address += f"?in={edition}"
    else:
        visits.set_edition(services().database, visit, edition)
    response = go(address)
    security.remember_edition(response, edition)
    return response


@bp.get("/help")
def help_page() -> str:
    """Whom to turn to; for everybody, with or without a link."""
    visit = _visit_or_guest()
    own = "danger" if g.audience == "adult" else "children"
    lines = sorted(services().help_lines, key=lambda line: line.id != own)
    return render_template("help.html", lines=lines, visit=visit, may_ask=calling.may_ask(visit))


@bp.get("/accessibility")
def accessibility() -> str:
    """Who can use these pages, how that was tested, and what is not good yet."""
    visit = _visit_or_guest()
    found = services().accessibility
    seen = [Edition.parse(name) for name in found.evidence.editions]
    return render_template("accessibility.html", found=found, seen=seen, visit=visit)


def _knows_nobody(address: str) -> bool:
    """Whether a page is the same for all: the front, a link, a code. Its choice of language carries no token.

    The telephone may still be on the visit of somebody else who answered on it, and that one stays as it is.
    """
    return address == "/" or address.startswith(("/l/", "/Q"))


def _visit_or_guest() -> Visit | None:
    with contextlib.suppress(*visitor.NO_LONGER_HERE):
        return visitor.visit()
    visitor.speak_to_guest()
    return None
