"""Professionals at the desk: their code, their clock, the children they work with, and their link."""

from __future__ import annotations

from flask import Response, render_template, request
from flask_babel import gettext as _

from survey import links, professionals
from survey.accounts import once
from survey.fieldwork import household_changes, scopes
from survey.policy import Action
from survey.professionals import NoSuchProfessional, Professional
from survey.web.desk import guard, pictures
from survey.web.desk.guard import NotYours, me, route
from survey.web.desk.month import colleague_names, visible
from survey.web.replies import go
from survey.web.services import services


@route("/professionals", Action.PROFESSIONALS)
def workers() -> str:
    """The professionals of somebody's municipalities."""
    return _page("")


@route("/professionals", Action.PROFESSIONALS, methods=("POST",))
def add_worker() -> Response | tuple[str, int]:
    """A childcare worker for a child, under a code of their own; perhaps in the place of another."""
    house = services()
    child = _children().get(request.form.get("child", ""))
    before = request.form.get("takes_over", "").strip()
    try:
        predecessor = professionals.by_code(house.database, before) if before else None
    except NoSuchProfessional:
        return _page(_("No professional has this code.")), 400
    if child is None:
        return _page(_("Choose a child.")), 400
    study = house.study
    assert study is not None
    token = f"worker:{request.form.get('once', '')[:24]}"
    if once.claim(house.database, me().account.id, token, house.now()) is None:
        _add(study.id, child[0], predecessor)
    return go("/desk/professionals")


@route("/professionals/<int:professional_id>/link", Action.PROFESSIONALS, "professional", methods=("POST",))
def worker_link(professional_id: int) -> str:
    """A new link for a professional, shown once; earlier ones stop working."""
    house = services()
    found = next(one for one in professionals.listing(house.database) if one.id == professional_id)
    links.revoke_all(house.database, respondent_id=found.respondent_id, now=house.now(), actor=guard.by())
    token = links.make(house.database, respondent_id=found.respondent_id, now=house.now(), actor=guard.by())
    address = f"{house.settings.base_url}/l/{token}"
    picture = pictures.qr(address, _("A picture that opens the questions"))
    return render_template("desk/worker_link.html", worker=found, address=address, picture=picture)


@route("/professionals/<int:professional_id>/leave", Action.PROFESSIONALS, "professional", methods=("POST",))
def worker_leaves(professional_id: int) -> Response:
    """Somebody without an account stops working here."""
    if professional_id in colleague_names():
        raise NotYours
    house = services()
    professionals.leave(house.database, professional_id, now=house.now(), actor=guard.by())
    return go("/desk/professionals")


def _add(study_id: int, child_id: int, predecessor: Professional | None) -> None:
    house = services()
    made = professionals.add(
        house.database, study_id, "childcare_worker", house.today(),
        predecessor_id=predecessor.id if predecessor else None, now=house.now(), actor=guard.by(),
    )  # fmt: skip
    professionals.assign(
        house.database, made.id, child_id=child_id, starts_on=house.today(), now=house.now(), actor=guard.by()
    )


def _page(problem: str) -> str:
    house = services()
    known = scopes.of_professionals(house.database)
    ours = [
        (one, professionals.is_active(house.database, one.id, house.today()))
        for one in professionals.listing(house.database)
        if guard.may(Action.PROFESSIONALS, known[one.id])
    ]
    return render_template(
        "desk/workers.html", workers=ours, children=_children(), colleague=colleague_names(), problem=problem
    )


def _children() -> dict[str, tuple[int, str, int]]:
    """The children of the families that somebody coordinates: number, code and age, by number as text."""
    house = services()
    return {
        str(child.id): (child.id, f"{one.code} – {child.code}", child.age_years)
        for one in visible(Action.PROFESSIONALS)
        if one.status != "stopped"
        for child in household_changes.children(house.database, one.id, house.today())
    }
