"""The ledger of erasures: which families were wiped, kept outside the database that they were wiped from.

A backup brings back whom it holds. After one is put back, the families in this ledger are wiped again
(`survey.retention.replaying`), so that an erasure outlives every backup that was made before it.

A line is a moment and a digest of the family's code with the installation's key: who reads the ledger learns
how many families were erased and when, and no code. It is on disk before anything is wiped.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from survey import moments
from survey.keys import Keyring
from survey.settings import Settings

FILE = "erasures.jsonl"
_FAMILY, _NAME = "erased family", "name of a key"


class BrokenLedger(ValueError):
    """A line of the ledger is no line of a ledger; the message says which."""


@dataclass(frozen=True)
class Line:
    """That a family was wiped."""

    at: dt.datetime
    #: Which key made the digest, without telling the key.
    key: str
    #: Digest of the family's code.
    family: str


class Ledger:
    """The ledger in a folder that is kept elsewhere than the database, and is never restored with it."""

    def __init__(self, folder: Path, keys: Keyring) -> None:
        self.file = folder / FILE
        self._keys = keys

    @classmethod
    def of(cls, settings: Settings) -> Ledger | None:
        """The ledger of an installation; None when it names no folder for one."""
        return None if settings.erasure_dir is None else cls(settings.erasure_dir, settings.secret_keys)

    def note(self, code: str, now: dt.datetime) -> None:
        """Write down that the family with this code is wiped; on disk when this returns. Raises OSError."""
        line = {
            "at": moments.write(now),
            "key": self._keys.digest(_NAME, "")[:16],
            "family": self._keys.digest(_FAMILY, code),
        }
        with open(os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "rb+") as file:  # noqa: PTH123
            # A line that was cut off, by a full disk or a lost power, must not swallow this one.
            torn = file.seek(0, os.SEEK_END) > 0 and not _ends_a_line(file.fileno())
            file.write((b"\n" if torn else b"") + json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(self.file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def lines(self) -> tuple[Line, ...]:
        """Every line, the oldest first; none when nothing was ever erased. Raises BrokenLedger."""
        if not self.file.exists():
            return ()
        found = []
        for number, text in enumerate(self.file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                told = json.loads(text)
                found.append(Line(moments.read(told["at"]), str(told["key"]), str(told["family"])))
            except (ValueError, KeyError, TypeError) as error:
                raise BrokenLedger(f"line {number} of {self.file} cannot be read") from error
        return tuple(found)

    def unknown(self) -> int:
        """How many lines were made with a key that is not known any more: nobody can tell whom they mean."""
        known = {Keyring(key).digest(_NAME, "")[:16] for key in self._keys}
        return sum(line.key not in known for line in self.lines())

    def erased(self, codes: Iterable[str]) -> frozenset[str]:
        """Which of these codes are of families that were wiped."""
        digests = {line.family for line in self.lines()}
        return frozenset(code for code in codes if digests & set(self._keys.digests(_FAMILY, code)))


def _ends_a_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, 1, size - 1) == b"\n"
