"""Writing a PDF from front to back, so that a pile of any height needs the memory of one page.

A library that builds a document keeps all of it until it is saved. Here an object is written when it is
made, and only where it stands is remembered. What a template brings is copied in once and drawn on
every page that uses it, as a picture of the page: pages share no contents, only that picture.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Sequence
from typing import BinaryIO

import pikepdf

from printable.journal import Run

#: Pages that share a node of the page tree; readers open a long document faster when nodes are small.
_NODE = 64
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


class Writer:
    """A PDF that grows at its end.

    Args:
        target: open for writing at the end of what is there.
        run: what is remembered of what is there: where each object stands, and which are pages.
    """

    def __init__(self, target: BinaryIO, run: Run) -> None:
        self._target = target
        self._run = run
        if not run.end:
            self._put(_HEADER)

    def reserve(self) -> int:
        """A number for an object that is written later."""
        self._run.offsets.append(0)
        return len(self._run.offsets)

    def write(self, body: bytes, number: int | None = None) -> int:
        """Write an object; its number, which is the reserved one when given."""
        number = number or self.reserve()
        self._run.offsets[number - 1] = self._run.end
        self._put(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        return number

    def stream(self, entries: bytes, data: bytes, *, compress: bool = True, number: int | None = None) -> int:
        """Write a stream with these dictionary entries; its number."""
        if compress:
            data = zlib.compress(data, 6)
            entries += b"/Filter/FlateDecode"
        body = b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data)
        return self.write(body, number)

    def page(self, resources: bytes, drawing: bytes, size: Sequence[float]) -> None:
        """Write a page with contents of its own."""
        run = self._run
        if len(run.pages) % _NODE == 0:
            run.nodes.append(self.reserve())
        contents = self.stream(b"", drawing)
        box = b" ".join(b"%g" % value for value in size)
        run.pages.append(
            self.write(
                b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %s]/Resources %s/Contents %d 0 R>>"
                % (run.nodes[-1], box, resources, contents)
            )
        )

    def finish(self, title: str) -> None:
        """Write the page tree and the table of contents of the file; nothing can follow."""
        pages, nodes = self._run.pages, self._run.nodes
        root = self.reserve()
        for count, node in enumerate(nodes):
            kids = pages[count * _NODE : (count + 1) * _NODE]
            body = b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%s]>>" % (root, len(kids), _references(kids))
            self.write(body, node)
        self.write(b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), _references(nodes)), root)
        viewing = b"<</Duplex/DuplexFlipLongEdge/PrintScaling/None/DisplayDocTitle true>>"
        catalogue = self.write(b"<</Type/Catalog/Pages %d 0 R/ViewerPreferences %s>>" % (root, viewing))
        info = self.write(b"<</Title<%s>>>" % (b"\xfe\xff" + title.encode("utf-16-be")).hex().encode())
        # The same content, the same name.
        name = self._run.sha256.hexdigest()[:32].encode()
        start = self._run.end
        size = len(self._run.offsets) + 1
        self._put(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for offset in self._run.offsets:
            self._put(b"%010d 00000 n \n" % offset)
        ends = b"/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]" % (catalogue, info, name, name)
        self._put(b"trailer\n<</Size %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, ends, start))

    def _put(self, data: bytes) -> None:
        self._target.write(data)
        self._run.sha256.update(data)
        self._run.end += len(data)


def _references(numbers: array[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)


class Copier:
    """Copies what a PDF in memory holds into one that is being written: every object once."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._copied: dict[tuple[int, int], int] = {}

    def drawing(self, page: pikepdf.Page) -> int:
        """A page as a drawing to be placed on other pages (a form); its object number.

        A form begins and ends with the drawing state of the page it is placed on, so the turned-over
        coordinates of the typesetter stay inside it.
        """
        contents = page.obj.Contents
        parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
        box = b" ".join(b"%g" % float(value) for value in page.mediabox)
        entries = b"/Type/XObject/Subtype/Form/BBox[%s]/Resources %s" % (box, self.value(page.Resources))
        return self._writer.stream(entries, b"\n".join(part.read_bytes() for part in parts))

    def value(self, found: object) -> bytes:
        """An object as it is written inside another; what it refers to is copied first."""
        if isinstance(found, pikepdf.Object) and found.is_indirect:
            return b"%d 0 R" % self.whole(found)
        return self._inside(found)

    def whole(self, found: pikepdf.Object) -> int:
        """Copy an object of its own, with all it refers to; its number."""
        key = found.objgen
        if key not in self._copied:
            # Known before it is written, so that two objects may refer to each other.
            self._copied[key] = number = self._writer.reserve()
            if isinstance(found, pikepdf.Stream):
                entries = self._entries(found, without="/Length")
                self._writer.stream(entries, found.read_raw_bytes(), compress=False, number=number)
            else:
                self._writer.write(self._inside(found), number)
        return self._copied[key]

    def _inside(self, found: object) -> bytes:
        if isinstance(found, pikepdf.Array):
            return b"[" + b" ".join(self.value(part) for part in found) + b"]"
        if isinstance(found, pikepdf.Dictionary):
            return b"<<" + self._entries(found) + b">>"
        if isinstance(found, pikepdf.Object):
            return found.unparse()
        # Plain values arrive as those of Python.
        if found is None or isinstance(found, bool):
            return {True: b"true", False: b"false", None: b"null"}[found]
        return str(found).encode()

    def _entries(self, found: pikepdf.Object, without: str = "") -> bytes:
        return b"".join(
            pikepdf.Name(key).unparse() + b" " + self.value(found.get(key))
            for key in sorted(found.keys())
            if key != without
        )
