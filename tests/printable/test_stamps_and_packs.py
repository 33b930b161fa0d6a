"""Every printed side carries its own identity and nobody else's, however it was put together."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import ImageChops

from instruments import Edition
from printable import codes, geometry, letters, pack, pages, pdf, stamp
from printable.codes import Marker
from printable.pack import Pack, Part
from printable.stamp import Identity
from printable.words import Words
from tests.printable import readers
from tests.printable.conftest import Build

BASE = "https://mm.example.org"
SENDER = letters.Sender("Project", "Instituut", "030 000 00 00", "9-17", "post@example.org")
NL, AR = Edition("nl"), Edition("ar")


@pytest.fixture(scope="session")
def cover(words: Words) -> pdf.Template:
    return letters.cover(NL, words.gettext(NL), SENDER, BASE)


@pytest.fixture
def families(template: Build, words: Words, cover: pdf.Template, codes_in_order: Iterator[str]) -> Any:
    """`families(3)`: packs of a cover, a Dutch form and an Arabic one, with new codes each."""
    sheets = [
        (cover, NL),
        (template("sdq/parent-4-17"), NL),
        (template("evaluation_parent/parent", "ar"), AR),
    ]
    issued = [[next(codes_in_order) for _ in sheets] for _ in range(60)]

    def made(count: int) -> Iterator[Pack]:
        for number in range(count):
            parts = []
            for (found, edition), code in zip(sheets, issued[number], strict=True):
                gettext = words.gettext(edition)
                texts = {
                    "blank": pages.phrase("blank", gettext),
                    "about": pages.phrase("about_child", gettext, years=4 + number % 3),
                    "for": "Ouder A",
                    "contents": "Hoe uw kind is\nWat u vindt",
                }
                parts.append(Part(found, Identity(code, edition, texts)))
            yield Pack(f"family {number}", tuple(parts))

    return made


def markers(packs: Iterator[Pack]) -> list[Marker]:
    """The identity of every side that a pile of packs must have, in order."""
    return [
        Marker(part.identity.code, side)
        for each in packs
        for part in each.parts
        for side in range(1, part.sides + 1)
    ]


def found_on(path: bytes | Path, page: int, dpi: int = 150) -> set[Marker]:
    return {codes.read(text) for text in readers.codes(readers.picture(path, page, dpi))}


def test_a_stamped_form_says_on_every_side_which_it_is(
    template: Build, codes_in_order: Iterator[str]
) -> None:
    code = next(codes_in_order)
    stamped = stamp.onto(
        template("everything", "nl-easy"), Identity(code, NL, {"about": "Over uw kind"}), BASE
    )
    for page in range(template("everything", "nl-easy").pages):
        texts = readers.codes(readers.picture(stamped, page))
        assert texts == [codes.address(BASE, Marker(code, page + 1))] * 2
    read = readers.text(stamped)
    assert read.count(codes.shown(code)) == 2 * template("everything", "nl-easy").pages
    assert read.count("Over uw kind") == template("everything", "nl-easy").pages


def test_two_families_never_share_a_side(tmp_path: Path, families: Any) -> None:
    """Trap one: pages that share their contents, so that page 98 carries two codes."""
    written = pack.write(tmp_path / "packs.pdf", families(5), BASE)
    expected = markers(families(5))
    assert written.sides == len(expected)
    assert len(set(expected)) == len(expected)
    for page, marker in enumerate(expected):
        assert found_on(written.path, page) == {marker}


def test_no_two_pages_of_a_pile_share_their_contents(tmp_path: Path, families: Any) -> None:
    written = pack.write(tmp_path / "packs.pdf", families(3), BASE)
    with pikepdf.open(written.path) as opened:
        contents = [page.obj.Contents.objgen for page in opened.pages]
        assert len(set(contents)) == len(contents)


@pytest.mark.parametrize("edition", ["nl", "ar"])
def test_a_stamp_is_never_upside_down_or_mirrored(
    template: Build, codes_in_order: Iterator[str], tmp_path: Path, edition: str
) -> None:
    """Trap two: the typesetter leaves its own turned-over coordinates switched on."""
    identity = Identity(next(codes_in_order), Edition.parse(edition))
    form = template("everything", edition)
    single = stamp.onto(form, identity, BASE)
    pile = pack.write(tmp_path / "pile.pdf", [Pack("one", (Part(form, identity),))], BASE).path
    for source in (single, pile):
        picture = readers.picture(source, 0, 254)
        for mark, pattern in zip(geometry.MARKS, geometry.MARK_PATTERNS, strict=True):
            module = mark.rect.width / 6
            seen = tuple(
                sum(
                    (
                        picture.getpixel(
                            (
                                round((mark.rect.x + (x + 0.5) * module) * 10),
                                round((mark.rect.y + (y + 0.5) * module) * 10),
                            )
                        )
                        < 128
                    )
                    << (5 - x)
                    for x in range(6)
                )
                for y in range(6)
            )
            assert seen == pattern
        upright = [found for found in zxing(picture) if abs(found.orientation) < 3]
        assert len(upright) == 2
        places = sorted((found.position.top_left.x / 10, found.position.top_left.y / 10) for found in upright)
        assert places[0] == pytest.approx((18, 265), abs=0.5)
        assert places[1] == pytest.approx((174, 8), abs=0.5)


def zxing(picture: Any) -> Any:
    import zxingcpp

    return zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)


def test_the_form_under_a_stamp_stays_as_it_was(template: Build, codes_in_order: Iterator[str]) -> None:
    form = template("everything")
    stamped = stamp.onto(form, Identity(next(codes_in_order), NL), BASE)
    before, after = readers.picture(form.pdf, 0, 100), readers.picture(stamped, 0, 100)
    middle = (
        round(0.09 * before.width),
        round(0.13 * before.height),
        round(0.91 * before.width),
        round(0.87 * before.height),
    )
    assert ImageChops.difference(before.crop(middle), after.crop(middle)).getbbox() is None


def test_a_single_form_keeps_its_tags_and_the_stamp_is_an_artifact(
    template: Build, codes_in_order: Iterator[str]
) -> None:
    """Trap three: what a screen reader needs is lost when pages are copied."""
    form = template("everything")
    stamped = stamp.onto(form, Identity(next(codes_in_order), NL, {"about": "Over uw kind"}), BASE)
    with pikepdf.open(io.BytesIO(form.pdf)) as before, pikepdf.open(io.BytesIO(stamped)) as after:
        for key in ("/StructTreeRoot", "/MarkInfo", "/Lang", "/Outlines"):
            assert key in after.Root
        assert elements(after) == elements(before) > 50
        with after.open_outline() as outline:
            assert outline.root
        for page in after.pages:
            assert "/StructParents" in page
            last = page.obj.Contents[-1].read_bytes()
            assert b"/Artifact BMC" in last
            assert last.rstrip().endswith(b"EMC")


def elements(opened: pikepdf.Pdf) -> int:
    return sum(
        isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/StructElem"
        for found in opened.objects
    )


def test_a_stamped_form_and_a_pack_are_the_same_bytes_for_the_same_input(
    template: Build, families: Any, codes_in_order: Iterator[str], tmp_path: Path
) -> None:
    identity = Identity(next(codes_in_order), NL, {"about": "Over uw kind"})
    assert stamp.onto(template("everything"), identity, BASE) == stamp.onto(
        template("everything"), identity, BASE
    )
    one = pack.write(tmp_path / "one.pdf", families(4), BASE, title="T1")
    other = pack.write(tmp_path / "other.pdf", list(families(4)), BASE, title="T1")
    assert one.sha256 == other.sha256 == hashlib.sha256(one.path.read_bytes()).hexdigest()
    assert one.path.read_bytes() == other.path.read_bytes()


def test_every_form_starts_on_a_new_paper_and_an_empty_back_says_so(tmp_path: Path, families: Any) -> None:
    written = pack.write(tmp_path / "packs.pdf", families(2), BASE)
    at = 0
    for each in families(2):
        for part in each.parts:
            assert at % 2 == 0
            at += part.sides
            if part.template.pages % 2:
                document = pypdfium2.PdfDocument(written.path)
                words = document[at - 1].get_textpage().get_text_bounded()
                document.close()
                if part.identity.edition == NL:
                    assert "Deze kant is met opzet leeg." in words
                assert codes.shown(part.identity.code) in words
    assert written.sides == at


def test_a_pile_is_a_pdf_that_others_read_without_complaint(tmp_path: Path, families: Any) -> None:
    written = pack.write(tmp_path / "packs.pdf", families(12), BASE, title="Golf T1 – proef")
    with pikepdf.open(written.path) as opened:
        assert opened.check_pdf_syntax() == []
        assert len(opened.pages) == written.sides
        assert str(opened.docinfo.Title) == "Golf T1 – proef"
        assert opened.Root.ViewerPreferences.Duplex == pikepdf.Name.DuplexFlipLongEdge
    assert all(embedded for _, embedded in readers.fonts(written.path.read_bytes()))


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path, families: Any) -> None:
    whole = pack.write(tmp_path / "whole.pdf", families(9), BASE)
    path = tmp_path / "stopped.pdf"
    seen: list[pack.Done] = []
    with pytest.raises(pack.Stopped) as told:
        pack.write(path, families(9), BASE, progress=seen.append, stop=lambda: len(seen) == 4)
    assert told.value.packs == 4
    assert [done.packs for done in seen] == [1, 2, 3, 4]
    assert not path.exists()
    again: list[pack.Done] = []
    written = pack.write(path, families(9), BASE, progress=again.append)
    assert [done.packs for done in again] == [5, 6, 7, 8, 9]
    assert again[-1].sides == written.sides == whole.sides
    assert path.read_bytes() == whole.path.read_bytes()
    assert sorted(found.name for found in tmp_path.iterdir()) == ["stopped.pdf", "whole.pdf"]


@pytest.mark.parametrize("damage", ["torn file", "torn journal", "changed file", "no journal", "longer file"])
def test_a_run_that_broke_off_half_way_through_a_page_is_mended(
    tmp_path: Path, families: Any, damage: str
) -> None:
    whole = pack.write(tmp_path / "whole.pdf", families(6), BASE)
    path = tmp_path / "broken.pdf"
    with pytest.raises(pack.Stopped):
        pack.write(path, families(6), BASE, stop=iter([False, False, False, True]).__next__)
    part, journal = tmp_path / "broken.pdf.part", tmp_path / "broken.pdf.journal"
    content, notes = part.read_bytes(), journal.read_text()
    if damage == "torn file":
        part.write_bytes(content[:-700])
    elif damage == "torn journal":
        journal.write_text(notes[:-40])
    elif damage == "changed file":
        part.write_bytes(content[:5000] + b"\0" * 300 + content[5300:])
    elif damage == "no journal":
        journal.unlink()
    else:
        part.write_bytes(content + b"9 0 obj half")
    pack.write(path, families(6), BASE)
    assert path.read_bytes() == whole.path.read_bytes()


def test_a_run_with_other_input_does_not_take_over_what_is_there(tmp_path: Path, families: Any) -> None:
    path = tmp_path / "packs.pdf"
    other = list(families(8))[4:]
    wanted = pack.write(tmp_path / "wanted.pdf", [*families(2), *other], BASE)
    with pytest.raises(pack.Stopped):
        pack.write(path, families(4), BASE, stop=iter([False, False, True]).__next__)
    pack.write(path, iter([*families(2), *other]), BASE)
    assert path.read_bytes() == wanted.path.read_bytes()
    with pytest.raises(pack.Stopped):
        pack.write(path, families(4), BASE, stop=iter([False, True]).__next__)
    pack.write(path, [*families(2), *other], "https://other.example.org")
    assert found_on(path, 2) == {Marker(next(iter(families(1))).parts[1].identity.code, 1)}
    assert "OTHER.EXAMPLE.ORG" in readers.codes(readers.picture(path, 2))[0]


def test_memory_stays_flat_however_many_families_there_are(tmp_path: Path, families: Any) -> None:
    pack.write(tmp_path / "warm.pdf", families(3), BASE)
    peaks = []
    for count in (10, 60):
        tracemalloc.start()
        pack.write(tmp_path / f"{count}.pdf", families(count), BASE)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] + 100_000


def test_a_long_list_on_a_cover_is_set_smaller(cover: pdf.Template, codes_in_order: Iterator[str]) -> None:
    lines = "\n".join(f"Vragenlijst {number} – kind van {number} jaar" for number in range(16))
    stamped = stamp.onto(cover, Identity(next(codes_in_order), NL, {"contents": lines}), BASE)
    assert "Vragenlijst 15 – kind van 15 jaar" in readers.text(stamped)


def test_a_text_that_does_not_fit_its_place_stops_the_run(
    tmp_path: Path, template: Build, codes_in_order: Iterator[str]
) -> None:
    identity = Identity(next(codes_in_order), NL, {"about": "Over uw kind " * 30})
    with pytest.raises(pdf.Unprintable, match="does not fit"):
        pack.write(tmp_path / "packs.pdf", [Pack("one", (Part(template("everything"), identity),))], BASE)
    assert not (tmp_path / "packs.pdf").exists()
