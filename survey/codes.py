"""Short codes that people read out, write on an envelope and type: `K7P-4WX`.

Five random characters of Crockford's base 32 (no I, L, O or U) and a check character. The check is a
weighted sum in the field of 32 elements: it catches every single wrong character and every two characters
that changed places. A code is a name, not a secret: it opens nothing.
"""

from __future__ import annotations

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Characters of a code without its dash; the last one checks the others.
LENGTH = 6

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_LOOKALIKES = str.maketrans("OIL", "011")


class Mistyped(ValueError):
    """What was typed cannot be a code: wrong characters, wrong length, or the check fails."""


def new() -> str:
    """A random code, ready to print. One in 33 million: whoever stores it makes sure it is not taken."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return _printed(body + _check(body))


def normalise(text: str) -> str:
    """The code as we print it, from what someone typed: any case, with spaces, O for 0, I or L for 1.

    Raises:
        Mistyped: it is no code of ours.
    """
    code = re.sub(r"[\s\-–—.]", "", text).upper().translate(_LOOKALIKES)
    if len(code) != LENGTH or not set(code) <= _VALUES.keys() or _check(code[:-1]) != code[-1]:
        raise Mistyped(text)
    return _printed(code)


def _printed(code: str) -> str:
    return f"{code[:3]}-{code[3:]}"


def _check(body: str) -> str:
    """Horner's rule at x, in GF(2)[x] / (x^5 + x^2 + 1): the weights are different powers of x."""
    total = 0
    for character in body:
        total = _times_x(total ^ _VALUES[character])
    return ALPHABET[total]


def _times_x(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value
