"""Packs: everything a home visit needs, for any number of families, as one file for the printer.

A template is rendered once and stamped for every respondent, which is some fifty times faster than
rendering every form. The file grows from front to back: memory stays flat however many families there
are, the same input gives the same bytes, and a run that was stopped goes on where it was.

A pack is paper: the tags for screen readers stay behind in the single forms (`stamp.onto`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from printable import geometry, inks, stamp
from printable.boxes import Slot
from printable.codes import Marker
from printable.geometry import PT_PER_MM
from printable.journal import Run, resumed
from printable.pdf import Template
from printable.stamp import Identity, SetText
from printable.writer import Copier, Writer

_PAGE = (geometry.PAGE_WIDTH * PT_PER_MM, geometry.PAGE_HEIGHT * PT_PER_MM)
_BLANK_SLOTS = (*geometry.SHEET_SLOTS, geometry.BLANK_SLOT)


class Stopped(Exception):
    """The run was stopped on request. What is done is kept: the same call goes on from there."""

    def __init__(self, packs: int) -> None:
        super().__init__(f"stopped after {packs} pack{'' if packs == 1 else 's'}; run it again to go on")
        self.packs = packs


@dataclass(frozen=True)
class Part:
    """One form of one respondent: a sheet or a cover.

    `identity.texts["blank"]` says in the respondent's language that the back of an odd last page is
    empty on purpose; the back carries the codes too, so that a pile can be sorted by machine.
    """

    template: Template
    identity: Identity

    @property
    def sides(self) -> int:
        """How many sides it fills: an even number, so that the next form starts on a new paper."""
        return self.template.pages + self.template.pages % 2


@dataclass(frozen=True)
class Pack:
    """The forms of one family, in the order in which they are printed. `key` is neutral: no name."""

    key: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Done:
    """How far a run is: packs and sides written so far."""

    packs: int
    sides: int


@dataclass(frozen=True)
class Written:
    """A finished file, and its SHA-256."""

    path: Path
    sha256: str
    packs: int
    sides: int


def write(
    path: Path,
    packs: Iterable[Pack],
    base: str,
    *,
    title: str = "",
    progress: Callable[[Done], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Written:
    """Write all packs into one PDF, ready to print on both sides.

    The file appears at `path` when it is whole. Until then it grows beside it (`.part`), with a
    journal (`.journal`). A run that broke off goes on after the packs it has in common with this call.

    Args:
        packs: read once, one by one; it may be a generator over a database.
        base: the address of the service, which the QRs lead to.
        progress: told after every pack.
        stop: asked after every pack.

    Raises:
        Stopped: when `stop` said so.
        qr.Unfit, pdf.Unprintable: what cannot be printed; nothing half appears at `path`.
    """
    part, journal = path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.journal")
    run = Run(_digest("", base, title))
    waiting = iter(packs)
    upcoming = resumed(run, part, journal, waiting, _chained)
    with part.open("ab") as target, journal.open("a", encoding="utf-8") as notes:
        before = run.mark()
        pile = _Pile(Writer(target, run), run, base)
        for pack in chain(upcoming, waiting):
            for each in pack.parts:
                pile.add(each)
            run.packs += 1
            run.input = _chained(run.input, pack)
            target.flush()
            notes.write(run.since(before) + "\n")
            notes.flush()
            before = run.mark()
            if progress:
                progress(Done(run.packs, len(run.pages)))
            if stop and stop():
                raise Stopped(run.packs)
        pile.writer.finish(title)
    part.replace(path)
    journal.unlink()
    return Written(path, run.sha256.hexdigest(), run.packs, len(run.pages))


class _Pile:
    """The file as a pile of printed sides."""

    def __init__(self, writer: Writer, run: Run, base: str) -> None:
        self.writer = writer
        self._run = run
        self._base = base
        if "font" not in run.copied:
            with inks.opened(inks.lettering().pdf) as source:
                run.copied["font"] = [Copier(writer).whole(inks.font_of(source))]
            box = b"/Type/XObject/Subtype/Form/BBox[0 0 %g %g]" % _PAGE
            run.copied["marks"] = [writer.stream(box, inks.marks())]

    def add(self, part: Part) -> None:
        """Put all sides of a form on the pile, and an empty back where its last paper has one."""
        template = part.template
        forms = self._template(template)
        for side, form in zip(template.layout.sides, forms, strict=True):
            self._side(part, side.slots, side.number, form, marked=bool(template.layout.marks))
        if part.sides > template.pages:
            self._side(part, _BLANK_SLOTS, part.sides, None, marked=True)

    def _side(
        self, part: Part, slots: Sequence[Slot], number: int, form: int | None, *, marked: bool
    ) -> None:
        texts = stamp.texts_for(slots, part.identity)
        drawn = {f"{stamp.LINE}{count}": self._line(text) for count, text in enumerate(texts)}
        below = b""
        if form is not None:
            drawn["/Template"] = form
            below += b"/Template Do\n"
        if marked:
            (drawn[stamp.MARKS],) = self._run.copied["marks"]
            below += stamp.MARKS.encode() + b" Do\n"
        marker = Marker(part.identity.code, number)
        drawing = below + stamp.operators(slots, texts, marker, self._base)
        names = b"".join(b"%s %d 0 R" % (name.encode(), drawn[name]) for name in sorted(drawn))
        font = b"%s %d 0 R" % (stamp.FONT.encode(), self._run.copied["font"][0])
        self.writer.page(b"<</Font<<%s>>/XObject<<%s>>>>" % (font, names), drawing, _PAGE)

    def _template(self, template: Template) -> list[int]:
        if template.sha256 not in self._run.copied:
            self._run.copied[template.sha256] = self._copied(template.pdf)
        return self._run.copied[template.sha256]

    def _line(self, text: SetText) -> int:
        rect = text.slot.rect
        name = _digest("line", text.text, str(text.edition), text.slot.name, rect.width, rect.height)
        if name not in self._run.copied:
            self._run.copied[name] = self._copied(stamp.set_line(text))
        return self._run.copied[name][0]

    def _copied(self, content: bytes) -> list[int]:
        with inks.opened(content) as source:
            copier = Copier(self.writer)
            return [copier.drawing(page) for page in source.pages]


def _chained(before: str, pack: Pack) -> str:
    """A digest of all packs up to this one: of everything that decides what is printed."""
    parts = [
        [
            part.template.sha256,
            part.identity.code,
            str(part.identity.edition),
            sorted(part.identity.texts.items()),
        ]
        for part in pack.parts
    ]
    return _digest(before, pack.key, parts)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
