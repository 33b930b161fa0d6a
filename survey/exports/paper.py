"""The files about paper: every printed questionnaire and what became of it, and how well people type.

They are there when something was printed. A form that was printed twice has a row for each copy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container

from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from survey import agreement, moments
from survey.exports.columns import Cell, Column, count, text, yes_no
from survey.exports.table import Table
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow
from survey.sheet_tables import PaperTemplate, Settlement, SheetSide
from survey.sheet_tables import Sheet as SheetRow
from survey.sheet_tables import Typing as TypingRow

_SHEET: tuple[Column, ...] = (
    count("sheet", "number of the printed copy"),
    count("response", "number of the response, the same in every file"),
    text("family", "code of the family"),
    text("respondent", "code of the person who answered"),
    text("wave", "measurement moment"),
    text("instrument", "questionnaire"),
    text("version", "version of the questionnaire"),
    text("language", "language in which it was printed"),
    text("reading", "reading level in which it was printed"),
    text("template", "SHA-256 of the printed layout"),
    text("state", "printed, returned, entered, confirmed, withdrawn or dead"),
    text("printed_at", "printed (UTC)"),
    text("returned_at", "its first side came back (UTC)"),
    yes_no("returned_late", "came back after the last day"),
    count("sides", "printed sides"),
    count("sides_seen", "sides that came back"),
    text("typed_by", "who typed it first"),
    text("typed_at", "first typing finished (UTC)"),
    text("typed_how", "entry: typed from the paper; scan: confirmed beside its pictures"),
    text("second_by", "who typed it a second time"),
    text("second_at", "second typing finished (UTC)"),
    text("second_how", "entry or scan, as the first"),
    count("items_compared", "items read in either typing, once both are finished"),
    count("items_differing", "items that the two typings read differently"),
    text("kept", "whose answers count where the form was settled: paper or web"),
    text("rule", "why: only, earliest or person"),
)
_AGREEMENT: tuple[Column, ...] = (
    text("typist", "who typed"),
    text("instrument", "questionnaire"),
    count("forms", "forms that were typed twice, once by this person"),
    count("items", "items read in either typing"),
    count("differing", "items that the two typings read differently"),
    count("decided", "differences that were decided"),
    count("mistaken", "differences that were decided against this person"),
)


def tables(connection: Connection, responses: Container[int]) -> tuple[Table, ...]:
    """The files about paper, from the snapshot of the export; none when nothing was printed.

    Args:
        responses: the numbers of those that are in the export. How well people type is told over all forms.
    """
    first, second = aliased(TypingRow), aliased(TypingRow)
    seen = select(SheetSide.sheet_id, func.count().label("sides")).group_by(SheetSide.sheet_id).subquery()
    found = connection.execute(
        select(
            SheetRow.id, ResponseRow.id.label("response"), FamilyRow.code.label("family"),
            RespondentRow.code.label("respondent"), ResponseRow.wave, ResponseRow.instrument,
            ResponseRow.version, ResponseRow.closes_on, PaperTemplate.language, PaperTemplate.reading,
            PaperTemplate.sha256, PaperTemplate.sides, SheetRow.status, SheetRow.printed_at,
            SheetRow.returned_at, func.coalesce(seen.c.sides, 0).label("seen"),
            first.typist, first.finished_at, first.source, second.typist.label("second"),
            second.finished_at.label("second_at"), second.source.label("second_how"),
            Settlement.kept, Settlement.rule,
        )
        .join(ResponseRow, ResponseRow.id == SheetRow.response_id)
        .join(RespondentRow, RespondentRow.id == SheetRow.respondent_id)
        .join(PaperTemplate, PaperTemplate.id == SheetRow.template_id)
        .outerjoin(FamilyRow, FamilyRow.id == RespondentRow.family_id)
        .outerjoin(seen, seen.c.sheet_id == SheetRow.id)
        .outerjoin(first, (first.sheet_id == SheetRow.id) & (first.entry == 1))
        .outerjoin(second, (second.sheet_id == SheetRow.id) & (second.entry == 2))
        .outerjoin(Settlement, Settlement.sheet_id == SheetRow.id)
        .order_by(SheetRow.id)
    ).all()  # fmt: skip
    rows = [row for row in found if row.response in responses]
    if not rows:
        return ()
    compared = agreement.by_form(connection)
    sheets = Table("paper", "one printed copy of a questionnaire", _SHEET)
    for row in rows:
        both = compared.get(row.response) if row.second_at is not None else None
        sheets.add(
            [
                row.id, row.response, row.family, row.respondent, row.wave, row.instrument, row.version,
                row.language, row.reading, row.sha256, row.status, _moment(row.printed_at),
                _moment(row.returned_at), _late(row.returned_at, row.closes_on), row.sides, row.seen,
                row.typist, _moment(row.finished_at), row.source, row.second, _moment(row.second_at),
                row.second_how,
                both.items if both else None, both.differing if both else None, row.kept, row.rule,
            ]
        )  # fmt: skip
    return sheets, _agreement(connection)


def _agreement(connection: Connection) -> Table:
    table = Table("typing_agreement", "one person typing one questionnaire", _AGREEMENT)
    for found in agreement.by_person_on(connection):
        table.add(
            [
                found.typist, found.instrument, found.forms, found.items, found.differing, found.decided,
                found.mistaken,
            ]
        )  # fmt: skip
    return table


def _moment(moment: dt.datetime | None) -> Cell:
    return None if moment is None else moments.write(moment)


def _late(returned: dt.datetime | None, closes: dt.date) -> Cell:
    return None if returned is None else int(moments.day(returned) > closes)
