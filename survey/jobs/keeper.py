"""Keeping workers at work: so many processes, each replaced when it dies.

A job can take its process with it (a broken picture, no memory left). The keeper does no work itself, so
that it is still there then: it hands what the dead worker had back to the queue, and starts another.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace
from multiprocessing.process import BaseProcess
from types import FrameType

from sqlalchemy.exc import DBAPIError

from survey import logs
from survey.db import Database, DatabaseBusy
from survey.jobs import queue
from survey.jobs.worker import Worker, new_name
from survey.settings import Settings

_log = logging.getLogger("meetmoment.jobs")

#: How long a worker may take to leave its work in peace, in seconds; then it is stopped.
GRACE_S = 20.0
#: How much a worker steps aside for the pages on the same machine (`nice`). Not more: a worker that holds the
#: write lock of SQLite for a moment must still get to let it go.
ASIDE = 10
#: Connections of one worker: the work, and the signs of life.
_CONNECTIONS = 3


def keep(settings: Settings, *, processes: int = 1, parent: int | None = None, pause: float = 1.0) -> None:
    """Keep workers at work until told to stop by SIGTERM or Ctrl-C.

    Args:
        parent: the process beside which this runs; when that is gone, so are we.
        pause: seconds between two looks at the queue, and at the workers.
    """
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    team: list[tuple[str, BaseProcess]] = []
    while not stopping.is_set() and (parent is None or os.getppid() == parent):
        for name, process in team:
            if not process.is_alive():
                _log.error("worker %s died (%s); another one takes its place", name, process.exitcode)
                _release(settings, name)
        team = [(name, process) for name, process in team if process.is_alive()]
        while len(team) < processes:
            team.append(_started(settings, pause))
        stopping.wait(pause)
    _stop(settings, team)


def _started(settings: Settings, pause: float) -> tuple[str, BaseProcess]:
    # A process of its own from the start, not a copy of this one: no inherited locks or connections.
    name = new_name()
    process = multiprocessing.get_context("spawn").Process(
        target=_work, args=(replace(settings), name, os.getpid(), pause), name=name
    )
    process.start()
    return name, process


def _work(settings: Settings, name: str, parent: int, pause: float) -> None:
    """What a worker's process does."""
    os.nice(ASIDE)
    logs.begin(settings.log)
    db = Database(settings.database_url, connections=_CONNECTIONS)
    worker = Worker(settings, db, name, pause=pause)

    def go(number: int, frame: FrameType | None) -> None:
        worker.go()

    signal.signal(signal.SIGTERM, go)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches everyone at once; the keeper tells us
    threading.Thread(target=_watch, args=(worker, parent), name="watch", daemon=True).start()
    try:
        worker.run()
    finally:
        db.dispose()


def _watch(worker: Worker, parent: int) -> None:
    """Go when the keeper is gone: nobody else would stop us."""
    while os.getppid() == parent:
        time.sleep(1)
    worker.go()


def _stop(settings: Settings, team: list[tuple[str, BaseProcess]]) -> None:
    for _, process in team:
        process.terminate()
    deadline = time.monotonic() + GRACE_S
    for name, process in team:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.exitcode is None:
            process.kill()
            process.join()
        if process.exitcode:
            _release(settings, name)


def _release(settings: Settings, name: str) -> None:
    """Hand back what a dead worker had; when that fails too, its lease runs out by itself."""
    db = Database(settings.database_url, connections=1)
    try:
        queue.release(db, name, settings.clock())
    except (DBAPIError, DatabaseBusy, OSError) as error:
        _log.warning("what worker %s had waits until its lease is over: %s", name, type(error).__name__)
    finally:
        db.dispose()
