"""Scans at the desk: a pile is handed in, and what became of every page is seen; no answer is shown."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from survey import policy
from survey.policy import Action
from survey.scans import intake, piles
from survey.scans.piles import Pile
from survey.web import security
from survey.web.desk import guard
from survey.web.desk.guard import NotYours, route
from survey.web.replies import go
from survey.web.services import services

#: The most bytes that a browser may hand in at once; larger piles go in parts, or by `survey scans add`.
#: They are held in memory: no file of a family touches a disk unsealed.
MOST_AT_ONCE = 60_000_000
security.take_files("desk.hand_in", MOST_AT_ONCE)


@route("/scans", Action.SCAN_PAPER)
def scans() -> str:
    """What waits to be confirmed, where a pile is handed in, and the piles there are."""
    return shown()


@route("/scans", Action.SCAN_PAPER, methods=("POST",))
def hand_in() -> Response | tuple[str, int]:
    """Take a pile in, to be read by a worker."""
    house = services()
    files = [file.read() for file in request.files.getlist("files") if file.filename]
    if house.study is None:
        raise NotYours
    try:
        pile_id = intake.add(
            house.database, house.settings.picture_keys, house.study.id, files, by=guard.by(), now=house.now()
        )
    except intake.NothingThere:
        return shown("empty" if files else "none"), 422
    except intake.TooManyFiles:
        return shown("many"), 422
    return go(f"/desk/scans/{pile_id}")


@route("/scans/<int:pile_id>", Action.SCAN_PAPER)
def pile(pile_id: int) -> str:
    """How far a pile is, and what became of each page."""
    return render_template("desk/scan_pile.html", pile=the_pile(pile_id))


def the_pile(pile_id: int) -> Pile:
    """A pile that who is here handed in; who confirms sees them all. Raises NotYours."""
    try:
        found = piles.get(services().database, pile_id)
    except piles.NoSuchPile as error:
        raise NotYours from error
    if found.added_by != guard.by() and not guard.may(Action.ENTER_PAPER, policy.STUDY):
        raise NotYours
    return found


def shown(problem: str = "") -> str:
    """The page of scans."""
    house = services()
    confirms = guard.may(Action.ENTER_PAPER, policy.STUDY)
    return render_template(
        "desk/scans.html",
        problem=problem,
        forms=piles.forms(house.database) if confirms else None,
        piles=piles.listing(house.database, by=None if confirms else guard.by()),
        most=intake.MOST_FILES,
        megabytes=MOST_AT_ONCE // 1_000_000,
        done=request.args.get("done", ""),
    )


def pile_state(status: str) -> str:
    """What the state of a pile is called."""
    return str(
        {
            "arriving": _("coming in"),
            "waiting": _("waits to be read"),
            "reading": _("is being read"),
            "read": _("read"),
        }[status]
    )


def page_state(status: str) -> str:
    """What became of a page, and what to do."""
    return str(
        {
            "read": _("Read."),
            "black_and_white": _(
                "In black and white only, in which a pencil is lost. Scan it again, in grey."
            ),
            "too_small": _(
                "Too few pixels to see a faint mark. Scan at 200 dpi or more; with a phone, let the sheet"
                " fill the picture."
            ),
            "too_many_pixels": _("The picture is too large. Scan at 300 dpi at the most."),
            "broken": _("The picture is damaged. Scan this page again."),
            "empty": _("An empty page."),
            "no_code": _("No square code was found. Is the whole page on it, flat and sharp?"),
            "not_aligned": _(
                "It could not be laid flat. Scan it again, or photograph it flat in good light; else type it."
            ),
            "unknown": _("The code is of no sheet that we know."),
            "other_study": _("A sheet of another study. Keep it apart."),
            "cover": _("A cover or card: there is nothing to read on it."),
            "empty_back": _("The empty back of a sheet."),
            "two_sheets": _("Two sheets are on one picture. Scan them one by one."),
            "other_layout": _(
                "The questions stand elsewhere than on our sheet: another version. Type this form."
            ),
            "doubled": _("This side was there already. The first picture counts."),
            "withdrawn": _("Whose sheet this is takes part no more. Nothing of it is used; keep it apart."),
            "dead": _("This copy was declared void. Another copy counts."),
            "entered": _("This form was typed or confirmed already. Nothing was changed."),
            "confirmed": _("This form was settled already. Nothing was changed."),
            "set_aside": _("Put aside by hand: a better picture is to come."),
        }[status]
    )


def file_state(status: str) -> str:
    """Why a file could not be read, and what to do."""
    return str(
        {
            "too_many_bytes": _("It is too large. Make several files of it."),
            "too_many_pages": _("It has too many pages. Make several files of it."),
            "unknown_kind": _("It is no PDF, TIFF, JPEG, PNG or HEIC."),
            "locked": _("It is locked with a password. Save it without."),
            "broken": _("It is damaged. Scan it again."),
            "too_slow": _("It takes the reader too long. Scan it again, fewer pages at once."),
            "too_much": _("It asks too much of the reader. Scan it again, fewer pages at once."),
            "key": _("It came in under a key that was taken away. Hand it in again."),
            "failed": _(
                "It could not be read, on our side. Hand it in again; if that fails too, type the forms."
            ),
        }[status]
    )


@guard.bp.context_processor
def words_of_scans() -> dict[str, Any]:
    """For the templates of scans."""
    return {"pile_state": pile_state, "page_state": page_state, "file_state": file_state}
