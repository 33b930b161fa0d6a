"""The scripts that pages of questions may load: small, our own, and never needed.

A script has its content's hash in its address, so that a phone fetches it once and keeps it for good, and
so that a page never runs a script of another release. Every page works without it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, Response
from markupsafe import Markup

from survey.web import security
from survey.web.services import services

bp = Blueprint("scripts", __name__)

#: How long a phone may keep what never changes under its address (seconds).
FOR_GOOD = 365 * 24 * 3600


@dataclass(frozen=True)
class Script:
    """A script as it is sent."""

    name: str
    text: str

    @property
    def address(self) -> str:
        """Where it is; another text has another address."""
        return f"/script/{self.name}.{hashlib.sha256(self.text.encode()).hexdigest()[:12]}.js"


def small(script: str) -> str:
    """The same script without lines of comment, indentation and empty lines.

    Nothing cleverer: our scripts hold no texts of several lines, and line breaks stay.
    """
    lines = (line.strip() for line in re.sub(r"(?m)^\s*//.*$", "", script).splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def read(name: str) -> Script:
    """A script of this room, by its name."""
    return Script(name, small((Path(__file__).parent / f"{name}.js").read_text(encoding="utf-8")))


#: Saves answers as they are given, and keeps a page through a lost connection.
ANSWERING = read("answering")
#: Reads questions aloud with a voice of the phone's own, where there is no recording.
LISTENING = read("listening")
_ALL = {script.address: script for script in (ANSWERING, LISTENING)}


@bp.get("/script/<name>")
def script(name: str) -> Response:
    """One script, to be kept for good."""
    found = _ALL.get(f"/script/{name}")
    if found is None:
        return Response(status=404)
    response = Response(found.text, mimetype="text/javascript")
    response.headers["Cache-Control"] = f"public, max-age={FOR_GOOD}, immutable"
    return response


def allowed(response: Response) -> Response:
    """Let a page run our own scripts, ask our own service and play our recordings. No other page may."""
    response.headers["Content-Security-Policy"] = (
        f"{security.policy(services().settings)}; script-src 'self'; connect-src 'self'; media-src 'self'"
    )
    return response


def install(app: Flask) -> None:
    """Give the pages of an application the addresses of the scripts, and browsers the scripts."""
    app.jinja_env.globals["answering"] = Markup(ANSWERING.address)
    app.jinja_env.globals["listening"] = Markup(LISTENING.address)
    app.register_blueprint(bp)
