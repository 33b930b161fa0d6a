"""After a backup was put back: wiping again every family that the ledger of erasures names."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from survey.contacts import Book
from survey.db import Database
from survey.fieldwork import erasure
from survey.fieldwork.erasure_ledger import Ledger
from survey.models import Family as FamilyRow
from survey.people_keys import PeopleKeys


class LedgerKeyGone(LookupError):
    """Some lines of the ledger were made with a key that is not known: whom they mean cannot be told."""

    def __init__(self, lines: int) -> None:
        super().__init__(f"{lines} lines of the ledger were made with a key that is not known here")
        self.lines = lines


def replay(
    db: Database,
    ledger: Ledger,
    *,
    now: dt.datetime,
    actor: str,
    book: Book | None = None,
    keys: PeopleKeys | None = None,
) -> tuple[int, ...]:
    """Wipe who should not be here any more, whatever their state in the backup; the numbers of the families.

    Does nothing the second time. Their keys were thrown away when they were erased; that is noted here again,
    so that no copy brings one back.

    Raises:
        LedgerKeyGone: nothing was wiped.
        erasure_ledger.BrokenLedger
    """
    if unknown := ledger.unknown():
        raise LedgerKeyGone(unknown)
    with db.read() as connection:
        families = {row.code: row.id for row in connection.execute(select(FamilyRow.id, FamilyRow.code))}
    found = sorted(families[code] for code in ledger.erased(families))
    try:
        for family_id in found:
            erasure.wipe(db, family_id, now=now, actor=actor, book=book, keys=keys)
    finally:
        if keys is not None and found:
            keys.renew_copy()
    return tuple(found)
