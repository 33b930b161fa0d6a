"""Where to go next: a bare redirect, since the ready-made one writes a page of English that nobody sees.

Our script asks for the address instead of following it: a browser that loses its connection half-way
through a redirect shows its own page of failure in place of the questions.
"""

from __future__ import annotations

import json
import re

from flask import Response, request
from werkzeug.datastructures import Headers
from werkzeug.urls import iri_to_uri

#: What an address of ours is written with; any other is written anew.
OUR_CHARACTERS = re.compile(r"[A-Za-z0-9/._?=&:-]*")
#: What is sent with a redirect: a page of which nothing is there.
_EMPTY = (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "0"))


class _SeeOther(Response):
    """A redirect whose headers stand already as they are sent."""

    def get_wsgi_headers(self, environ: object) -> Headers:
        """As they are: Werkzeug would copy them, and take the address apart to put it together again."""
        return self.headers


def go(address: str) -> Response:
    """See Other: the browser asks for another address, and Back does not send a form again."""
    location = address if OUR_CHARACTERS.fullmatch(address) else iri_to_uri(address)
    return _SeeOther(status=303, headers=[("Location", location), *_EMPTY])


def follow(address: str) -> Response:
    """The same after a form; told to our script, if that is who asks."""
    return told(go=address) if request.headers.get("Accept") == "application/json" else go(address)


def told(**values: object) -> Response:
    """An answer to our script."""
    return Response(json.dumps(values), mimetype="application/json")
