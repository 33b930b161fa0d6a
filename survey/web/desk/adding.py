"""Adding a family: one page on a phone. Nothing in it is a name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, FieldList, Form, FormField, SelectField, StringField
from wtforms.validators import Optional

from instruments import Edition
from survey import families
from survey.accounts import once
from survey.families import Child, Parent
from survey.fieldwork import handover, household_changes, pausing
from survey.policy import Action, Role, Scope
from survey.web.desk import forms, guard
from survey.web.desk.forms import REQUIRED
from survey.web.desk.guard import me, route
from survey.web.replies import go
from survey.web.services import services

#: Rows on the page; more can be added on the family's own page.
PARENTS, CHILDREN = 2, 6
#: Nobody who takes part as a child is older.
_OLDEST_YEARS = 19


class ParentForm(Form):
    """One parent or caregiver: the edition they read; empty: there is none."""

    edition = SelectField(_l("Reads"))

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        own = services().catalogues.own_name
        self.edition.choices = [("", _("nobody")), *((str(one), own(one)) for one in services().editions)]


class ChildForm(Form):
    """One child: month of birth, perhaps sex, and who reports on it."""

    month = SelectField(_l("Month"), [Optional(strip_whitespace=False)])
    year = SelectField(_l("Year"), [Optional(strip_whitespace=False)])
    sex = SelectField(_l("Sex"), [Optional(strip_whitespace=False)])
    reporter = SelectField(_l("Questions about this child go to"), default="0")

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        today = services().today()
        self.month.choices = [("", "–"), *((str(number), str(number)) for number in range(1, 13))]
        years = range(today.year, today.year - _OLDEST_YEARS, -1)
        self.year.choices = [("", "–"), *((str(year), str(year)) for year in years)]
        self.sex.choices = [
            ("", _("not said")), ("girl", _("girl")), ("boy", _("boy")), ("other", _("other")),
        ]  # fmt: skip
        self.reporter.choices = [("0", _("parent 1")), ("1", _("parent 2"))]


class FamilyForm(Form):
    """A family: where, from when, who."""

    place = SelectField(_l("Municipality"), [REQUIRED], coerce=int)
    t0 = DateField(_l("Takes part from"), [REQUIRED])
    parents = FieldList(FormField(ParentForm), min_entries=PARENTS, max_entries=PARENTS)
    children = FieldList(FormField(ChildForm), min_entries=CHILDREN, max_entries=CHILDREN)
    once = StringField()

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.place.choices = list(places_to_add_in().items())

    def people(self) -> tuple[list[Parent], list[tuple[Child, int]]]:
        """The parents, and the children with the place of the parent who reports on them."""
        parents = [_parent(row["edition"]) for row in self.parents.data if row["edition"]]
        children = [
            (Child(_month(row), row["sex"] or None), int(row["reporter"] or 0))
            for row in self.children.data
            if row["month"] or row["year"]
        ]
        return parents, children

    def problems(self) -> bool:
        """Say what is wrong with the family as a whole; whether anything is."""
        today = services().today()
        rows = self.children.data
        incomplete = any(bool(row["month"]) != bool(row["year"]) for row in rows)
        if not any(row["edition"] for row in self.parents.data):
            forms.refuse(self.parents, _("Choose what at least one parent reads."))
        if not any(row["month"] or row["year"] for row in rows):
            forms.refuse(self.children, _("Add at least one child: without one there is nothing to ask."))
        if incomplete:
            forms.refuse(self.children, _("Give both month and year of birth."))
        elif any(_month(one.data) > today for one in self.children if one.data["month"] and not one.errors):
            forms.refuse(self.children, _("A child cannot be born in the future."))
        if self.t0.data and not today - dt.timedelta(400) <= self.t0.data <= today + dt.timedelta(60):
            forms.refuse(self.t0, _("Take a day between a year ago and two months from now."))
        return any((self.parents.errors, self.children.errors, self.t0.errors))


@route("/families/new", Action.ADD_FAMILY)
def new_family() -> str:
    """The empty page."""
    mine = places_to_add_in()
    form = FamilyForm(
        t0=services().today(),
        place=next(iter(mine), None),
        parents=[{"edition": str(services().editions[0])}],
        once=forms.new_once(),
    )
    return render_template("desk/new_family.html", form=form)


@route("/families/new", Action.ADD_FAMILY, methods=("POST",))
def add_family() -> Response | tuple[str, int]:
    """The family, once however often the form is sent."""
    form, good = forms.sent(FamilyForm)
    if form.problems() or not good:
        return render_template("desk/new_family.html", form=form), 400
    guard.demand(Action.ADD_FAMILY, Scope(frozenset({form.place.data})))
    house, mine, token = services(), me().account.id, str(form.once.data or "")[:40]
    before = once.claim(house.database, mine, token, house.now()) if token else None
    if before is not None:
        return go(before or "/desk/month")
    address = f"/desk/families/{_added(form)}?done=added"
    once.led_to(house.database, mine, token, address)
    return go(address)


@route("/families/<int:family_id>/child", Action.EDIT_FAMILY, "family", methods=("POST",))
def add_child(family_id: int) -> Response | tuple[str, int]:
    """A child that came later, or did not fit on the page."""
    form, good = forms.sent(ChildForm)
    house = services()
    whole = bool(form.month.data) and bool(form.year.data)
    if not good or not whole or _month(form.data) > house.today():
        return go(f"/desk/families/{family_id}?done=no_month#add")
    if _first_time(family_id):
        child = Child(_month(form.data), form.sex.data or None)
        household_changes.add_child(house.database, family_id, child, now=house.now(), actor=guard.by())
    return go(f"/desk/families/{family_id}?done=changed")


@route("/families/<int:family_id>/parent", Action.EDIT_FAMILY, "family", methods=("POST",))
def add_parent(family_id: int) -> Response:
    """A parent or caregiver who joins."""
    form, good = forms.sent(ParentForm)
    house = services()
    if good and form.edition.data and _first_time(family_id):
        parent = _parent(form.edition.data)
        household_changes.add_parent(house.database, family_id, parent, now=house.now(), actor=guard.by())
    return go(f"/desk/families/{family_id}?done=changed")


def places_to_add_in() -> dict[int, str]:
    """The municipalities in which who is here may add a family."""
    known = families.places(services().database)
    return {
        number: name
        for number, name in known.items()
        if guard.may(Action.ADD_FAMILY, Scope(frozenset({number})))
    }


def _added(form: FamilyForm) -> int:
    """Store the family; a linking pin works with it from now on."""
    house = services()
    study, mine = house.study, me().account
    assert study is not None
    assert form.t0.data is not None
    parents, children = form.people()
    made = families.add_family(
        house.database, study.id, form.place.data, form.t0.data,
        parents=parents, children=[child for child, _place in children], now=house.now(), actor=guard.by(),
    )  # fmt: skip
    for child_id, (_child, place) in zip(made.children, children, strict=True):
        if 0 < place < len(made.parents):
            families.set_reporter(
                house.database, child_id, made.parents[place], now=house.now(), actor=guard.by()
            )
    if mine.role is Role.LINKING_PIN and mine.professional_id is not None:
        handover.move(
            house.database, [made.family_id], mine.professional_id, "", now=house.now(), actor=guard.by()
        )
    pausing.hold_if_paused(house.database, made.family_id)
    return made.family_id


def _first_time(family_id: int) -> bool:
    house = services()
    token = f"{family_id}:{request.form.get('once', '')[:24]}"
    return once.claim(house.database, me().account.id, token, house.now()) is None


def _parent(edition: str) -> Parent:
    found = Edition.parse(edition)
    return Parent(found.language, found.reading)


def _month(row: Mapping[str, Any]) -> dt.date:
    return dt.date(int(row["year"]), int(row["month"]), 1)
