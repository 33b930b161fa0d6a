"""A shelf of rendered templates, so that a form is laid out once and not once for every evening's print.

A template lies under the name of its recipe (HTML, styles, fonts, typesetter): when any of these
changes, it is made anew. What was printed is not looked up here: its layout is stored with the sheet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from printable import pdf
from printable.boxes import BoxMap, Slot
from printable.pdf import Template


class Render(Protocol):
    """Makes a template from HTML: `pdf.render`, or `Shelf.render`, which remembers."""

    def __call__(
        self, html: str, styles: Sequence[str], *, slots: Sequence[Slot] = (), marked: bool = False
    ) -> Template: ...


class Shelf:
    """Templates that were rendered before: in memory, and in a folder when one is given."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._templates: dict[str, Template] = {}

    def render(
        self, html: str, styles: Sequence[str], *, slots: Sequence[Slot] = (), marked: bool = False
    ) -> Template:
        """As `pdf.render`; the same recipe is laid out once."""
        places = f"{pdf.recipe(html, styles)} {slots} {marked}"
        name = hashlib.sha256(places.encode()).hexdigest()
        if name not in self._templates:
            found = self._read(name)
            if found is None:
                found = pdf.render(html, styles, slots=slots, marked=marked)
                self._write(name, found)
            self._templates[name] = found
        return self._templates[name]

    def _read(self, name: str) -> Template | None:
        if self._folder is None:
            return None
        try:
            content = (self._folder / f"{name}.pdf").read_bytes()
            layout = BoxMap.from_json((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        whole = hashlib.sha256(content).hexdigest() == layout.template
        return Template(content, layout) if whole else None

    def _write(self, name: str, template: Template) -> None:
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        # A half-written file is not taken for a template: its hash is not the one in the map.
        (self._folder / f"{name}.pdf").write_bytes(template.pdf)
        (self._folder / f"{name}.json").write_text(template.layout.to_json(), encoding="utf-8")
