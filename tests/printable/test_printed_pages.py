"""What comes out of the typesetter: tagged, embedded, in its margins, and where the box map says."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import combinations, groupby

import pikepdf
import pytest

from instruments import Edition, Instrument
from printable import geometry, pdf, sheet
from printable.boxes import SKIPPED, BoxMap, Rect
from printable.sheet import Spec
from printable.words import Words
from tests.printable import readers
from tests.printable.conftest import HOUSE, Build, made_up

PRINTED = [
    ("everything", "nl"),
    ("everything", "ar-easy"),
    ("pedsql/self-8-12", "nl"),
    ("evaluation_parent/parent", "ar"),
    ("sdq/parent-2-4", "nl-easy"),
]


@pytest.mark.parametrize(("key", "edition"), PRINTED)
def test_the_box_map_lies_exactly_on_the_printed_squares(template: Build, key: str, edition: str) -> None:
    made = template(key, edition)
    for side in made.layout.sides:
        drawn = readers.squares(made.pdf, side.number - 1)
        for box in side.boxes:
            place = (box.rect.x, box.rect.y, box.rect.width, box.rect.height)
            near = [max(abs(a - b) for a, b in zip(place, square, strict=True)) for square in drawn]
            assert min(near) < 0.02, f"{box} is not where the map says"


@pytest.mark.parametrize(("key", "edition"), PRINTED)
def test_boxes_have_white_around_them_and_content_keeps_clear_of_the_marks(
    template: Build, key: str, edition: str
) -> None:
    made = template(key, edition)
    size = {"nl": 4.8, "ar": 4.8, "nl-easy": 7.0, "ar-easy": 7.0}[edition]
    for side in made.layout.sides:
        for box in side.boxes:
            assert (
                box.rect.width == box.rect.height == pytest.approx(5.5 if "self-8" in key else size, abs=0.01)
            )
        for one, other in combinations(side.boxes, 2):
            across = max(one.rect.x - other.rect.right, other.rect.x - one.rect.right)
            down = max(one.rect.y - other.rect.bottom, other.rect.y - one.rect.bottom)
            assert max(across, down) > 2.95, f"{one} and {other} are too close"
            if down < 0:
                centres = abs(one.rect.x + one.rect.width / 2 - other.rect.x - other.rect.width / 2)
                assert centres >= 12
        for rect in [box.rect for box in side.boxes] + [field.rect for field in side.fields]:
            assert within(rect, geometry.CONTENT)
        for mark in [mark.rect for mark in made.layout.marks] + [
            s.rect for s in side.slots if s.kind == "qr"
        ]:
            assert not mark.overlaps(geometry.CONTENT)
            quiet = Rect(mark.x - 1.2, mark.y - 1.2, mark.width + 2.4, mark.height + 2.4)
            printed = list(readers.letters(made.pdf, side.number - 1))
            assert not any(Rect(x, y, r - x, b - y).overlaps(quiet) for _, x, y, r, b in printed)


def within(rect: Rect, area: Rect) -> bool:
    return (
        area.x - 0.01 <= rect.x
        and rect.right <= area.right + 0.01
        and area.y - 0.01 <= rect.y
        and rect.bottom <= area.bottom + 0.01
    )


def test_marks_and_codes_stand_in_the_same_corners_in_every_language(template: Build) -> None:
    dutch, arabic = template("everything", "nl").layout, template("everything", "ar").layout
    assert dutch.marks == arabic.marks == geometry.MARKS
    assert dutch.sides[0].slots == arabic.sides[0].slots == geometry.SHEET_SLOTS


def test_arabic_is_mirrored(template: Build) -> None:
    dutch, arabic = template("everything", "nl").layout, template("everything", "ar").layout

    def columns(layout: BoxMap, item: str) -> list[float]:
        return [box.rect.x for _, box in layout.boxes() if box.item == item and box.code != SKIPPED]

    for item in ("sleeps", "helped", "mood", "mark"):
        assert columns(dutch, item) == sorted(columns(dutch, item))
        assert columns(arabic, item) == sorted(columns(arabic, item), reverse=True)
    assert max(columns(dutch, "where")) < 50
    assert min(columns(arabic, "where")) > 160
    for (_, one), (_, other) in zip(dutch.boxes(), arabic.boxes(), strict=True):
        assert (one.item, one.code) == (other.item, other.code)


@pytest.mark.parametrize(("edition", "left", "bar_on_the_right"), [("nl", 150.5, True), ("ar", 50.5, False)])
def test_the_sign_for_skipping_points_onwards_in_the_direction_of_reading(
    template: Build, edition: str, left: float, bar_on_the_right: bool
) -> None:
    page = readers.picture(template("evaluation_parent/parent", edition).pdf, 0)
    # The sign stands under the frame of the instructions, which goes all across its column.
    strip = page.crop((_px(left), 0, _px(left + 9), page.height))
    rows = [
        [value < 128 for value in strip.crop((0, y, strip.width, y + 1)).tobytes()] for y in range(_px(120))
    ]
    frame = max(y for y in range(_px(70)) if all(rows[y]))
    top = next(y for y in range(frame + 1, len(rows)) if any(rows[y]))
    bottom = next(y for y in range(top, len(rows)) if not any(rows[y]))
    columns = [any(column) for column in zip(*rows[top:bottom], strict=True)]
    runs = [len(list(run)) for there, run in groupby(columns) if there]
    assert len(runs) == 2, "two triangles in one, and a bar"
    assert (runs[0] > runs[1]) == bar_on_the_right


def _px(mm: float) -> int:
    return round(mm * 150 / 25.4)


def test_arabic_keeps_clear_of_the_code_that_stands_on_its_side(template: Build) -> None:
    code = max(slot.rect.bottom for slot in geometry.SHEET_SLOTS if slot.kind == "code" and slot.rect.y < 100)
    for side in range(template("evaluation_parent/parent", "ar-easy").pages):
        found = readers.letters(template("evaluation_parent/parent", "ar-easy").pdf, side)
        assert min(y for letter, _, y, _, _ in found if letter.strip() and y > 30) > code + 2


@pytest.mark.parametrize("edition", ["nl", "en", "ar", "tr", "pl", "uk"])
def test_what_a_child_is_asked_fits_on_one_sheet_of_paper(template: Build, edition: str) -> None:
    assert template("evaluation_child/child-8-plus", edition).pages == 2


@pytest.mark.parametrize("edition", ["nl", "pl"])
@pytest.mark.parametrize("version", ["parent-5-7", "parent-8-12", "parent-13-18"])
def test_no_last_question_about_a_child_has_a_sheet_of_paper_to_itself(
    template: Build, version: str, edition: str
) -> None:
    """The longest words of an answer and the longest questions; other editions are shorter."""
    assert template(f"pedsql/{version}", edition).pages == 2


def test_a_long_word_for_skipping_does_not_cost_a_table_its_columns(template: Build) -> None:
    assert template("pedsql/parent-8-12", "uk").pages == 3


@pytest.mark.parametrize("edition", ["nl", "ar"])
def test_the_page_counter_runs_from_left_to_right(template: Build, edition: str) -> None:
    made = template("everything", edition)
    low = [(x, y, letter) for letter, x, y, _, _ in readers.letters(made.pdf, 0) if y > 262 and x > 100]
    # The counter is the upper one: the name of the version below it has a stroke too.
    slash = min(((x, y) for x, y, letter in low if letter == "/"), key=lambda place: place[1])
    near = [(x, letter) for x, y, letter in low if abs(x - slash[0]) < 8 and abs(y - slash[1]) < 2]
    assert "".join(letter for _, letter in sorted(near)).replace(" ", "") == f"1/{made.pages}"


def test_digits_to_write_in_run_from_left_to_right_in_arabic_too(template: Build) -> None:
    (date,) = [field for _, field in template("everything", "ar").layout.fields() if field.kind == "date"]
    assert date.cells == 8
    cells = [
        s
        for s in readers.squares(template("everything", "ar").pdf, 1)
        if abs(s[2] - 9) < 0.05 and date.rect.y - 1 < s[1] < date.rect.bottom
    ]
    gaps = [
        right[0] - left[0] for left, right in zip(sorted(set(cells)), sorted(set(cells))[1:], strict=False)
    ]
    assert [round(gap) for gap in gaps if gap > 0.5] == [9, 13, 9, 13, 9, 9, 9]


@pytest.mark.parametrize(("key", "edition"), PRINTED)
def test_a_sheet_is_tagged_and_its_fonts_are_in_it(template: Build, key: str, edition: str) -> None:
    content = template(key, edition).pdf
    assert readers.fonts(content)
    assert all(embedded and "Noto" in name for name, embedded in readers.fonts(content))
    with pikepdf.open(io.BytesIO(content)) as opened:
        root = opened.Root
        assert str(root.Lang) == Edition.parse(edition).html_lang
        assert bool(root.MarkInfo.Marked)
        assert "/StructTreeRoot" in root
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        with opened.open_outline() as outline:
            assert [found.title for found in outline.root]
        figures = [
            found
            for found in opened.objects
            if isinstance(found, pikepdf.Dictionary) and found.get("/S") == "/Figure"
        ]
        assert figures
        assert all(str(found.Alt).strip() for found in figures)


def test_the_same_spec_gives_the_same_bytes_in_another_process(everything: Instrument, words: Words) -> None:
    made = sheet.build(Spec(everything, made_up(everything, Edition("nl"))), words.gettext(Edition("nl")))
    program = """
from instruments import Edition
from tests.printable import conftest
from instruments import loading
from printable import sheet, words
found = loading.parse(conftest.EXAMPLE.read_text(encoding="utf-8"), "everything.yaml")
edition = Edition("nl")
spec = sheet.Spec(found, conftest.made_up(found, edition))
print(sheet.build(spec, words.Words(conftest.HOUSE / "translations").gettext(edition)).sha256)
"""
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": str(HOUSE), "PATH": "/usr/bin:/bin"},
    )
    assert told.stdout.strip() == made.sha256


@pytest.mark.parametrize("letters", ["\ue000", "\u4f60\u597d", "\U0001f600"])
def test_a_letter_that_no_font_of_ours_has_fails_the_build(
    everything: Instrument, words: Words, letters: str
) -> None:
    wording = made_up(everything, Edition("nl"), **{"item.tips": f"Woord {letters}"})
    with pytest.raises(pdf.Unprintable):
        sheet.build(Spec(everything, wording), words.gettext(Edition("nl")))


@pytest.mark.parametrize(
    "element",
    [
        '<img alt="x" src="https://example.org/x.png">',
        '<img alt="x" src="file:///etc/hostname">',
        '<img alt="x" src="data:image/png;base64,AAAA">',
        '<img alt="x" src="picture:nothing">',
        '<link rel="stylesheet" href="https://example.org/x.css">',
        '<p style="background: url(https://example.org/x.png)">x</p>',
        '<p style="no-such-style: 1">x</p>',
        '<img src="picture:pen">',
    ],
)
def test_what_comes_from_outside_or_is_not_understood_fails_the_build(element: str) -> None:
    with pytest.raises(pdf.Unprintable):
        pdf.render(f'<html lang="en"><title>x</title><body>{element}', ("standard",))


def test_a_specimen_has_no_place_for_codes_and_says_that_it_is_one(template: Build) -> None:
    made = template("sdq/parent-4-17", "nl", specimen=True)
    assert made.layout.marks == ()
    assert all(side.slots == () for side in made.layout.sides)
    assert readers.text(made.pdf).count("Voorbeeld ") >= 1
    assert readers.picture(made.pdf, 0).getpixel((5, 5)) == 255
    own = template("evaluation_parent/parent", "nl").pdf
    assert "Voorbeeldtekst" not in readers.text(own)
    assert "Voorbeeldtekst" in readers.text(template("sdq/parent-4-17", "nl").pdf)


def test_a_box_map_survives_storage(template: Build) -> None:
    layout = template("everything", "ar-easy").layout
    stored = layout.to_json()
    assert BoxMap.from_json(stored) == layout
    assert BoxMap.from_json(stored).to_json() == stored
    for broken in ("{}", "[]", "nothing", stored.replace('"format":1', '"format":99')):
        with pytest.raises(ValueError):
            BoxMap.from_json(broken)
