"""The floor under a save: bare WSGI and the database driver, the same rows in one durable transaction.

It checks a token by HMAC, parses five answers, appends the save event, upserts the answers and commits;
nothing is validated, routed, translated or kept apart. No product can do the same work for less.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

SECRET = b"a key for the floor"

_EVENT = (
    "INSERT INTO save_event (response_id, entry, sequence, source, screen, language, reading, given,"
    " saved_at) VALUES (?, 0, ?, 'web', ?, 'nl', 'standard', ?, ?) ON CONFLICT DO NOTHING RETURNING id"
)
_ANSWER = (
    "INSERT INTO answer (response_id, item, entry, value, event_id, saved_at) VALUES {rows}"
    " ON CONFLICT (response_id, item, entry) DO UPDATE SET value = excluded.value,"
    " event_id = excluded.event_id, saved_at = excluded.saved_at"
)
_ROW = "(?, ?, 0, ?, ?, ?)"
_NOW = "2026-11-23T09:15:00.250Z"


def token(response_id: int) -> str:
    """The token a form of this floor carries."""
    return hmac.new(SECRET, str(response_id).encode(), hashlib.sha256).hexdigest()


def connect(url: str) -> Any:
    """The driver's own connection to the database of this URL."""
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")
        return connection
    import psycopg

    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)


def application(
    url: str, connection: Any = None
) -> Callable[[dict[str, Any], Callable[..., object]], Iterable[bytes]]:
    """A WSGI application that saves on the database of this URL, which has the product's tables."""
    connection = connection or connect(url)
    if url.startswith("sqlite:///"):
        begin, commit, mark = "BEGIN IMMEDIATE", "COMMIT", "?"
    else:
        begin, commit, mark = "BEGIN", "COMMIT", "%s"
    event = _EVENT.replace("?", mark)
    answers = {n: _ANSWER.format(rows=", ".join([_ROW] * n)).replace("?", mark) for n in range(1, 11)}

    def app(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        fields = {name: values[-1] for name, values in parse_qs(body.decode()).items()}
        response_id = int(environ["PATH_INFO"].rsplit("/", 1)[1])
        if not hmac.compare_digest(fields.pop("csrf"), token(response_id)):
            start_response("403 Forbidden", [])
            return [b""]
        sequence = fields.pop("sequence")
        given = {item: int(value) for item, value in fields.items()}
        cursor = connection.cursor()
        cursor.execute(begin)
        cursor.execute(event, (response_id, sequence, "1", json.dumps(given), _NOW))
        row = cursor.fetchone()
        if row is not None:
            values: list[object] = []
            for item, value in given.items():
                values += [response_id, item, value, row[0], _NOW]
            cursor.execute(answers[len(given)], values)
        cursor.execute(commit)
        start_response("303 See Other", [("Location", "/next"), ("Cache-Control", "no-store")])
        return [b""]

    return app


def body(response_id: int, answers: dict[str, int]) -> bytes:
    """What a form of this floor sends."""
    pairs = {"csrf": token(response_id), "sequence": secrets.token_hex(12), **answers}
    return "&".join(f"{name}={value}" for name, value in pairs.items()).encode()
