"""Rows of people in a backup: in portions, each sealed with the keys of everybody its rows are about.

A file of portions is a line of JSON (table, names of the keys, how many rows, how many bytes follow), the
sealed rows, and what is left of them without those keys; then the next. Rows that are about nobody are not
sealed again: the whole backup is. Rows are as the database itself writes them: lines of `COPY` for
PostgreSQL, lines of JSON for SQLite (bytes in base64, as the only member of an object), packed with zlib.

The key of a portion is made from the keys of all its people (HKDF, SHA-256), and it is sealed with AES-256 in
Galois/Counter mode. So it can be read as long as every one of them has a key.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, islice
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: So many rows at most are sealed at once, so that neither side holds more in memory.
ROWS = 1000
_NONCE = 12


class BrokenPortion(ValueError):
    """The file of portions is not whole, or was changed."""


@dataclass(frozen=True)
class Head:
    """What stands before a portion."""

    table: str
    #: Names of the keys of everybody its rows are about, in order.
    people: tuple[str, ...]
    rows: int
    #: How many bytes the rows take, and then what is left of them.
    sealed: int
    left: int


@dataclass(frozen=True)
class Row:
    """A row as the database writes it, with the names of keys (blanks between) of whom it is about."""

    people: str
    line: bytes
    #: What stays of it when it cannot be read; None: nothing.
    left: bytes | None = None


@dataclass(frozen=True)
class Portion:
    """Rows of one table that are about the same people."""

    table: str
    people: tuple[str, ...]
    #: How many rows were put in.
    rows: int
    #: The rows; None: somebody they are about has no key any more.
    lines: tuple[bytes, ...] | None
    #: What stays of them then; in place of rows, never beside them.
    left: tuple[bytes, ...]


def write(table: str, rows: Iterable[Row], keys: Mapping[str, bytes], to: IO[bytes]) -> None:
    """Write the rows of a table; they come ordered by whom they are about.

    Args:
        keys: of everybody, by name. Who has none is being erased: those rows can never be read.
    """
    for people, found in groupby(rows, lambda row: tuple(sorted(set(row.people.split())))):
        cipher = _cipher([keys.get(name) or secrets.token_bytes(32) for name in people]) if people else None
        while portion := tuple(islice(found, ROWS)):
            plain = _packed(row.line for row in portion)
            left = _packed(row.left for row in portion if row.left is not None) if people else b""
            content = plain
            if cipher is not None:
                nonce = secrets.token_bytes(_NONCE)
                content = nonce + cipher.encrypt(nonce, plain, _bound(table, people, len(portion)))
            head = Head(table, people, len(portion), len(content), len(left))
            to.write(json.dumps(asdict(head)).encode() + b"\n")
            to.write(content)
            to.write(left)


def read(file: IO[bytes], keys: Mapping[str, bytes]) -> Iterator[Portion]:
    """Every portion of a file, opened where all its keys are there. Raises BrokenPortion."""
    while line := file.readline():
        try:
            told = json.loads(line)
            head = Head(**{**told, "people": tuple(told["people"])})
            content, left = file.read(head.sealed), file.read(head.left)
            lines = _opened(head, content, keys)
            yield Portion(head.table, head.people, head.rows, lines, _unpacked(left))
        except (ValueError, TypeError, KeyError, zlib.error) as error:
            raise BrokenPortion("the rows of people in the backup cannot be read") from error
        except InvalidTag as error:
            raise BrokenPortion(f"rows of {head.table} in the backup were changed") from error


def _opened(head: Head, content: bytes, keys: Mapping[str, bytes]) -> tuple[bytes, ...] | None:
    if len(content) != head.sealed:
        raise BrokenPortion("the rows of people in the backup end too early")
    if not head.people:
        return _unpacked(content)
    try:
        cipher = _cipher([keys[name] for name in head.people])
    except KeyError:
        return None
    bound = _bound(head.table, head.people, head.rows)
    return _unpacked(cipher.decrypt(content[:_NONCE], content[_NONCE:], bound))


def _cipher(keys: Sequence[bytes]) -> AESGCM:
    made = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"meetmoment rows of people")
    return AESGCM(made.derive(b"".join(keys)))


def _bound(table: str, people: Sequence[str], rows: int) -> bytes:
    return json.dumps([table, people, rows]).encode()


def _packed(lines: Iterable[bytes]) -> bytes:
    content = b"\n".join(lines)
    return zlib.compress(content) if content else b""


def _unpacked(content: bytes) -> tuple[bytes, ...]:
    return tuple(zlib.decompress(content).split(b"\n")) if content else ()
