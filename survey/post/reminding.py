"""Who is to be reminded today: who agreed to be written to, has something left, and was left in peace.

Nobody is reminded while they are busy answering, before the study's days after the due date have passed, or
more often than the study allows in one wave (`reminders` in the protocol; never more than two).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from instruments.protocol import Protocol
from survey import moments, schedule
from survey.contacts import Book
from survey.db import Database
from survey.models import Respondent as RespondentRow
from survey.models import Visit as VisitRow
from survey.post import queue
from survey.post.sending import ACTOR

#: Who was here so recently is busy with it, and is not reminded.
BUSY = dt.timedelta(days=2)


def plan(db: Database, book: Book, protocol: Protocol, now: dt.datetime) -> int:
    """Put today's reminders in the queue; how many. Doing so again adds none."""
    on = moments.day(now)
    people = _still_here(db, book)
    seen = _seen(db)
    queued = 0
    for respondent_id in people:
        pocket = schedule.pocket(db, protocol, respondent_id, on)
        left = pocket.left
        if not left or on < left[0].due + dt.timedelta(protocol.reminders.after_days):
            continue
        if respondent_id in seen and seen[respondent_id] > now - BUSY:
            continue
        before = {one.id for one in queue.of_people(db, [respondent_id])[respondent_id]}
        try:
            number = queue.put(db, book, protocol, respondent_id, "reminder", now=now, actor=ACTOR)
        except queue.NotSendable:
            continue
        queued += number not in before
    return queued


def _still_here(db: Database, book: Book) -> list[int]:
    with db.read() as connection:
        return list(
            connection.scalars(
                select(RespondentRow.id)
                .where(RespondentRow.id.in_(book.everybody()), RespondentRow.family_id.is_not(None))
                .order_by(RespondentRow.id)
            )
        )


def _seen(db: Database) -> dict[int, dt.datetime]:
    """When people were last here."""
    with db.read() as connection:
        rows = connection.execute(
            select(VisitRow.respondent_id, func.max(VisitRow.last_seen))
            .where(VisitRow.respondent_id.is_not(None))
            .group_by(VisitRow.respondent_id)
        ).all()
    return {int(number or 0): last for number, last in rows}
