"""Back to a moment: PostgreSQL with the settings that we ship, and the steps of the administrator's page.

The server is our own, its archive a folder of the test. Everything is done as the page says it, by the
programs that it names: what was acknowledged before the moment is there afterwards, what came later is not.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from survey import audit
from survey.db import Database
from tests import people, postgres
from tests.people import T0, at
from tests.survey.machines import PAGE, SETTINGS, Machine, machines
from tests.survey.sittings import open_response, save, sit


@pytest.fixture
def machine() -> Iterator[Machine]:
    with machines(1) as (found,):
        found.create()
        found.settle(SETTINGS.read_text())
        yield found


def opened(server: postgres.Server) -> Database:
    return Database(server.url("meetmoment"))


def values(db: Database) -> dict[str, int]:
    """Which items are answered, with what."""
    with db.read() as connection:
        return dict(connection.exec_driver_sql("SELECT item, value FROM answer").all())


def moment(server: postgres.Server) -> str:
    """What the server's clock says, as somebody in the Netherlands would write it down."""
    with server.connect() as connection:
        (now,) = connection.execute("SELECT clock_timestamp()").fetchone() or ()
    return f"{now.astimezone(ZoneInfo('Europe/Amsterdam')):%Y-%m-%d %H:%M:%S.%f} Europe/Amsterdam"


def archived(machine: Machine, server: postgres.Server) -> None:
    """Wait until all that was written is in the archive; by itself that takes a minute at the most."""
    with server.connect() as connection:
        (name,) = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone() or ()
    deadline = time.monotonic() + 60
    while not (machine.folder / "archive" / name).exists():
        assert time.monotonic() < deadline, (machine.folder / "log").read_text()
        time.sleep(0.05)


def test_a_study_goes_back_to_a_moment(machine: Machine) -> None:
    server = machine.start()
    with server.connect() as connection:
        connection.execute("CREATE DATABASE meetmoment")
        for name in ("archive_mode", "fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == ("on",)
    db = opened(server)
    db.upgrade()
    cast = people.settle(db)
    sitting = sit(db, cast.mother, open_response(db, cast.mother, "who5"))
    save(db, sitting, {"1": 1}, "before-the-base-copy")
    (words,) = re.findall(r"`pg_basebackup -D /var/lib/postgresql/base ([^`]*)`", PAGE)
    machine.run("pg_basebackup", "-D", str(machine.folder / "base"), *words.split())
    save(db, sitting, {"2": 2}, "after-it")
    head = audit.verify(db).head
    wanted = moment(server)
    time.sleep(0.01)
    save(db, sitting, {"2": 5, "3": 3}, "too-late")
    audit_after = "what went wrong"
    db.write(lambda connection: audit.append(connection, "test", audit_after, "study 1", at(T0)))
    archived(machine, server)
    db.dispose()
    # The machine is lost, or somebody's mistake has to be: the base copy takes the place of the data.
    machine.stop()
    machine.data.rename(machine.folder / "lost")
    (machine.folder / "base").rename(machine.data)
    restore_command, target = re.findall(r"`((?:restore_command|recovery_target_time) = '[^`]*')`", PAGE)
    machine.settle(restore_command)
    machine.settle(re.sub(r"'.*'", f"'{wanted}'", target))
    (machine.data / "recovery.signal").touch()
    server = machine.start()
    # It shows what it has, and waits: here one looks whether it is the right moment.
    db = opened(server)
    assert values(db) == {"1": 1, "2": 2}
    with server.connect() as connection:
        assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
        deadline = time.monotonic() + 60
        while connection.execute("SELECT pg_get_wal_replay_pause_state()").fetchone() != ("paused",):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        connection.execute("SELECT pg_wal_replay_resume()")
        while connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert values(db) == {"1": 1, "2": 2}
    assert audit.verify(db, head=head).problems == ()
    assert not [entry for entry in audit.of(db, "study 1") if entry.action == audit_after]
    # And the study goes on from there: what is saved now is archived as before.
    save(db, sitting, {"2": 4}, "from-here-on")
    assert values(db) == {"1": 1, "2": 4}
    archived(machine, server)
    db.dispose()
