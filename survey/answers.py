"""Answers: the one way they come in, and the one way a respondent's page sees them again.

Web, data entry and scan review all end in `record`: checked against the instrument, written with one
history row in one transaction, acknowledged when it is on disk. This is the path that everyone waits for:
one statement to read, at most three to write (see `saving`), and nothing on it is an ORM object.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from instruments import Given, Missing, catalogue, checks
from instruments.editions import Edition
from survey import editions, moments, responses, saving, visits
from survey.assents import NotJoining
from survey.db import Database
from survey.responses import Response, ResponseClosed, WaveClosed
from survey.visits import NotYours, Visit, VisitOver

#: What a client may call its saves.
SEQUENCE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Unacceptable(ValueError):
    """Some of the answers cannot be answers; nothing was stored. `problems`: item -> what is wrong."""

    def __init__(self, problems: Mapping[str, checks.Refused]) -> None:
        super().__init__(", ".join(f"{item}: {problem.reason}" for item, problem in problems.items()))
        self.problems = dict(problems)


class BadSequence(ValueError):
    """The name of a save is not 1 to 64 letters, digits, or any of `_ . : -`: a tampered form."""


class Sitting(NamedTuple):
    """A visit with one of its person's own responses in front of it."""

    visit: Visit
    response: Response
    #: The current answer of every item that has one.
    answers: Mapping[str, Given]
    #: The items that were given in this visit: the only answers that a page may show.
    own: frozenset[str]
    #: Of a child: what it said last when it was asked whether it takes part in this wave (see `assents`).
    assent: str | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save."""

    #: False: this very save had been stored before, and nothing was done.
    stored: bool
    #: Of a save that had been stored before: whether the response was complete by then, so that it was a
    #: correction. The one that completed it was none.
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Save:
    """One row of history."""

    id: int
    entry: int
    sequence: str
    source: str
    visit_id: int | None
    screen: str
    edition: Edition
    #: item -> number, text, list of codes, or {"missing": reason}.
    given: Mapping[str, object]
    saved_at: dt.datetime


_VISIT = ("id", "link_id", "respondent_id", "language", "reading", "started_at", "last_seen", "ended_at")
_LOADED = (
    *(f"visit.{name}" for name in _VISIT),
    "link.family_id",
    *(f"response.{name}" for name in responses.COLUMNS),
)
# All in one JSON array, as text: both databases and drivers then give the same values, and nothing is spent
# on describing the columns of a wide row.
_LOAD = {
    dialect: (
        f"SELECT CAST({array}({', '.join(_LOADED)}, (SELECT"
        f" {collect}({array}(item, value, text, missing, visit_id))"
        " FROM answer WHERE response_id = response.id AND entry = 0),"
        " (SELECT decision FROM assent WHERE respondent_id = response.respondent_id"
        " AND wave = response.wave ORDER BY id DESC LIMIT 1)) AS TEXT)"
        " FROM visit JOIN link ON link.id = visit.link_id"
        # The rule that decides who sees what, in the one statement that reads answers for a page.
        " LEFT JOIN response ON response.id = ? AND response.respondent_id = visit.respondent_id"
        " WHERE visit.digest = ?"
    )
    for dialect, array, collect in (
        ("sqlite", "json_array", "json_group_array"),
        ("postgresql", "json_build_array", "json_agg"),
    )
}
_FIRST = len(_VISIT) + 1
_LAST = _FIRST + len(responses.COLUMNS)

_encode = json.JSONEncoder(ensure_ascii=False).encode
# Of a text that a database made of an array: there is nothing before or behind it.
_decode = json.JSONDecoder().raw_decode
_REPEATED = (
    "SELECT response.status, save_event.saved_at > response.completed_at FROM response"
    " LEFT JOIN save_event ON save_event.response_id = response.id"
    " AND save_event.entry = ? AND save_event.sequence = ? WHERE response.id = ?"
)
_ANSWERS = "SELECT item, value, text, missing FROM answer WHERE response_id = ? AND entry = ?"


def load(
    db: Database, visit_digest: str, response_id: int, now: dt.datetime, *, idle: dt.timedelta = visits.IDLE
) -> Sitting:
    """A visit and one of its person's responses, with a single statement.

    Raises:
        visits.VisitOver: no such visit, or not any more.
        visits.NotYours: no such response, or another person's.
    """
    found = db.fetch_one(db.marks(_LOAD[db.dialect]), (response_id, visit_digest))
    if found is None:
        raise VisitOver
    row, _ = _decode(found[0])
    visit_id, link_id, respondent_id, language, reading, started, seen, ended, family_id = row[:_FIRST]
    started_at, last_seen = moments.read(started), moments.read(seen)
    if visits.is_over(started_at, last_seen, ended, now, idle):
        raise VisitOver
    if row[_FIRST] is None:
        raise NotYours
    visit = Visit(
        visit_id, visit_digest, link_id, respondent_id, family_id, language, reading, started_at, last_seen
    )
    response = responses.from_columns(row[_FIRST:_LAST])
    several = _items_with_several(response.instrument, response.version)
    given: dict[str, Given] = {}
    own = set()
    for item, value, text, missing, given_in in row[_LAST] or ():
        given[item] = _as_given(value, text, missing, item in several)
        if given_in == visit_id:
            own.add(item)
    return Sitting(visit, response, given, frozenset(own), row[_LAST + 1])


def record(
    db: Database,
    target: Sitting | int,
    given: Mapping[str, Given],
    *,
    source: str,
    sequence: str,
    screen: str = "",
    edition: Edition,
    now: dt.datetime,
    entry: int = 0,
    complete: bool = False,
    completed_at: dt.datetime | None = None,
    late: bool | None = None,
) -> Saved:
    """Store what was given; returns when it is durable. The only way an answer enters.

    Items that are not in `given` keep the answer they had.

    Args:
        target: the sitting, on screen; the number of a response, for paper.
        source: `web`, `entry` or `scan`.
        sequence: the name of this save, chosen when its form was made; the same again is stored once.
        screen: the screen it was given on; empty for paper.
        entry: 0 for the respondent's answers, 1 and 2 for the first and second typing of a paper form.
        complete: whether this was the last of it.
        completed_at: when a paper form was filled in; by default `now`.
        late: whether a paper form came in after the window; by default whether `now` is after it.

    Raises:
        Unacceptable: an answer that is none, or an item that the version does not have.
        responses.WaveClosed: on screen, outside the window. Paper may come late, and is marked so.
        responses.ResponseClosed: the response was stopped or is void; on screen, its paper was confirmed.
        assents.NotJoining: on screen, a child who said no.
        responses.NoSuchResponse
        BadSequence
    """
    if isinstance(target, Sitting) and target.assent not in (None, "yes"):
        raise NotJoining
    response = target.response if isinstance(target, Sitting) else responses.get(db, target)
    visit = target.visit if isinstance(target, Sitting) else None
    on = moments.day(now)
    _refuse(response, given, source, sequence, on)
    if complete and entry:
        raise ValueError("a typed copy does not complete a response: record the settled answers as entry 0")
    saved_at = moments.write(now)
    change: saving.Change | None = None
    if complete:
        change = saving.completed(
            response.id,
            moments.write(completed_at or now),
            None if source == "web" else saved_at,
            on > response.closes_on if late is None else late,
            edition.language,
            edition.reading,
            "web" if source == "web" else "paper",
        )
    elif source == "web" and response.mode == "paper":
        change = saving.on_screen(response.id, edition.language, edition.reading)
    elif (edition.language, edition.reading) != (response.language, response.reading):
        change = saving.in_edition(response.id, edition.language, edition.reading)
    elif visit is not None and now - visit.last_seen > visits.TOUCH:
        change = saving.seen(visit.id, saved_at)
    event = saving.Event(
        response.id,
        entry,
        sequence,
        source,
        None if visit is None else visit.id,
        screen,
        edition.language,
        edition.reading,
        _encode({item: _as_json(value) for item, value in given.items()}),
        saved_at,
    )
    # In one order everywhere, so that two saves at once cannot lock each other out.
    rows = [(item, *_as_columns(given[item])) for item in sorted(given)]
    if saving.store(db, event, rows, change):
        return Saved(stored=True)
    repeated = db.fetch_one(db.marks(_REPEATED), (entry, sequence, response.id))
    if repeated is None or repeated[0] not in ("open", "complete"):
        raise ResponseClosed(response.key)
    return Saved(stored=False, corrected=bool(repeated[1]))


def of(db: Database, response: Response, *, entry: int = 0) -> dict[str, Given]:
    """The current answers of a response, for staff, scoring and tests: no check of whose it is."""
    several = _items_with_several(response.instrument, response.version)
    with db.read() as connection:
        rows = connection.exec_driver_sql(db.marks(_ANSWERS), (response.id, entry)).all()
    return {item: _as_given(value, text, missing, item in several) for item, value, text, missing in rows}


def history(db: Database, response_id: int) -> tuple[Save, ...]:
    """Every save of a response, oldest first."""
    statement = (
        "SELECT id, entry, sequence, source, visit_id, screen, language, reading, given, saved_at"
        " FROM save_event WHERE response_id = ? ORDER BY id"
    )
    with db.read() as connection:
        rows = connection.exec_driver_sql(db.marks(statement), (response_id,)).all()
    return tuple(
        Save(
            row.id,
            row.entry,
            row.sequence,
            row.source,
            row.visit_id,
            row.screen,
            editions.stored(row.language, row.reading),
            json.loads(row.given),
            moments.read(row.saved_at),
        )
        for row in rows
    )


def check_sequence(sequence: str) -> None:
    """Raises BadSequence unless this can be the name of a save."""
    if not SEQUENCE.fullmatch(sequence):
        raise BadSequence("the name of a save is 1 to 64 letters, digits, or any of _ . : -")


def _refuse(response: Response, given: Mapping[str, Given], source: str, sequence: str, on: dt.date) -> None:
    check_sequence(sequence)
    if response.status not in ("open", "complete"):
        raise ResponseClosed(response.key)
    if source == "web" and not response.opens_on <= on <= response.closes_on:
        raise WaveClosed(response.key)
    if source == "web" and response.entered_at is not None:
        raise ResponseClosed(response.key)
    problems = checks.check(catalogue().get(response.instrument, response.version), given)
    if problems:
        raise Unacceptable(problems)


@cache
def _items_with_several(instrument: str, version: str) -> frozenset[str]:
    """The items of a version that may have several codes at once."""
    definition = catalogue().get(instrument, version)
    return frozenset(item.id for item in definition.items if item.kind == "choices")


def _as_given(value: int | None, text: str | None, missing: str | None, several: bool) -> Given:
    if missing is not None:
        return Missing(missing)
    if value is not None:
        return value
    assert text is not None
    return tuple(int(code) for code in text.split(",")) if several else text


def _as_columns(value: Given) -> tuple[int | None, str | None, str | None]:
    """The columns value, text and missing, of which one is filled."""
    if isinstance(value, Missing):
        return None, None, value.value
    if isinstance(value, int):
        return value, None, None
    return None, value if isinstance(value, str) else ",".join(map(str, value)), None


def _as_json(value: Given) -> object:
    if isinstance(value, Missing):
        return {"missing": value.value}
    return list(value) if isinstance(value, tuple) else value
