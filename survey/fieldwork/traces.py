"""What a family leaves where no foreign key reaches, and what wipes it: print runs, jobs, details of events.

Everything here works inside the transaction of an erasure, which has lifted the triggers that keep the trail
append-only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Table, delete, select, update
from sqlalchemy.engine import Connection

from survey.accounts.tables import DoneOnce
from survey.jobs.tables import JobFileRow, JobRow
from survey.sheet_tables import Batch

#: What a job says of a family, in its arguments.
_FAMILY = "family"


def wipe_on(connection: Connection, family_id: int, code: str) -> dict[str, int]:
    """Wipe what names a family elsewhere: how many rows of each table went or were emptied."""
    runs = (Batch.kind == "family") & (Batch.target == code)
    # The numbers of its sides stay: they count paper, not people.
    emptied = connection.execute(update(Batch).where(runs).values(target="", file="")).rowcount
    jobs = [
        row.id
        for row in connection.execute(select(JobRow.id, JobRow.arguments))
        if json.loads(row.arguments or "{}").get(_FAMILY) == family_id
    ]
    connection.execute(delete(JobFileRow).where(JobFileRow.job_id.in_(jobs)))
    gone = connection.execute(delete(JobRow).where(JobRow.id.in_(jobs))).rowcount
    connection.execute(delete(DoneOnce).where(DoneOnce.address.like(f"/desk/families/{family_id}?%")))
    return {name: count for name, count in (("batch", emptied), ("job", gone)) if count}


def names(connection: Connection, doomed: Mapping[Table, set[int]], code: str) -> set[str]:
    """What events call the things of a family, as `respondent 12`; read before they go."""
    runs = connection.scalars(select(Batch.id).where(Batch.kind == "family", Batch.target == code))
    found = {f"batch {number}" for number in runs}
    return found | {f"{table.name} {number}" for table, numbers in doomed.items() for number in numbers}
