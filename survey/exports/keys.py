"""The columns by which rows of an export are known, each with what of a response fills it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

from survey.exports.columns import Cell, Column, coded, count, text
from survey.exports.reading import SEXES, Filled
from survey.exports.taking_part import STATES

#: A column with what of a response fills it.
Key = tuple[Column, str]

_SEX_LABELS = {code: sex for sex, code in SEXES.items()}

FAMILY: Key = (text("family", "code of the family"), "family")
RESPONDENT: Key = (text("respondent", "code of the person who answered"), "respondent")
ROLE: Key = (text("role", "role of the person who answered"), "role")
CHILD: Key = (text("child", "code of the child it is about, or who answered"), "child")
SEX: Key = (
    Column("child_sex", "sex of the child", "code", "nominal", "noted by the service", _SEX_LABELS),
    "child_sex_code",
)
PROFESSIONAL: Key = (
    text("professional", "code of the professional who answered"),
    "professional",
)
WAVE: Key = (text("wave", "measurement moment"), "wave")
NUMBER: Key = (count("response", "number of the response, the same in every file"), "id")
CONSENT: Key = (
    coded("consent", "consent of who answered, for the research", STATES),
    "consent",
)
PLACEMENT: Key = (
    text("placement", "what the child used on the day on which it was due"),
    "placement",
)
#: Only where it was asked for; beside the family.
TOWN: Key = (text("municipality", "code of the municipality of the family"), "municipality")
EVERYONE = (FAMILY, RESPONDENT, ROLE, CHILD, PROFESSIONAL, WAVE)


def columns(keys: Sequence[Key]) -> tuple[Column, ...]:
    """The columns of some keys."""
    return tuple(column for column, _ in keys)


def reader(keys: Sequence[Key]) -> Callable[[Filled], tuple[Cell, ...]]:
    """What takes the cells of these keys, two at least, out of a response."""
    return attrgetter(*(name for _, name in keys))


def with_town(keys: tuple[Key, ...], wanted: bool) -> tuple[Key, ...]:
    """The keys, with the municipality beside the family where it was asked for."""
    if not wanted or FAMILY not in keys:
        return keys
    place = keys.index(FAMILY) + 1
    return (*keys[:place], TOWN, *keys[place:])
