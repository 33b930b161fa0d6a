"""How people answer, in numbers and without any individual's answers: what is passed over, where people stop,
how answers are spread, who answers everything alike, and how well scales hang together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from instruments import Instrument, catalogue
from instruments.codebook import variable_name
from instruments.model import Rule
from survey.exports.blocks import file_of
from survey.report import numbers, reliability
from survey.report.contents import Part
from survey.report.fieldwork import FEWEST, keys
from survey.report.study import Study

#: How many items the lists of skipped ones and of places to stop name.
_ITEMS = 25
#: The fewest questions with the same answers in which answering all alike says anything.
_FEWEST_ALIKE = 5


def answers(data: Study) -> Iterator[Part]:
    """Everything about answers, questionnaire by questionnaire where it is long."""
    long = data.files["long"].filter(pl.col("entry") == 0)
    yield Part(
        "Passed over",
        "the items that respondents skip most",
        ("item", "n", "skipped, %"),
        tuple(_skipped(long)),
    )
    yield Part(
        "Stopped",
        "the items after which respondents leave a questionnaire unfinished",
        ("last item", "n that came so far", "stopped here, %"),
        tuple(_stopped(data, long)),
        "Unfinished: open or stopped, on a screen.",
    )
    yield Part(
        "All alike",
        f"answering every question alike, among {_FEWEST_ALIKE} or more with the same answers to choose from",
        ("questionnaire", "questions", "n", "all alike, %"),
        tuple(_alike(data)),
        "All alike can be true. It is a reason to look where it happens often, above all where some "
        "questions point the other way.",
    )
    yield Part(
        "Reliability",
        "Cronbach's alpha and McDonald's omega of the answers that are complete, by edition",
        ("scale", "edition", "n", "alpha", "omega"),
        tuple(_reliability(data)),
        "Waves are taken together, so the same person counts more than once. Omega is of one factor.",
    )


def distributions(data: Study) -> Iterator[Part]:
    """How the answers to every item with codes are spread, a table for each questionnaire."""
    long = data.files["long"].filter(pl.col("entry") == 0, pl.col("value") >= 0)
    counted = {
        (row["instrument"], row["version"], row["item"]): dict(zip(row["values"], row["counts"], strict=True))
        for row in long.group_by("instrument", "version", "item", "value")
        .agg(pl.len().alias("count"))
        .sort("instrument", "version", "item", "value")
        .group_by("instrument", "version", "item", maintain_order=True)
        .agg(pl.col("value").alias("values"), pl.col("count").alias("counts"))
        .iter_rows(named=True)
    }
    for instrument in catalogue().all():
        rows = []
        for item in instrument.items:
            found = counted.get((instrument.id, instrument.version, item.id), {})
            whole = sum(found.values())
            if item.kind == "choice" and whole >= FEWEST:
                spread = ", ".join(
                    f"{code}: {numbers.percent(found.get(code, 0), whole)}"
                    for code in sorted(instrument.codes(item))
                )
                rows.append((item.id, item.topic, str(whole), spread))
        if rows:
            yield Part(
                instrument.key,
                "answers by code, percent of those who chose one",
                ("item", "about", "n", "code: %"),
                tuple(rows),
            )


def _name(instrument: str, version: str, item: str) -> str:
    return f"{instrument} {version}: {item}"


def _skipped(long: pl.DataFrame) -> list[tuple[str, ...]]:
    found = (
        long.group_by("instrument", "version", "item")
        .agg(pl.len().alias("n"), (pl.col("missing") == "skipped").sum().alias("skipped"))
        .filter(pl.col("n") >= FEWEST)
        .with_columns((pl.col("skipped") / pl.col("n")).alias("share"))
        .sort(["share", "n", "instrument", "version", "item"], descending=[True, True, False, False, False])
        .head(_ITEMS)
    )
    return [
        (
            _name(row["instrument"], row["version"], row["item"]),
            str(row["n"]),
            numbers.percent(row["skipped"], row["n"]),
        )
        for row in found.iter_rows(named=True)
        if row["skipped"]
    ]


def _stopped(data: Study, long: pl.DataFrame) -> list[tuple[str, ...]]:
    """Where unfinished questionnaires end: the last item of each that has an answer or a skip."""
    unfinished = data.files["responses"].filter(
        pl.col("status").is_in(["open", "stopped"]), pl.col("mode") != "paper"
    )
    place = {
        (instrument.id, instrument.version, item.id): number
        for instrument in catalogue().all()
        for number, item in enumerate(instrument.items)
    }
    ends: dict[int, tuple[str, str, str]] = {}
    rows = long.filter(pl.col("response").is_in(unfinished["response"].to_list()))
    for number, *key in rows.select("response", "instrument", "version", "item").iter_rows():
        here = (key[0], key[1], key[2])
        if number not in ends or place.get(here, -1) > place.get(ends[number], -1):
            ends[number] = here
    stops = Counter(ends.values())
    reached = {
        (row[0], row[1], row[2]): row[3]
        for row in long.group_by("instrument", "version", "item").len().iter_rows()
    }
    # The last item is the end, not a place to stop: such a form was filled in and never handed in.
    found = [(key, count, reached[key]) for key, count in stops.items() if reached[key] >= FEWEST]
    found.sort(key=lambda each: (-each[1] / each[2], -each[2], each[0]))
    return [(_name(*key), str(whole), numbers.percent(count, whole)) for key, count, whole in found[:_ITEMS]]


def _alike(data: Study) -> Iterator[tuple[str, ...]]:
    for instrument, mine in _answered(data):
        sets: dict[str, list[str]] = {}
        for item in instrument.items:
            if item.kind == "choice" and item.options is not None and item.show_if is None:
                sets.setdefault(item.options, []).append(variable_name(instrument, item.id))
        for columns in sets.values():
            if len(columns) < _FEWEST_ALIKE:
                continue
            rows = [row for row in mine.select(columns).drop_nulls().iter_rows() if min(row) >= 0]
            alike = sum(len(set(row)) == 1 for row in rows)
            share = numbers.percent(alike, len(rows)) if len(rows) >= FEWEST else "–"
            yield instrument.key, str(len(columns)), str(len(rows)), share


def _reliability(data: Study) -> Iterator[tuple[str, ...]]:
    for instrument, mine in _answered(data):
        edition = pl.concat_str(
            pl.col(f"{instrument.id}_language"), pl.col(f"{instrument.id}_reading"), separator="-"
        )
        there = mine.with_columns(edition.str.strip_suffix("-standard").alias("edition"))
        for rule in instrument.scores:
            if len(rule.items) > 1 and rule.released:
                for name in keys(there["edition"]):
                    rows = _keyed(there.filter(pl.col("edition") == name), instrument, rule)
                    enough = len(rows) >= FEWEST
                    yield (
                        f"{instrument.key} {rule.id}",
                        name,
                        str(len(rows)),
                        _coefficient(reliability.alpha(rows) if enough else None),
                        _coefficient(reliability.omega(rows) if enough else None),
                    )


def _coefficient(value: float | None) -> str:
    return "–" if value is None else numbers.shown(value, 2)


def _answered(data: Study) -> Iterator[tuple[Instrument, pl.DataFrame]]:
    """The versions that the plan asks, each with the rows in which it is complete."""
    for instrument in catalogue().all():
        file = file_of(instrument.informant, instrument.subject)
        if f"{instrument.id}_version" in data.files.get(file, pl.DataFrame()).columns:
            frame = data.complete(file, instrument.id)
            yield instrument, frame.filter(pl.col(f"{instrument.id}_version") == instrument.version)


def _keyed(frame: pl.DataFrame, instrument: Instrument, rule: Rule) -> Sequence[Sequence[float]]:
    """The answers to a scale by those who answered all of it, all items in one direction."""
    columns = [variable_name(instrument, item) for item in rule.items]
    turned = []
    for item in rule.items:
        codes = instrument.codes(instrument.item(item))
        turned.append(min(codes) + max(codes) if item in rule.reverse else None)
    return [
        [cell if turn is None else turn - cell for cell, turn in zip(row, turned, strict=True)]
        for row in frame.select(columns).drop_nulls().iter_rows()
        if min(row) >= 0
    ]
