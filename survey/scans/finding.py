"""From the code on a scanned page to its sheet; or the word for why nothing of it may be read.

A sheet that comes back after its wave has closed is read like any other: late answers are accepted and
marked as late, as they are for what is typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from instruments import catalogue
from printable.boxes import BoxMap
from printable.reading import Known
from survey import sheets
from survey.db import Database
from survey.keys import Keys
from survey.sheet_tables import Batch as BatchRow
from survey.sheet_tables import PaperTemplate
from survey.sheet_tables import Typing as TypingRow
from survey.sheets import Sheet


@dataclass
class Finder:
    """Finds sheets for the reader of one file, and remembers them: `finder(code)`."""

    db: Database
    #: What the codes on paper are made with.
    paper_keys: Keys
    study_id: int
    found: dict[str, Sheet] = field(default_factory=dict)
    _said: dict[str, Known | str] = field(default_factory=dict, repr=False)

    def __call__(self, code: str) -> Known | str:
        """What the reader may know of a sheet: where everything stands on it; or a status of its page."""
        if code not in self._said:
            self._said[code] = self._find(code)
        return self._said[code]

    def _find(self, code: str) -> Known | str:
        try:
            sheet = sheets.find(self.db, self.paper_keys, code)
        except sheets.NoSuchSheet:
            return "unknown"
        with self.db.read() as connection:
            study_id = connection.scalar(select(BatchRow.study_id).where(BatchRow.id == sheet.batch_id))
            if study_id != self.study_id:
                return "other_study"
            self.found[code] = sheet
            try:
                sheets.check_usable_on(connection, sheet)
            except sheets.SheetWithdrawn:
                return "withdrawn"
            except sheets.SheetDead:
                return "dead"
            except sheets.SheetConfirmed:
                return "confirmed"
            if sheet.response_id is None:
                return "cover"
            scanned = connection.scalar(
                select(TypingRow.id).where(
                    TypingRow.response_id == sheet.response_id,
                    TypingRow.source == "scan",
                    TypingRow.finished_at.is_not(None),
                )
            )
            if scanned is not None or sheet.status == "entered":
                return "entered"
            template = connection.execute(
                select(PaperTemplate.layout, PaperTemplate.instrument, PaperTemplate.version).where(
                    PaperTemplate.id == sheet.template_id
                )
            ).one()
        definition = catalogue().get(template.instrument, template.version)
        several = frozenset(item.id for item in definition.items if item.kind == "choices")
        return Known(BoxMap.from_json(template.layout), several)
