"""What is in the database, response by response, in one order whatever the database."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.engine import Connection

from instruments import Given, Instrument, Missing, catalogue
from instruments.editions import Reading
from instruments.protocol import ImpossibleAge, age_months
from survey import moments
from survey.exports.taking_part import TakingPart
from survey.exports.wanted import band_of
from survey.models import Answer as AnswerRow
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Municipality as MunicipalityRow
from survey.models import Professional as ProfessionalRow
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow

#: The code of a sex.
SEXES = {"girl": 1, "boy": 2, "other": 3}

#: Rows that are fetched at a time: enough to be quick, few enough to stay flat in memory.
BATCH = 20_000


#: The current answer to one item, as one entry has it: item, entry, number, text, why it is missing, when it
#: was saved (UTC, ISO 8601, as stored), and the response.
Answer = tuple[str, int, int | None, str | None, str | None, str, int]


@dataclass
class Filled:
    """One response with the codes of everyone around it, and its answers."""

    id: int
    #: Orders the rows of a wide table: family, respondent, child, professional.
    place: tuple[int, int, int, int]
    family: str | None
    municipality: str | None
    respondent: str
    role: str
    #: The child it is about, or who answers.
    child: str | None
    child_sex: str | None
    birth_month: dt.date | None
    professional: str | None
    battery: str
    instrument: str
    version: str
    revision: int
    subject: str
    wave: str
    opened_at_age: int | None
    language: str
    reading: Reading
    mode: str
    assistance: str
    status: str
    due_on: dt.date
    opens_on: dt.date
    closes_on: dt.date
    #: These three as stored: UTC, ISO 8601.
    first_opened_at: str
    completed_at: str | None
    entered_at: str | None
    late: bool
    #: In the order of the questionnaire.
    answers: Sequence[Answer]
    #: How it stands with the consent of who answered: a code of `taking_part.STATES`.
    consent: int
    #: What the child used on the day on which it was due.
    placement: str | None

    @property
    def definition(self) -> Instrument:
        """The version that was answered. Raises UnknownInstrument when the catalogue lost it."""
        return _shape(self.instrument, self.version).definition

    @cached_property
    def settled(self) -> dict[str, Given]:
        """What counts: the respondent's own entry. Typed copies of paper are in the long table only."""
        kinds = _shape(self.instrument, self.version).kinds
        return {
            item: value if value is not None else _given(kinds.get(item, "text"), text, missing)
            for item, entry, value, text, missing, _, _ in self.answers
            if entry == 0
        }

    @cached_property
    def last_saved_at(self) -> str:
        """When an answer was last saved, as stored; empty without answers."""
        return max([answer[5] for answer in self.answers], default="")

    @property
    def child_sex_code(self) -> int | None:
        """The code of the sex of the child."""
        return None if self.child_sex is None else SEXES[self.child_sex]

    @property
    def late_code(self) -> int:
        """1 when it came after the last day."""
        return int(self.late)

    @property
    def opened_on(self) -> dt.date:
        """The day on which it was first opened."""
        return day_of(self.first_opened_at)

    @property
    def completed_on(self) -> dt.date | None:
        """The day on which it was completed."""
        return None if self.completed_at is None else day_of(self.completed_at)

    @cached_property
    def age_band(self) -> int | None:
        """The band of the age that follows."""
        return band_of(self.age_months)

    @cached_property
    def age_months(self) -> int | None:
        """The child's age in completed months on the day of completion, which decides the cut-off.

        While it is not complete: on the day of the last answer, or of opening. None without a child.
        """
        if self.birth_month is None:
            return None
        moment = self.completed_at
        if moment is None:
            own = [answer[5] for answer in self.answers if answer[1] == 0]
            moment = max(own, default=self.first_opened_at)
        try:
            return age_months(self.birth_month, day_of(moment))
        except ImpossibleAge:
            return None


def day_of(moment: str) -> dt.date:
    """The calendar day where the study lives of a moment as stored."""
    # Where the study lives, a day begins on the hour of UTC, so all moments of an hour are of one day.
    return _day_of_hour(moment[:13])


@lru_cache(maxsize=50_000)
def _day_of_hour(hour: str) -> dt.date:
    return moments.day(moments.read(f"{hour}:00:00.000Z"))


_child_id = func.coalesce(ResponseRow.child_id, RespondentRow.child_id)

_RESPONSES = (
    select(
        ResponseRow.id,
        func.coalesce(RespondentRow.family_id, 0),
        RespondentRow.id,
        func.coalesce(_child_id, 0),
        func.coalesce(RespondentRow.professional_id, 0),
        FamilyRow.code,
        MunicipalityRow.code,
        RespondentRow.code,
        RespondentRow.role,
        ChildRow.code,
        ChildRow.sex,
        ChildRow.birth_month,
        ProfessionalRow.code,
        ResponseRow.battery,
        ResponseRow.instrument,
        ResponseRow.version,
        ResponseRow.revision,
        ResponseRow.subject,
        ResponseRow.wave,
        ResponseRow.age_months,
        ResponseRow.language,
        ResponseRow.reading,
        ResponseRow.mode,
        ResponseRow.assistance,
        ResponseRow.status,
        ResponseRow.due_on,
        ResponseRow.opens_on,
        ResponseRow.closes_on,
        type_coerce(ResponseRow.first_opened_at, String),
        type_coerce(ResponseRow.completed_at, String),
        type_coerce(ResponseRow.entered_at, String),
        ResponseRow.late,
    )
    .join(RespondentRow, RespondentRow.id == ResponseRow.respondent_id)
    .outerjoin(FamilyRow, FamilyRow.id == RespondentRow.family_id)
    .outerjoin(MunicipalityRow, MunicipalityRow.id == FamilyRow.municipality_id)
    .outerjoin(ChildRow, ChildRow.id == _child_id)
    .outerjoin(ProfessionalRow, ProfessionalRow.id == RespondentRow.professional_id)
    .order_by(ResponseRow.id)
)

_ANSWERS = (
    select(
        AnswerRow.item,
        AnswerRow.entry,
        AnswerRow.value,
        AnswerRow.text,
        AnswerRow.missing,
        type_coerce(AnswerRow.saved_at, String),
        AnswerRow.response_id,
    )
    .order_by(AnswerRow.response_id)
    .execution_options(yield_per=BATCH)
)


def how_many(connection: Connection) -> int:
    """How many responses there are, void ones and those that may not be used included."""
    return connection.scalar(select(func.count()).select_from(ResponseRow)) or 0


def responses(
    connection: Connection,
    *,
    waves: Container[str] | None = None,
    left_out: Counter[str] | None = None,
) -> Iterator[Filled]:
    """Every response that may be used, with its answers, in the order in which they were first opened.

    Args:
        connection: one of `Database.snapshot`, so that responses and answers are of the same moment.
        waves: those that are wanted; None: all.
        left_out: where it is counted what may not be used, by the reason (see `taking_part`).
    """
    taking_part = TakingPart(connection)
    rows = connection.execute(_RESPONSES).all()
    stream = _by_response(connection)
    waiting = next(stream, None)
    for row in rows:
        number, family_id, respondent_id, child_id, professional_id, *rest = cast("Sequence[Any]", row)
        mine: Sequence[Answer] = ()
        if waiting is not None and waiting[0] == number:
            mine = waiting[1]
            waiting = next(stream, None)
        if waves is not None and row.wave not in waves:
            continue
        place = (family_id, respondent_id, child_id, professional_id)
        on = day_of(row.completed_at or row.first_opened_at)
        consent = taking_part.state(respondent_id, row.birth_month if row.role == "child" else None, on)
        refusal = taking_part.why_not(place, consent, row.birth_month, on)
        if refusal:
            if left_out is not None:
                left_out[refusal] += 1
            continue
        placement = taking_part.placement(child_id, row.due_on) if child_id else None
        answers = _in_order(_shape(row.instrument, row.version), mine)
        values: tuple[Any, ...] = (number, place, *rest, answers, consent, placement)
        yield Filled(*values)


def _by_response(connection: Connection) -> Iterator[tuple[int, list[Answer]]]:
    """The rows of each response that has any."""
    parts = connection.execute(_ANSWERS).partitions()
    # Plain tuples: each is read several times, and a row of the library is slower to read.
    rows = map(tuple, chain.from_iterable(parts))
    for number, mine in groupby(rows, itemgetter(6)):
        yield number, cast("list[Answer]", list(mine))


@dataclass(frozen=True)
class _Shape:
    """What has to be known of a version to read its answers."""

    definition: Instrument
    #: The kind of every item, in the order of the questionnaire.
    kinds: dict[str, str]


@cache
def _shape(instrument: str, version: str) -> _Shape:
    definition = catalogue().get(instrument, version)
    return _Shape(definition, {item.id: item.kind for item in definition.items})


def _in_order(shape: _Shape, rows: Sequence[Answer]) -> Sequence[Answer]:
    """Answers in the order of the questionnaire: databases sort texts each in their own way."""
    by_item = {row[0]: row for row in rows}
    if len(by_item) == len(rows) and by_item.keys() <= shape.kinds.keys():
        return [by_item[item] for item in shape.kinds if item in by_item]
    # Typed copies of paper, or items that the catalogue does not know any more.
    order = {item: place for place, item in enumerate(shape.kinds)}
    return sorted(rows, key=lambda row: (order.get(row[0], len(order)), row[0], row[1]))


_MISSING = {kind.value: kind for kind in Missing}


def _given(kind: str, text: str | None, missing: str | None) -> Given:
    """An answer that is no number."""
    if missing is not None:
        return _MISSING[missing]
    assert text is not None  # the database holds every row to having one of the three
    return tuple(int(code) for code in text.split(",")) if kind == "choices" else text
