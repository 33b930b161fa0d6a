"""One scanned form, confirmed beside its pictures: what is in doubt first, with the keys of typing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from instruments import Given
from instruments.checks import Refused
from printable import numbers
from survey import answers, entry
from survey.policy import Action
from survey.scans import piles, reviewing
from survey.scans.reviewing import Question, Review
from survey.web.desk import entry as paper
from survey.web.desk import guard, scans
from survey.web.desk.entry import REFUSALS, why
from survey.web.desk.entry_side import Row, key_of, readings, row_of, wording_of
from survey.web.desk.guard import NotYours, route
from survey.web.forms import NotThisForm
from survey.web.replies import go
from survey.web.services import services


@dataclass(frozen=True)
class Asked:
    """A question with its field, its picture, and what the reader saw."""

    row: Row
    question: Question
    #: What was seen, as it is typed; empty where nothing was, or where the field holds it.
    seen: str
    is_open: bool


@route("/scans/sheets/<int:sheet_id>/review", Action.ENTER_PAPER, "study", methods=("POST",))
def begin_review(sheet_id: int) -> Response | tuple[str, int]:
    """Begin to confirm a form, or go on."""
    house = services()
    number = paper.get(sheet_id).id
    try:
        typing_id = reviewing.begin(house.database, house.protocol, number, guard.by(), now=house.now())
    except reviewing.NothingRead:
        return scans.shown("nothing"), 409
    except REFUSALS as error:
        return paper.shown(number, why(error)), 409
    return go(f"/desk/scans/reviews/{typing_id}")


@route("/scans/reviews/<int:typing_id>", Action.ENTER_PAPER, "study")
def review(typing_id: int) -> str:
    """A form: fields beside pictures."""
    return _page(_review(typing_id), {}, {})


@route("/scans/reviews/<int:typing_id>", Action.ENTER_PAPER, "study", methods=("POST",))
def confirm_review(typing_id: int) -> Response | tuple[str, int]:
    """Store what stands on the form, and on to the next; or say what is missing."""
    house, found = services(), _review(typing_id)
    raw = {each.item.id: request.form.get(f"i.{each.item.id}", "") for each in found.questions}
    given: dict[str, Given] = {}
    problems: dict[str, Refused] = {}
    for side in found.pages:
        there, refused = readings(found.typing, side, raw)
        given |= there
        problems |= refused
    if problems:
        return _page(found, raw, problems), 422
    try:
        reviewing.confirm(
            house.database,
            house.protocol,
            found,
            given,
            sequence=request.form.get("sequence", ""),
            now=house.now(),
        )
    except entry.Incomplete as error:
        return _page(found, raw, {}, error.items), 422
    except answers.BadSequence as error:
        raise NotThisForm(str(error)) from error
    except REFUSALS as error:
        return paper.shown(found.typing.sheet.id, why(error)), 409
    return go(f"/desk/scans?done={found.typing.sheet.id}")


@route("/scans/pages/<int:page_id>", Action.ENTER_PAPER, "study")
def scanned_page(page_id: int) -> str:
    """A whole page, for browsers without our script."""
    _picture(page_id)
    return render_template("desk/scan_page.html", page_id=page_id)


@route("/scans/pages/<int:page_id>/picture", Action.ENTER_PAPER, "study")
def scanned_picture(page_id: int) -> Response:
    """The picture of a page."""
    return Response(_picture(page_id), mimetype="image/jpeg")


@route("/scans/pages/<int:page_id>/aside", Action.ENTER_PAPER, "study", methods=("POST",))
def set_page_aside(page_id: int) -> Response | tuple[str, int]:
    """Do not use a picture: a better one is to come."""
    house = services()
    try:
        sheet_id = reviewing.set_aside(house.database, page_id, by=guard.by(), now=house.now())
    except reviewing.NothingRead:
        return scans.shown("nothing"), 409
    return go(f"/desk/scans?done=-{sheet_id}")


def _review(typing_id: int) -> Review:
    """A review of who is here. Raises NotYours."""
    house = services()
    try:
        return reviewing.load(house.database, house.protocol, typing_id, guard.by())
    except entry.NotTyping as error:
        raise NotYours from error


def _picture(page_id: int) -> bytes:
    house = services()
    try:
        return piles.picture(house.database, house.settings.picture_keys, page_id)
    except piles.NoPicture as error:
        raise NotYours from error


def _page(
    found: Review,
    raw: Mapping[str, str],
    problems: Mapping[str, Refused],
    open_items: tuple[str, ...] = (),
) -> str:
    typing = found.typing
    wording, labels = wording_of(typing), numbers.labels(typing.instrument)

    def asked(question: Question) -> Asked:
        item = question.item
        proposed = key_of(typing.given.get(item.id, question.proposed))
        row = row_of(typing, wording, labels, item, raw.get(item.id, proposed), problems.get(item.id))
        seen = key_of(question.seen)
        return Asked(row, question, "" if seen == row.value else seen, item.id in open_items)

    rows = [asked(question) for question in found.questions]
    # What was sure and is now wrong, open or changed is no longer to be folded away.
    top = [
        each
        for each in rows
        if found.whole or each.question.level != "sure" or each.is_open or each.row.problem or each.seen
    ]
    return render_template(
        "desk/scan_review.html",
        review=found,
        doubtful=top,
        sure=[each for each in rows if each not in top],
        wording=wording,
        open_items=open_items,
        sequence=f"r{typing.id}-{secrets.token_urlsafe(9)}",
    )


def reason_text(reason: str) -> str:
    """Why a question is shown."""
    return str(
        {
            "blank": _("nothing was seen"),
            "faint": _("a faint mark"),
            "short": _("a very small mark"),
            "stray": _("a trace in another box"),
            "two_marks": _("more than one mark"),
            "only_filled": _("a blackened box and no cross"),
            "corrected": _("corrected"),
            "between": _("a box that is blackened in part"),
            "writing": _("handwriting, to be typed"),
            "capture": _("a poor picture"),
        }.get(reason, reason)
    )


@guard.bp.context_processor
def words_of_review() -> dict[str, Any]:
    """For the templates of review."""
    return {"reason_text": reason_text}
