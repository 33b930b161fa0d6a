"""What a stamp is drawn with: the letters of codes, lines of text, and the four corner marks.

Codes are set by hand, glyph by glyph, from a font that the typesetter embedded for us once. A line of
text (whom a sheet is about) may be in any script, so the typesetter sets it; it is then used as a
picture, once for each different text.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import cast

import pikepdf
import weasyprint

from instruments.editions import Edition
from printable import codes, geometry, pages, pdf
from printable.boxes import Rect
from printable.geometry import PT_PER_MM

#: The letters that a printed code can hold.
_LETTERS = codes.ALPHABET + "-"
#: Extra room between the letters of a code, in thousandths of the letter size.
_TRACKING = 60
#: Letter sizes that a stamped text may take, of 100: a large family has many questionnaires.
_SMALLER = (100, 85, 70)


@dataclass(frozen=True)
class Lettering:
    """The font of codes: the PDF that embeds it, and for every letter its glyph and width (of 1000)."""

    pdf: bytes
    glyphs: Mapping[str, tuple[int, float]]

    def width(self, text: str) -> float:
        """The width of a text in thousandths of the letter size."""
        return sum(self.glyphs[letter][1] + _TRACKING for letter in text) - _TRACKING

    def shown(self, text: str) -> bytes:
        """The operand and operator that show a text in this font."""
        parts = [f"<{self.glyphs[letter][0]:04x}>" for letter in text]
        return f"[{f' -{_TRACKING} '.join(parts)}] TJ".encode()


@dataclass(frozen=True)
class Line:
    """A text that the typesetter set, as a page of its own of exactly its size."""

    pdf: bytes


@cache
def lettering() -> Lettering:
    """The font in which codes are printed."""
    html = f'<html lang="en"><title>codes</title><body>{_LETTERS}'
    style = "@page { size: 400mm 20mm; margin: 0 } body { font: bold 11pt 'Noto Sans' }"
    document = weasyprint.HTML(string=html).render(stylesheets=[weasyprint.CSS(string=style)])
    content = cast("bytes", document.write_pdf())
    (font,) = document.fonts.values()
    if not font.family.startswith(pdf.FONTS):
        raise pdf.Unprintable(["the Noto fonts are not installed, and codes are printed with them"])
    glyphs = {letter: (glyph, font.widths[glyph]) for glyph, letter in font.to_unicode.items()}
    missing = sorted(set(_LETTERS) - set(glyphs))
    if missing:
        raise pdf.Unprintable([f"the font of codes has no {letter}" for letter in missing])
    return Lettering(content, glyphs)


def font_of(source: pikepdf.Pdf) -> pikepdf.Object:
    """The font object in the PDF of a lettering."""
    (font,) = source.pages[0].Resources.Font.values()
    return font


@lru_cache(maxsize=512)
def line(text: str, edition: Edition, name: str, width: float, height: float) -> Line:
    """A text set for a slot of this name and size in millimetres; smaller, where there is much of it.

    Raises:
        pdf.Unprintable: a letter is missing, or the text does not fit the slot.
    """
    for percent in _SMALLER:
        html = pages.fill(
            "line.html", str, edition, text=text, name=name, width=width, height=height, percent=percent
        )
        template = pdf.render(html, ("line",))
        if template.pages == 1:
            return Line(template.pdf)
    raise pdf.Unprintable([f"{text!r} does not fit the {width:g} x {height:g} mm of its place"])


@cache
def marks() -> bytes:
    """Operators that draw the four corner marks on a page, in points from the lower left corner."""
    parts = [b"0 g"]
    for mark, pattern in zip(geometry.MARKS, geometry.MARK_PATTERNS, strict=True):
        parts += [b"q", placed(mark.rect, 6)]
        parts += [
            b"%d %d 1 1 re" % (x, 5 - y)
            for y, row in enumerate(pattern)
            for x in range(6)
            if row >> (5 - x) & 1
        ]
        parts += [b"f", b"Q"]
    return b"\n".join(parts)


def placed(rect: Rect, units: float) -> bytes:
    """The transformation that lays a square drawing of so many units onto a rectangle of the page."""
    scale = rect.width * PT_PER_MM / units
    return b"%s 0 0 %s %s %s cm" % (*map(number, (scale, scale)), *map(number, corner(rect)))


def corner(rect: Rect) -> tuple[float, float]:
    """The lower left corner of a rectangle in points from the lower left of the page."""
    return rect.x * PT_PER_MM, (geometry.PAGE_HEIGHT - rect.bottom) * PT_PER_MM


def number(value: float) -> bytes:
    """A number as PDF writes it."""
    return f"{value:.3f}".rstrip("0").rstrip(".").encode()


def opened(content: bytes) -> pikepdf.Pdf:
    """A PDF in memory, opened for reading."""
    return pikepdf.open(io.BytesIO(content))
