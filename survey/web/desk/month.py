"""This month: per family what is due, open, late, done or paused; no answers anywhere."""

from __future__ import annotations

from collections import Counter

from flask import render_template, request
from flask_babel import lazy_gettext as _l

from survey import families, policy, professionals, schedule
from survey.accounts import people
from survey.fieldwork import consent, month, pausing, scopes
from survey.fieldwork.month import FamilyState
from survey.policy import Action, Scope
from survey.web.desk import guard
from survey.web.desk.guard import me, route
from survey.web.services import services


@route("/month", Action.LIST_FAMILIES)
def this_month() -> str:
    """The families of who is here, those first that need somebody first."""
    everything = visible(Action.LIST_FAMILIES)
    place = _number("place")
    there = [one for one in everything if place is None or one.municipality_id == place]
    chosen = request.args.get("show", "")
    return render_template(
        "desk/month.html",
        families=[one for one in there if is_shown(one, chosen)],
        chosen=chosen if chosen in _FILTERS else "",
        place=place,
        filters=[(name, text, _count(there, name)) for name, text in _FILTERS.items()],
        places=_places(everything),
        birthdays=_birthdays(there),
        pauses=[pause for pause in pausing.lasting(services().database) if pause.family_id is None],
        colleague=colleague_names(),
        own_left=_own_left(),
    )


def _own_left() -> int:
    """The minutes that who is here has still to answer themselves, under their own code; 0 for nothing."""
    house, mine = services(), me().account
    if mine.professional_id is None or not guard.may(Action.OWN_FORM, Scope(account_id=mine.id)):
        return 0
    own = next((one for one in professionals.listing(house.database) if one.id == mine.professional_id), None)
    if own is None:
        return 0
    return schedule.pocket(house.database, house.protocol, own.respondent_id, house.today()).minutes


def visible(action: Action) -> tuple[FamilyState, ...]:
    """The families with which who is here may do something."""
    house = services()
    actor = me().account.actor
    found = scopes.near(house.database, house.today(), actor)
    ours = [number for number, scope in found.items() if policy.may(actor, action, scope)]
    return month.listing(house.database, house.protocol, house.today(), ours)


def is_shown(one: FamilyState, chosen: str) -> bool:
    """Whether a family belongs to a filter."""
    if chosen == "alone":
        return one.is_orphan
    if chosen == "printed":
        return one.awaited > 0
    if chosen == "returned":
        return one.returned > 0
    return one.state == chosen if chosen and chosen in _FILTERS else one.state != "stopped"


def colleague_names() -> dict[int, str]:
    """What professionals are called, for who may know it; others see codes."""
    if not guard.may(Action.HAND_OVER):
        return {}
    listed = people.listing(services().database)
    return {one.professional_id: one.name for one in listed if one.professional_id is not None}


#: Which families to show.
_FILTERS = {
    "": _l("All"),
    "alone": _l("Without linking pin"),
    "late": _l("Late"),
    "open": _l("Begun"),
    "due": _l("To do"),
    "done": _l("Done"),
    "printed": _l("On paper, not back"),
    "returned": _l("Back on paper"),
    "later": _l("Later"),
    "paused": _l("Paused"),
    "stopped": _l("Stopped"),
}


def _count(there: list[FamilyState], name: str) -> int:
    return sum(is_shown(one, name) for one in there)


def _places(everything: tuple[FamilyState, ...]) -> dict[int, str]:
    """The municipalities to choose from; none when there is only one."""
    counted = Counter(one.municipality_id for one in everything)
    known = families.places(services().database)
    return {number: name for number, name in known.items() if counted[number]} if len(counted) > 1 else {}


def _birthdays(there: list[FamilyState]) -> list[FamilyState]:
    """Families in which somebody's consent changes hands soon, where the study keeps a ledger."""
    house = services()
    if not house.protocol.consent_required:
        return []
    found = consent.of_families(house.database, house.today(), [one.id for one in there])
    return [one for one in there if any(each.changes_on for each in found[one.id].values())]


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
