"""Kinds of long work for the tests. Where one got to is written in a folder that MARKS_IN names."""

from __future__ import annotations

import os
import time
from pathlib import Path

from survey.jobs import Failure, Kind, Work

#: The names under which the tests make these known.
KINDS = {
    "count": "tests.survey.job_kinds:COUNT",
    "stumble": "tests.survey.job_kinds:STUMBLE",
    "refuse": "tests.survey.job_kinds:REFUSE",
    "wait": "tests.survey.job_kinds:WAIT",
}


def _count(work: Work) -> str:
    """Say so many numbers."""
    of = work.number("of")
    for number in range(of):
        work.progress(number, of)
    return f"counted {of}"


def _stumble(work: Work) -> str:
    """Fail with a secret in the message, as a database's exception may have."""
    answer = 6 * 7
    raise ZeroDivisionError(f"the answer was {answer}")


def _refuse(work: Work) -> str:
    """Something that trying again does not help."""
    raise Failure("there is no wave T9")


def _wait(work: Work) -> str:
    """Note which process began it, and work until the file `enough` is there or somebody stops it."""
    folder = Path(os.environ["MARKS_IN"])
    (folder / f"began-{work.job.attempts}").write_text(str(os.getpid()))
    for number in range(1, 100_000):
        work.progress(number, 100_000)
        if (folder / "enough").exists():
            return "waited"
        time.sleep(0.01)
    raise TimeoutError


COUNT = Kind("count", _count, {"of": int, "why": str})
STUMBLE = Kind("stumble", _stumble, attempts=2)
REFUSE = Kind("refuse", _refuse)
WAIT = Kind("wait", _wait)
