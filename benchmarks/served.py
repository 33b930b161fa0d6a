"""A server as it really runs, its processor time and its memory: for the benchmarks over HTTP."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.phones import free_port

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

#: The floor: the bare save of `anchors.raw_save` on the same server with the same threads.
_FLOOR = """
import threading
from gunicorn.app.base import BaseApplication
from benchmarks.anchors import raw_save
class Floor(BaseApplication):
    def load_config(self):
        for name, value in dict(bind="127.0.0.1:{port}", workers={workers}, threads=8,
                                worker_class="gthread", keepalive=75, loglevel="warning").items():
            self.cfg.set(name, value)
    def load(self):
        local = threading.local()
        def app(environ, start_response):
            if not hasattr(local, "app"):
                local.app = raw_save.application("{url}")
            if environ["REQUEST_METHOD"] == "GET":
                start_response("200 OK", [])
                return [b""]
            return local.app(environ, start_response)
        return app
Floor().run()
"""


@dataclass(frozen=True)
class Running:
    """A server that listens."""

    port: int
    #: Its session, of which every process of it is a member.
    session: int

    def cpu_s(self) -> float:
        """Processor time of all its processes together, in seconds."""
        return sum(ticks for ticks, _ in _members(self.session)) / _TICKS

    def memory_mb(self) -> float:
        """What its processes hold in memory, in MB; what they share counts for each."""
        return sum(pages for _, pages in _members(self.session)) * _PAGE / 1e6


@contextmanager
def product(url: str, *, workers: int) -> Iterator[Running]:
    """The service on a database that has a study in it."""
    port = free_port()
    words = ["serve", "--no-long-work", "--workers", str(workers), "--port", str(port)]
    environment = {
        "MEETMOMENT_DATABASE_URL": url,
        "MEETMOMENT_SECRET_KEY": "a key for benchmarks only, long enough",
        "MEETMOMENT_BASE_URL": f"http://127.0.0.1:{port}",
    }
    with _running(["-c", "from survey.cli import main; main()", *words], port, environment) as found:
        yield found


@contextmanager
def floor(url: str, *, workers: int) -> Iterator[Running]:
    """The bare save on the same server."""
    port = free_port()
    with _running(["-c", _FLOOR.format(url=url, port=port, workers=workers)], port, {}) as found:
        yield found


@contextmanager
def _running(words: list[str], port: int, environment: dict[str, str]) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, *words],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not come up")
            with suppress(OSError, http.client.HTTPException):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            time.sleep(0.05)
        yield Running(port, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _members(session: int) -> Iterator[tuple[int, int]]:
    """Ticks and pages of every process of a session."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name of the process may hold anything, so count from the bracket behind it.
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                yield int(fields[11]) + int(fields[12]), int(fields[21])
