"""How well the reader read, by what people confirmed: in the field, where no simulation can tell.

What was in doubt was looked at on every form. What was sure was looked at on the forms of the sample only, so
only those count there; anywhere else a reading was confirmed as it stood.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from instruments import catalogue
from instruments.protocol import Protocol
from survey import settling
from survey.db import Database
from survey.models import Link as LinkRow
from survey.scans.reviewing import as_given, is_whole
from survey.scans.tables import LEVELS, ScanPage, ScanReading
from survey.sheet_tables import PaperTemplate
from survey.sheet_tables import Sheet as SheetRow


@dataclass(frozen=True)
class Accuracy:
    """What became of the readings of one edition, one kind of capture and one level."""

    edition: str
    #: `scan` or `photo`.
    kind: str
    level: str
    #: Readings that a person looked at, and those of them that were confirmed as something else.
    looked_at: int
    wrong: int


def of(db: Database, protocol: Protocol) -> tuple[Accuracy, ...]:
    """The accuracy of every edition, kind of capture and level; what is answered in writing is left out."""
    with db.read() as connection:
        rows = connection.execute(
            select(
                PaperTemplate.instrument, PaperTemplate.version, PaperTemplate.language,
                PaperTemplate.reading, ScanPage.kind, ScanReading.item, ScanReading.codes,
                ScanReading.level, ScanReading.confirmed, LinkRow.digest,
            )
            .join(ScanPage, ScanPage.id == ScanReading.page_id)
            .join(SheetRow, SheetRow.id == ScanPage.sheet_id)
            .join(PaperTemplate, PaperTemplate.id == SheetRow.template_id)
            .join(LinkRow, LinkRow.id == SheetRow.link_id)
            .where(ScanReading.confirmed.is_not(None))
        ).all()  # fmt: skip
    looked_at: Counter[tuple[str, str, str]] = Counter()
    wrong: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        item = catalogue().get(row.instrument, row.version).item(row.item)
        unseen = row.level == "sure" and not is_whole(row.digest, protocol)
        if unseen or item.kind in ("number", "date", "text"):
            continue
        edition = row.language if row.reading == "standard" else f"{row.language}-{row.reading}"
        key = (edition, row.kind or "", row.level)
        looked_at[key] += 1
        seen = settling.written(as_given(item, tuple(json.loads(row.codes))))
        # Nothing was seen, and nothing it is: a dash is typed for what is blank.
        blank = seen == "null" and row.confirmed == '{"missing": "skipped"}'
        wrong[key] += seen != row.confirmed and not blank
    keys = sorted(looked_at, key=lambda key: (*key[:2], LEVELS.index(key[2])))
    return tuple(Accuracy(*key, looked_at[key], wrong[key]) for key in keys)
