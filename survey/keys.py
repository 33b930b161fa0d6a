"""Keys of the installation: one that makes, and those before it that are still believed.

A key is changed without a bad day for anybody: the new one makes every digest from now on, and what was
made with a former key is recognised until that one is taken away (decisions/0018).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Keyring:
    """A key with those before it, the newest first."""

    current: bytes = field(repr=False)
    former: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, key: Keys) -> Keyring:
        """A ring, also of a single key."""
        if isinstance(key, Keyring):
            return key
        return cls(key.encode() if isinstance(key, str) else key)

    def __iter__(self) -> Iterator[bytes]:
        return iter((self.current, *self.former))

    def digest(self, purpose: str, text: str) -> str:
        """What is stored of a text, in hexadecimal; the purpose keeps digests of different things apart."""
        return _digest(self.current, purpose, text)

    def digests(self, purpose: str, text: str) -> tuple[str, ...]:
        """What may have been stored of a text, with this key or with one before it."""
        return tuple(_digest(key, purpose, text) for key in self)


#: A single key, or a ring of them.
Keys = str | bytes | Keyring


def _digest(key: bytes, purpose: str, text: str) -> str:
    return hmac.digest(key, f"{purpose} {text}".encode(), hashlib.sha256).hex()
