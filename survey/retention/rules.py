"""The rules of retention: what is kept, of whom, how long, and why so long; data of the study."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from instruments import BrokenFile, Problem, reading
from instruments.protocol import add_months

FILE = Path(__file__).parent / "rules.yaml"
#: Everything that there is a rule for; the service does each of them, so none can be left out or made up.
CLASSES = (
    "wish", "contacts", "staff_texts", "callbacks", "messages", "logs", "research", "scans", "consent",
    "trail", "backups",
)  # fmt: skip
_REMEDY = "See survey/retention/rules.yaml for a whole one."


class Rule(BaseModel):
    """How long one class of data is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    what: str = Field(min_length=1)
    whose: str = Field(min_length=1)
    since: Literal["leaving", "itself"] = Field(alias="from")
    months: int | None = Field(default=None, ge=0, le=1200)
    days: int | None = Field(default=None, ge=0, le=3660)
    #: What else says how long, where that is not said here.
    elsewhere: str | None = None
    then: str = Field(min_length=1)
    why: str = Field(min_length=1)
    #: A term that somebody with the authority still has to confirm.
    to_verify: bool

    @model_validator(mode="after")
    def _one_term(self) -> Self:
        if sum(term is not None for term in (self.months, self.days, self.elsewhere)) > 1:
            raise ValueError("give months or days, not both")
        return self

    @property
    def term(self) -> str:
        """How long, in words."""
        if self.days is not None:
            return f"{self.days} days"
        if self.elsewhere is not None:
            return self.elsewhere
        return "until the study says" if self.months is None else f"{self.months} months"

    def until(self, day: dt.date) -> dt.date | None:
        """The last day on which something is kept that ended on a day; None: it is kept on."""
        if self.days is not None:
            return day + dt.timedelta(self.days)
        return None if self.months is None else add_months(day, self.months)

    def is_over(self, day: dt.date, on: dt.date) -> bool:
        """Whether something that ended on a day has had its time."""
        last = self.until(day)
        return last is not None and on > last

    def over_before(self, on: dt.date) -> dt.date | None:
        """What was last used before this day has had its time on a day; None: nothing has."""
        if self.days is not None:
            return on - dt.timedelta(self.days)
        return None if self.months is None else add_months(on, -self.months)


class Rules(BaseModel):
    """All of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [rule.id for rule in self.rules]
        missing, strange = sorted({*CLASSES} - {*ids}), sorted({*ids} - {*CLASSES})
        if missing or strange or len(set(ids)) != len(ids):
            raise ValueError(f"rules are missing ({missing}), unknown ({strange}) or there twice")
        if _sooner(self["research"], self["consent"]):
            raise ValueError("consent stands with the answers: these cannot go before its time is over")
        return self

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """The rules by what they are about."""
        return {rule.id: rule for rule in self.rules}

    def __getitem__(self, name: str) -> Rule:
        return self.by_id[name]


def load(file: Path | None = None) -> Rules:
    """The rules of an installation, by default those that ship with the service. Raises BrokenFile."""
    path = file or FILE
    data = reading.read(path.read_text(encoding="utf-8"), path.name)
    try:
        return Rules.model_validate(data)
    except ValidationError as error:
        raise BrokenFile(
            [
                Problem(path.name, ".".join(map(str, found["loc"])), found["msg"], _REMEDY)
                for found in error.errors()
            ]
        ) from error


def _sooner(one: Rule, other: Rule) -> bool:
    """Whether one term is certainly shorter than another."""
    if one.months is None and one.days is None:
        return False
    if other.months is None and other.days is None:
        return True
    return _days(one) < _days(other)


def _days(rule: Rule) -> float:
    return rule.days if rule.days is not None else (rule.months or 0) * 30.4
