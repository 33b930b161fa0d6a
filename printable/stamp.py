"""Putting an identity on a template: codes, QRs, corner marks and whom it is about.

A stamp is a short piece of drawing laid over a page of a template. What it draws is the same whether
it goes into a single form (`onto`, which keeps the tags of the template) or into a pack (`pack`).
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from instruments.editions import Edition
from printable import codes, inks, qr
from printable.boxes import Slot
from printable.codes import Marker
from printable.geometry import PT_PER_MM
from printable.pdf import Template

#: Names of what every stamp uses, in the resources of a page; unlike any name the typesetter gives.
FONT = "/StampFont"
MARKS = "/StampMarks"
LINE = "/StampLine"

#: The letter size of a code that fills its slot, and the height of a capital, as parts of the slot height.
_LETTER_HEIGHT = 0.714


@dataclass(frozen=True)
class Identity:
    """What makes a form somebody's: its code, and the texts for its slots, by name.

    `texts` holds no names of people on answer sheets: `about` says "About your child of 7" at most.
    """

    code: str
    edition: Edition
    texts: Mapping[str, str] = field(default_factory=dict)


def onto(template: Template, identity: Identity, base: str) -> bytes:
    """A single form with its identity, for reading on a screen or printing alone: the tags stay.

    Args:
        base: the address of the service, which the QRs lead to.

    Raises:
        qr.Unfit: the address is too long for a QR that reads.
        pdf.Unprintable: a text has a letter that cannot be printed, or does not fit.
    """
    lettering = inks.lettering()
    with inks.opened(template.pdf) as form, inks.opened(lettering.pdf) as source:
        font = form.copy_foreign(inks.font_of(source))
        marks = _form(form, inks.marks(), form.pages[0])
        for side, page in zip(template.layout.sides, form.pages, strict=True):
            lines = texts_for(side.slots, identity)
            names = {FONT: font, MARKS: marks}
            for number, text in enumerate(lines):
                with inks.opened(_set(text).pdf) as set_line:
                    names[f"{LINE}{number}"] = _line(form, set_line)
            _provide(page, names)
            drawing = operators(side.slots, lines, Marker(identity.code, side.number), base)
            if template.layout.marks:
                drawing = MARKS.encode() + b" Do\n" + drawing
            # A page may share its contents with others: give it an array of its own. The template leaves
            # its own transformation switched on, so it is shut in.
            page.obj.Contents = Array(
                [
                    form.make_stream(b"q"),
                    *_contents(page),
                    form.make_stream(b"Q\n/Artifact BMC\n" + drawing + b"\nEMC"),
                ]
            )
        out = io.BytesIO()
        form.save(out, deterministic_id=True, compress_streams=True)
    return out.getvalue()


@dataclass(frozen=True)
class SetText:
    """A text in its slot."""

    text: str
    edition: Edition
    slot: Slot


def texts_for(slots: Sequence[Slot], identity: Identity) -> tuple[SetText, ...]:
    """The texts of an identity for which a side has a slot, in the order of the slots."""
    return tuple(
        SetText(identity.texts[slot.name], identity.edition, slot)
        for slot in slots
        if slot.kind == "text" and identity.texts.get(slot.name)
    )


def _set(text: SetText) -> inks.Line:
    rect = text.slot.rect
    return inks.line(text.text, text.edition, text.slot.name, rect.width, rect.height)


def set_line(text: SetText) -> bytes:
    """The one-page PDF of a text in its slot."""
    return _set(text).pdf


def operators(slots: Sequence[Slot], texts: Sequence[SetText], marker: Marker, base: str) -> bytes:
    """The drawing of one side: its QRs and codes, and its texts as `/StampLine0`, `/StampLine1`..."""
    symbol = qr.symbol(codes.address(base, marker))
    modules = symbol.operators()
    parts = [b"0 g"]
    for slot in slots:
        if slot.kind == "qr":
            parts += [b"q", inks.placed(slot.rect, symbol.modules), modules, b"Q"]
        elif slot.kind == "code":
            parts.append(_code(slot, codes.shown(marker.code)))
    for number, text in enumerate(texts):
        x, y = map(inks.number, inks.corner(text.slot.rect))
        parts.append(b"q 1 0 0 1 %s %s cm %s%d Do Q" % (x, y, LINE.encode(), number))
    return b"\n".join(parts)


def _code(slot: Slot, shown: str) -> bytes:
    """A code, as large as its slot allows, on the side of the slot on which its QR stands."""
    lettering = inks.lettering()
    width = slot.rect.width * PT_PER_MM
    height = slot.rect.height * PT_PER_MM
    size = min(height / _LETTER_HEIGHT, width * 1000 / lettering.width(shown))
    x, y = inks.corner(slot.rect)
    if slot.name == "top":
        x += width - lettering.width(shown) * size / 1000
    elif slot.name != "bottom":
        x += (width - lettering.width(shown) * size / 1000) / 2
    return b"BT %s %s Tf %s %s Td %s ET" % (
        FONT.encode(),
        inks.number(size),
        inks.number(x),
        inks.number(y),
        lettering.shown(shown),
    )


def _contents(page: pikepdf.Page) -> list[pikepdf.Object]:
    contents = page.obj.Contents
    return list(contents) if isinstance(contents, Array) else [contents]


def _form(owner: pikepdf.Pdf, drawing: bytes, page: pikepdf.Page) -> Stream:
    stream = owner.make_stream(drawing)
    stream.Type, stream.Subtype, stream.BBox = Name.XObject, Name.Form, Array(list(page.obj.MediaBox))
    return stream


def _line(owner: pikepdf.Pdf, source: pikepdf.Pdf) -> Stream:
    """The only page of a PDF as a drawing to use in another."""
    page = source.pages[0]
    stream = _form(owner, b"\n".join(part.read_bytes() for part in _contents(page)), page)
    # A foreign object is copied once it is indirect.
    stream.Resources = owner.copy_foreign(source.make_indirect(page.Resources))
    return stream


def _provide(page: pikepdf.Page, names: Mapping[str, pikepdf.Object]) -> None:
    resources = Dictionary(dict(page.Resources.items()))
    for kind in ("/Font", "/XObject"):
        mine = {name: value for name, value in names.items() if (name == FONT) == (kind == "/Font")}
        resources[kind] = Dictionary({**dict(resources.get(kind, Dictionary()).items()), **mine})
    page.obj.Resources = resources
