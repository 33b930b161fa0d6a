"""Passwords: long rather than strange, kept as argon2id.

The parameters are those of RFC 9106 for machines that do other things too (64 MiB, 3 passes). At most two
are worked out at a time, so that a crowd at the door cannot take the memory from those who answer.
"""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 14
#: Longer ones cost time to hash and nobody remembers them.
LONGEST = 200
#: Fewer different characters than this is a key held down, not a password.
_FEWEST_DIFFERENT = 6

_hasher = PasswordHasher()
_turns = threading.Semaphore(2)


class WeakPassword(ValueError):
    """A password that others will guess: `too_short`, `too_long`, `too_simple` or `holds_name`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_strength(password: str, *names: str) -> None:
    """Refuse what is too easy to guess. Raises WeakPassword."""
    if len(password) < SHORTEST:
        raise WeakPassword("too_short")
    if len(password) > LONGEST:
        raise WeakPassword("too_long")
    if len(set(password.casefold())) < _FEWEST_DIFFERENT:
        raise WeakPassword("too_simple")
    for name in names:
        word = name.partition("@")[0].casefold()
        if len(word) >= 4 and word in password.casefold():
            raise WeakPassword("holds_name")


def hashed(password: str) -> str:
    """What is stored of a password."""
    with _turns:
        return _hasher.hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether a password is the one that was stored.

    Takes as long when nothing is stored, so that the time does not tell who has an account.
    """
    with _turns:
        if stored is None or len(password) > LONGEST:
            _hasher.hash(password[:LONGEST])
            return False
        try:
            return _hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
