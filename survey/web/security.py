"""What keeps a visit to itself: the cookie, the token in forms, where a form may come from, headers.

Three locks on every POST, since old phones lack one or another: the browser's own word on where the form
stood (`Sec-Fetch-Site`, else `Origin`), the cookie's `SameSite=Lax`, and a token in the form that only a
page of this visit can hold. The landing page has no visit yet; there the secret is in the address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, request

from instruments import Edition
from survey.settings import Settings
from survey.web.looks import STYLE_HASH
from survey.web.services import services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: A form of ours is far smaller; the largest holds a few texts of four thousand characters.
LARGEST_BODY = 64 * 1024

#: What no page of ours ever asks a phone for, and so nothing that slips in may have.
_NOT_NEEDED = ", ".join(
    f"{name}=()"
    for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "serial", "usb")
)


#: Views of staff that take in files: how many bytes. Who is at the desk is asked before anything is read.
_TAKES_FILES: dict[str, int] = {}


def take_files(endpoint: str, most: int) -> None:
    """Let one view take in so many bytes."""
    _TAKES_FILES[endpoint] = most


class Forged(Exception):
    """A form that did not come from a page of this visit; nothing was changed."""


class TooLarge(Exception):
    """More was sent than any form of ours can hold; it was not read."""


def form_token(digest: str) -> str:
    """The token of a visit for its forms: it proves that a page of this visit was read."""
    return _form_token(services().settings.secret_keys.current, digest)


def _form_token(key: bytes, digest: str) -> str:
    mac = _begun(key).copy()
    mac.update(digest.encode())
    return base64.urlsafe_b64encode(mac.digest()[:18]).decode()


@lru_cache(maxsize=16)
def _begun(key: bytes) -> hmac.HMAC:
    """A token as it begins: OpenSSL looks up all it needs for each that is begun, and for no copy of one."""
    return hmac.new(key, b"form ", hashlib.sha256)


def check_form(digest: str) -> None:
    """Raises Forged unless the form of this request carries the token of the visit."""
    given = request.form.get("csrf", "").encode()
    # A page that stood open while the key was changed is still good.
    good = [
        hmac.compare_digest(given, _form_token(key, digest).encode())
        for key in services().settings.secret_keys
    ]
    if not any(good):
        raise Forged


def cookie_name(settings: Settings) -> str:
    """The visit's cookie; over https its name binds it to this host and to https."""
    return "__Host-visit" if settings.https else "visit"


def desk_cookie_name(settings: Settings) -> str:
    """The cookie of the desk; over https its name binds it to this host and to https."""
    return "__Host-desk" if settings.https else "desk"


def edition_cookie_name(settings: Settings) -> str:
    """The cookie of a choice of language, as bound as the others."""
    return "__Host-edition" if settings.https else "edition"


def visit_secret() -> str | None:
    """The secret of the visit that this browser is on, as far as it says."""
    return request.cookies.get(cookie_name(services().settings))


def remember_visit(response: Response, secret: str) -> None:
    """Give the browser the secret of a visit, for as long as it stays open."""
    _set(response, cookie_name(services().settings), secret)


def remember_edition(response: Response, edition: Edition) -> None:
    """Remember a choice of language that was made before, or outside, a visit."""
    _set(response, edition_cookie_name(services().settings), str(edition))


def forget(response: Response) -> None:
    """Take back everything that this browser was given."""
    settings = services().settings
    for name in (cookie_name(settings), edition_cookie_name(settings)):
        response.delete_cookie(name, secure=settings.https, httponly=True, samesite="Lax")
    # Not "cache": nothing of a visit is cached, and clearing it takes browsers seconds.
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'


def forget_visit(response: Response) -> None:
    """Take back the secret of a visit only."""
    settings = services().settings
    response.delete_cookie(cookie_name(settings), secure=settings.https, httponly=True, samesite="Lax")


def remembered_edition() -> str | None:
    """The edition that was chosen in this browser, unchecked."""
    return request.cookies.get(edition_cookie_name(services().settings))


def _set(response: Response, name: str, value: str) -> None:
    https = services().settings.https
    response.set_cookie(name, value, secure=https, httponly=True, samesite="Lax", path="/")


def comes_from_us(asked: Request, base_url: str) -> bool:
    """Whether a form was sent from our own pages, as far as the browser tells.

    `Origin: null` says nothing: our own pages send it, because they ask for no referrer.
    """
    site = asked.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = asked.headers.get("Origin")
    return origin in (None, "null", base_url) or origin == asked.host_url.rstrip("/")


def policy(settings: Settings) -> str:
    """What a browser may do with our pages: show them, and send their forms to us."""
    # Browsers hold the redirect after a form to form-action too, so the exit must be on the list.
    away = urlsplit(settings.exit_url)
    exit_origin = f" {away.scheme}://{away.netloc}" if away.netloc else ""
    return (
        f"default-src 'none'; style-src '{STYLE_HASH}'; img-src 'self'; "
        f"form-action 'self'{exit_origin}; base-uri 'none'; frame-ancestors 'none'"
    )


class Protected:
    """Gives every answer of an application the headers that it does not bring itself, failures included.

    At the very edge, where headers are a plain list: Werkzeug would check, copy and check each of them again.
    Pages of staff bring a policy of their own, no less strict.
    """

    def __init__(self, app: WSGIApplication, headers: Sequence[tuple[str, str]]) -> None:
        self._app = app
        self._headers = {name.lower(): (name, value) for name, value in headers}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], failure: Any = None) -> Any:
            there = {name.lower() for name, _ in headers}
            added = [header for key, header in self._headers.items() if key not in there]
            return start_response(status, [*headers, *added], failure)

        return self._app(environ, start)


def install(app: Flask, settings: Settings) -> None:
    """Guard every request and every answer of an application."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    headers = [
        ("Content-Security-Policy", policy(settings)),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("X-Robots-Tag", "noindex, nofollow"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", _NOT_NEEDED),
    ]
    if settings.https:
        headers.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
        # No window of another site holds on to ours. Browsers ignore it, aloud, over plain http.
        headers.append(("Cross-Origin-Opener-Policy", "same-origin"))
    # Everything but our own icon is about somebody.
    headers.append(("Cache-Control", "no-store"))
    app.wsgi_app = Protected(app.wsgi_app, headers)  # type: ignore[method-assign]  # how a layer is added

    @app.before_request
    def guard() -> None:
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # Flask's own way
        if asked.method != "POST":
            return
        most = _TAKES_FILES.get(asked.endpoint or "", LARGEST_BODY)
        if (asked.content_length or 0) > most:
            raise TooLarge
        asked.max_content_length = most
        if not comes_from_us(asked, settings.base_url):
            raise Forged
