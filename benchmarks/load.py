"""The service under load, over HTTP: processor time for each save, against the bare save on the same server.

`python -m benchmarks.load [--only sqlite|postgresql] [--seconds 4] [--rounds 3] [--saves 10000] [--check]`

Sixteen clients save five answers over and over on connections that stay open. Product and floor are loaded in
turn. What is compared is processor time of the server's own processes, which holds on a busy machine; saves a
second are told beside it, and are no aim. Then memory: after 1,000 saves and after all of them.
"""

from __future__ import annotations

import argparse
import http.client
import re
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from benchmarks import served
from benchmarks.anchors import raw_save
from benchmarks.databases import DATABASES, empty_database
from benchmarks.durability import pockets
from benchmarks.phones import Phone
from benchmarks.served import Running
from survey.db import Database

CLIENTS = 16
#: A served save may cost so many times the bare one; memory may grow by so much from 1,000 saves on.
CPU_AIM, MEMORY_AIM = 2.5, 1.05

_HIDDEN = re.compile(r'name="(csrf|sequence)" value="([^"]*)"')
_ITEM = re.compile(r'name="i\.([^"]+)"')


class Saver:
    """A client that saves one page of five answers over and over."""

    def __init__(
        self, port: int, path: str, fields: dict[str, str], cookie: str, items: Sequence[str]
    ) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._path, self._fields, self._items = path, fields, items
        self._headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        self.count = 0

    @classmethod
    def of_product(cls, port: int, token: str, seed: int) -> Saver:
        """At the service: opens the link and a questionnaire first."""
        phone = Phone(port, token, seed)
        address = phone.open("sdq")
        _, page, _ = phone.request("GET", address)
        items = list(dict.fromkeys(_ITEM.findall(page)))
        cookie = "; ".join(f"{name}={value}" for name, value in phone._cookies.items())
        phone.close()
        return cls(port, address, {"csrf": dict(_HIDDEN.findall(page))["csrf"], "do": "next"}, cookie, items)

    @classmethod
    def of_floor(cls, port: int, response_id: int, items: Sequence[str]) -> Saver:
        """At the floor."""
        return cls(port, f"/{response_id}", {"csrf": raw_save.token(response_id)}, "", items)

    @property
    def named(self) -> tuple[int, Sequence[str]]:
        """The response and the items, for the floor beside it."""
        return int(self._path.split("/")[2]), self._items

    def save(self) -> float:
        """One save; how long it took, in seconds."""
        self.count += 1
        prefix = "" if "do" not in self._fields else "i."
        fields = {**self._fields, "sequence": f"load-{id(self)}-{self.count}"}
        fields |= {f"{prefix}{item}": str(self.count % 3) for item in self._items}
        began = time.perf_counter()
        self._connection.request("POST", self._path, urlencode(fields), self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 303, answer.status
        return time.perf_counter() - began

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@dataclass(frozen=True)
class Burst:
    """What came of some seconds of load."""

    saves: int
    cpu_us: float
    per_s: float
    p50_ms: float
    p99_ms: float


def burst(server: Running, savers: Sequence[Saver], until: Callable[[int, float], bool]) -> Burst:
    """Let every client save until it is enough: told how many saves there are, and how many seconds."""
    took: list[float] = []
    failures: list[BaseException] = []
    before = server.cpu_s()
    began = time.monotonic()

    def go(saver: Saver) -> None:
        try:
            while True:
                took.append(saver.save())
                if failures or until(len(took), time.monotonic() - began):
                    return
        except Exception as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=go, args=(saver,)) for saver in savers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    seconds, cpu = time.monotonic() - began, server.cpu_s() - before
    cuts = statistics.quantiles(took, n=100)
    return Burst(len(took), cpu / len(took) * 1e6, len(took) / seconds, cuts[49] * 1e3, cuts[98] * 1e3)


def measure(kind: str, *, seconds: float, rounds: int, saves: int) -> list[tuple[str, str, bool]]:
    """Every figure: what it is, what came out, whether its aim is met."""
    with empty_database(kind) as url:
        database = Database(url)
        tokens = pockets(database, CLIENTS)
        database.dispose()
        workers = 1 if kind == "sqlite" else 2
        with served.product(url, workers=workers) as ours, served.floor(url, workers=workers) as theirs:
            savers = [Saver.of_product(ours.port, token, seed) for seed, token in enumerate(tokens)]
            bare = [Saver.of_floor(theirs.port, *saver.named) for saver in savers]
            done = burst(ours, savers, lambda count, _: count >= 1000).saves
            early = ours.memory_mb()
            ours_seen, theirs_seen = [], []
            for _ in range(rounds):
                theirs_seen.append(burst(theirs, bare, lambda _, so_far: so_far > seconds))
                ours_seen.append(burst(ours, savers, lambda _, so_far: so_far > seconds))
            done += sum(each.saves for each in ours_seen)
            burst(ours, savers, lambda count, _: count >= max(1000, saves - done))
            late = ours.memory_mb()
            for saver in (*savers, *bare):
                saver.close()
    ratio = statistics.median(a.cpu_us / b.cpu_us for a, b in zip(ours_seen, theirs_seen, strict=True))
    best, floor = _middle(ours_seen), _middle(theirs_seen)
    pace = f"{best.per_s:.0f} saves/s, p50 {best.p50_ms:.0f} ms, p99 {best.p99_ms:.0f} ms"
    beside = f"floor {floor.per_s:.0f}/s, {floor.p50_ms:.0f} ms, {floor.p99_ms:.0f} ms"
    cost = f"{best.cpu_us:.0f} µs / {floor.cpu_us:.0f} µs = {ratio:.1f}x (aim {CPU_AIM:g}x)"
    held = f"{late:.0f} MB / {early:.0f} MB after 1,000 = {late / early:.2f}x (aim {MEMORY_AIM:g}x)"
    return [
        (f"save, served, {kind}", cost, ratio <= CPU_AIM),
        (f"{CLIENTS} clients, {kind}", f"{pace} ({beside})", True),
        (f"memory after {saves} saves, {kind}", held, late / early <= MEMORY_AIM),
    ]


def _middle(seen: Sequence[Burst]) -> Burst:
    return sorted(seen, key=lambda each: each.cpu_us)[len(seen) // 2]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=DATABASES, help="one kind of database; both without it")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--saves", type=int, default=10_000)
    parser.add_argument("--check", action="store_true", help="exit 1 when an aim is missed")
    options = parser.parse_args()
    missed = False
    for kind in [options.only] if options.only else DATABASES:
        rows = measure(kind, seconds=options.seconds, rounds=options.rounds, saves=options.saves)
        for what, figure, met in rows:
            print(f"{what:40} {figure}{'' if met else '   MISSED'}")
            missed = missed or not met
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
