"""The pages of questions, compiled: what is the same for everybody is rendered once and kept.

A page is rendered by Jinja once for each version, revision, edition, interface edition and set of items
asked, with marks where something differs per request. The text is then cut at the marks; answering a
request is filling the gaps and joining the pieces. That costs some ten microseconds where rendering and
looking up every label costs a thousand (performance study, section 2).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from flask import render_template
from markupsafe import Markup, escape

from instruments import Edition, Given, Instrument, Item
from instruments.checks import Refused
from instruments.model import Informant, OptionSet
from instruments.routing import Screen
from instruments.wording import Wording
from printable import pictures
from survey import aloud
from survey.aloud import SILENCE, Voices
from survey.web.i18n import Audience, speaking
from survey.web.looks import STYLE, drawing

#: Compiled pages are forgotten all at once beyond this number; a study of fifty versions in eight
#: languages needs about as many.
MOST_PAGES = 5000

# Two characters that no wording holds: private use, and refused by no font because never shown.
_OPEN, _CLOSE = "\ue000", "\ue001"
_GAP = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")

_CHECKED = " checked"

#: Indentation and empty lines between tags. What was typed in a text area is escaped, so that it holds no
#: tag and stays as it is.
_NEEDLESS = re.compile(r"(?<=>)\s*\n\s*(?=<)")


#: The age in completed months from which one is spoken to as a young person, no longer as a child.
YOUTH_FROM_MONTHS = 144


def audience_of(informant: Informant | str | None, months: int | None = None) -> Audience:
    """How an informant of an age in completed months is spoken to; without an age, as a child."""
    if informant != "child":
        return "adult"
    return "child" if months is None or months < YOUTH_FROM_MONTHS else "youth"


@dataclass(frozen=True)
class Field:
    """One question as the template shows it."""

    id: str
    kind: str
    display: str
    text: str
    hint: str
    #: Codes and their texts; a grade has texts at its ends only.
    codes: tuple[tuple[int, str], ...]
    #: The drawing of each code, where the scale is drawn.
    drawings: Mapping[int, Markup]
    ends: tuple[str, str] | None
    #: The address of a recording; empty where there is none, or where nobody asks for one.
    audio: str
    lines: int
    longest: int

    @property
    def target(self) -> str:
        """The id of the element that a link to this question leads to: its first input."""
        return f"i.{self.id}.{self.codes[0][0]}" if self.codes else f"i.{self.id}"


@dataclass(frozen=True)
class Page:
    """One screen in one wording, shown by an interface in one edition: all but the respondent's own."""

    instrument: Instrument
    screen: Screen
    wording: Wording
    #: The edition of everything around the questions.
    interface: Edition
    #: Whether it is the first of the questionnaire, and so begins with its introduction.
    opening: bool
    #: Who reads it.
    audience: Audience
    #: Recordings, for those who rather listen.
    voices: Voices = SILENCE

    @property
    def key(self) -> tuple[object, ...]:
        """What distinguishes compiled pages."""
        ids = tuple(item.id for item in self.screen.items)
        made = (self.instrument.id, self.instrument.version, self.instrument.revision)
        return (*made, self.wording.edition, self.interface, ids, self.total, self.opening, self.audience)

    @property
    def big(self) -> bool:
        """Larger letters, and pictures beside words: for children and in easy reading."""
        return self.audience == "child" or self.interface.reading == "easy"

    @property
    def drawn(self) -> bool:
        """Whether answer scales are drawn: for children, young people and in easy reading, as on paper."""
        return self.audience != "adult" or self.interface.reading == "easy"

    @property
    def foreign(self) -> bool:
        """Whether the questions are in another edition than the page around them."""
        return self.wording.edition != self.interface

    @property
    def first(self) -> int:
        """The number of the first question on the page."""
        return self.screen.number

    @property
    def last(self) -> int:
        """The number of the last question on the page; second parts have no number of their own."""
        number = self.first
        for item in self.screen.items[1:]:
            number += item.part_of is None
        return number

    @property
    def total(self) -> int:
        """How many questions the questionnaire has for somebody of this age."""
        return self.screen.total

    @property
    def about(self) -> bool:
        """Whether the page must say about whom the questions are: a parent may have several children."""
        return self.instrument.subject == "child" and self.instrument.informant != "child"

    @property
    def title(self) -> str:
        """What the questionnaire is called."""
        return self.wording.text("title")

    @property
    def intro(self) -> str:
        """What is said before the first question; empty later on."""
        return self.wording.text("intro") if self.opening else ""

    @property
    def recall(self) -> str:
        """The period that the questions ask about; empty when they ask about no period."""
        return self.wording.text("recall") if self.instrument.recall else ""

    @property
    def fields(self) -> list[Field]:
        """The questions."""
        return [self._field(item) for item in self.screen.items]

    def notes(self, shown: Field, problems: Collection[str]) -> str:
        """The ids of all that explains a question, for `aria-describedby`."""
        parts = {
            "recall": bool(self.recall),
            f"hint.{shown.id}": bool(shown.hint),
            f"names.{shown.id}": shown.kind == "text",
            f"end.{shown.id}": shown.ends is not None,
            f"bad.{shown.id}": shown.id in problems,
        }
        return " ".join(name for name, there in parts.items() if there)

    def _field(self, item: Item) -> Field:
        options = self.instrument.options[item.options] if item.options else None
        words = (
            {}
            if options is None
            else {code: self.wording.text(f"options.{item.options}.{code}") for code in options.labelled}
        )
        graded = options is not None and options.display == "grade"
        return Field(
            id=item.id,
            kind=item.kind,
            display=options.display if options else "",
            text=self.wording.text(f"item.{item.id}"),
            hint=self.wording.text(f"hint.{item.id}") if item.hint else "",
            codes=tuple((code, words.get(code, "")) for code in options.codes) if options else (),
            drawings=self._drawings(options),
            audio=self._audio(item) if self.big else "",
            ends=(words[options.codes[0]], words[options.codes[-1]]) if options and graded else None,
            lines=item.lines,
            longest=item.max_length,
        )

    def _audio(self, item: Item) -> str:
        name = aloud.name_of(self.wording.edition, aloud.said(self.instrument, self.wording, item))
        return f"/listen/{name}" if self.voices.file(name) else ""

    def _drawings(self, options: OptionSet | None) -> dict[int, Markup]:
        if options is None or not self.drawn or options.display not in pictures.SCALES:
            return {}
        return {code: drawing(f"{options.display}-{code}") for code in options.codes}


class Fill(Protocol):
    """What differs per request, as the template asks for it."""

    @property
    def csrf(self) -> str:
        """The token of the visit."""

    @property
    def sequence(self) -> str:
        """The name of the save that this page may become."""

    @property
    def here(self) -> str:
        """The address of the screen."""

    @property
    def back(self) -> str:
        """The address of the screen before it."""

    @property
    def about(self) -> str:
        """About whom the questions are."""

    @property
    def left(self) -> str:
        """The seconds until the visit is over, should nothing more be saved."""

    def checked(self, item_id: str, code: int) -> str:
        """` checked` where the option is chosen."""

    def value(self, item_id: str) -> str:
        """What stands in an open field."""


@dataclass(frozen=True)
class Own:
    """The respondent's part of a page."""

    #: The token of the visit.
    csrf: str
    #: The name of the save that this page may become.
    sequence: str
    #: The address of this screen, and of the one before it.
    here: str
    back: str
    #: About whom the questions are; empty where that needs no saying.
    about: str
    #: The seconds until the visit is over, should nothing more be saved.
    left: str
    #: What was given in this visit.
    given: Mapping[str, Given] = field(default_factory=dict)
    #: What was typed just now, where it could not be taken; it stays in the form.
    typed: Mapping[str, list[str]] = field(default_factory=dict)

    def checked(self, item_id: str, code: int) -> str:
        """` checked` where the option was typed, else where it was given."""
        if item_id in self.typed:
            return _CHECKED if str(code) in self.typed[item_id] else ""
        given = self.given.get(item_id)
        return _CHECKED if given == code or (isinstance(given, tuple) and code in given) else ""

    def value(self, item_id: str) -> str:
        """What was typed, else what was given."""
        if item_id in self.typed:
            return "".join(self.typed[item_id][:1])
        return str(self.given.get(item_id, ""))


class _Gaps:
    """Fills a template with gaps instead of values."""

    csrf = Markup(f"{_OPEN}csrf{_CLOSE}")
    sequence = Markup(f"{_OPEN}sequence{_CLOSE}")
    here = Markup(f"{_OPEN}here{_CLOSE}")
    back = Markup(f"{_OPEN}back{_CLOSE}")
    about = Markup(f"{_OPEN}about{_CLOSE}")
    left = Markup(f"{_OPEN}left{_CLOSE}")

    def checked(self, item_id: str, code: int) -> str:
        return Markup(f"{_OPEN}{item_id}={code}{_CLOSE}")

    def value(self, item_id: str) -> str:
        return Markup(f"{_OPEN}{item_id}={_CLOSE}")


class Compiled:
    """A page cut at its gaps."""

    def __init__(self, html: str) -> None:
        pieces = _GAP.split(html)
        names = pieces[1::2]
        pieces[1::2] = [""] * len(names)
        self._pieces = pieces
        self._gaps: dict[str, list[int]] = {}
        for number, name in enumerate(names):
            self._gaps.setdefault(name, []).append(2 * number + 1)
        # The style sheet is a gap too, so that a thousand compiled pages share one copy of it.
        self._always = [(at, STYLE) for at in self._gaps.get("style", ())]

    def fill(self, own: Own) -> str:
        """The page for one respondent."""
        pieces = self._pieces.copy()
        for at, text in self._always:
            pieces[at] = text
        for name in ("csrf", "sequence", "here", "back", "about", "left"):
            for at in self._gaps.get(name, ()):
                pieces[at] = escape(getattr(own, name))
        for item_id, given in own.given.items():
            for code in given if isinstance(given, tuple) else (given,):
                for at in self._gaps.get(f"{item_id}={code}", ()):
                    pieces[at] = _CHECKED
            for at in self._gaps.get(f"{item_id}=", ()):
                pieces[at] = escape(str(given))
        return "".join(pieces)


class Pages:
    """The compiled pages of one application."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[object, ...], Compiled] = {}

    def show(self, page: Page, own: Own) -> str:
        """The page for one respondent, quickly. Must be called inside a request."""
        key = page.key
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = Compiled(_render(page, _Gaps(), style=Markup(f"{_OPEN}style{_CLOSE}")))
            if len(self._compiled) >= MOST_PAGES:
                self._compiled.clear()
            self._compiled[key] = compiled
        return compiled.fill(own)


def show_with(
    page: Page, own: Own, *, problems: Mapping[str, Refused] | None = None, blank: Collection[str] = ()
) -> str:
    """The page with what is wrong on it, or what is still open; not compiled, since it is rare.

    Args:
        problems: why answers could not be taken, by item.
        blank: the items that have no answer yet.
    """
    return _render(page, own, problems=problems or {}, blank=blank)


def _render(page: Page, fill: Fill, **values: object) -> str:
    context: dict[str, object] = {"problems": {}, "blank": (), "style": Markup(STYLE), **values}
    with speaking(page.interface, page.audience):
        html = render_template("question.html", page=page, fill=fill, **context)
    return _NEEDLESS.sub("\n", html)
