"""Drawn hands: marks of pens on printed pages, by a program that knows nothing of the reader.

A respondent has a pen, a way to mark, and mistakes. What is drawn is known, so what was read can be
compared with it. Everything comes from a seed. Real hands are worse than these.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from printable.boxes import SKIPPED, Box, Code, Field, Side

Grey = NDArray[np.uint8]
Truth = dict[str, tuple[Code, ...]]

DPI = 300
_MM = DPI / 25.4
_FINE = 4  # bits of a pixel in which lines are drawn

#: Share, width in mm, darkness from 0 to 1, and how broken the line is.
_PENS = (
    (0.38, 0.45, 0.85, 0.0),  # black ball
    (0.27, 0.45, 0.70, 0.0),  # blue ball
    (0.11, 0.95, 0.92, 0.0),  # felt
    (0.16, 0.55, 0.50, 0.25),  # pencil
    (0.08, 0.50, 0.30, 0.45),  # faint pencil
)
_WAYS = (("cross", 0.50), ("tick", 0.27), ("fill", 0.12), ("slash", 0.07), ("dot", 0.04))
_BLANK, _SKIP, _CORRECTED, _AGAINST_RULES, _STRAY, _CIRCLED = 0.04, 0.02, 0.05, 0.4, 0.012, 0.005


@dataclass
class Hand:
    """One respondent at a page: draws into `ink`, a picture of how dark the paper became."""

    chance: random.Random
    ink: NDArray[np.float32]

    def __post_init__(self) -> None:
        chance = self.chance
        _, self._width, self._dark, self._broken = chance.choices(_PENS, [pen[0] for pen in _PENS])[0]
        self._way = chance.choices([way for way, _ in _WAYS], [share for _, share in _WAYS])[0]

    def answer(self, side: Side, several: frozenset[str]) -> Truth:
        """Answer every question of a side; what was meant, by item (nothing for a blank one)."""
        truth: Truth = {}
        boxes: dict[str, list[Box]] = {}
        for box in side.boxes:
            boxes.setdefault(box.item, []).append(box)
        fields = {field.item: field for field in side.fields}
        for item, offered in boxes.items():
            if item in fields:
                self._write(fields[item], offered, truth)
                continue
            truth[item] = self._question(offered, several=item in several)
            for box in offered:
                if box.code not in truth[item] and self.chance.random() < _STRAY:
                    self._stray(box)
        return truth

    def _question(self, offered: Sequence[Box], *, several: bool) -> tuple[Code, ...]:
        chance = self.chance
        if chance.random() < _BLANK:
            return ()
        answers = [box for box in offered if box.code != SKIPPED]
        if chance.random() < _SKIP and len(answers) < len(offered):
            meant = [box for box in offered if box.code == SKIPPED]
        else:
            meant = chance.sample(answers, chance.randint(1, min(3, len(answers))) if several else 1)
        for box in meant:
            if chance.random() < _CIRCLED:
                self._circle(box)
            else:
                self._mark(box)
        others = [box for box in answers if box not in meant]
        if others and chance.random() < _CORRECTED:
            wrong = chance.choice(others)
            self._mark(wrong)
            if chance.random() < _AGAINST_RULES:
                self._strike(wrong)
            else:
                self._fill(wrong)
        order = [box.code for box in offered]
        return tuple(sorted((box.code for box in meant), key=order.index))

    def _mark(self, box: Box) -> None:
        way = self._way
        if way != "fill" and self.chance.random() < 0.1:
            way = self.chance.choice(("cross", "tick", "slash"))
        getattr(self, f"_{way}")(box)

    def _cross(self, box: Box) -> None:
        size = self.chance.uniform(0.55, 1.25)
        self._stroke(box, [(-size, -size), (size, size)])
        self._stroke(box, [(size, -size), (-size, size)])

    def _tick(self, box: Box) -> None:
        size = self.chance.uniform(0.7, 1.3)
        self._stroke(box, [(-0.6 * size, 0.0), (-0.1 * size, 0.6 * size), (0.9 * size, -1.0 * size)])

    def _slash(self, box: Box) -> None:
        size = self.chance.uniform(0.7, 1.2)
        self._stroke(box, [(-size, size), (size, -size)])

    def _dot(self, box: Box) -> None:
        for _ in range(6):
            angle = self.chance.uniform(0, 6.3)
            self._stroke(box, [(0, 0), (0.28 * math.cos(angle), 0.28 * math.sin(angle))])

    def _fill(self, box: Box) -> None:
        lines = max(6, round(1.25 * box.rect.height / self._width))
        points = []
        for line in range(lines + 1):
            y = -0.92 + 1.84 * line / lines
            points.append((-0.95 if line % 2 else 0.95, y))
        self._stroke(box, points, jitter=0.05)
        self._stroke(box, [(y, x) for x, y in points[:: 2 if self._width < 0.6 else 3]], jitter=0.05)

    def _strike(self, box: Box) -> None:
        for _ in range(self.chance.randint(1, 3)):
            self._stroke(box, [(-1.5, self.chance.uniform(-0.5, 0.5)), (1.5, self.chance.uniform(-0.5, 0.5))])

    def _circle(self, box: Box) -> None:
        turn = [(1.5 * math.cos(a / 4), 1.5 * math.sin(a / 4)) for a in range(26)]
        self._stroke(box, turn, jitter=0.03)

    def _stray(self, box: Box) -> None:
        x, y, angle = (self.chance.uniform(-1, 1), self.chance.uniform(-1, 1), self.chance.uniform(0, 6.3))
        length = self.chance.uniform(0.3, 1.1)
        self._stroke(box, [(x, y), (x + length * math.cos(angle), y + length * math.sin(angle))])

    def _write(self, field: Field, offered: Sequence[Box], truth: Truth) -> None:
        """Something that looks like writing; nobody reads it."""
        truth[field.item] = ()
        if self.chance.random() < 0.3:
            if self.chance.random() < 0.3 and offered:
                self._mark(offered[0])
                truth[field.item] = (offered[0].code,)
            return
        x, y = field.rect.x + 2, field.rect.y + min(5.0, field.rect.height / 2)
        points = []
        while x < field.rect.x + min(field.rect.width - 3, 60):
            points.append((x, y + self.chance.uniform(-1.8, 1.8)))
            x += self.chance.uniform(0.8, 2.2)
        self._line(points)

    def _stroke(self, box: Box, points: Sequence[tuple[float, float]], jitter: float = 0.16) -> None:
        """A line through points given in halves of the box from its middle."""
        rect, chance = box.rect, self.chance
        self._line(
            [
                (
                    rect.x + rect.width / 2 * (1 + x + chance.gauss(0, jitter)),
                    rect.y + rect.height / 2 * (1 + y + chance.gauss(0, jitter)),
                )
                for x, y in points
            ]
        )

    def _line(self, points: Sequence[tuple[float, float]]) -> None:
        path = (np.array(points) * _MM).astype(np.float64)
        low = np.maximum(np.floor(path.min(axis=0)).astype(int) - 20, 0)
        high = np.minimum(np.ceil(path.max(axis=0)).astype(int) + 20, self.ink.shape[::-1])
        if (high <= low).any():
            return
        drawn = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        fixed = np.round((path - low) * (1 << _FINE)).astype(np.int32).reshape(-1, 1, 2)
        width = max(1, round(self._width * self.chance.uniform(0.8, 1.2) * _MM))
        cv2.polylines(drawn, [fixed], False, 255, width, cv2.LINE_AA, _FINE)
        line = cv2.GaussianBlur(drawn, (3, 3), 0).astype(np.float32) / 255 * self._dark
        if self._broken:
            grain = np.random.default_rng(self.chance.getrandbits(32)).random(drawn.shape, np.float32)
            line *= 1 - self._broken * cv2.GaussianBlur(grain, (3, 3), 0) * 1.6
        place = self.ink[low[1] : high[1], low[0] : high[0]]
        np.maximum(place, line, out=place)


def fill_in(
    page: Grey, side: Side, several: frozenset[str], seed: int, of_form: int | None = None
) -> tuple[Grey, Truth]:
    """A printed page at `DPI`, answered by the respondent of this seed; and what they meant.

    Args:
        of_form: the seed of the respondent, where `seed` is that of this page of theirs alone.
    """
    ink = np.zeros(page.shape, np.float32)
    hand = Hand(random.Random(seed if of_form is None else of_form), ink)
    if of_form is not None:
        hand.chance = random.Random(seed)
    truth = hand.answer(side, several)
    return (page * (1 - ink)).astype(np.uint8), truth
