"""One writer at a time, and everybody who waits is committed together (group commit).

SQLite lets one connection write. Threads that each take their own transaction wait for each other's flush
to disk, unfairly. Here a thread that wants to write puts its job in a queue. If nobody is writing it
becomes the leader: it takes the whole queue, runs every job in one transaction, commits once, and only
then wakes those whose jobs were in it. Jobs that came in meanwhile wait for the next leader, who is the
first of them. There is no background thread: nothing to start, to stop, or to die unseen.

Measured (decisions/0001): 3.4 times the saves and a 24th of the 99th percentile of SQLite's own waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar, cast

C = TypeVar("C")
T = TypeVar("T")


class NestedWrite(RuntimeError):
    """A job asked for another write. It already has the connection: use that one."""


class WriteInterrupted(RuntimeError):
    """The thread that was committing this job was stopped; whether it was stored is not known."""


class _Job(Generic[C]):
    __slots__ = ("error", "finished", "gate", "leads", "result", "work")

    def __init__(self, work: Callable[[C], object]) -> None:
        self.work = work
        self.result: object = None
        self.error: BaseException | None = None
        self.finished = False
        #: Told to lead the next batch; set together with opening the gate.
        self.leads = False
        #: Closed until the job is finished or told to lead. A bare lock: the cheapest way to wait.
        self.gate = threading.Lock()
        self.gate.acquire()


class Combiner(Generic[C]):
    """Runs jobs of many threads one after the other, and commits those that wait as one.

    Args:
        transaction: makes a context that gives the connection to write on, commits durably when left in
            peace, and rolls back when left with an exception. Never entered by two threads at a time.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[C]]) -> None:
        self._transaction = transaction
        self._mutex = threading.Lock()
        self._waiting: list[_Job[C]] = []
        self._busy = False
        self._leader: int | None = None

    def run(self, work: Callable[[C], T]) -> T:
        """Do the work in a transaction and return its result once that is durable.

        The work may be run twice (the first time undone), if another job of the same batch fails; so it
        must have no effect outside the connection.

        Raises:
            NestedWrite: called from inside a job.
            WriteInterrupted: the thread that did the committing was stopped half-way.
            Whatever the work or its commit raises; nothing of it is stored then, and nobody else notices.
        """
        if self._leader == threading.get_ident():
            raise NestedWrite("this job already has the connection to write on: use that one")
        job = _Job(cast("Callable[[C], object]", work))
        with self._mutex:
            leads = not self._busy
            self._busy = True
            self._waiting.append(job)
        if not leads:
            self._wait(job)
        if not job.finished:
            self._lead()
        if job.error is not None:
            raise job.error
        return cast("T", job.result)

    def _wait(self, job: _Job[C]) -> None:
        """Until the job is finished or told to lead."""
        try:
            job.gate.acquire()
        except BaseException:
            # Interrupted (Ctrl-C in the main thread). Step out of the queue without leaving it leaderless.
            with self._mutex:
                if job in self._waiting and not job.leads:
                    self._waiting.remove(job)
            if job.leads and not job.finished:
                self._lead()
            raise

    def _lead(self) -> None:
        """Commit everything that waits, then hand over to the first of those who came since."""
        with self._mutex:
            batch, self._waiting = self._waiting, []
        self._leader = threading.get_ident()
        try:
            self._commit(batch)
        finally:
            self._leader = None
            with self._mutex:
                heir = self._waiting[0] if self._waiting else None
                if heir is not None:
                    heir.leads = True
                self._busy = heir is not None
            for job in batch:
                if not job.finished:
                    job.error = WriteInterrupted("the thread that was committing this was stopped")
                    job.finished = True
                job.gate.release()
            if heir is not None:
                heir.gate.release()

    def _commit(self, batch: list[_Job[C]]) -> None:
        begun = False
        try:
            with self._transaction() as connection:
                begun = True
                for job in batch:
                    job.result = job.work(connection)
        except Exception as error:  # noqa: BLE001 - it goes to the callers of the jobs it belongs to
            if len(batch) == 1 or not begun:
                for job in batch:
                    job.error = error
                    job.finished = True
                return
            # One of them failed and all was undone. Each again, alone: only the bad one fails again.
            for job in batch:
                self._commit([job])
            return
        for job in batch:
            job.finished = True
