"""Filled-in forms read back from simulated captures: how much is refused, wrong, shown, silently wrong.

    python -m benchmarks.scan                the report on held-out seeds
    python -m benchmarks.scan --check        fail when an aim is missed
    python -m benchmarks.scan --quick        few pages: nothing wrong in few answers says little
    python -m benchmarks.scan --development  the seeds on which rules and thresholds were chosen

NOT REAL: no printer, hand, scanner or phone was at hand. Pages are printed by drawing the PDF, answered
by `pens` and captured by `captures`, which know nothing of the reader but are of the same house. Real
paper will be worse; `benchmarks.calibration` measures it (see `printable/calibration.md`).

Answers written by hand (numbers, dates, texts) are always typed by a person, so they are not counted.
A question left blank is shown to a person too, and counted apart: nobody reads better than "nothing".
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import pypdfium2

from benchmarks import pens
from benchmarks.captures import CAPTURES
from benchmarks.pens import Truth
from instruments import Edition, catalogue
from instruments.wording import Library, NoWording, Root
from printable import codes, reading, sheet, stamp
from printable.boxes import BoxMap, Side
from printable.reading import Known, Reading
from printable.sheet import Spec
from printable.stamp import Identity
from printable.words import Words

TRANSLATIONS = Path(__file__).parents[1] / "translations"
BASE = "https://mm.example.org"
EDITIONS = ("nl", "nl-easy", "ar")
#: Development seeds are below this, held-out seeds from here on: they never meet.
HELD_OUT = 1_000_000
#: Answers to read in all in the captures that the aims are about, and as many as a quick run reads.
ANSWERS, QUICK = 10_400, 800
AIMED = ("scan300", "scan200", "scan150", "photo")
MOST_SHOWN, LEAST_SPEED = 0.05, 7.0


@dataclass(frozen=True)
class Form:
    """A printed form with a code, and what the reader is told of it."""

    name: str
    edition: str
    code: str
    pdf: bytes
    layout: BoxMap
    several: frozenset[str]


_COUNTS = ("pages", "boxes", "wrong_boxes", "answers", "wrong", "shown", "blank", "silent", "seconds")


@dataclass
class Tally:
    """What happened in one capture and edition."""

    pages: int = 0
    boxes: int = 0
    wrong_boxes: int = 0
    answers: int = 0
    wrong: int = 0
    shown: int = 0
    blank: int = 0
    silent: int = 0
    seconds: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)
    stories: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Put another tally on top."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.refused.update(other.refused)
        self.stories += other.stories


def forms(edition_name: str) -> list[Form]:
    """Every questionnaire that has wording in an edition, stamped."""
    words, library = Words(TRANSLATIONS), Library([Root(TRANSLATIONS)], catalogue())
    edition, found = Edition.parse(edition_name), []
    for number, instrument in enumerate(catalogue().all()):
        try:
            wording = library.wording(instrument, edition)
        except NoWording:
            continue
        template = sheet.build(Spec(instrument, wording), words.gettext(edition))
        code = codes.new(random.Random(f"{number} {edition_name}").getrandbits)
        pdf = stamp.onto(template, Identity(code, edition), BASE)
        several = frozenset(item.id for item in instrument.items if item.kind == "choices")
        found.append(Form(instrument.key, edition_name, code, pdf, template.layout, several))
    return found


def compared(read: Reading, side: Side, truth: Truth, story: str) -> Tally:
    """What of a reading is as it was meant."""
    tally = Tally(pages=1)
    if read.status != "read":
        tally.refused[read.status] += 1
        return tally
    written = {each.item for each in side.fields}
    for answer in read.answers:
        if answer.item in written:
            continue
        meant = truth[answer.item]
        tally.answers += 1
        tally.boxes += sum(box.item == answer.item for box in side.boxes)
        if "blank" in answer.reasons:
            tally.blank += 1
        elif answer.level != "sure":
            tally.shown += 1
        if set(answer.codes) != set(meant):
            tally.wrong += 1
            tally.wrong_boxes += len(set(answer.codes) ^ set(meant))
            if answer.level == "sure":
                tally.silent += 1
                tally.stories.append(f"{story} {answer.item}: read {answer.codes}, meant {meant}")
    return tally


_FORMS: list[Form] = []


def _begin(found: list[Form]) -> None:
    cv2.setNumThreads(1)
    _FORMS.extend(found)


def one_form(task: tuple[int, tuple[int, ...], int, tuple[str, ...]]) -> dict[tuple[str, str], Tally]:
    """Print, answer, capture and read sides of a form, which one hand answers, in every capture asked.

    Each capture is a pile of its own, read page by page and then judged together, as the service does.
    """
    index, numbers, seed, captures = task
    form = _FORMS[index]
    known = Known(form.layout, form.several)
    sides = {side.number: side for side in form.layout.sides}
    answered: list[tuple[pens.Grey, Truth]] = []
    document = pypdfium2.PdfDocument(form.pdf)
    for number in numbers:
        drawn = document[number - 1].render(scale=pens.DPI / 72, grayscale=True).to_numpy()
        page = np.ascontiguousarray(drawn.reshape(drawn.shape[:2]), dtype=np.uint8)
        answered.append(pens.fill_in(page, sides[number], form.several, seed * 100 + number, of_form=seed))
    document.close()
    found = {}
    for capture in captures:
        files = [
            CAPTURES[capture](page, seed * 100 + number)
            for number, (page, _) in zip(numbers, answered, strict=True)
        ]
        start = time.thread_time()
        pages = [
            page
            for content in files
            for page in reading.read(content, lambda code: known if code == form.code else "unknown")
        ]
        pages = list(reading.together(pages, known))
        tally = Tally(seconds=time.thread_time() - start)
        for number, read, (_, truth) in zip(numbers, pages, answered, strict=True):
            story = f"{capture} {form.name} {form.edition} side {number} seed {seed}"
            tally.add(compared(read, sides[number], truth, story))
        found[capture, form.edition] = tally
    return found


def tasks(
    found: list[Form], answers: int, first: int
) -> Iterator[tuple[int, tuple[int, ...], int, tuple[str, ...]]]:
    """All forms in turn, each with a respondent of its own, until there are enough answers."""
    each = answers / len(AIMED) / len(EDITIONS)
    for edition in EDITIONS:
        there = [index for index, form in enumerate(found) if form.edition == edition]
        random.Random(edition).shuffle(there)
        seed, had, turn = first + 100_000 * EDITIONS.index(edition), 0, 0
        while had < each:
            form = found[there[turn % len(there)]]
            sides = [side for side in form.layout.sides if side.boxes]
            had += sum(
                len({box.item for box in side.boxes} - {field.item for field in side.fields})
                for side in sides
            )
            hard = tuple(name for name in CAPTURES if name not in AIMED) if turn % 3 == 0 else ()
            if sides:
                numbers = tuple(side.number for side in sides)
                yield there[turn % len(there)], numbers, seed, (*AIMED, *hard)
            seed, turn = seed + 1, turn + 1


def run(answers: int, first: int, workers: int) -> dict[tuple[str, str], Tally]:
    """All tallies, by capture and edition."""
    found = [form for edition in EDITIONS for form in forms(edition)]
    todo = list(tasks(found, answers, first))
    tallies: dict[tuple[str, str], Tally] = {}
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (found,)) as pool:
        for results in pool.map(one_form, todo):
            for key, tally in results.items():
                tallies.setdefault(key, Tally()).add(tally)
    return tallies


def total(tallies: dict[tuple[str, str], Tally], captures: tuple[str, ...]) -> Tally:
    """The sum over captures, all editions."""
    whole = Tally()
    for (capture, _), tally in tallies.items():
        if capture in captures:
            whole.add(tally)
    return whole


def row(capture: str, edition: str, tally: Tally) -> str:
    """One line of the report."""
    refused = ", ".join(f"{count} {status}" for status, count in tally.refused.items())
    answers = max(tally.answers, 1)
    return (
        f"{capture:<11}{edition:<9}{tally.pages:6d}{tally.refused.total():8d}"
        f"{tally.boxes:8d}{tally.wrong_boxes:7d}{tally.answers:8d}{tally.wrong / answers:8.2%}"
        f"{tally.shown / answers:8.2%}{tally.blank / answers:8.2%}{tally.silent:8d}"
        f"{tally.pages / max(tally.seconds, 1e-9):9.1f}  {refused}"
    )


HEAD = (
    f"{'capture':<11}{'edition':<9}{'pages':>6}{'refused':>8}{'boxes':>8}{'wrong':>7}{'answers':>8}"
    f"{'wrong':>8}{'shown':>8}{'blank':>8}{'silent':>8}{'pages/s':>9}"
)


def report(tallies: dict[tuple[str, str], Tally]) -> None:
    """Print everything."""
    say(HEAD)
    order = list(CAPTURES)
    for (capture, edition), tally in sorted(tallies.items(), key=lambda pair: order.index(pair[0][0])):
        say(row(capture, edition, tally))
        for name in tally.stories[:5]:
            say(f"    silently wrong: {name}")
    say(row("the aims", "all", total(tallies, AIMED)))
    say("")
    say("wrong: the proposal before anybody looked differs from what was meant. shown: sent to a person with")
    say("a proposal or a doubt; blank: shown because nothing was found. silent: wrong and called sure.")
    say("Simulated throughout: no real prints, hands, scanners or phones were available.")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when an aim is missed")
    parser.add_argument("--quick", action="store_true", help="few pages")
    parser.add_argument("--development", action="store_true", help="the seeds that rules were tuned on")
    parser.add_argument("--answers", type=int, help="how many answers, in the captures of the aims")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    asked = parser.parse_args()
    answers = asked.answers or (QUICK if asked.quick else ANSWERS)
    tallies = run(answers, 0 if asked.development else HELD_OUT, asked.workers)
    report(tallies)
    if not asked.check:
        return 0
    whole = total(tallies, AIMED)
    speed = whole.pages / whole.seconds
    missed = [
        problem
        for problem, bad in (
            (f"{whole.silent} answers silently wrong, none allowed", whole.silent > 0),
            (
                f"{whole.shown / whole.answers:.1%} sent to a person, {MOST_SHOWN:.0%} allowed",
                whole.shown > MOST_SHOWN * whole.answers,
            ),
            (f"{speed:.1f} pages/s per core, {LEAST_SPEED:g} wanted", speed < LEAST_SPEED),
            (f"only {whole.answers} answers, 10,000 wanted", not asked.quick and whole.answers < 10_000),
        )
        if bad
    ]
    for problem in missed:
        say(f"MISSED: {problem}")
    return int(bool(missed))


def say(line: str) -> None:
    """A line of the report."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
