"""A family that parts, joins another or moves, and a child that was placed out of home."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, RadioField, SelectField, StringField

from instruments import Edition
from survey import codes, families
from survey.accounts import once
from survey.families import NoSuchFamily, Parent
from survey.fieldwork import household_changes, households, scopes
from survey.fieldwork.households import CannotPart
from survey.policy import Action
from survey.web.desk import forms, guard
from survey.web.desk.colleagues import Ticks
from survey.web.desk.failures import Stale
from survey.web.desk.families import the_family
from survey.web.desk.forms import REQUIRED, longest
from survey.web.desk.guard import NotYours, me, route
from survey.web.forms import NotThisForm
from survey.web.replies import go
from survey.web.services import services


class PartForm(Form):
    """Who goes, and where to."""

    who = Ticks(_l("Who goes"), coerce=int)
    what = RadioField(_l("What happened"), [REQUIRED], default="parted")
    caregiver = SelectField(_l("A new parent or caregiver there reads"))
    once = StringField()

    def __init__(self, *given: Any, members: dict[int, str], **options: Any) -> None:
        super().__init__(*given, **options)
        own = services().catalogues.own_name
        self.who.choices = list(members.items())
        self.what.choices = [
            ("parted", _("they form a second household")),
            ("out_of_home", _("the child was placed out of home")),
        ]
        self.caregiver.choices = [
            ("", _("nobody new")),
            *((str(one), own(one)) for one in services().editions),
        ]


class JoinForm(Form):
    """Into which family."""

    into = StringField(_l("Code of the other family"), [REQUIRED, longest(12)])


class MoveForm(Form):
    """To which municipality."""

    place = SelectField(_l("Municipality"), [REQUIRED], coerce=int)

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.place.choices = list(families.places(services().database).items())


_HERE = "/families/<int:family_id>/household"


@route(_HERE, Action.EDIT_FAMILY, "family")
def household(family_id: int) -> str:
    """What can happen to a household."""
    return _page(family_id)


@route(_HERE, Action.EDIT_FAMILY, "family", methods=("POST",))
def part_household(family_id: int) -> Response | tuple[str, int]:
    """Some of them live elsewhere from now on, under a code of their own."""
    form, good = forms.sent(PartForm, members=_members(family_id))
    house = services()
    token = f"part:{str(form.once.data or '')[:24]}"
    if good:
        before = once.claim(house.database, me().account.id, token, house.now())
        if before is not None:
            return go(before or f"/desk/families/{family_id}")
        try:
            new_id = households.part(
                house.database, family_id, form.who.data or (),
                out_of_home=form.what.data == "out_of_home", caregiver=_caregiver(form),
                now=house.now(), actor=guard.by(),
            )  # fmt: skip
            once.led_to(house.database, me().account.id, token, f"/desk/families/{new_id}?done=added")
            return go(f"/desk/families/{new_id}?done=added")
        except CannotPart as refused:
            forms.refuse(form.who, _why_not(refused.why))
        except NoSuchFamily as error:
            raise Stale from error
    form.once.data = forms.new_once()
    return _page(family_id, part=form), 400


@route(f"{_HERE}/join", Action.EDIT_FAMILY, "family", methods=("POST",))
def join_household(family_id: int) -> Response | tuple[str, int]:
    """The family becomes part of another one that is theirs too."""
    form, good = forms.sent(JoinForm)
    house = services()
    if good:
        try:
            other = families.by_code(house.database, str(form.into.data))
            guard.demand(Action.EDIT_FAMILY, scopes.of_family(house.database, other.id, house.today()))
            households.join(house.database, family_id, other.id, now=house.now(), actor=guard.by())
            return go(f"/desk/families/{other.id}?done=changed")
        except (codes.Mistyped, NoSuchFamily, NotYours):
            forms.refuse(form.into, _("No family of yours has this code."))
        except CannotPart as refused:
            forms.refuse(form.into, _why_not(refused.why))
    return _page(family_id, join=form), 400


@route(f"{_HERE}/move", Action.EDIT_FAMILY, "family", methods=("POST",))
def move_household(family_id: int) -> Response:
    """The family lives in another municipality from now on, and perhaps is not theirs any more."""
    form, good = forms.sent(MoveForm)
    house = services()
    if not good:
        raise NotThisForm("no such municipality")
    try:
        households.move(house.database, family_id, form.place.data, now=house.now(), actor=guard.by())
    except NoSuchFamily as error:
        raise Stale from error
    there = scopes.of_family(house.database, family_id, house.today())
    mine = guard.may(Action.VIEW_FAMILY, there)
    return go(f"/desk/families/{family_id}?done=changed" if mine else "/desk/month?done=moved")


def _page(family_id: int, *, part: PartForm | None = None, join: JoinForm | None = None) -> str:
    family = the_family(family_id)
    return render_template(
        "desk/household.html", family=family, join=join or JoinForm(),
        part=part or PartForm(members=_members(family_id), once=forms.new_once()),
        move=MoveForm(place=family.municipality_id),
    )  # fmt: skip


def _members(family_id: int) -> dict[int, str]:
    """What the members are called on the page, by respondent."""
    house = services()
    children = {
        child.respondent_id: f"{_('Child of %(years)s', years=child.age_years)} {child.code}"
        for child in household_changes.children(house.database, family_id, house.today())
    }
    whole = families.by_code(house.database, the_family(family_id).code)
    return {
        one.respondent_id: children.get(one.respondent_id) or f"{_('Parent')} {one.code}"
        for one in whole.members
    }


def _caregiver(form: PartForm) -> Parent | None:
    if not form.caregiver.data:
        return None
    found = Edition.parse(form.caregiver.data)
    return Parent(found.language, found.reading)


def _why_not(why: str) -> str:
    return str(
        {
            "nobody": _("Choose who goes."),
            "all": _("Somebody has to stay; when everybody goes, the family moves or joins another."),
            "no_adult": _("Children need a parent or caregiver, where they go and where they stay."),
            "other_place": _("That family has stopped, or is this one."),
            "only_children": _("Out of home goes a child; say what the new caregiver reads."),
        }[why]
    )
