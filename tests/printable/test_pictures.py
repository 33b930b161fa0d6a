"""The drawn scales tell themselves apart without colour, and nothing but drawings is handed out."""

from __future__ import annotations

from itertools import combinations

import pytest
from PIL import Image, ImageChops, ImageStat

from printable import pdf, pictures
from tests.printable import readers


def test_every_code_of_every_scale_has_a_small_drawing() -> None:
    for scale in pictures.SCALES:
        for code in range(1, 6):
            drawing = pictures.svg(scale, code)
            assert drawing.startswith("<svg ")
            assert len(drawing) < 2048
            assert "#" not in drawing, "a drawing has no colour of its own"


@pytest.mark.parametrize("scale", pictures.SCALES)
def test_two_answers_of_a_scale_never_look_alike_in_grey(scale: str) -> None:
    images = "".join(f'<img alt="{code}" src="picture:{scale}-{code}">' for code in range(1, 6))
    style = "@page { size: 100mm 20mm; margin: 0 } body { margin: 0 } img { width: 20mm; float: left }"
    page = pdf.render(f'<html lang="en"><title>scale</title><style>{style}</style><body>{images}', ())
    drawn = readers.picture(page.pdf, 0, 100).resize((500, 100))
    faces = [drawn.crop((100 * count, 0, 100 * count + 100, 100)) for count in range(5)]
    for one, other in combinations(faces, 2):
        assert difference(one, other) > 4


def difference(one: Image.Image, other: Image.Image) -> float:
    """How much two grey pictures differ on average, of 255."""
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0])


@pytest.mark.parametrize("name", ["agreement-6", "../README", "/etc/passwd", ""])
def test_what_is_no_drawing_is_refused(name: str) -> None:
    with pytest.raises(pictures.NoPicture, match="agreement-1"):
        pictures.drawing(name)
