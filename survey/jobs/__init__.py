"""Long work: packs, scans, exports, reports, whatever a page must not wait for.

A page asks for it (`enqueue`) and shows how far it is (`get`, `of`); a worker does it (`survey worker`, or
the one that `survey serve` runs beside itself), on whichever machine reaches the database. A job is a row:
what kind, its arguments, who asked, how far it is, and a reference to what came of it. It says codes and
numbers only: never an answer, a token or a name.

A job may be done twice: a worker that was killed leaves it half done, and another begins it again. So a kind
of work must be harmless to repeat; see decisions/0013.

A room adds a kind of work in three steps:

1. a module with a function `run(work: Work) -> str` that does it, calls `work.progress(done, of)` between the
   pieces, and returns a reference to the result (`batch 12`, or empty);
2. beside it `KIND = Kind("name", run, arguments={"family": int})`;
3. a line in `survey.jobs.kinds.KINDS`.

May import the ground of the house and, in the modules of the kinds, every room but the web.
"""

from __future__ import annotations

from survey.jobs.files import Gone, attach, deliver
from survey.jobs.kinds import BadArguments, Kind, UnknownKind
from survey.jobs.queue import Job, NoSuchJob, cancel, enqueue, get, of
from survey.jobs.work import Cancelled, Failure, Work

__all__ = [
    "BadArguments",
    "Cancelled",
    "Failure",
    "Gone",
    "Job",
    "Kind",
    "NoSuchJob",
    "UnknownKind",
    "Work",
    "attach",
    "cancel",
    "deliver",
    "enqueue",
    "get",
    "of",
]
