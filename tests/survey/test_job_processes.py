"""Workers as they really run: processes, killed in the middle of their work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from survey import jobs
from survey.db import Database
from survey.jobs import kinds
from tests.kinds import url_of
from tests.survey import job_kinds

_PROGRAM = """
import sys
from survey.jobs import kinds
from survey.jobs.keeper import keep
from survey.settings import Settings
from tests.survey import job_kinds
kinds.KINDS = dict(job_kinds.KINDS)
if __name__ == "__main__":
    keep(Settings.from_environment(), pause=0.1)
"""


@contextmanager
def keeper(db: Database, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    program = tmp_path / "keeper.py"
    program.write_text(_PROGRAM)
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "MEETMOMENT_SECRET_KEY": "k" * 32,
        "MEETMOMENT_DATABASE_URL": url_of(db),
    }
    process = subprocess.Popen(
        [sys.executable, str(program)], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        said = process.communicate(timeout=60)[1]
        assert "Traceback" not in said, said


@pytest.fixture(autouse=True)
def known_kinds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kinds, "KINDS", dict(job_kinds.KINDS))
    monkeypatch.setenv("MARKS_IN", str(tmp_path))


def _state(process: int) -> str:
    """One letter of the kernel: Z is a process that has ended and that nobody has asked about."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def test_a_worker_killed_in_the_middle_of_its_job_loses_nothing(db: Database, tmp_path: Path) -> None:
    job = jobs.enqueue(db, "wait", by="account 1")
    with keeper(db, tmp_path) as process:
        until(lambda: (tmp_path / "began-1").exists() and (tmp_path / "began-1").read_text() != "")
        os.kill(int((tmp_path / "began-1").read_text()), signal.SIGKILL)
        # Another takes its place, and the job, without waiting for the lease.
        until((tmp_path / "began-2").exists)
        (tmp_path / "enough").touch()
        until(lambda: jobs.get(db, job.id).over)
        assert jobs.get(db, job.id).result == "waited"
        (tmp_path / "enough").unlink()
        # A stop in the middle of a job, as a restart of the machine does it, hands it back.
        second = jobs.enqueue(db, "wait", by="account 1")
        until(lambda: jobs.get(db, second.id).status == "running")
        process.terminate()
        assert process.wait(120) == 0
    assert (jobs.get(db, second.id).status, jobs.get(db, second.id).attempts) == ("waiting", 0)


def test_workers_beside_a_server_end_with_it_even_when_it_is_killed(
    chosen_db: Database, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "MEETMOMENT_SECRET_KEY": "k" * 32,
        "MEETMOMENT_DATABASE_URL": url_of(chosen_db),
    }
    # A shell stands for the server: it starts the workers, as `survey.serving` does, and is killed.
    script = f"{sys.executable} -m survey.jobs $$ & echo $!; wait"
    server = subprocess.Popen(["sh", "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    keeper = int(server.stdout.readline())
    until(lambda: any(job.status == "done" for job in jobs.of(chosen_db)))  # the work of the day
    server.kill()
    server.wait()
    until(lambda: not Path(f"/proc/{keeper}").exists() or _state(keeper) == "Z")
    server.stdout.close()
