"""The floor of an export: what a plain script does that knows nothing but the tables.

It reads responses and answers with the driver, turns them into a long table and two wide ones, adds simple
sums, and writes. No labels, no missing codes, no consent, no age, no routing, no checks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pyreadstat

_RESPONSES = """
SELECT r.id, f.code, p.code, c.code, r.instrument, r.version, r.wave, r.mode, r.status, r.completed_at
FROM response r JOIN respondent p ON p.id = r.respondent_id JOIN family f ON f.id = p.family_id
LEFT JOIN child c ON c.id = r.child_id ORDER BY r.id
"""
_KEYS = ("response", "family", "respondent", "child", "instrument", "version", "wave", "mode", "status", "at")
_ANSWERS = "SELECT response_id, item, entry, value, missing, saved_at FROM answer ORDER BY response_id"
_ANSWER = {
    "response": pl.Int64, "item": pl.String, "entry": pl.Int64, "value": pl.Int64, "missing": pl.String,
    "saved_at": pl.String,
}  # fmt: skip
_PART = 100_000


def read(url: str) -> dict[str, pl.DataFrame]:
    """A long table and two wide ones."""
    connection: Any
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        cursor = connection.cursor()
    else:
        connection = psycopg.connect(url.replace("+psycopg", ""))
        cursor = connection.cursor(name="bare")
    head = connection.cursor()
    responses = pl.DataFrame(head.execute(_RESPONSES).fetchall(), schema=list(_KEYS), orient="row")
    cursor.execute(_ANSWERS)
    long = pl.concat(list(_parts(cursor))).join(responses, on="response", how="left", maintain_order="left")
    connection.close()
    tables = {"long": long}
    named = long.with_columns((pl.col("instrument") + "_" + pl.col("item")).alias("variable"))
    for name, condition in (
        ("parent_about_child", pl.col("child").is_not_null()),
        ("parent", pl.col("child").is_null()),
    ):
        wide = named.filter(condition).pivot(
            "variable", index=["family", "respondent", "child", "wave"], values="value"
        )
        sums = [
            pl.sum_horizontal([each for each in wide.columns if each.startswith(f"{instrument}_")]).alias(
                f"{instrument}_sum"
            )
            for instrument in named.filter(condition)["instrument"].unique(maintain_order=True)
        ]
        tables[name] = wide.with_columns(sums)
    return tables


def _parts(cursor: Any) -> Iterator[pl.DataFrame]:
    while rows := cursor.fetchmany(_PART):
        columns = zip(*rows, strict=True)
        yield pl.DataFrame(
            [
                pl.Series(name, cells, dtype=kind)
                for (name, kind), cells in zip(_ANSWER.items(), columns, strict=True)
            ]
        )


@contextmanager
def writer(url: str, folder: Path) -> Iterator[Callable[[], None]]:
    """What commits one row, durably, by the bare driver."""
    if url.startswith("sqlite"):
        beside: Any = sqlite3.connect(folder / "bare.db", isolation_level=None)
        beside.execute("PRAGMA journal_mode = WAL")
        beside.execute("PRAGMA synchronous = FULL")
    else:
        beside = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    beside.execute("CREATE TABLE bare_commit (number INTEGER)")
    try:
        yield lambda: beside.execute("INSERT INTO bare_commit VALUES (1)") and None
    finally:
        beside.execute("DROP TABLE bare_commit")
        beside.close()


def write(tables: dict[str, pl.DataFrame], folder: Path, ending: str) -> None:
    """Every table in one format."""
    for name, frame in tables.items():
        path = folder / f"{name}.{ending}"
        if ending == "csv":
            frame.write_csv(path)
        elif ending == "parquet":
            frame.write_parquet(path)
        else:
            pyreadstat.write_sav(frame, path)
