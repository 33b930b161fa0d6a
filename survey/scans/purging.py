"""Pictures go: some days after their form was confirmed, and at once where they may not be used.

What was read and what was confirmed stays; so does what became of each page. No backup holds a picture
(decisions/0010).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.engine import Connection

from instruments.protocol import Protocol
from survey import audit, moments
from survey.db import Database
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow
from survey.scans.tables import ScanFile, ScanPage, ScanPart, ScanPicture, ScanPile
from survey.sheet_tables import Settlement
from survey.sheet_tables import Sheet as SheetRow

#: A pile that has been coming in for so long will never be whole.
_BROKEN_OFF = dt.timedelta(hours=6)


@dataclass(frozen=True)
class Purged:
    """How much went: pictures of pages, and piles that never came in whole."""

    pictures: int
    piles: int


def purge(db: Database, protocol: Protocol, *, by: str = "system", now: dt.datetime | None = None) -> Purged:
    """Delete the pictures that are no longer needed."""
    moment = now or moments.now()
    pages = not_needed(protocol, moment)

    def work(connection: Connection) -> Purged:
        gone = connection.execute(delete(ScanPicture).where(ScanPicture.page_id.in_(pages))).rowcount
        broken = connection.scalars(
            select(ScanPile.id).where(ScanPile.status == "arriving", ScanPile.added_at < moment - _BROKEN_OFF)
        ).all()
        files = select(ScanFile.id).where(ScanFile.pile_id.in_(broken))
        connection.execute(delete(ScanPart).where(ScanPart.file_id.in_(files)))
        connection.execute(delete(ScanFile).where(ScanFile.pile_id.in_(broken)))
        connection.execute(delete(ScanPile).where(ScanPile.id.in_(broken)))
        if gone or broken:
            audit.append(connection, by, "scan.purged", "pictures", moment, pictures=gone, piles=len(broken))
        return Purged(gone, len(broken))

    return db.write(work)


def not_needed(protocol: Protocol, moment: dt.datetime) -> Select[int]:
    """The pages whose pictures are no longer needed at a moment."""
    settled_before = moment - dt.timedelta(days=protocol.paper.keep_scans_days)
    old = select(Settlement.response_id).where(Settlement.decided_at <= settled_before)
    void = or_(
        SheetRow.status.in_(("withdrawn", "dead")),
        ResponseRow.status.in_(("stopped", "void")),
        FamilyRow.status == "stopped",
    )
    return (
        select(ScanPage.id)
        .join(SheetRow, SheetRow.id == ScanPage.sheet_id)
        .join(ResponseRow, ResponseRow.id == SheetRow.response_id)
        .join(RespondentRow, RespondentRow.id == SheetRow.respondent_id)
        .outerjoin(FamilyRow, FamilyRow.id == RespondentRow.family_id)
        .where(or_(SheetRow.response_id.in_(old), ScanPage.status == "set_aside", void))
    )
