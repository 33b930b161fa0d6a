"""Two web hosts in front of one PostgreSQL: whoever answers does not notice which one is theirs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import survey
from benchmarks import durability
from benchmarks.durability import Server, pockets
from benchmarks.phones import Phone, free_port
from survey.db import Database
from tests.journeys import proxies

FOLDER = Path(survey.__file__).parent / "deployment"


@pytest.fixture
def hosts(postgres_url: str, tmp_path: Path) -> Iterator[list[Server]]:
    """Two servers on one database, as two machines would be."""
    found = [Server(postgres_url, free_port(), tmp_path / f"server-{number}.log") for number in (1, 2)]
    try:
        for host in found:
            host.start()
        yield found
    finally:
        for host in found:
            host.kill()


@pytest.fixture
def phone(postgres_url: str) -> Iterator[Phone]:
    """A parent with a link, in a study on that database."""
    database = Database(postgres_url)
    (token,) = pockets(database, 1)
    database.dispose()
    phone = Phone(0, token, seed=8)
    yield phone
    phone.close()


@pytest.mark.slow
@pytest.mark.parametrize("proxy", ["small", "nginx", "caddy"])
def test_a_respondent_alternates_between_two_hosts_and_one_of_them_may_go(
    proxy: str, postgres_url: str, tmp_path: Path, phone: Phone, hosts: list[Server]
) -> None:
    if proxy in proxies.PROGRAMS and proxies.PROGRAMS[proxy] is None:
        pytest.skip(f"{proxy} is not installed here")
    ports = [host.port for host in hosts]
    with ExitStack() as stack:
        handed = None
        if proxy == "small":
            phone.port, handed = stack.enter_context(proxies.small(ports))
        elif proxy == "nginx":
            phone.port = stack.enter_context(proxies.nginx(ports, tmp_path, FOLDER / "nginx.conf"))
        else:
            phone.port = stack.enter_context(proxies.caddy(ports, tmp_path, FOLDER / "Caddyfile"))
        address = phone.open("sdq")
        for screen in range(4):
            if screen == 2:
                # An upgrade: one host after the other is stopped and started again.
                hosts[0].kill()
            address = phone.answer(address)
        hosts[0].start()
        if proxy == "nginx":
            # It leaves a host that failed alone for `fail_timeout`, 5 s; the other is stopped after that.
            time.sleep(6)
        hosts[1].kill()
        address = phone.answer(address)
        assert address.endswith(("/check", "/done"))
        phone.close()
    assert phone.retries == 0, "nobody had to send anything twice"
    assert len(phone.acknowledged) == 5
    if handed is not None:
        assert min(handed[port] for port in ports) >= 3, handed
    database = Database(postgres_url)
    outcome = durability.compare(database, [phone], kills=2)
    database.dispose()
    assert outcome.whole, outcome
