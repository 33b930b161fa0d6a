"""The floor under a page: a Flask view that answers with a fixed text and looks nothing up."""

from __future__ import annotations

from flask import Flask

PAGE = "<!doctype html><title>.</title><p>."


def application() -> Flask:
    """A Flask application with one empty view at `/`."""
    app = Flask("floor")
    app.add_url_rule("/", view_func=lambda: PAGE)
    return app
