"""The pages of a form are judged together, once all of a pile is read: one hand answered all of them.

Pages may come in different files and piles. What was judged before is judged again, as long as nobody has
begun to confirm it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from instruments import catalogue
from printable import reading
from printable.boxes import BoxMap
from printable.reading import Answer, Evidence, Known, Reading
from survey.db import Database
from survey.scans.tables import ScanFile, ScanPage, ScanPicture, ScanReading
from survey.sheet_tables import PaperTemplate
from survey.sheet_tables import Sheet as SheetRow
from survey.sheet_tables import Typing as TypingRow


def judge_forms(db: Database, pile_id: int) -> None:
    """Judge every form again of which a pile holds a page."""
    with db.read() as connection:
        begun = select(TypingRow.sheet_id).where(TypingRow.source == "scan")
        touched = (
            select(ScanPage.sheet_id)
            .join(ScanFile, ScanFile.id == ScanPage.file_id)
            .where(ScanFile.pile_id == pile_id, ScanPage.status == "read")
        )
        rows = connection.execute(
            select(SheetRow.id, PaperTemplate.layout, PaperTemplate.instrument, PaperTemplate.version)
            .join(PaperTemplate, PaperTemplate.id == SheetRow.template_id)
            .where(SheetRow.id.in_(touched), SheetRow.id.not_in(begun))
        ).all()
    for row in rows:
        definition = catalogue().get(row.instrument, row.version)
        several = frozenset(item.id for item in definition.items if item.kind == "choices")
        known = Known(BoxMap.from_json(row.layout), several)
        db.write(partial(_judge, sheet_id=row.id, known=known))


def row_of(answer: Answer) -> dict[str, str]:
    """An answer as it is stored of a page."""
    place = {name: round(value, 2) for name, value in asdict(answer.place).items()}
    return {
        "item": answer.item,
        "codes": json.dumps(answer.codes),
        "level": answer.level,
        "reasons": " ".join(answer.reasons)[:200],
        "place": json.dumps(place),
    }


def _judge(connection: Connection, sheet_id: int, known: Known) -> None:
    pages = connection.execute(
        select(ScanPage.id, ScanPage.side, ScanPage.evidence)
        .join(ScanPicture, ScanPicture.page_id == ScanPage.id)
        .where(ScanPage.sheet_id == sheet_id, ScanPage.status == "read", ScanPage.evidence.is_not(None))
        .order_by(ScanPage.side)
    ).all()
    if len(pages) < 2:
        return
    readings = [
        Reading(page.id, "read", None, page.side, evidence=Evidence.from_json(page.evidence))
        for page in pages
    ]
    for judged in reading.together(readings, known):
        for answer in judged.answers:
            connection.execute(
                update(ScanReading)
                .where(ScanReading.page_id == judged.number, ScanReading.item == answer.item)
                .values(row_of(answer))
            )
