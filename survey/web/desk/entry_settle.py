"""What two people typed differently, and what came in twice: shown side by side, decided by a person."""

from __future__ import annotations

from flask import Response, render_template, request

from instruments import Given, Missing, catalogue, checks
from printable import numbers
from survey import answers, responses, settling
from survey.policy import Action
from survey.sheets import Sheet
from survey.web.desk import guard
from survey.web.desk.entry import REFUSALS, get, shown, why
from survey.web.desk.entry_side import KEYS, key_of
from survey.web.desk.guard import NotYours, route
from survey.web.forms import NotThisForm
from survey.web.replies import go
from survey.web.services import services


@route("/paper/sheets/<int:sheet_id>/differences", Action.ENTER_PAPER, "study")
def differences(sheet_id: int) -> str:
    """Item by item, both readings."""
    return _page(_typed(sheet_id))


@route("/paper/sheets/<int:sheet_id>/differences", Action.ENTER_PAPER, "study", methods=("POST",))
def decide(sheet_id: int) -> Response | tuple[str, int]:
    """Decide what stands on the paper for one item."""
    sheet = _typed(sheet_id)
    house = services()
    item = request.form.get("item", "")
    try:
        settled = _settled(sheet, item, request.form.get("reading", ""))
        settling.resolve(
            house.database, sheet.response_id or 0, item, settled, by=guard.by(), now=house.now()
        )
    except (settling.NoDifference, answers.Unacceptable, checks.Refused) as error:
        raise NotThisForm(str(error)) from error
    except REFUSALS as error:
        return shown(sheet.id, why(error)), 409
    return go(f"/desk/paper/sheets/{sheet.id}/differences")


@route("/paper/sheets/<int:sheet_id>/beside", Action.ENTER_PAPER, "study")
def beside(sheet_id: int) -> str | tuple[str, int]:
    """What came in on screen and on paper, side by side."""
    sheet = _typed(sheet_id)
    house = services()
    try:
        rows = settling.side_by_side(house.database, house.protocol, sheet.id)
    except REFUSALS as error:
        return shown(sheet.id, why(error)), 409
    return render_template(
        "desk/entry_beside.html", sheet=sheet, rows=rows, key_of=key_of, numbers=_numbers(sheet)
    )


@route("/paper/sheets/<int:sheet_id>/settle", Action.ENTER_PAPER, "study", methods=("POST",))
def settle(sheet_id: int) -> Response | tuple[str, int]:
    """Let the rule of the study, or who is here, say which answers count."""
    sheet = _typed(sheet_id)
    house = services()
    kept = request.form.get("kept", "")
    if kept not in ("", "paper", "web"):
        raise NotThisForm(kept)
    try:
        settling.settle(
            house.database,
            house.protocol,
            sheet.id,
            by=guard.by(),
            kept=kept or None,
            reason=request.form.get("reason", "")[:400],
            now=house.now(),
        )
    except settling.PersonDecides:
        return go(f"/desk/paper/sheets/{sheet.id}/beside")
    except REFUSALS as error:
        return shown(sheet.id, why(error)), 409
    return go(f"/desk/paper/sheets/{sheet.id}")


def _typed(sheet_id: int) -> Sheet:
    """A sheet that was typed as often as needed: before that, its typings are nobody's business."""
    sheet = get(sheet_id)
    if sheet.status not in ("entered", "confirmed") or sheet.response_id is None:
        raise NotYours
    return sheet


def _page(sheet: Sheet) -> str:
    found = settling.differences(services().database, sheet.response_id or 0)
    return render_template(
        "desk/entry_differences.html",
        sheet=sheet,
        differences=found,
        key_of=key_of,
        numbers=_numbers(sheet),
        undecided=sum(not each.decided for each in found),
    )


def _settled(sheet: Sheet, item_id: str, text: str) -> Given | None:
    """What was decided: a reading as it is typed, or nothing for a blank."""
    response = responses.get(services().database, sheet.response_id or 0)
    instrument = catalogue().get(response.instrument, response.version)
    item = next((item for item in instrument.items if item.id == item_id), None)
    if item is None:
        raise settling.NoDifference
    if text in KEYS:
        missing: Missing = KEYS[text]
        return missing
    parts = text.split(",") if item.kind == "choices" else [text]
    return checks.parse(item, instrument.codes(item), parts)


def _numbers(sheet: Sheet) -> dict[str, str]:
    response = responses.get(services().database, sheet.response_id or 0)
    return numbers.labels(catalogue().get(response.instrument, response.version))
