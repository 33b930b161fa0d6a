"""The words of the two pages, Dutch and English: those of the desk (`desk.po`), without the web."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from markupsafe import Markup, escape

import translations
from instruments.editions import locale_of
from survey.feedback.rounding import Number

#: Where the catalogues are that ship with the service.
FOLDER = Path(translations.__file__).parent


@dataclass(frozen=True)
class Words:
    """How the two pages speak in one language."""

    language: str

    def gettext(self, msgid: str, **params: object) -> Markup:
        """A text; what is put into it is escaped."""
        return _filled(str(_catalogue(self.language).ugettext(msgid)), params)

    def ngettext(self, one: str, more: str, num: int, **params: object) -> Markup:
        """A text in the form that a number asks for."""
        return _filled(str(_catalogue(self.language).ungettext(one, more, num)), {"num": num, **params})

    def day(self, day: dt.date) -> str:
        """A date in words."""
        return str(format_date(day, "long", locale=locale_of(self.language)))

    def number(self, number: Number) -> Markup:
        """A number as it stands in a table."""
        written = self.written(number)
        if number.kind == "less":
            return self.gettext("less than %(number)s", number=written)
        if number.kind == "more":
            return self.gettext("more than %(number)s", number=written)
        return Markup(escape(written))

    def written(self, number: Number) -> str:
        """Only the digits, with a percent sign for a share."""
        digits = str(format_decimal(Decimal(number.value), locale=self.language, decimal_quantization=False))
        if "." in number.value and not (set(digits) & {",", "."}):
            # Babel drops a last zero; 8.0 is as exact as 8.3, and says so.
            digits += ("," if self.language == "nl" else ".") + "0"
        return f"{digits}%" if number.kind in ("share", "less", "more") else digits


def _filled(text: str, params: dict[str, Any]) -> Markup:
    safe = escape(text)
    return safe % {name: escape(value) for name, value in params.items()} if params else safe


@cache
def _catalogue(language: str) -> NullTranslations:
    with (FOLDER / language / "LC_MESSAGES" / "desk.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
