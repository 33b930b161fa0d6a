"""One term for one idea: the list `translations/terms.yaml`, and texts that say it in another way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from instruments import BrokenFile, Problem, reading

NAME = "terms.yaml"

#: Arabic writes *and*, *in*, *as*, *for* and *the* on to the word that follows.
_BEFORE = "(?:[وفبكل]{0,2}(?:ال|ل)?)?"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Term(_Part):
    """What is said for an idea in one language."""

    say: str = Field(min_length=1)
    #: Beginnings of words that are never said for it.
    never: tuple[str, ...] = Field(min_length=1)


class _File(_Part):
    names: tuple[str, ...]
    terms: dict[str, dict[str, Term]]


@dataclass(frozen=True)
class Terms:
    """The list."""

    #: Names that stay as they are in every language.
    names: tuple[str, ...]
    #: Language -> idea -> term.
    by_language: dict[str, dict[str, Term]]

    def complaints(self, language: str, text: str) -> list[str]:
        """The second terms that a text uses, each with the one that is ours."""
        for name in self.names:
            text = re.sub(re.escape(name), "", text, flags=re.IGNORECASE)
        return [
            f"{found[0]!r} for {idea}, which is {term.say!r}"
            for idea, term in self.by_language.get(language, {}).items()
            for stem in term.never
            if (found := _beginning(stem).search(text))
        ]

    def lost_names(self, source: str, text: str) -> list[str]:
        """The names in a source that its translation does not have."""
        return [
            name
            for name in self.names
            if name.casefold() in source.casefold() and name.casefold() not in text.casefold()
        ]


def load(folder: Path) -> Terms:
    """The list of a folder of translations. Raises BrokenFile when it cannot be read."""
    try:
        found = _File.model_validate(reading.read((folder / NAME).read_text(encoding="utf-8"), NAME))
    except ValidationError as error:
        raise BrokenFile(
            [
                Problem(NAME, ".".join(map(str, each["loc"])), each["msg"], "See translations/README.md.")
                for each in error.errors()
            ]
        ) from error
    return Terms(found.names, found.terms)


def _beginning(stem: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_BEFORE}{re.escape(stem)}\w*", re.IGNORECASE)
