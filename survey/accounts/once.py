"""Forms that make something: sent twice, by a slow line or a double tap, they make one thing."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from survey.accounts.tables import DoneOnce
from survey.db import Database

#: After this long a page that was kept open is out of date anyhow.
KEPT = dt.timedelta(days=1)


def claim(db: Database, account_id: int, token: str, now: dt.datetime) -> str | None:
    """None for the first sending of a form, which may go on; else where that one led, or an empty text."""

    def work(connection: Connection) -> str | None:
        connection.execute(delete(DoneOnce).where(DoneOnce.at < now - KEPT))
        ours = (DoneOnce.account_id == account_id) & (DoneOnce.token == token)
        before = connection.scalar(select(DoneOnce.address).where(ours))
        if before is None:
            connection.execute(
                insert(DoneOnce).values(account_id=account_id, token=token, address="", at=now)
            )
        return before

    return db.write(work)


def led_to(db: Database, account_id: int, token: str, address: str) -> None:
    """Note where the first sending led."""
    ours = (DoneOnce.account_id == account_id) & (DoneOnce.token == token)
    db.write(lambda connection: connection.execute(update(DoneOnce).where(ours).values(address=address)))
