"""A small store of secret keys by their names, in a file of its own, and the one sealed copy of it.

What is thrown away leaves only its name behind, so that no copy brings it back. The file is SQLite's, with
what goes overwritten; several hosts may share its folder, if that folder keeps locks.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from survey import age_files
from survey.age_files import BadKey, BrokenBackup

#: The store, and its sealed copy beside the backups.
FILE = "people-keys.db"
COPY = "people-keys.age"
#: Bytes of a key.
SIZE = 32
_NAME = re.compile(r"[0-9a-f]{32}")
_FORMAT = 1
#: Seconds to wait for another process that is at the store.
_PATIENCE = 60
_TABLES = (
    "CREATE TABLE IF NOT EXISTS key (name TEXT PRIMARY KEY, secret BLOB) WITHOUT ROWID",
    # How often the keys changed, and how often they had when a copy was made.
    "CREATE TABLE IF NOT EXISTS change (count INTEGER NOT NULL)",
    "INSERT INTO change SELECT 0 WHERE NOT EXISTS (SELECT * FROM change)",
    "CREATE TABLE IF NOT EXISTS copy (sha256 TEXT PRIMARY KEY, folder TEXT NOT NULL, made INTEGER NOT NULL)",
)


class StoreUnusable(OSError):
    """The file of the store cannot be read or written; the message says why."""


class UnknownCopy(StoreUnusable):
    """A copy that this store did not make lies where one should go. It may hold the only keys of backups."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} holds keys of another store; put them back with `survey backup people-keys`, or move it"
            " away"
        )


class KeyStore:
    """The store in a folder, and where its sealed copy lies.

    Args:
        copy_to: the folder of the backups, where one is known.
        public_keys: to whom the copy is sealed.
    """

    def __init__(self, folder: Path, copy_to: Path | None = None, public_keys: Sequence[str] = ()) -> None:
        self.file = folder / FILE
        self.copy_to = copy_to
        self._public_keys = public_keys

    def secrets(self) -> Mapping[str, bytes]:
        """Every key that is kept, by its name. Raises StoreUnusable."""
        with self._reading() as store:
            return {} if store is None else _kept(store)

    def known(self, names: Collection[str]) -> Mapping[str, bool]:
        """Which of these names are known here, and whether their key is kept. Raises StoreUnusable."""
        asked = "SELECT name, secret IS NOT NULL FROM key WHERE name IN (SELECT value FROM json_each(?))"
        with self._reading() as store:
            if store is None:
                return {}
            return {name: bool(kept) for name, kept in store.execute(asked, (json.dumps([*names]),))}

    def put_back(self, keys: Mapping[str, bytes]) -> int:
        """Add keys whose names are not known here; how many. What was thrown away stays so.

        Raises:
            StoreUnusable, OSError
        """
        if not keys:
            return 0
        with self._writing() as store:
            added = store.executemany("INSERT OR IGNORE INTO key VALUES (?, ?)", keys.items()).rowcount
            _note_change(store, added)
            return added

    def throw_away(self, names: Collection[str]) -> int:
        """Throw keys away for good, on disk when this returns; how many were kept until now.

        A name that is not known here is noted too: its key must not come back from a copy.

        Raises:
            StoreUnusable, OSError
        """
        if not names:
            return 0
        kept = (
            "SELECT count(*) FROM key WHERE secret IS NOT NULL AND name IN (SELECT value FROM json_each(?))"
        )
        with self._writing() as store:
            (count,) = store.execute(kept, (json.dumps([*names]),)).fetchone()
            store.executemany(
                "INSERT INTO key VALUES (?, NULL)"
                " ON CONFLICT (name) DO UPDATE SET secret = NULL WHERE secret IS NOT NULL",
                [(name,) for name in names],
            )
            _note_change(store, count)
        return int(count)

    def forget(self, names: Collection[str]) -> None:
        """Take out keys with which nothing was ever sealed, as if they had not been made."""
        if not names:
            return
        with self._writing() as store:
            store.executemany("DELETE FROM key WHERE name = ?", [(name,) for name in names])
            _note_change(store, 1)

    def seal_copy(self, folder: Path, public_keys: Sequence[str]) -> None:
        """Replace the sealed copy in a folder, and remember that it is up to date.

        Raises:
            UnknownCopy: nothing was touched.
            BadKey, StoreUnusable, OSError
        """
        file = folder / COPY
        with self._turn():
            with self._writing() as store:
                keys = {name: base64.b64encode(secret).decode() for name, secret in _kept(store).items()}
                (changes,) = store.execute("SELECT count FROM change").fetchone()
                ours = {digest for (digest,) in store.execute("SELECT sha256 FROM copy")}
            if file.exists() and _digest(file.read_bytes()) not in ours:
                raise UnknownCopy(file)
            told = json.dumps({"format": _FORMAT, "keys": keys}, separators=(",", ":"))
            content = age_files.sealed(told.encode(), public_keys)
            # Known before it is there: were the power to fail here, the copy is still ours.
            self._remember(content, folder, changes)
            age_files.replace(file, content)
            with self._writing() as store:
                former = "DELETE FROM copy WHERE folder = ? AND sha256 <> ?"
                store.execute(former, (str(folder.resolve()), _digest(content)))

    def put_back_copy(self, file: Path, identity: str) -> int:
        """Put back the keys of a sealed copy; how many were not known. From then on it can be replaced.

        Raises:
            BadKey, WrongKey, BrokenBackup, StoreUnusable, OSError
        """
        added = self.put_back(read_copy(file, identity))
        self._remember(file.read_bytes(), file.parent, -1)
        return added

    def renew_copy(self) -> bool:
        """Replace the copy beside the backups if it is not up to date; whether it is now. Never fails.

        What cannot be renewed (no folder is set, its disk is away) the next backup renews.
        """
        try:
            if not self.is_copied() and self.copy_to is not None:
                self.seal_copy(self.copy_to, self._public_keys)
            return self.is_copied()
        except (OSError, BadKey):
            return False

    def is_copied(self) -> bool:
        """Whether the copy beside the backups, or else the last one anywhere, holds just what the store does.

        Raises:
            StoreUnusable, OSError
        """
        with self._reading() as store:
            if store is None:
                return True
            (changes,) = store.execute("SELECT count FROM change").fetchone()
            made = set(store.execute("SELECT sha256, made FROM copy"))
        if not changes:
            return True
        if self.copy_to is None:
            return changes in {at for _, at in made}
        copy = self.copy_to / COPY
        return copy.is_file() and (_digest(copy.read_bytes()), changes) in made

    def _remember(self, content: bytes, folder: Path, changes: int) -> None:
        """That this is a copy of ours, made when the keys had changed so often; -1: nobody knows when."""
        with self._writing() as store:
            row = (_digest(content), str(folder.resolve()), changes)
            store.execute("INSERT OR REPLACE INTO copy VALUES (?, ?, ?)", row)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One process at a time makes a copy, so that no older one takes the place of a newer one."""
        descriptor = os.open(
            self.file.with_name(f"{FILE}-turn"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """One moment of the store; None before it was made."""
        if not self.file.exists() or not self.file.stat().st_size:
            yield None
            return
        with self._transaction("BEGIN") as store:
            yield store

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The store for one writer at a time; what it did is on disk afterwards, or undone."""
        if not self.file.exists():
            os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
            age_files.sync_folder(self.file.parent)
        with self._transaction("BEGIN IMMEDIATE") as store:
            for statement in _TABLES:
                store.execute(statement)
            yield store

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.file, timeout=_PATIENCE, isolation_level=None)) as store:
                # What goes is overwritten, and no journal keeps it.
                for setting in ("secure_delete = ON", "journal_mode = TRUNCATE", "synchronous = FULL"):
                    store.execute(f"PRAGMA {setting}")
                store.execute(begin)
                try:
                    yield store
                    store.execute("COMMIT")
                finally:
                    if store.in_transaction:
                        store.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise StoreUnusable(f"{self.file} cannot be used: {error}") from error


def read_copy(file: Path, identity: str) -> Mapping[str, bytes]:
    """The keys in a sealed copy, by their names; `identity` is the text of a file with a secret key of age.

    Raises:
        BadKey, WrongKey, BrokenBackup, OSError
    """
    content = age_files.content(file, identity)
    try:
        told = json.loads(content)
        form = told["format"]
        found = {str(name): base64.b64decode(key, validate=True) for name, key in told["keys"].items()}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BrokenBackup(f"{file.name} is no copy of people's keys") from error
    if form != _FORMAT:
        raise BrokenBackup(f"{file.name} was made by a newer version of the service")
    if not all(_NAME.fullmatch(name) and len(key) == SIZE for name, key in found.items()):
        raise BrokenBackup(f"{file.name} holds something else than people's keys")
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _kept(store: sqlite3.Connection) -> dict[str, bytes]:
    return dict(store.execute("SELECT name, secret FROM key WHERE secret IS NOT NULL"))


def _note_change(store: sqlite3.Connection, changed: int) -> None:
    if changed:
        store.execute("UPDATE change SET count = count + 1")
