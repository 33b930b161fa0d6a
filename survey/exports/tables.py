"""The files of an export as tables: a wide one per informant, and the long ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import polars as pl

from instruments import catalogue
from instruments.protocol import Protocol
from instruments.wording import Library
from survey.exports import keys, wide
from survey.exports.blocks import Block, file_of
from survey.exports.columns import Column, band, count, day, text, yes_no
from survey.exports.grid import Grid, coded
from survey.exports.keys import CONSENT, EVERYONE, NUMBER, PLACEMENT, Key
from survey.exports.reading import Batch, Filled
from survey.exports.scores import Scores, scores
from survey.exports.table import Table, framed
from survey.exports.wanted import Wanted
from survey.exports.wide import Wide

_RESPONSE: tuple[Key, ...] = (
    NUMBER,
    *EVERYONE,
    (text("battery", "what it was asked as part of"), "battery"),
    (text("instrument", "questionnaire"), "instrument"),
    (text("version", "version of the questionnaire"), "version"),
    (count("revision", "revision of the version"), "revision"),
    (text("subject", "what it is about"), "subject"),
    (text("language", "language in which it was last answered"), "language"),
    (text("reading", "reading level in which it was last answered"), "reading"),
    (text("mode", "web, paper or assisted"), "mode"),
    (text("assistance", "none, helper or interpreter"), "assistance"),
    (text("status", "open, complete, stopped or void"), "status"),
    (day("due", "day on which it was due"), "due_on"),
    (day("opens", "first day on which it could be answered"), "opens_on"),
    (day("closes", "last day on which it could be answered on screen"), "closes_on"),
    (text("opened_at", "first opened or printed (UTC)"), "first_opened_at"),
    (
        text("completed_at", "completed (UTC)"),
        "completed_at",
    ),
    (
        text("entered_at", "answers on paper typed in or scanned (UTC)"),
        "entered_at",
    ),
    (yes_no("late", "completed or entered after the last day"), "late_code"),
    CONSENT,
    PLACEMENT,
)
#: The age of the child: in months where that was asked for, else in bands.
_MONTHS: tuple[Key, ...] = (
    (count("age_opened", "age of the child in months that chose the version"), "opened_at_age"),
    (count("age_months", "age of the child in months at completion"), "age_months"),
)
_BAND: tuple[Key, ...] = ((band("age_band", "age of the child at completion"), "age_band"),)

_LONG: tuple[Key, ...] = (
    NUMBER,
    *EVERYONE,
    (text("instrument", "questionnaire"), "instrument"),
    (text("version", "version of the questionnaire"), "version"),
)
_ANSWER = (
    text("item", "item of the questionnaire"),
    count("entry", "0: the respondent; 1 and 2: first and second typing of a paper form"),
)
_WRITTEN = (
    text("written", "a date, or the codes chosen where several can be"),
    text("missing", "why there is no answer"),
)
_SAVED = text("saved_at", "last saved (UTC)")
_VALUE = Column(
    "value", "code or number that was answered", "number", "scale", "answer", missing=True, evidence=""
)


_SCORE = (
    text("score", "score or scale"),
    Column("value", "the score, unrounded", "score", "scale", "computed from the answers"),
    Column(
        "flag", "beyond the cut-off", "code", "nominal", "computed from the answers",
        {0: "no", 1: "yes, on the problematic side"},
    ),
    text("cut_off", "the boundary that holds at this age"),
    text("evidence", "how sure the rule is: V, V2, S, NV or decision"),
    text("provisional", "why it cannot be relied on yet; empty when it can"),
)  # fmt: skip


_LONG_COLUMNS = (*keys.columns(_LONG), *_ANSWER, _VALUE, *_WRITTEN, _SAVED)
_FREE_COLUMNS = (*keys.columns(_LONG), *_ANSWER, text("text", "what was written"), _SAVED)
_SCORE_COLUMNS = (*keys.columns(_LONG), *_SCORE)


class Tables:
    """Collects responses into the files of an export, many at a time.

    Args:
        library: the words to label with; None: the topics of the definitions.
        shelf: an empty folder where what was collected is kept meanwhile, so that what is in memory does
            not grow with it; None: in memory.
    """

    def __init__(
        self, plan: Protocol, library: Library | None, wanted: Wanted, shelf: Path | None = None
    ) -> None:
        self._library = library
        self._wanted = wanted
        self._shelf = shelf
        self._waves = {wave.id: place for place, wave in enumerate(plan.waves)}
        self._wide = {name: self._new_file(name) for name in wide.ALWAYS}
        for name, instrument in _planned(plan):
            self._expect(name, instrument)
        response_keys = (*_RESPONSE, *(_MONTHS if wanted.months else _BAND))
        response_keys = keys.with_town(response_keys, wanted.municipality)
        self._response_cells = keys.reader(response_keys)
        self._responses = Table("responses", "one response", keys.columns(response_keys), shelf)
        self._long_cells = keys.reader(_LONG)
        self._scores = Table(
            "scores", "one score of one response, void responses left out", _SCORE_COLUMNS, shelf
        )
        self._long = Table("long", "one answer to one item, void responses left out", _LONG_COLUMNS, shelf)
        self._free_text = Table(
            "free_text",
            "one answer in the respondent's own words, void responses left out",
            _FREE_COLUMNS,
            shelf,
        )

    def add(self, batch: Batch) -> list[Grid]:
        """Put responses where they belong. Void ones are only listed. Returns the others, by version."""
        cells = [self._response_cells(filled) for filled in batch.responses]
        self._responses.extend(framed(cells, self._responses.columns))
        kept = [filled for filled in batch.responses if filled.status != "void"]
        known_by = framed([self._long_cells(filled) for filled in kept], keys.columns(_LONG))
        self._add_answers(batch.answers, known_by)
        grids, scored = [], []
        for (name, *version), (responses, numbers) in self._by_version(kept).items():
            grid = Grid(catalogue().get(*version), responses, batch.answers)
            found = scores(grid)
            self._wide[name].add(grid, found, numbers)
            scored += [_score_rows(grid, each, place) for place, each in enumerate(found)]
            grids.append(grid)
        for file in self._wide.values():
            file.settle()
        if scored:
            in_order = pl.concat(scored).sort("response", "place")
            self._scores.extend(_beside(in_order, known_by))
        return grids

    def all(self) -> list[Table]:
        """Every file, wide ones first; call it when all responses are in."""
        return [
            *(file.table() for file in self._wide.values()),
            self._long,
            self._scores,
            *([self._free_text] if self._wanted.free_text else []),
            self._responses,
        ]

    def _by_version(
        self, kept: Sequence[Filled]
    ) -> dict[tuple[str, str, str], tuple[list[Filled], list[int]]]:
        """Responses and their numbers in a wide file, by file, instrument and version."""
        found: dict[tuple[str, str, str], tuple[list[Filled], list[int]]] = {}
        for filled in kept:
            name = file_of(filled.role, filled.subject)
            self._expect(name, filled.instrument)
            responses, numbers = found.setdefault((name, filled.instrument, filled.version), ([], []))
            responses.append(filled)
            numbers.append(self._wide[name].number(filled))
        return found

    def _expect(self, name: str, instrument: str) -> None:
        file = self._wide.get(name)
        if file is None:
            file = self._wide[name] = self._new_file(name)
        if not file.expects(instrument):
            file.expect(Block(name, instrument, self._library, self._wanted))

    def _new_file(self, name: str) -> Wide:
        return Wide(name, self._wanted.municipality, self._waves, self._shelf)

    def _add_answers(self, answers: pl.DataFrame, known_by: pl.DataFrame) -> None:
        rows = _beside(answers, known_by).join(
            _free_items(), on=["instrument", "version", "item"], how="left", maintain_order="left"
        )
        written = pl.when(pl.col("free").is_null()).then("text").alias("written")
        self._long.extend(rows.with_columns(written, value=coded()))
        if self._wanted.free_text:
            self._free_text.extend(rows.filter(pl.col("free"), pl.col("text").is_not_null()))


def _planned(plan: Protocol) -> Iterable[tuple[str, str]]:
    """The questionnaires of a plan with the file each belongs in, in the order of the plan."""
    for battery in plan.batteries:
        if battery.enabled:
            for ask in battery.ask:
                yield file_of(battery.informant, battery.subject), ask.instrument
    for one in plan.one_off:
        yield file_of(one.informant, one.subject), one.instrument


def _beside(rows: pl.DataFrame, known_by: pl.DataFrame) -> pl.DataFrame:
    """Rows with the keys of their response beside them."""
    return rows.join(known_by, on="response", how="left", maintain_order="left")


def _score_rows(grid: Grid, found: Scores, place: int) -> pl.DataFrame:
    """One score of every response, as the file of scores has it, with its place among the scores."""
    rule = found.rule
    return pl.DataFrame(
        {
            "response": pl.Series([filled.id for filled in grid.responses], dtype=pl.Int64),
            "value": found.values,
            "flag": found.flags,
            "cut_off": found.cut_offs,
        }
    ).with_columns(
        place=pl.lit(place),
        score=pl.lit(rule.id),
        evidence=pl.lit(rule.evidence, dtype=pl.String),
        provisional=pl.lit(rule.provisional or None, dtype=pl.String),
    )


@cache
def _free_items() -> pl.DataFrame:
    """The items that people answer in their own words."""
    rows = [
        (definition.id, definition.version, item.id, True)
        for definition in catalogue().all()
        for item in definition.items
        if item.kind == "text"
    ]
    names = {"instrument": pl.String(), "version": pl.String(), "item": pl.String(), "free": pl.Boolean()}
    return pl.DataFrame(rows, schema=names, orient="row")
