"""Typing one side of a sheet: digits only, in the order of the paper, and nothing of any other typing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, g, render_template, request

from instruments import Given, Item, Missing, checks
from instruments.checks import Refused
from instruments.editions import Edition
from instruments.wording import NoWording, Wording
from printable import numbers
from survey import answers, entry, sheets
from survey.entry import Typing
from survey.policy import Action
from survey.web.desk import guard
from survey.web.desk.entry import REFUSALS, shown, why
from survey.web.desk.guard import NotYours, route
from survey.web.forms import NotThisForm
from survey.web.replies import go
from survey.web.services import services

#: The keys for what is no answer; all three stand on the block of digits of a keyboard.
KEYS = {"-": Missing.skipped, "/": Missing.unreadable, "*": Missing.two_marks}
_KEY_OF = {missing: key for key, missing in KEYS.items()}


@dataclass(frozen=True)
class Row:
    """One item of a side."""

    item: Item
    #: As it is printed: 3, 3b.
    number: str
    text: str
    #: The codes that may be typed, each with its text.
    codes: tuple[tuple[int, str], ...]
    value: str
    problem: Refused | None

    @property
    def ends(self) -> str:
        """What makes the next field come, for the script: codes and keys; empty where anything may follow."""
        if self.item.kind != "choice":
            return ""
        return " ".join([*(str(code) for code, _ in self.codes), *KEYS])


@route("/paper/typings/<int:typing_id>/<int:side>", Action.ENTER_PAPER, "study")
def show_side(typing_id: int, side: int) -> str:
    """One side, with what this person typed of it before."""
    return _page(_typing(typing_id), side, {}, {})


@route("/paper/typings/<int:typing_id>/<int:side>", Action.ENTER_PAPER, "study", methods=("POST",))
def save_side(typing_id: int, side: int) -> Response | tuple[str, int]:
    """Store a side, and go to the next; after the last one, the end."""
    typing = _typing(typing_id)
    raw = {item.id: request.form.get(f"i.{item.id}", "") for item in typing.side(side).items}
    given, problems = readings(typing, side, raw)
    if problems:
        return _page(typing, side, raw, problems), 422
    try:
        entry.save(
            services().database,
            typing,
            side,
            given,
            sequence=request.form.get("sequence", ""),
            now=services().now(),
        )
    except answers.BadSequence as error:
        raise NotThisForm(str(error)) from error
    except REFUSALS as error:
        return shown(typing.sheet.id, why(error)), 409
    return _after(typing, side)


@route("/paper/typings/<int:typing_id>/missing/<int:side>", Action.ENTER_PAPER, "study", methods=("POST",))
def skip_side(typing_id: int, side: int) -> Response | tuple[str, int]:
    """This side is not there: on to the next."""
    return _after(_typing(typing_id), side)


def readings(
    typing: Typing, side: int, raw: Mapping[str, str]
) -> tuple[dict[str, Given], dict[str, Refused]]:
    """What was typed of a side, and what cannot be; a field that is left empty has no reading."""
    given: dict[str, Given] = {}
    problems: dict[str, Refused] = {}
    for item in typing.side(side).items:
        text = raw[item.id].strip()
        if text in KEYS:
            given[item.id] = KEYS[text]
            continue
        parts = text.replace(",", " ").split() if item.kind == "choices" else [text]
        try:
            value = checks.parse(item, typing.instrument.codes(item), parts)
        except Refused as refused:
            problems[item.id] = refused
            continue
        if value is not None:
            given[item.id] = value
        elif item.id in typing.given:
            # Typed before, and wiped out: it is blank on the paper.
            given[item.id] = Missing.skipped
    return given, problems


def _after(typing: Typing, side: int) -> Response | tuple[str, int]:
    """The next side; or the end, and the first side on which something is still open."""
    house = services()
    following = [each.number for each in typing.sides if each.number > side]
    if following:
        return go(f"/desk/paper/typings/{typing.id}/{following[0]}")
    try:
        entry.finish(house.database, house.protocol, typing, now=house.now())
    except entry.Incomplete as error:
        first = next(each for each in typing.sides if any(item.id in error.items for item in each.items))
        return go(f"/desk/paper/typings/{typing.id}/{first.number}?open=1")
    except REFUSALS as error:
        return shown(typing.sheet.id, why(error)), 409
    return go(f"/desk/paper/sheets/{typing.sheet.id}")


def _typing(typing_id: int) -> Typing:
    """A typing of who is here. Raises NotYours."""
    try:
        found = entry.progress(services().database, typing_id, guard.by())
    except entry.NotTyping as error:
        raise NotYours from error
    if found.finished_at is not None:
        raise NotYours
    return found


def _page(typing: Typing, number: int, raw: Mapping[str, str], problems: Mapping[str, Refused]) -> str:
    try:
        side = typing.side(number)
    except sheets.NoSuchSide as error:
        raise NotYours from error
    wording, labels = wording_of(typing), numbers.labels(typing.instrument)
    rows = [
        row_of(
            typing,
            wording,
            labels,
            item,
            raw[item.id] if raw else key_of(typing.given.get(item.id)),
            problems.get(item.id),
        )
        for item in side.items
    ]
    return render_template(
        "desk/entry_side.html",
        typing=typing,
        side=side,
        rows=rows,
        wording=wording,
        sequence=f"t{typing.id}-{number}-{secrets.token_urlsafe(9)}",
        open_items=typing.open_items if request.args.get("open") else (),
    )


def row_of(
    typing: Typing,
    wording: Wording,
    labels: Mapping[str, str],
    item: Item,
    value: str,
    problem: Refused | None,
) -> Row:
    """One item with its field."""
    codes = tuple((code, option(wording, typing, item, code)) for code in typing.instrument.codes(item))
    return Row(item, labels[item.id], wording.text(f"item.{item.id}"), codes, value, problem)


def option(wording: Wording, typing: Typing, item: Item, code: int) -> str:
    """The text of an answer; a grade has words at its ends only."""
    options = typing.instrument.options[item.options or ""]
    return wording.text(f"options.{item.options}.{code}") if code in options.labelled else ""


def key_of(value: Given | None) -> str:
    """A reading as it is typed."""
    if value is None:
        return ""
    if isinstance(value, Missing):
        return _KEY_OF.get(value, "-")
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def wording_of(typing: Typing) -> Wording:
    """The words in the language of who types, where there are any; else those of the sheet."""
    library = services().library
    try:
        return library.wording(typing.instrument, Edition(g.edition.language))
    except NoWording:
        return library.wording(typing.instrument, typing.edition)
