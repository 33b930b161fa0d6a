"""What is in the database, many responses at a time, in one order whatever the database."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, cast

import polars as pl
from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.engine import Connection

from instruments import Instrument, catalogue
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

#: Responses that are read at a time: enough to be quick, few enough to stay flat in memory.
BATCH = 10_000


@dataclass
class Filled:
    """One response with the codes of everyone around it; its answers are in the `Batch`."""

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
    #: How it stands with the consent of who answered: a code of `taking_part.STATES`.
    consent: int
    #: What the child used on the day on which it was due.
    placement: str | None
    #: When an answer was last saved, as stored; empty without answers.
    last_saved_at: str
    #: The child's age in completed months on the day of completion, which decides the cut-off. While it is
    #: not complete: on the day of the last answer, or of opening. None without a child.
    age_months: int | None

    @property
    def definition(self) -> Instrument:
        """The version that was answered. Raises UnknownInstrument when the catalogue lost it."""
        return catalogue().get(self.instrument, self.version)

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

    @property
    def age_band(self) -> int | None:
        """The band of the age."""
        return band_of(self.age_months)


@dataclass(frozen=True)
class Batch:
    """Some responses that may be used, in the order in which they were first opened, and their answers."""

    responses: Sequence[Filled]
    #: The current answer to each item, as each entry has it, of all responses but void ones; response by
    #: response in the order of the questionnaire. As stored: response, item, entry (0: the respondent; 1
    #: and 2: typed copies of paper), value, text, missing, saved_at (UTC, ISO 8601). And `place`: of the
    #: item in its questionnaire, from 0; null for one that the catalogue does not know any more.
    answers: pl.DataFrame


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

#: The columns of the answers, and their types.
_ANSWER = {
    "response": (AnswerRow.response_id, pl.Int64()),
    "item": (AnswerRow.item, pl.String()),
    "entry": (AnswerRow.entry, pl.Int64()),
    "value": (AnswerRow.value, pl.Int64()),
    "text": (AnswerRow.text, pl.String()),
    "missing": (AnswerRow.missing, pl.String()),
    "saved_at": (type_coerce(AnswerRow.saved_at, String), pl.String()),
}
_ANSWERS = select(*(column for column, _ in _ANSWER.values()))


def how_many(connection: Connection) -> int:
    """How many responses there are, void ones and those that may not be used included."""
    return connection.scalar(select(func.count()).select_from(ResponseRow)) or 0


def batches(
    connection: Connection,
    *,
    waves: Container[str] | None = None,
    left_out: Counter[str] | None = None,
) -> Iterator[tuple[Batch, int]]:
    """Every response that may be used, with how many were read until then, used or not.

    Args:
        connection: one of `Database.snapshot`, so that responses and answers are of the same moment.
        waves: those that are wanted; None: all.
        left_out: where it is counted what may not be used, by the reason (see `taking_part`).
    """
    taking_part = TakingPart(connection)
    read = 0
    rows = connection.execute(_RESPONSES.execution_options(yield_per=BATCH))
    for part in rows.partitions():
        answers = _answers(connection, part[0].id, part[-1].id)
        saved = _last_saved(answers)
        used = []
        for row in part:
            if waves is not None and row.wave not in waves:
                continue
            found = _filled(row, taking_part, saved.get(row.id, ("", None)), left_out)
            if found is not None:
                used.append(found)
        read += len(part)
        yield Batch(used, _in_order(answers, used)), read


def _filled(
    row: Any, taking_part: TakingPart, saved: tuple[str, str | None], left_out: Counter[str] | None
) -> Filled | None:
    """A response; None when it may not be used."""
    number, family_id, respondent_id, child_id, professional_id, *rest = cast("Sequence[Any]", row)
    place = (family_id, respondent_id, child_id, professional_id)
    born = row.birth_month
    on = day_of(row.completed_at or row.first_opened_at)
    consent = taking_part.state(respondent_id, born if row.role == "child" else None, on)
    refusal = taking_part.why_not(place, consent, born, on)
    if refusal:
        if left_out is not None:
            left_out[refusal] += 1
        return None
    placement = taking_part.placement(child_id, row.due_on) if child_id else None
    last_saved_at, own_saved_at = saved
    age = _age(born, row.completed_at or own_saved_at or row.first_opened_at)
    values: tuple[Any, ...] = (number, place, *rest, consent, placement, last_saved_at, age)
    return Filled(*values)


def _age(born: dt.date | None, moment: str) -> int | None:
    if born is None:
        return None
    try:
        return age_months(born, day_of(moment))
    except ImpossibleAge:
        return None


def _answers(connection: Connection, first: int, last: int) -> pl.DataFrame:
    """The answers of the responses with these numbers and all between, as they are stored."""
    rows = connection.execute(_ANSWERS.where(AnswerRow.response_id.between(first, last))).all()
    columns: Any = zip(*rows, strict=True) if rows else ([] for _ in _ANSWER)
    return pl.DataFrame(
        [
            pl.Series(name, cells, dtype=kind)
            for (name, (_, kind)), cells in zip(_ANSWER.items(), columns, strict=True)
        ]
    )


def _last_saved(answers: pl.DataFrame) -> dict[int, tuple[str, str | None]]:
    """By response: when an answer was last saved, and when one of the respondent's own was."""
    own = pl.col("saved_at").filter(entry=0)
    found = answers.group_by("response").agg(pl.col("saved_at").max(), own.max().alias("own"))
    return {number: (last, own) for number, last, own in found.iter_rows()}


def _in_order(answers: pl.DataFrame, used: Sequence[Filled]) -> pl.DataFrame:
    """The answers of responses that are not void; databases sort texts each in their own way."""
    kept = [filled for filled in used if filled.status != "void"]
    questionnaires = pl.DataFrame(
        {
            "response": pl.Series([filled.id for filled in kept], dtype=pl.Int64),
            "questionnaire": pl.Series(
                [f"{filled.instrument}/{filled.version}" for filled in kept], dtype=pl.String
            ),
        }
    )
    return (
        answers.join(questionnaires, on="response", how="inner")
        .join(_places(), on=["questionnaire", "item"], how="left")
        .sort("response", "place", "item", "entry", nulls_last=True)
        .drop("questionnaire")
    )


@cache
def _places() -> pl.DataFrame:
    """Where every item stands in its questionnaire."""
    rows = [
        (definition.key, item.id, place)
        for definition in catalogue().all()
        for place, item in enumerate(definition.items)
    ]
    kinds = {"questionnaire": pl.String(), "item": pl.String(), "place": pl.Int64()}
    return pl.DataFrame(rows, schema=kinds, orient="row")
