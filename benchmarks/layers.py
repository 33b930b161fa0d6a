"""What a save and a page cost above their floors, layer by layer, in one process and one run.

`python -m benchmarks.layers [--only sqlite|postgresql] [--rounds 9] [--requests 60] [--check] [--profile]`

Product and floor are called in turn through WSGI and their CPU time is compared, so that the ratio holds
whatever else the machine is doing. On PostgreSQL only our own process is counted, not the server's.
Also counted: statements and commits of a save, and the bytes of the first page. `--profile` tells instead
what a save is made of (`benchmarks.parts`).
"""

from __future__ import annotations

import argparse
import io
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import brotli
from flask import Flask

from benchmarks.anchors import empty_flask, raw_save
from benchmarks.databases import DATABASES, empty_database
from benchmarks.durability import pockets
from survey.db import Database, counting
from survey.settings import Settings
from survey.web import create_app

#: Aims of the work: how often its floor a thing may cost. Saves differ by database.
SAVE_AIM = {"sqlite": 6.0, "postgresql": 3.0}
PAGE_AIM = 10.0
STATEMENTS_AIM, COMMITS_AIM = 4, 1
FIRST_PAGE_AIM = 4 * 1024

_HIDDEN = re.compile(r'name="(csrf|sequence)" value="([^"]*)"')

Call = Callable[[], None]


@dataclass(frozen=True)
class Answered:
    """What a WSGI application answered."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def ask(app: Any, method: str, path: str, *, cookie: str = "", body: bytes = b"") -> Answered:
    """One request, without a network."""
    found: list[Any] = []
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_COOKIE": cookie,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    parts = app(environ, lambda status, headers, *_: found.extend((status, headers)))
    text = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    return Answered(found[0], found[1], text)


class Respondent:
    """A parent in the middle of five questions with three answers each (the SDQ), in process."""

    def __init__(self, app: Any, token: str) -> None:
        self.app = app
        self.cookie = ""
        self._go("POST", f"/l/{token}")
        pocket = self._go("GET", "/mine").body.decode()
        task = re.search(r'name="task" value="([^"]*:sdq:[^"]*)"', pocket)
        assert task is not None
        fields = {"csrf": dict(_HIDDEN.findall(pocket))["csrf"], "task": task.group(1)}
        self.address = dict(self._go("POST", "/mine/open", fields).headers)["Location"]
        page = self._go("GET", self.address).body.decode()
        self.csrf = dict(_HIDDEN.findall(page))["csrf"]
        self.items = list(dict.fromkeys(re.findall(r'name="i\.([^"]+)"', page)))
        self._count = 0

    def look(self) -> None:
        """Fetch the page, with the five answers on it."""
        answered = self._go("GET", self.address)
        assert answered.status.startswith("200"), answered.status

    def save(self) -> None:
        """Send the page in, each time other answers under a new sequence."""
        self._count += 1
        fields = {"csrf": self.csrf, "sequence": f"bench-{id(self)}-{self._count}", "do": "next"}
        fields |= {f"i.{item}": str(self._count % 3) for item in self.items}
        answered = self._go("POST", self.address, fields)
        assert answered.status.startswith("303"), answered.status

    def _go(self, method: str, path: str, fields: dict[str, str] | None = None) -> Answered:
        answered = ask(self.app, method, path, cookie=self.cookie, body=urlencode(fields or {}).encode())
        for name, value in answered.headers:
            if name == "Set-Cookie":
                self.cookie = value.partition(";")[0]
        return answered


def paired(product: Call, floor: Call, *, rounds: int, requests: int) -> tuple[float, float, float]:
    """CPU µs of both per call (medians), and the median of the ratios round by round."""
    product_us, floor_us, ratios = [], [], []
    for call in (product, floor):
        for _ in range(requests):
            call()
    for _ in range(rounds):
        ours = _cpu(product, requests)
        theirs = _cpu(floor, requests)
        product_us.append(ours)
        floor_us.append(theirs)
        ratios.append(ours / theirs)
    return statistics.median(product_us), statistics.median(floor_us), statistics.median(ratios)


def _cpu(call: Call, requests: int) -> float:
    begun = time.process_time()
    for _ in range(requests):
        call()
    return (time.process_time() - begun) / requests * 1e6


@contextmanager
def side_by_side(url: str) -> Iterator[tuple[Flask, str, Respondent, Call]]:
    """The application, a link, who saves in it, and the bare save beside it, on one database."""
    database = Database(url)
    token, other = pockets(database, 2)
    database.dispose()
    app = create_app(Settings(secret_key="a key for benchmarks only, long enough", database_url=url))
    bare = raw_save.connect(url)
    try:
        respondent = Respondent(app.wsgi_app, token)
        respondent.save()
        floor_response = int(Respondent(app.wsgi_app, other).address.split("/")[2])
        raw = raw_save.application(url, bare)
        answers = dict.fromkeys(respondent.items, 1)

        def raw_call() -> None:
            body = raw_save.body(floor_response, answers)
            assert ask(raw, "POST", f"/{floor_response}", body=body).status.startswith("303")

        yield app, token, respondent, raw_call
    finally:
        bare.close()
        app.extensions["meetmoment"].database.dispose()


def measure(url: str, rounds: int, requests: int) -> list[tuple[str, str, bool]]:
    """Every figure: what it is, what came out, whether its aim is met."""
    with side_by_side(url) as (app, token, respondent, raw_call):
        return list(_measured(app, token, respondent, raw_call, rounds, requests))


def _measured(
    app: Flask, token: str, respondent: Respondent, raw_call: Call, rounds: int, requests: int
) -> Iterator[tuple[str, str, bool]]:
    house = app.extensions["meetmoment"].database
    ours, theirs, ratio = paired(respondent.save, raw_call, rounds=rounds, requests=requests)
    aim = SAVE_AIM[house.dialect]
    figure = f"{ours:.0f} µs / {theirs:.0f} µs = {ratio:.1f}x (aim {aim:g}x)"
    yield f"save, {house.dialect}", figure, ratio <= aim

    empty = empty_flask.application().wsgi_app

    def empty_call() -> None:
        ask(empty, "GET", "/")

    ours, theirs, ratio = paired(respondent.look, empty_call, rounds=rounds, requests=requests)
    figure = f"{ours:.0f} µs / {theirs:.0f} µs = {ratio:.1f}x (aim {PAGE_AIM:g}x)"
    yield f"page view, {house.dialect}", figure, ratio <= PAGE_AIM

    with counting(house) as counts:
        respondent.save()
    fits = counts.statements <= STATEMENTS_AIM and counts.commits <= COMMITS_AIM
    yield "statements and commits of a save", f"{counts.statements} and {counts.commits} (aim 4 and 1)", fits

    first = ask(app.wsgi_app, "GET", f"/l/{token}").body
    size = len(brotli.compress(first, quality=11))
    yield "first page with its CSS, brotli", f"{size} bytes (aim {FIRST_PAGE_AIM})", size <= FIRST_PAGE_AIM


def told(kind: str, requests: int) -> Iterator[str]:
    """What a save is made of, as a table."""
    from benchmarks import parts

    with empty_database(kind) as url, side_by_side(url) as (_app, _token, respondent, raw_call):
        ours, bare, ratio = paired(respondent.save, raw_call, rounds=5, requests=requests)
        yield f"unwatched: {ours:.0f} µs, a bare save {bare:.0f} µs, {ratio:.1f}x\n"
    with (
        parts.watched() as watch,
        empty_database(kind) as url,
        side_by_side(url) as (_app, _token, respondent, _raw),
    ):
        yield from parts.lines(kind, parts.profile(watch, respondent.save, requests * 10), bare)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=DATABASES, help="one kind of database; both without it")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--check", action="store_true", help="exit 1 when an aim is missed")
    parser.add_argument("--profile", action="store_true", help="what a save is made of, instead")
    options = parser.parse_args()
    missed = False
    for kind in [options.only] if options.only else DATABASES:
        if options.profile:
            print("\n".join(told(kind, options.requests)), end="\n\n")
            continue
        with empty_database(kind) as url:
            for what, figure, met in measure(url, options.rounds, options.requests):
                print(f"{what:34} {figure}{'' if met else '   MISSED'}")
                missed = missed or not met
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
