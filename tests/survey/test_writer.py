"""The writer: those who wait are committed together, and a bad job harms nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from survey import moments
from survey.db import Database, DatabaseBusy, counting
from survey.models import Event
from survey.writer import Combiner, NestedWrite, WriteInterrupted
from tests import people


class Disk:
    """A pretended database: what was committed, in which batches, and a gate to hold a commit up."""

    def __init__(self) -> None:
        self.batches: list[list[object]] = []
        self.may_commit = threading.Event()
        self.may_commit.set()
        self.committing = threading.Event()
        #: From the second commit on there is no room left.
        self.full = False

    @contextmanager
    def transaction(self) -> Iterator[list[object]]:
        written: list[object] = []
        yield written
        self.committing.set()
        assert self.may_commit.wait(60)
        if self.full and self.batches:
            raise OSError("disk full")
        self.batches.append(written)


def start(*works: Callable[[], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    return threads


def wait_until(condition: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(6000):
        if condition():
            return
        tick.wait(0.01)
    raise AssertionError("it never came true")


@contextmanager
def held_up(
    disk: Disk, combiner: Combiner[list[object]], works: list[Callable[[], object]]
) -> Iterator[None]:
    """While the first commit is held up the works come in; all of them are done when this is left."""
    disk.may_commit.clear()
    disk.committing.clear()
    threads = start(lambda: combiner.run(lambda written: written.append("first")))
    assert disk.committing.wait(60)
    threads += start(*works)
    wait_until(lambda: len(combiner._waiting) == len(works))
    yield
    disk.may_commit.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_a_lone_job_is_committed_and_its_result_handed_back() -> None:
    disk = Disk()
    combiner = Combiner(disk.transaction)

    def work(written: list[object]) -> str:
        written.append("it")
        return "done"

    assert combiner.run(work) == "done"
    assert disk.batches == [["it"]]


def test_jobs_that_came_in_during_a_commit_are_committed_together() -> None:
    disk = Disk()
    combiner = Combiner(disk.transaction)
    results: list[int] = []

    def client(number: int) -> Callable[[], object]:
        def work(written: list[object]) -> int:
            written.append(number)
            return number

        return lambda: results.append(combiner.run(work))

    with held_up(disk, combiner, [client(number) for number in range(10)]):
        assert results == []
    assert disk.batches[0] == ["first"]
    assert sorted(map(str, disk.batches[1])) == sorted(map(str, range(10)))
    assert len(disk.batches) == 2
    assert sorted(results) == list(range(10))


def test_a_bad_job_fails_alone_and_the_rest_of_its_batch_is_stored() -> None:
    disk = Disk()
    combiner = Combiner(disk.transaction)
    refused: list[str] = []

    def bad() -> None:
        def work(written: list[object]) -> None:
            written.append("bad")
            raise LookupError("mine")

        try:
            combiner.run(work)
        except LookupError as error:
            refused.append(str(error))

    def good(number: int) -> Callable[[], object]:
        return lambda: combiner.run(lambda written: written.append(number))

    with held_up(disk, combiner, [good(1), bad, good(2), good(3)]):
        pass
    assert refused == ["mine"]
    assert disk.batches == [["first"], [1], [2], [3]]


def test_a_commit_that_fails_reaches_everyone_in_it() -> None:
    disk = Disk()
    combiner = Combiner(disk.transaction)
    refused: list[str] = []

    def client() -> None:
        try:
            combiner.run(lambda written: written.append("lost"))
        except OSError as error:
            refused.append(str(error))

    with held_up(disk, combiner, [client] * 3):
        disk.full = True
    assert refused == ["disk full"] * 3
    disk.full = False
    combiner.run(lambda written: written.append("after"))
    assert disk.batches == [["first"], ["after"]]


def test_when_no_transaction_can_begin_everyone_hears_it_at_once() -> None:
    attempts = []

    @contextmanager
    def never() -> Iterator[None]:
        attempts.append(1)
        raise DatabaseBusy
        yield  # type: ignore[unreachable]  # what makes it a generator

    combiner = Combiner(never)
    for _ in range(2):
        with pytest.raises(DatabaseBusy):
            combiner.run(lambda _: None)
    assert len(attempts) == 2


def test_a_leader_that_is_stopped_leaves_nobody_waiting() -> None:
    disk = Disk()
    combiner = Combiner(disk.transaction)
    outcomes: list[str] = []

    def stopped() -> None:
        def work(_: list[object]) -> None:
            raise SystemExit

        try:
            combiner.run(work)
        except SystemExit:
            outcomes.append("stopped")
        except WriteInterrupted:
            outcomes.append("unknown")

    def good() -> None:
        try:
            combiner.run(lambda written: written.append("good"))
            outcomes.append("stored")
        except WriteInterrupted:
            outcomes.append("unknown")

    with held_up(disk, combiner, [stopped, good]):
        pass
    assert outcomes.count("stopped") <= 1
    assert len(outcomes) == 2
    combiner.run(lambda written: written.append("after"))
    assert disk.batches[-1] == ["after"]


def test_somebody_who_is_interrupted_while_waiting_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = Disk()
    combiner = Combiner(disk.transaction)

    class Interrupted:
        """A gate at which Ctrl-C arrives."""

        def acquire(self) -> bool:
            raise KeyboardInterrupt

        def release(self) -> None:
            pass

    seen: list[str] = []
    waited = combiner._wait

    def wait(job: object) -> None:
        job.gate = Interrupted()  # type: ignore[attr-defined]
        monkeypatch.setattr(combiner, "_wait", waited)
        waited(job)  # type: ignore[arg-type]

    disk.may_commit.clear()
    threads = start(lambda: combiner.run(lambda written: written.append("first")))
    assert disk.committing.wait(60)
    monkeypatch.setattr(combiner, "_wait", wait)

    def interrupted() -> None:
        with pytest.raises(KeyboardInterrupt):
            combiner.run(lambda written: written.append("never"))
        seen.append("interrupted")

    threads += start(interrupted)
    wait_until(lambda: seen == ["interrupted"])
    disk.may_commit.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    combiner.run(lambda written: written.append("after"))
    assert disk.batches == [["first"], ["after"]]


def test_a_job_that_asks_for_another_write_is_told_so() -> None:
    disk = Disk()
    combiner = Combiner(disk.transaction)
    with pytest.raises(NestedWrite):
        combiner.run(lambda _: combiner.run(lambda _: None))
    combiner.run(lambda written: written.append("after"))
    assert disk.batches == [["after"]]


def test_threads_that_save_at_once_share_commits_on_sqlite(sqlite_db: Database) -> None:
    together = threading.Barrier(16)

    def client() -> None:
        together.wait()
        for _ in range(20):
            sqlite_db.write(note)

    with counting(sqlite_db) as counts:
        for thread in start(*[client] * 16):
            thread.join()
    with sqlite_db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count(Event.id))) == 320
    assert counts.statements == 320
    assert counts.commits < 320


def note(connection: sa.Connection) -> None:
    """Write one event."""
    connection.exec_driver_sql(
        "INSERT INTO event (at, actor, action, object, detail)"
        f" VALUES ('{moments.write(people.at(people.T0))}', 'a', 'b', 'c', '{{}}')"
    )


def test_another_program_that_keeps_the_lock_is_waited_for_and_then_reported(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    sqlite_db.write(note)
    sqlite_db.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(str(sqlite_db.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy):
        sqlite_db.write(note)
    other.execute("ROLLBACK")
    other.close()
    sqlite_db.write(note)


WRITE_FOREVER = """
import sys
from survey.db import Database
database = Database(sys.argv[1])
statement = database.marks(
    "INSERT INTO event (at, actor, action, object, detail)"
    " VALUES ('2026-09-01T12:00:00.000Z', ?, 'x', 'x', '{}')"
)
number = 0
while True:
    number += 1
    database.write(lambda connection: connection.exec_driver_sql(statement, (str(number),)))
    print(number, flush=True)
"""


def test_no_acknowledged_write_is_lost_when_the_process_is_killed(db: Database) -> None:
    url = db.url.render_as_string(hide_password=False)
    process = subprocess.Popen([sys.executable, "-c", WRITE_FOREVER, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _ in range(50)]
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    process.wait()
    with db.read() as connection:
        stored = set(connection.scalars(sa.select(Event.actor)))
    assert len(acknowledged) >= 50
    assert set(acknowledged) <= stored
    db.write(note)
