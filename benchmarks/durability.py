"""Nothing lost, nothing doubled: the server is killed at random moments while respondents answer.

`python -m benchmarks.durability [--saves 3000] [--kills 20] [--clients 8] [--only DATABASE] [--check]`

Respondents save over HTTP and write down what was acknowledged. The server is ended with SIGKILL and
started again, over and over; on PostgreSQL every other kill is one of the database's server. In the end every
acknowledged save must be there once, and every answer must be the last one acknowledged or one sent after it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.databases import DATABASES, mortal_database
from benchmarks.phones import Acknowledged, Gone, Phone, free_port
from survey import families, links, moments, studies
from survey.db import Database


@dataclass(frozen=True)
class Outcome:
    """What became of the acknowledged saves."""

    acknowledged: int
    kills: int
    retries: int
    #: Sequences that were acknowledged and are not there.
    lost: tuple[str, ...]
    #: Sequences that are there more than once.
    doubled: tuple[str, ...]
    #: Answers that are neither the last acknowledged nor a later unacknowledged one.
    wrong: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether the promise was kept."""
        return not (self.lost or self.doubled or self.wrong)


class Server:
    """The service as it really runs, in a process of its own."""

    def __init__(self, database_url: str, port: int, log: Path) -> None:
        self.port = port
        self._log = log
        self._environment = {
            **os.environ,
            "MEETMOMENT_DATABASE_URL": database_url,
            "MEETMOMENT_SECRET_KEY": "a key for benchmarks only, long enough",
            "MEETMOMENT_BASE_URL": f"http://127.0.0.1:{port}",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-c", "from survey.cli import main; main()", "serve"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--no-long-work", "--port", str(self.port)],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(
                    f"the server ended by itself; see {self._log}:\n{self._log.read_text()[-2000:]}"
                )
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=2):
                return
            time.sleep(0.05)
        raise RuntimeError("the server did not come up within a minute")

    def kill(self) -> None:
        """End it and its workers as a power cut would: no clean-up, no last words."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


def pockets(database: Database, count: int) -> list[str]:
    """A study with so many parents of a child of six; the token of each parent's link."""
    database.upgrade()
    now = moments.now()
    study = studies.create(database, "durability", "demo", now=now)
    town = families.add_municipality(database, study, "T1", "Testgemeente")
    today = moments.day(now)
    tokens = []
    for _ in range(count):
        family = families.add_family(
            database,
            study,
            town,
            today,
            parents=[families.Parent("nl", "standard")],
            children=[families.Child(dt.date(today.year - 6, 1, 1), None)],
            now=now,
        )
        tokens.append(links.make(database, respondent_id=family.parents[0], now=now))
    return tokens


def run(
    database_url: str,
    folder: Path,
    *,
    saves: int,
    kills: int,
    clients: int,
    seed: int,
    crash: Callable[[], None] | None = None,
) -> Outcome:
    """Let respondents save until so many saves are acknowledged and so many kills are done.

    Args:
        crash: ends the database's own server and starts it again; every other kill is one of those.
    """
    database = Database(database_url)
    try:
        tokens = pockets(database, clients)
        done, phones = _trouble(database_url, folder, tokens, saves, kills, seed, crash)
        return compare(database, phones, done)
    finally:
        database.dispose()


def _trouble(
    database_url: str,
    folder: Path,
    tokens: Sequence[str],
    saves: int,
    kills: int,
    seed: int,
    crash: Callable[[], None] | None,
) -> tuple[int, list[Phone]]:
    """Save, and kill in between: how many kills there were, and what the respondents wrote down."""
    server = Server(database_url, free_port(), folder / "server.log")
    server.start()
    phones = [Phone(server.port, token, seed + number) for number, token in enumerate(tokens)]
    stop = threading.Event()
    failures: list[BaseException] = []
    threads = [threading.Thread(target=_answer, args=(phone, stop, failures)) for phone in phones]
    for thread in threads:
        thread.start()
    dice = random.Random(seed)
    done = 0
    try:
        while not failures and (done < kills or sum(len(phone.acknowledged) for phone in phones) < saves):
            time.sleep(dice.uniform(0.2, 1.2))
            if done < kills:
                if crash is not None and done % 2:
                    crash()
                else:
                    server.kill()
                    server.start()
                done += 1
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        server.kill()
    if failures:
        raise failures[0]
    return done, phones


def _answer(phone: Phone, stop: threading.Event, failures: list[BaseException]) -> None:
    try:
        first = phone.open("sdq")
        address = first
        while not stop.is_set():
            address = phone.answer(address)
            if address.endswith(("/check", "/done")):
                address = first
    except Gone:
        pass
    except Exception as error:  # noqa: BLE001 - told by the main thread
        failures.append(error)
    finally:
        phone.close()


def compare(database: Database, phones: Sequence[Phone], kills: int) -> Outcome:
    """Hold what the respondents wrote down against the database."""
    with database.read() as connection:
        events = connection.exec_driver_sql(
            "SELECT response_id, sequence, given FROM save_event ORDER BY id"
        ).all()
        current = {
            (row[0], row[1]): row[2]
            for row in connection.exec_driver_sql(
                "SELECT response_id, item, value FROM answer WHERE entry = 0"
            )
        }
    seen = [f"{response}/{sequence}" for response, sequence, _ in events]
    there = set(seen)
    acknowledged = [save for phone in phones for save in phone.acknowledged]
    lost = [save.sequence for save in acknowledged if f"{save.response_id}/{save.sequence}" not in there]
    doubled = sorted({key for key in there if seen.count(key) > 1}) if len(there) < len(seen) else []
    expected: dict[tuple[int, str], int] = {}
    wrong = []
    for response, sequence, given in events:
        sent = _sent(phones, sequence)
        if sent is None or json.loads(given) != sent.given:
            wrong.append(f"{response}/{sequence}")
        expected.update({(response, item): code for item, code in json.loads(given).items()})
    wrong += [f"{key}" for key, code in expected.items() if current.get(key) != code]
    wrong += [f"{key}" for key in current if key not in expected]
    return Outcome(
        len(acknowledged),
        kills,
        sum(phone.retries for phone in phones),
        tuple(lost),
        tuple(doubled),
        tuple(wrong),
    )


def _sent(phones: Sequence[Phone], sequence: str) -> Acknowledged | None:
    return next((phone.sent[sequence] for phone in phones if sequence in phone.sent), None)


def main() -> int:
    """Run it and print what came out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--saves", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=DATABASES, help="one kind of database; both without it")
    parser.add_argument("--check", action="store_true", help="exit 1 when anything was lost")
    options = parser.parse_args()
    broken = False
    for kind in [options.only] if options.only else DATABASES:
        with tempfile.TemporaryDirectory() as folder, mortal_database(kind) as (url, crash):
            outcome = run(
                url,
                Path(folder),
                saves=options.saves,
                kills=options.kills,
                clients=options.clients,
                seed=options.seed,
                crash=crash,
            )
        who = "server and database in turn" if crash is not None else "server"
        print(f"{kind}: {outcome.acknowledged} acknowledged saves, {outcome.kills} times kill -9 of {who},")
        print(f"  {outcome.retries} requests sent again; {len(outcome.lost)} saves lost,")
        print(f"  {len(outcome.doubled)} doubled, {len(outcome.wrong)} answers wrong")
        broken = broken or not outcome.whole
    return 1 if options.check and broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
