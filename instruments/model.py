"""What a questionnaire definition may say: frozen models, unknown keys refused.

A definition is data: it holds no respondent text (see `wording`) and no code. One file describes one
*version*: one age and informant form of an instrument. Everything that decides a number (items, codes,
keys, missing rules, cut-offs) carries its source and an evidence grade.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Kind = Literal["choice", "choices", "number", "date", "text"]
Informant = Literal["parent", "child", "linking_pin", "childcare_worker", "interviewer"]
Subject = Literal["child", "respondent", "family", "project"]
Mode = Literal["paper", "screen"]

#: How well a rule is known. V: read in a primary source; V2: in a secondary source; S: stated by the
#: pilot report (the seed) only; NV: not verified; decision: our own choice where no rule was found.
Evidence = Literal["V", "V2", "S", "NV", "decision"]


class Missing(StrEnum):
    """Why an item has no answer. The first four are given and stored, the last two are worked out."""

    skipped = "skipped"
    not_applicable = "not_applicable"
    unreadable = "unreadable"
    two_marks = "two_marks"
    not_reached = "not_reached"
    not_asked = "not_asked"


#: An answer as it is given: a code or number, a text or date (YYYY-MM-DD), the chosen codes in
#: ascending order, or the reason why there is none.
Given = int | str | tuple[int, ...] | Missing

#: The code of each kind of missing in exports; negative, so that it never meets an answer code.
MISSING_CODES: dict[Missing, int] = {
    Missing.not_reached: -1,
    Missing.skipped: -2,
    Missing.not_asked: -3,
    Missing.not_applicable: -4,
    Missing.unreadable: -5,
    Missing.two_marks: -6,
}

#: The kinds of missing that a person or a scan can give; only these are stored.
GIVEN_MISSING = (Missing.skipped, Missing.not_applicable, Missing.unreadable, Missing.two_marks)


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


#: Names are lower case; an item may also be a plain number, as in the SDQ ("1".."25").
Name = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=40)]


def _as_fraction(value: object) -> object:
    return Fraction(str(value)) if isinstance(value, (int, str)) and not isinstance(value, bool) else value


#: An exact number, written in YAML as 78.5, 14/5 or 28; comparisons never go through floats.
Exact = Annotated[Fraction, BeforeValidator(_as_fraction)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Ages(_Part):
    """An age range in completed months, both ends included."""

    from_months: int = Field(ge=0, le=1800)
    to_months: int = Field(ge=0, le=1800)

    def hold(self, months: int) -> bool:
        """Whether an age in completed months lies in the range."""
        return self.from_months <= months <= self.to_months


class Rights(_Part):
    """Who owns an instrument, and whether its wording may be in this repository."""

    holder: str
    #: `own`: the project's own words; `licensed`: only through an installed wording pack.
    wording: Literal["own", "licensed"]
    licence: str


class OptionSet(_Part):
    """The coded answers of a closed question, in the order in which they are shown."""

    codes: tuple[int, ...] = Field(min_length=2, max_length=30)
    #: `grade` shows a row of numbers with words at the ends; `agreement` and `feeling` have drawn scales.
    display: Literal["list", "grade", "agreement", "feeling"] = "list"

    @property
    def labelled(self) -> tuple[int, ...]:
        """The codes that need words: all, or for a grade the two ends."""
        return (self.codes[0], self.codes[-1]) if self.display == "grade" else self.codes


class When(_Part):
    """A condition on earlier answers: data, never an expression.

    Exactly one of: `item` with `is` (any of these codes), `all` of, `any` of. An item that was itself
    not asked counts as not answered, so chains of conditions close by themselves.
    """

    item: Name | None = None
    is_: tuple[int, ...] = Field(default=(), alias="is")
    all: tuple[When, ...] = ()
    any: tuple[When, ...] = ()

    def items(self) -> Iterator[str]:
        """The ids of the items on which the condition looks."""
        if self.item is not None:
            yield self.item
        for part in (*self.all, *self.any):
            yield from part.items()


class Item(_Part):
    """One question."""

    id: Name
    kind: Kind
    #: The option set, for the kinds `choice` and `choices`.
    options: Name | None = None
    min: int | None = None
    max: int | None = None
    max_length: int = Field(default=1000, ge=1, le=10_000)
    #: Lines of room that a text answer gets, on screen and on paper.
    lines: int = Field(default=1, ge=1, le=20)
    #: What the question is about, in our own neutral words; for people who read definitions.
    topic: str
    #: Whether the wording also has a `hint.<id>` text under the question.
    hint: bool = False
    #: The item whose second part this is (TAPQOL: how the child felt about it).
    part_of: Name | None = None
    show_if: When | None = None
    #: Asked only from this age of the child on, in completed months.
    from_months: int | None = None


class Rule(_Part):
    """A scale score: which items, how they are keyed, what may be missing, what comes out.

    `sum` and `mean` work on items; `sum_of` adds scores, all of which are needed; `times` multiplies
    one score by a factor.
    """

    id: Name
    method: Literal["sum", "mean", "sum_of", "times"]
    items: tuple[Name, ...] = ()
    scores: tuple[Name, ...] = ()
    factor: Exact = Fraction(1)
    #: Items whose code is turned round (lowest + highest code - answer) before scoring.
    reverse: tuple[Name, ...] = ()
    #: What each code counts for, when that is not the code itself (PedsQL: 0 -> 100 .. 4 -> 0).
    recode: dict[str, Exact] = {}
    #: For two-part items: what the code of the second part counts for, where the second part was asked.
    recode_part: dict[str, Exact] = {}
    #: Fewer answered items than this: no score.
    min_answered: int | None = None
    #: A sum over the answered items is scaled up to all items (mean x number of items).
    prorate: bool = False
    round: Literal["none", "half_up"] = "none"
    #: Lowest and highest attainable value.
    range: tuple[Exact, Exact]
    direction: Literal["high_is_good", "high_is_problem"]
    evidence: Evidence
    sources: tuple[str, ...] = Field(min_length=1)
    #: Why the rule cannot be relied on yet; exports mark the score with it.
    provisional: str | None = None
    #: A score that is not released is never computed: null everywhere.
    released: bool = True


class CutOff(_Part):
    """A boundary of a score: beyond it lies the problematic side."""

    score: Name
    problem: Literal["<", "<=", ">", ">="]
    value: Exact
    #: Completed years, both ends included; none for instruments about adults or families.
    years: tuple[int, int] | None = None
    source: str
    norm: str
    evidence: Evidence
    note: str = ""


class Instrument(_Part):
    """One version of one instrument: a questionnaire for one informant and one age range."""

    id: Name
    version: Name
    #: Goes up by one when anything in this file changes after publication.
    revision: int = Field(ge=1)
    informant: Informant
    subject: Subject
    ages: Ages | None = None
    #: The period the questions ask about; the words are in the wording under `recall`.
    recall: Literal["past_week", "past_month", "past_two_weeks", "past_six_months"] | None = None
    modes: tuple[Mode, ...] = ("paper", "screen")
    #: An honest estimate for a reader who takes their time.
    minutes: int = Field(ge=1, le=120)
    rights: Rights
    sources: dict[str, str]
    #: How sure the items, their order and their codes are.
    evidence: Evidence
    notes: tuple[str, ...] = ()
    options: dict[str, OptionSet] = {}
    pages: tuple[tuple[Name, ...], ...] = Field(min_length=1)
    items: tuple[Item, ...] = Field(min_length=1)
    scores: tuple[Rule, ...] = ()
    cutoffs: tuple[CutOff, ...] = ()

    @property
    def key(self) -> str:
        """`id/version`, the name of a version in logs, locks and exports."""
        return f"{self.id}/{self.version}"

    def item(self, item_id: str) -> Item:
        """The item of that id; KeyError when there is none."""
        return self._by_id[item_id]

    def codes(self, item: Item) -> tuple[int, ...]:
        """The answer codes of an item; empty for open questions."""
        return self.options[item.options].codes if item.options else ()

    def part_for(self, item_id: str) -> Item | None:
        """The second part of an item, when it has one."""
        return self._parts.get(item_id)

    @cached_property
    def conditional(self) -> bool:
        """Whether what is asked depends on answers or age; most questionnaires ask everybody the same."""
        return any(item.show_if or item.part_of or item.from_months for item in self.items)

    @cached_property
    def kept_screens(self) -> dict[int, Any]:
        """Where `routing` keeps the screens of a questionnaire that asks everybody the same, by size."""
        return {}

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number under which each item is shown, from 1; a second part has the number of the first."""
        count = itertools.accumulate(int(item.part_of is None) for item in self.items)
        return {item.id: number for item, number in zip(self.items, count, strict=True)}

    @cached_property
    def _by_id(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def _parts(self) -> dict[str, Item]:
        return {item.part_of: item for item in self.items if item.part_of is not None}
