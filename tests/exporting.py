"""Answering as the cast, exporting, and reading the files back with a reader that is not ours."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyreadstat

from instruments import Given, Instrument, catalogue
from instruments.model import GIVEN_MISSING
from instruments.wording import Library
from survey import answers, exports, responses, schedule
from survey.db import Database
from tests.people import DUTCH, T0, T1, Cast, at, plan

WIDE = ("parent_about_child", "parent", "child", "linking_pin", "childcare_worker")

LONG = ("long", "scores", "free_text", "responses")

#: All that an export can be asked for.
FULL = exports.Wanted(pdf=False, free_text=True, months=True, municipality=True, reason="a test of all")

Row = dict[str, Any]


def fill(
    db: Database,
    respondent: int,
    instrument: str,
    on: dt.date,
    given: Mapping[str, Given],
    *,
    child: int | None = None,
    complete: bool = True,
) -> int:
    """Somebody answers a questionnaire of today's pocket; the number of the response."""
    tasks = schedule.pocket(db, plan(), respondent, on).tasks
    key = next(t.key for t in tasks if t.instrument == instrument and child in (None, t.child_id))
    number = responses.open(db, plan(), respondent, key, on=on, now=at(on), edition=DUTCH)
    answers.record(
        db, number, given, source="web", sequence="s1", edition=DUTCH, now=at(on, 13), complete=complete
    )
    return number


def export(db: Database, folder: Path, library: Library | None = None, wanted: exports.Wanted = FULL) -> Path:
    return exports.write(db, plan(), folder, library=library, wanted=wanted).folder


def sav(folder: Path, name: str) -> tuple[list[Row], Any]:
    """The rows of a .sav file with missing codes as numbers, and what SPSS knows of it."""
    frame, meta = pyreadstat.read_sav(folder / f"{name}.sav", user_missing=True, output_format="polars")
    return frame.to_dicts(), meta


def the_row(folder: Path, name: str, wave: str = "T0", **known: str) -> Row:
    rows = [
        row
        for row in sav(folder, name)[0]
        if row["wave"] == wave and all(row[key] == value for key, value in known.items())
    ]
    assert len(rows) == 1
    return rows[0]


def code_of(db: Database, table: str, number: int) -> str:
    with db.read() as connection:
        code: str = connection.exec_driver_sql(f"SELECT code FROM {table} WHERE id = {number}").scalar_one()
    return code


def random_answers(instrument: Instrument, dice: random.Random) -> dict[str, Given]:
    """Answers to some of the items, sometimes a reason why there is none."""
    given: dict[str, Given] = {}
    for item in instrument.items:
        chance = dice.random()
        if chance < 0.1:
            continue
        if chance < 0.2:
            given[item.id] = dice.choice(GIVEN_MISSING)
        elif item.kind == "choice":
            given[item.id] = dice.choice(instrument.codes(item))
        elif item.kind == "choices":
            given[item.id] = tuple(sorted(dice.sample(instrument.codes(item), 2)))
        elif item.kind == "number":
            given[item.id] = dice.randint(item.min or 0, item.max or 0)
        elif item.kind == "date":
            given[item.id] = "2026-02-28"
        else:
            given[item.id] = dice.choice(
                ["=1+1", "\"aan\"halings; 'tekens', é", "regel 1\nregel 2", "-", "@x"]
            )
    return given


class Told:
    """Everything that everyone in the cast answered, at random, in two waves."""

    def __init__(self, db: Database, cast: Cast) -> None:
        dice = random.Random(7)
        self.given: dict[int, dict[str, Given]] = {}
        self.response: dict[int, responses.Response] = {}
        everyone = (cast.mother, cast.father, cast.daan, cast.fatma, cast.joost)
        for on, respondent in itertools.product((T0, T1), everyone):
            for task in schedule.pocket(db, plan(), respondent, on).tasks:
                given = random_answers(catalogue().get(task.instrument, task.version), dice)
                number = fill(
                    db,
                    respondent,
                    task.instrument,
                    on,
                    given,
                    child=task.child_id,
                    complete=dice.random() < 0.8,
                )
                self.given[number] = given
                self.response[number] = responses.get(db, number)


def sums(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
