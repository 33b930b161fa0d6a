"""Taking in what a scanner or a phone delivers: PDF, TIFF of many pages, JPEG, PNG, HEIC.

Whatever comes in was made by somebody else: sizes are asked for before anything is unpacked, and a
file that is broken, locked or too much ends in an `Unusable` with a word that says why. What cannot
be foreseen (a file that eats memory or time inside a library) is stopped by `apart`, which runs this
in a process of its own.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image, ImageSequence

Grey = NDArray[np.uint8]

#: Sides are taken in with at most so many pixels along: more shows no mark that this does not.
LONG_SIDE = 2400
#: A picture with fewer pixels along its longer side cannot hold a readable sheet.
SMALLEST = 1000
#: A page without a picture in it (made by a program, not a scanner) is drawn at this resolution.
_DRAWN_LONG_SIDE = 2340
#: A picture has greys when pixels between black and white are at least this share of the dark ones.
_LEAST_GREYS = 0.08


class Unusable(Exception):
    """A file that cannot be read at all.

    `reason` is a word for translation: too_many_bytes, too_many_pages, unknown_kind, locked or broken;
    from `apart` also too_slow and too_much (memory).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Limits:
    """How much one upload may ask of us: bytes of the file, pages in it, pixels of one page, and, where a
    process of its own reads it, seconds in all and megabytes of memory."""

    bytes: int = 200_000_000
    pages: int = 400
    pixels: int = 64_000_000
    seconds: float = 600.0
    megabytes: int = 3000


@dataclass(frozen=True)
class Picture:
    """One page of a file, in greys.

    `problem` says why there is nothing to read on it (`grey` is then empty): too_many_pixels, too_small,
    black_and_white or broken.
    """

    number: int
    grey: Grey
    problem: str | None = None


def pictures(content: bytes, limits: Limits | None = None) -> Iterator[Picture]:
    """Every page of a file, one at a time, counted from 1. Raises Unusable."""
    limits = limits or Limits()
    if len(content) > limits.bytes:
        raise Unusable("too_many_bytes")
    if content[:1024].lstrip().startswith(b"%PDF-"):
        return _of_pdf(content, limits)
    return _of_image(content, limits)


def _of_pdf(content: bytes, limits: Limits) -> Iterator[Picture]:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise Unusable("locked" if "password" in str(error).lower() else "broken") from error
    try:
        if len(document) > limits.pages:
            raise Unusable("too_many_pages")
        for index in range(len(document)):
            try:
                yield _pdf_page(document, index, limits)
            except (pypdfium2.PdfiumError, ValueError, MemoryError):
                yield _nothing(index + 1, "broken")
    finally:
        document.close()


def _pdf_page(document: pypdfium2.PdfDocument, index: int, limits: Limits) -> Picture:
    page = document[index]
    try:
        longest = max(page.get_size())
        if longest <= 0:
            return _nothing(index + 1, "broken")
        native, bits = 0, 0
        for drawn in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
            data = drawn.get_metadata()
            if data.width * data.height > limits.pixels:
                return _nothing(index + 1, "too_many_pixels")
            if max(data.width, data.height) > native:
                native, bits = max(data.width, data.height), data.bits_per_pixel
        if bits == 1:
            return _nothing(index + 1, "black_and_white")
        pixels = min(native or _DRAWN_LONG_SIDE, LONG_SIDE)
        drawing = page.render(scale=pixels / longest, grayscale=True, may_draw_forms=False).to_numpy()
        grey = np.ascontiguousarray(drawing.reshape(drawing.shape[:2]), dtype=np.uint8)
        return _checked(index + 1, grey)
    finally:
        page.close()


def _of_image(content: bytes, limits: Limits) -> Iterator[Picture]:
    with warnings.catch_warnings():
        # Our own limit comes before that of the library; it only warns, and here a warning would be lost.
        warnings.simplefilter("ignore")
        try:
            image = _heic(content) if _is_heic(content) else Image.open(io.BytesIO(content), formats=_FORMATS)
        except Image.DecompressionBombError:
            yield _nothing(1, "too_many_pixels")
            return
        except (OSError, ValueError, SyntaxError) as error:
            known = content.startswith((b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*")) or _is_heic(content)
            raise Unusable("broken" if known else "unknown_kind") from error
        with image:
            if getattr(image, "n_frames", 1) > limits.pages:
                raise Unusable("too_many_pages")
            number = 0
            try:
                for frame in ImageSequence.Iterator(image):
                    number += 1
                    yield _frame(number, frame, limits)
                    if frame.format == "MPO":
                        break  # what follows in such a photo is a preview of it
            except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
                yield _nothing(max(number, 1), "broken")


_FORMATS = ("JPEG", "PNG", "TIFF")


def _is_heic(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"heif")


def _heic(content: bytes) -> Image.Image:
    import pillow_heif

    opened: Any = pillow_heif.open_heif(io.BytesIO(content), convert_hdr_to_8bit=True)
    width, height = opened.size
    if width * height > Limits().pixels:
        raise Image.DecompressionBombError
    picture: Image.Image = opened.to_pillow()
    return picture


def _frame(number: int, frame: Image.Image, limits: Limits) -> Picture:
    if frame.width * frame.height > limits.pixels:
        return _nothing(number, "too_many_pixels")
    if frame.mode == "1":
        return _nothing(number, "black_and_white")
    longest = max(frame.size)
    if frame.format in ("JPEG", "MPO") and longest > 1.4 * LONG_SIDE:
        # A JPEG can be unpacked at half its size, which is four times as fast, and enough.
        frame.draft("L", (frame.width // 2, frame.height // 2))
    if frame.mode.startswith("I;16"):
        return _checked(number, (np.asarray(frame) >> 8).astype(np.uint8))
    if "A" in frame.getbands() or "transparency" in frame.info:
        paper = Image.new("RGBA", frame.size, "white")
        frame = Image.alpha_composite(paper, frame.convert("RGBA"))
    return _checked(number, np.asarray(frame.convert("L"), dtype=np.uint8))


def _checked(number: int, grey: Grey) -> Picture:
    """The picture at the size in which it is read, or what is wrong with it."""
    if max(grey.shape) < SMALLEST:
        return _nothing(number, "too_small")
    if not has_greys(grey):
        return _nothing(number, "black_and_white")
    shrink = LONG_SIDE / max(grey.shape)
    if shrink < 1:
        size = (round(grey.shape[1] * shrink), round(grey.shape[0] * shrink))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return Picture(number, grey)


def has_greys(grey: Grey) -> bool:
    """Whether a picture has greys at the edges of what is dark: a faint pencil is lost where it has not."""
    counts = np.bincount(grey[::2, ::2].ravel(), minlength=256)
    dark, between = counts[:128].sum(), counts[40:216].sum()
    return dark == 0 or bool(between >= _LEAST_GREYS * dark)


def _nothing(number: int, problem: str) -> Picture:
    return Picture(number, np.zeros((0, 0), dtype=np.uint8), problem)
