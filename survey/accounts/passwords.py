"""Passwords: long rather than strange, none that many people use, kept as argon2id.

What is easy to guess is measured with zxcvbn, which carries lists of common passwords, words and names, and
knows how people lengthen them: twice the same, a row of keys, a year and a mark behind it. Nothing is asked
of a service elsewhere: whoever types a password here tells it to nobody else, not even a part of its digest.

The parameters are those of RFC 9106 for machines that do other things too (64 MiB, 3 passes). At most two
are worked out at a time, so that a crowd at the door cannot take the memory from those who answer.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 14
#: Longer ones cost time to hash and nobody remembers them.
LONGEST = 200
#: Fewer different characters than this is a key held down, not a password.
_FEWEST_DIFFERENT = 6
#: Somebody who knows what people choose needs fewer tries than this for what is too easy to guess. The best
#: of the five grades of zxcvbn begins at 10**10, which an address with a year behind it reaches too.
FEWEST_GUESSES = 10**12
#: Of longer ones only the beginning is measured: that is what zxcvbn takes, and it suffices.
_MEASURED = 72
#: What the service is called; who is guessing tries it first.
SERVICE = "meetmoment"
#: A word of a name or address that says something.
_WORD = re.compile(r"\w{4,}")

_hasher = PasswordHasher()
_turns = threading.Semaphore(2)
#: zxcvbn keeps the words of the moment in one place for all: one at a time.
_measuring = threading.Lock()


class WeakPassword(ValueError):
    """A password that others will guess.

    `too_short`, `too_long`, `too_simple`, `holds_name`; `common`: made of what many people use;
    `holds_context`: made of the name of the service, the study or the person.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_strength(password: str, *names: str, about: Iterable[str] = ()) -> None:
    """Refuse what is too easy to guess.

    Args:
        names: of whose it is, and the address with which they sign in.
        about: what else somebody would try who guesses here, such as the name of the study.

    Raises:
        WeakPassword
    """
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
    guesses, known = _measured(password, [SERVICE, *_words(*names, *about)])
    if guesses < FEWEST_GUESSES:
        raise WeakPassword("holds_context" if known else "common")


def _words(*texts: str) -> list[str]:
    return [word for text in texts for word in _WORD.findall(text)]


def _measured(password: str, words: list[str]) -> tuple[float, bool]:
    """How many tries somebody needs who tries these words first, and whether one of them is in it."""
    from zxcvbn import zxcvbn  # its lists take 14 MB, and most processes never see a new password

    with _measuring:
        found = zxcvbn(password[:_MEASURED], words)
    ours = {word.casefold() for word in words}
    known = any(
        part.get("dictionary_name") == "user_inputs" or part.get("base_token", "").casefold() in ours
        for part in found["sequence"]
    )
    return float(found["guesses"]), known


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
