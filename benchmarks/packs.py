"""Packs for 200 families: rendering every form against stamping templates, measured in one run.

    python -m benchmarks.packs             print the figures
    python -m benchmarks.packs --check     fail when stamping is less than forty times as fast, when
                                           memory grows with the pile, or when a side of the pile does
                                           not carry exactly its own identity

The floor is what a straightforward program does: render and stamp every form of every family anew. It
is measured on a few families and spread over all of them. Seconds are those of the processor, so that
what else runs on the machine counts little; trust the ratio all the same.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from instruments import Edition, catalogue
from instruments.wording import Library, Root
from printable import codes, letters, pack, pages, sheet, stamp
from printable.codes import Marker
from printable.pack import Pack, Part
from printable.pdf import Template
from printable.sheet import Spec
from printable.stamp import Identity
from printable.words import Words

TRANSLATIONS = Path(__file__).parents[1] / "translations"
BASE = "https://mm.example.org"
FAMILIES = 200
RENDERED = 4
AIM = 40
#: What a family with a Dutch parent, an Arabic-speaking parent and a child gets: thirteen printed sides.
FORMS = [
    ("sdq/parent-4-17", "nl"),
    ("vgk/parent", "nl"),
    ("evaluation_parent/parent", "ar"),
    ("who5/self", "ar"),
    ("evaluation_child/child-8-plus", "nl"),
]


class Desk:
    """What both ways of printing need: words, wording, and how a form is made."""

    def __init__(self) -> None:
        self._words = Words(TRANSLATIONS)
        self._library = Library([Root(TRANSLATIONS)], catalogue())
        self._sender = letters.Sender("Project", "Institute", "030 000 00 00", "9-17", "post@example.org")

    def forms(self) -> list[tuple[Template, Edition]]:
        """A cover and the sheets of one family, rendered now."""
        dutch = Edition("nl")
        found = [(letters.cover(dutch, self._words.gettext(dutch), self._sender, BASE), dutch)]
        for key, name in FORMS:
            edition = Edition.parse(name)
            instrument = catalogue().get(*key.split("/"))
            spec = Spec(instrument, self._library.wording(instrument, edition))
            found.append((sheet.build(spec, self._words.gettext(edition)), edition))
        return found

    def identity(self, code: str, edition: Edition, number: int) -> Identity:
        """Somebody's codes and texts."""
        gettext = self._words.gettext(edition)
        texts = {
            "about": pages.phrase("about_child", gettext, years=4 + number % 14),
            "blank": pages.phrase("blank", gettext),
            "for": f"{number % 14}",
        }
        return Identity(code, edition, texts)

    def packs(self, forms: list[tuple[Template, Edition]], issued: list[list[str]]) -> Iterator[Pack]:
        """The packs of all families, made one by one."""
        for number, family in enumerate(issued):
            parts = tuple(
                Part(template, self.identity(code, edition, number))
                for (template, edition), code in zip(forms, family, strict=True)
            )
            yield Pack(f"family {number}", parts)


def peak() -> float:
    """The most memory this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def wrong_sides(path: Path, expected: list[Marker]) -> int:
    """How many sides of a pile do not carry exactly their own identity."""
    import pypdfium2
    import zxingcpp

    document = pypdfium2.PdfDocument(path)
    wrong = 0
    for number, marker in enumerate(expected):
        picture = document[number].render(scale=110 / 72, grayscale=True).to_pil()
        read = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
        wrong += {codes.read(found.text) for found in read} != {marker}
    document.close()
    return wrong


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when an aim is missed")
    parser.add_argument("--families", type=int, default=FAMILIES)
    check, families = (asked := parser.parse_args()).check, asked.families
    desk = Desk()
    desk.forms()  # fonts and libraries are loaded before any clock runs

    start = time.process_time()
    for number in range(RENDERED):
        for template, edition in desk.forms():
            stamp.onto(template, desk.identity(codes.new(), edition, number), BASE)
    naive = (time.process_time() - start) / RENDERED * families

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "packs.pdf"
        start = time.process_time()
        forms = desk.forms()
        rendered = time.process_time() - start
        issued = [[codes.new() for _ in forms] for _ in range(families)]
        pack.write(path, desk.packs(forms, issued[:10]), BASE)
        before = peak()
        start = time.process_time()
        written = pack.write(path, desk.packs(forms, issued), BASE, title="benchmark")
        stamped = time.process_time() - start
        grown = peak() - before
        size = path.stat().st_size
        ratio = naive / (rendered + stamped)
        say(f"{written.packs} families, {written.sides} sides, {size / 1e6:.1f} MB in one file")
        say(f"rendering every form    {naive:8.1f} s   (from {RENDERED} families)")
        say(f"templates once          {rendered:8.1f} s")
        say(f"stamping                {stamped:8.1f} s   {written.sides / stamped:.0f} sides a second")
        say(f"ratio                   {ratio:8.1f} x   (aim: at least {AIM})")
        say(f"memory                  {before:8.0f} MB  + {grown:.1f} MB for the whole pile")
        if not check:
            return 0
        expected = [
            Marker(part.identity.code, side)
            for each in desk.packs(forms, issued)
            for part in each.parts
            for side in range(1, part.sides + 1)
        ]
        start = time.process_time()
        wrong = wrong_sides(path, expected)
        say(
            f"sides read back         {len(expected) - wrong:8d} of {len(expected)}"
            f"   {time.process_time() - start:.1f} s"
        )
    return int(ratio < AIM or grown > 20 or wrong > 0)


def say(line: str) -> None:
    """A line of the report."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
