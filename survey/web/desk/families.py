"""The page of a family at the desk: its people, their links, who works with it, and what happened."""

from __future__ import annotations

import logging

from flask import Response, render_template, request
from flask_babel import gettext as _

from survey import codes, discretion, families, professionals
from survey.contacts import Standing
from survey.families import NoSuchFamily
from survey.fieldwork import (
    consent,
    erasure,
    handing,
    handover,
    household_changes,
    households,
    leaving,
    month,
    pausing,
    reaching,
)
from survey.fieldwork.erasure_ledger import Ledger
from survey.fieldwork.month import FamilyState, Person
from survey.fieldwork.pausing import Pause
from survey.people_keys import KeysAway, PeopleKeys
from survey.policy import Action
from survey.post import queue
from survey.web.desk import guard, names, pictures
from survey.web.desk.adding import ChildForm, ParentForm
from survey.web.desk.failures import Stale
from survey.web.desk.guard import NotYours, route
from survey.web.desk.month import colleague_names
from survey.web.forms import NotThisForm
from survey.web.replies import go
from survey.web.services import services

log = logging.getLogger(__name__)


@route("/families/<int:family_id>", Action.VIEW_FAMILY, "family")
def family(family_id: int) -> str:
    """One family."""
    house = services()
    return render_template(
        "desk/family.html",
        family=the_family(family_id),
        children=household_changes.children(house.database, family_id, house.today()),
        standings=consent.of_families(house.database, house.today(), [family_id])[family_id],
        ledger=house.protocol.consent_required,
        pauses=_pauses(family_id),
        departure=leaving.of_family(house.database, family_id),
        may_come_back=leaving.may_come_back(house.database, family_id),
        history=handover.history(house.database, family_id),
        colleague=colleague_names(),
        workers=_names_by_code(),
        done=request.args.get("done", ""),
        reach=_reach(family_id),
        sent=queue.of_people(house.database, reaching.of_family(house.database, family_id)),
        youngest=reaching.YOUNGEST,
        child_form=ChildForm(),
        parent_form=ParentForm(),
    )


def _names_by_code() -> dict[str, str]:
    """What those are called whose codes stand in the history, for who may know it."""
    names_of = colleague_names()
    listed = professionals.listing(services().database) if names_of else ()
    return {one.code: names_of[one.id] for one in listed if one.id in names_of}


def the_family(family_id: int) -> FamilyState:
    """The family of a page; the guard has made sure that it exists."""
    house = services()
    return month.family(house.database, house.protocol, house.today(), family_id)


def member(family_id: int, respondent_id: int) -> Person:
    """A member of the family of a page. Raises NotYours: a number of somebody else."""
    for person in the_family(family_id).people:
        if person.respondent_id == respondent_id:
            return person
    raise NotYours


@route("/families/<int:family_id>/link", Action.GIVE_LINK, "family", methods=("POST",))
def give_link(family_id: int) -> str:
    """A new link for one person, or the page of the family: shown once, for the other person's phone."""
    house = services()
    number = request.form.get("respondent", "")
    person = None if number == "family" else member(family_id, _number(number))
    token = handing.give(
        house.database, house.protocol, family_id, person.respondent_id if person else None,
        replace="replace" in request.form, now=house.now(), actor=guard.by(),
    )  # fmt: skip
    address = f"{house.settings.base_url}/l/{token}"
    return render_template(
        "desk/link.html", family=the_family(family_id), person=person, address=address,
        picture=pictures.qr(address, _("A picture that opens the questions")),
        replaced="replace" in request.form,
    )  # fmt: skip


@route("/families/<int:family_id>/together", Action.GIVE_LINK, "family", methods=("POST",))
def answer_together(family_id: int) -> str:
    """A short-lived link for one person who answers with help; who helps sees nothing of it afterwards."""
    house, person = services(), member(family_id, _number(request.form.get("respondent", "")))
    assistance = request.form.get("help", "")
    if assistance not in ("helper", "interpreter"):
        raise NotThisForm("no such help")
    token = handing.together(
        house.database, house.protocol, family_id, person.respondent_id, assistance,
        now=house.now(), actor=guard.by(),
    )  # fmt: skip
    address = f"{house.settings.base_url}/l/{token}"
    return render_template(
        "desk/together.html", family=the_family(family_id), person=person, path=f"/l/{token}",
        picture=pictures.qr(address, _("A picture that opens the questions")),
    )  # fmt: skip


@route("/families/<int:family_id>/pause", Action.PAUSE, "family", methods=("POST",))
def pause_family(family_id: int) -> Response:
    """Ask this family nothing for a while."""
    house = services()
    reason = request.form.get("reason", "").strip()
    if not reason or len(reason) > 200:
        return go(f"/desk/families/{family_id}?done=no_reason#pause")
    study = house.study
    assert study is not None
    pausing.begin(house.database, study.id, reason, family_id=family_id, now=house.now(), actor=guard.by())
    return go(f"/desk/families/{family_id}?done=paused")


@route("/families/<int:family_id>/resume", Action.PAUSE, "family", methods=("POST",))
def resume_family(family_id: int) -> Response:
    """Let this family go on."""
    house = services()
    for pause in pausing.lasting(house.database):
        if pause.family_id == family_id:
            pausing.end(house.database, house.protocol, pause.id, now=house.now(), actor=guard.by())
    return go(f"/desk/families/{family_id}?done=resumed")


@route("/families/<int:family_id>/stop", Action.STOP_FAMILY, "family")
def stopping(family_id: int) -> str:
    """Before a family stops."""
    return render_template(
        "desk/stop.html", family=the_family(family_id), member="", reasons=names.leaving_reasons(),
        only_one=False,
    )  # fmt: skip


@route("/families/<int:family_id>/stop", Action.STOP_FAMILY, "family", methods=("POST",))
def stop_family(family_id: int) -> Response:
    """A family stops: its links end at once. A reason is never demanded."""
    reason, wish = _reason_and_wish()
    house = services()
    if the_family(family_id).status != "stopped":
        leaving.stop(house.database, family_id, reason, wish, now=house.now(), actor=guard.by())
    return go(f"/desk/families/{family_id}?done=stopped")


@route("/families/<int:family_id>/come-back", Action.STOP_FAMILY, "family", methods=("POST",))
def come_back(family_id: int) -> Response:
    """A family that had stopped takes part again."""
    house = services()
    try:
        leaving.come_back(house.database, family_id, now=house.now(), actor=guard.by())
    except (leaving.CannotComeBack, NoSuchFamily) as error:
        raise Stale from error
    return go(f"/desk/families/{family_id}?done=back")


@route("/families/<int:family_id>/stop/<int:respondent_id>", Action.STOP_FAMILY, "family")
def withdrawing(family_id: int, respondent_id: int) -> str:
    """Before one member stops, while the others go on."""
    family, code = the_family(family_id), _code_of(family_id, respondent_id)
    return render_template(
        "desk/stop.html", family=family, member=code, respondent_id=respondent_id,
        reasons=names.leaving_reasons(), only_one=False,
    )  # fmt: skip


@route("/families/<int:family_id>/stop/<int:respondent_id>", Action.STOP_FAMILY, "family", methods=("POST",))
def withdraw(family_id: int, respondent_id: int) -> Response | tuple[str, int]:
    """One member stops; a family of their own keeps what they gave, or asks for it to be erased."""
    code = _code_of(family_id, respondent_id)
    reason, wish = _reason_and_wish()
    house = services()
    try:
        alone = leaving.withdraw(
            house.database, family_id, respondent_id, reason, wish, now=house.now(), actor=guard.by()
        )
    except households.CannotPart:
        page = render_template(
            "desk/stop.html", family=the_family(family_id), member=code, respondent_id=respondent_id,
            reasons=names.leaving_reasons(), only_one=True,
        )  # fmt: skip
        return page, 409
    except NoSuchFamily as error:
        raise Stale from error
    return go(f"/desk/families/{alone}?done=stopped")


@route("/families/<int:family_id>/erase", Action.ERASE, "family", methods=("POST",))
def erase_family(family_id: int) -> Response:
    """Wipe a family that has stopped, for who typed its code and proved who they are a short while ago."""
    house, family_ = services(), the_family(family_id)
    keys = PeopleKeys.of(house.settings)
    try:
        if codes.normalise(request.form.get("code", "")) == family_.code:
            erasure.erase_family(
                house.database, family_id, now=house.now(), actor=guard.by(), book=house.book,
                ledger=Ledger.of(house.settings), keys=keys,
            )  # fmt: skip
            copied = keys is None or keys.renew_copy()
            return go(f"/desk/month?done={'wiped' if copied else 'erased'}")
    except codes.Mistyped:
        pass
    except erasure.StillTakesPart as error:
        raise Stale from error
    except (KeysAway, OSError) as error:
        # The disk with the ledger or the keys is away. The whole can be done again.
        log.error("a family could not be erased: %s", discretion.told(error))
        return go(f"/desk/families/{family_id}?done=not_erased#erase")
    return go(f"/desk/families/{family_id}?done=no_code#erase")


@route("/families/<int:family_id>/members", Action.EDIT_FAMILY, "family", methods=("POST",))
def change_members(family_id: int) -> Response:
    """Another edition for somebody, or another parent who reports on a child."""
    house = services()
    edition = request.form.get("edition", "")
    try:
        if edition:
            who = member(family_id, _number(request.form.get("respondent", ""))).respondent_id
            household_changes.set_edition(house.database, who, edition, now=house.now(), actor=guard.by())
        else:
            household_changes.set_reporter(
                house.database, family_id, _number(request.form.get("child", "")),
                _number(request.form.get("reporter", "")), now=house.now(), actor=guard.by(),
            )  # fmt: skip
    except ValueError as error:
        raise NotThisForm(str(error)) from error
    return go(f"/desk/families/{family_id}?done=changed")


def _reason_and_wish() -> tuple[str, str]:
    """Why somebody stops, and what is to become of what they gave. Raises NotThisForm."""
    reason = request.form.get("reason") or "unknown"
    wish = request.form.get("wish", "keep")
    if reason not in leaving.REASONS or wish not in ("keep", "erase"):
        raise NotThisForm("no such reason")
    return reason, wish


def _code_of(family_id: int, respondent_id: int) -> str:
    """The code of a member, also of a child that is asked nothing yet. Raises NotYours: of somebody else."""
    whole = families.by_code(services().database, the_family(family_id).code)
    for one in whole.members:
        if one.respondent_id == respondent_id:
            return one.code
    raise NotYours


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise NotThisForm("no number")
    return int(text)


def _pauses(family_id: int) -> list[Pause]:
    """The pauses that hold this family."""
    place = the_family(family_id).municipality_id
    lasting = pausing.lasting(services().database)
    return [
        pause
        for pause in lasting
        if pause.family_id == family_id
        or pause.municipality_id == place
        or (pause.family_id is None and pause.municipality_id is None)
    ]


def _reach(family_id: int) -> dict[int, Standing] | None:
    """What was agreed about writing to them, by respondent; None where nobody is written to."""
    house = services()
    if house.book is None:
        return None
    return house.book.standings(reaching.of_family(house.database, family_id))
