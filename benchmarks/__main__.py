"""Every measurement one after the other, and a table of it all: `python -m benchmarks [--check] [--quick]`.

Each can be run by itself too, with more to choose: `python -m benchmarks.layers`, `load`, `tail`,
`durability`, `weight`, and those of other rooms. What is compared are ratios against floors measured in the
same run.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import durability, layers, load, tail, weight
from benchmarks.databases import DATABASES, empty_database, mortal_database

#: What other rooms measure; each tells its own figures when it is there.
OTHERS = ("markers", "packs", "scan", "exports")

Row = tuple[str, str, bool]


def rows(*, quick: bool) -> Iterator[Row]:
    """What was measured, what came out, and whether its aim is met."""
    for kind in DATABASES:
        with empty_database(kind) as url:
            yield from layers.measure(url, rounds=3 if quick else 9, requests=30 if quick else 60)
    for kind in DATABASES:
        seconds, rounds, saves = (2, 1, 2500) if quick else (4, 3, 10_000)
        yield from load.measure(kind, seconds=seconds, rounds=rounds, saves=saves)
    yield from tail.measure(16, rounds=2 if quick else 5, saves=30 if quick else 60)
    yield from _weight()
    for kind in DATABASES:
        yield _durability(kind, saves=300 if quick else 10_000, kills=4 if quick else 20)


def _weight() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        found = list(weight.measured(Path(folder)))
    wrong = weight.misses(found)
    first = max(each.page.brotli for each in found if each.name == weight.LANDING)
    whole = max(each.whole for each in found if each.name == weight.ASKING)
    yield ("first page, heaviest edition", f"{first} bytes (aim {weight.FIRST_PAGE})", not wrong)
    yield ("first questions with all they load", f"{whole} bytes (aim {weight.WITH_SCRIPT})", not wrong)


def _durability(kind: str, *, saves: int, kills: int) -> Row:
    with tempfile.TemporaryDirectory() as folder, mortal_database(kind) as (url, crash):
        outcome = durability.run(url, Path(folder), saves=saves, kills=kills, clients=8, seed=1, crash=crash)
    figure = (
        f"{outcome.acknowledged} acknowledged saves, {outcome.kills} times kill -9:"
        f" {len(outcome.lost)} lost, {len(outcome.doubled)} doubled, {len(outcome.wrong)} wrong"
    )
    return (f"durability, {kind}", figure, outcome.whole)


def main() -> int:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="exit 1 when an aim is missed")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, to see that it runs")
    options = parser.parse_args()
    missed = False
    print("| what | measured | aim met |\n|---|---|---|")
    for what, figure, met in rows(quick=options.quick):
        print(f"| {what} | {figure} | {'yes' if met else '**no**'} |", flush=True)
        missed = missed or not met
    for name in OTHERS:
        if importlib.util.find_spec(f"benchmarks.{name}") is not None:
            print(f"\nbenchmarks.{name}:", flush=True)
            call = [sys.executable, "-m", f"benchmarks.{name}", *(["--check"] if options.check else [])]
            done = subprocess.run(call, check=False)
            missed = missed or done.returncode != 0
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
