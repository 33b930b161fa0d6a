"""Empty databases to measure on: an SQLite file, and a private PostgreSQL that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres

DATABASES = ("sqlite", "postgresql")


@contextmanager
def empty_database(kind: str) -> Iterator[str]:
    """The URL of an empty database of this kind. Debian's PostgreSQL must be installed for `postgresql`."""
    with mortal_database(kind) as (url, _):
        yield url


@contextmanager
def mortal_database(kind: str) -> Iterator[tuple[str, Callable[[], None] | None]]:
    """As `empty_database`, with what ends its server with SIGKILL and starts it again; SQLite has none."""
    if kind == "postgresql":
        with postgres.running() as server, server.fresh() as url:
            yield url, server.crash
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'study.db'}", None
