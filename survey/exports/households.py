"""The files about families: who is in, who left and why, which waves closed later, what children used.

A family that asked for everything to be erased is in neither. Placements are given of children about whom,
or by whom, something is in the export: who refused the research is not in it by another door.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from survey.exports.columns import Cell, Column, coded, count, day, text
from survey.exports.table import Table
from survey.exports.taking_part import departures
from survey.exports.wanted import Wanted
from survey.fieldwork.tables import LEAVING_REASONS
from survey.fieldwork.tables import Handover as HandoverRow
from survey.fieldwork.tables import Placement as PlacementRow
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Municipality as MunicipalityRow
from survey.windows import ExtensionRow

#: Why families left, by the code in the export. Source: the pilot's report, section 8.1.
REASONS = dict(enumerate(LEAVING_REASONS, 1))
_CODES = {reason: code for code, reason in REASONS.items()}

#: Why a wave closes later, by the code in the export.
CAUSES = {1: "days given back after a pause", 2: "somebody let it close later"}

_TOWN = text("municipality", "code of the municipality of the family")
_FAMILY: tuple[Column, ...] = (
    text("family", "code of the family"),
    day("included", "day on which the family was included; every wave counts from it"),
    text("status", "active, paused or stopped"),
    day("left", "day on which the family stopped"),
    coded("left_reason", "why the family stopped", REASONS),
    count("handovers", "how often the family went from one linking pin to another"),
)
_PLACEMENT: tuple[Column, ...] = (
    text("family", "code of the family"),
    text("child", "code of the child"),
    text("kind", "what the child used"),
    day("starts", "first day; empty while it has not begun"),
    day("ends", "last day; empty while it goes on"),
    count("days_a_week", "days a week"),
    count("hours_a_week", "hours a week"),
)
_WINDOW: tuple[Column, ...] = (
    text("family", "code of the family"),
    text("wave", "wave that closed later for this family"),
    day("closes", "last day on which it could be answered on screen"),
    coded("cause", "why it closed later; empty where that was not kept as a code", CAUSES),
)
#: Only where free text was asked for.
_WHY: tuple[Column, ...] = (
    *_WINDOW[:2],
    text("because", "why it closed later: the reason of a pause, or of who let it close later"),
)
_LOCATION = text("location", "which place it is, in a code of the study's own")


def tables(connection: Connection, wanted: Wanted, children: Collection[int]) -> tuple[Table, ...]:
    """The files about families, from the snapshot of the export.

    Args:
        children: the numbers of the children that are in the export.
    """
    return (
        _families(connection, wanted),
        *_windows(connection, wanted),
        _placements(connection, wanted, children),
    )


def _families(connection: Connection, wanted: Wanted) -> Table:
    columns = (_FAMILY[0], _TOWN, *_FAMILY[1:]) if wanted.municipality else _FAMILY
    table = Table("families", "one family that was included", columns)
    moved = (
        select(HandoverRow.family_id, func.count().label("times")).group_by(HandoverRow.family_id).subquery()
    )
    left = departures(connection)
    rows = connection.execute(
        select(
            FamilyRow.id, FamilyRow.code, MunicipalityRow.code.label("town"), FamilyRow.t0, FamilyRow.status,
            func.coalesce(moved.c.times, 0).label("times"),
        )
        .join(MunicipalityRow, MunicipalityRow.id == FamilyRow.municipality_id)
        .outerjoin(moved, moved.c.family_id == FamilyRow.id)
        .order_by(FamilyRow.id)
    )  # fmt: skip
    for row in rows:
        gone = left.get(row.id)
        if gone is not None and gone.wish == "erase":
            continue
        table.add(
            [
                row.code, *([row.town] if wanted.municipality else []), row.t0, row.status,
                None if gone is None else gone.on,
                None if gone is None else _CODES[gone.reason], row.times,
            ]
        )  # fmt: skip
    return table


def _windows(connection: Connection, wanted: Wanted) -> Iterator[Table]:
    """Which waves closed later, with a code of the cause; the words, where free text was asked for."""
    table = Table("windows", "one wave that closed later for one family", _WINDOW)
    words = Table("free_text_windows", "why one wave closed later for one family, as somebody wrote it", _WHY)
    gone = [number for number, left in departures(connection).items() if left.wish == "erase"]
    rows = connection.execute(
        select(
            FamilyRow.code,
            ExtensionRow.wave,
            ExtensionRow.closes_on,
            ExtensionRow.by_pause,
            ExtensionRow.reason,
        )
        .join(FamilyRow, FamilyRow.id == ExtensionRow.family_id)
        .where(FamilyRow.id.not_in(gone))
        .order_by(FamilyRow.id, ExtensionRow.wave)
    )
    for code, wave, closes, by_pause, reason in rows:
        table.add([code, wave, closes, None if by_pause is None else 1 if by_pause else 2])
        # Words that had their time were let go (survey/retention).
        if reason:
            words.add([code, wave, reason])
    yield table
    if wanted.free_text:
        yield words


def _placements(connection: Connection, wanted: Wanted, children: Collection[int]) -> Table:
    columns = (*_PLACEMENT, _LOCATION) if wanted.municipality else _PLACEMENT
    table = Table("placements", "one thing that a child was offered or used", columns)
    rows = connection.execute(
        select(
            PlacementRow.child_id, FamilyRow.code.label("family"), ChildRow.code.label("child"),
            PlacementRow.kind, PlacementRow.starts_on, PlacementRow.ends_on, PlacementRow.days_a_week,
            PlacementRow.hours_a_week, PlacementRow.location,
        )
        .join(ChildRow, ChildRow.id == PlacementRow.child_id)
        .join(FamilyRow, FamilyRow.id == ChildRow.family_id)
        .order_by(PlacementRow.id)
    )  # fmt: skip
    for row in rows:
        if row.child_id in children:
            cells: list[Cell] = [*list(row)[1:]]
            table.add(cells if wanted.municipality else cells[:-1])
    return table
