"""From a pile of pictures to what was crossed: a reading, for a person to confirm.

A reading decides nothing. It says for every side which sheet it belongs to or why it cannot be read, and
for every question what was crossed and whether somebody should look: `sure`, `look` (probably right) or
`unsure`. It never gives a percentage: nobody has measured one on real paper yet (see `calibration.md`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from printable import align, marks
from printable.align import Fit, Flat, Seen
from printable.boxes import SKIPPED, BoxMap, Code, Rect, Side
from printable.images import Limits, Picture, pictures
from printable.marks import Mark

Level = Literal["sure", "look", "unsure"]

#: A sheet seen with fewer pixels per millimetre of paper than this hides a faint pencil: 125 dpi.
SHARPEST_NEEDED = 4.9
#: Of the boxes of a side so many must be where its box map has them.
_FITS, _FITS_BARELY = 0.8, 0.45
#: So many boxes where the map has none are another layout.
_PROOF = 4
#: How far the boxes of a side lie from their places, in millimetres, at most, once it was aligned by its
#: corner marks: on a scan, where paper lies flat, and on a photo. Simulated captures have 0.3 and 2.2.
_MOVED = {"scan": 1.0, "photo": 3.0}
#: A picture that has no more contrast than this shows an empty page.
_EMPTY = 12.0
#: Ink above this share of a field is writing.
_WRITING = 0.004


@dataclass(frozen=True)
class Known:
    """A sheet that is ours: its stored box map, and the items that may have several crosses."""

    layout: BoxMap
    several: frozenset[str] = frozenset()


#: From the code of a sheet to the sheet, or a word why it may not be read: unknown, withdrawn, other_study...
Find = Callable[[str], Known | str]


@dataclass(frozen=True)
class Answer:
    """What was crossed at one question.

    Attributes:
        codes: the answer codes, or `skipped`; empty when nothing is proposed.
        level: whether a person may trust it, should look, or must decide.
        reasons: why not `sure`: blank, faint, short, stray, two_marks, only_filled, corrected, between,
            writing, capture (a picture on which nothing can be sure).
        place: where the question stands on the flat page, in millimetres, for a picture of it.
    """

    item: str
    codes: tuple[Code, ...]
    level: Level
    reasons: tuple[str, ...]
    place: Rect


@dataclass(frozen=True)
class Evidence:
    """What was seen on a side, before it is judged.

    `marks` are those in the boxes, in the order of the box map; `written` the items answered in writing;
    `trusted` says whether anything on this picture can be sure.
    """

    marks: tuple[Mark, ...]
    written: tuple[str, ...]
    trusted: bool

    def to_json(self) -> str:
        """The evidence as text."""
        rows = [
            (
                round(each.ink, 5),
                round(each.margin, 3),
                each.filled,
                each.between,
                each.heavy,
                round(each.across, 3),
            )
            for each in self.marks
        ]
        return json.dumps({"marks": rows, "written": self.written, "trusted": self.trusted})

    @classmethod
    def from_json(cls, text: str) -> Evidence:
        """The evidence in a text that `to_json` made. Raises ValueError for anything else."""
        try:
            data = json.loads(text)
            found = tuple(
                Mark(float(ink), float(margin), bool(filled), bool(between), bool(heavy), float(across))
                for ink, margin, filled, between, heavy, across in data["marks"]
            )
            return cls(found, tuple(map(str, data["written"])), bool(data["trusted"]))
        except (KeyError, TypeError) as error:
            raise ValueError("not the evidence of a page") from error


@dataclass(frozen=True)
class Style:
    """How one hand answers: whether it fills boxes, and with how much ink it usually marks one."""

    fills: bool
    usual: float


@dataclass(frozen=True)
class Reading:
    """One page of a file.

    Attributes:
        status: `read`, or why there are no answers: no_code, not_aligned, other_layout, too_small, empty,
            empty_back (the back of an odd last side), two_sheets, doubled, a problem of the picture
            (black_and_white, too_many_pixels, broken), or a word that `find` gave (unknown, withdrawn...).
        base: the address in its QR before the code, in capitals.
        how: by what it was aligned (marks, two_qrs, one_qr).
        kind: the kind of capture: scan or photo.
        fits: the share of boxes whose outline is where it must be.
        turned: the picture was turned by so many degrees; 180 is upside down.
        evidence: what the answers were judged by, to be judged again with the other pages of the form.
        flat: the page laid flat, for showing it.
    """

    number: int
    status: str
    code: str | None = None
    side: int | None = None
    base: str | None = None
    how: str | None = None
    kind: str | None = None
    fits: float | None = None
    turned: float = 0.0
    answers: tuple[Answer, ...] = ()
    evidence: Evidence | None = None
    flat: Flat | None = None


def read(content: bytes, find: Find, limits: Limits | None = None) -> Iterator[Reading]:
    """Every page of a file as soon as it is read, in the order of the file.

    A side that was read before in this file is `doubled`. For files from outside use `apart.read`.

    Raises:
        images.Unusable: nothing of the file can be read.
    """
    seen: set[tuple[str, int]] = set()
    for picture in pictures(content, limits):
        reading = read_page(picture, find)
        if reading.status == "read" and reading.code is not None and reading.side is not None:
            key = (reading.code, reading.side)
            if key in seen:
                reading = replace(reading, status="doubled", answers=())
            seen.add(key)
        yield reading


def missing(readings: Sequence[Reading], find: Find) -> dict[str, tuple[int, ...]]:
    """The sides of each sheet in a pile that were not read, by code; only sheets that lack some."""
    read_sides: dict[str, set[int]] = {}
    for reading in readings:
        if reading.code is not None:
            there = read_sides.setdefault(reading.code, set())
            if reading.status in ("read", "doubled") and reading.side is not None:
                there.add(reading.side)
    found = {}
    for code, there in read_sides.items():
        known = find(code)
        if isinstance(known, Known):
            lacking = tuple(side.number for side in known.layout.sides if side.number not in there)
            if lacking:
                found[code] = lacking
    return found


def read_page(picture: Picture, find: Find) -> Reading:
    """What one page says."""
    if picture.problem is not None:
        return Reading(picture.number, picture.problem)
    if float(np.std(picture.grey[::8, ::8])) < _EMPTY / 2 and np.ptp(picture.grey[::8, ::8]) < 10 * _EMPTY:
        return Reading(picture.number, "empty")
    seen = align.identify(picture.grey)
    if not seen:
        return Reading(picture.number, "no_code")
    markers = {code.marker for code in seen}
    if len(markers) > 1:
        return Reading(picture.number, "two_sheets")
    marker = seen[0].marker
    known = find(marker.code)
    about = Reading(picture.number, "read", marker.code, marker.side, seen[0].base)
    if isinstance(known, str):
        return replace(about, status=known)
    side = next((side for side in known.layout.sides if side.number == marker.side), None)
    if side is None:
        empty = marker.side == len(known.layout.sides) + 1 and marker.side % 2 == 0
        return replace(about, status="empty_back" if empty else "other_layout")
    return _read_side(picture, seen, known, side, about)


def _read_side(picture: Picture, seen: Sequence[Seen], known: Known, side: Side, about: Reading) -> Reading:
    flat = align.flatten(picture.grey, known.layout, seen)
    if flat is None:
        return replace(about, status="not_aligned")
    about = replace(about, how=flat.how, turned=flat.turned, flat=flat)
    if flat.sharpness < SHARPEST_NEEDED:
        return replace(about, status="too_small")
    fit = align.fit(flat, side)
    about = replace(about, fits=fit.score)
    if fit.score < (_FITS_BARELY if flat.how == "marks" else _FITS):
        # A few boxes that are missed prove no other layout: they may have slid on a bent paper.
        other = flat.how == "marks" and len(side.boxes) >= _PROOF
        return replace(about, status="other_layout" if other else "not_aligned")
    kind = marks.capture(flat)
    if flat.how == "marks" and (fit.moved > _MOVED[kind] or (fit.lost and kind == "scan")):
        # The rows of one layout may lie where another has its rows, but for the first or the last.
        return replace(about, status="other_layout")
    found = marks.inks(flat)
    evidence = Evidence(
        marks.measure(found, side.boxes, fit, kind),
        tuple(_written(found, side, fit)),
        fit.score >= _FITS and not fit.lost and flat.how != "one_qr",
    )
    about = replace(about, kind=kind, evidence=evidence)
    return replace(about, answers=judged(known, side, evidence, style([(side, evidence)])))


def _written(found: marks.Inks, side: Side, fit: Fit) -> Iterator[str]:
    """The items of a side that somebody answered in writing."""
    middle = np.median(fit.shifts, axis=0) if len(fit.shifts) else np.zeros(2)
    for item in dict.fromkeys(field.item for field in side.fields):
        fields = [field for field in side.fields if field.item == item]
        if any(marks.written(found, field, middle) > _WRITING for field in fields):
            yield item


def together(readings: Sequence[Reading], known: Known) -> tuple[Reading, ...]:
    """The pages of one form that were read, judged together: one hand answered all of them.

    A page of an easy form has a question or two. That somebody blackens boxes instead of crossing them, or
    crosses them lightly, shows on all pages together only.
    """
    sides = {side.number: side for side in known.layout.sides}
    pages = [
        (sides[each.side], each.evidence)
        for each in readings
        if each.status == "read" and each.evidence is not None and each.side in sides
    ]
    hand = style(pages)
    return tuple(
        replace(each, answers=judged(known, sides[each.side], each.evidence, hand))
        if each.status == "read" and each.evidence is not None and each.side in sides
        else each
        for each in readings
    )


def style(pages: Sequence[tuple[Side, Evidence]]) -> Style:
    """How one hand answers, from the pages of a form."""
    usual = marks.usual([mark for _, evidence in pages for mark in evidence.marks])
    return Style(filling(pages, usual), usual)


def judged(known: Known, side: Side, evidence: Evidence, hand: Style) -> tuple[Answer, ...]:
    """The answers of a side, from top to bottom."""
    places = _places(side)
    measured = marks.beside(evidence.marks, hand.usual)
    answers = []
    for item in sorted(places, key=lambda item: places[item].y):
        mine = [(box.code, mark) for box, mark in zip(side.boxes, measured, strict=True) if box.item == item]
        if any(field.item == item for field in side.fields):
            codes, level, reasons = _beside_field(mine, wrote=item in evidence.written)
        elif item in known.several:
            codes, level, reasons = _several(mine, fills=hand.fills)
        else:
            codes, level, reasons = _one(mine, fills=hand.fills)
        if level == "sure" and not evidence.trusted:
            level, reasons = "look", ("capture",)
        answers.append(Answer(item, codes, level, reasons, places[item]))
    return tuple(answers)


Verdict = tuple[tuple[Code, ...], Level, tuple[str, ...]]


def filling(pages: Sequence[tuple[Side, Evidence]], usual: float) -> bool:
    """Whether whoever answered these pages fills boxes instead of crossing them."""
    filled: dict[str, int] = {}
    crossed: set[str] = set()
    for side, evidence in pages:
        for box, mark in zip(side.boxes, marks.beside(evidence.marks, usual), strict=True):
            if mark.heavy and mark.margin > 0:
                filled[box.item] = filled.get(box.item, 0) + 1
            elif mark.margin > 0 and not mark.short:
                crossed.add(box.item)
    alone = [item for item, count in filled.items() if count == 1 and item not in crossed]
    return len(alone) >= 2 and len(alone) > 2 * len(crossed)


def _one(mine: Sequence[tuple[Code, Mark]], *, fills: bool) -> Verdict:
    """The answer to a question that takes one cross."""
    # Where boxes are filled for an answer, one that was filled in haste is an answer too.
    full = [(code, mark) for code, mark in mine if mark.filled or (fills and mark.heavy and mark.margin > 0)]
    filled = [code for code, _ in full]
    crossed = [(code, mark) for code, mark in mine if mark.margin > 0 and (code, mark) not in full]
    found = marks.doubts([mark for _, mark in mine])
    doubtful = tuple(doubt for doubt in found if not (fills and doubt == "between"))
    if len(filled) == 1 and crossed and all(mark.short for _, mark in crossed):
        return (filled[0],), "unsure", ("two_marks", *doubtful)
    if len(crossed) > 1:
        plain = [code for code, mark in crossed if not mark.short]
        if len(plain) == 1 and not filled:
            most = max(mark.ink for _, mark in crossed)
            slips = [mark for code, mark in crossed if code != plain[0]]
            clear = all(mark.ink < marks.SLIP * most for mark in slips) and "between" not in doubtful
            return (plain[0],), "sure" if clear else "unsure", () if clear else ("two_marks", *doubtful)
        return (), "unsure", ("two_marks", *doubtful)
    if crossed and filled and fills:
        # Somebody who fills boxes may have filled the answer and crossed it out: nobody can know.
        return (), "unsure", ("two_marks", *doubtful)
    if crossed:
        code, mark = crossed[0]
        if doubtful:
            strong = mark.margin > marks.PLAIN
            return (code,), "look" if strong and doubtful == ("stray",) else "unsure", doubtful
        return (code,), "sure", ()
    if len(filled) == 1 and fills:
        return (filled[0],), "unsure" if doubtful else "sure", doubtful
    if filled:
        return (tuple(filled) if len(filled) == 1 else ()), "unsure", ("only_filled", *doubtful)
    return (), "unsure" if doubtful else "look", ("blank", *doubtful)


def _several(mine: Sequence[tuple[Code, Mark]], *, fills: bool) -> Verdict:
    """The answer to a question that takes any number of crosses."""
    codes = [code for code, mark in mine if mark.margin > 0 and (fills or not mark.filled)]
    doubtful = marks.doubts([mark for _, mark in mine])
    if not codes:
        only = ("only_filled",) if any(mark.filled for _, mark in mine) else ("blank",)
        return (), "unsure" if doubtful or only == ("only_filled",) else "look", (*only, *doubtful)
    if SKIPPED in codes and len(codes) > 1:
        return (), "unsure", ("two_marks", *doubtful)
    if any(mark.filled for _, mark in mine) and not fills:
        return tuple(codes), "look", ("corrected", *doubtful)
    return tuple(codes), "unsure" if doubtful else "sure", doubtful


def _beside_field(mine: Sequence[tuple[Code, Mark]], *, wrote: bool) -> Verdict:
    """A question that is answered in writing: a person types it; the box beside it is read."""
    codes, level, reasons = _one(mine, fills=False)
    if wrote:
        return (), "unsure" if codes else "look", ("writing",)
    return (codes, level, reasons) if codes else ((), "look", ("blank",))


def _places(side: Side) -> dict[str, Rect]:
    """For every question a rectangle that shows it: its boxes and fields, and words where there is room."""
    spans: dict[str, tuple[float, float]] = {}
    parts = [(box.item, box.rect) for box in side.boxes] + [(field.item, field.rect) for field in side.fields]
    for item, rect in parts:
        top, bottom = spans.get(item, (rect.y, rect.bottom))
        spans[item] = (min(top, rect.y), max(bottom, rect.bottom))
    places, above = {}, 0.0
    for item, (top, bottom) in sorted(spans.items(), key=lambda span: span[1]):
        start = max(top - 22.0, min(above + 1.0, top - 3.0), 28.0)
        places[item] = Rect(14.0, start, 182.0, bottom + 3.0 - start)
        above = bottom
    return places
