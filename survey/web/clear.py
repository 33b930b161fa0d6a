"""Whether the rules are clear: two questions before the start, for whoever reads easy words.

Who answers otherwise than expected gets the rule once more, and goes on like everybody. Nothing is kept.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request

from survey.web import security, visitor
from survey.web.pocket import asked
from survey.web.replies import go

bp = Blueprint("clear", __name__)

#: The questions in their order, and what is so.
SO = {"stop": "yes", "seen": "no"}


@bp.get("/clear/<question>")
def clear(question: str) -> Response | str:
    """One question; and once it is answered, the rule."""
    if question not in SO:
        abort(404)
    visit = visitor.visit()
    overview = asked(visit)
    if not overview.left:
        return go("/mine")
    said = request.args.get("said")
    return render_template(
        "clear.html",
        question=question,
        said=said if said in ("yes", "no") else None,
        right=said == SO[question],
        overview=overview,
        csrf=security.form_token(visit.digest),
    )
