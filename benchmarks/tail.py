"""The longest saves: sixteen at once, on both databases, and with SQLite's own way of waiting beside ours.

`python -m benchmarks.tail [--clients 16] [--rounds 5] [--saves 60] [--check]`

Threads of one process save five answers each through the door of the database, round by round in turn. The
clock on the wall is all that can be measured here, and it measures the disk and the other work of the
machine too. So in every round one client saves alone as well, with the bare driver and nobody to wait for:
how far its own longest saves lie from its median is the restlessness of the machine. Where that alone misses
the aim no queue could keep it, and the run says so and passes no judgement.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from sqlalchemy.engine import Connection

from benchmarks.databases import empty_database
from benchmarks.durability import pockets
from survey import moments, responses, schedule
from survey.db import Database
from survey.moments import day, now
from tests import people

#: SQLite's 99th percentile against its own median, and against PostgreSQL's 99th percentile.
OWN_AIM, OTHER_AIM = 6.0, 2.0
#: The floor beside them, and how often it saves in a round.
ALONE, ALONE_SAVES = "one bare client alone", 300

Save = Callable[[int], None]

_EVENT = (
    "INSERT INTO save_event (response_id, entry, sequence, source, screen, language, reading, given,"
    " saved_at) VALUES (?, 0, ?, 'web', '1', 'nl', 'standard', '{}', ?) RETURNING id"
)
_ANSWER = (
    "INSERT INTO answer (response_id, item, entry, value, event_id, saved_at) VALUES (?, ?, 0, ?, ?, ?)"
    " ON CONFLICT (response_id, item, entry) DO UPDATE SET value = excluded.value,"
    " event_id = excluded.event_id, saved_at = excluded.saved_at"
)


def opened(database: Database, count: int) -> list[int]:
    """So many responses, one of each parent."""
    pockets(database, count)
    today = day(now())
    found = []
    with database.read() as connection:
        parents = (
            connection.exec_driver_sql("SELECT id FROM respondent WHERE role = 'parent'").scalars().all()
        )
    for parent in parents:
        key = next(
            task.key
            for task in schedule.pocket(database, people.plan(), parent, today).tasks
            if task.instrument == "sdq"
        )
        found.append(
            responses.open(database, people.plan(), parent, key, on=today, now=now(), edition=people.DUTCH)
        )
    return found


def through_our_door(database: Database, response_ids: Sequence[int]) -> Save:
    """Saves as the service does: `Database.write`."""
    event, answer = database.marks(_EVENT), database.marks(_ANSWER)
    counts = [0] * len(response_ids)

    def save(client: int) -> None:
        counts[client] += 1
        turn, at, response = counts[client], moments.write(now()), response_ids[client]

        def work(connection: Connection) -> None:
            event_id = connection.exec_driver_sql(event, (response, f"tail-{turn}", at)).scalar_one()
            for item in range(5):
                connection.exec_driver_sql(answer, (response, str(item), turn % 3, event_id, at))

        database.write(work)

    return save


def by_busy_handler(path: str, response_ids: Sequence[int]) -> Save:
    """Saves with a connection for each client that waits as SQLite does by itself."""
    local = threading.local()
    counts = [0] * len(response_ids)

    def save(client: int) -> None:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(path, isolation_level=None, timeout=60)
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                local.connection.execute(f"PRAGMA {pragma}")
        counts[client] += 1
        at, response = moments.write(now()), response_ids[client]
        run = local.connection.execute
        run("BEGIN IMMEDIATE")
        event_id = run(_EVENT, (response, f"busy-{counts[client]}", at)).fetchone()[0]
        for item in range(5):
            run(_ANSWER, (response, str(item), counts[client] % 3, event_id, at))
        run("COMMIT")

    return save


def together(save: Save, clients: int, saves: int) -> list[float]:
    """How long each save took when so many clients save so often each, in seconds."""
    took: list[float] = []
    failures: list[BaseException] = []
    gate = threading.Barrier(clients)

    def go(client: int) -> None:
        try:
            gate.wait()
            for _ in range(saves):
                began = time.perf_counter()
                save(client)
                took.append(time.perf_counter() - began)
        except Exception as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=go, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return took


def commit_floor(folder: Path) -> float:
    """What one small write that must be on disk takes here and now: the median, in seconds."""
    took = []
    with (folder / "floor").open("wb", buffering=0) as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def measure(clients: int, rounds: int, saves: int) -> list[tuple[str, str, bool]]:
    """Every figure: what it is, what came out, whether its aim is met."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {kind: stack.enter_context(empty_database(kind)) for kind in ("sqlite", "postgresql")}
        databases = {kind: Database(url, connections=clients) for kind, url in urls.items()}
        for database in databases.values():
            stack.callback(database.dispose)
        ids = {kind: opened(database, clients) for kind, database in databases.items()}
        ways = {kind: through_our_door(database, ids[kind]) for kind, database in databases.items()}
        ways["busy handler"] = by_busy_handler(str(databases["sqlite"].url.database), ids["sqlite"])
        before = commit_floor(folder)
        took: dict[str, list[float]] = {name: [] for name in (*ways, ALONE)}
        for _ in range(rounds):
            for name, way in ways.items():
                took[name] += together(way, clients, saves)
            took[ALONE] += together(ways["busy handler"], 1, ALONE_SAVES)
        after = commit_floor(folder)
        with closing(sqlite3.connect(str(databases["sqlite"].url.database))) as connection:
            stored = connection.execute("SELECT count(*) FROM save_event").fetchone()[0]
        expected = rounds * (2 * clients * saves + ALONE_SAVES)
        assert stored == expected, "every save is there once"
    found = {name: statistics.quantiles(times, n=100) for name, times in took.items()}
    alone = found[ALONE][98] / found[ALONE][49]
    steady = alone <= OWN_AIM
    ours, theirs = found["sqlite"], found["postgresql"]
    rows = []
    for name, cuts in found.items():
        longest = max(took[name]) * 1e3
        figure = f"p50 {cuts[49] * 1e3:.1f} ms, p99 {cuts[98] * 1e3:.1f} ms, longest {longest:.0f} ms"
        rows.append((name if name == ALONE else f"{name}, {clients} at once", figure, True))
    own, other = ours[98] / ours[49], ours[98] / theirs[98]
    rows.append(("p99 / p50, SQLite", f"{own:.1f}x (aim {OWN_AIM:g}x)", own <= OWN_AIM or not steady))
    rows.append(
        ("p99, SQLite / PostgreSQL", f"{other:.1f}x (aim {OTHER_AIM:g}x)", other <= OTHER_AIM or not steady)
    )
    note = "" if steady else ": too restless to judge by"
    rows.append((f"p99 / p50, {ALONE}", f"{alone:.1f}x{note}", True))
    rows.append(("p99 / p50, SQLite against that", f"{own / alone:.1f} times", True))
    disk = f"{before * 1e6:.0f} and {after * 1e6:.0f} µs a commit, load {os.getloadavg()[0]:.1f}"
    rows.append(("the disk, before and after", disk, True))
    return rows


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--saves", type=int, default=60)
    parser.add_argument("--check", action="store_true", help="exit 1 when an aim is missed")
    options = parser.parse_args()
    missed = False
    for what, figure, met in measure(options.clients, options.rounds, options.saves):
        print(f"{what:33} {figure}{'' if met else '   MISSED'}")
        missed = missed or not met
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
