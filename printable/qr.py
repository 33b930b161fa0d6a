"""QR symbols that survive cheap printers: few modules, each at least 0.6 mm, level Q.

What decides whether a phone reads a symbol is the size of a module, not the level of correction (see
`README.md`), so a longer address lowers the level before it may shrink the modules, and an address
that would need smaller modules is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import qrcode
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q

#: The smallest module that prints and scans dependably, in millimetres.
SMALLEST_MODULE = 0.6

#: The characters of the alphanumeric mode in the order of their values (ISO/IEC 18004, table 5).
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
#: The largest version (size) that fits 18 mm with such modules: version 3 has 29 x 29 modules.
_LARGEST_VERSION = 3
#: Characters that version 3 holds in alphanumeric mode, by level (ISO/IEC 18004, table 7).
_HOLDS = {ERROR_CORRECT_Q: 47, ERROR_CORRECT_M: 61}
_LEVELS = {ERROR_CORRECT_Q: "Q", ERROR_CORRECT_M: "M"}
#: The end of an address that differs from sheet to sheet: the code and the side.
_DIFFERENT = 10


class Unfit(ValueError):
    """A text that does not fit a dependable symbol; the message says what to change."""


@dataclass(frozen=True)
class Symbol:
    """A QR: its rows of modules, `1` where black."""

    rows: tuple[str, ...]
    level: str

    @property
    def modules(self) -> int:
        """How many modules a side of the symbol has."""
        return len(self.rows)

    def path(self) -> str:
        """One SVG path of the black modules, a module being one unit, y downwards."""
        return "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in self._runs())

    def operators(self) -> bytes:
        """PDF operators that fill the black modules, a module being one unit, y upwards.

        One path and one fill: modules that touch never show a seam.
        """
        last = self.modules - 1
        runs = [f"{x} {last - y} {length} 1 re" for x, y, length in self._runs()]
        return "\n".join([*runs, "f"]).encode()

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        for y, row in enumerate(self.rows):
            for run in _BLACK.finditer(row):
                yield run.start(), y, run.end() - run.start()


_BLACK = re.compile("1+")


def symbol(text: str) -> Symbol:
    """The symbol of an upper-case address.

    Raises:
        Unfit: a character that the alphanumeric mode does not have, or too long for 18 mm.
    """
    if not text or not set(text) <= set(_CHARACTERS):
        raise Unfit(f"{text!r} has characters a dense QR cannot hold; use an address of A-Z, 0-9, - . / :")
    level = next((level for level, most in _HOLDS.items() if len(text) <= most), None)
    if level is None:
        raise Unfit(f"{text} has {len(text)} characters; a readable QR of 18 mm holds {max(_HOLDS.values())}")
    return _artist(text[:-_DIFFERENT], len(text), level).draw(text)


class _Artist:
    """Draws the symbols of all addresses that begin alike and are of one length.

    Under one mask a symbol is linear in the bits of its text: where the texts of two symbols differ,
    their modules differ in a way that does not depend on the rest. So after some sixty symbols, drawn
    by the library, every other one is put together from what these taught, in a tenth of the time.
    """

    def __init__(self, text: str, level: int) -> None:
        self._level = level
        # The best mask for one address serves all of them: every mask is legal, and weighing all
        # eight for every code would take most of the time of printing a pack.
        self._mask = _coded(text, level, None).best_mask_pattern()
        self._bits = _bits(text)
        self._modules = 0
        self._first = self._drawn(text)
        #: What was learned: by the highest bit of a difference in bits, that difference in modules.
        self._learned: dict[int, tuple[int, int]] = {}

    def draw(self, text: str) -> Symbol:
        """The symbol of a text."""
        bits, picture = _bits(text) ^ self._bits, self._first
        while bits:
            known = self._learned.get(bits.bit_length())
            if known is None:
                drawn = self._drawn(text)
                self._learned[bits.bit_length()] = (bits, drawn ^ picture)
                picture = drawn
                break
            bits, picture = bits ^ known[0], picture ^ known[1]
        size = self._modules
        modules = f"{picture:0{size * size}b}"
        rows = tuple(modules[start : start + size] for start in range(0, size * size, size))
        return Symbol(rows, _LEVELS[self._level])

    def _drawn(self, text: str) -> int:
        """The modules of a symbol that the library draws, as one number, row by row."""
        rows = _coded(text, self._level, self._mask).modules
        self._modules = len(rows)
        return int("".join("1" if module else "0" for row in rows for module in row), 2)


@lru_cache(maxsize=16)
def _artist(start: str, length: int, level: int) -> _Artist:
    return _Artist(start + "5CK7P4WX2M"[: length - len(start)], level)


def _bits(text: str) -> int:
    """A text as the alphanumeric mode writes it: eleven bits for two characters, six for a last one."""
    values = [_CHARACTERS.index(character) for character in text]
    bits = 0
    for first, second in zip(values[::2], values[1::2], strict=False):
        bits = bits << 11 | (45 * first + second)
    return bits << 6 | values[-1] if len(values) % 2 else bits


def _coded(text: str, level: int, mask: int | None) -> qrcode.QRCode[Any]:
    code = qrcode.QRCode(version=None, error_correction=level, border=0, mask_pattern=mask)
    # optimize=0: the text is all alphanumeric, so one segment is the densest.
    code.add_data(text, optimize=0)
    code.make(fit=True)
    if code.version > _LARGEST_VERSION:
        raise Unfit(f"{text} needs modules smaller than {SMALLEST_MODULE} mm")
    return code
