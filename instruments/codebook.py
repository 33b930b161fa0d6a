"""The variables of a version: names, types, labels and missing codes, from definition and wording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from instruments.model import MISSING_CODES, Given, Instrument, Item, Missing, Rule
from instruments.wording import Wording

Measure = Literal["nominal", "ordinal", "scale"]


@dataclass(frozen=True)
class Variable:
    """One column of an export.

    `type` is `code` (whole number with value labels), `number` (a count or a score), or `text`.
    """

    name: str
    label: str
    type: Literal["code", "number", "text"]
    measure: Measure
    values: dict[int, str]
    #: Where it comes from: the item, score or flag, with source and evidence grade.
    origin: str
    provisional: str = ""
    #: The item it holds, for items; a `choices` item has a variable for every code.
    item: str | None = None
    code: int | None = None
    score: str | None = None
    flag: str | None = None


#: The words under which missing codes stand in every export and codebook.
MISSING_LABELS: dict[Missing, str] = {
    Missing.not_reached: "not reached",
    Missing.skipped: "skipped by the respondent",
    Missing.not_asked: "not asked (condition or age)",
    Missing.not_applicable: "not applicable",
    Missing.unreadable: "unreadable on paper",
    Missing.two_marks: "more than one mark on paper",
}


def variables(instrument: Instrument, wording: Wording) -> tuple[Variable, ...]:
    """Every variable of a version, items first, then scores and flags, labelled in one edition."""
    found: list[Variable] = []
    for item in instrument.items:
        found += _of_item(instrument, item, wording.text)
    for rule in instrument.scores:
        found += _of_score(instrument, rule)
    return tuple(found)


def missing_values() -> dict[int, str]:
    """The user-missing codes and their labels, the same for every variable that holds numbers."""
    return {MISSING_CODES[kind]: label for kind, label in MISSING_LABELS.items()}


def cell(variable: Variable, given: Given) -> int | str:
    """What an answer looks like in the column of its item: its code, its text, or a missing code."""
    if isinstance(given, Missing):
        return "" if variable.type == "text" else MISSING_CODES[given]
    if isinstance(given, tuple):
        return int(variable.code in given)
    return given


def _of_item(instrument: Instrument, item: Item, text: Callable[[str], str]) -> list[Variable]:
    name = variable_name(instrument, item.id)
    label = text(f"item.{item.id}")
    origin = f"{instrument.key} item {item.id}"
    if item.kind == "choices":
        yes_no = {0: "not chosen", 1: "chosen"}
        return [
            Variable(
                f"{name}_{code}",
                f"{label} – {text(f'options.{item.options}.{code}')}",
                "code",
                "nominal",
                yes_no,
                origin,
                item=item.id,
                code=code,
            )
            for code in instrument.codes(item)
        ]
    if item.kind == "choice":
        assert item.options is not None  # the loader refuses a choice without options
        options = instrument.options[item.options]
        values = {code: text(f"options.{item.options}.{code}") for code in options.labelled}
        measure: Measure = "nominal" if options.display == "list" and not instrument.scores else "ordinal"
        return [Variable(name, label, "code", measure, values, origin, item=item.id)]
    if item.kind == "number":
        return [Variable(name, label, "number", "scale", {}, origin, item=item.id)]
    return [Variable(name, label, "text", "nominal", {}, origin, item=item.id)]


def _of_score(instrument: Instrument, rule: Rule) -> list[Variable]:
    name = variable_name(instrument, rule.id)
    why = "" if rule.released else "not released: "
    provisional = f"{why}{rule.provisional}" if rule.provisional else ""
    low, high = rule.range
    origin = f"{instrument.key} score {rule.id}, {rule.method}, evidence {rule.evidence}"
    label = f"{instrument.id} {rule.id} ({low}-{high}, {rule.direction.replace('_', ' ')})"
    mark = " PROVISIONAL" if provisional else ""
    found = [Variable(name, label + mark, "number", "scale", {}, origin, provisional, score=rule.id)]
    cutoffs = [cutoff for cutoff in instrument.cutoffs if cutoff.score == rule.id]
    if cutoffs:
        source = "; ".join(
            f"{c.problem} {float(c.value):g} at {c.years[0]}-{c.years[1]} years ({c.norm}, {c.evidence})"
            if c.years
            else f"{c.problem} {float(c.value):g} ({c.norm}, {c.evidence})"
            for c in cutoffs
        )
        found.append(
            Variable(
                f"{name}_flag",
                f"{instrument.id} {rule.id} beyond the cut-off{mark}",
                "code",
                "nominal",
                {0: "no", 1: "yes, on the problematic side"},
                f"{instrument.key} cut-offs: {source}",
                provisional,
                flag=rule.id,
            )
        )
    return found


def variable_name(instrument: Instrument, part: str) -> str:
    """The name of a column: the instrument and the item or score, the same in every version."""
    return f"{instrument.id}_{part}".replace("-", "_").replace(".", "_")
