"""An edition is a language and a reading level; easy-read is never a locale.

Babel drops `nl_SIMPLE` without a word, so the reading level travels beside the language, not in it.
HTML says `nl-simple`: `simple` is a registered variant subtag (IANA, 2015-12-29).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from babel import Locale

Reading = Literal["standard", "easy"]


#: Readers of English are in Europe: the day before the month, and twenty-four hours.
_LOCALES = {"en": "en_GB"}


def locale_of(language: str) -> str:
    """The locale in which dates and numbers are written for readers of a language."""
    return _LOCALES.get(language, language)


@dataclass(frozen=True, order=True)
class Edition:
    """A language (BCP 47 primary tag, as `nl`) and how it is written."""

    language: str
    reading: Reading = "standard"

    def __str__(self) -> str:
        return self.language if self.reading == "standard" else f"{self.language}-easy"

    @classmethod
    def parse(cls, text: str) -> Edition:
        """`nl` or `nl-easy`. Raises ValueError for anything else."""
        language, _, reading = text.partition("-")
        if not language.isalpha() or not language.islower() or reading not in ("", "easy"):
            raise ValueError(f"{text!r} is not an edition; write a language such as nl, or nl-easy")
        return cls(language, cast("Reading", reading or "standard"))

    @property
    def html_lang(self) -> str:
        """The value of a `lang` attribute."""
        return self.language if self.reading == "standard" else f"{self.language}-simple"

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """The direction in which the language is written."""
        return "rtl" if Locale.parse(self.language).text_direction == "rtl" else "ltr"
