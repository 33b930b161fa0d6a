"""QRs stay readable: large modules, and never smaller because an address is long."""

from __future__ import annotations

import random

import pikepdf
import pytest
import qrcode
from PIL import Image, ImageFilter
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q

from printable import codes, geometry, qr
from printable.codes import Marker
from tests.printable import readers

CODE = "6SC6S6ZK1"


def drawn(symbol: qr.Symbol, pixels: int) -> Image.Image:
    """A symbol with its quiet zone, so many pixels a module."""
    small = Image.new("L", (symbol.modules + 8, symbol.modules + 8), 255)
    for y, row in enumerate(symbol.rows):
        for x, black in enumerate(row):
            if black == "1":
                small.putpixel((x + 4, y + 4), 0)
    return small.resize((small.width * pixels, small.height * pixels), Image.Resampling.NEAREST)


@pytest.mark.parametrize("base", ["https://a.nl", "https://mm.example.org", "https://vragen.example.nl:8443"])
def test_a_symbol_of_eighteen_millimetres_has_modules_of_at_least_six_tenths(base: str) -> None:
    symbol = qr.symbol(codes.address(base, Marker(CODE, 4)))
    assert geometry.QR_SIZE / symbol.modules >= qr.SMALLEST_MODULE
    assert symbol.level == "Q"


def test_a_long_address_lowers_the_correction_before_the_modules() -> None:
    symbol = qr.symbol(codes.address("https://buitenshuisproject.example.org", Marker(CODE, 4)))
    assert (symbol.level, symbol.modules) == ("M", 29)


def test_an_address_that_would_need_small_modules_is_refused() -> None:
    with pytest.raises(qr.Unfit, match="61"):
        qr.symbol(codes.address("https://" + "a" * 50 + ".example.org", Marker(CODE, 4)))
    with pytest.raises(qr.Unfit, match="characters"):
        qr.symbol("https://lower.case")


def test_a_symbol_reads_back_also_when_it_is_blurred() -> None:
    for side in range(8):
        text = codes.address("https://mm.example.org", Marker(CODE, side))
        blurred = drawn(qr.symbol(text), 4).filter(ImageFilter.GaussianBlur(1.5))
        assert readers.codes(blurred) == [text]


@pytest.mark.parametrize("host", ["A.NL", "A1.NL", "MM.EXAMPLE.ORG", "BUITENSHUISPROJECT.EXAMPLE.ORG"])
def test_a_symbol_put_together_is_the_one_the_library_draws(host: str) -> None:
    """The fast way has learned all it can after some sixty symbols; the slow way is the library alone."""
    drawing = random.Random(host)
    texts = [
        codes.address(f"https://{host}", Marker(codes.new(drawing.getrandbits), n % 32)) for n in range(300)
    ]
    for text in texts:
        qr.symbol(text)
    for text in texts[::20] + [codes.address(f"https://{host}", Marker(codes.new(), 5)) for _ in range(20)]:
        found = qr.symbol(text)
        level = {"Q": ERROR_CORRECT_Q, "M": ERROR_CORRECT_M}[found.level]
        candidates = []
        for mask in range(8):
            code = qrcode.QRCode(error_correction=level, border=0, mask_pattern=mask)
            code.add_data(text, optimize=0)
            code.make(fit=True)
            candidates.append(tuple("".join("01"[bool(module)] for module in row) for row in code.modules))
        assert candidates.count(found.rows) == 1


def test_paper_and_card_draw_the_same_modules() -> None:
    symbol = qr.symbol(codes.address("https://mm.example.org", Marker(CODE, 1)))
    black = {(x, y) for y, row in enumerate(symbol.rows) for x, module in enumerate(row) if module == "1"}
    from_path = set()
    for run in symbol.path().split("M")[1:]:
        start, rest = run.split("h", 1)
        x, y = map(int, start.split())
        from_path |= {(x + step, y) for step in range(int(rest.split("v")[0]))}
    assert from_path == black
    from_pdf = set()
    with pikepdf.new() as empty:
        for operands, operator in pikepdf.parse_content_stream(pikepdf.Stream(empty, symbol.operators())):
            if str(operator) == "re":
                x, up, width, _ = map(int, operands)
                from_pdf |= {(x + step, symbol.modules - 1 - up) for step in range(width)}
    assert from_pdf == black
