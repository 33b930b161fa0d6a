"""Where to go next: a bare redirect, since the ready-made one writes a page of English that nobody sees.

Our script asks for the address instead of following it: a browser that loses its connection half-way
through a redirect shows its own page of failure in place of the questions.
"""

from __future__ import annotations

import json

from flask import Response, request


def go(address: str) -> Response:
    """See Other: the browser asks for another address, and Back does not send a form again."""
    return Response(status=303, headers=[("Location", address)])


def follow(address: str) -> Response:
    """The same after a form; told to our script, if that is who asks."""
    return told(go=address) if request.headers.get("Accept") == "application/json" else go(address)


def told(**values: object) -> Response:
    """An answer to our script."""
    return Response(json.dumps(values), mimetype="application/json")
