"""Interface texts: catalogues read from `.po` at start-up, with a fallback for every single message.

A text is looked up in the edition's own easy catalogue, then in the language's standard one, then in
Dutch. That holds for the interface only; the wording of instruments never falls back (`wording`).

Who is spoken to matters too: Dutch says *u* to a parent and *je* to a child. Texts that address the reader
are written `say("…")` in templates and have a second translation under the context `child`, which serves
young people as well.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import babel
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_app_context
from flask_babel import Babel, Domain, get_translations

from instruments import Edition
from instruments.editions import locale_of
from survey import moments
from survey.translating import catalogues

log = logging.getLogger(__name__)

#: The oldest this is made for, as in pyproject.toml; before 2.14 it does not know Papiamento, for one.
_OLDEST_BABEL = (2, 16)
#: The language that every text exists in; the last resort of every chain.
BASE = "nl"
#: The message context of texts that speak to children.
CHILD = "child"

#: Who reads: an adult, a child up to eleven years, a young person from twelve to seventeen.
Audience = Literal["adult", "child", "youth"]

_FILES: dict[str, str] = {"standard": "ui.po", "easy": "ui_easy.po"}


class Catalogues:
    """Every interface catalogue of a folder `<language>/LC_MESSAGES/ui[_easy].po`, read once.

    A text that an edition lacks is named in the log, once.

    Raises:
        FileNotFoundError: the base language has none; nothing could be shown then.
        RuntimeError: Babel is too old.
    """

    def __init__(self, folder: Path) -> None:
        _check_babel()
        self._folder = folder
        self._own: dict[Edition, bytes] = {}
        texts: dict[Edition, set[tuple[str | None, str]]] = {}
        for path in sorted(folder.glob("*/LC_MESSAGES/ui*.po")):
            language = path.parent.parent.name
            edition = Edition(language, "easy" if path.name == _FILES["easy"] else "standard")
            found = _read(path)
            self._own[edition] = _compiled(found)
            if not catalogues.borrows(found):
                texts[edition] = {
                    (message.context, catalogues.singular(message))
                    for message in catalogues.messages(found)
                    if all(catalogues.forms(message)) and not message.fuzzy
                }
        if Edition(BASE) not in self._own:
            raise FileNotFoundError(f"{folder} has no {BASE}/LC_MESSAGES/{_FILES['standard']}")
        self._chains = {edition: self._chain(edition) for edition in self._own}
        for edition, said in texts.items():
            # Once, when the service starts; the tests of what ships with it fail on any.
            if holes := sorted(text for _, text in texts[Edition(BASE)] - said):
                log.warning("%s lacks texts, and others are shown for them: %s", edition, "; ".join(holes))

    @cached_property
    def drafts(self) -> frozenset[Edition]:
        """The editions whose texts nobody of that name has reviewed; a live study does not show them."""
        return frozenset(
            edition
            for edition in self._own
            if (found := catalogues.find(self._folder, "screen", edition)) is not None
            and catalogues.status(found) == "draft"
        )

    @property
    def editions(self) -> tuple[Edition, ...]:
        """The editions that have a catalogue: the base language first, each language's standard first."""
        return tuple(
            sorted(
                self._own,
                key=lambda edition: (edition.language != BASE, edition.language, edition.reading == "easy"),
            )
        )

    def words(self, edition: Edition) -> NullTranslations:
        """The texts of an edition; those of the standard reading, or of the base, where it is unknown."""
        for known in (edition, Edition(edition.language), Edition(BASE)):
            if known in self._chains:
                return self._chains[known]
        raise AssertionError("the base language is always there")

    def own_name(self, edition: Edition) -> str:
        """What an edition calls itself, in its own language."""
        return str(self.words(edition).pgettext("the name of this language and reading level", "English"))

    def _chain(self, edition: Edition) -> NullTranslations:
        links = [edition, Edition(edition.language)]
        links += [Edition(BASE, edition.reading), Edition(BASE)]
        chain = [
            Translations(io.BytesIO(self._own[link])) for link in dict.fromkeys(links) if link in self._own
        ]
        for before, after in pairwise(chain):
            before.add_fallback(after)
        return chain[0]


def compiled(path: Path) -> bytes:
    """A catalogue as gettext reads it."""
    return _compiled(_read(path))


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def _compiled(catalogue: Catalog) -> bytes:
    written = io.BytesIO()
    write_mo(written, catalogue)
    return written.getvalue()


def _check_babel() -> None:
    """Raises RuntimeError for a Babel that does not know every language the service can be given."""
    found = tuple(int(part) for part in re.findall(r"\d+", babel.__version__)[:2])
    if found < _OLDEST_BABEL:
        oldest = ".".join(map(str, _OLDEST_BABEL))
        raise RuntimeError(f"Babel {babel.__version__} is too old; install {oldest} or newer: make install")


class _UiDomain(Domain):  # type: ignore[misc]  # Flask-Babel ships no types
    """Flask-Babel's messages, taken from our chains instead of compiled files of one locale."""

    def __init__(self, catalogues: Catalogues) -> None:
        super().__init__(domain="ui")
        self._catalogues = catalogues

    def get_translations(self) -> NullTranslations:
        """The chain of the current edition; untranslated outside an application.

        Pages with catalogues of their own (those of staff) put their words into `g.words`.
        """
        if not has_app_context():
            return NullTranslations()
        own: NullTranslations | None = g.get("words")
        return own or self._catalogues.words(g.edition)


def say(message: str, **values: object) -> str:
    """A text that addresses the reader, in the form that suits who is reading (`g.audience`)."""
    words = get_translations()
    adult = g.get("audience", "adult") == "adult"
    found = words.ugettext(message) if adult else words.upgettext(CHILD, message)
    return str(found) % values if values else str(found)


@contextmanager
def speaking(edition: Edition, audience: Audience = "adult") -> Iterator[None]:
    """Everything that is rendered inside speaks this edition to this audience."""
    before: tuple[Any, Any] = (g.get("edition"), g.get("audience"))
    g.edition, g.audience = edition, audience
    _forget()
    try:
        yield
    finally:
        g.edition, g.audience = before
        _forget()


def speak(edition: Edition, audience: Audience = "adult") -> None:
    """From here on the request speaks this edition to this audience."""
    g.edition, g.audience = edition, audience
    _forget()


def _forget() -> None:
    # Flask-Babel remembers the locale of the request; dates would stay in the former language.
    g.pop("_flask_babel", None)


def install(app: Flask, catalogues: Catalogues) -> None:
    """Let Flask-Babel and the templates of an application speak from our catalogues."""
    flask_babel = Babel()
    flask_babel.init_app(
        app,
        default_locale=BASE,
        default_timezone=str(moments.ZONE),
        locale_selector=lambda: locale_of(g.edition.language),
    )
    flask_babel.domain_instance = _UiDomain(catalogues)
    app.jinja_env.globals.update(say=say, own_name=catalogues.own_name)
