"""How well people type: where two typings of the same form differ, by person and questionnaire.

Counted over forms that two people typed to the end. An item that one of them left blank and the other did
not is a difference too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from survey.db import Database
from survey.models import Answer as AnswerRow
from survey.models import Response as ResponseRow
from survey.sheet_tables import Decision
from survey.sheet_tables import Typing as TypingRow


@dataclass(frozen=True)
class Agreement:
    """One person's typing of one questionnaire, against whoever typed the same forms."""

    typist: str
    instrument: str
    forms: int
    #: Items that at least one of the two gave a reading.
    items: int
    differing: int
    #: Of those that differ, how many were decided, and how many of these against this person.
    decided: int
    mistaken: int

    @property
    def share(self) -> float:
        """The part of the items on which both agree; 1 where there is nothing to compare."""
        return 1 - self.differing / self.items if self.items else 1.0


@dataclass(frozen=True)
class Compared:
    """One form that was typed twice: items, and how many differ."""

    response_id: int
    items: int
    differing: int


@dataclass(frozen=True)
class _Form:
    response_id: int
    instrument: str
    typists: tuple[str, str]
    #: item -> both readings, as they are stored.
    readings: dict[str, tuple[object, object]]
    #: item -> which of the two the decision was for: 1, 2, or 0 for neither.
    right: dict[str, int]

    @property
    def differing(self) -> list[str]:
        return [item for item, (first, second) in self.readings.items() if first != second]


def by_person(db: Database) -> tuple[Agreement, ...]:
    """The agreement of every person on every questionnaire that they typed, in that order."""
    with db.read() as connection:
        return by_person_on(connection)


def by_person_on(connection: Connection) -> tuple[Agreement, ...]:
    """As `by_person`, inside a transaction or snapshot."""
    found = list(_forms(connection))
    totals: dict[tuple[str, str], list[int]] = {}
    for form in found:
        for entry, typist in enumerate(form.typists, 1):
            counts = totals.setdefault((typist, form.instrument), [0, 0, 0, 0, 0])
            decided = [form.right[item] for item in form.differing if item in form.right]
            mistaken = sum(right != entry for right in decided)
            new = (1, len(form.readings), len(form.differing), len(decided), mistaken)
            counts[:] = [old + more for old, more in zip(counts, new, strict=True)]
    return tuple(Agreement(*key, *counts) for key, counts in sorted(totals.items()))


def by_form(connection: Connection) -> dict[int, Compared]:
    """How many items differ in every form that was typed twice, by response."""
    return {
        form.response_id: Compared(form.response_id, len(form.readings), len(form.differing))
        for form in _forms(connection)
    }


def _forms(connection: Connection) -> Iterator[_Form]:
    first, second = aliased(TypingRow), aliased(TypingRow)
    rows = connection.execute(
        select(
            ResponseRow.id, ResponseRow.instrument, first.typist, second.typist.label("other"),
            AnswerRow.item, AnswerRow.entry, AnswerRow.value, AnswerRow.text, AnswerRow.missing,
        )
        .join(first, (first.response_id == ResponseRow.id) & (first.entry == 1))
        .join(second, (second.response_id == ResponseRow.id) & (second.entry == 2))
        .join(AnswerRow, AnswerRow.response_id == ResponseRow.id)
        .where(
            first.finished_at.is_not(None), second.finished_at.is_not(None), AnswerRow.entry.in_((1, 2))
        )
        .order_by(ResponseRow.id)
    ).all()  # fmt: skip
    decisions = _decisions(connection)
    for response_id, group in groupby(rows, key=lambda row: int(row.id)):
        mine = list(group)
        readings: dict[str, tuple[object, object]] = {}
        for row in mine:
            before = readings.get(row.item, (None, None))
            reading = (row.value, row.text, row.missing)
            readings[row.item] = (reading, before[1]) if row.entry == 1 else (before[0], reading)
        typists = (mine[0].typist, mine[0].other)
        yield _Form(response_id, mine[0].instrument, typists, readings, decisions.get(response_id, {}))


def _decisions(connection: Connection) -> dict[int, dict[str, int]]:
    """For whom each item was decided; the last decision counts."""
    found: dict[int, dict[str, int]] = {}
    for row in connection.execute(
        select(
            Decision.response_id, Decision.item, Decision.first, Decision.second, Decision.settled
        ).order_by(Decision.id)
    ):
        right = 1 if row.settled == row.first else 2 if row.settled == row.second else 0
        found.setdefault(row.response_id, {})[row.item] = right
    return found
