"""What is in the boxes of a flat page: how much ink, whether a mark or a blackened box, sure or not.

Ink is measured against the paper right beside it, so that a shadow, even a hard one across a column of
boxes, is no ink. The threshold belongs to the page: most boxes on a page are empty, and tell how an
empty box looks on this paper, with this device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from printable.align import SCALE, Fit, Flat
from printable.boxes import Box, Field
from printable.images import Grey

Numbers = NDArray[np.float64]

#: How much of a box counts as its edge, in millimetres from outside: its outline, and where it may have slid.
_EDGE = 0.62
#: Strokes are thinner than this, in millimetres; what is wider is a shadow, or a box filled with ink.
_STROKE = 2.4
#: Differences in the paper itself, as a share of its whiteness, that are no ink.
_GRAIN = 0.05
#: The least ink, as a share of the box, that can be a mark: by kind of capture.
FLOORS = {"scan": 0.010, "photo": 0.015}
_CEILING = 0.05
#: A box is blackened when so much of it is dark and so little of it is clear paper.
_FULL, _CLEAR = 0.62, 0.05
_HEAVY = 0.5
#: How much darker than the paper beside it a box is all over when it is full of ink.
_SOLID = 0.2
#: A trace is short when it has less ink than this share of the usual mark of its form, and does not reach
#: so far across its box. So many marks tell what is usual.
_LITTLE, _FAR, _TELLING = 0.5, 0.75, 3
#: How far above the threshold of its page, in powers of two, a mark is plain; how far below an empty box.
PLAIN, _NOTHING = 1.0, -1.0
#: A trace with less ink than this share of the plain mark beside it is a slip of the pen.
SLIP = 0.4
#: The inside of a standard box in millimetres: a stroke covers less of a larger one.
_USUAL = 3.56


@dataclass(frozen=True)
class Mark:
    """What is in one box.

    Attributes:
        ink: the share of the box that is covered, weighed by how dark; an empty box has nearly 0.
        margin: log2 of the ink over the page's threshold: below 0 empty, above it marked.
        filled: blackened all over, which takes a mark back.
        between: too full for a cross and too open for a blackened box.
        heavy: half of the box or more is dark: filled in haste, or crossed with a broad pen.
        across: how far it reaches across its box, as a share.
        short: a trace that is small beside the usual mark: it may be a slip of the pen.
        usual: a mark as this hand makes them, however lightly: not small, and right across its box.
    """

    ink: float
    margin: float
    filled: bool
    between: bool
    heavy: bool
    across: float
    short: bool = False
    usual: bool = False


@dataclass(frozen=True)
class Inks:
    """The ink of a flat page, pixel by pixel, as a share of full black; and the page, smoothed."""

    strokes: NDArray[np.float32]
    page: Grey


def inks(flat: Flat) -> Inks:
    """Measure a page once, for all boxes on it."""
    calm = cv2.GaussianBlur(flat.page, (3, 3), 0)
    kernel = np.ones((round(_STROKE * SCALE), round(_STROKE * SCALE)), np.uint8)
    paper = cv2.morphologyEx(cv2.blur(calm, (5, 5)), cv2.MORPH_CLOSE, kernel)
    strokes = 1 - calm.astype(np.float32) / np.maximum(paper, 1)
    return Inks(np.maximum(strokes - _GRAIN, 0).astype(np.float32), np.asarray(calm, dtype=np.uint8))


def capture(flat: Flat) -> str:
    """`photo` where light or perspective is uneven, as no scanner makes it; else `scan`."""
    small = cv2.resize(flat.page, (42, 60), interpolation=cv2.INTER_AREA)
    light = cv2.dilate(small, np.ones((9, 9), np.uint8))[4:-4, 4:-4]
    low, high = np.percentile(light, (2, 98))
    return "photo" if low < 0.88 * high or flat.bend > 1.5 else "scan"


def measure(found: Inks, boxes: Sequence[Box], fit: Fit, kind: str) -> tuple[Mark, ...]:
    """The marks in the boxes of one side, in their order. `kind` is the kind of capture."""
    raw = [_box(found, box, *fit.shifts[index]) for index, box in enumerate(boxes)]
    limit = threshold(np.array([each.ink for each in raw]), FLOORS[kind])
    return tuple(
        Mark(
            each.ink,
            float(np.log2(max(each.ink, 1e-4) / limit)),
            each.filled,
            (each.full > _FULL) != (each.clear < _CLEAR) and each.full > _HEAVY,
            each.full > _HEAVY,
            each.across,
        )
        for each in raw
    )


def usual(found: Sequence[Mark]) -> float:
    """The ink of the usual mark among many of one hand; endless where there are too few to tell."""
    crossed = sorted(each.ink for each in found if each.margin > 0 and not each.filled)
    return crossed[len(crossed) // 2] if len(crossed) >= _TELLING else math.inf


def beside(found: Sequence[Mark], usual: float) -> tuple[Mark, ...]:
    """The same marks, each held against the usual one."""
    return tuple(
        replace(
            each,
            short=each.ink < _LITTLE * usual and each.across < _FAR,
            usual=each.margin > 0 and each.ink >= _LITTLE * usual and each.across >= _FAR,
        )
        for each in found
    )


def doubts(found: Sequence[Mark]) -> tuple[str, ...]:
    """What keeps a question from being plain: a faint mark, a trace in an empty box, a half-filled one.

    A light pencil is no doubt where the whole form is written with it, and neither is a slip of the pen.
    """
    doubtful = []
    if any(0 < mark.margin < PLAIN and not mark.filled and not mark.usual for mark in found):
        doubtful.append("faint")
    if any(mark.short and mark.margin > 0 and not mark.filled for mark in found):
        doubtful.append("short")
    traces = [mark for mark in found if _NOTHING < mark.margin <= 0 and not mark.filled]
    slip = _slips_below(found)
    if not all(mark.short and mark.ink < slip for mark in traces):
        doubtful.append("stray")
    if any(mark.between and mark.margin > 0 for mark in found):
        doubtful.append("between")
    return tuple(doubtful)


def _slips_below(found: Sequence[Mark]) -> float:
    """The ink below which a trace beside these marks is a slip of the pen; 0 where they are no usual ones."""
    crossed = [mark for mark in found if mark.margin > 0 and not mark.filled]
    if not crossed or not all(mark.usual for mark in crossed):
        return 0.0
    return SLIP * min(mark.ink for mark in crossed)


@dataclass(frozen=True)
class _Inside:
    """What is in a box: its ink, the shares of it that are dark and that are clear paper, its reach."""

    ink: float
    full: float
    clear: float
    across: float

    @property
    def filled(self) -> bool:
        """Whether it is dark all over."""
        return self.full > _FULL and self.clear < _CLEAR


def threshold(ink: Numbers, floor: float) -> float:
    """The ink above which a box of this page is marked: well above what its emptiest boxes have."""
    if not len(ink):
        return floor
    empty = np.sort(ink)[: max(1, round(0.6 * len(ink)))]
    middle, high = np.percentile(empty, (50, 90))
    return float(max(floor, min(_CEILING, middle + max(7 * (high - middle), 0.006))))


def _box(found: Inks, box: Box, right: float, down: float) -> _Inside:
    left, top = (box.rect.x + right) * SCALE, (box.rect.y + down) * SCALE
    size, edge = box.rect.width * SCALE, _EDGE * SCALE
    rows, columns = _span(top + edge, top + size - edge), _span(left + edge, left + size - edge)
    inside = found.page[rows, columns]
    strokes = found.strokes[rows, columns]
    if inside.size == 0:
        return _Inside(0.0, 0.0, 1.0, 0.0)
    paper = _paper_beside(found.page, left, top, size)
    solid = np.clip(1 - inside.astype(np.float32) / max(paper, 1.0), 0, 1)
    ink = float(strokes.mean()) * (box.rect.width - 2 * _EDGE) / _USUAL
    dark = np.maximum(solid, strokes)
    covered = (dark > max(0.5 * _percentile(dark, 0.95), 0.15)).astype(np.uint8)
    reach = 2 * round(0.25 * SCALE) + 1
    open_paper = cv2.dilate(covered, np.ones((reach, reach), np.uint8)) == 0
    full, clear = float(covered.mean()), float(open_paper.mean())
    # Ink all over leaves no stroke to see, so it is held against the paper beside the box.
    if _percentile(solid, 0.5) > _SOLID or (full > _FULL and clear < _CLEAR):
        ink = max(ink, float(solid.mean()))
    spread = [np.flatnonzero(covered.any(axis=axis)) for axis in (0, 1)]
    across = max(float(np.ptp(lines) + 1) / len(covered) if len(lines) else 0.0 for lines in spread)
    return _Inside(ink, full, clear, across)


def _percentile(values: NDArray[np.float32] | Grey, share: float) -> float:
    """As `np.percentile`, between no two values; many times as fast on so few."""
    at = int(share * (values.size - 1))
    return float(np.partition(values.ravel(), at)[at])


def _span(start: float, end: float) -> slice:
    return slice(max(round(start), 0), max(round(end), 0))


def _paper_beside(page: Grey, left: float, top: float, size: float) -> float:
    """How light the paper is beside a box, on its darkest side: a shadow over the box lies there too."""
    near, far = 0.5 * SCALE, 1.4 * SCALE
    across, upright = _span(left, left + size), _span(top, top + size)
    sides = (
        page[upright, _span(left - far, left - near)],
        page[upright, _span(left + size + near, left + size + far)],
        page[_span(top - far, top - near), across],
        page[_span(top + size + near, top + size + far), across],
    )
    return float(min((_percentile(side, 0.7) for side in sides if side.size), default=255.0))


def written(found: Inks, field: Field, shift: Numbers) -> float:
    """The share of ink in a field where somebody writes: beside the lines of its cells, or between rules."""
    rect = field.rect
    left, top = rect.x + shift[0], rect.y + shift[1]
    right, bottom = left + rect.width, top + rect.height
    ink = found.strokes[
        _span((top + 0.8) * SCALE, (bottom - 0.8) * SCALE), _span((left + 0.8) * SCALE, (right - 0.8) * SCALE)
    ]
    if ink.size == 0:
        return 0.0
    dark = ink > 0.12
    # Printed lines run through whole rows or columns; writing does not.
    rows, columns = dark.mean(axis=1) < 0.6, dark.mean(axis=0) < 0.6
    return float(dark[rows][:, columns].mean()) if rows.any() and columns.any() else 0.0
