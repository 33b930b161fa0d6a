"""What forms send: the answers on a screen, and the small forms around the questionnaires.

The answers are read by `instruments.checks`, straight from the request: WTForms fields for every item
would cost more than all the rest of a save. The small forms are WTForms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import Form, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, Regexp

from instruments import Given, Missing, checks
from instruments.checks import Refused
from survey.assents import DECISIONS
from survey.web import traces
from survey.web.places import Place

#: What the name of an item's field begins with.
PREFIX = "i."
#: An address of our own: never `//elsewhere`, nothing that a browser might read as another host.
OUR_ADDRESS = re.compile(r"/(?![/\\])[A-Za-z0-9_./-]{0,200}")


class NotThisForm(Exception):
    """The form does not fit the page: tampered with, or of another page. Nothing was changed."""


class EditionForm(Form):
    """A choice of language and reading level, and where to return to."""

    edition = StringField(validators=[InputRequired(), Length(max=20)])


class FamilyForm(Form):
    """Whose pocket to open."""

    respondent = IntegerField(validators=[InputRequired()])


class TaskForm(Form):
    """Which questionnaire to open, and in which edition where that was asked."""

    task = StringField(validators=[InputRequired(), Length(max=160), Regexp(r"[\w:.-]+$")])
    edition = StringField(validators=[Length(max=20)])


class JoinForm(Form):
    """What a child says when it is asked whether it wants to take part."""

    decision = StringField(validators=[InputRequired(), AnyOf(DECISIONS)])


F = TypeVar("F", bound=Form)


def read(form: type[F]) -> F:
    """The form that this request sent. Raises NotThisForm when it is not filled in as our pages do."""
    found = form(request.form)
    if not found.validate():
        raise NotThisForm(f"{form.__name__}: {', '.join(found.errors)}")
    return found


def return_address(text: str | None) -> str:
    """An address of our own to return to; the front page for anything else."""
    return text if text and OUR_ADDRESS.fullmatch(text) else "/"


@dataclass(frozen=True)
class Filled:
    """A screen as it was sent in."""

    #: The name of this save; the same form sent twice has the same.
    sequence: str
    #: `next`, `skip`, `later` or `pause`.
    wish: str
    #: Whether the respondent was told that something is open, and went on.
    again: bool
    #: What can be stored.
    given: Mapping[str, Given]
    #: What was typed in each field.
    typed: Mapping[str, list[str]]
    #: Why something could not be taken, by item.
    problems: Mapping[str, Refused] = field(default_factory=dict)
    #: The items without an answer, now or earlier.
    blank: tuple[str, ...] = ()

    @property
    def stored(self) -> dict[str, Given]:
        """What to store: the answers, and a skip for what was left open knowingly."""
        skips = self.blank if self.wish == "skip" or (self.wish == "next" and self.again) else ()
        return {**self.given, **dict.fromkeys(skips, Missing.skipped)}

    @property
    def complete_enough(self) -> bool:
        """Whether the respondent can go on; otherwise they are asked once, kindly, about what is open."""
        return self.wish != "next" or self.again or not self.blank


def answers_on(place: Place, form: MultiDict[str, str], *, only_named: bool = False) -> Filled:
    """The answers in a form.

    Args:
        only_named: the form holds a part of the screen; what it does not name is left as it is.

    Raises:
        NotThisForm: it holds an item that is not on this screen.
    """
    asked = place.questionnaire
    ours = {item.id for item in place.screen.items}
    typed = {name[len(PREFIX) :]: form.getlist(name) for name in form if name.startswith(PREFIX)}
    if typed.keys() - ours:
        raise NotThisForm("an item of another screen")
    given: dict[str, Given] = {}
    problems: dict[str, Refused] = {}
    for item in place.screen.items:
        if only_named and item.id not in typed:
            continue
        try:
            value = checks.parse(item, asked.instrument.codes(item), typed.get(item.id, ()))
            if item.kind == "text" and isinstance(value, str) and traces.leads_to_somebody(value):
                raise Refused("leads_to_somebody")
        except Refused as refused:
            problems[item.id] = refused
            continue
        if value is not None:
            given[item.id] = value
        elif item.kind != "choice" and item.id in asked.given:
            # Shown filled in, and wiped out; a radio button cannot be.
            given[item.id] = Missing.skipped
    return Filled(
        sequence=form.get("sequence", ""),
        wish=form.get("do", "next"),
        again="again" in form,
        given=given,
        typed=typed,
        problems=problems,
        blank=tuple(item_id for item_id in place.blank if item_id not in given),
    )
