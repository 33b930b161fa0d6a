"""From HTML to PDF with WeasyPrint, and from the rendered page to its box map.

Nothing is fetched from outside; a warning of the typesetter (a missing letter, an unknown style, a
picture that is not there) fails the build, because on paper nobody sees a log. The bytes depend on
the input only: the same input gives the same file.

The only module that touches the private box tree of WeasyPrint (`Page._page_box`). Its version is
pinned, and a test compares what is read here with the outlines in the PDF itself.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import weasyprint
from weasyprint.urls import URLFetcher, URLFetcherResponse

from printable import geometry, pictures
from printable.boxes import SKIPPED, Box, BoxMap, Field, FieldKind, Rect, Side, Slot, SlotKind

STYLES = Path(__file__).parent / "styles"
#: Letters come from this family and its sisters for other scripts; any other is a font that fell back.
FONTS = "Noto "

#: How far a word may stick out, in pixels: less than anyone sees.
_TOLERATED = 1.0

#: The attributes by which a template says what an element is for; each marks another kind of place.
_OURS = {"data-code", "data-field", "data-slot"}


class Unprintable(Exception):
    """The typesetter could not do what was asked; `problems` says what, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Template:
    """A rendered form without an identity: the PDF and where everything stands on it."""

    pdf: bytes
    layout: BoxMap

    @property
    def sha256(self) -> str:
        """The hash of the PDF: the name under which a printed layout is recorded."""
        return self.layout.template

    @property
    def pages(self) -> int:
        """How many printed sides it has."""
        return len(self.layout.sides)


def render(html: str, styles: Sequence[str], *, slots: Sequence[Slot] = (), marked: bool = False) -> Template:
    """A template from a page of HTML.

    Args:
        styles: names of files in `styles/`, later ones win.
        slots: places that every side leaves open, besides those in the HTML (`data-slot`).
        marked: whether the stamp sets the four corner marks.

    Raises:
        Unprintable: a missing letter, a font that fell back, an outside file, a style that is unknown.
    """
    with _complaints() as problems:
        document = weasyprint.HTML(string=html, url_fetcher=_Fetcher()).render(
            stylesheets=[weasyprint.CSS(string=style(name), url_fetcher=_Fetcher()) for name in styles],
            pdf_variant="pdf/ua-1",
        )
        pdf = cast("bytes", document.write_pdf(pdf_variant="pdf/ua-1"))
    problems += [problem for page in document.pages for problem in _overflows(page)]
    problems += [
        f"{''.join(font.to_unicode.values())!r} is not in the Noto fonts, it came from {font.family}"
        for font in document.fonts.values()
        if not font.family.startswith(FONTS)
    ]
    if problems:
        raise Unprintable(list(dict.fromkeys(problems)))
    first = document.pages[0]
    layout = BoxMap(
        hashlib.sha256(pdf).hexdigest(),
        _mm(first.width),
        _mm(first.height),
        geometry.MARKS if marked else (),
        tuple(_side(number, page, slots) for number, page in enumerate(document.pages, 1)),
    )
    return Template(pdf, layout)


@cache
def style(name: str) -> str:
    """The text of a style sheet of this room."""
    return (STYLES / f"{name}.css").read_text(encoding="utf-8")


def recipe(html: str, styles: Sequence[str]) -> str:
    """The name of what `render` would make of this, for a cache: the same recipe, the same bytes."""
    parts = [html, *map(style, styles), version("weasyprint"), version("pydyf"), _fonts_on_this_machine()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _fonts_on_this_machine() -> str:
    """A new font file or typesetting library changes the letters, so it changes the recipe."""
    from weasyprint.text.ffi import pango

    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
    files = sorted(
        f"{path.name}:{path.stat().st_size}"
        for folder in folders
        for path in folder.glob("**/Noto*.[to]tf")
        if path.is_file()
    )
    return f"pango {pango.pango_version()} {hashlib.sha256(' '.join(files).encode()).hexdigest()}"


class _Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Hands out the drawings of this room under `picture:NAME`, and nothing else in the world."""

    def fetch(self, url: str, headers: object = None) -> Any:
        scheme, _, name = url.partition(":")
        if scheme != "picture":
            raise ValueError(f"a printed page may use nothing from outside, but asks for {url}")
        return URLFetcherResponse(url, pictures.drawing(name), {"Content-Type": "image/svg+xml"})


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what the typesetter complains about on this thread, instead of losing it in a log."""
    problems: list[str] = []
    mine = threading.get_ident()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == mine:
                problems.append(record.getMessage())

    listener = Listener(logging.WARNING)
    logger = logging.getLogger("weasyprint")
    logger.addHandler(listener)
    try:
        yield problems
    finally:
        logger.removeHandler(listener)


def _side(number: int, page: Any, slots: Sequence[Slot]) -> Side:
    boxes, fields, found = [], [], list(slots)
    for element, rect in _placed(page):
        if element.get("data-code") is not None:
            code = element.get("data-code")
            boxes.append(Box(element.get("data-item"), code if code == SKIPPED else int(code), rect))
        elif element.get("data-field") is not None:
            kind = cast("FieldKind", element.get("data-field"))
            fields.append(Field(element.get("data-item"), kind, int(element.get("data-cells", "0")), rect))
        elif element.get("data-slot") is not None:
            kind, _, name = element.get("data-slot").partition(":")
            found.append(Slot(cast("SlotKind", kind), name, rect))
    return Side(number, tuple(boxes), tuple(fields), tuple(found))


def _placed(page: Any) -> Iterator[tuple[Any, Rect]]:
    """Every element that carries `data-` attributes of ours, with its border box on the paper."""
    seen: set[int] = set()
    for box in page._page_box.descendants():
        element = box.element
        if element is None or id(element) in seen or not _OURS & set(element.attrib):
            continue
        # The first box of an element is the element itself; what follows lies inside it.
        seen.add(id(element))
        yield (
            element,
            Rect(
                _mm(box.border_box_x()),
                _mm(box.border_box_y()),
                _mm(box.border_width()),
                _mm(box.border_height()),
            ),
        )


def _overflows(page: Any) -> Iterator[str]:
    """Words that stick out of their table cell or of the paper: too long for the room they have."""
    paper = page._page_box
    yield from _outside(paper, paper.position_x, paper.position_x + paper.margin_width(), "page")
    for box in paper.descendants():
        if box.element_tag in ("td", "th") and hasattr(box, "colspan"):
            yield from _outside(box, box.border_box_x(), box.border_box_x() + box.border_width(), "column")


def _outside(holder: Any, left: float, right: float, what: str) -> Iterator[str]:
    for box in holder.descendants():
        text = getattr(box, "text", None)
        if isinstance(text, str) and text.strip():
            out = max(left - box.position_x, box.position_x + box.width - right)
            if out > _TOLERATED:
                yield f"{text!r} sticks out of its {what} by {_mm(out)} mm"


def _mm(pixels: float) -> float:
    return round(pixels * geometry.MM_PER_PX, 3)
