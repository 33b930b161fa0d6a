"""Printing a family's pack before a visit: one button, one file, made by a worker while a page looks on."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Response, render_template, request

from instruments import Edition
from survey import jobs
from survey.family_packs import KIND
from survey.jobs import Job
from survey.policy import Action
from survey.web.desk import guard
from survey.web.desk.families import the_family
from survey.web.desk.forms import new_once
from survey.web.desk.guard import NotYours, route
from survey.web.desk.names import left_out_name
from survey.web.replies import go
from survey.web.services import services

_ONCE = re.compile(r"[\w-]{8,40}", re.ASCII)


@route("/families/<int:family_id>/pack", Action.PRINT_PACK, "family", methods=("POST",))
def print_pack(family_id: int) -> Response:
    """Have the pack of a family made; the same form sent twice makes it once."""
    house, once = services(), request.form.get("once", "")
    told = {"family": family_id, "day": house.today().isoformat(), "rest": "rest" in request.form}
    key = f"pack {family_id} {once if _ONCE.fullmatch(once) else new_once()}"
    job = jobs.enqueue(house.database, KIND.name, told, by=guard.by(), key=key, now=house.now())
    return go(f"/desk/families/{family_id}/pack/{job.id}")


@route("/families/<int:family_id>/pack/<int:job_id>", Action.PRINT_PACK, "family")
def pack(family_id: int, job_id: int) -> str:
    """How far the pack is, and in the end the file, or what cannot be printed and why."""
    return _page(family_id, _of_family(family_id, job_id))


@route("/families/<int:family_id>/pack/<int:job_id>/stop", Action.PRINT_PACK, "family", methods=("POST",))
def stop_pack(family_id: int, job_id: int) -> Response:
    """Do not make it after all."""
    house, job = services(), _of_family(family_id, job_id)
    jobs.cancel(house.database, job.id, by=guard.by(), now=house.now())
    return go(f"/desk/families/{family_id}/pack/{job.id}")


@route("/families/<int:family_id>/pack/<int:job_id>/file", Action.PRINT_PACK, "family")
def pack_file(family_id: int, job_id: int) -> Response | tuple[str, int]:
    """The pack itself, to be printed on both sides."""
    house, job = services(), _of_family(family_id, job_id)
    try:
        file = jobs.deliver(house.database, job.id, house.settings.secret_keys, house.now())
    except jobs.Gone:
        return _page(family_id, job, gone=True), HTTPStatus.GONE
    response = Response(file.pieces, mimetype=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


def _of_family(family_id: int, job_id: int) -> Job:
    """The job of a page. Raises NotYours: there is none, or it is about something else."""
    try:
        job = jobs.get(services().database, job_id)
    except jobs.NoSuchJob as error:
        raise NotYours from error
    if job.kind != KIND.name or job.arguments["family"] != family_id:
        raise NotYours
    return job


def _page(family_id: int, job: Job, *, gone: bool = False) -> str:
    return render_template(
        "desk/pack.html", family=the_family(family_id), job=job, gone=gone, lines=_left_out(job)
    )


def _left_out(job: Job) -> list[str]:
    """What could not be printed, and why, in words of the desk."""
    if not job.result:
        return []  # it went wrong: what is noted then is for who looks after the service
    catalogues, said = services().catalogues, []
    for code, reason, text in (line.split(" ") for line in job.problem.splitlines()):
        edition = Edition.parse(text)
        name = catalogues.own_name(edition) if edition in catalogues.editions else text
        said.append(left_out_name(code, reason, name))
    return said
