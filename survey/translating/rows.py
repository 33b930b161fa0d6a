"""A row of a sheet: one text beside what it is made from, and what came back for it."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from instruments import Edition

#: The language in which every text was written first.
BASE = "nl"


def digest(*texts: str) -> str:
    """Sixteen digits that change when one of the texts changes."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def made_from(edition: Edition) -> Edition | None:
    """The edition that is translated or adapted into this one; None for the Dutch, which comes first.

    Easy Dutch is made from Dutch, every other easy edition from easy Dutch.
    """
    if edition == Edition(BASE):
        return None
    easy_abroad = edition.reading == "easy" and edition.language != BASE
    return Edition(BASE, "easy" if easy_abroad else "standard")


@dataclass(frozen=True)
class Row:
    """One text."""

    #: Where it stands, under `translations/`, such as `tr/wording/sdq.yaml`.
    file: str
    #: Its name in the file, as a translator sees it.
    key: str
    #: What it is made from.
    source: str
    #: The same in English, for who reads no Dutch; empty where there is none.
    english: str
    #: What it is now; empty where nobody has written it.
    text: str
    note: str = ""
    #: Whether the file is of use without it.
    needed: bool = True
    #: Names that have to stand in the text, as in `%(minutes)s`.
    placeholders: frozenset[str] = frozenset()
    #: Whether those may be left out: the form of a plural that holds for one number only.
    may_omit: bool = False
    #: Where to put it in the file; of no meaning to others.
    address: tuple[str, ...] = field(default=(), compare=False)

    @property
    def seal(self) -> str:
        """Stands for file, key and source together: a sheet with another seal was made of other words."""
        return digest(self.file, self.key, self.source)


@dataclass(frozen=True)
class Returned:
    """One text of a sheet that came back."""

    file: str
    key: str
    #: None where the form of the sheet holds the source itself, as a PO file does.
    seal: str | None
    text: str


class Texts(Protocol):
    """Texts of one edition that can go out and come back: questionnaires, pages or paper."""

    edition: Edition

    def rows(self) -> tuple[Row, ...]:
        """Every text, in the order of the files."""

    def written(self, new: Mapping[Row, str], *, translator: str | None, on: dt.date) -> dict[str, str]:
        """The whole new contents of every file that changes, by its place under `translations/`.

        A file that changes has not been reviewed as it then is, so a reviewed one becomes a draft.

        Raises:
            NoTranslator: a file would be made, and nobody is named who made it.
        """


class NoTranslator(ValueError):
    """A new file needs the name of who translated it."""


def tidy(text: str) -> str:
    """A text as we keep it: composed letters, single spaces, no line breaks."""
    return re.sub(r"[ \t\r\n]+", " ", unicodedata.normalize("NFC", text)).strip()


def placeholders(text: str) -> frozenset[str]:
    """The names in a text's `%(name)s`."""
    return frozenset(re.findall(r"%\((\w+)\)[sd]", text))
