"""Where everything stands on a printed page, in millimetres: the box map.

It is read from the rendered page itself when a template is made, stored with every sheet that goes
out, and never worked out again: the map of a sheet is the map of the paper somebody holds.
The origin is the top left corner of the paper, in every language.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

#: Raised when the shape of the stored JSON changes; an old map is read as what it is.
FORMAT = 1

#: The code of the box with which a respondent says that they skip a question.
SKIPPED = "skipped"
Code = int | Literal["skipped"]
FieldKind = Literal["number", "date", "text"]
SlotKind = Literal["qr", "code", "text"]


@dataclass(frozen=True)
class Rect:
    """A rectangle on the paper, in millimetres, outer edges of the printed outline."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height

    def overlaps(self, other: Rect) -> bool:
        """Whether the two share any ground."""
        across = self.x < other.right and other.x < self.right
        return across and self.y < other.bottom and other.y < self.bottom


@dataclass(frozen=True)
class Box:
    """The square in which one answer is crossed. `code` is the answer code, or `skipped`."""

    item: str
    code: Code
    rect: Rect


@dataclass(frozen=True)
class Field:
    """Where an answer is written by hand: cells for digits (`cells` of them), or ruled lines (0 cells)."""

    item: str
    kind: FieldKind
    cells: int
    rect: Rect


@dataclass(frozen=True)
class Slot:
    """A place that the template leaves open and the stamp fills: a QR, a code, or a line of text."""

    kind: SlotKind
    name: str
    rect: Rect


@dataclass(frozen=True)
class Mark:
    """One of the four corner marks: its number says which corner, so it also says which way is up."""

    id: int
    rect: Rect


@dataclass(frozen=True)
class Side:
    """One printed page; `number` counts from 1."""

    number: int
    boxes: tuple[Box, ...] = ()
    fields: tuple[Field, ...] = ()
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class BoxMap:
    """All sides of a template. `template` is the SHA-256 of the PDF that the map belongs to."""

    template: str
    width: float
    height: float
    marks: tuple[Mark, ...]
    sides: tuple[Side, ...]

    def boxes(self) -> Iterator[tuple[int, Box]]:
        """Every box with the number of its side, in the order of the page."""
        return ((side.number, box) for side in self.sides for box in side.boxes)

    def fields(self) -> Iterator[tuple[int, Field]]:
        """Every field with the number of its side, in the order of the page."""
        return ((side.number, field) for side in self.sides for field in side.fields)

    def items(self) -> tuple[str, ...]:
        """The ids of the items in the order in which they are printed."""
        found: dict[str, None] = {}
        for side in self.sides:
            answers = [(box.rect.y, box.rect.x, box.item) for box in side.boxes]
            answers += [(field.rect.y, field.rect.x, field.item) for field in side.fields]
            # The template is laid out from top to bottom, one question under the other.
            found.update(dict.fromkeys(item for _, _, item in sorted(answers)))
        return tuple(found)

    def to_json(self) -> str:
        """The map as text, the same bytes for the same map."""
        return json.dumps({"format": FORMAT, **asdict(self)}, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> BoxMap:
        """The map in a text that `to_json` made. Raises ValueError for anything else."""
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise ValueError(f"a box map of format {data['format']}; this version reads {FORMAT}")
            return cls(
                data["template"],
                data["width"],
                data["height"],
                tuple(Mark(mark["id"], _rect(mark)) for mark in data["marks"]),
                tuple(_side(side) for side in data["sides"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a box map: {error}") from error


def _rect(data: dict[str, Any]) -> Rect:
    return Rect(**data["rect"])


def _side(data: dict[str, Any]) -> Side:
    return Side(
        data["number"],
        tuple(Box(box["item"], box["code"], _rect(box)) for box in data["boxes"]),
        tuple(Field(field["item"], field["kind"], field["cells"], _rect(field)) for field in data["fields"]),
        tuple(Slot(slot["kind"], slot["name"], _rect(slot)) for slot in data["slots"]),
    )
