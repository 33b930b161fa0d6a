"""Scans as long work (`survey.jobs`): reading a pile, and once a day clearing up.

Which libraries read pictures is of no concern to who asks for the work: they are loaded when it begins.
"""

from __future__ import annotations

from survey import studies
from survey.jobs.kinds import Kind
from survey.jobs.work import Cancelled, Failure, Interrupted, Work


def read(work: Work) -> str:
    """Read a pile. Begun again after a worker died, it goes on with the file that was at hand."""
    from survey.scans.worker import Worker

    study, number = studies.the_study(work.db), work.number("pile")
    if study is None:
        raise Failure("there is no study yet")
    settings = work.settings
    worker = Worker(
        work.db,
        study.id,
        settings.paper_keys,
        settings.picture_keys,
        settings.base_url,
        now=work.now,
        tell=work.progress,
    )
    # A second attempt means that the first worker is dead: its pile need not grow old first.
    if worker.claim(number, taken_over=work.job.attempts > 1) is not None:
        try:
            worker.read(number)
        except (Cancelled, Interrupted):
            worker.let_go(number)
            raise
    return f"pile {number}"


def clear(work: Work) -> str:
    """Delete the pictures that are no longer needed."""
    from survey.scans import purging

    gone = purging.purge(work.db, work.plan, now=work.now())
    return f"{gone.pictures} pictures deleted"


#: Three times: a pile whose worker died twice is given up by the third, which says so.
READ = Kind("read_scans", read, arguments={"pile": int}, attempts=3)
CLEAR = Kind("clear_scans", clear, daily=True)
