"""Placements at the desk: what each child was offered and used."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, IntegerField, SelectField, StringField
from wtforms.validators import NumberRange

from survey.accounts import once
from survey.fieldwork import household_changes, placements
from survey.fieldwork.household_changes import Youngster
from survey.policy import Action
from survey.web.desk import forms, guard, names
from survey.web.desk.failures import Stale
from survey.web.desk.families import the_family
from survey.web.desk.forms import OPTIONAL, REQUIRED, longest
from survey.web.desk.guard import NotYours, me, route
from survey.web.replies import go
from survey.web.services import services


class PlacementForm(Form):
    """What a child was offered."""

    kind = SelectField(_l("What"), [REQUIRED])
    starts_on = DateField(_l("First day"), [OPTIONAL])
    ends_on = DateField(_l("Last day"), [OPTIONAL])
    days = IntegerField(_l("Days a week"), [OPTIONAL, NumberRange(1, 7, _l("From 1 to 7."))])
    hours = IntegerField(_l("Hours a week"), [OPTIONAL, NumberRange(1, 100, _l("From 1 to 100."))])
    location = StringField(_l("Code of the place"), [longest(20)])

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.kind.choices = [("", "–"), *((kind, names.placement_name(kind)) for kind in placements.KINDS)]


@route("/families/<int:family_id>/placements", Action.RECORD_PLACEMENT, "family")
def family_placements(family_id: int) -> str:
    """What the children of a family were offered."""
    return _page(family_id)


@route("/families/<int:family_id>/placements", Action.RECORD_PLACEMENT, "family", methods=("POST",))
def add_placement(family_id: int) -> Response | tuple[str, int]:
    """Note another."""
    child = _child(family_id, forms.number_in("child"))
    form, good = forms.sent(PlacementForm)
    if form.starts_on.data and form.ends_on.data and form.ends_on.data < form.starts_on.data:
        forms.refuse(form.ends_on, _("The last day lies before the first."))
        good = False
    if not good:
        return _page(family_id, form, child.id), 400
    house = services()
    token = f"placement:{request.form.get('once', '')[:24]}"
    if once.claim(house.database, me().account.id, token, house.now()) is None:
        placements.add(
            house.database, child.id, form.kind.data, starts_on=form.starts_on.data,
            ends_on=form.ends_on.data, days_a_week=form.days.data, hours_a_week=form.hours.data,
            location=str(form.location.data or ""), now=house.now(), actor=guard.by(),
        )  # fmt: skip
    return go(f"/desk/families/{family_id}/placements")


@route("/families/<int:family_id>/placements/end", Action.RECORD_PLACEMENT, "family", methods=("POST",))
def end_placement(family_id: int) -> Response:
    """Today was the last day."""
    child = _child(family_id, forms.number_in("child"))
    house = services()
    try:
        placements.end(
            house.database, child.id, forms.number_in("placement"), house.today(),
            now=house.now(), actor=guard.by(),
        )  # fmt: skip
    except placements.NoSuchPlacement as error:
        raise Stale from error
    return go(f"/desk/families/{family_id}/placements")


def _page(family_id: int, form: PlacementForm | None = None, open_child: int = 0) -> str:
    house = services()
    children = household_changes.children(house.database, family_id, house.today())
    found = placements.of_children(house.database, [child.id for child in children])
    return render_template(
        "desk/placements.html", family=the_family(family_id), children=children, placements=found,
        form=form or PlacementForm(), open_child=open_child,
    )  # fmt: skip


def _child(family_id: int, child_id: int) -> Youngster:
    house = services()
    for child in household_changes.children(house.database, family_id, house.today()):
        if child.id == child_id:
            return child
    raise NotYours
