"""Assent: whether a child wants to take part in a wave, asked of the child alone, every wave again.

Each word is a row that stays; the newest counts. No is taken without asking why. Others may know of a no
that the child *does not take part*, and of an answer never anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Literal, cast, get_args

from sqlalchemy import bindparam, insert, select
from sqlalchemy.engine import Connection

from survey.db import Database
from survey.models import Assent as AssentRow
from survey.visits import Visit

Decision = Literal["yes", "no", "not_now"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)

_NEWEST = (
    select(AssentRow.respondent_id, AssentRow.decision)
    .where(
        AssentRow.respondent_id.in_(bindparam("respondents", expanding=True)),
        AssentRow.wave == bindparam("wave"),
    )
    .order_by(AssentRow.id)
)


class NotJoining(Exception):
    """The child has not said yes in this wave; nothing is asked before it does."""


def give(db: Database, visit: Visit, wave: str, decision: Decision, now: dt.datetime) -> None:
    """Keep what the child whose pocket is open says; it may say something else later.

    Raises:
        sqlalchemy.exc.IntegrityError: nobody's pocket is open, or no such decision.
    """
    row = {
        "respondent_id": visit.respondent_id,
        "wave": wave,
        "decision": decision,
        "visit_id": visit.id,
        "language": visit.language,
        "reading": visit.reading,
        "said_at": now,
    }

    def work(connection: Connection) -> None:
        connection.execute(insert(AssentRow).values(row))

    db.write(work)


def newest(db: Database, respondents: Collection[int], wave: str) -> dict[int, Decision]:
    """What each of these children said last in a wave; who said nothing is not in it."""
    with db.read() as connection:
        rows = connection.execute(_NEWEST, {"respondents": list(respondents), "wave": wave}).all()
    return {row.respondent_id: cast("Decision", row.decision) for row in rows}


def latest(db: Database, respondent_id: int, wave: str) -> Decision | None:
    """What one child said last in a wave."""
    return newest(db, [respondent_id], wave).get(respondent_id)
