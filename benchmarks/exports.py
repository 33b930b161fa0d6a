"""An export of millions of answers, against a bare script that reads and writes the same.

    python -m benchmarks.exports                              200,000 and 1,000,000 answers, on SQLite
    python -m benchmarks.exports --answers 2000000 10000000   as many as are asked for, smallest first
    python -m benchmarks.exports --database postgresql        on a PostgreSQL of its own
    python -m benchmarks.exports --check                      fail when an aim is missed, or when the two read
                                                              differently

Printed are ratios of processor time, ours to the bare script's (`bare_export`), each case in a process of
its own: the aims are 2 for .csv and .parquet and 1.5 for .sav. Then how time and memory grow from the
smallest to the largest (linear is the ratio of the answers; memory should hardly), and how long the save of a
respondent takes at worst (the 99th percentile) while an export runs: twice as long as without, at most. A
bare commit is measured beside it: where that takes longer too, it is the disk, and nothing is judged.

Ours writes much more than the floor: labels, missing codes, scores with flags and evidence, consent, what is
noted of every response; and it computes what was asked of whom.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import select

from benchmarks import answers, bare_export
from benchmarks.databases import DATABASES, empty_database
from instruments import Edition, catalogue, protocol
from survey import moments
from survey.db import Database
from survey.exports import bundle
from survey.exports.formats import FORMATS
from survey.exports.wanted import Wanted
from survey.jobs.keeper import ASIDE
from survey.models import Response

AIMS = {"csv": 2.0, "parquet": 2.0, "sav": 1.5}
#: The growth of time may be so many times that of the answers, memory may grow by so much of that growth, and
#: the tail of saves be so many times as long.
GROWTH_AIM, MEMORY_AIM, TAIL_AIM = 1.1, 0.1, 2.0
#: Saves that the tail is taken of, and seconds between two of them.
SAVES, PAUSE = 400, 0.01


@dataclass
class Case:
    """What one process did."""

    #: Seconds of the processor, and megabytes at most.
    seconds: float
    megabytes: float
    #: Rows and the sum of values of the long table, to see that both read the same.
    rows: int
    total: int


_LINE = "{:>10} {:8} {:8.1f} {:8.1f} {:6.2f} {:5.1f} {:8.0f} {:8.0f}"


def bare(url: str, ending: str, folder: Path) -> tuple[int, int]:
    tables = bare_export.read(url)
    bare_export.write(tables, folder, ending)
    long = tables["long"]
    return long.height, int(long["value"].sum())


def ours(url: str, ending: str, folder: Path) -> tuple[int, int]:
    db = Database(url)
    shelf = folder / "shelf"
    shelf.mkdir()
    found = bundle.collect(db, protocol.default(), None, Wanted(pdf=False), bundle.quiet, shelf)
    for table in found.tables:
        FORMATS[ending](table, folder / f"{table.name}.{ending}", found.made)
    db.dispose()
    long = next(table for table in found.tables if table.name == "long")
    total = long.lazy().filter(pl.col("missing").is_null()).select(pl.col("value").sum()).collect()
    return long.height, int(total.item())


def measured(work: Callable[[str, str, Path], tuple[int, int]], url: str, ending: str) -> Case:
    """A case in a process of its own, so that its memory is its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return Case(*pool.apply(_in_process, (work.__name__, url, ending)))


def _in_process(name: str, url: str, ending: str) -> tuple[float, float, int, int]:
    work = {"bare": bare, "ours": ours}[name]
    catalogue()  # reading the definitions is part of starting, and the same for any number of answers
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        rows, total = work(url, ending, Path(folder))
    seconds = time.process_time() - begun
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, rows, total


def tail(url: str) -> float:
    """The 99th percentile of a save of one answer, in milliseconds."""
    from survey import answers as doors

    db = Database(url)
    with db.read() as connection:
        number = connection.scalar(
            select(Response.id).where(Response.instrument == "who5").order_by(Response.id).limit(1)
        )
    assert number is not None
    times, stamp = [], f"{time.monotonic_ns()}"
    for save in range(SAVES):
        begun = time.perf_counter()
        doors.record(
            db, number, {"1": save % 6}, source="web", sequence=f"{stamp}-{save}", edition=Edition("nl"),
            now=moments.read("2020-02-01T00:00:00.000Z"),
        )  # fmt: skip
        times.append((time.perf_counter() - begun) * 1000)
        time.sleep(PAUSE)
    db.dispose()
    return statistics.quantiles(times, n=100)[98]


def bare_tail(url: str) -> float:
    """The same of a bare commit of one row, in a file (on PostgreSQL a table) of its own."""
    times = []
    with tempfile.TemporaryDirectory() as folder, bare_export.writer(url, Path(folder)) as commit:
        for _ in range(SAVES):
            begun = time.perf_counter()
            commit()
            times.append((time.perf_counter() - begun) * 1000)
            time.sleep(PAUSE)
    return statistics.quantiles(times, n=100)[98]


def tails_beside_an_export(url: str) -> tuple[float, float]:
    """Both while another process exports, over and over."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    process = context.Process(target=_export_until, args=(url, stop))
    process.start()
    time.sleep(3)
    try:
        return tail(url), bare_tail(url)
    finally:
        stop.set()
        process.join()


def _export_until(url: str, stop: Any) -> None:
    os.nice(ASIDE)  # as a worker does
    db = Database(url)
    while not stop.is_set():
        with tempfile.TemporaryDirectory() as shelf:
            bundle.collect(db, protocol.default(), None, Wanted(pdf=False), bundle.quiet, Path(shelf))


def missed(ending: str, floor: Case, own: Case) -> list[str]:
    """What is wrong with a case, beside its floor."""
    found = []
    if (floor.rows, floor.total) != (own.rows, own.total):
        found.append(f"{own.rows} rows that sum to {own.total}, not {floor.rows} and {floor.total}")
    if own.seconds > AIMS[ending] * floor.seconds:
        found.append(f"{own.seconds / floor.seconds:.2f} times the time of the bare script")
    return found


def run(kind: str, sizes: Sequence[int], check: bool) -> int:
    """Everything on one kind of database; the number of aims that were missed."""
    bad: list[str] = []
    cases: dict[str, list[tuple[int, Case]]] = {}
    print(f"{kind}\n{'answers':>10} {'format':8} {'bare s':>8} {'ours s':>8} {'ratio':>6} {'aim':>5} "
          f"{'bare MB':>8} {'ours MB':>8}")  # fmt: skip
    for size in sizes:
        with empty_database(kind) as url:
            db = Database(url)
            db.upgrade()
            there = answers.fill(db, size)
            db.dispose()
            for ending, aim in AIMS.items():
                floor, own = measured(bare, url, ending), measured(ours, url, ending)
                ratio = own.seconds / floor.seconds
                cases.setdefault(ending, []).append((there, own))
                cells = (there, ending, floor.seconds, own.seconds, ratio, aim)
                print(_LINE.format(*cells, floor.megabytes, own.megabytes), flush=True)
                bad += [f"{there} answers as {ending}: {what}" for what in missed(ending, floor, own)]
            if size == sizes[0]:
                bad += _tails(url)
    for ending, found in cases.items():
        if len(found) > 1:
            bad += [f"{ending}: {what}" for what in _growth(ending, *found[0], *found[-1])]
    if check:
        print(json.dumps({"database": kind, "missed": bad}))
    return len(bad)


def _tails(url: str) -> list[str]:
    """Print how long saves take at worst; what is wrong with it.

    Where a bare commit does not keep the aim either, it is the disk and the machine that are measured, and
    nothing is judged.
    """
    alone, bare_alone = tail(url), bare_tail(url)
    beside, bare_beside = tails_beside_an_export(url)
    for what, before, during in (("a save", alone, beside), ("a bare commit", bare_alone, bare_beside)):
        print(f"{what}, 99th percentile: {before:.1f} ms alone, {during:.1f} ms during an export: "
              f"{during / before:.2f} times (aim {TAIL_AIM})")  # fmt: skip
    if beside > TAIL_AIM * alone and bare_beside <= TAIL_AIM * bare_alone:
        return [f"a save takes {beside / alone:.1f} times as long during an export"]
    return []


def _growth(ending: str, few: int, small: Case, many: int, large: Case) -> list[str]:
    """Print how time and memory grow; what is wrong with it."""
    times = many / few
    time = large.seconds / small.seconds / times
    memory = (large.megabytes / small.megabytes - 1) / (times - 1)
    print(f"{ending}: {times:.1f} times the answers, {large.seconds / small.seconds:.1f} times the time: "
          f"{time:.2f} (aim {GROWTH_AIM}); {large.megabytes / small.megabytes:.2f} times the memory: "
          f"{memory:.2f} of the growth (aim {MEMORY_AIM})")  # fmt: skip
    found = []
    if time > GROWTH_AIM:
        found.append(f"grows {time:.2f} times as fast as the answers")
    if memory > MEMORY_AIM:
        found.append(f"memory grows by {memory:.2f} of what the answers do")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--answers", nargs="+", type=int, default=[200_000, 1_000_000])
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    missed = run(chosen.database, sorted(chosen.answers), chosen.check)
    return 1 if chosen.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
