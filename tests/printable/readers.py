"""Reading a PDF back, as a printer, a scanner or a screen reader would."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import zxingcpp
from PIL import Image

MM = 25.4 / 72


def picture(pdf: bytes | Path, page: int, dpi: int = 150) -> Image.Image:
    """A page as a grey picture."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        found: Image.Image = document[page].render(scale=dpi / 72).to_pil()
        return found.convert("L")
    finally:
        document.close()


def squares(pdf: bytes, page: int) -> list[tuple[float, float, float, float]]:
    """Every drawn outline on a page as x, y, width, height in mm from the top left."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        sheet = document[page]
        height = sheet.get_height()
        found = []
        for drawn in sheet.get_objects(max_depth=5):
            if drawn.type == pypdfium2.raw.FPDF_PAGEOBJ_PATH:
                left, bottom, right, top = drawn.get_bounds()
                found.append((left * MM, (height - top) * MM, (right - left) * MM, (top - bottom) * MM))
        return found
    finally:
        document.close()


def text(pdf: bytes) -> str:
    """All text of a PDF, white space made plain."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
        return " ".join(" ".join(pages).split())
    finally:
        document.close()


def letters(pdf: bytes, page: int) -> Iterator[tuple[str, float, float, float, float]]:
    """Every letter on a page with its x, y, right and bottom in mm from the top left."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        sheet = document[page]
        height = sheet.get_height()
        found = sheet.get_textpage()
        for index in range(found.count_chars()):
            letter = found.get_text_range(index, 1)
            left, bottom, right, top = found.get_charbox(index)
            yield letter, left * MM, (height - top) * MM, right * MM, (height - bottom) * MM
    finally:
        document.close()


def codes(image: Image.Image) -> list[str]:
    """What the QRs on a picture say."""
    return [found.text for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)]


def fonts(pdf: bytes) -> list[Any]:
    """Every font descriptor in a PDF."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return [
            (str(found.FontName), any(key in found for key in ("/FontFile", "/FontFile2", "/FontFile3")))
            for found in opened.objects
            if isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/FontDescriptor"
        ]
