"""A standby takes over: nothing that was acknowledged is lost, and a running service follows by itself.

Two servers of our own, set up and promoted by the lines of the administrator's page. The first is lost while
saves go on.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from survey import audit
from survey.backups.programs import run_server_program
from survey.db import AWAY, Database
from survey.settings import Settings
from tests import postgres
from tests.kinds import opened, url_of
from tests.people import Cast
from tests.survey.machines import PAGE, PASSWORD, SETTINGS, Machine, machines, until
from tests.survey.sittings import open_response, save, sit
from tests.survey.web.conftest import Clock, Visitor


def line(pattern: str) -> str:
    """What the administrator's page has for it, once."""
    (found,) = set(re.findall(f"`({pattern})`", PAGE))
    return str(found)


@dataclass
class Pair:
    """Two machines as the page sets them up: the second follows the first."""

    first: Machine
    second: Machine
    servers: list[postgres.Server] = field(default_factory=list)

    def set_up(self) -> None:
        self.first.create()
        self.first.settle(SETTINGS.read_text())
        server = self.first.start()
        with server.connect() as connection:
            connection.execute("CREATE DATABASE meetmoment")
        # The study is there already: a standby is set up beside one that runs.
        with opened(server.url("meetmoment")) as database:
            database.upgrade()
        with server.connect() as connection:
            connection.execute(re.sub(r"'.*'", f"'{PASSWORD}'", line("CREATE ROLE standby [^`]*")))
        words = line("pg_basebackup -D /var/lib/postgresql/15/main [^`]*")
        reach = re.search(r"-d '([^']*)'", words)
        assert reach is not None
        # The page's own words, but where the machines are; and this copy need not outlive a power cut.
        at = reach[1].replace("10.0.0.1", "127.0.0.1") + f" port={self.first.port}"
        rest = words.replace(reach[0], "").split()[3:]
        self.first.run(
            "pg_basebackup", "-D", str(self.second.data), "-d", at, *rest, "--no-sync", user="standby"
        )
        self.servers = [server, self.second.start()]
        until("(SELECT state FROM pg_stat_replication) = 'streaming'", server)
        self.first.settle(line("synchronous_standby_names = 'standby'"))
        with server.connect() as connection:
            connection.execute("SELECT pg_reload_conf()")
        until("(SELECT sync_state FROM pg_stat_replication) = 'sync'", server)

    @property
    def url(self) -> str:
        """What the page gives the service, with these machines in it."""
        url = line("postgresql://meetmoment:secret@[^`]*")
        for there, machine in (("10.0.0.1:5432", self.first), ("10.0.0.2:5432", self.second)):
            url = url.replace(there, f"127.0.0.1:{machine.port}")
        return url.replace("meetmoment:secret", f"{postgres.SUPERUSER}:{PASSWORD.replace(' ', '%20')}")

    def promote(self) -> None:
        words = line("pg_ctl promote -D [^`]*").split()
        self.second.run(words[0], words[1], "-D", str(self.second.data))


@pytest.fixture
def pair() -> Iterator[Pair]:
    with machines(2) as (first, second):
        found = Pair(first, second)
        found.set_up()
        yield found


@pytest.fixture
def db(pair: Pair) -> Iterator[Database]:
    """The service's database, which it reaches by the names of both machines."""
    with opened(pair.url) as database:
        yield database


@pytest.fixture
def settings(db: Database, clock: Clock) -> Settings:
    return Settings(secret_key="k" * 40, database_url=url_of(db), base_url="http://localhost", clock=clock)


class Phone(threading.Thread):
    """Somebody who saves again and again, and sends what was not acknowledged until it is."""

    def __init__(self, db: Database, respondent: int, instrument: str, item: str) -> None:
        super().__init__(daemon=True)
        self._db = db
        self._sitting = sit(db, respondent, open_response(db, respondent, instrument))
        self._item = item
        self.acknowledged: list[str] = []
        self.refused = 0
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.is_set():
            number = len(self.acknowledged)
            sequence = f"{self._sitting.response.instrument}-{number}"
            try:
                save(self._db, self._sitting, {self._item: number % 5 + 1}, sequence)
            except AWAY:
                self.refused += 1
                time.sleep(0.05)
            else:
                self.acknowledged.append(sequence)

    def wait_for(self, more: int) -> None:
        wanted = len(self.acknowledged) + more
        eventually(lambda: len(self.acknowledged) >= wanted)


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + postgres.PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_nothing_is_acknowledged_by_one_machine_alone_and_nothing_lost_when_the_standby_takes_over(
    pair: Pair, db: Database, cast: Cast, visitor: Visitor
) -> None:
    head = audit.verify(db).head
    visitor.open(cast.mother).start("who5")
    address, form = visitor.path, visitor.form("next", **{"1": 3})
    phones = [Phone(db, cast.father, "who5", "1"), Phone(db, cast.father, "vgk", "w1")]
    pair.second.stop()
    for phone in phones:
        phone.start()
    try:
        phones[0].join(0.5)
        assert [(phone.acknowledged, phone.refused) for phone in phones] == [([], 0)] * 2, "they wait"
        pair.second.start()
        for phone in phones:
            phone.wait_for(20)
        pair.first.lose()
        eventually(lambda: all(phone.refused for phone in phones))
        visitor.post(address, form)
        assert (visitor.response.status_code, visitor.heading) == (503, "Het is nu erg druk")
        assert visitor.client.get("/ready").status_code == 503
        pair.promote()
        for phone in phones:
            phone.wait_for(20)
        visitor.post(address, form)
        assert visitor.response.status_code == 200
        assert visitor.client.get("/ready").status_code == 200
    finally:
        for phone in phones:
            phone.enough.set()
        for phone in phones:
            phone.join(postgres.PATIENCE_S)
    with db.read() as connection:
        stored = Counter(connection.exec_driver_sql("SELECT sequence FROM save_event").scalars())
    assert stored == Counter([form["sequence"], *(each for phone in phones for each in phone.acknowledged)])
    assert audit.verify(db, head=head).problems == ()
    assert b"CREATE TABLE" in run_server_program("pg_dump", db.url, "--schema-only", "--table=save_event")
