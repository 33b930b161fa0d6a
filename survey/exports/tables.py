"""The files of an export as tables: a wide one per informant, and the long ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter

import polars as pl

from instruments import catalogue, scoring
from instruments.model import MISSING_CODES
from instruments.protocol import Protocol
from instruments.wording import Library
from survey.exports.blocks import Block, file_of
from survey.exports.columns import Cell, Column, band, coded, count, day, text, yes_no
from survey.exports.reading import SEXES, Filled
from survey.exports.table import Spread, Table
from survey.exports.taking_part import STATES
from survey.exports.wanted import Wanted

#: A column with what of a response fills it.
_Key = tuple[Column, str]

_SEX_LABELS = {code: sex for sex, code in SEXES.items()}

FAMILY: _Key = (text("family", "code of the family"), "family")
RESPONDENT: _Key = (text("respondent", "code of the person who answered"), "respondent")
ROLE: _Key = (text("role", "role of the person who answered"), "role")
CHILD: _Key = (text("child", "code of the child it is about, or who answered"), "child")
SEX: _Key = (
    Column("child_sex", "sex of the child", "code", "nominal", "noted by the service", _SEX_LABELS),
    "child_sex_code",
)
PROFESSIONAL: _Key = (
    text("professional", "code of the professional who answered"),
    "professional",
)
WAVE: _Key = (text("wave", "measurement moment"), "wave")
NUMBER: _Key = (count("response", "number of the response, the same in every file"), "id")
CONSENT: _Key = (
    coded("consent", "consent of who answered, for the research", STATES),
    "consent",
)
PLACEMENT: _Key = (
    text("placement", "what the child used on the day on which it was due"),
    "placement",
)
#: Only where it was asked for; beside the family.
TOWN: _Key = (text("municipality", "code of the municipality of the family"), "municipality")
_EVERYONE = (FAMILY, RESPONDENT, ROLE, CHILD, PROFESSIONAL, WAVE)

#: The wide files: what a row is, and by which columns it is known.
_WIDE: dict[str, tuple[str, tuple[_Key, ...]]] = {
    "parent_about_child": (
        "one parent about one child in one wave",
        (FAMILY, RESPONDENT, ROLE, CHILD, SEX, WAVE, CONSENT, PLACEMENT),
    ),
    "parent": (
        "one parent about themselves, the family and the project in one wave",
        (FAMILY, RESPONDENT, ROLE, WAVE, CONSENT),
    ),
    "child": (
        "one child in one wave",
        (FAMILY, RESPONDENT, ROLE, CHILD, SEX, WAVE, CONSENT, PLACEMENT),
    ),
    "linking_pin": ("one linking pin in one wave", (PROFESSIONAL, RESPONDENT, ROLE, WAVE)),
    "childcare_worker": (
        "one childcare worker in one wave, by child where it is about a child",
        (PROFESSIONAL, RESPONDENT, ROLE, CHILD, WAVE, PLACEMENT),
    ),
    "interviewer": ("one interview", (PROFESSIONAL, RESPONDENT, ROLE, WAVE)),
}
#: These are there in every export, also while they are empty.
_ALWAYS = ("parent_about_child", "parent", "child", "linking_pin", "childcare_worker")

_RESPONSE: tuple[_Key, ...] = (
    NUMBER,
    *_EVERYONE,
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
_MONTHS: tuple[_Key, ...] = (
    (count("age_opened", "age of the child in months that chose the version"), "opened_at_age"),
    (count("age_months", "age of the child in months at completion"), "age_months"),
)
_BAND: tuple[_Key, ...] = ((band("age_band", "age of the child at completion"), "age_band"),)

_LONG: tuple[_Key, ...] = (
    NUMBER,
    *_EVERYONE,
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


class Tables:
    """Collects responses into the files of an export, one response at a time."""

    def __init__(self, plan: Protocol, library: Library | None, wanted: Wanted) -> None:
        self._plan = plan
        self._library = library
        self._wanted = wanted
        self._blocks: dict[tuple[str, str], Block] = {}
        self._wide: dict[str, dict[_Place, list[_Row]]] = {name: {} for name in _ALWAYS}
        for name, instrument in _planned(plan):
            self._block(name, instrument)
        self._response_keys = self._with_town((*_RESPONSE, *(_MONTHS if wanted.months else _BAND)))
        self._responses = Table("responses", "one response", _columns(self._response_keys))
        self._response_cells, self._long_cells = _reader(self._response_keys), _reader(_LONG)
        self._wide_cells = {name: _reader(self._with_town(keys)) for name, (_, keys) in _WIDE.items()}
        self._scores = Spread(
            "scores", "one score of one response, void responses left out", _columns(_LONG), _SCORE
        )
        self._long = Spread(
            "long",
            "one answer to one item, void responses left out",
            _columns(_LONG),
            (*_ANSWER, _VALUE, *_WRITTEN, _SAVED),
            given=(*_ANSWER, _VALUE, *_WRITTEN, _SAVED, NUMBER[0]),
            finish=_with_codes_of_missing,
        )
        self._free_text = Spread(
            "free_text",
            "one answer in the respondent's own words, void responses left out",
            _columns(_LONG),
            (*_ANSWER, text("text", "what was written"), _SAVED),
        )
        self._order = {wave.id: place for place, wave in enumerate(plan.waves)}

    def add(self, filled: Filled) -> None:
        """Put a response where it belongs. Void ones are only listed."""
        self._responses.add(self._response_cells(filled))
        if filled.status == "void":
            return
        name = file_of(filled.role, filled.subject)
        self._block(name, filled.instrument)
        rows = self._wide.setdefault(name, {}).setdefault((filled.place, filled.wave), [])
        row = next((row for row in rows if filled.instrument not in row.blocks), None)
        if row is None:
            # A plan that asks the same questionnaire twice in a wave gets a second row.
            row = _Row(self._wide_cells[name](filled))
            rows.append(row)
        scored = scoring.computed(filled.definition, filled.settled, filled.age_months)
        values = {score: None if value is None else float(value) for score, value in scored.scores.items()}
        flags = {score: None if flag is None else int(flag) for score, flag in scored.flags.items()}
        row.blocks[filled.instrument] = self._blocks[name, filled.instrument].cells(filled, values, flags)
        keys = self._long_cells(filled)
        self._add_answers(filled, keys)
        self._scores.add_all(
            keys,
            [
                (
                    score, values[score], flags[score],
                    scored.sources[score].cut_off if score in scored.sources else None,
                    evidence, provisional,
                )
                for score, evidence, provisional in _released(filled.instrument, filled.version)
            ],
        )  # fmt: skip

    def all(self) -> list[Table]:
        """Every file, wide ones first; call it when all responses are in."""
        return [
            *(self._wide_table(name) for name in self._wide),
            self._long,
            self._scores,
            *([self._free_text] if self._wanted.free_text else []),
            self._responses,
        ]

    def _with_town(self, keys: tuple[_Key, ...]) -> tuple[_Key, ...]:
        """The keys, with the municipality beside the family where it was asked for."""
        if not self._wanted.municipality or FAMILY not in keys:
            return keys
        place = keys.index(FAMILY) + 1
        return (*keys[:place], TOWN, *keys[place:])

    def _block(self, name: str, instrument: str) -> None:
        if (name, instrument) not in self._blocks:
            self._blocks[name, instrument] = Block(name, instrument, self._library, self._wanted)

    def _add_answers(self, filled: Filled, keys: Sequence[Cell]) -> None:
        free = _free_items(filled.instrument, filled.version)
        answers = filled.answers
        if free:
            answers = [(*row[:3], None, *row[4:]) if row[0] in free else row for row in answers]
        self._long.add_all(keys, answers)
        if free:
            self._free_text.add_all(
                keys,
                [
                    (item, entry, written, saved_at)
                    for item, entry, _, written, _, saved_at, _ in filled.answers
                    if item in free and written is not None
                ],
            )

    def _wide_table(self, name: str) -> Table:
        about, keys = _WIDE[name]
        keys = self._with_town(keys)
        blocks = [block for (file, _), block in self._blocks.items() if file == name]
        columns = [*_columns(keys), *(column for block in blocks for column in block.columns)]
        places = sorted(
            self._wide[name], key=lambda place: (place[0], self._order.get(place[1], 99), place[1])
        )
        table = Table(name, about, columns)
        for place in places:
            for row in self._wide[name][place]:
                table.add(row.cells(blocks))
        return table


#: Where a row of a wide file stands: family, respondent, child and professional, and the wave.
_Place = tuple[tuple[int, int, int, int], str]


@dataclass
class _Row:
    """A row of a wide file while it is being filled: its keys, and the cells of each questionnaire."""

    keys: Sequence[Cell]
    blocks: dict[str, list[Cell]] = field(default_factory=dict)

    def cells(self, blocks: Sequence[Block]) -> list[Cell]:
        found = list(self.keys)
        for block in blocks:
            found += self.blocks.get(block.instrument) or [None] * len(block.columns)
        return found


def _planned(plan: Protocol) -> Iterable[tuple[str, str]]:
    """The questionnaires of a plan with the file each belongs in, in the order of the plan."""
    for battery in plan.batteries:
        if battery.enabled:
            for ask in battery.ask:
                yield file_of(battery.informant, battery.subject), ask.instrument
    for one in plan.one_off:
        yield file_of(one.informant, one.subject), one.instrument


def _columns(keys: Sequence[_Key]) -> tuple[Column, ...]:
    return tuple(column for column, _ in keys)


def _reader(keys: Sequence[_Key]) -> Callable[[Filled], tuple[Cell, ...]]:
    """What takes the cells of these keys, two at least, out of a response."""
    return attrgetter(*(name for _, name in keys))


#: The code of a reason, by the word that is stored.
_MISSING = {kind.value: code for kind, code in MISSING_CODES.items()}


@cache
def _released(instrument: str, version: str) -> tuple[tuple[str, str, str | None], ...]:
    """The scores that are computed, each with how sure its rule is and why it is provisional."""
    rules = catalogue().get(instrument, version).scores
    return tuple((rule.id, rule.evidence, rule.provisional or None) for rule in rules if rule.released)


def _with_codes_of_missing(answers: pl.DataFrame) -> pl.DataFrame:
    """Answers as they are stored, with the code of the reason where there is no answer."""
    codes = pl.col("missing").replace_strict(_MISSING, return_dtype=pl.Int64)
    return answers.with_columns(value=pl.coalesce(codes, "value"))


@cache
@cache
def _free_items(instrument: str, version: str) -> frozenset[str]:
    """The items that people answer in their own words."""
    items = catalogue().get(instrument, version).items
    return frozenset(item.id for item in items if item.kind == "text")
