"""A scanned or photographed page says what was crossed on it, or plainly why it cannot."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from instruments import Edition
from printable import apart, codes, geometry, marks, pack, reading, stamp
from printable.boxes import SKIPPED, Box, Rect, Side
from printable.images import Limits, Unusable
from printable.pack import Pack, Part
from printable.reading import Answer, Known, Reading
from printable.stamp import Identity
from tests.printable import readers
from tests.printable.conftest import Build

BASE = "https://mm.example.org"
FORM = "sdq/parent-4-17"
CODE = codes.new(lambda bits: 0x0123456789)
OTHER = codes.new(lambda bits: 0x0987654331)
DPI = 200
DOT = DPI / 25.4
Grey = NDArray[np.uint8]


class Sheets:
    """Stamped forms, drawn once, and marks drawn on them by hand."""

    def __init__(self, template: Build) -> None:
        self._template = template
        self._drawn: dict[tuple[str, str, str, int], Grey] = {}

    def page(self, number: int = 1, code: str = CODE, form: str = FORM, edition: str = "nl") -> Grey:
        key = (code, form, edition, number)
        if key not in self._drawn:
            found = self._template(form, edition)
            stamped = stamp.onto(found, Identity(code, Edition.parse(edition)), BASE)
            for side in range(found.pages):
                self._drawn[(*key[:3], side + 1)] = np.asarray(readers.picture(stamped, side, DPI), np.uint8)
        return self._drawn[key].copy()

    def side(self, number: int = 1, form: str = FORM, edition: str = "nl") -> Side:
        return self._template(form, edition).layout.sides[number - 1]

    def find(self, code: str, form: str = FORM, edition: str = "nl") -> Known | str:
        return Known(self._template(form, edition).layout) if code in (CODE, OTHER) else "unknown"


@pytest.fixture(scope="session")
def sheets(template: Build) -> Sheets:
    return Sheets(template)


def cross(page: Grey, box: Box, grey: int = 60, size: float = 0.8) -> None:
    stroke(page, box, (-size, -size), (size, size), grey)
    stroke(page, box, (size, -size), (-size, size), grey)


def stroke(page: Grey, box: Box, start: tuple[float, float], end: tuple[float, float], grey: int) -> None:
    rect = box.rect
    ends = [
        (
            round((rect.x + rect.width / 2 * (1 + x)) * DOT),
            round((rect.y + rect.height / 2 * (1 + y)) * DOT),
        )
        for x, y in (start, end)
    ]
    cv2.line(page, ends[0], ends[1], grey, 4, cv2.LINE_AA)


def blacken(page: Grey, box: Box) -> None:
    rect = box.rect
    corners = [round(value * DOT) for value in (rect.x, rect.y, rect.right, rect.bottom)]
    cv2.rectangle(page, tuple(corners[:2]), tuple(corners[2:]), 50, -1)


def scanned(page: Grey, **options: object) -> bytes:
    """As a scanner delivers it: paper is not quite white, ink not quite black, and there is grain."""
    grain = np.random.default_rng(1).normal(0, 2, page.shape)
    seen = np.clip(cv2.GaussianBlur(page, (0, 0), 0.6) * 0.85 + 25 + grain, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(seen).save(out, "JPEG", quality=80, **options)
    return out.getvalue()


def pile(*pages: bytes) -> bytes:
    """Pictures as one PDF, as office scanners deliver them."""
    out = io.BytesIO()
    first, *others = [Image.open(io.BytesIO(page)) for page in pages]
    first.save(out, "PDF", save_all=True, append_images=others, resolution=DPI)
    return out.getvalue()


def read_one(content: bytes, find: Callable[[str], Known | str]) -> Reading:
    (found,) = reading.read(content, find)
    return found


def boxes_of(side: Side, item: str) -> list[Box]:
    return [box for box in side.boxes if box.item == item]


def items_of(side: Side) -> list[str]:
    return list(dict.fromkeys(box.item for box in side.boxes))


def answers(found: Reading) -> dict[str, Answer]:
    return {answer.item: answer for answer in found.answers}


@pytest.mark.parametrize("edition", ["nl", "nl-easy", "ar"])
def test_crosses_on_a_scanned_page_are_read_in_every_edition(sheets: Sheets, edition: str) -> None:
    number = 2 if edition == "nl-easy" else 1
    page, side = sheets.page(number, edition=edition), sheets.side(number, edition=edition)
    meant = {}
    for count, item in enumerate(items_of(side)):
        offered = boxes_of(side, item)
        box = offered[count % len(offered)]
        cross(page, box)
        meant[item] = (box.code,)
    found = read_one(scanned(page), lambda code: sheets.find(code, edition=edition))
    assert (found.status, found.how, found.kind, found.code, found.side) == (
        "read",
        "marks",
        "scan",
        CODE,
        number,
    )
    assert {answer.item: answer.codes for answer in found.answers} == meant
    assert {answer.level for answer in found.answers} == {"sure"}


def test_every_kind_of_mark_gets_its_own_verdict(sheets: Sheets) -> None:
    page, side = sheets.page(), sheets.side()
    items = items_of(side)
    for item in items[7:]:
        cross(page, boxes_of(side, item)[1])
    blank, corrected, two, filled, faint, slip, skipped = items[:7]
    blacken(page, boxes_of(side, corrected)[0])
    cross(page, boxes_of(side, corrected)[2])
    cross(page, boxes_of(side, two)[0])
    cross(page, boxes_of(side, two)[1])
    blacken(page, boxes_of(side, filled)[1])
    stroke(page, boxes_of(side, faint)[1], (-0.5, -0.5), (0.5, 0.5), 225)
    stroke(page, boxes_of(side, slip)[0], (-0.2, -0.2), (0.2, 0.3), 60)
    cross(page, boxes_of(side, skipped)[-1])
    found = answers(read_one(scanned(page), sheets.find))
    verdicts = {item: (found[item].codes, found[item].level) for item in items[:7]}
    assert verdicts[blank] == ((), "look")
    assert found[blank].reasons == ("blank",)
    assert verdicts[corrected] == ((boxes_of(side, corrected)[2].code,), "sure")
    assert verdicts[two] == ((), "unsure")
    assert verdicts[filled] == ((boxes_of(side, filled)[1].code,), "unsure")
    assert "only_filled" in found[filled].reasons
    assert verdicts[faint][1] != "sure"
    assert verdicts[slip][1] != "sure"
    assert verdicts[skipped] == ((SKIPPED,), "sure")


def test_who_fills_boxes_instead_of_crossing_them_is_understood(sheets: Sheets) -> None:
    page, side = sheets.page(), sheets.side()
    for item in items_of(side):
        blacken(page, boxes_of(side, item)[2])
    found = read_one(scanned(page), sheets.find)
    assert {(answer.codes, answer.level) for answer in found.answers} == {((2,), "sure")}


@pytest.mark.parametrize("beside", [-4, -2, 0, 2, 4])
def test_a_hard_shadow_across_the_boxes_is_no_ink(sheets: Sheets, beside: int) -> None:
    """Where its edge falls between two dots of a box it may leave a doubt, and never an answer."""
    page, side = sheets.page(), sheets.side()
    edge = round((side.boxes[1].rect.x + side.boxes[1].rect.width / 2) * DOT) + beside
    page[:, edge:] = (page[:, edge:] * 0.55).astype(np.uint8)
    found = read_one(scanned(page), sheets.find)
    assert found.kind == "photo"
    doubted = [answer for answer in found.answers if "blank" not in answer.reasons]
    assert {answer.level for answer in doubted} <= {"unsure"}
    assert len(doubted) <= len(found.answers) // 6


def test_a_page_is_read_upside_down_and_in_perspective(sheets: Sheets) -> None:
    page, side = sheets.page(), sheets.side()
    for item in items_of(side):
        cross(page, boxes_of(side, item)[1])
    tall, wide = page.shape
    corners = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32)
    moved = corners + np.array([(60, 20), (-90, 70), (-20, -60), (80, -30)], np.float32)
    view = cv2.getPerspectiveTransform(corners, moved)
    page = np.asarray(cv2.warpPerspective(page, view, (wide, tall), borderValue=90.0), dtype=np.uint8)
    for turns in (0, 1, 2):
        found = read_one(scanned(np.rot90(page, turns)), sheets.find)
        assert (found.status, found.kind) == ("read", "photo")
        assert {answer.codes for answer in found.answers} == {(1,)}
        assert round(abs(found.turned) / 90) == turns


@pytest.mark.parametrize(("hidden", "how"), [((), "marks"), ((0,), "marks"), ((0, 1, 2, 3), "two_qrs")])
def test_a_page_is_aligned_by_what_is_left_of_its_marks(
    sheets: Sheets, hidden: tuple[int, ...], how: str
) -> None:
    page, side = sheets.page(), sheets.side()
    for item in items_of(side):
        cross(page, boxes_of(side, item)[0])
    for number in hidden:
        cover(page, geometry.MARKS[number].rect)
    found = read_one(scanned(page), sheets.find)
    assert (found.status, found.how) == ("read", how)
    assert {answer.codes for answer in found.answers} == {(0,)}


def test_with_one_code_and_no_marks_nothing_is_sure(sheets: Sheets) -> None:
    page, side = sheets.page(), sheets.side()
    for item in items_of(side):
        cross(page, boxes_of(side, item)[0])
    for mark in geometry.MARKS:
        cover(page, mark.rect)
    cover(page, geometry.SHEET_SLOTS[0].rect)
    found = read_one(scanned(page), sheets.find)
    assert found.status == "not_aligned" or {answer.level for answer in found.answers} <= {"look", "unsure"}


def cover(page: Grey, rect: Rect) -> None:
    left, top, right, bottom = (round(v * DOT) for v in (rect.x, rect.y, rect.right, rect.bottom))
    page[top - 2 : bottom + 2, left - 2 : right + 2] = 255


def test_a_mixed_pile_gives_every_page_its_own_status(sheets: Sheets) -> None:
    page = sheets.page()
    no_code = page.copy()
    no_code[:320] = 255
    no_code[2040:] = 255
    stranger = sheets.page(1, codes.new(lambda bits: 0x0FEDCBA98A))
    both = np.hstack([page, sheets.page(1, OTHER)])
    pages = [
        scanned(page),
        scanned(np.rot90(sheets.page(1, OTHER), 2)),
        scanned(page),
        scanned(no_code),
        scanned(stranger),
        scanned(both),
        scanned(np.full_like(page, 250)),
        scanned(cv2.resize(page, None, fx=0.55, fy=0.55, interpolation=cv2.INTER_AREA)),
    ]
    found = list(reading.read(pile(*pages), sheets.find))
    assert [each.status for each in found[:2]] == ["read", "read"]
    assert abs(found[1].turned) > 170
    assert [each.status for each in found[2:]] == [
        "doubled",
        "no_code",
        "unknown",
        "two_sheets",
        "empty",
        "too_small",
    ]
    assert [each.number for each in found] == list(range(1, len(pages) + 1))
    assert reading.missing(found, sheets.find) == {CODE: (2,), OTHER: (2,)}


def test_what_the_house_says_of_a_sheet_is_its_status(sheets: Sheets) -> None:
    assert read_one(scanned(sheets.page()), lambda code: "withdrawn").status == "withdrawn"


def test_a_page_from_another_layout_is_not_read(sheets: Sheets) -> None:
    found = read_one(
        scanned(sheets.page()), lambda code: sheets.find(code, form="evaluation_parent/parent", edition="ar")
    )
    assert found.status == "other_layout"
    assert found.answers == ()


@pytest.mark.parametrize("down", [10.0, 13.4, -13.4])
def test_a_layout_whose_rows_lie_on_those_of_another_is_told_from_it(sheets: Sheets, down: float) -> None:
    side = sheets.side(form="who5/self")
    boxes = tuple(replace(box, rect=replace(box.rect, y=box.rect.y + down)) for box in side.boxes)

    def find(code: str) -> Known | str:
        known = sheets.find(code, form="who5/self")
        assert isinstance(known, Known)
        return Known(replace(known.layout, sides=(replace(side, boxes=boxes),)))

    found = read_one(scanned(sheets.page(form="who5/self")), find)
    assert (found.status, found.answers) == ("other_layout", ())


def test_the_empty_back_of_a_sheet_is_known_as_such(
    template: Build, tmp_path: object, codes_in_order: Iterator[str]
) -> None:
    from pathlib import Path

    form = template("who5/self", "ar")
    assert form.pages % 2
    part = Part(form, Identity(CODE, Edition("ar"), {"blank": "فارغة"}))
    path = pack.write(Path(str(tmp_path)) / "pack.pdf", [Pack("one", (part,))], BASE).path
    back = np.asarray(readers.picture(path, form.pages, DPI), dtype=np.uint8)
    assert read_one(scanned(back), lambda code: Known(form.layout)).status == "empty_back"


def test_black_and_white_pictures_are_refused(sheets: Sheets) -> None:
    one_bit = Image.fromarray(sheets.page()).point(lambda value: 255 * (value > 128)).convert("1")
    for kind in ("PNG", "TIFF", "PDF"):
        out = io.BytesIO()
        one_bit.save(out, kind)
        assert read_one(out.getvalue(), sheets.find).status == "black_and_white"
    out = io.BytesIO()
    one_bit.convert("L").save(out, "PNG")
    assert read_one(out.getvalue(), sheets.find).status == "black_and_white"


def test_the_pages_of_a_tiff_and_a_photo_of_a_telephone_are_taken_in(sheets: Sheets) -> None:
    import pillow_heif

    page = Image.open(io.BytesIO(scanned(sheets.page())))
    out = io.BytesIO()
    page.save(out, "TIFF", save_all=True, append_images=[page], compression="tiff_lzw")
    assert [each.status for each in reading.read(out.getvalue(), sheets.find)] == ["read", "doubled"]
    photo = io.BytesIO()
    small = page.convert("RGB").resize((1240, 1754))
    pillow_heif.from_pillow(small).save(photo, quality=60)
    assert read_one(photo.getvalue(), sheets.find).status == "read"


def test_what_is_written_is_left_to_a_person(sheets: Sheets) -> None:
    form = "evaluation_childcare/childcare-worker"
    number = next(
        side
        for side in range(1, 9)
        if sheets.side(side, form).fields and sheets.side(side, form).fields[0].kind == "text"
    )
    side, page = sheets.side(number, form), sheets.page(number, form=form)
    field = side.fields[0]
    empty = answers(read_one(scanned(page), lambda code: sheets.find(code, form)))[field.item]
    assert (empty.codes, empty.level, empty.reasons) == ((), "look", ("blank",))
    at = (round((field.rect.x + 5) * DOT), round((field.rect.y + 7) * DOT))
    cv2.putText(page, "mooi en leerzaam", at, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.2, 60, 2)
    written = answers(read_one(scanned(page), lambda code: sheets.find(code, form)))[field.item]
    assert (written.codes, written.level, written.reasons) == ((), "look", ("writing",))
    assert written.place.y <= field.rect.y
    assert written.place.bottom >= field.rect.bottom


def test_the_threshold_of_a_page_comes_from_its_empty_boxes() -> None:
    clean, marked = [0.001] * 70, [0.2] * 30
    assert marks.threshold(np.array(clean + marked), 0.01) == 0.01
    dirty = [0.004 + 0.0001 * step for step in range(70)]
    assert 0.02 < marks.threshold(np.array(dirty + marked), 0.01) <= 0.05


def test_another_process_reads_the_same_and_cuts_out_the_questions(sheets: Sheets) -> None:
    page, side = sheets.page(), sheets.side()
    for item in items_of(side):
        cross(page, boxes_of(side, item)[1])
    (shown,) = apart.read(scanned(page), sheets.find)
    assert shown.reading.status == "read"
    assert {answer.codes for answer in shown.reading.answers} == {(1,)}
    assert shown.picture is not None
    place = shown.reading.answers[0].place
    with Image.open(io.BytesIO(apart.cut(shown.picture, place))) as cut:
        assert cut.width / cut.height == pytest.approx(place.width / place.height, rel=0.05)


def test_a_file_that_takes_too_long_or_too_much_ends_in_words(sheets: Sheets) -> None:
    content = scanned(sheets.page())
    with pytest.raises(Unusable, match="too_slow"):
        list(apart.read(content, sheets.find, Limits(seconds=0.01)))
    with pytest.raises(Unusable, match="too_much"):
        list(apart.read(content, sheets.find, Limits(megabytes=100)))
