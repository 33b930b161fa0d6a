"""Paper at the desk: a sheet is found by its code, and what can be done with it is said there."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from printable import codes
from survey import batches, entry, responses, settling, sheets
from survey.policy import Action
from survey.sheets import Sheet
from survey.web.desk import guard
from survey.web.desk.guard import NotYours, route
from survey.web.replies import go
from survey.web.services import services

#: Nothing longer can be a code, or the address in a QR.
_LONGEST = 120


@route("/paper", Action.ENTER_PAPER, "study")
def paper() -> str:
    """Where a sheet is scanned or typed, and what waits."""
    return _paper()


@route("/paper", Action.ENTER_PAPER, "study", methods=("POST",))
def find_sheet() -> Response | tuple[str, int]:
    """To the sheet with the code that was scanned or typed."""
    typed = request.form.get("code", "")[:_LONGEST]
    try:
        marker = codes.read(typed) if "/" in typed else None
        code = codes.normalise(typed) if marker is None else marker.code
        sheet = sheets.find(services().database, services().settings.paper_keys, code)
    except codes.Mistyped as error:
        return _paper(typed, error.reason), 422
    except sheets.NoSuchSheet:
        return _paper(typed, "unknown"), 404
    if marker is not None and 1 <= marker.side <= sheet.sides and sheet.status in sheets.USABLE:
        sheets.mark_seen(services().database, sheet.id, [marker.side], by=guard.by(), now=services().now())
    return go(f"/desk/paper/sheets/{sheet.id}")


@route("/paper/sheets/<int:sheet_id>", Action.ENTER_PAPER, "study")
def sheet(sheet_id: int) -> str:
    """One sheet: what it is, what came back, and what to do next."""
    return shown(sheet_id)


@route("/paper/sheets/<int:sheet_id>/type", Action.ENTER_PAPER, "study", methods=("POST",))
def type_sheet(sheet_id: int) -> Response | tuple[str, int]:
    """Begin to type, or go on."""
    house = services()
    try:
        typing = entry.begin(house.database, house.protocol, get(sheet_id).id, guard.by(), now=house.now())
    except REFUSALS as error:
        return shown(sheet_id, why(error)), 409
    side = next((side for side in typing.sides if _open(typing, side)), typing.sides[0])
    return go(f"/desk/paper/typings/{typing.id}/{side.number}")


@route("/paper/sheets/<int:sheet_id>/void", Action.ENTER_PAPER, "study", methods=("POST",))
def void_sheet(sheet_id: int) -> Response | tuple[str, int]:
    """This copy is not used: spoiled, or never handed out."""
    reason = request.form.get("reason", "")[:200]
    found = get(sheet_id)
    try:
        sheets.close(
            services().database, found.id, "dead", by=guard.by(), reason=reason, now=services().now()
        )
    except sheets.SheetConfirmed as error:
        return shown(found.id, why(error)), 409
    return go(f"/desk/paper/sheets/{found.id}")


@route("/paper/runs", Action.ENTER_PAPER, "study")
def runs() -> str:
    """Everything that was printed."""
    return render_template("desk/runs.html", runs=batches.listing(services().database))


@route("/paper/runs/<int:batch_id>", Action.ENTER_PAPER, "study")
def run(batch_id: int) -> str:
    """One print run: what came back of it, what misses a side, what came late."""
    try:
        found = batches.get(services().database, batch_id)
    except batches.NoSuchBatch as error:
        raise NotYours from error
    printed = batches.printed(services().database, batch_id)
    return render_template("desk/run.html", run=found, printed=printed)


#: Why a sheet cannot be typed or settled, and the word for it in `desk/sheet.html`.
_WHY: dict[type[Exception], str] = {
    sheets.SheetWithdrawn: "withdrawn",
    sheets.SheetDead: "dead",
    sheets.SheetConfirmed: "confirmed",
    entry.TypedEnough: "enough",
    entry.SecondPerson: "second",
    entry.BeingTyped: "busy",
    entry.ScannedBefore: "scanned",
    entry.NothingToType: "cover",
    entry.NotTyping: "not_typed",
    settling.Unresolved: "unresolved",
    settling.PersonDecides: "person",
}
REFUSALS = tuple(_WHY)


def why(error: Exception) -> str:
    """The word for a refusal."""
    return _WHY[type(error)]


def shown(sheet_id: int, refused: str = "") -> str:
    """The page of a sheet. Raises NotYours when there is none."""
    house = services()
    found = get(sheet_id)
    response = None if found.response_id is None else responses.get(house.database, found.response_id)
    return render_template(
        "desk/sheet.html",
        sheet=found,
        response=response,
        refused=refused,
        late=response and found.returned_at and found.returned_at.date() > response.closes_on,
        settled=None if found.response_id is None else settling.of(house.database, found.response_id),
        unlike=_unlike(found),
    )


def sheet_state(status: str) -> str:
    """What the state of a sheet is called."""
    return str(
        {
            "printed": _("out"),
            "returned": _("came back"),
            "entered": _("typed"),
            "confirmed": _("confirmed"),
            "withdrawn": _("withdrawn"),
            "dead": _("void"),
        }[status]
    )


@guard.bp.context_processor
def words() -> dict[str, Any]:
    """For the templates of paper."""
    return {"sheet_state": sheet_state}


def get(sheet_id: int) -> Sheet:
    """A sheet. Raises NotYours when there is none."""
    try:
        return sheets.get(services().database, sheet_id)
    except sheets.NoSuchSheet as error:
        raise NotYours from error


def _unlike(found: Sheet) -> int:
    """How many items still have to be decided; nothing is told before both typings are finished."""
    if found.status != "entered" or found.response_id is None:
        return 0
    if entry.wanted(services().database, services().protocol, found) < 2:
        return 0
    return sum(not each.decided for each in settling.differences(services().database, found.response_id))


def _open(typing: entry.Typing, side: entry.Side) -> bool:
    return any(item.id in typing.open_items for item in side.items) or side.number not in typing.sheet.seen


def _paper(typed: str = "", reason: str = "") -> str:
    waiting = [row for row in batches.printed(services().database) if row.status in ("returned", "entered")]
    return render_template("desk/paper.html", typed=typed, reason=reason, waiting=waiting)
