"""The statements of a save: one history row, its answers, and what changes with them, all or nothing.

This is the path that everyone waits for, so the statements are fixed texts. On SQLite there are two or
three of them, run by the writer together with those of everyone else who waits. On PostgreSQL, where each
statement is a journey to the server and back, they are written as one, which is a transaction by itself.
Measured: decisions/0001.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from survey.db import Database

#: Item, value, text, missing: of the last three one is filled.
AnswerRow = tuple[str, int | None, str | None, str | None]


class Event(NamedTuple):
    """The history row of a save."""

    response_id: int
    entry: int
    sequence: str
    source: str
    visit_id: int | None
    screen: str
    language: str
    reading: str
    #: JSON.
    given: str
    #: As `moments.write` gives it.
    saved_at: str


@dataclass(frozen=True, slots=True)
class Change:
    """What else becomes true with a save: one more statement, with its parameters."""

    statement: str
    parameters: tuple[object, ...]


def completed(
    response_id: int,
    done_at: str,
    entered_at: str | None,
    late: bool,
    language: str,
    reading: str,
    mode: str,
) -> Change:
    """The response is complete. The earliest such date stays, and with it whether it was late.

    It is of the mode in which its answers came last; what was assisted stays so.
    """
    return Change(
        "UPDATE response SET status = 'complete',"
        " completed_at = CASE WHEN completed_at <= ? THEN completed_at ELSE ? END,"
        " late = CASE WHEN completed_at <= ? THEN late ELSE ? END,"
        " entered_at = COALESCE(?, entered_at), language = ?, reading = ?,"
        " mode = CASE WHEN mode = 'assisted' THEN mode ELSE ? END WHERE id = ?",
        (done_at, done_at, done_at, late, entered_at, language, reading, mode, response_id),
    )


def in_edition(response_id: int, language: str, reading: str) -> Change:
    """The response goes on in another edition."""
    return Change(
        "UPDATE response SET language = ?, reading = ? WHERE id = ?", (language, reading, response_id)
    )


def on_screen(response_id: int, language: str, reading: str) -> Change:
    """A response that was opened for paper is answered on screen."""
    return Change(
        "UPDATE response SET mode = 'web', language = ?, reading = ? WHERE id = ?",
        (language, reading, response_id),
    )


def seen(visit_id: int, moment: str) -> Change:
    """The visit is alive."""
    return Change("UPDATE visit SET last_seen = ? WHERE id = ? AND last_seen < ?", (moment, visit_id, moment))


# Selected from the response itself, so that one that was closed a moment ago takes nothing.
_EVENT = (
    "INSERT INTO save_event"
    " (response_id, entry, sequence, source, visit_id, screen, language, reading, given, saved_at)"
    " SELECT id, CAST(? AS INTEGER), ?, ?, CAST(? AS INTEGER), ?, ?, ?, ?, ? FROM response"
    " WHERE id = ? AND status IN ('open', 'complete')"
    " ON CONFLICT (response_id, entry, sequence) DO NOTHING RETURNING id"
)
_INTO_ANSWER = (
    "INSERT INTO answer (response_id, item, entry, value, text, missing, visit_id, event_id, saved_at)"
)
_REPLACING = (
    "ON CONFLICT (response_id, item, entry) DO UPDATE SET value = excluded.value, text = excluded.text,"
    " missing = excluded.missing, visit_id = excluded.visit_id, event_id = excluded.event_id,"
    " saved_at = excluded.saved_at"
)


def store(db: Database, event: Event, answers: Sequence[AnswerRow], change: Change | None) -> bool:
    """Write a save; True once it is durable.

    False: nothing was done, because this save was stored before, or the response takes no answers.
    """
    if db.dialect == "postgresql":
        return _store_at_once(db, event, answers, change)

    def work(cursor: sqlite3.Cursor) -> bool:
        stored = db.run_on(cursor, _EVENT, _parameters(event))
        if stored is None:
            return False
        (event_id,) = stored
        if answers:
            rows: list[object] = []
            for item, value, text, missing in answers:
                rows += (
                    event.response_id,
                    item,
                    event.entry,
                    value,
                    text,
                    missing,
                    event.visit_id,
                    event_id,
                    event.saved_at,
                )
            db.run_on(cursor, _upsert(len(answers)), tuple(rows))
        if change is not None:
            db.run_on(cursor, change.statement, change.parameters)
        return True

    return db.write_fixed(work)


def _store_at_once(db: Database, event: Event, answers: Sequence[AnswerRow], change: Change | None) -> bool:
    parameters = _parameters(event)
    if answers:
        parameters += (json.dumps(answers),)
    if change is not None:
        parameters += change.parameters
    statement = _at_once(bool(answers), None if change is None else change.statement)
    # Safe to send again should the connection break: the second time is the same save, stored once.
    return db.store_one(statement, parameters) is not None


@cache
def _upsert(answers: int) -> str:
    rows = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * answers)
    return f"{_INTO_ANSWER} VALUES {rows} {_REPLACING}"


@cache
def _at_once(answers: bool, change: str | None) -> str:
    parts = [f"stored AS ({_EVENT}, response_id, entry, visit_id, saved_at)"]
    if answers:
        parts.append(
            f"answered AS ({_INTO_ANSWER}"
            " SELECT response_id, given->>0, entry, CAST(given->>1 AS integer), given->>2, given->>3,"
            " visit_id, id, saved_at FROM stored, json_array_elements(CAST(? AS json)) AS given"
            f" {_REPLACING})"
        )
    if change is not None:
        parts.append(f"changed AS ({change} AND EXISTS (SELECT 1 FROM stored))")
    return f"WITH {', '.join(parts)} SELECT id FROM stored".replace("?", "%s")


def _parameters(event: Event) -> tuple[object, ...]:
    return (
        event.entry,
        event.sequence,
        event.source,
        event.visit_id,
        event.screen,
        event.language,
        event.reading,
        event.given,
        event.saved_at,
        event.response_id,
    )
