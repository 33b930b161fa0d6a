"""One worker: takes a job, does it, takes the next, until it is told to go.

While it works a second thread gives the signs of life. What goes wrong is logged by its place in the code
and the name of the exception only (`survey.discretion`).
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from survey import discretion, moments
from survey.db import Database, DatabaseBusy
from survey.jobs import kinds, queue
from survey.jobs.queue import Lost
from survey.jobs.work import Cancelled, Failure, Interrupted, Work
from survey.settings import Settings

_log = logging.getLogger("meetmoment.jobs")


def new_name() -> str:
    """A name for a worker that no other one has."""
    return f"{socket.gethostname()[:40]} {secrets.token_hex(6)}"


class Worker:
    """Does jobs one at a time.

    Args:
        name: no other worker may have it.
        lease: how long a job is its own without a sign of life.
        pause: seconds between two looks when there was nothing to do.
    """

    def __init__(
        self,
        settings: Settings,
        db: Database,
        name: str = "",
        *,
        lease: dt.timedelta = queue.LEASE,
        pause: float = 1.0,
    ) -> None:
        self.settings = settings
        self.db = db
        self.name = name or new_name()
        self.lease = lease
        self.pause = pause
        self._going = threading.Event()
        self._work: Work | None = None
        self._looked: dt.date | None = None

    def go(self) -> None:
        """Tell it to go: it stops at the next piece of its work, which another worker then takes up."""
        self._going.set()
        work = self._work
        if work is not None:
            work.interrupted.set()

    def run(self) -> None:
        """Work until told to go."""
        while not self._going.is_set():
            try:
                busy = self.once()
            except (DBAPIError, DatabaseBusy, OSError) as error:
                # The database is away for a while. It comes back, and so do we.
                _log.warning("the queue cannot be reached: %s", type(error).__name__)
                busy = False
                self._going.wait(self.pause * 4)
            if not busy:
                self._going.wait(self.pause)

    def once(self) -> bool:
        """Do one job, if there is one; whether there was."""
        self._ask_for_daily_work()
        job = queue.take(self.db, self.name, self.settings.clock(), self.lease)
        if job is None:
            return False
        _log.info("job %d (%s) begins, attempt %d", job.id, job.kind, job.attempts)
        work = Work(self.settings, self.db, job)
        self._work = work
        try:
            with self._signs_of_life(work):
                self._do(work)
        except Lost:
            _log.warning("job %d (%s) was taken by another worker", job.id, job.kind)
        finally:
            self._work = None
        return True

    def _do(self, work: Work) -> None:
        job, now = work.job, self.settings.clock
        if self._going.is_set():
            work.interrupted.set()
        try:
            result = kinds.find(job.kind).run(work)
        except Cancelled:
            queue.stopped(self.db, job, now())
            _log.info("job %d (%s) was cancelled", job.id, job.kind)
        except Interrupted:
            queue.put_back(self.db, job, now())
            _log.info("job %d (%s) waits for another worker", job.id, job.kind)
        except Lost:
            raise
        except Failure as failure:
            queue.failed(self.db, job, str(failure), now(), again=False, result=failure.outcome)
            _log.warning("job %d (%s) cannot be done", job.id, job.kind)
        except Exception as error:  # noqa: BLE001 - whatever a job does wrong must not end the worker
            again = queue.failed(self.db, job, type(error).__name__, now(), again=True)
            outcome = "will be tried again" if again else "failed"
            _log.error("job %d (%s) %s: %s", job.id, job.kind, outcome, discretion.told(error))
        else:
            queue.finish(self.db, job, result, now())
            _log.info("job %d (%s) is done", job.id, job.kind)

    @contextmanager
    def _signs_of_life(self, work: Work) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._live, args=(work, over), name="signs of life", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _live(self, work: Work, over: threading.Event) -> None:
        """Renew the lease, note how far the work is, and see whether it is to be stopped."""
        told, until = (0, 0), self.settings.clock() + self.lease
        every = min(1.0, self.lease.total_seconds() / 4)
        while not over.wait(every):
            now = self.settings.clock()
            try:
                if work.pieces != told or now > until - self.lease * 2 / 3:
                    told, until = work.pieces, now + self.lease
                    stop = queue.beat(self.db, work.job, *told, until)
                else:
                    stop = queue.get(self.db, work.job.id).cancel_asked_at is not None
            except (Lost, queue.NoSuchJob):
                work.lost.set()
                return
            except (DBAPIError, DatabaseBusy, OSError):
                told = (-1, -1)  # the database is away: again in a moment, as long as the lease lasts
                if now > until:
                    work.lost.set()
                    return
                continue
            if stop:
                work.cancelled.set()

    def _ask_for_daily_work(self) -> None:
        now = self.settings.clock()
        today = moments.day(now)
        if self._looked == today:
            return
        for name in kinds.KINDS:
            if kinds.find(name).daily:
                # The key makes it one job a day, however many workers ask.
                queue.enqueue(self.db, name, by="system", key=f"{name} {today}", now=now)
        self._looked = today
