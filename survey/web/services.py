"""What every page needs of the house: one `Services` for each application, made at start-up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flask import current_app

import instruments
import translations
from instruments import Catalogue, Edition, Instrument, protocol
from instruments.protocol import Protocol
from instruments.wording import Library
from survey import layouts, moments, studies, wording_packs
from survey.aloud import SILENCE, Voices
from survey.contacts import Book
from survey.db import Database
from survey.settings import Settings
from survey.studies import Study
from survey.web import accessibility, help_lines
from survey.web.accessibility import Accessibility
from survey.web.help_lines import HelpLine
from survey.web.i18n import BASE, Catalogues
from survey.web.pages import Pages

#: Where the interface texts are that ship with the service.
WORDS = Path(translations.__file__).parent


@dataclass(eq=False)
class Services:
    """The doors that views go through, and what is read once and kept."""

    settings: Settings
    database: Database
    protocol: Protocol
    catalogue: Catalogue
    library: Library
    catalogues: Catalogues
    help_lines: tuple[HelpLine, ...] = field(default_factory=help_lines.load)
    accessibility: Accessibility = field(default_factory=accessibility.load)
    pages: Pages = field(default_factory=Pages)
    #: Recordings of questions, for those who rather listen.
    voices: Voices = SILENCE
    #: Names and numbers; None where the installation keeps none.
    book: Book | None = None
    #: About whom a questionnaire is, in words, by visit, response and edition: asked for on every screen.
    told: dict[tuple[str, int, Edition], str] = field(default_factory=dict, repr=False)
    _study: Study | None = field(default=None, repr=False)
    #: The layout in force, in a tuple once it is known; and whether this process saw it noted.
    _layout: tuple[int | None] | None = field(default=None, repr=False)
    _frozen: bool = field(default=False, repr=False)
    #: As `editions`, once the study is known: asked for several times on every page.
    _editions: tuple[Edition, ...] = field(default=(), repr=False)
    _offered: dict[tuple[str, dt.date], tuple[Edition, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, settings: Settings, *, database: Database | None = None, words: Path = WORDS) -> Services:
        """The services of an installation.

        Args:
            database: one that is open already; by default that of the settings is opened.
            words: where the interface catalogues are.

        Raises:
            instruments.BrokenFile: a definition, the protocol or a wording file is broken.
            survey.db.UnusableDatabase: a database URL is not one of ours.
            survey.contacts.BadKeys: the keys of the contact store are none.
        """
        catalogue = instruments.catalogue()
        plan = settings.protocol_path
        return cls(
            settings=settings,
            database=database or Database(settings.database_url, connections=settings.threads),
            protocol=protocol.default() if plan is None else protocol.load(plan, catalogue),
            catalogue=catalogue,
            library=Library(wording_packs.roots(settings), catalogue),
            catalogues=Catalogues(words),
            help_lines=help_lines.load(settings.help_lines),
            accessibility=accessibility.load(settings.statement),
            voices=Voices(settings.audio_dir),
            book=Book.of(settings),
        )

    def now(self) -> dt.datetime:
        """The present moment, aware."""
        return self.settings.clock()

    def today(self) -> dt.date:
        """The calendar day where the study lives."""
        return moments.day(self.now())

    @property
    def idle(self) -> dt.timedelta:
        """How long a visit may be idle."""
        return dt.timedelta(minutes=self.settings.visit_idle_minutes)

    @property
    def study(self) -> Study | None:
        """The study of this installation; asked of the database until there is one, then kept."""
        if self._study is None:
            self._study = studies.the_study(self.database)
        return self._study

    @property
    def items_per_page(self) -> int | None:
        """The most questions on a page for adults; asked of the database once."""
        if self._layout is None:
            wanted, study = self.protocol.items_per_page, self.study
            self._layout = (wanted if study is None else layouts.in_force(self.database, study.id, wanted),)
        return self._layout[0]

    def answered(self) -> None:
        """An answer was stored: from now on the study keeps its layout."""
        if self._frozen or self.protocol.items_per_page is None or self.study is None:
            return
        layouts.freeze(self.database, self.study.id, self.items_per_page, self.now())
        self._frozen = True

    @property
    def editions(self) -> Sequence[Edition]:
        """The editions in which the pages themselves can be read: those of the study's languages that
        have a catalogue, the study's usual language first. A live study shows no drafts."""
        if self._editions:
            return self._editions
        there = self.catalogues.editions
        if self.study is not None and self.study.kind == "live":
            there = tuple(edition for edition in there if edition not in self.catalogues.drafts)
        languages = self.study.languages if self.study else (BASE,)
        found = tuple(edition for language in languages for edition in there if edition.language == language)
        found = found or (Edition(BASE),)
        if self.study is not None:
            self._editions = found
        return found

    def offered(self, instrument: Instrument) -> tuple[Edition, ...]:
        """The editions in which a questionnaire may be shown on a screen today; perhaps none."""
        key = (instrument.key, self.today())
        if key not in self._offered:
            live = self.study is not None and self.study.kind == "live"
            languages = {edition.language for edition in self.editions}
            found = self.library.editions(instrument, live=live, mode="screen", on=key[1])
            self._offered[key] = tuple(edition for edition in found if edition.language in languages)
        return self._offered[key]


def services() -> Services:
    """The services of the application that answers this request."""
    found: Services = current_app.extensions["meetmoment"]
    return found
