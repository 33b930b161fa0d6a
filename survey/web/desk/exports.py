"""Exports for researchers: asked for here, made by a worker, fetched here; and what changed since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from survey import jobs, policy
from survey.policy import Action
from survey.web.desk import guard
from survey.web.desk.guard import route
from survey.web.replies import go
from survey.web.services import services

if TYPE_CHECKING:
    from survey.exports.register import Export
    from survey.exports.since import Since
    from survey.exports.wanted import Wanted
    from survey.jobs import Job

HOME = "/desk/exports"


@dataclass(frozen=True)
class Shown:
    """An export as the page shows it."""

    export: Export
    #: `made`, `waiting`, `running`, `failed`, `cancelled`, or `gone` when nobody knows any more.
    state: str
    #: How far it is, in percent.
    percent: int
    problem: str
    #: Whether its file still waits to be fetched, and who is here may have it.
    waits: bool
    mine: bool
    #: How many rows each file has, and the sum of each.
    rows: dict[str, int]
    sums: dict[str, str]
    left_out: int
    #: What changed since, in words; None while it is not made.
    later: list[str] | None
    #: An earlier export that is the same, byte for byte.
    same_as: int | None


@route("/exports", Action.EXPORT, "study")
def exports() -> str:
    """What can be asked for, and every export there is."""
    return _page("")


@route("/exports", Action.EXPORT, "study", methods=("POST",))
def ask_export() -> Response | tuple[str, int]:
    """Ask for answers and scores; for more than that with a reason."""
    from survey.exports.wanted import EXTRAS, Wanted

    form = request.form
    if not form.getlist("wave"):
        return _page(_("Choose at least one wave.")), 400
    return _asked(
        Wanted(
            waves=_waves(form.getlist("wave")),
            labels=form.get("labels", "nl"),
            also=tuple(extra for extra in EXTRAS if extra in form.getlist("also")),
            months="months" in form,
            municipality="municipality" in form,
            reason=form.get("reason", "").strip(),
        )
    )


@route("/exports/free-text", Action.EXPORT_FREE_TEXT, "study", methods=("POST",))
def ask_free_text() -> Response | tuple[str, int]:
    """Ask for what people wrote in their own words, in an archive of its own."""
    from survey.exports.wanted import Wanted

    return _asked(Wanted(free_text=True, pdf=False, reason=request.form.get("free_text_reason", "").strip()))


@route("/exports/<int:export_id>/again", Action.EXPORT, "study", methods=("POST",))
def ask_again(export_id: int) -> Response | tuple[str, int]:
    """Ask for the same once more: because its file is gone, or because there are new answers."""
    return _asked(_one(export_id).wanted)


@route("/exports/<int:export_id>/stop", Action.EXPORT, "study", methods=("POST",))
def stop_export(export_id: int) -> Response:
    """Do not make it after all."""
    from survey.exports import register

    house = services()
    job = register.job_of(house.database, _one(export_id))
    if job is not None and not job.over:
        jobs.cancel(house.database, job.id, by=guard.by(), now=house.now())
    return go(HOME)


@route("/exports/<int:export_id>/file", Action.EXPORT, "study", methods=("POST",))
def fetch_export(export_id: int) -> Response | tuple[str, int]:
    """Hand out the file of an export, and note it; not when it holds somebody who was erased since."""
    from survey.exports import register, since

    house, export = services(), _one(export_id)
    if not export.is_made or export.job_id is None:
        return _page(_("This export has no file here.")), 404
    if since.of(house.database, house.protocol, house.library, [export])[export.id].erased:
        return _page(_("Somebody in it was erased since. Ask for the export again.")), 410
    try:
        file = jobs.deliver(house.database, export.job_id, house.settings.secret_keys, house.now())
    except jobs.Gone:
        return _page(_("The file is not kept any more. Ask for the export again.")), 410
    register.fetched(house.database, export.id, now=house.now(), actor=guard.by())
    response = Response(file.pieces, mimetype=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


def _one(export_id: int) -> Export:
    """An export that who is here may have."""
    from survey.exports import register

    try:
        export = register.get(services().database, export_id)
    except register.NoSuchExport as error:
        raise guard.NotYours from error
    if export.wanted.free_text:
        guard.demand(Action.EXPORT_FREE_TEXT, policy.STUDY)
    return export


def _asked(wanted: Wanted) -> Response | tuple[str, int]:
    from survey.exports import register
    from survey.exports.wanted import LONGEST_REASON, NoSuchWave, NotWithoutReason

    house = services()
    if len(wanted.reason) > LONGEST_REASON:
        return _page(_("The reason is too long.")), 400
    try:
        register.ask(house.database, house.protocol, wanted, now=house.now(), actor=guard.by())
    except NotWithoutReason:
        return _page(_("Say why you need this. The reason stays with the export.")), 400
    except (NoSuchWave, ValueError):
        return _page(_("This cannot be asked for. Choose from what the page offers.")), 400
    return go(f"{HOME}?asked=1#asked")


def _waves(chosen: list[str]) -> tuple[str, ...]:
    """The waves that were chosen; none when it is all of them."""
    known = [wave.id for wave in services().protocol.waves]
    return () if set(chosen) >= set(known) else tuple(dict.fromkeys(chosen))


def _page(problem: str) -> str:
    from survey.exports import register, since

    house = services()
    found = register.listing(house.database)
    later = since.of(house.database, house.protocol, house.library, found)
    first: dict[str, int] = {}
    for export in reversed(found):
        first.setdefault(export.sha256, export.id)
    return render_template(
        "desk/exports.html",
        problem=problem,
        sent=request.form,
        waves=[wave.id for wave in house.protocol.waves],
        editions={str(edition): house.catalogues.own_name(edition) for edition in house.editions},
        asked="asked" in request.args,
        exports=[_shown(export, later.get(export.id), first) for export in found],
        busy=any(not export.is_made for export in found),
    )


def _shown(export: Export, later: Since | None, first: dict[str, int]) -> Shown:
    from survey.exports import register
    from survey.exports.job import KEEP

    house = services()
    job = register.job_of(house.database, export)
    told = json.loads(export.manifest) if export.is_made else {}
    done = job is not None and job.status == "done" and job.finished_at is not None
    there = bool(done and job and job.finished_at and job.finished_at + KEEP > house.now())
    allowed = not export.wanted.free_text or guard.may(Action.EXPORT_FREE_TEXT, policy.STUDY)
    return Shown(
        export,
        "made" if export.is_made else "gone" if job is None else job.status,
        _percent(job),
        job.problem if job is not None and not export.is_made else "",
        export.is_made and there and allowed and not (later and later.erased),
        export.asked_by == guard.by(),
        told.get("rows", {}),
        told.get("files", {}),
        sum(told.get("left_out", {}).values()),
        None if later is None else _words(later),
        None if first.get(export.sha256) in (None, export.id) or not export.is_made else first[export.sha256],
    )


def _percent(job: Job | None) -> int:
    return 100 * job.done // job.total if job is not None and job.total else 0


def _words(later: Since) -> list[str]:
    """What changed since, a line each."""
    told = [
        (later.erased, ngettext(
            "%(num)s family was erased since. This export may still hold it: throw it away.",
            "%(num)s families were erased since. This export may still hold them: throw it away.",
            later.erased,
        )),
        (later.saves, _(
            "Saves of answers: %(saves)s, in so many questionnaires: %(responses)s.",
            saves=later.saves, responses=later.responses,
        )),
        (later.states, _("Questionnaires set aside or brought back: %(count)s.", count=later.states)),
        (later.consents, _("Decisions about consent: %(count)s.", count=later.consents)),
        (later.families, _("Families added: %(count)s.", count=later.families)),
        (later.left, _("Families that stopped or began again: %(count)s.", count=later.left)),
        (later.placements, _("Placements and hand-overs: %(count)s.", count=later.placements)),
        (later.moves, _("Moves of families, pauses and later closing days: %(count)s.", count=later.moves)),
        (later.paper, _("Events about paper: %(count)s.", count=later.paper)),
        (len(later.tools), _("It would be made differently now: %(what)s.", what=", ".join(later.tools[:8]))),
    ]  # fmt: skip
    return [words for count, words in told if count]
