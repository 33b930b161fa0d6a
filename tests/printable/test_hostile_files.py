"""A file from outside may be broken, locked, endless or enormous: it ends in a word, never in a fall."""

from __future__ import annotations

import io
import random
import struct
import zlib

import numpy as np
import pikepdf
import pytest
from PIL import Image

from printable import apart, reading
from printable.images import Limits, Unusable, pictures


def unknown(code: str) -> str:
    return "unknown"


def statuses(content: bytes, limits: Limits | None = None) -> list[str]:
    return [page.status for page in reading.read(content, unknown, limits)]


def picture(kind: str, size: tuple[int, int] = (1200, 1600)) -> bytes:
    rough = np.random.default_rng(3).integers(0, 255, (size[1] // 8, size[0] // 8), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(rough).resize(size).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PK\x03\x04" + bytes(200), b"<svg/>", b"GIF89a" + bytes(99)]
)
def test_a_file_of_no_kind_we_know_is_refused(content: bytes) -> None:
    with pytest.raises(Unusable, match="unknown_kind"):
        statuses(content)


def outcome(content: bytes, limits: Limits | None = None) -> set[str]:
    """Everything that was said of a file, refusals included."""
    try:
        return set(statuses(content, limits))
    except Unusable as refused:
        return {refused.reason}


KINDS = ("PDF", "TIFF", "JPEG", "PNG")
SAID = {"broken", "unknown_kind", "locked", "too_many_pages", "too_many_pixels", "too_small"}
SEEN = {"no_code", "empty", "black_and_white"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_off_anywhere_ends_in_a_word(kind: str) -> None:
    whole = picture(kind)
    for share in (0.001, 0.02, 0.3, 0.7, 0.95):
        assert outcome(whole[: max(12, int(share * len(whole)))]) <= SAID | SEEN


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_with_bytes_knocked_over_ends_in_a_word(kind: str) -> None:
    whole = picture(kind, (400, 1100))
    for seed in range(12):
        chance = random.Random(seed)
        broken = bytearray(whole)
        for _ in range(1 + seed * 3):
            broken[chance.randrange(len(broken) if seed % 2 else min(300, len(broken)))] = chance.randrange(
                256
            )
        assert outcome(bytes(broken), Limits(pixels=4_000_000)) <= SAID | SEEN


def png(width: int, height: int) -> bytes:
    """A PNG that says it is this large, and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (2_000_000_000, 2), (12_000, 8_000)])
def test_an_enormous_picture_is_never_unpacked(size: tuple[int, int]) -> None:
    assert statuses(png(*size)) == ["too_many_pixels"]


def test_more_bytes_or_pages_than_allowed_are_refused() -> None:
    with pytest.raises(Unusable, match="too_many_bytes"):
        statuses(picture("PNG"), Limits(bytes=1000))
    with pytest.raises(Unusable, match="too_many_bytes"):
        list(apart.read(picture("PNG"), unknown, Limits(bytes=1000)))
    document = pikepdf.new()
    for _ in range(12):
        document.add_blank_page()
    out = io.BytesIO()
    document.save(out)
    with pytest.raises(Unusable, match="too_many_pages"):
        statuses(out.getvalue(), Limits(pages=10))


def test_a_locked_pdf_says_that_it_is_locked() -> None:
    document = pikepdf.new()
    document.add_blank_page()
    out = io.BytesIO()
    document.save(out, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    with pytest.raises(Unusable, match="locked"):
        statuses(out.getvalue())


def bomb(megabytes: int) -> bytes:
    """A PDF of a few kilobytes whose only page unpacks to this many megabytes of drawing."""
    document = pikepdf.new()
    page = document.add_blank_page()
    squeezed = zlib.compressobj(1)
    line = b"0 0 m 600 800 l S\n" * 58_254
    drawing = b"".join(squeezed.compress(line) for _ in range(megabytes)) + squeezed.flush()
    page.obj.Contents = pikepdf.Stream(document, drawing)
    page.obj.Contents.Filter = pikepdf.Name.FlateDecode
    out = io.BytesIO()
    document.save(out, compress_streams=False)
    return out.getvalue()


def test_a_bomb_of_a_pdf_takes_its_own_process_along_and_nothing_else() -> None:
    content = bomb(400)
    assert len(content) < 8_000_000
    try:
        found = {shown.reading.status for shown in apart.read(content, unknown, _SMALL)}
    except Unusable as refused:
        found = {refused.reason}
    assert found <= {"too_slow", "too_much", "broken", "empty", "no_code"}


_SMALL = Limits(seconds=5, megabytes=900)


def test_a_pdf_with_an_enormous_picture_in_it_is_not_drawn() -> None:
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    image = pikepdf.Stream(document, zlib.compress(bytes(1000)))
    image.Type, image.Subtype, image.ColorSpace = (
        pikepdf.Name.XObject,
        pikepdf.Name.Image,
        pikepdf.Name.DeviceGray,
    )
    image.Width, image.Height, image.BitsPerComponent, image.Filter = (
        50_000,
        50_000,
        8,
        pikepdf.Name.FlateDecode,
    )
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
    page.obj.Contents = pikepdf.Stream(document, b"q 595 0 0 842 0 0 cm /I Do Q")
    out = io.BytesIO()
    document.save(out)
    assert statuses(out.getvalue()) == ["too_many_pixels"]


def test_a_page_of_absurd_measures_is_drawn_at_a_sane_size() -> None:
    for size in ((14_400, 14_400), (3, 14_400), (3, 3)):
        document = pikepdf.new()
        document.add_blank_page(page_size=size)
        out = io.BytesIO()
        document.save(out)
        for found in pictures(out.getvalue()):
            assert found.grey.size <= 2400 * 2400
