"""How the fieldwork goes, in numbers: response, lateness, minutes, change of reporter, who left and why."""

from __future__ import annotations

import datetime as dt
import itertools
import statistics
from collections import Counter
from collections.abc import Collection, Iterator
from fractions import Fraction

import polars as pl

from instruments import catalogue
from survey.report import numbers
from survey.report.contents import Part
from survey.report.study import Study

#: The fewest answers, responses or families on which a share, a median or a coefficient may rest.
FEWEST = 10
#: A form that stays open longer than this was laid aside, and says nothing of how long it takes.
_LONGEST_SITTING = dt.timedelta(hours=3)


def responses(data: Study) -> Iterator[Part]:
    """Response by wave, informant, municipality, language and mode; lateness; minutes."""
    yield _families_by_wave(data)
    yield _families_by_municipality(data)
    frame = data.files["responses"].filter(pl.col("status") != "void")
    groups = (
        ("role", "informant"),
        ("wave", "wave"),
        ("municipality", "municipality"),
        ("mode", "mode"),
        ("language", "language"),
    )
    names = {family.municipality_code: family.municipality for family in data.families}
    head = ("n opened", "complete, %", "late, %", "days after the due day, median")
    for column, name in groups:
        yield Part(
            f"Response by {name}",
            "of the questionnaires that were opened or printed",
            (name, *head),
            tuple(
                (names.get(key, key), *_response(frame.filter(pl.col(column) == key)))
                for key in keys(frame[column])
            ),
        )
    by_both = [
        (role, *(_complete(frame.filter(pl.col("role") == role, pl.col("wave") == w)) for w in data.waves))
        for role in keys(frame["role"])
    ]
    yield Part("Complete", "by informant and wave, in numbers", ("informant", *data.waves), tuple(by_both))
    yield Part(
        "Minutes",
        "from opening to completion on a screen, in one sitting",
        ("questionnaire", "n", "median", "expected"),
        tuple(_minutes(frame, key) for key in keys(frame["instrument"])),
    )


def people(data: Study) -> Iterator[Part]:
    """Change of reporter from wave to wave, and families that left, with the reasons."""
    yield _reporters(data)
    yield _attrition(data)


def keys(column: pl.Series) -> list[str]:
    """What occurs in a column, sorted."""
    return sorted(column.drop_nulls().unique().to_list())


def _answered(data: Study) -> dict[str, set[str]]:
    """The families of whom a parent completed something, by wave."""
    frame = data.files["responses"].filter(pl.col("role") == "parent", pl.col("status") == "complete")
    return {wave: set(keys(frame.filter(pl.col("wave") == wave)["family"])) for wave in data.waves}


def _families_by_wave(data: Study) -> Part:
    answered = _answered(data)
    due = {wave: set(data.due(wave)) for wave in data.waves}
    return Part(
        "Families by wave",
        "of whom a parent completed a questionnaire",
        ("", *data.waves),
        (
            ("families for whom the wave has come", *(str(len(due[wave])) for wave in data.waves)),
            ("with a complete questionnaire", *(str(len(answered[w] & due[w])) for w in data.waves)),
            ("%", *(_share(answered[w] & due[w], due[w]) for w in data.waves)),
        ),
        drawn=((2, "%"),),
    )


def _families_by_municipality(data: Study) -> Part:
    answered = _answered(data)
    rows = []
    for place in sorted({family.municipality for family in data.families}):
        here = {family.code for family in data.families if family.municipality == place}
        due = {wave: here & set(data.due(wave)) for wave in data.waves}
        shares = (_share(answered[wave] & due[wave], due[wave]) for wave in data.waves)
        rows.append((place, str(len(here)), *shares))
    return Part(
        "Families by municipality",
        f"percent of whom a parent completed a questionnaire, of those for whom the wave has come; "
        f"a dash below {FEWEST} families",
        ("municipality", "families", *data.waves),
        tuple(rows),
    )


def _share(part: Collection[str], whole: Collection[str]) -> str:
    return numbers.percent(len(part), len(whole)) if len(whole) >= FEWEST else "–"


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


def _reporters(data: Study) -> Part:
    """Children of whom the one parent answered in one wave and another in the next."""
    frame = data.files["responses"].filter(
        pl.col("role") == "parent", pl.col("subject") == "child", pl.col("status") == "complete"
    )
    by_wave: dict[str, dict[str, set[str]]] = {wave: {} for wave in data.waves}
    for child, respondent, wave in frame.select("child", "respondent", "wave").iter_rows():
        if wave in by_wave:
            by_wave[wave].setdefault(child, set()).add(respondent)
    rows = []
    for before, after in itertools.pairwise(data.waves):
        both = by_wave[before].keys() & by_wave[after].keys()
        changed = [child for child in both if not by_wave[before][child] & by_wave[after][child]]
        share = numbers.percent(len(changed), len(both)) if len(both) >= FEWEST else "–"
        rows.append((f"{before} to {after}", str(len(both)), str(len(changed)), share))
    return Part(
        "Change of reporter",
        "children about whom another parent answered than the wave before",
        ("waves", "children in both", "another parent", "%"),
        tuple(rows),
        "A score can change because somebody else answers.",
    )


def _attrition(data: Study) -> Part:
    """Families that stopped, by the reason and by the last wave that had come for them."""
    left = [family for family in data.families if family.left_on is not None]
    counted = Counter((family.left_reason, _wave_of(data, family.t0, family.left_on)) for family in left)
    reasons = sorted({reason for reason, _ in counted})
    last = [
        (
            reason.replace("_", " "),
            *(str(counted[reason, wave]) for wave in data.waves),
            str(sum(counted[reason, wave] for wave in data.waves)),
        )
        for reason in reasons
    ]
    whole = len(data.families)
    return Part(
        "Attrition",
        f"families that stopped, by the last wave that had come for them: {len(left)} of {whole}",
        ("reason", *(f"after {wave}" for wave in data.waves), "all"),
        tuple(last),
        "" if left else "No family was noted as having stopped.",
    )


def _wave_of(data: Study, t0: dt.date, left: dt.date | None) -> str:
    dates = data.plan.wave_dates(t0)
    come = [wave for wave in data.waves if left is not None and dates[wave] <= left]
    return come[-1] if come else data.waves[0]
