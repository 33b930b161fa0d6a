"""The words of an instrument in one edition: complete, or not offered.

There is no fallback for instrument wording, ever: a questionnaire that is half Dutch and half Arabic
gives valid-looking scores of something that nobody validated. An edition with a missing or a surplus
key is not offered, and says why.

Wording lies in folders (`roots`) of the shape `<language>/wording/<instrument>[.easy].yaml`. The first
root is the repository's own `translations`; every installed wording pack is another, and wins over it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from instruments import reading
from instruments.editions import Edition
from instruments.loading import Catalogue
from instruments.model import Instrument, Mode, Name
from instruments.reading import BrokenFile, Problem

Status = Literal["demonstration", "draft", "reviewed", "official"]

#: What a live study may show. A demonstration is not the instrument; a draft has no named reviewer.
FIT_FOR_LIVE: frozenset[str] = frozenset({"reviewed", "official"})


class NoWording(LookupError):
    """This instrument is not offered in this edition; the message says what is missing."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class About(_Part):
    """Where wording comes from and how far it can be trusted: its provenance block."""

    instrument: Name
    language: str = Field(pattern=r"^[a-z]{2,3}$")
    reading: Literal["standard", "easy"] = "standard"
    status: Status
    origin: str
    source: str | None = None
    author: str
    translator: str | None = None
    reviewer: str | None = None
    licence: str
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    notes: tuple[str, ...] = ()

    @property
    def edition(self) -> Edition:
        """The edition the file is in."""
        return Edition(self.language, self.reading)


class WordingFile(_Part):
    """One file: the texts all versions share, and those of single versions, which win."""

    about: About
    text: dict[str, str]
    versions: dict[str, dict[str, str]] = {}

    def texts(self, version: str) -> dict[str, str]:
        """All texts that this file has for a version, needed or not."""
        return {**self.text, **self.versions.get(version, {})}


class PackLicence(_Part):
    """The licence under which a wording pack from outside may be used: the head of its `pack.yaml`."""

    id: Name
    holder: str = Field(min_length=1)
    licence_reference: str = Field(min_length=1)
    modes: tuple[Mode, ...] = Field(min_length=1)
    languages: tuple[str, ...] = Field(min_length=1)
    expires: dt.date | None = None

    def allows(self, mode: str, language: str, on: dt.date) -> bool:
        """Whether the pack's wording may be shown in this mode and language on a day."""
        in_time = self.expires is None or on <= self.expires
        return in_time and mode in self.modes and language in self.languages


@dataclass(frozen=True)
class Root:
    """A folder of wording, and the licence it came with when it was installed from outside."""

    folder: Path
    licence: PackLicence | None = None


@dataclass(frozen=True)
class Wording:
    """Every text of one version in one edition. Complete by construction."""

    edition: Edition
    about: About
    texts: Mapping[str, str]
    licence: PackLicence | None = None

    def text(self, key: str) -> str:
        """The text of a key that `required_keys` names."""
        return self.texts[key]

    @property
    def status(self) -> Status:
        """How far the wording can be trusted."""
        return self.about.status


def required_keys(instrument: Instrument) -> frozenset[str]:
    """The keys that an edition must have, no fewer and no more."""
    keys = {"title", "intro"}
    if instrument.recall:
        keys.add("recall")
    for item in instrument.items:
        keys.add(f"item.{item.id}")
        if item.hint:
            keys.add(f"hint.{item.id}")
    for name, options in instrument.options.items():
        keys |= {f"options.{name}.{code}" for code in options.labelled}
    return frozenset(keys)


def parse(text: str, file: str) -> WordingFile:
    """A wording file. Raises BrokenFile with every problem found."""
    data = reading.read(text, file)
    try:
        found = WordingFile.model_validate(data)
    except ValidationError as error:
        raise BrokenFile(
            [
                Problem(
                    file,
                    ".".join(map(str, problem["loc"])),
                    problem["msg"],
                    "See translations/README.md for the form of a wording file.",
                )
                for problem in error.errors()
            ]
        ) from error
    empty = [key for key, words in _all_texts(found) if not words.strip()]
    if empty:
        raise BrokenFile(
            [Problem(file, key, "the text is empty", "Write it, or remove the key.") for key in empty]
        )
    return found


def _all_texts(found: WordingFile) -> Iterator[tuple[str, str]]:
    yield from found.text.items()
    for version, texts in found.versions.items():
        yield from ((f"{version}.{key}", words) for key, words in texts.items())


def mismatches(found: WordingFile, versions: Sequence[Instrument], file: str) -> dict[str, list[Problem]]:
    """For each version the file speaks for: the keys it misses and the keys nobody needs.

    A file whose `versions` is empty speaks for all versions; otherwise for those whose texts it has
    complete or at least began.
    """
    needed = {instrument.version: required_keys(instrument) for instrument in versions}
    shared_use = frozenset[str]().union(*needed.values())
    surplus = [
        Problem(file, f"text.{key}", "no version needs this key", "Remove it, or mend its spelling.")
        for key in sorted(set(found.text) - shared_use)
    ]
    unknown = [
        Problem(file, f"versions.{name}", "there is no such version", f"There are: {', '.join(needed)}.")
        for name in sorted(set(found.versions) - set(needed))
    ]
    result = {}
    for version, keys in needed.items():
        own = set(found.versions.get(version, {}))
        problems = [
            Problem(file, f"{version}.{key}", "the text is missing", "Write it; there is no fallback.")
            for key in sorted(keys - set(found.text) - own)
        ]
        problems += [
            Problem(file, f"{version}.{key}", "this version does not need the key", "Remove it.")
            for key in sorted(own - keys)
        ]
        result[version] = surplus + unknown + problems
    return result


class Library:
    """All wording that is at hand, from the repository and from installed packs. Read once."""

    def __init__(self, roots: Sequence[Root], catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._files: dict[tuple[str, Edition], list[tuple[Root, WordingFile, str]]] = {}
        self._cache: dict[tuple[str, str, Edition], Wording | list[Problem]] = {}
        problems: list[Problem] = []
        for root in roots:
            for path in sorted(root.folder.glob("*/wording/*.yaml")):
                name = f"{path.parent.parent.name}/wording/{path.name}"
                try:
                    found = parse(path.read_text(encoding="utf-8"), name)
                except BrokenFile as broken:
                    problems += broken.problems
                    continue
                problems += _misplaced(found, path, name)
                self._files.setdefault((found.about.instrument, found.about.edition), []).insert(
                    0, (root, found, name)
                )
        if problems:
            raise BrokenFile(problems)

    def wording(self, instrument: Instrument, edition: Edition) -> Wording:
        """The words of a version in an edition. Raises NoWording when they are not complete."""
        found = self._look_up(instrument, edition)
        if isinstance(found, list):
            raise NoWording("\n".join(map(str, found)))
        return found

    def problems(self, instrument: Instrument, edition: Edition) -> list[Problem]:
        """Why a version is not offered in an edition; empty when its wording is complete."""
        found = self._look_up(instrument, edition)
        return found if isinstance(found, list) else []

    def known_editions(self) -> tuple[Edition, ...]:
        """Every edition of which there is any wording, sorted."""
        return tuple(sorted({edition for _, edition in self._files}))

    def editions(self, instrument: Instrument, *, live: bool, mode: Mode, on: dt.date) -> tuple[Edition, ...]:
        """The editions in which a version may be shown: complete, and allowed here and now."""
        if mode not in instrument.modes:
            return ()
        return tuple(
            edition
            for edition in self.known_editions()
            if not self.refusals(instrument, edition, live=live, mode=mode, on=on)
        )

    def refusals(
        self, instrument: Instrument, edition: Edition, *, live: bool, mode: Mode, on: dt.date
    ) -> list[str]:
        """Why a version may not be shown in an edition, mode and day; empty when it may.

        A live study refuses `demonstration` and `draft` wording; a pack refuses what its licence does
        not allow.
        """
        found = self._look_up(instrument, edition)
        if isinstance(found, list):
            return [str(problem) for problem in found]
        reasons = []
        if live and found.status not in FIT_FOR_LIVE:
            reasons.append(
                f"{instrument.key} in {edition}: the wording is a {found.status}; "
                "a live study needs reviewed or official wording"
            )
        if mode not in instrument.modes:
            reasons.append(f"{instrument.key} may not be used on {mode}")
        if found.licence and not found.licence.allows(mode, edition.language, on):
            reasons.append(
                f"{instrument.key} in {edition}: pack {found.licence.id} does not allow {mode} on {on}"
            )
        return reasons

    def _look_up(self, instrument: Instrument, edition: Edition) -> Wording | list[Problem]:
        key = (instrument.id, instrument.version, edition)
        if key not in self._cache:
            self._cache[key] = self._compose(instrument, edition)
        return self._cache[key]

    def _compose(self, instrument: Instrument, edition: Edition) -> Wording | list[Problem]:
        files = self._files.get((instrument.id, edition), [])
        if not files:
            return [Problem(f"{instrument.id}", str(edition), "there is no wording", "Write or install it.")]
        problems: list[Problem] = []
        for root, found, name in files:
            mine = mismatches(found, self._catalogue.versions(instrument.id), name)[instrument.version]
            if not mine:
                texts = found.texts(instrument.version)
                needed = {key: texts[key] for key in required_keys(instrument)}
                return Wording(edition, found.about, needed, root.licence)
            problems = problems or mine
        return problems


def _misplaced(found: WordingFile, path: Path, name: str) -> list[Problem]:
    about = found.about
    easy = ".easy" if about.reading == "easy" else ""
    expected = f"{about.language}/wording/{about.instrument}{easy}.yaml"
    if expected == name:
        return []
    return [
        Problem(name, "about", f"it says it belongs at {expected}", "Name, folder and `about` must agree.")
    ]
