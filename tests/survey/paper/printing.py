"""Sheets without a typesetter: recorded as if they had been printed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.engine import Connection

from instruments import Edition, catalogue
from instruments.protocol import Protocol
from printable.boxes import Box, BoxMap, Field, Rect, Side
from survey import batches, responses, schedule, sheets
from survey.db import Database
from survey.keys import Keys
from survey.sheets import Wanted
from tests.people import DUTCH, T0, at, plan

KEY = b"k" * 40
ITEMS_ON_A_SIDE = 12


def layout(instrument: str, version: str) -> BoxMap:
    """A box map with every item of a version, one under the other."""
    definition = catalogue().get(instrument, version)
    items = definition.items
    sides = []
    for start in range(0, len(items), ITEMS_ON_A_SIDE):
        boxes: list[Box] = []
        fields: list[Field] = []
        for row, item in enumerate(items[start : start + ITEMS_ON_A_SIDE]):
            y = 40.0 + 15 * row
            for column, code in enumerate(definition.codes(item)):
                boxes.append(Box(item.id, code, Rect(80 + 12.0 * column, y, 5, 5)))
            if item.kind in ("number", "date", "text"):
                fields.append(Field(item.id, item.kind, 0, Rect(80, y, 60, 8)))
            boxes.append(Box(item.id, "skipped", Rect(180, y, 5, 5)))
        sides.append(Side(len(sides) + 1, tuple(boxes), tuple(fields)))
    name = f"{instrument}/{version}".encode().hex()
    return BoxMap(name.ljust(64, "0")[:64], 210, 297, (), tuple(sides))


def print_sheet(
    db: Database,
    respondent: int,
    instrument: str | None,
    *,
    on: dt.date = T0,
    protocol: Protocol | None = None,
    edition: Edition = DUTCH,
    key: Keys = KEY,
) -> str:
    """Record a sheet of a questionnaire (or a cover) of a person as printed on a day; its code."""
    study = 1
    batch = batches.begin(db, study, "family", "X", f"{respondent} {instrument}", on, by="Fatma", now=at(on))
    pocket = schedule.pocket(db, protocol or plan(), respondent, on)
    task = next((found for found in pocket.tasks if found.instrument == instrument), None)

    def work(connection: Connection) -> str:
        if instrument is None or task is None:
            wanted = Wanted(
                f"cover:{respondent}", "cover", respondent, None, None, at(on + dt.timedelta(120))
            )
            return sheets.issue_on(connection, key, batch.id, batch.seed, wanted, at(on))
        response_id, _ = responses.open_on(
            connection, respondent, task, now=at(on), edition=edition, mode="paper"
        )
        drawn = layout(task.instrument, task.version)
        template = sheets.keep_template_on(
            connection,
            drawn,
            b"%PDF",
            instrument=(task.instrument, task.version, 1),
            edition=(edition.language, edition.reading),
            now=at(on),
        )
        expires = at(task.closes + dt.timedelta(1), 0)
        wanted = Wanted(task.key, "questionnaire", respondent, response_id, template, expires)
        return sheets.issue_on(connection, key, batch.id, batch.seed, wanted, at(on))

    return db.write(work)
