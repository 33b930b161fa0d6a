"""What a save is made of: processor time and function calls of each of its parts, above the bare save.

`python -m benchmarks.layers --profile` prints it for both databases. The functions at which a part begins
are timed, and what is timed inside them is taken off: every part is what it costs by itself. Time is the
median of many saves. Calls, of Python and of C, are the same on every machine and in every run: they tell
whether a change took something out when the machine is too busy for time to tell.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import Any

import flask
from werkzeug.wrappers import Request, Response

from survey import answers, db, saving
from survey.web import forms, places, respond, security, visitor

#: Where a part begins, by what it is for. What is not named here belongs to what calls it.
PARTS: tuple[tuple[str, tuple[tuple[Any, str], ...]], ...] = (
    ("Flask: contexts, routing, dispatch", ((flask.Flask, "wsgi_app"),)),
    ("where the form comes from, how large it is", ((flask.Flask, "preprocess_request"),)),
    ("the cookie, and its digest", ((visitor, "digest"),)),
    ("the form is read", ((Request, "_load_form_data"),)),
    ("the token of the form", ((security, "check_form"),)),
    ("visit, response and answers: the statement", ((db.Database, "fetch_one"),)),
    ("visit, response and answers: made of its row", ((answers, "load"), (visitor, "sitting"))),
    (
        "questionnaire, edition, screens",
        ((places, "questionnaire"), (places.Questionnaire, "at"), (respond, "_then"), (visitor, "speak")),
    ),
    ("the answers of the form, checked", ((forms, "answers_on"),)),
    ("checked again at the door, made into rows", ((answers, "record"), (saving, "store"))),
    ("the queue of writers, and BEGIN", ((db.Database, "write_fixed"),)),
    ("the statements of the save", ((db.Database, "run_on"), (db.Database, "store_one"))),
    ("commit", ((db._Held, "commit"),)),
    ("where to go on, and the redirect", ((respond, "_record"), (respond, "follow"))),
    (
        "the answer and its headers",
        ((flask.Flask, "process_response"), (Response, "__call__"), (security.Protected, "__call__")),
    ),
)
#: Not ours: what makes the request, as the floor's is made.
CLIENT = "the request itself is made"


class Stopwatch:
    """Tells parts apart while a save runs: each has what is left after those inside it."""

    def __init__(self) -> None:
        self.ns: dict[str, int] = defaultdict(int)
        self.calls: dict[str, int] = defaultdict(int)
        self._parts: list[str] = [CLIENT]
        self._since = time.thread_time_ns()

    def around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed."""

        @wraps(function)
        def timed(*given: Any, **named: Any) -> Any:
            self._turn()
            self._parts.append(part)
            try:
                return function(*given, **named)
            finally:
                self._turn()
                self._parts.pop()

        return timed

    def _turn(self) -> None:
        now = time.thread_time_ns()
        self.ns[self._parts[-1]] += now - self._since
        self._since = time.thread_time_ns()

    def begin(self) -> None:
        """From here on."""
        self.ns.clear()
        self._since = time.thread_time_ns()

    def end(self) -> dict[str, float]:
        """What every part took, in µs."""
        self._turn()
        return {part: ns / 1e3 for part, ns in self.ns.items()}

    def count(self, frame: FrameType, event: str, _: object) -> None:
        """A function was called (`sys.setprofile`); our own do not count."""
        if event in ("call", "c_call") and frame.f_code.co_filename != __file__:
            self.calls[self._parts[-1]] += 1


@contextmanager
def watched() -> Iterator[Stopwatch]:
    """Time the parts of applications that are made while inside."""
    watch = Stopwatch()
    before = [(owner, name, getattr(owner, name)) for _, where in PARTS for owner, name in where]
    for part, where in PARTS:
        for owner, name in where:
            setattr(owner, name, watch.around(part, getattr(owner, name)))
    try:
        yield watch
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


def profile(watch: Stopwatch, save: Callable[[], None], requests: int) -> list[tuple[str, float, float]]:
    """Every part with its median of µs and its number of calls; the largest first."""
    seen: dict[str, list[float]] = {part: [] for part, _ in (*PARTS, (CLIENT, ()))}
    for _ in range(requests):
        watch.begin()
        save()
        took = watch.end()
        for part, times in seen.items():
            times.append(took.get(part, 0.0))
    sys.setprofile(watch.count)
    save()
    sys.setprofile(None)
    found = [(part, statistics.median(times), float(watch.calls[part])) for part, times in seen.items()]
    return sorted(found, key=lambda row: -row[1])


def lines(kind: str, found: list[tuple[str, float, float]], bare_us: float) -> Iterator[str]:
    """The table of one database, in Markdown."""
    whole = sum(us for _, us, _ in found)
    yield f"| a save on {kind} | µs | of it | of a bare save | calls |"
    yield "|---|---|---|---|---|"
    for part, us, calls in found:
        if us or calls:
            yield f"| {part} | {us:.0f} | {us / whole:.0%} | {us / bare_us:.2f} | {calls:.0f} |"
    calls = sum(each for _, _, each in found)
    yield f"| together | {whole:.0f} | | {whole / bare_us:.1f} | {calls:.0f} |"
