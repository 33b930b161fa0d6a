"""How often a side still says which it is after a bad scan or a photo, at 150 dpi.

    python -m benchmarks.markers             print the rates
    python -m benchmarks.markers --check     fail below 95 %, or when a code is ever read wrongly

Captures are simulated, with a fixed seed; real scanners and phones will be worse. The decoder is tried
at full size, at half and at double size, as a scan reader would.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import zxingcpp
from PIL import Image, ImageFilter

from instruments import Edition, catalogue
from instruments.wording import Library, Root
from printable import codes, sheet, stamp
from printable.codes import Marker
from printable.sheet import Spec
from printable.stamp import Identity
from printable.words import Words

TRANSLATIONS = Path(__file__).parents[1] / "translations"
BASE = "https://mm.example.org"
AIM = 0.95
TIMES = 12


def scan(page: Image.Image, dice: random.Random) -> Image.Image:
    """A quick office scan: a little skew, a little blur, JPEG."""
    turned = page.rotate(dice.uniform(-2, 2), Image.Resampling.BICUBIC, fillcolor=255)
    return jpeg(turned.filter(ImageFilter.GaussianBlur(dice.uniform(0.3, 0.8))), 75)


def bad_scan(page: Image.Image, dice: random.Random) -> Image.Image:
    """A tired printer and scanner: pale ink, specks, five degrees of skew, strong JPEG."""
    pale = page.point(lambda level: 55 + level * 200 // 255)
    specks = Image.effect_noise(page.size, 40)
    dirty = Image.blend(pale, specks, 0.12).rotate(
        dice.uniform(-5, 5), Image.Resampling.BICUBIC, fillcolor=235
    )
    return jpeg(dirty.filter(ImageFilter.GaussianBlur(dice.uniform(0.6, 1.1))), 30)


def photo(page: Image.Image, dice: random.Random) -> Image.Image:
    """A photo from the hand: perspective, a shadow over one side, blur."""
    width, height = page.size

    def near(x: float, y: float) -> tuple[float, float]:
        return x + dice.uniform(-0.04, 0.04) * width, y + dice.uniform(-0.04, 0.04) * height

    corners = (*near(0, 0), *near(0, height), *near(width, height), *near(width, 0))
    tilted = page.transform(page.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=255)
    shadow = Image.linear_gradient("L").resize(page.size).point(lambda level: 120 + level * 135 // 255)
    dark = Image.composite(tilted, Image.new("L", page.size, 20), shadow)
    return jpeg(dark.filter(ImageFilter.GaussianBlur(dice.uniform(0.5, 1.0))), 60)


CAPTURES: dict[str, Callable[[Image.Image, random.Random], Image.Image]] = {
    "scan": scan,
    "bad scan": bad_scan,
    "photo": photo,
}


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """A picture after a lossy file."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("L")


def read(picture: Image.Image) -> set[str]:
    """What the QRs on a picture say, with patience."""
    for size in (1.0, 0.5, 2.0):
        seen = (
            picture if size == 1 else picture.resize((int(picture.width * size), int(picture.height * size)))
        )
        found = {f.text for f in zxingcpp.read_barcodes(seen, formats=zxingcpp.BarcodeFormat.QRCode)}
        if found:
            return found
    return set()


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when an aim is missed")
    check = parser.parse_args().check
    words, library = Words(TRANSLATIONS), Library([Root(TRANSLATIONS)], catalogue())
    dice = random.Random(4)
    read_rightly: Counter[str] = Counter()
    sides = wrong = 0
    for key, name in (
        ("sdq/parent-4-17", "nl"),
        ("evaluation_parent/parent", "nl-easy"),
        ("vgk/parent", "ar"),
    ):
        edition = Edition.parse(name)
        instrument = catalogue().get(*key.split("/"))
        spec = Spec(instrument, library.wording(instrument, edition))
        code = codes.new(dice.getrandbits)
        document = pypdfium2.PdfDocument(
            stamp.onto(sheet.build(spec, words.gettext(edition)), Identity(code, edition), BASE)
        )
        for number in range(len(document)):
            page = document[number].render(scale=150 / 72, grayscale=True).to_pil().convert("L")
            expected = codes.address(BASE, Marker(code, number + 1))
            for _ in range(TIMES):
                sides += 1
                for capture, made in CAPTURES.items():
                    found = read(made(page, dice))
                    read_rightly[capture] += found == {expected}
                    wrong += bool(found - {expected})
        document.close()
    for capture in CAPTURES:
        sys.stdout.write(f"{capture:10} {read_rightly[capture] / sides:7.1%} of {sides} sides\n")
    sys.stdout.write(f"{'wrong':10} {wrong:7}\n")
    missed = wrong or any(read_rightly[capture] / sides < AIM for capture in CAPTURES)
    return int(check and bool(missed))


if __name__ == "__main__":
    sys.exit(main())
