"""The words of this room in every edition: catalogues `<language>/LC_MESSAGES/paper[_easy].po`.

Paper has a domain of its own, because a letter is checked by other people than a button. A text is
looked up in the easy catalogue, then in the standard one of the same language, and then in Dutch, but
nobody has to print that: `missing` says which texts an edition lacks, and paper cannot be taken back.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from instruments.editions import Edition
from printable.pages import Gettext

#: The language of last resort; and the one in which the msgids are, which needs no catalogue.
_BASE, _SOURCE = "nl", "en"
_FILES = {"standard": "paper.po", "easy": "paper_easy.po"}


class Words:
    """Every catalogue of paper under a folder, read once."""

    def __init__(self, folder: Path) -> None:
        self._texts: dict[Edition, dict[str, str]] = {}
        self._compiled: dict[Edition, bytes] = {}
        self._chains: dict[Edition, NullTranslations] = {}
        for reading, name in _FILES.items():
            for path in sorted(folder.glob(f"*/LC_MESSAGES/{name}")):
                edition = Edition.parse(path.parent.parent.name + ("-easy" if reading == "easy" else ""))
                with path.open("rb") as file:
                    catalogue = read_po(file, locale=edition.language)
                self._texts[edition] = {
                    str(found.id): str(found.string) for found in catalogue if found.string
                }
                compiled = io.BytesIO()
                write_mo(compiled, catalogue)
                self._compiled[edition] = compiled.getvalue()

    def gettext(self, edition: Edition) -> Gettext:
        """The function that translates for an edition."""
        if edition not in self._chains:
            self._chains[edition] = self._linked(edition)
        return self._chains[edition].gettext

    def _linked(self, edition: Edition) -> NullTranslations:
        chain = NullTranslations()
        last = chain
        for link in self._chain(edition):
            if link in self._compiled:
                found = Translations(io.BytesIO(self._compiled[link]))
                last.add_fallback(found)
                last = found
        return chain

    def missing(self, edition: Edition, msgids: Iterable[str]) -> tuple[str, ...]:
        """The texts that an edition would borrow from another language."""
        if edition.language == _SOURCE:
            return ()
        own = self._texts.get(edition, {}).keys() | self._texts.get(Edition(edition.language), {}).keys()
        return tuple(sorted(set(msgids) - own))

    @staticmethod
    def _chain(edition: Edition) -> list[Edition]:
        if edition.language == _SOURCE:
            return [edition]
        return list(dict.fromkeys([edition, Edition(edition.language), Edition(_BASE)]))
