"""A PostgreSQL of our own for a test run: private, durable as in service, gone afterwards.

It runs in a new temporary folder, as an unprivileged user when the tests run as root (PostgreSQL refuses
root), with a password made for the occasion, and is ended by its own process id. Should the test run be
killed, the kernel ends the server with it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.pool import Pool

from benchmarks.phones import free_port

SUPERUSER = "meetmoment"
PATIENCE_S = 120.0
"""Seconds a start or a stop may take before we give up: only a broken one takes longer."""


class NotStarted(RuntimeError):
    """PostgreSQL is not installed or did not come up; the message says what it said."""


class LeftOpen(AssertionError):
    """Connections of this process to a database that is let go; the message says where they were opened."""

    def __init__(self, opened: list[str]) -> None:
        super().__init__(f"{len(opened)} left open; the first was opened at\n{opened[0]}")


class _Watch:
    """Remembers where this process opened connections.

    One that is forgotten warns when it is collected, which may be in any later test: it would fail that one.
    """

    def __init__(self) -> None:
        self._opened: weakref.WeakKeyDictionary[psycopg.Connection, traceback.StackSummary]
        self._opened = weakref.WeakKeyDictionary()
        event.listen(Pool, "connect", self._note)

    def _note(self, driver: object, _record: object) -> None:
        if isinstance(driver, psycopg.Connection):
            frames = traceback.walk_stack(sys._getframe(1))
            self._opened[driver] = traceback.StackSummary.extract(frames, lookup_lines=False)

    def close(self, database: str) -> list[str]:
        """Close what is still open to a database; where each was opened, as far as that is ours."""
        found = []
        for connection, frames in list(self._opened.items()):
            if not connection.closed and connection.info.dbname == database:
                connection.close()
                ours = [frame for frame in reversed(frames) if "site-packages" not in frame.filename]
                found.append("".join(traceback.format_list(ours)))
        return found


watch = _Watch()


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL server."""

    port: int
    password: str
    pid: int
    #: Ends it with SIGKILL, as a power cut would, and starts it again on the same data and port.
    crash: Callable[[], None] = field(compare=False, repr=False)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of one of its databases, for psycopg 3."""
        return f"postgresql+psycopg://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def fresh(self, template: str = "template1") -> Iterator[str]:
        """The URL of a new database, a copy of `template`; it is dropped afterwards, whoever uses it.

        Raises:
            LeftOpen: somebody in this process still has a connection to it, which is closed then.
        """
        url = self.create(template)
        name = url.rpartition("/")[2]
        try:
            yield url
        finally:
            left = watch.close(name)
            with self.connect() as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            if left:
                raise LeftOpen(left)

    def create(self, template: str = "template1") -> str:
        """The URL of a new database, a copy of `template`; it is there as long as the server."""
        name = f"test_{secrets.token_hex(6)}"
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return self.url(name)

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection as the superuser, each statement its own transaction."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=database,
            autocommit=True,
        )


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Start a server and end it afterwards. Raises `NotStarted`."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="meetmoment-postgres-"))
    try:
        password = secrets.token_urlsafe(16)
        (folder / "password").write_text(password)
        user = _unprivileged_user()
        if user:
            for path in (folder, folder / "password"):
                shutil.chown(path, user.pw_uid, user.pw_gid)
        _create_cluster(programs, folder, user)
        process = _start(programs, folder, user, free_port())
        running = [process]

        def crash() -> None:
            running[0].popen.kill()
            running[0].popen.wait()
            # Its children notice, and go; until then the data is still in use.
            deadline = time.monotonic() + PATIENCE_S
            while True:
                running[0] = _start(programs, folder, user, process.port)
                try:
                    _wait_until_ready(server, running[0].popen, folder)
                except NotStarted:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
                else:
                    return

        try:
            server = Server(process.port, password, process.popen.pid, crash)
            _wait_until_ready(server, process.popen, folder)
            yield server
        finally:
            _stop(running[0].popen)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _Process:
    popen: subprocess.Popen[bytes]
    port: int


def _programs() -> Path:
    """The folder with the newest installed server's programs."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    if not found:
        raise NotStarted("No PostgreSQL in /usr/lib/postgresql: run `make test` or `.ci/packages base test`.")
    return found[-1].parent


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Whom root lends the server to; None when the tests themselves run as an ordinary user."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NotStarted(
        "PostgreSQL does not run as root, and there is no user postgres or nobody to lend it to."
    )


def _as(user: pwd.struct_passwd | None, *command: str | Path) -> list[str]:
    """The command line that runs `command` as `user`, and ends it when we end."""
    lend = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"] if user else []
    return ["setpriv", *lend, "--pdeathsig=INT", *map(str, command)]


def _create_cluster(programs: Path, folder: Path, user: pwd.struct_passwd | None) -> None:
    made = subprocess.run(
        _as(
            user,
            programs / "initdb",
            f"--pgdata={folder / 'data'}",
            f"--username={SUPERUSER}",
            f"--pwfile={folder / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise NotStarted(f"initdb failed:\n{made.stdout}{made.stderr}")


def _start(programs: Path, folder: Path, user: pwd.struct_passwd | None, port: int) -> _Process:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        "fsync": "on",
        "shared_buffers": "32MB",
        "max_connections": 100,
        "timezone": "UTC",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        popen = subprocess.Popen(
            _as(user, programs / "postgres", "-D", folder / "data", *options),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return _Process(popen, port)


def _wait_until_ready(server: Server, popen: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            server.connect().close()
            return
        except psycopg.OperationalError as refused:
            if popen.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text(errors="replace")
                raise NotStarted(f"PostgreSQL did not come up ({refused}); it said:\n{log}") from refused
        time.sleep(0.05)


def _stop(popen: subprocess.Popen[bytes]) -> None:
    # Fast shutdown first, immediate if that hangs: the folder is thrown away in any case.
    for asking in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        popen.send_signal(asking)
        with contextlib.suppress(subprocess.TimeoutExpired):
            popen.wait(PATIENCE_S / 4)
            return
