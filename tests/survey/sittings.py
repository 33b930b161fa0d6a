"""Sitting down, saving, and looking again: what the tests of answers do all the time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from instruments import Edition, Given
from survey import answers, responses, schedule
from survey.answers import Saved, Sitting
from survey.db import Database
from tests import people
from tests.people import DUTCH, T0, at, plan

NOW = at(T0)


def open_response(db: Database, respondent: int, instrument: str, on: dt.date = T0) -> int:
    tasks = schedule.pocket(db, plan(), respondent, on).tasks
    key = next(task.key for task in tasks if task.instrument == instrument)
    return responses.open(db, plan(), respondent, key, on=on, now=at(on), edition=DUTCH)


def sit(db: Database, respondent: int, response_id: int, now: dt.datetime = NOW) -> Sitting:
    visit = people.visit(db, respondent, now)
    return answers.load(db, visit.digest, response_id, now)


def save(
    db: Database,
    target: Sitting | int,
    given: Mapping[str, Given],
    sequence: str = "s1",
    *,
    source: str = "web",
    edition: Edition = DUTCH,
    now: dt.datetime = NOW,
    entry: int = 0,
    complete: bool = False,
) -> Saved:
    return answers.record(
        db,
        target,
        given,
        source=source,
        sequence=sequence,
        screen="1",
        edition=edition,
        now=now,
        entry=entry,
        complete=complete,
    )


def again(db: Database, sitting: Sitting, now: dt.datetime = NOW) -> Sitting:
    return answers.load(db, sitting.visit.digest, sitting.response.id, now)
