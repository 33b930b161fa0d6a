"""The paper face of an instrument: what is asked, in the order of the screen, with its wording.

A sheet is made from the same definition, edition and wording as the screen, and shows every item of
the version: paper cannot hide a question, so a condition becomes a printed instruction. What the
respondent reads comes from the wording or, for instructions, from the templates by way of gettext.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from babel.lists import format_list
from markupsafe import Markup

from instruments.editions import Edition
from instruments.model import Instrument, Item, When
from instruments.wording import Wording
from printable import geometry, numbers, pages, pdf, pictures
from printable.pages import Gettext
from printable.pdf import Template
from printable.shelf import Render

#: A child's sheet is for versions that begin below this age: larger type, one answer under the other.
CHILD_BELOW_MONTHS = 120
#: Columns of a table of answers, in millimetres: how narrow one may be by how many there are, and the
#: room that the questions keep. Where the words over the columns need more, a list takes the place of
#: the table. The widths of letters are those of the heads of a table, rounded up; the typesetter
#: refuses a word that sticks out all the same.
_NARROWEST = {2: 21.0, 3: 21.0, 4: 19.0, 5: 17.0, 6: 15.5}
_NARROWEST_QUESTION = 50.0
_LATIN_LETTER, _OTHER_LETTER, _BESIDE_WORD = 1.8, 2.1, 1.6
#: The head of the column of skips is not bold, so its letters are that much narrower.
_LIGHT = 0.93
_LONGEST_HEAD = 60

Shape = Literal["table", "list", "grade", "cells", "lines"]


@dataclass(frozen=True)
class Spec:
    """What one template is made from."""

    instrument: Instrument
    wording: Wording
    #: Items that are left out because the child is too young for them: see `too_young`.
    left_out: frozenset[str] = frozenset()
    #: A blank example: no identity is stamped on it.
    specimen: bool = False

    @property
    def edition(self) -> Edition:
        """The edition of the wording."""
        return self.wording.edition

    @property
    def styles(self) -> tuple[str, ...]:
        """The style sheets, later ones win: a child's sheet, and easy-read over all."""
        names = ["standard"]
        if self.for_child:
            names.append("child")
        if self.edition.reading == "easy":
            names.append("easy")
        return tuple(names)

    @property
    def for_child(self) -> bool:
        """Whether the sheet is for young children."""
        ages = self.instrument.ages
        young = ages is not None and ages.from_months < CHILD_BELOW_MONTHS
        return self.instrument.informant == "child" and young


@dataclass(frozen=True)
class Option:
    """One answer to cross. An answer of a grade may have no words; a drawn scale has a picture."""

    code: int
    text: str
    picture: str | None


@dataclass(frozen=True)
class Question:
    """One item as it is printed."""

    item: Item
    number: str
    text: str
    hint: str | None
    options: tuple[Option, ...]
    #: Sizes of the groups of cells in which digits are written: (2, 2, 4) for a date.
    cells: tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """Questions that are laid out together: a table of several, or one question of another shape."""

    shape: Shape
    questions: tuple[Question, ...]

    @property
    def column(self) -> float:
        """The width of every column of answers in a table, in millimetres: equal, so that none stands out."""
        return max(_NARROWEST[len(self.options)], *(_head(option.text) for option in self.options))

    @property
    def options(self) -> tuple[Option, ...]:
        """The answers over the columns of a table."""
        return self.questions[0].options

    def continues(self, shape: Shape, question: Question) -> bool:
        """Whether a question of this shape has the answers of this block."""
        return self.shape == shape and self.questions[0].item.options == question.item.options


def too_young(instrument: Instrument, age_months: int | None) -> frozenset[str]:
    """The items not asked of a child of this age in completed months; none when the age is unknown."""
    if age_months is None:
        return frozenset()
    young = {i.id for i in instrument.items if i.from_months is not None and age_months < i.from_months}
    return frozenset(young | {i.id for i in instrument.items if i.part_of in young})


def _head(text: str, weight: float = 1) -> float:
    """The width that the longest word of a text needs over a column."""
    letter = _LATIN_LETTER if text.isascii() or "LATIN" in unicodedata.name(text[0], "") else _OTHER_LETTER
    return max(map(len, text.split())) * letter * weight + _BESIDE_WORD


def build(spec: Spec, gettext: Gettext, render: Render = pdf.render) -> Template:
    """The template of a sheet; the same spec gives the same bytes.

    Args:
        gettext: translates the instructions, in the language and reading level of the spec.
        render: `Shelf.render` to remember what was rendered before.

    Raises:
        pdf.Unprintable: a letter is missing.
    """
    slots = () if spec.specimen else geometry.SHEET_SLOTS
    return render(html(spec, gettext), spec.styles, slots=slots, marked=not spec.specimen)


def html(spec: Spec, gettext: Gettext) -> str:
    """The sheet as HTML, before it is laid out."""
    number_of = {question.item.id: question.number for question in questions(spec)}

    def answer_texts(when: When) -> list[str]:
        item = spec.instrument.item(when.item or "")
        return [_option(spec, item, code).text or str(code) for code in when.is_]

    return pages.fill(
        "sheet.html",
        gettext,
        spec.edition,
        spec=spec,
        instrument=spec.instrument,
        wording=spec.wording,
        blocks=blocks(spec, _skip_column(gettext)),
        number_of=number_of.__getitem__,
        answer_texts=answer_texts,
        either=lambda texts: _either(spec.edition, texts),
        skip_column=_skip_column(gettext),
    )


def _either(edition: Edition, texts: Sequence[str]) -> Markup:
    """Answers as a list with the "or" of the language, each in bold."""
    bold = [Markup("<b>{}</b>").format(text) for text in texts]
    return Markup(format_list([str(text) for text in bold], style="or", locale=edition.language))


def questions(spec: Spec) -> tuple[Question, ...]:
    """Every printed question in the order of the definition; the second part of question 3 is 3b."""
    labels = numbers.labels(spec.instrument)
    return tuple(
        _question(spec, item, labels[item.id])
        for item in spec.instrument.items
        if item.id not in spec.left_out
    )


def _question(spec: Spec, item: Item, number: str) -> Question:
    hint = spec.wording.text(f"hint.{item.id}") if item.hint else None
    options = tuple(_option(spec, item, code) for code in spec.instrument.codes(item))
    cells: tuple[int, ...] = ()
    if item.kind == "number":
        cells = (max(len(str(item.min)), len(str(item.max))),)
    elif item.kind == "date":
        cells = (2, 2, 4)
    return Question(item, number, spec.wording.text(f"item.{item.id}"), hint, options, cells)


def _option(spec: Spec, item: Item, code: int) -> Option:
    options = spec.instrument.options[item.options or ""]
    text = spec.wording.text(f"options.{item.options}.{code}") if code in options.labelled else ""
    picture = f"{options.display}-{code}" if options.display in pictures.SCALES else None
    return Option(code, text, picture)


def blocks(spec: Spec, skip_column: float = 18) -> tuple[Block, ...]:
    """The questions in their shapes; neighbours with the same answers share a table where that is legible."""
    roomy = spec.for_child or spec.edition.reading == "easy"
    found: list[Block] = []
    for question in questions(spec):
        shape = _shape(spec, question, skip_column, roomy=roomy)
        last = found[-1] if found else None
        if shape == "table" and last and last.continues(shape, question):
            found[-1] = Block("table", (*last.questions, question))
        else:
            found.append(Block(shape, (question,)))
    return tuple(found)


def _skip_column(gettext: Gettext) -> float:
    return max(15.0, _head(gettext("Skip"), _LIGHT))


def _shape(spec: Spec, question: Question, skip_column: float, *, roomy: bool) -> Shape:
    item = question.item
    if item.kind == "text":
        return "lines"
    if item.kind in ("number", "date"):
        return "cells"
    options = spec.instrument.options[item.options or ""]
    if options.display == "grade":
        return "grade"
    alone = sum(other.options == item.options for other in spec.instrument.items) < 2
    if item.kind == "choices" or roomy or alone or question.hint or len(options.codes) not in _NARROWEST:
        return "list"
    if max(len(option.text) for option in question.options) > _LONGEST_HEAD:
        return "list"
    left = geometry.CONTENT.width - len(options.codes) * Block("table", (question,)).column - skip_column
    return "table" if left >= _NARROWEST_QUESTION else "list"
