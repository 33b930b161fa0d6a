"""The waves of a family: when each is open, why one closes later, and letting one close later."""

from __future__ import annotations

from flask import Response, render_template, request
from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, SelectField, StringField

from survey import windows
from survey.policy import Action
from survey.web.desk import forms, guard
from survey.web.desk.families import the_family
from survey.web.desk.forms import REQUIRED, longest
from survey.web.desk.guard import route
from survey.web.replies import go
from survey.web.services import services


class LaterForm(Form):
    """Which wave closes when instead, and why."""

    wave = SelectField(_l("Wave"), [REQUIRED])
    closes = DateField(_l("Last day"), [REQUIRED])
    reason = StringField(_l("Why"), [REQUIRED, longest(200)])


@route("/families/<int:family_id>/waves", Action.VIEW_FAMILY, "family")
def family_waves(family_id: int) -> str:
    """When each wave is open for a family."""
    return _page(family_id, _form(family_id))


@route("/families/<int:family_id>/waves", Action.EXTEND_WAVE, "family", methods=("POST",))
def extend_wave(family_id: int) -> Response | tuple[str, int]:
    """One of them closes later, also when it has closed."""
    form, house = _form(family_id), services()
    good, reason = form.validate(), str(form.reason.data or "")
    if good and not reason.strip():
        forms.refuse(form.reason, forms.FILL_IN)
        good = False
    if good:
        assert form.closes.data is not None
        try:
            windows.extend(
                house.database, house.protocol, family_id, form.wave.data, form.closes.data,
                reason, now=house.now(), actor=guard.by(),
            )  # fmt: skip
            return go(f"/desk/families/{family_id}/waves?done=1")
        except windows.NotLater as refused:
            forms.refuse(form.closes, _when(refused))
    return _page(family_id, form), 400


def _form(family_id: int) -> LaterForm:
    """The form as it was sent, or empty, with the waves that have begun."""
    house = services()
    known = windows.of_family(house.database, house.protocol, family_id)
    form = LaterForm(request.form)
    form.wave.choices = [(one.wave, one.wave) for one in known if one.opens <= house.today()]
    return form


def _page(family_id: int, form: LaterForm) -> str:
    house = services()
    later = {one.wave: one.reason for one in windows.extensions(house.database, family_id)}
    known = windows.of_family(house.database, house.protocol, family_id)
    return render_template(
        "desk/waves.html", family=the_family(family_id), windows=known, later=later, form=form,
        today=house.today(), done="done" in request.args,
    )  # fmt: skip


def _when(refused: windows.NotLater) -> str:
    if refused.latest is None:
        return str(_("Take a day later than now and than the wave closes by itself."))
    return str(
        _(
            "Take a day later than the wave closes by itself, and at most %(day)s: then the next one opens.",
            day=format_date(refused.latest),
        )
    )
