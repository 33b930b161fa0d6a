"""The drawn pictures, shared by paper and screen: answer scales and the signs of the instructions.

All are our own drawings, black lines on nothing, so that they tell themselves apart without colour.
`agreement-1` (a full disc) is full agreement and `agreement-5` (an empty ring) none; `feeling-1` is
the happiest face and `feeling-5` the saddest. An option set with one of these displays is coded so.

May be imported by the web too: it needs nothing but this folder.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
#: The displays of an option set that have a picture for every code from 1 to 5.
SCALES = ("agreement", "feeling")


class NoPicture(LookupError):
    """There is no drawing of that name; the message lists what there is."""


def svg(scale: str, code: int) -> str:
    """The drawing of an answer as SVG text, in `currentColor`. Raises NoPicture."""
    return drawing(f"{scale}-{code}")


@cache
def drawing(name: str) -> str:
    """A drawing by its name, as SVG text, in `currentColor`. Raises NoPicture."""
    path = _FOLDER / f"{name}.svg"
    if path.parent != _FOLDER or not path.is_file():
        known = ", ".join(sorted(found.stem for found in _FOLDER.glob("*.svg")))
        raise NoPicture(f"there is no picture {name}; there are: {known}")
    return path.read_text(encoding="utf-8")
