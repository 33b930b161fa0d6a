"""Back to a moment: PostgreSQL with the settings that we ship, and the steps of the administrator's page.

The server is our own, its archive a folder of the test. Everything is done as the page says it, by the
programs that it names: what was acknowledged before the moment is there afterwards, what came later is not.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import survey
from survey import audit
from survey.db import Database
from tests import people, postgres
from tests.people import T0, at
from tests.survey.sittings import open_response, save, sit

ROOM = Path(survey.__file__).parent
SETTINGS = ROOM / "deployment" / "postgresql.conf"
PAGE = (ROOM / "documentation" / "administrator.md").read_text(encoding="utf-8")


class Machine:
    """A machine with PostgreSQL on it, as the page has it: data, and an archive that outlives the data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = postgres._programs()
        self.user = postgres._unprivileged_user()
        self.port = postgres._free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "password").write_text("only for this test")
        (folder / "archive").mkdir()
        # The folders above belong to who runs the tests; the server's user has to come through.
        for path in (folder, folder / "password", folder / "archive"):
            if self.user:
                shutil.chown(path, self.user.pw_uid, self.user.pw_gid)
        postgres._create_cluster(self.programs, folder, self.user)
        self.settle(SETTINGS.read_text())

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def settle(self, lines: str) -> None:
        """Add to the settings, with the archive where it is here."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(
                "\n" + lines.replace("/var/lib/postgresql/archive", str(self.folder / "archive")) + "\n"
            )

    def start(self) -> postgres.Server:
        self._process = postgres._start(self.programs, self.folder, self.user, self.port).popen
        server = postgres.Server(self.port, "only for this test", self._process.pid, self.stop)
        postgres._wait_until_ready(server, self._process, self.folder)
        return server

    def stop(self) -> None:
        if self._process is not None:
            postgres._stop(self._process)
            self._process = None

    def run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's programs as its user."""
        reach = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": postgres.SUPERUSER,
                 "PGPASSWORD": "only for this test"}  # fmt: skip
        ran = subprocess.run(
            postgres._as(self.user, self.programs / program, *words),
            env=os.environ | reach, cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr


@pytest.fixture
def machine() -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="meetmoment-moment-"))
    found = Machine(folder)
    try:
        yield found
    finally:
        found.stop()
        shutil.rmtree(folder, ignore_errors=True)


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
