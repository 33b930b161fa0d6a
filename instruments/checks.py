"""Which answers are possible: parsing what a form sends, and checking what a program hands in.

Only the impossible is refused. "Required" does not exist here: a missing answer is data, and a lost
respondent is not.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from instruments.model import GIVEN_MISSING, Given, Instrument, Item, Missing


class Refused(ValueError):
    """A value that cannot be an answer. `reason` is a word for translation, `params` fill its text."""

    def __init__(self, reason: str, **params: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params


_WHOLE_NUMBER = re.compile(r"-?\d{1,9}")
_DAY_FIRST = re.compile(r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$")
# Characters that no keyboard gives and no database column likes (PostgreSQL refuses NUL).
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def parse(item: Item, codes: Sequence[int], raw: Sequence[str]) -> Given | None:
    """The answer in the raw strings of a form field; None when nothing was filled in.

    Digits of any script are read (٧ is 7).

    Raises:
        Refused: not_an_option, not_a_number, out_of_range, not_a_date, too_long.
    """
    texts = [text.strip() for text in raw if text.strip()]
    if not texts:
        return None
    if item.kind == "choices":
        return tuple(sorted({_code(text, codes) for text in texts}))
    if len(texts) > 1:
        raise Refused("not_an_option")
    text = texts[0]
    if item.kind == "choice":
        return _code(text, codes)
    if item.kind == "number":
        number = _number(text)
        problem = _range_problem(item, number)
        if problem:
            raise problem
        return number
    if item.kind == "date":
        return _date(text)
    text = _CONTROL.sub("", text.replace("\r\n", "\n"))
    if len(text) > item.max_length:
        raise Refused("too_long", longest=item.max_length)
    return text or None


def check(instrument: Instrument, given: Mapping[str, Given]) -> dict[str, Refused]:
    """What is impossible among answers that a program hands in, by item; empty when all is well."""
    problems = {}
    for item_id, value in given.items():
        if item_id not in instrument.numbers:
            problems[item_id] = Refused("unknown_item")
            continue
        item = instrument.item(item_id)
        problem = _impossible(item, instrument.codes(item), value)
        if problem is not None:
            problems[item_id] = problem
    return problems


def _impossible(item: Item, codes: Sequence[int], value: Given) -> Refused | None:
    if isinstance(value, Missing):
        return None if value in GIVEN_MISSING else Refused("not_an_option")
    if isinstance(value, bool):
        return Refused("not_an_option")
    if item.kind == "choice":
        return None if isinstance(value, int) and value in codes else Refused("not_an_option")
    if item.kind == "choices":
        if not isinstance(value, tuple) or not value or not set(value) <= set(codes):
            return Refused("not_an_option")
        return None if value == tuple(sorted(set(value))) else Refused("not_an_option")
    if item.kind == "number":
        return _range_problem(item, value) if isinstance(value, int) else Refused("not_a_number")
    if not isinstance(value, str) or not value.strip():
        return Refused("not_an_option")
    if item.kind == "date":
        try:
            return None if _date(value) == value else Refused("not_a_date")
        except Refused as refused:
            return refused
    if _CONTROL.search(value):
        return Refused("not_an_option")
    return Refused("too_long", longest=item.max_length) if len(value) > item.max_length else None


def _code(text: str, codes: Sequence[int]) -> int:
    if not _WHOLE_NUMBER.fullmatch(text) or int(text) not in codes:
        raise Refused("not_an_option")
    return int(text)


def _number(text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise Refused("not_a_number")
    return int(text)


def _range_problem(item: Item, number: int) -> Refused | None:
    lowest = number if item.min is None else item.min
    highest = number if item.max is None else item.max
    if lowest <= number <= highest:
        return None
    return Refused("out_of_range", lowest=lowest, highest=highest)


def _date(text: str) -> str:
    day_first = _DAY_FIRST.match(text)
    try:
        if day_first:
            day, month, year = (int(part) for part in day_first.groups())
            return dt.date(year, month, day).isoformat()
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return dt.date(*(int(part) for part in text.split("-"))).isoformat()
    except ValueError as error:
        raise Refused("not_a_date") from error
    raise Refused("not_a_date")
