"""Long work: asked once, done at least once, never lost, and stopped when somebody says so."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from survey import audit, cli, jobs
from survey.db import Database
from survey.jobs import files, kinds, queue, tidying
from survey.jobs.queue import Lost
from survey.jobs.work import Work
from survey.jobs.worker import Worker
from survey.keys import Keyring
from survey.settings import Settings
from tests.kinds import url_of
from tests.survey import job_kinds

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def known_kinds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kinds, "KINDS", dict(job_kinds.KINDS))
    monkeypatch.setenv("MARKS_IN", str(tmp_path))


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(db: Database, clock: Clock) -> Settings:
    return Settings(secret_key="k" * 32, database_url=url_of(db), clock=clock)


@pytest.fixture
def worker(settings: Settings, db: Database) -> Worker:
    return Worker(settings, db, "first", lease=2 * SECOND)


def _ask(db: Database, kind: str = "count", key: str | None = None, **arguments: object) -> jobs.Job:
    return jobs.enqueue(db, kind, arguments, by="account 1", key=key, now=NOON)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def test_a_job_is_done_and_says_what_came_of_it(db: Database, worker: Worker) -> None:
    asked = _ask(db, of=3, why="to see")
    assert (asked.status, asked.asked_by, asked.arguments) == (
        "waiting", "account 1", {"of": 3, "why": "to see"},
    )  # fmt: skip
    assert worker.once()
    done = jobs.get(db, asked.id)
    assert (done.status, done.result, done.attempts, done.over) == ("done", "counted 3", 1, True)
    assert done.finished_at == NOON
    assert not worker.once()
    assert [entry.action for entry in audit.of(db, f"job {asked.id}")] == ["job.asked"]


def test_the_same_key_is_the_same_work_and_what_failed_begins_anew(db: Database, worker: Worker) -> None:
    first = _ask(db, "refuse", key="one")
    assert _ask(db, "refuse", key="one").id == first.id
    assert _ask(db, "refuse", key="two").id != first.id
    worker.once()
    assert jobs.get(db, first.id).status == "failed"
    again = _ask(db, "count", key="one", of=1)
    assert (again.id, again.status, again.attempts, again.problem) == (first.id, "waiting", 0, "")
    worker.once()
    worker.once()
    assert jobs.get(db, first.id).status == "done"
    assert _ask(db, "count", key="one", of=1).status == "done"


def test_two_who_ask_at_once_get_the_same_job(db: Database) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(_ask(db, key="both", of=1).id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("kind", "arguments", "complaint"),
    [
        ("count", {"of": "3"}, "of must be int"),
        ("count", {"of": True}, "of must be int"),
        ("count", {"token": "x"}, "knows no token"),
        ("count", {"why": "x" * 201}, "longer than 200"),
    ],
)
def test_a_job_is_told_only_what_its_kind_declares(
    chosen_db: Database, kind: str, arguments: dict[str, object], complaint: str
) -> None:
    with pytest.raises(jobs.BadArguments, match=complaint):
        jobs.enqueue(chosen_db, kind, arguments, by="account 1")
    with pytest.raises(jobs.UnknownKind, match="dance"):
        jobs.enqueue(chosen_db, "dance", by="account 1")
    assert jobs.of(chosen_db) == ()


def test_a_failure_is_tried_again_later_and_not_for_ever(
    db: Database, worker: Worker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    job = _ask(db, "stumble")
    assert worker.once()
    found = jobs.get(db, job.id)
    assert (found.status, found.attempts, found.problem) == ("waiting", 1, "ZeroDivisionError")
    assert not worker.once(), "it is not tried again at once"
    clock.now += 21 * SECOND
    assert worker.once()
    assert jobs.get(db, job.id).status == "failed"
    clock.now += dt.timedelta(days=1)
    assert not worker.once()
    assert "42" not in caplog.text + jobs.get(db, job.id).problem, (
        "what an exception says is nobody's to read"
    )
    assert "_stumble" in caplog.text


def test_what_cannot_be_done_is_said_and_not_tried_again(db: Database, worker: Worker) -> None:
    job = _ask(db, "refuse")
    worker.once()
    found = jobs.get(db, job.id)
    assert (found.status, found.attempts, found.problem) == ("failed", 1, "there is no wave T9")


def test_a_job_that_waits_is_cancelled_at_once(db: Database, worker: Worker) -> None:
    job = _ask(db, of=1)
    assert jobs.cancel(db, job.id, by="account 2", now=NOON).status == "cancelled"
    assert not worker.once()
    assert jobs.cancel(db, job.id, by="account 2", now=NOON).status == "cancelled"
    assert [entry.action for entry in audit.of(db, f"job {job.id}")] == ["job.asked", "job.cancelled"]
    with pytest.raises(jobs.NoSuchJob):
        jobs.cancel(db, 999, by="account 2")


@contextmanager
def at_work(worker: Worker) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=worker.once)
    thread.start()
    try:
        yield thread
    finally:
        worker.go()
        thread.join(60)
        assert not thread.is_alive()


def test_a_job_that_runs_shows_how_far_it_is_and_stops_when_asked(db: Database, worker: Worker) -> None:
    job = _ask(db, "wait")
    with at_work(worker) as thread:
        until(lambda: jobs.get(db, job.id).done > 0)
        running = jobs.get(db, job.id)
        assert (running.status, running.total, running.worker) == ("running", 100_000, "first")
        assert jobs.cancel(db, job.id, by="account 1").stopping
        thread.join(60)
        assert jobs.get(db, job.id).status == "cancelled"


def test_a_worker_that_is_told_to_go_hands_its_job_to_the_next(
    db: Database, settings: Settings, worker: Worker, tmp_path: Path
) -> None:
    job = _ask(db, "wait")
    with at_work(worker):
        until((tmp_path / "began-1").exists)
    found = jobs.get(db, job.id)
    assert (found.status, found.attempts, found.worker) == ("waiting", 0, None)
    (tmp_path / "enough").touch()
    assert Worker(settings, db, "second").once()
    assert jobs.get(db, job.id).result == "waited"


def test_a_job_without_a_sign_of_life_is_taken_and_its_first_worker_can_note_nothing(
    db: Database, clock: Clock
) -> None:
    job = _ask(db, of=1)
    first = queue.take(db, "first", NOON)
    assert first is not None
    assert queue.take(db, "second", NOON + 30 * SECOND) is None, "it is the first one's for a minute"
    queue.beat(db, first, 1, 2, NOON + 90 * SECOND)
    assert queue.take(db, "second", NOON + 80 * SECOND) is None, "it gave a sign of life"
    second = queue.take(db, "second", NOON + 91 * SECOND)
    assert second is not None
    assert (second.id, second.attempts) == (job.id, 2)
    for late in (
        lambda: queue.beat(db, first, 2, 2, NOON + 200 * SECOND),
        lambda: queue.finish(db, first, "mine", NOON),
        lambda: queue.put_back(db, first, NOON),
    ):
        with pytest.raises(Lost):
            late()
    queue.finish(db, second, "second", NOON)
    assert jobs.get(db, job.id).result == "second"


def test_a_job_that_always_ends_its_worker_fails_in_the_end(db: Database) -> None:
    job = _ask(db, of=1)
    for attempt in range(3):
        taken = queue.take(db, f"worker {attempt}", NOON)
        assert taken is not None
        assert queue.release(db, f"worker {attempt}", NOON) == 1
    assert queue.take(db, "last", NOON) is None
    assert jobs.get(db, job.id).status == "failed"
    assert "every time" in jobs.get(db, job.id).problem


def test_a_job_is_never_given_to_two_workers(db: Database) -> None:
    wanted = [_ask(db, of=1).id for _ in range(20)]
    taken: list[int] = []

    def work(name: str) -> None:
        while (job := queue.take(db, name, NOON)) is not None:
            taken.append(job.id)

    threads = [threading.Thread(target=work, args=(f"worker {number}",)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == wanted


def test_work_of_a_newer_version_is_left_alone(
    db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _ask(db, of=1)
    monkeypatch.delitem(kinds.KINDS, "count")
    assert not worker.once()
    assert jobs.get(db, job.id).status == "waiting"


def test_daily_work_is_asked_for_once_a_day_by_however_many_workers(
    db: Database, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kinds.KINDS, "tidy", "survey.jobs.tidying:KIND")
    team = [Worker(settings, db, name) for name in ("first", "second")]
    for worker in team:
        worker.once()
    clock.now += dt.timedelta(days=1)
    for worker in team:
        worker.once()
        worker.once()
    assert [job.key for job in jobs.of(db, kind="tidy")] == ["tidy 2026-11-24", "tidy 2026-11-23"]
    assert {job.status for job in jobs.of(db)} == {"done"}


def _made(db: Database, settings: Settings, path: Path) -> int:
    job = _ask(db, of=1)
    taken = queue.take(db, "first", NOON)
    assert taken is not None
    jobs.attach(Work(settings, db, taken), path, "application/pdf")
    queue.finish(db, taken, "", NOON)
    return job.id


def test_a_file_is_kept_sealed_until_it_is_fetched_or_expires(
    db: Database, settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    content = b"the code is QK7P " * 100_000
    (tmp_path / "pack.pdf").write_bytes(content)
    job_id = _made(db, settings, tmp_path / "pack.pdf")
    file = jobs.deliver(db, job_id, settings.secret_keys, NOON)
    assert (file.name, file.media_type) == ("pack.pdf", "application/pdf")
    assert b"".join(file.pieces) == content
    with db.read() as connection:
        stored = connection.exec_driver_sql("SELECT content FROM job_file").scalars().all()
    assert len(stored) == 2
    assert all(b"QK7P" not in bytes(piece) for piece in stored)
    renewed = Keyring(b"new", (settings.secret_key.encode(),))
    assert b"".join(jobs.deliver(db, job_id, renewed, NOON).pieces) == content
    with pytest.raises(jobs.Gone, match="another key"):
        jobs.deliver(db, job_id, Keyring(b"other"), NOON)
    with pytest.raises(jobs.Gone):
        jobs.deliver(db, job_id, settings.secret_keys, NOON + files.KEEP)
    with pytest.raises(jobs.Gone):
        jobs.deliver(db, job_id + 1, settings.secret_keys, NOON)


def test_a_piece_that_is_lost_is_noticed_before_anything_is_handed_out(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "big").write_bytes(b"x" * (files.PIECE + 1))
    job_id = _made(db, settings, tmp_path / "big")
    db.write(lambda connection: connection.exec_driver_sql("DELETE FROM job_file WHERE piece = 1"))
    with pytest.raises(jobs.Gone):
        jobs.deliver(db, job_id, settings.secret_keys, NOON)


def test_tidying_forgets_what_expired_and_what_was_over_long_ago(
    db: Database, settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "empty").write_bytes(b"")
    job_id = _made(db, settings, tmp_path / "empty")
    assert b"".join(jobs.deliver(db, job_id, settings.secret_keys, NOON).pieces) == b""
    waiting = _ask(db, of=1)
    clock.now += tidying.REMEMBER + SECOND
    work = Work(settings, db, waiting)
    assert tidying.run(work) == "1 jobs forgotten"
    assert [job.id for job in jobs.of(db)] == [waiting.id]


def test_the_command_lists_jobs_and_cancels_one(chosen_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", url_of(chosen_db))
    job = _ask(chosen_db, of=1)
    run = CliRunner().invoke
    assert "waiting" in run(cli.main, ["worker", "list"]).output
    assert "cancelled" in run(cli.main, ["worker", "cancel", str(job.id)]).output
    refused = run(cli.main, ["worker", "cancel", "999"])
    assert (refused.exit_code, "no job 999" in refused.output) == (2, True)
