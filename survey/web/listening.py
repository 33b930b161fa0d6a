"""Questions read aloud: the recordings, for whoever is on a visit."""

from __future__ import annotations

from flask import Blueprint, Response, abort, send_file

from survey.web import visitor
from survey.web.services import services

bp = Blueprint("listening", __name__)


@bp.get("/listen/<name>")
def listen(name: str) -> Response:
    """One recording; the words may be licensed, so it is not for everybody."""
    visitor.visit()
    path = services().voices.file(name)
    if path is None:
        abort(404)
    return send_file(path, conditional=True, etag=False, max_age=0)
