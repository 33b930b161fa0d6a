"""The words of the desk: Dutch and English, in catalogues of their own."""

from __future__ import annotations

import io
from functools import cache

from babel.support import NullTranslations, Translations
from flask import g, request

from instruments import Edition
from survey.web import languages
from survey.web.i18n import BASE, compiled, speak
from survey.web.services import WORDS

#: The languages of the desk, the usual one first.
LANGUAGES = (BASE, "en")
#: What they call themselves.
NAMES = {"nl": "Nederlands", "en": "English"}


def speak_to_staff(language: str | None = None) -> None:
    """From here on the request speaks to staff: in their language, or the one their browser asks for."""
    offered = [Edition(known) for known in LANGUAGES]
    if language not in LANGUAGES:
        language = languages.best(request.headers.get("Accept-Language"), offered).language
    speak(Edition(language))
    g.words = _chain(language)


@cache
def _chain(language: str) -> NullTranslations:
    own, base = (
        Translations(io.BytesIO(compiled(WORDS / known / "LC_MESSAGES" / "desk.po")))
        for known in (language, BASE)
    )
    own.add_fallback(base)
    return own
