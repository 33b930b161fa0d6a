"""What the tests of paper share: wording at hand, templates that are rendered once, and readers of PDFs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from instruments import Edition, Instrument, catalogue, loading
from instruments.wording import About, Library, Root, Wording, required_keys
from printable.pdf import Template
from printable.sheet import Spec, build
from printable.words import Words

HOUSE = Path(__file__).parents[2]
EXAMPLE = Path(__file__).parent / "examples" / "everything.yaml"

Build = Callable[..., Template]


@pytest.fixture(scope="session")
def library() -> Library:
    """All wording of the repository."""
    return Library([Root(HOUSE / "translations")], catalogue())


@pytest.fixture(scope="session")
def words() -> Words:
    """All texts of paper in the repository."""
    return Words(HOUSE / "translations")


@pytest.fixture(scope="session")
def everything() -> Instrument:
    """The made-up questionnaire that has one of everything."""
    return loading.parse(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)


def made_up(instrument: Instrument, edition: Edition, **changed: str) -> Wording:
    """Wording for an instrument that says what its keys are, in the letters of the language."""
    word = "كلمة" if edition.direction == "rtl" else "Woord"
    texts = {key: f"{word} {key.rpartition('.')[2]}." for key in required_keys(instrument)}
    about = About(
        instrument=instrument.id,
        language=edition.language,
        reading=edition.reading,
        status="demonstration",
        origin="tests",
        author="tests",
        licence="EUPL-1.2",
        date="2026-11-23",
    )
    return Wording(edition, about, {**texts, **changed})


@pytest.fixture(scope="session")
def template(library: Library, words: Words, everything: Instrument) -> Build:
    """`template("sdq/parent-4-17", "nl")`: a sheet, rendered once; `everything` has made-up words."""

    @cache
    def made(key: str, edition_name: str = "nl", *, specimen: bool = False) -> Template:
        edition = Edition.parse(edition_name)
        if key == "everything":
            instrument, wording = everything, made_up(everything, edition)
        else:
            instrument = catalogue().get(*key.split("/"))
            wording = library.wording(instrument, edition)
        return build(Spec(instrument, wording, specimen=specimen), words.gettext(edition))

    return made


@pytest.fixture
def codes_in_order() -> Iterator[str]:
    """Codes that are different, and the same in every run."""
    from printable import codes

    def numbered() -> Iterator[str]:
        number = 0
        while True:
            number += 0x1_2345_6789
            value = number % (1 << 40)
            if value % 37 < 32:
                yield codes.new(lambda bits, value=value: value)  # type: ignore[misc]

    return numbered()
