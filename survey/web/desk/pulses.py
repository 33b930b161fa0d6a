"""Pulses: a questionnaire outside the waves, sent to professionals when something happens."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, SelectField

from instruments import Edition
from instruments.protocol import OneOff
from survey import pulses
from survey.policy import Action
from survey.web.desk import forms, guard
from survey.web.desk.forms import REQUIRED
from survey.web.desk.guard import route
from survey.web.replies import go
from survey.web.services import services


class PulseForm(Form):
    """Which questionnaire, until when."""

    one_off = SelectField(_l("Questionnaire"), [REQUIRED])
    closes = DateField(_l("Last day"), [REQUIRED])

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.one_off.choices = [(one.id, _title(one)) for one in pulses.possible(services().protocol)]


@route("/pulses", Action.PULSE, "study")
def pulse_page() -> str:
    """What was sent out, and what can be."""
    return _page(PulseForm())


@route("/pulses", Action.PULSE, "study", methods=("POST",))
def begin_pulse() -> Response | tuple[str, int]:
    """Ask it from today on; one that is open closes on another day instead."""
    form, good = forms.sent(PulseForm)
    house = services()
    study = house.study
    assert study is not None
    if good:
        assert form.closes.data is not None
        try:
            pulses.begin(
                house.database, house.protocol, study.id, form.one_off.data, form.closes.data,
                now=house.now(), actor=guard.by(),
            )  # fmt: skip
            return go("/desk/pulses?done=1")
        except pulses.NotAPulse:
            forms.refuse(form.closes, _("Take a day from today until half a year from now."))
    return _page(form), 400


def _page(form: PulseForm) -> str:
    house = services()
    titles = {one.id: _title(one) for one in pulses.possible(house.protocol)}
    return render_template(
        "desk/pulses.html", form=form, pulses=pulses.all_of(house.database), titles=titles,
        today=house.today(), done="done" in request.args,
    )  # fmt: skip


def _title(one: OneOff) -> str:
    """What a questionnaire is called, in Dutch; its name where nobody may read it yet."""
    house = services()
    instrument = house.catalogue.get(one.instrument, one.version)
    if Edition("nl") not in house.offered(instrument):
        return one.id
    return house.library.wording(instrument, Edition("nl")).text("title")
