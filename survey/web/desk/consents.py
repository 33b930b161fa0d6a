"""The ledger of consent at the desk: who was told, who decided what, for whom."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, RadioField, SelectField, StringField

from survey import families
from survey.families import Member
from survey.fieldwork import consent, household_changes
from survey.fieldwork.consent import Line, Standing
from survey.policy import Action
from survey.web.desk import forms, guard, names
from survey.web.desk.families import the_family
from survey.web.desk.forms import REQUIRED, longest
from survey.web.desk.guard import NotYours, route
from survey.web.replies import go
from survey.web.services import services


class ConsentForm(Form):
    """One line of the ledger."""

    purpose = RadioField(_l("For"), [REQUIRED], default="research")
    giver = RadioField(_l("Who"), [REQUIRED])
    decision = RadioField(_l("What"), [REQUIRED])
    on = DateField(_l("Day"), [REQUIRED])
    information = StringField(_l("Version of the information"), [REQUIRED, longest(40)], default="1")
    medium = SelectField(_l("How"), [REQUIRED])
    override_reason = StringField(_l("Less time to think than promised, because"), [longest(200)])

    def __init__(self, *given: Any, givers: tuple[str, ...], **options: Any) -> None:
        super().__init__(*given, **options)
        self.purpose.choices = [(one, names.purpose_name(one)) for one in reversed(consent.PURPOSES)]
        self.giver.choices = [(one, names.giver_name(one)) for one in givers]
        self.decision.choices = [(one, names.decision_name(one)) for one in consent.DECISIONS]
        self.medium.choices = [(one, names.medium_name(one)) for one in consent.MEDIA]


@route("/families/<int:family_id>/consent", Action.RECORD_CONSENT, "family")
def ledger(family_id: int) -> str:
    """How things stand with everybody of a family."""
    house = services()
    children = household_changes.children(house.database, family_id, house.today())
    return render_template(
        "desk/consents.html", family=the_family(family_id), people=_people(family_id),
        children={child.respondent_id: child for child in children},
        ledger=house.protocol.consent_required, done="done" in request.args,
    )  # fmt: skip


@route("/families/<int:family_id>/consent/<int:respondent_id>", Action.RECORD_CONSENT, "family")
def consent_of(family_id: int, respondent_id: int) -> str:
    """A new line for one person."""
    member, standing = _one(family_id, respondent_id)
    giver = next(iter(standing.missing), standing.givers[0])
    form = ConsentForm(givers=standing.givers, on=services().today(), giver=giver)
    return _page(family_id, member, standing, form)


@route(
    "/families/<int:family_id>/consent/<int:respondent_id>",
    Action.RECORD_CONSENT, "family", methods=("POST",),
)  # fmt: skip
def record_consent(family_id: int, respondent_id: int) -> Response | tuple[str, int]:
    """Add the line."""
    member, standing = _one(family_id, respondent_id)
    form, good = forms.sent(ConsentForm, givers=standing.givers)
    house = services()
    if good:
        try:
            consent.record(
                house.database, house.protocol, respondent_id, _line(form, member),
                now=house.now(), actor=guard.by(),
            )  # fmt: skip
            return go(f"/desk/families/{family_id}/consent?done=1")
        except consent.TooSoon:
            forms.refuse(form.override_reason, _too_soon())
        except consent.NotInOrder:
            forms.refuse(form.on, _("This day lies in the future, or they did not decide at that age."))
    return _page(family_id, member, standing, form), 400


def _page(family_id: int, member: Member, standing: Standing, form: ConsentForm) -> str:
    return render_template(
        "desk/consent.html", family=the_family(family_id), standing=standing, form=form,
        code=_code(family_id, member), respondent_id=member.respondent_id,
        reflection=services().protocol.reflection_days,
    )  # fmt: skip


def _code(family_id: int, member: Member) -> str:
    """The code under which the page of the family lists them: a child's own."""
    house = services()
    listed = household_changes.children(house.database, family_id, house.today())
    return next((child.code for child in listed if child.id == member.child_id), member.code)


def _too_soon() -> str:
    days = services().protocol.reflection_days
    return str(
        _("The study gives %(days)s days to think after being informed. Say why it was less.", days=days)
    )


def _line(form: ConsentForm, member: Member) -> Line:
    assert form.on.data is not None
    return Line(
        form.purpose.data, form.giver.data, form.decision.data, form.on.data, str(form.information.data),
        member.edition.language, member.edition.reading, form.medium.data,
        str(form.override_reason.data or ""),
    )  # fmt: skip


def _people(family_id: int) -> list[tuple[Member, Standing]]:
    house = services()
    standings = consent.of_families(house.database, house.today(), [family_id])[family_id]
    whole = families.by_code(house.database, the_family(family_id).code)
    return [(member, standings[member.respondent_id]) for member in whole.members]


def _one(family_id: int, respondent_id: int) -> tuple[Member, Standing]:
    for member, standing in _people(family_id):
        if member.respondent_id == respondent_id:
            return member, standing
    raise NotYours
