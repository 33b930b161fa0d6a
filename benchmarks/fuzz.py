"""Requests nobody would send: to every address, as everybody, as many as you like; what fails is told.

`python -m benchmarks.fuzz [--requests 100000] [--seed 1] [--check]`

There is no floor to measure against: the aim is none. A request that is wrong is printed whole, once for each
kind of failure at each address, and can be made again with `tests.fuzzing.Round.try_`. `--check` ends with 1
when there was any, or when fewer than a tenth got past the door.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests import fuzzing, inventing
from tests.fuzzing import Round
from tests.inventing import Request

#: After so many requests everything begins anew, so that no family stays erased.
ANEW = 200


def main() -> int:
    """Send them, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="end with 1 when anything is wrong")
    wanted = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        here = Round(fuzzing.prepare(Path(folder)), Path(folder))
        try:
            wrong, statuses = _send(here, wanted.requests, wanted.seed)
        finally:
            here.close()
    done = sum(statuses.values())
    through = sum(count for status, count in statuses.items() if status < 400)
    print("status    requests")
    for status, count in sorted(statuses.items()):
        print(f"{status:>6}  {count:>10}")
    print(f"{done} requests, {through / done:.0%} past the door, {len(wrong)} kinds of failure (aim: 0)")
    return int(wanted.check and (bool(wrong) or through < done / 10))


def _send(here: Round, requests: int, seed: int) -> tuple[dict[tuple[str, str], Request], Counter[int]]:
    chance, actors = random.Random(seed), list(here.clients)
    rules = inventing.rules(here.app)
    wrong: dict[tuple[str, str], Request] = {}
    statuses: Counter[int] = Counter()
    started, since = time.monotonic(), 0
    for number in range(requests):
        rule, method = rules[chance.randrange(len(rules))]
        asked = inventing.invent(
            chance, here.prepared, rule, method, inventing.somebody(chance, rule, actors)
        )
        status, told = here.try_(asked)
        statuses[status] += 1
        if told and (asked.endpoint, told[:80]) not in wrong:
            wrong[asked.endpoint, told[:80]] = asked
            print(f"WRONG {told}\n  {asked}", flush=True)
        since += 1
        if here.changed and since >= ANEW:
            here.begin_anew()
            since = 0
        if number % 10_000 == 9_999:
            print(
                f"{number + 1} requests, {(number + 1) / (time.monotonic() - started):.0f} a second",
                flush=True,
            )
    return wrong, statuses


if __name__ == "__main__":
    sys.exit(main())
