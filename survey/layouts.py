"""How many questions stand on one page: a setting of the protocol that the first answer fixes for ever.

Answers to questions that stand together differ from answers to questions that stand alone, so a study may
not change this halfway. Together with the reading level of each save (easy reading and children always have
one question a page) it says how every answer was asked for.
"""

from __future__ import annotations

import datetime as dt
import json
import logging

from sqlalchemy import select
from sqlalchemy.engine import Connection

from survey import audit
from survey.db import Database
from survey.models import Event, SaveEvent

log = logging.getLogger(__name__)

_ACTION = "layout.frozen"


def in_force(db: Database, study_id: int, wanted: int | None) -> int | None:
    """The most questions on a page in this study; None: the pages of each definition.

    Once there are answers it is what they were given with, whatever the protocol says since.
    """
    with db.read() as connection:
        found = _found(connection, study_id, wanted)
    if found != wanted:
        log.warning("items_per_page is now %s, but answers were given with %s: that stays", wanted, found)
    return found


def freeze(db: Database, study_id: int, chosen: int | None, now: dt.datetime) -> None:
    """Note what the first answer was given with; later calls change nothing."""

    def work(connection: Connection) -> None:
        if _noted(connection, study_id) is None:
            audit.append(connection, "system", _ACTION, f"study {study_id}", now, items_per_page=chosen)

    db.write(work)


def _found(connection: Connection, study_id: int, wanted: int | None) -> int | None:
    noted = _noted(connection, study_id)
    if noted is not None:
        most: int | None = json.loads(noted)["items_per_page"]
        return most
    # Answers from before there was such a setting were given on the pages of the definitions.
    answered = connection.scalar(select(SaveEvent.id).where(SaveEvent.source == "web").limit(1))
    return wanted if answered is None else None


def _noted(connection: Connection, study_id: int) -> str | None:
    return connection.scalar(
        select(Event.detail)
        .where(Event.object == f"study {study_id}", Event.action == _ACTION)
        .order_by(Event.id)
        .limit(1)
    )
