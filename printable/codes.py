"""The code on a sheet: forty random bits that a person can type, and the address that carries it.

Eight Crockford base32 characters and a check character make a code, printed as `6SC6-S6ZK-1`; the
QR on a side adds one character that says which side it is. The check character is the remainder of
the forty bits by 37: it finds every single wrong character and every swap of two neighbours. Five of
the 37 remainders would need a sign that nobody can type on a phone, so those codes are not issued.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

#: Crockford base32: no I, L, O or U, so that no two characters look alike.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 9
#: The most sides a sheet can have: the side is one character of the alphabet, and 0 stands for none.
MOST_SIDES = len(ALPHABET) - 1

_BITS = 40
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\u2011": None})


class Mistyped(ValueError):
    """Not a code. `reason` is a word for translation: too_short, too_long, no_such_character or check."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Marker:
    """What the QR on a side says: the code of the sheet and the number of the side, from 1; 0 is none."""

    code: str
    side: int


def new(number: Callable[[int], int] = secrets.randbits) -> str:
    """A new random code of nine characters. `number(bits)` gives the random bits; tests pass their own."""
    while True:
        value = number(_BITS)
        if value % 37 < len(ALPHABET):
            return _spelled(value) + ALPHABET[value % 37]


def normalise(text: str) -> str:
    """The nine characters of a code as somebody typed it: any case, with or without dashes, O for 0.

    Raises:
        Mistyped: wrong length, an impossible character, or the check character does not fit.
    """
    code = text.strip().upper().translate(_LOOK_ALIKES)
    if any(character not in ALPHABET for character in code):
        raise Mistyped("no_such_character")
    if len(code) != LENGTH:
        raise Mistyped("too_short" if len(code) < LENGTH else "too_long")
    if _value(code[:-1]) % 37 != ALPHABET.index(code[-1]):
        raise Mistyped("check")
    return code


def shown(code: str) -> str:
    """A code as it is printed: `6SC6-S6ZK-1`."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def address(base: str, marker: Marker) -> str:
    """The address in the QR of a side: upper case, as the dense alphanumeric mode of QR needs.

    Args:
        base: the address of the service, such as `https://example.org`.
    """
    if not 0 <= marker.side <= MOST_SIDES:
        raise ValueError(f"a sheet has at most {MOST_SIDES} sides; side {marker.side} has no character")
    return f"{base.rstrip('/')}/q/".upper() + marker.code + ALPHABET[marker.side]


def read(text: str) -> Marker:
    """The marker in the address of a QR, whatever the host before it. Raises Mistyped."""
    tail = text.strip().upper().rpartition("/Q/")[2]
    if len(tail) != LENGTH + 1 or tail[-1] not in ALPHABET:
        raise Mistyped("too_short" if len(tail) <= LENGTH else "too_long")
    return Marker(normalise(tail[:-1]), ALPHABET.index(tail[-1]))


def _spelled(value: int) -> str:
    return "".join(ALPHABET[value >> shift & 31] for shift in range(_BITS - 5, -1, -5))


def _value(code: str) -> int:
    value = 0
    for character in code:
        value = value << 5 | ALPHABET.index(character)
    return value
