"""How the fieldwork goes, without any individual's answers: nothing rests on fewer than ten of them."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import polars as pl

from instruments import Instrument, catalogue
from instruments.codebook import variable_name
from instruments.model import Rule
from instruments.protocol import Protocol
from survey.db import Database
from survey.exports.blocks import file_of
from survey.report import numbers, page, study
from survey.report.contents import Part
from survey.report.study import Study

#: The fewest answers or responses on which a share, a median or a coefficient may rest.
FEWEST = 10
#: How many items the list of skipped ones names.
_ITEMS = 25
#: A form that stays open longer than this was laid aside, and says nothing of how long it takes.
_LONGEST_SITTING = dt.timedelta(hours=3)


def write(db: Database, plan: Protocol, path: Path, on: dt.date) -> None:
    """Write the quality of the fieldwork as one page: PDF where its name ends in .pdf, else HTML."""
    data = study.load(db, plan, on)
    about = [
        f"Study {plan.id}, as it was on {on.isoformat()}. Void responses are left out.",
        f"A dash stands where there are fewer than {FEWEST} answers or responses.",
    ]
    chapters = [("Response", responses(data)), ("Answers", answers(data))]
    page.save(page.html("The quality of the fieldwork", about, chapters), path)


def responses(data: Study) -> Iterator[Part]:
    """Response and lateness by wave, informant, language and mode; minutes by questionnaire."""
    frame = data.files["responses"].filter(pl.col("status") != "void")
    groups = (("role", "informant"), ("wave", "wave"), ("mode", "mode"), ("language", "language"))
    head = ("n opened", "complete, %", "late, %", "days after the due day, median")
    for column, name in groups:
        yield Part(
            f"Response by {name}",
            "of the questionnaires that were opened or printed",
            (name, *head),
            tuple((key, *_response(frame.filter(pl.col(column) == key))) for key in _keys(frame[column])),
        )
    by_both = [
        (role, *(_complete(frame.filter(pl.col("role") == role, pl.col("wave") == w)) for w in data.waves))
        for role in _keys(frame["role"])
    ]
    yield Part("Complete", "by informant and wave, in numbers", ("informant", *data.waves), tuple(by_both))
    yield Part(
        "Minutes",
        "from opening to completion on a screen, in one sitting",
        ("questionnaire", "n", "median", "expected"),
        tuple(_minutes(frame, key) for key in _keys(frame["instrument"])),
    )


def answers(data: Study) -> Iterator[Part]:
    """The items that are passed over most, and the reliability of every scale."""
    yield Part(
        "Passed over",
        "the items that respondents skip most",
        ("item", "n", "skipped, %"),
        tuple(_skipped(data.files["long"])),
    )
    yield Part(
        "Reliability",
        "Cronbach's alpha of the answers that are complete, by language",
        ("scale", "language", "n", "alpha"),
        tuple(_reliability(data)),
        "Waves are taken together, so the same person counts more than once.",
    )


def alpha(rows: Sequence[Sequence[float]]) -> float | None:
    """Cronbach's alpha: rows are respondents, columns items keyed in one direction.

    None with fewer than two items or rows, or when the sums are all the same.
    Source: Cronbach 1951, Psychometrika 16(3).
    """
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    whole = float(statistics.variance([sum(row) for row in rows]))
    if not whole:
        return None
    count = len(rows[0])
    parts = float(sum(statistics.variance(column) for column in zip(*rows, strict=True)))
    return count / (count - 1) * (1 - parts / whole)


def _response(frame: pl.DataFrame) -> tuple[str, ...]:
    done = frame.filter(pl.col("status") == "complete")
    days = (done["completed_at"].str.slice(0, 10).str.to_date() - done["due"]).dt.total_days()
    enough = done.height >= FEWEST
    return (
        str(frame.height),
        numbers.percent(done.height, frame.height) if frame.height >= FEWEST else "–",
        numbers.percent(int(done["late"].sum()), done.height) if enough else "–",
        numbers.shown(Fraction(statistics.median(days.to_list()))) if enough else "–",
    )


def _complete(frame: pl.DataFrame) -> str:
    return str(frame.filter(pl.col("status") == "complete").height)


def _minutes(frame: pl.DataFrame, instrument: str) -> tuple[str, ...]:
    done = frame.filter(
        pl.col("instrument") == instrument, pl.col("status") == "complete", pl.col("mode") != "paper"
    )
    spent = [
        dt.datetime.fromisoformat(completed) - dt.datetime.fromisoformat(opened)
        for opened, completed in done.select("opened_at", "completed_at").iter_rows()
    ]
    sat = [time.total_seconds() / 60 for time in spent if time <= _LONGEST_SITTING]
    expected = sorted({version.minutes for version in catalogue().versions(instrument)})
    return (
        instrument,
        str(len(sat)),
        numbers.shown(statistics.median(sat)) if len(sat) >= FEWEST else "–",
        "-".join(str(minutes) for minutes in dict.fromkeys((expected[0], expected[-1]))),
    )


def _skipped(frame: pl.DataFrame) -> list[tuple[str, ...]]:
    found = (
        frame.filter(pl.col("entry") == 0)
        .group_by("instrument", "version", "item")
        .agg(pl.len().alias("n"), (pl.col("missing") == "skipped").sum().alias("skipped"))
        .filter(pl.col("n") >= FEWEST)
        .with_columns((pl.col("skipped") / pl.col("n")).alias("share"))
        .sort(["share", "n", "instrument", "version", "item"], descending=[True, True, False, False, False])
        .head(_ITEMS)
    )
    return [
        (
            f"{row['instrument']} {row['version']}: {row['item']}",
            str(row["n"]),
            numbers.percent(row["skipped"], row["n"]),
        )
        for row in found.iter_rows(named=True)
        if row["skipped"]
    ]


def _reliability(data: Study) -> Iterator[tuple[str, ...]]:
    for instrument in catalogue().all():
        file = file_of(instrument.informant, instrument.subject)
        if f"{instrument.id}_version" not in data.files.get(file, pl.DataFrame()).columns:
            continue  # this plan does not ask it
        frame = data.complete(file, instrument.id)
        mine = frame.filter(pl.col(f"{instrument.id}_version") == instrument.version)
        for rule in instrument.scores:
            if len(rule.items) > 1 and rule.released:
                for language in _keys(mine[f"{instrument.id}_language"]):
                    rows = _keyed(
                        mine.filter(pl.col(f"{instrument.id}_language") == language), instrument, rule
                    )
                    found = alpha(rows) if len(rows) >= FEWEST else None
                    shown = "–" if found is None else numbers.shown(found, 2)
                    yield f"{instrument.key} {rule.id}", language, str(len(rows)), shown


def _keyed(frame: pl.DataFrame, instrument: Instrument, rule: Rule) -> list[list[float]]:
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


def _keys(column: pl.Series) -> list[str]:
    return sorted(column.drop_nulls().unique().to_list())
