"""The texts of pages, of paper or of the desk in one edition, as rows beside Dutch and English."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog, Message

from instruments import BrokenFile, Edition, Problem
from printable import pages
from survey.translating import catalogues, plurals
from survey.translating.rows import BASE, NoTranslator, Row, made_from, placeholders

#: The message context of texts that speak to children, as in `survey.web.i18n`.
_CHILD = "child"


class Interface:
    """Everything that pages (`screen`), printed matter (`paper`) or the desk say in one edition."""

    def __init__(self, folder: Path, edition: Edition, domain: str) -> None:
        """Reads the catalogues.

        Args:
            folder: `translations`, or another folder of the same shape.
            domain: as in `catalogues.DOMAINS`.

        Raises:
            instruments.BrokenFile: a catalogue cannot be read, or that of the Dutch is not there.
        """
        self.edition = edition
        self.domain = domain
        self.file = catalogues.place(domain, edition)
        found = catalogues.find(folder, domain, Edition(BASE))
        if found is None:
            file = catalogues.place(domain, Edition(BASE))
            raise BrokenFile([Problem(file, "", "it is not there", "Put it back: the others follow it.")])
        self._all = found
        origin = made_from(edition)
        theirs = None if origin is None else catalogues.find(folder, domain, origin)
        self._origin = found if origin is not None and theirs is None else theirs
        self._english = catalogues.find(folder, domain, Edition("en", edition.reading))
        mine = catalogues.find(folder, domain, edition)
        self.is_new = mine is None
        self._mine = catalogues.fresh(domain, edition) if mine is None else mine

    @property
    def status(self) -> str:
        """How far the texts can be trusted: `draft`, or `reviewed by …`."""
        return catalogues.status(self._mine)

    @property
    def borrows_nothing(self) -> bool:
        """Whether every text has to be its own. Easy reading may say only what differs from the standard
        texts, on paper always; and English is what the catalogues of paper are made from."""
        if self.domain != "paper":
            return not catalogues.borrows(self._mine)
        return self.edition.reading == "standard" and self.edition.language != "en"

    def rows(self) -> tuple[Row, ...]:
        """Every text that the Dutch has; a plural has a row for each of its forms in this language."""
        return tuple(row for message in catalogues.messages(self._all) for row in self._of(message))

    def written(self, new: Mapping[Row, str], *, translator: str | None, on: dt.date) -> dict[str, str]:
        """The new contents of the catalogue, when anything in it changes; see `rows.Texts.written`."""
        if not new:
            return {}
        if self.is_new and not translator:
            raise NoTranslator(f"{self.file} is new; say who translated it")
        after = copy.deepcopy(self._mine)
        for message in catalogues.messages(self._all):
            _take(after, message)
        for row, text in new.items():
            context, msgid, _, form = row.address
            mine = after.get(msgid, context or None)
            assert mine is not None, "every message was taken over above"
            if mine.pluralizable:
                changed = list(catalogues.forms(mine))
                changed[int(form)] = text
                mine.string = tuple(changed)
            else:
                mine.string = text
            mine.flags.discard("fuzzy")
        catalogues.as_draft(after)
        if translator:
            after.last_translator = translator
        after.revision_date = dt.datetime(on.year, on.month, on.day, tzinfo=dt.UTC)
        if self.is_new:
            after.creation_date = after.revision_date
        return {self.file: catalogues.text(after)}

    def key(self, context: str | None, msgid: str, form: int | None) -> str:
        """How a text is called in a sheet."""
        return (f"[{context}] " if context else "") + msgid + ("" if form is None else f" [form {form}]")

    def _of(self, message: Message) -> Iterator[Row]:
        msgid = catalogues.singular(message)
        mine = self._mine.get(msgid, message.context)
        texts = catalogues.forms(mine) if mine is not None and not mine.fuzzy else ()
        forms: list[int | None] = [None]
        if message.pluralizable:
            forms = [*range(self._mine.num_plurals)]
        for form in forms:
            numbers = [] if form is None else plurals.examples(self._mine, form)
            number = numbers[-1] if numbers else 2
            english = self._said(self._english, message, number) or _english(message, number)
            source = self._said(self._origin, message, number) or english
            yield Row(
                file=self.file,
                key=self.key(message.context, msgid, form),
                source=source,
                english=english if self.edition.language != "en" else "",
                text=texts[form or 0] if len(texts) > (form or 0) else "",
                note=self._note(message, numbers),
                needed=self._needs(msgid),
                placeholders=placeholders(msgid),
                may_omit=len(numbers) == 1,
                address=(message.context or "", msgid, _plural(message), str(form or 0)),
            )

    def _needs(self, msgid: str) -> bool:
        """Pages need everything; questionnaires can be printed without the letters."""
        return self.borrows_nothing and (self.domain != "paper" or msgid in pages.msgids(*pages.SHEET))

    @staticmethod
    def _said(catalogue: Catalog | None, message: Message, number: int) -> str:
        """What a catalogue says for a message, for so many things; empty where it says nothing."""
        found = None if catalogue is None else catalogue.get(catalogues.singular(message), message.context)
        if catalogue is None or found is None:
            return ""
        texts = catalogues.forms(found)
        return texts[plurals.rule(catalogue)(number)] if found.pluralizable else texts[0]

    @staticmethod
    def _note(message: Message, numbers: list[int]) -> str:
        parts = [f"for numbers such as {', '.join(map(str, numbers))}"] if numbers else []
        if message.context == _CHILD:
            parts.append("said to a child")
        elif message.context:
            parts.append(message.context)
        names = sorted(placeholders(catalogues.singular(message)))
        parts += ["keep " + ", ".join(f"%({name})s" for name in names)] if names else []
        return "; ".join([*parts, *sorted({name for name, _ in message.locations})])


def _take(catalogue: Catalog, message: Message) -> None:
    """Give a catalogue a message of the Dutch, not translated yet, if it has not got it."""
    if catalogue.get(catalogues.singular(message), message.context) is None:
        empty = ("",) * catalogue.num_plurals if message.pluralizable else ""
        flags = message.flags - {"fuzzy"}
        catalogue.add(message.id, empty, message.locations, flags, context=message.context)


def _english(message: Message, number: int) -> str:
    return catalogues.singular(message) if number == 1 else _plural(message) or catalogues.singular(message)


def _plural(message: Message) -> str:
    return "" if isinstance(message.id, str) else str(message.id[1])
