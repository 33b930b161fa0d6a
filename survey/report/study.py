"""The data of a study at one moment, and who could have answered when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from instruments.protocol import Protocol
from survey.db import Database
from survey.exports import reading
from survey.exports.tables import Tables
from survey.exports.wanted import EVERYTHING
from survey.report import roster

#: From this age on, in completed months, children evaluate the project themselves.
EIGHT_YEARS = 96


@dataclass(frozen=True)
class Study:
    """Everything that the report counts."""

    plan: Protocol
    #: The day of the report: waves due later are not counted as missed.
    on: dt.date
    families: tuple[roster.Family, ...]
    children: tuple[roster.Child, ...]
    #: The wide files of the export.
    files: Mapping[str, pl.DataFrame]

    @property
    def waves(self) -> tuple[str, ...]:
        """The names of the waves, in order."""
        return tuple(wave.id for wave in self.plan.waves)

    @property
    def follow_ups(self) -> tuple[str, ...]:
        """The waves after the first."""
        return self.waves[1:]

    def complete(self, file: str, instrument: str, wave: str | None = None) -> pl.DataFrame:
        """The rows of a wide file in which a questionnaire is complete; none where it was never asked."""
        frame = self.files[file]
        if f"{instrument}_status" not in frame.columns:
            return frame.clear()
        found = frame.filter(pl.col(f"{instrument}_status") == "complete")
        return found if wave is None else found.filter(pl.col("wave") == wave)

    def due(self, wave: str) -> dict[str, dt.date]:
        """The families for whom a wave has come, with its date."""
        dates = {family.code: self.plan.wave_dates(family.t0)[wave] for family in self.families}
        return {code: date for code, date in dates.items() if date <= self.on}

    def of_eight(self, wave: str) -> int:
        """How many children are eight or older on the date of a wave that has come for their family."""
        due = self.due(wave)
        return sum(
            (child.months(due[child.family]) or 0) >= EIGHT_YEARS
            for child in self.children
            if child.family in due
        )


def load(db: Database, plan: Protocol, on: dt.date) -> Study:
    """Read a study, all of it at one moment."""
    tables = Tables(plan, None, EVERYTHING)
    with db.snapshot() as connection:
        for batch, _ in reading.batches(connection):
            tables.add(batch)
        families, children = roster.families(connection), roster.children(connection)
    return Study(plan, on, families, children, {table.name: table.frame() for table in tables.all()})
