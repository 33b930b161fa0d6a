"""Real paper, real hands, real scanners and phones: the same report as `benchmarks.scan`, but true.

    python -m benchmarks.calibration print FOLDER       forms to print, and an empty list of what is crossed
    python -m benchmarks.calibration evaluate FOLDER    read FOLDER/captures/DEVICE/* and compare

What to do in between is in `printable/calibration.md`.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from benchmarks.scan import BASE, EDITIONS, HEAD, TRANSLATIONS, Tally, compared, row, say
from instruments import Edition, catalogue
from instruments.wording import Library, NoWording, Root
from printable import codes, pack, reading, sheet
from printable.boxes import SKIPPED, BoxMap, Code
from printable.images import Unusable
from printable.pack import Pack, Part
from printable.reading import Known, Reading
from printable.sheet import Spec
from printable.stamp import Identity
from printable.words import Words

#: How many forms of each language the protocol asks for.
FORMS = 30
#: Short forms that are asked of many, so that a volunteer is done in ten minutes.
KEYS = ("sdq/parent-4-17", "parenting_scale/parent-short", "evaluation_parent/parent")


def print_forms(folder: Path, each: int) -> None:
    """Write `forms.pdf`, the box maps (`sheets/CODE.json`), and `truth.csv` to be filled in."""
    words, library = Words(TRANSLATIONS), Library([Root(TRANSLATIONS)], catalogue())
    (folder / "sheets").mkdir(parents=True, exist_ok=True)
    packs, rows = [], []
    for name in EDITIONS:
        edition, templates = Edition.parse(name), []
        for key in KEYS:
            instrument = catalogue().get(*key.split("/"))
            try:
                wording = library.wording(instrument, edition)
            except NoWording:
                continue
            templates.append((instrument, sheet.build(Spec(instrument, wording), words.gettext(edition))))
        for number in range(each):
            instrument, template = templates[number % len(templates)]
            code = codes.new()
            several = sorted(item.id for item in instrument.items if item.kind == "choices")
            text = f"{name}\n{' '.join(several)}\n{template.layout.to_json()}"
            (folder / "sheets" / f"{code}.txt").write_text(text, encoding="utf-8")
            packs.append(Pack(code, (Part(template, Identity(code, edition)),)))
            written = {each_field.item for _, each_field in template.layout.fields()}
            rows += [(code, item, "") for item in template.layout.items() if item not in written]
    pack.write(folder / "forms.pdf", packs, BASE)
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("code", "item", "crossed"), *rows])
    say(f"{len(packs)} forms in {folder / 'forms.pdf'}; type what is crossed into {folder / 'truth.csv'}")


def sheets(folder: Path) -> dict[str, tuple[str, Known]]:
    """The edition of every form that was printed, and what the reader is told of it, by code."""
    found = {}
    for path in (folder / "sheets").glob("*.txt"):
        edition, several, layout = path.read_text(encoding="utf-8").split("\n", 2)
        found[path.stem] = (edition, Known(BoxMap.from_json(layout), frozenset(several.split())))
    return found


def truth(folder: Path) -> dict[str, dict[str, tuple[Code, ...]]]:
    """What is really crossed, by code and item; forms of which nothing was typed are left out."""
    found: dict[str, dict[str, tuple[Code, ...]]] = {}
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            crossed = tuple(code if code == SKIPPED else int(code) for code in line["crossed"].split())
            found.setdefault(codes.normalise(line["code"]), {})[line["item"]] = crossed
    return {code: answers for code, answers in found.items() if any(answers.values())}


def captured(device: Path, known: dict[str, tuple[str, Known]]) -> Iterator[tuple[Reading, float]]:
    """Every page of a device's files, with the seconds of the processor that it took."""

    def find(code: str) -> Known | str:
        return known[code][1] if code in known else "unknown"

    for path in sorted(path for path in device.rglob("*") if path.is_file()):
        start = time.thread_time()
        try:
            for read in reading.read(path.read_bytes(), find):
                yield read, time.thread_time() - start
                start = time.thread_time()
        except Unusable as refused:
            yield Reading(0, refused.reason), 0.0


def together(
    pages: list[tuple[Reading, float]], known: dict[str, tuple[str, Known]]
) -> Iterator[tuple[Reading, float]]:
    """The same pages, those of each form judged together, as the service does."""
    for code in dict.fromkeys(read.code for read, _ in pages):
        mine = [(read, seconds) for read, seconds in pages if read.code == code]
        judged = [read for read, _ in mine]
        if code in known:
            judged = list(reading.together(judged, known[code][1]))
        yield from zip(judged, (seconds for _, seconds in mine), strict=True)


def evaluate(folder: Path) -> int:
    """Print the report; 1 when an answer was silently wrong."""
    known, meant = sheets(folder), truth(folder)
    tallies: dict[tuple[str, str], Tally] = {}
    for device in sorted(path for path in (folder / "captures").iterdir() if path.is_dir()):
        for read, seconds in together(list(captured(device, known)), known):
            edition, sheet_known = known.get(read.code or "", ("-", None))
            if sheet_known is not None and read.status == "read" and read.code not in meant:
                continue
            if sheet_known is None or read.code is None or read.side is None:
                tally = Tally(pages=1)
                tally.refused[read.status] += 1
            else:
                sides = {side.number: side for side in sheet_known.layout.sides}
                if read.side not in sides:
                    continue
                tally = compared(read, sides[read.side], meant.get(read.code, {}), f"{read.code} {read.side}")
            tally.seconds = seconds
            tallies.setdefault((device.name[:10], edition), Tally()).add(tally)
    say(HEAD)
    for (device_name, edition), tally in sorted(tallies.items()):
        say(row(device_name, edition, tally))
        for story in tally.stories:
            say(f"    silently wrong: {story}")
    return int(any(tally.silent for tally in tallies.values()))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("print", "evaluate"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--forms", type=int, default=FORMS, help="forms of each language")
    asked = parser.parse_args()
    if asked.what is None or asked.folder is None:
        # It needs paper, so without a task it only says what it is for: `make bench` runs every module.
        parser.print_help()
        return 0
    cv2.setNumThreads(1)
    if asked.what == "print":
        print_forms(asked.folder, asked.forms)
        return 0
    return evaluate(asked.folder)


if __name__ == "__main__":
    sys.exit(main())
