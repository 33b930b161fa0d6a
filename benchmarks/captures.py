"""Simulated captures of a page: scanners, a bad printer, phones. Everything comes from a seed.

Written without a scanner, printer or phone at hand: streaks of dirty glass, crumpled paper and the
sharpening of cheap phones are missing.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]
Capture = Callable[[Grey, int], bytes]


def scan_300(page: Grey, seed: int) -> bytes:
    """An office scanner at 300 dpi."""
    return _scan(page, seed, 300, skew=0.7, quality=85)


def scan_200(page: Grey, seed: int) -> bytes:
    """An office scanner at 200 dpi, stronger compression."""
    return _scan(page, seed, 200, skew=0.7, quality=75)


def scan_150(page: Grey, seed: int) -> bytes:
    """An office scanner at 150 dpi."""
    return _scan(page, seed, 150, skew=0.7, quality=75)


def bad_print(page: Grey, seed: int) -> bytes:
    """Too little toner in stripes, printed at 97 %, scanned askew at 150 dpi, strongly compressed."""
    return _scan(_worn(page, seed), seed, 150, skew=5.0, quality=30, zoom=0.97)


def photo(page: Grey, seed: int) -> bytes:
    """A phone photo, 2400 pixels wide, on a desk: perspective, a hard shadow, uneven light."""
    return _photo(page, seed, blur=0, quality=80, bend=0.3)


def bent_photo(page: Grey, seed: int) -> bytes:
    """A bad print, bent, with motion blur and strong compression."""
    return _photo(_worn(page, seed), seed, blur=7, quality=45, bend=3.0)


def black_and_white(page: Grey, seed: int) -> bytes:
    """A scanner set to black and white."""
    with Image.open(io.BytesIO(scan_200(page, seed))) as scanned:
        return _saved(scanned.point(lambda value: 255 * (value > 150)).convert("1"), "PNG", 0)


CAPTURES: dict[str, Capture] = {
    "scan300": scan_300,
    "scan200": scan_200,
    "scan150": scan_150,
    "bad print": bad_print,
    "photo": photo,
    "bent photo": bent_photo,
}


def _scan(
    page: Grey, seed: int, dpi: int, *, skew: float, quality: int, zoom: float = 1.0, turned: bool = True
) -> bytes:
    chance = random.Random(f"scan {seed}")
    height, width = (round(side * dpi / 300) for side in page.shape)
    small = cv2.resize(page, (width, height), interpolation=cv2.INTER_AREA)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), chance.uniform(-skew, skew), zoom)
    turn[:, 2] += (chance.uniform(-2, 2) * dpi / 25.4, chance.uniform(-2, 2) * dpi / 25.4)
    paper = chance.uniform(232, 252)
    laid = cv2.warpAffine(small, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=255.0)
    laid = cv2.GaussianBlur(laid, (0, 0), chance.uniform(0.4, 0.8))
    black = chance.uniform(10, 40)
    grey = black + laid.astype(np.float32) * (paper - black) / 255 + _grain(laid.shape, seed) * 2.5
    image = np.clip(grey, 0, 255).astype(np.uint8)
    if turned and chance.random() < 0.15:
        image = np.ascontiguousarray(image[::-1, ::-1])
    return _saved(Image.fromarray(image), "JPEG", quality, dpi)


def _photo(page: Grey, seed: int, *, blur: int, quality: int, bend: float) -> bytes:
    chance = random.Random(f"photo {seed}")
    width, height = 2400, 3200
    small = cv2.resize(page, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
    small = _bent(small, chance, bend * 225 / 25.4)
    tall, broad = small.shape
    margin = (0.04 * width, 0.04 * height)
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    target = [
        (
            margin[0] + x * (width - 2 * margin[0]) + (1 - 2 * x) * chance.uniform(0, 0.06) * width,
            margin[1] + y * (height - 2 * margin[1]) + (1 - 2 * y) * chance.uniform(0, 0.06) * height,
        )
        for x, y in corners
    ]
    source = np.array([(x * broad, y * tall) for x, y in corners], np.float32)
    view = cv2.getPerspectiveTransform(source, np.array(target, np.float32))
    desk = float(chance.uniform(60, 150))
    seen = cv2.warpPerspective(small, view, (width, height), flags=cv2.INTER_AREA, borderValue=desk)
    light = _light(chance, width, height)
    image = (30 + seen.astype(np.float32) * 0.83) * light
    if blur:
        length = chance.uniform(2, blur)
        image = cv2.filter2D(image, -1, _motion(length, chance.uniform(0, math.pi)))
    image = cv2.GaussianBlur(image, (0, 0), chance.uniform(0.6, 1.1)) + _grain(image.shape, seed) * 4
    turned = np.rot90(image, chance.choice((0, 0, 0, 1, 2, 3)))
    return _saved(Image.fromarray(np.clip(turned, 0, 255).astype(np.uint8)), "JPEG", quality)


def _bent(page: Grey, chance: random.Random, most: float) -> Grey:
    """Paper that does not lie flat: its middle moves by up to so many pixels, its corners stay."""
    tall, broad = page.shape
    y, x = np.mgrid[0:tall:16, 0:broad:16].astype(np.float32)
    u, v = x / broad * math.pi, y / tall * math.pi
    moved_x = x + most * chance.uniform(-1, 1) * np.sin(v) + most / 3 * chance.uniform(-1, 1) * np.sin(2 * u)
    moved_y = y + most * chance.uniform(-1, 1) * np.sin(u) + most / 3 * chance.uniform(-1, 1) * np.sin(2 * v)
    full = [cv2.resize(part.astype(np.float32), (broad, tall)) for part in (moved_x, moved_y)]
    return np.asarray(cv2.remap(page, full[0], full[1], cv2.INTER_LINEAR, borderValue=255.0), dtype=np.uint8)


def _light(chance: random.Random, width: int, height: int) -> NDArray[np.float32]:
    """Uneven light, and a shadow with an edge between hard and soft across the page."""
    y, x = np.mgrid[0:1:100j, 0:1:75j].astype(np.float32)
    angle = chance.uniform(0, 2 * math.pi)
    slope = x * math.cos(angle) + y * math.sin(angle)
    even = chance.uniform(0.85, 1.0) - chance.uniform(0, 0.3) * (slope - slope.min()) / np.ptp(slope)
    light = cv2.resize(even.astype(np.float32), (width, height))
    shadow = np.zeros((height, width), np.uint8)
    middle = (chance.uniform(0.1, 0.9) * width, chance.uniform(0.1, 0.9) * height)
    spread = (chance.uniform(0.3, 0.9) * width, chance.uniform(0.2, 0.5) * height)
    cv2.ellipse(shadow, (middle, spread, math.degrees(chance.uniform(0, math.pi))), 255, -1)
    soft = cv2.GaussianBlur(shadow, (0, 0), chance.choice((1.5, 4.0, 15.0))).astype(np.float32) / 255
    return np.asarray(light * (1 - chance.uniform(0.15, 0.5) * soft), dtype=np.float32)


def _motion(length: float, angle: float) -> NDArray[np.float32]:
    size = math.ceil(length) | 1
    drawn = np.zeros((size, size), np.uint8)
    half = np.array([math.cos(angle), math.sin(angle)]) * length / 2
    middle = np.array([size // 2, size // 2])
    ends = [tuple(int(value) for value in np.round((middle + sign * half) * 16)) for sign in (-1, 1)]
    cv2.line(drawn, ends[0], ends[1], 255, 1, cv2.LINE_AA, 4)
    kernel = drawn.astype(np.float32)
    total = float(kernel.sum())
    return kernel / total if total else np.ones((1, 1), np.float32)


def _worn(page: Grey, seed: int) -> Grey:
    """Toner that is thin in stripes, and specks where it should not be."""
    chance = random.Random(f"print {seed}")
    toner = np.full(page.shape[1], chance.uniform(0.75, 0.95), np.float32)
    for _ in range(chance.randint(1, 4)):
        at, wide = chance.uniform(0, page.shape[1]), chance.uniform(20, 90)
        toner *= 1 - chance.uniform(0.1, 0.4) * np.exp(-(((np.arange(page.shape[1]) - at) / wide) ** 2))
    printed = 255 - (255 - page.astype(np.float32)) * toner
    for _ in range(chance.randint(20, 120)):
        x, y = chance.randrange(page.shape[1]), chance.randrange(page.shape[0])
        cv2.circle(printed, (x, y), chance.randint(1, 3), chance.uniform(60, 190), -1)
    return np.clip(printed, 0, 255).astype(np.uint8)


@cache
def _tile() -> NDArray[np.float32]:
    rough = np.random.default_rng(7).standard_normal((1024, 1024)).astype(np.float32)
    return cv2.GaussianBlur(rough, (0, 0), 0.6) * 1.6


def _grain(shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    """Noise with a deviation of about 1, cheap to make."""
    tile = np.roll(_tile(), (seed * 37 % 1024, seed * 101 % 1024), (0, 1))
    times = (-(-shape[0] // 1024), -(-shape[1] // 1024))
    return np.tile(tile, times)[: shape[0], : shape[1]]


def _saved(image: Image.Image, kind: str, quality: int, dpi: int | None = None) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, quality=quality, **({"dpi": (dpi, dpi)} if dpi else {}))
    return out.getvalue()
