"""Machines with PostgreSQL on them, as the administrator's page has them: set up, lost, taken over."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import survey
from benchmarks.phones import free_port
from tests import postgres

ROOM = Path(survey.__file__).parent
SETTINGS = ROOM / "deployment" / "postgresql.conf"
PAGE = (ROOM / "documentation" / "administrator.md").read_text(encoding="utf-8")

PASSWORD = "only for this test"


class Machine:
    """A machine with PostgreSQL on it: data, and an archive that outlives the data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = postgres._programs()
        self.user = postgres._unprivileged_user()
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "password").write_text(PASSWORD)
        (folder / "archive").mkdir()
        # The folders above belong to who runs the tests; the server's user has to come through.
        for path in (folder, folder / "password", folder / "archive"):
            if self.user:
                shutil.chown(path, self.user.pw_uid, self.user.pw_gid)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def create(self) -> None:
        """Make the data of a new server."""
        postgres._create_cluster(self.programs, self.folder, self.user)

    def settle(self, lines: str) -> None:
        """Add to the settings, with the archive where it is here."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(
                "\n" + lines.replace("/var/lib/postgresql/archive", str(self.folder / "archive")) + "\n"
            )

    def start(self) -> postgres.Server:
        self._process = postgres._start(self.programs, self.folder, self.user, self.port).popen
        server = postgres.Server(self.port, PASSWORD, self._process.pid, self.stop)
        postgres._wait_until_ready(server, self._process, self.folder)
        return server

    def stop(self) -> None:
        if self._process is not None:
            postgres._stop(self._process)
            self._process = None

    def lose(self) -> None:
        """As when its plug is pulled: the server and all that it began, at once and without a word."""
        if self._process is None:
            return
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for number in (self._process.pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def run(self, program: str, *words: str, user: str = postgres.SUPERUSER) -> None:
        """Run one of PostgreSQL's programs as its user."""
        reach = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": user, "PGPASSWORD": PASSWORD}
        ran = subprocess.run(
            postgres._as(self.user, self.programs / program, *words),
            env=os.environ | reach, cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr


@contextlib.contextmanager
def machines(count: int) -> Iterator[list[Machine]]:
    """So many machines, gone afterwards; their servers are not there yet."""
    with tempfile.TemporaryDirectory(prefix="meetmoment-machines-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        found = []
        try:
            for number in range(count):
                folder = Path(name, str(number))
                folder.mkdir(mode=0o700)
                found.append(Machine(folder))
            yield found
        finally:
            for machine in found:
                machine.lose()


def until(true: str, server: postgres.Server) -> None:
    """Wait until a question in SQL is answered by yes."""
    deadline = time.monotonic() + postgres.PATIENCE_S
    with server.connect() as connection:
        while connection.execute(f"SELECT {true}").fetchone() != (True,):
            assert time.monotonic() < deadline, true
            time.sleep(0.02)
