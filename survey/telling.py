"""Words that give away what this is about to who looks along, and words that judge; neither may be shown.

A phone lies on a table, a message has a preview, a file has a name: what stands there is read by others.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from instruments import reading

FILE = Path(__file__).parent / "telling.yaml"


@cache
def words(kind: str = "anywhere_outside", file: Path | None = None) -> tuple[str, ...]:
    """The beginnings of words of a kind, `anywhere_outside` or `judging`; by default those that ship.

    Raises BrokenFile.
    """
    path = file or FILE
    found = reading.read(path.read_text(encoding="utf-8"), path.name)
    return tuple(str(word) for word in found[kind])


def found_in(text: str, kind: str = "anywhere_outside", file: Path | None = None) -> tuple[str, ...]:
    """The words of a kind that a text holds, at the beginning of one of its words."""
    plain = " " + "".join(letter if letter.isalnum() else " " for letter in text.lower())
    return tuple(word for word in words(kind, file) if f" {word}" in plain)
