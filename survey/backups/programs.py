"""The programs of PostgreSQL that dump a database and put a dump back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from survey.backups.archive import BrokenBackup, private
from survey.engines import reach

#: What PostgreSQL's programs are told in the environment, by libpq's word for it.
_GIVEN = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
#: How a dump says, in plain text, that the rows of a table follow.
_ROWS_OF = re.compile(rb'COPY (?:\w+\.)?"?(\w+)"? \(')


class CannotBackUp(RuntimeError):
    """No backup could be made; the message says why, and what to do."""


def server_program(name: str) -> str:
    """The path of a program of PostgreSQL, the newest there is. Raises CannotBackUp."""
    found = sorted(
        (path for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}") if path.parts[-3].isdigit()),
        key=lambda path: int(path.parts[-3]),
    )
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        raise CannotBackUp(f"{name} is not installed; install the package postgresql-client")
    return path


def run_server_program(name: str, url: sa.URL, *words: str) -> bytes:
    """Run a program of PostgreSQL on a database; what it wrote. The password goes by the environment.

    Raises:
        CannotBackUp: it failed; the message is the first line of its own.
    """
    told = reach(url)
    given = {variable: told[name] for name, variable in _GIVEN.items() if name in told}
    done = subprocess.run(
        [server_program(name), *words],
        env=os.environ | given,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise CannotBackUp(f"{name} failed: {said[0]}")
    return done.stdout


def dump_script(content: Path, to: Path, *sections: str) -> None:
    """Write some sections of a dump as a script of psql. Raises BrokenBackup."""
    with private(to):
        pass
    done = subprocess.run(
        [
            server_program("pg_restore"), "--no-owner", "--no-privileges", f"--file={to}",
            *(f"--section={section}" for section in sections), str(content),
        ],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        raise BrokenBackup("the dump in the backup cannot be read")


def rows_in_dump(content: Path) -> Counter[str]:
    """The rows of every table in a dump, counted without a server. Raises BrokenBackup."""
    command = [server_program("pg_restore"), "--data-only", "--file=-", str(content)]
    counts: Counter[str] = Counter()
    table = ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if table:
                table = "" if line == b"\\.\n" else table
                counts[table] += bool(table)
            elif begins := _ROWS_OF.match(line):
                table = begins[1].decode()
    if process.returncode:
        raise BrokenBackup("the dump in the backup cannot be read")
    del counts[""]
    return counts
