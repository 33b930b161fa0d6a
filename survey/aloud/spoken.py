"""What is said of a question: its words, its hint, its answers in their order; never what was answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from instruments import Catalogue, Edition, Instrument, Item
from instruments.wording import Library, NoWording, Wording


@dataclass(frozen=True)
class Spoken:
    """One question as it is said, and where it stands."""

    #: `sdq/parent-4-17 item.1`, for people.
    where: str
    text: str
    name: str


def said(instrument: Instrument, wording: Wording, item: Item) -> str:
    """The words of a question as they are said, a line for each part."""
    parts = [wording.text(f"item.{item.id}")]
    if item.hint:
        parts.append(wording.text(f"hint.{item.id}"))
    if item.options:
        options = instrument.options[item.options]
        graded = options.display == "grade"
        for code in options.labelled:
            text = wording.text(f"options.{item.options}.{code}")
            parts.append(f"{code}: {text}" if graded else text)
    return "\n".join(parts)


def name_of(edition: Edition, text: str) -> str:
    """The name, without its ending, that a recording of these words in this edition has."""
    return hashlib.sha256(f"{edition}\n{text}".encode()).hexdigest()[:24]


def editions_texts(library: Library, catalogue: Catalogue, edition: Edition) -> Iterator[Spoken]:
    """Every question of an edition; words that several versions share come once."""
    known = set()
    for instrument in catalogue.all():
        try:
            wording = library.wording(instrument, edition)
        except NoWording:
            continue
        for item in instrument.items:
            text = said(instrument, wording, item)
            name = name_of(edition, text)
            if name not in known:
                known.add(name)
                yield Spoken(f"{instrument.id}/{instrument.version} item.{item.id}", text, name)
