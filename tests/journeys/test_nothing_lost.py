"""What was acknowledged is there, whatever happens to the server. The long run is `benchmarks.durability`."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import durability
from benchmarks.durability import Acknowledged
from benchmarks.phones import Phone
from survey.db import Database
from tests import postgres


@pytest.mark.slow
def test_no_acknowledged_save_is_lost_or_doubled_when_server_and_database_are_killed(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    crash = None
    if database_url.startswith("postgresql"):
        server: postgres.Server = request.getfixturevalue("postgres_server")
        crash = server.crash
    outcome = durability.run(database_url, tmp_path, saves=150, kills=3, clients=4, seed=7, crash=crash)
    assert outcome.kills == 3
    assert outcome.acknowledged >= 150
    assert outcome.whole, outcome


def test_a_run_that_fails_leaves_no_connection_open(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(server: object) -> None:
        raise RuntimeError("the server did not come up within a minute")

    monkeypatch.setattr(durability.Server, "start", too_slow)
    with pytest.raises(RuntimeError):
        durability.run(postgres_url, tmp_path, saves=1, kills=0, clients=1, seed=7)
    # What were still open would be found when the database is let go: see `tests.postgres.LeftOpen`.


def test_the_comparison_itself_notices_what_is_missing(chosen_url: str) -> None:
    database = Database(chosen_url)
    database.upgrade()
    phone = Phone(0, "token", 1)
    phone.acknowledged.append(Acknowledged(1, "never-stored", {"1": 2}))
    outcome = durability.compare(database, [phone], kills=0)
    database.dispose()
    assert outcome.lost == ("never-stored",)
    assert not outcome.whole
