"""Finding out which side a picture shows, and laying it flat: page millimetres to pixels and back.

The QRs say which sheet and side it is and roughly where everything is; the corner marks, looked for
only where they must then be, say it exactly. The outlines of the answer boxes are the proof: they
must be where the box map has them. They also correct what four corners cannot know, a bent paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from printable import codes, geometry
from printable.boxes import BoxMap, Rect, Side, Slot
from printable.codes import Marker
from printable.images import Grey

Points = NDArray[np.float64]

#: Pixels per millimetre of a page that was laid flat: 152 dpi.
SCALE = 6.0
#: How far from where the QRs say a corner mark is looked for, in millimetres, at most.
_NEAR, _FAR = 9.0, 26.0
_ENOUGH_MARKS = 3
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


@dataclass(frozen=True)
class Seen:
    """A QR of ours on a picture: what it says, and its corners in pixels, clockwise from its own top left.

    `base` is the address before the code, in capitals: another service's sheets look just like ours.
    """

    marker: Marker
    corners: Points
    base: str = ""


@dataclass(frozen=True)
class Flat:
    """A page laid flat.

    `page` has `SCALE` pixels per millimetre. `how` says by what it was aligned: marks, two_qrs or one_qr.
    `sharpness` is the resolution of the picture in pixels per millimetre of paper; `turned` the angle in
    degrees by which the picture was turned; `bend` how far from straight its perspective is, in millimetres.
    """

    page: Grey
    how: str
    sharpness: float
    turned: float
    bend: float


def identify(grey: Grey) -> tuple[Seen, ...]:
    """The QRs of ours on a picture; tried on the picture as it is, smaller, in black and white, larger.

    A QR of somebody else's says nothing to us.
    """
    for picture, factor in _tries(grey):
        found = _decoded(picture, factor)
        if found:
            return found
    return ()


def _tries(grey: Grey) -> Iterator[tuple[Grey, float]]:
    usual = min(1.0, 1800 / max(grey.shape))
    yield _scaled(grey, usual), usual
    yield _scaled(grey, usual / 2), usual / 2
    if usual < 1:
        yield grey, 1.0
    yield _black_and_white(grey), 1.0
    if max(grey.shape) < 2400:
        yield _scaled(grey, 2), 2.0


def _scaled(grey: Grey, factor: float) -> Grey:
    if factor == 1:
        return grey
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=way), dtype=np.uint8)


def _black_and_white(grey: Grey) -> Grey:
    around = max(grey.shape) // 60 * 2 + 1
    way = cv2.ADAPTIVE_THRESH_MEAN_C
    return np.asarray(cv2.adaptiveThreshold(grey, 255, way, cv2.THRESH_BINARY, around, 12), dtype=np.uint8)


def _decoded(picture: Grey, factor: float) -> tuple[Seen, ...]:
    found = []
    for code in zxingcpp.read_barcodes(picture, formats=_QR):
        try:
            marker = codes.read(code.text)
        except codes.Mistyped:
            continue
        place = code.position
        around = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        corners = [(point.x, point.y) for point in around]
        base = code.text.strip().upper().rpartition("/Q/")[0]
        found.append(Seen(marker, (np.array(corners, dtype=np.float64) + 0.5) / factor, base))
    return tuple(found)


def flatten(grey: Grey, layout: BoxMap, seen: Sequence[Seen]) -> Flat | None:
    """The page laid flat, or None when nothing on it holds together. `seen` are QRs of one side."""
    best: tuple[int, Points, dict[int, Points]] | None = None
    for rough, radius in _guesses(grey, layout, seen):
        marks = _marks(grey, layout, rough, radius)
        if best is None or len(marks) > best[0]:
            best = (len(marks), rough, marks)
        if len(marks) == len(layout.marks):
            break
    if best is None:
        return None
    _, rough, marks = best
    paper = [_corners(mark.rect) for mark in layout.marks if mark.id in marks]
    pixels = [marks[mark.id] for mark in layout.marks if mark.id in marks]
    how = "marks"
    if len(marks) < _ENOUGH_MARKS:
        how = "two_qrs" if len(seen) > 1 else "one_qr"
        if not marks:
            return _laid(grey, rough, how)
    if len(marks) < len(layout.marks):
        for code, rect in _placed(seen, layout, rough):
            paper.append(_corners(rect))
            pixels.append(code.corners)
    exact = _homography(np.concatenate(paper), np.concatenate(pixels))
    return _laid(grey, exact, how) if exact is not None else None


def _guesses(grey: Grey, layout: BoxMap, seen: Sequence[Seen]) -> Iterator[tuple[Points, float]]:
    """Rough homographies from millimetres to pixels, the likeliest first, with how far to look around."""
    rects = [slot.rect for slot in _qr_slots(layout)]
    if len(seen) > 1:
        for order in (rects, rects[::-1]):
            paper = np.concatenate([_corners(rect) for rect in order])
            rough = _homography(paper, np.concatenate([code.corners for code in seen[:2]]))
            if rough is not None and _residual(rough, paper, seen) < 2.5:
                yield rough, _NEAR
    for code in seen[:1]:
        for rect in rects:
            # A parallelogram, since the perspective of so small a thing is mostly noise.
            paper = _corners(rect)
            affine, _ = cv2.estimateAffinePartial2D(paper, code.corners)
            if affine is not None:
                turned: Points = np.vstack([affine, [0.0, 0.0, 1.0]]).astype(np.float64)
                if _inside(turned, grey):
                    yield turned, _FAR


def _qr_slots(layout: BoxMap) -> list[Slot]:
    return [slot for slot in (layout.sides[0].slots or geometry.SHEET_SLOTS) if slot.kind == "qr"]


def _placed(seen: Sequence[Seen], layout: BoxMap, rough: Points) -> Iterator[tuple[Seen, Rect]]:
    """Every QR that was seen with the place on the paper where it must then stand."""
    for code in seen:
        middle = np.asarray(code.corners.mean(axis=0), dtype=np.float64)
        rects = [slot.rect for slot in _qr_slots(layout)]
        away = [float(np.abs(_map(rough, _corners(rect)).mean(axis=0) - middle).sum()) for rect in rects]
        yield code, rects[int(np.argmin(away))]


def _residual(rough: Points, paper: Points, seen: Sequence[Seen]) -> float:
    """How badly a homography fits what it was made from, in millimetres."""
    pixels = np.concatenate([code.corners for code in seen[:2]])
    back = np.linalg.inv(rough).astype(np.float64)
    return float(np.abs(_map(back, pixels) - paper).max())


def _inside(rough: Points, grey: Grey) -> bool:
    """Whether most of the page falls on the picture: a QR taken for the other one throws it off."""
    middle = _map(rough, np.array([[geometry.PAGE_WIDTH / 2, geometry.PAGE_HEIGHT / 2]]))[0]
    return bool(0 < middle[0] < grey.shape[1] and 0 < middle[1] < grey.shape[0])


def _marks(grey: Grey, layout: BoxMap, rough: Points, radius: float) -> dict[int, Points]:
    """The corners of every corner mark that stands where a rough homography says, by its number."""
    found = {}
    for mark in layout.marks:
        rect = mark.rect
        around = Rect(rect.x - radius, rect.y - radius, rect.width + 2 * radius, rect.height + 2 * radius)
        corners = _map(rough, _corners(around))
        left, top = np.maximum(corners.min(axis=0), 0).astype(int)
        right, bottom = np.minimum(corners.max(axis=0), (grey.shape[1], grey.shape[0])).astype(int)
        if right - left < 20 or bottom - top < 20:
            continue
        cut = grey[top:bottom, left:right]
        factor = min(1.0, (2 * radius + rect.width) * SCALE / max(cut.shape))
        shapes, ids, _ = _detector().detectMarkers(_scaled(cut, factor) if factor < 0.75 else cut)
        factor = factor if factor < 0.75 else 1.0
        for shape, number in zip(shapes, np.ravel(ids) if len(shapes) else (), strict=True):
            if int(number) == mark.id:
                # Pixel centres: the corner of a shrunk picture lies half a pixel beside that of the whole.
                place = (np.asarray(shape, dtype=np.float64).reshape(4, 2) + 0.5) / factor - 0.5
                found[mark.id] = place + 0.5 + (left, top)
    return found


@cache
def _detector() -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    parameters.cornerRefinementWinSize = 3
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    return cv2.aruco.ArucoDetector(dictionary, parameters)


def _homography(paper: Points, pixels: Points) -> Points | None:
    found: Any = cv2.findHomography(paper, pixels)[0]
    if found is None or not np.isfinite(found).all() or abs(np.linalg.det(found)) < 1e-9:
        return None
    return np.asarray(found, dtype=np.float64)


def _laid(grey: Grey, exact: Points, how: str) -> Flat | None:
    corners = _map(exact, _corners(Rect(0, 0, geometry.PAGE_WIDTH, geometry.PAGE_HEIGHT)))
    outline = corners.astype(np.float32)
    if not np.isfinite(corners).all() or not cv2.isContourConvex(outline.reshape(-1, 1, 2)):
        return None
    down = corners[3] - corners[0]
    paper = geometry.PAGE_WIDTH * geometry.PAGE_HEIGHT
    sharpness = float(np.sqrt(cv2.contourArea(outline) / paper))
    shrink = min(1.0, SCALE * 1.1 / max(sharpness, 0.1))
    source = _scaled(grey, shrink) if shrink < 0.8 else grey
    shrink = shrink if shrink < 0.8 else 1.0
    # From pixels of the flat page to pixels of the picture; a pixel's centre is half a pixel in.
    half = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    to_source = half @ np.diag([shrink, shrink, 1]) @ exact @ np.diag([1 / SCALE, 1 / SCALE, 1])
    to_source = to_source @ np.linalg.inv(half)
    size = (round(geometry.PAGE_WIDTH * SCALE), round(geometry.PAGE_HEIGHT * SCALE))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    page = cv2.warpPerspective(source, to_source, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    turned = float(np.degrees(np.arctan2(-down[0], down[1])))
    return Flat(np.asarray(page, dtype=np.uint8), how, sharpness, turned, _perspective(corners, sharpness))


def _perspective(corners: Points, sharpness: float) -> float:
    """How far the corners are from those of a rectangle, in millimetres: what a scanner never does."""
    return float(np.abs(corners[0] - corners[1] + corners[2] - corners[3]).max() / max(sharpness, 0.1))


def _corners(rect: Rect) -> Points:
    return np.array(
        [(rect.x, rect.y), (rect.right, rect.y), (rect.right, rect.bottom), (rect.x, rect.bottom)],
        dtype=np.float64,
    )


def _map(homography: Points, points: NDArray[np.floating[Any]]) -> Points:
    mapped = np.column_stack([points, np.ones(len(points))]) @ homography.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(mapped[:, :2] / mapped[:, 2:], dtype=np.float64)


@dataclass(frozen=True)
class Fit:
    """Where the boxes of a side really are: a shift in millimetres for each, and how good its outline is.

    `score` is the share of boxes whose outline was found where the box map has it, `lost` counts the
    questions of which most were not, and `moved` is how far, in millimetres, the boxes lie from there, by
    the median.
    """

    shifts: Points
    score: float
    lost: int = 0
    moved: float = 0.0


def fit(flat: Flat, side: Side) -> Fit:
    """Look for the outline of every box near its place on a flat page."""
    if not side.boxes:
        return Fit(np.zeros((0, 2)), 1.0)
    centres = np.array([(b.rect.x + b.rect.width / 2, b.rect.y + b.rect.height / 2) for b in side.boxes])
    ink = _darkness(flat.page)
    wide, quality = _outlines(ink, side, np.zeros_like(centres), 3.9)
    base = _smooth(centres, wide, quality)
    fine, quality = _outlines(ink, side, base, 1.6)
    shifts = _agreed(centres, base + fine, base, quality)
    found: dict[str, list[bool]] = {}
    # Words look a little like outlines, but do not lie where the neighbours do.
    there = (quality > _FOUND) & (np.hypot(*fine.T) < _BESIDE)
    for box, good in zip(side.boxes, there, strict=True):
        found.setdefault(box.item, []).append(bool(good))
    # One box alone may hide under a thumb; a row of them does not.
    lost = sum(len(boxes) >= _A_ROW and 2 * sum(boxes) < len(boxes) for boxes in found.values())
    moved = float(np.hypot(*np.median(shifts, axis=0)))
    return Fit(shifts, float((quality > _FOUND).mean()), lost, moved)


#: Of a question with so many boxes, most are found on the paper that they are printed on.
_A_ROW = 3
#: How far from where its neighbours lie a box may be, in millimetres.
_BESIDE = 0.8
#: How much darker the edges of a box must be than the paper beside them, as a share of full black.
_FOUND = 0.05


def _darkness(page: Grey) -> NDArray[np.float32]:
    """How dark a pixel is beside the lightest near it, 0 to 1."""
    light = cv2.blur(cv2.dilate(page, np.ones((25, 25), np.uint8)), (25, 25))
    return np.clip(1 - page.astype(np.float32) / np.maximum(light, 1), 0, 1).astype(np.float32)


def _outlines(
    ink: NDArray[np.float32], side: Side, base: Points, reach: float
) -> tuple[Points, NDArray[np.float64]]:
    """The shift, within `reach` millimetres, at which each outline fits best, and how well it does."""
    shifts = np.zeros_like(base)
    quality = np.zeros(len(side.boxes))
    steps = round(reach * SCALE)
    beside = round(0.75 * SCALE)
    edge = round(steps + beside + 2)
    padded = cv2.copyMakeBorder(ink, edge * 2, edge * 2, edge * 2, edge * 2, cv2.BORDER_REPLICATE)
    for index, box in enumerate(side.boxes):
        # The middle of the outline, which is 0.3 mm wide, lies 0.15 mm inside the rectangle.
        x = (box.rect.x + base[index, 0] + 0.15) * SCALE - 0.5 + edge * 2
        y = (box.rect.y + base[index, 1] + 0.15) * SCALE - 0.5 + edge * 2
        span = (box.rect.width - 0.3) * SCALE
        left, top, size = round(x), round(y), round(span)
        cut = padded[top - edge : top + size + edge, left - edge : left + size + edge]
        if cut.shape != (size + 2 * edge, size + 2 * edge):
            continue
        across, across_quality = _best(cut[edge:-edge].mean(axis=0), steps, beside, edge, size)
        down, down_quality = _best(cut[:, edge:-edge].mean(axis=1), steps, beside, edge, size)
        shifts[index] = ((left - x + across) / SCALE, (top - y + down) / SCALE)
        quality[index] = min(across_quality, down_quality)
    return shifts, quality


def _best(profile: NDArray[np.float32], steps: int, beside: int, edge: int, size: int) -> tuple[float, float]:
    """The step at which two edges, `size` apart, stand out most from what is outside of them."""
    at = np.arange(-steps, steps + 1) + edge
    first, second = profile[at], profile[at + size]
    outside = np.maximum(profile[at - beside], profile[at + size + beside])
    # Both edges must be there: the weaker counts most, so that a stroke of the pen is no outline.
    worth = np.minimum(first, second) + 0.25 * np.maximum(first, second) - 0.75 * outside
    best = int((worth - 0.0015 * np.abs(at - edge)).argmax())
    shift = float(best - steps)
    if 0 < best < len(worth) - 1:
        before, here, after = worth[best - 1 : best + 2]
        bow = before - 2 * here + after
        if bow < 0:
            shift += float(np.clip(0.5 * (before - after) / bow, -0.5, 0.5))
    return shift, float(worth[best])


def _smooth(centres: Points, shifts: Points, quality: NDArray[np.float64]) -> Points:
    """The shift around each box as its neighbours have it: the median of the nearest nine that were found."""
    good = quality > _FOUND
    if good.sum() < 4:
        return np.zeros_like(shifts)
    distance = ((centres[:, None] - centres[None, good]) ** 2).sum(axis=2)
    nearest = np.argsort(distance, axis=1)[:, : min(9, int(good.sum()))]
    return np.asarray(np.median(shifts[good][nearest], axis=1))


def _agreed(centres: Points, shifts: Points, base: Points, quality: NDArray[np.float64]) -> Points:
    """The own shift of a box where its outline is clear and its neighbours nearly agree, else theirs."""
    around = _smooth(centres, shifts, quality)
    if not around.any():
        around = base
    near = (np.abs(shifts - around).max(axis=1) < 1.2) & (quality > _FOUND)
    return np.where(near[:, None], shifts, around)
