"""What professionals are told at the end of their own form: the grades of the last release, and nothing else.

They come from what was published, so that they are safe together with all of it; nothing is worked out here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from instruments import catalogue
from instruments.protocol import Protocol
from survey.db import Database
from survey.feedback import ledger
from survey.feedback.selection import ALL


@dataclass(frozen=True)
class Grade:
    """What one kind of people gave the project in the last wave that was told."""

    informant: str
    value: Decimal


@dataclass(frozen=True)
class Grades:
    """The grades of the last release, and the scale they are on."""

    grades: tuple[Grade, ...]
    lowest: int
    highest: int


def last_grades(db: Database, study_id: int, plan: Protocol) -> Grades | None:
    """The grades of the last release; None when there are none, or figures are on different scales."""
    release = ledger.latest(db, study_id)
    if release is None:
        return None
    told = {
        (line["figure"], line["period"]): line["value"]
        for line in (*release.manifest["again"], *release.manifest["new"])
        if line["place"] == ALL and line["kind"] == "mean"
    }
    waves = [wave.id for wave in plan.waves]
    found: list[Grade] = []
    scales: set[tuple[float, float]] = set()
    for figure in plan.feedback.figures:
        periods = [period for name, period in told if name == figure.id]
        if not figure.grade or not periods:
            continue
        # The last wave; or several together, where no single one has enough people.
        last = max(periods, key=lambda period: (period in waves, waves.index(period.split("-")[-1])))
        found.append(Grade(figure.informant, Decimal(told[figure.id, last])))
        scales.add(figure.scale(catalogue()))
    if len(scales) != 1:
        return None
    low, high = scales.pop()
    return Grades(tuple(found), int(low), int(high))
