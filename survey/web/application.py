"""The application: Flask, told to be ours."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any

from flask import Flask, Request, request
from jinja2 import StrictUndefined
from markupsafe import Markup
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map
from werkzeug.sansio.http import parse_cookie
from werkzeug.utils import cached_property

from survey import discretion
from survey.settings import Settings
from survey.web import (
    around,
    calling,
    checking,
    clear,
    codes,
    desk,
    errors,
    family,
    i18n,
    joining,
    keeping,
    landing,
    listening,
    phrases,
    pocket,
    respond,
    scripts,
    security,
    watching,
    withdrawing,
)
from survey.web.looks import STYLE, drawing
from survey.web.services import Services

#: How long a browser may keep our icon.
_ICON_SECONDS = 7 * 24 * 3600
#: The largest number that a row can have (PostgreSQL's `integer`).
LARGEST_NUMBER = 2**31 - 1


class _Number(IntegerConverter):
    """A number in an address: one that a row of either database can have. Another is no address at all."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST_NUMBER)


class _Request(Request):
    """A request whose files stay in memory: Werkzeug would write larger ones, as they are, to a disk."""

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """As Werkzeug reads them, who goes through all headers for more than the one that WSGI gives."""
        found: Any = parse_cookie(self.environ.get("HTTP_COOKIE"), ImmutableMultiDict)
        cookies: ImmutableMultiDict[str, str] = found
        return cookies

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return io.BytesIO()


class _Application(Flask):
    """A Flask that keeps secrets out of its log: an address may hold the token of a link."""

    request_class = _Request

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: none of our views is a coroutine, and asking that of each at every request costs."""
        return func

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]
    ) -> None:
        """Log a failure by the name of its view and its place in our code; see `discretion`."""
        self.logger.error("failure in %s: %s", request.endpoint, discretion.told(exc_info[1]))


def create_app(settings: Settings, services: Services | None = None) -> Flask:
    """The application of an installation.

    Args:
        settings: from the environment, or a test's own.
        services: what views work with; by default made from the settings.

    Raises:
        instruments.BrokenFile: a definition, the protocol or a wording file is broken.
        survey.db.UnusableDatabase: the database URL is not one of ours.
    """
    app = _Application("survey.web")
    # Whatever FLASK_DEBUG says: a page about a failure never shows code.
    app.debug = False
    app.url_map.converters["int"] = _Number
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _ICON_SECONDS
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(style=Markup(STYLE), minutes=phrases.minutes, drawing=drawing)
    house = services or Services.of(settings)
    app.extensions["meetmoment"] = house
    app.jinja_env.globals["editions"] = lambda: house.editions
    i18n.install(app, house.catalogues)
    security.install(app, settings)
    errors.install(app)
    scripts.install(app)
    watching.install(app, settings)
    for room in (
        landing,
        codes,
        family,
        pocket,
        joining,
        clear,
        respond,
        checking,
        around,
        calling,
        keeping,
        listening,
        watching,
        withdrawing,
        desk,
    ):
        app.register_blueprint(room.bp)
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the documented way to add a layer
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    return app
