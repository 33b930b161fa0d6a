"""How far a study is with telling municipalities: the calendar, and what was made and published of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from instruments.protocol import Protocol
from survey import moments
from survey.db import Database
from survey.feedback import due_dates, ledger
from survey.feedback.due_dates import DueDate
from survey.feedback.ledger import Release
from survey.studies import Study


@dataclass(frozen=True)
class Standing:
    """The calendar of a study, and how far it is."""

    dates: tuple[DueDate, ...]
    states: Mapping[int, due_dates.State]
    releases: tuple[Release, ...]


def calendar(plan: Protocol, study: Study) -> tuple[DueDate, ...]:
    """By when each release is due: counted from the day on which the study began."""
    return due_dates.all_of(plan, moments.day(study.created_at))


def of(db: Database, study: Study, plan: Protocol, today: dt.date) -> Standing:
    """The calendar with the state of every date."""
    dates = calendar(plan, study)
    found = ledger.releases(db, study.id)
    published = {one.number for one in found if one.published_at is not None}
    drafts = {one.number for one in found}
    states = {one.number: due_dates.state(one, dates, published, drafts, today) for one in dates}
    return Standing(dates, states, found)
