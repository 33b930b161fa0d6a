"""Serving: gunicorn with threads, set up for this service and started from a program."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from survey.settings import Settings


#: A client that has begun a request, or is being sent an answer, and then does nothing for so long is given
#: up (seconds): it holds a thread, and there are few. A proxy in front waits for slow phones in our place.
STALLED_S = 20


class AddressTaken(OSError):
    """Something else listens on the address already, or it is not an address of this machine."""


class NoServer(RuntimeError):
    """gunicorn does not run here; the message says what else to do."""


def check_address(host: str, port: int) -> None:
    """Make sure that the address is free before anything else is done. Raises AddressTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressTaken(f"cannot listen on {host}:{port} ({error.strerror})") from error


def serve(settings: Settings, *, host: str, port: int, workers: int = 1, long_work: bool = False) -> None:
    """Serve until the process is told to stop. Does not return.

    Threads, not processes, on SQLite: their saves are committed together (see `survey.writer`).

    Args:
        long_work: run a worker for long work beside the web processes; see `survey.jobs`.

    Raises:
        NoServer: gunicorn cannot run on this system.
    """
    try:
        from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
    except ImportError as error:  # no fcntl: not a POSIX system
        raise NoServer(
            "gunicorn does not run on this system; "
            "give survey.web.create_app(settings) to another WSGI server, such as waitress"
        ) from error

    from survey.server_log import DiscreetLog, StructuredLog

    bound = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    wanted: dict[str, Any] = {
        "bind": bound,
        "workers": workers,
        "threads": settings.threads,
        "worker_class": "gthread",
        "proc_name": "meetmoment",
        "loglevel": "warning",
        # Longer than the idle time of the proxies in front, so that they never meet a closed connection.
        "keepalive": 75,
        # A newer gunicorn offers a control socket in the home folder; nothing here needs one.
        "control_socket_disable": True,
        "logger_class": StructuredLog if settings.log == "json" else DiscreetLog,
        "when_ready": _give_up_on_the_stalled,
    }

    class _Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in wanted.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> object:
            from survey.web import create_app

            return create_app(settings)

    if settings.metrics_token:
        _count_together()
    if long_work:
        _work_beside(settings)
    _Application().run()


def _give_up_on_the_stalled(arbiter: Any) -> None:
    """Limit how long a thread waits for a client; connections take this over from where they came in."""
    limit = struct.pack("ll", STALLED_S, 0)
    for listener in arbiter.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, limit)


def _count_together() -> None:
    """A folder in which the web processes count, so that each can tell the figures of all."""
    folder, here = tempfile.mkdtemp(prefix="meetmoment-figures-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder

    def end() -> None:
        if os.getpid() == here:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)


def _work_beside(settings: Settings) -> None:
    """Start a keeper of one worker, which ends when this process ends, whichever way that is."""
    here = os.getpid()
    # A program of its own, not a fork of this one; it is told the settings as they are here.
    others = {name: value for name, value in os.environ.items() if not name.startswith("MEETMOMENT_")}
    keeper = subprocess.Popen(
        [sys.executable, "-m", "survey.jobs", str(here)],
        env={**others, **settings.as_environment()},
        stdin=subprocess.DEVNULL,
    )

    def end() -> None:
        # Web processes are forks of this one and come by here too when they end: it is not theirs to stop.
        if os.getpid() == here:
            keeper.terminate()
            keeper.wait()

    atexit.register(end)
