"""QR pictures for screens, as SVG that stands in the page."""

from __future__ import annotations

import io

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage


def qr(text: str, title: str) -> Markup:
    """A QR for a text, to be scanned from this screen; the title is for who hears the page."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=2, image_factory=SvgPathImage)
    code.add_data(text)
    code.make(fit=True)
    drawn = io.BytesIO()
    code.make_image().save(drawn)
    svg = drawn.getvalue().decode().partition("?>")[2].strip()
    start = Markup('<svg role="img" aria-label="{}" ').format(title)
    # The rest is numbers that the library wrote.
    return start + Markup(svg.removeprefix("<svg ").replace("svg:", ""))
