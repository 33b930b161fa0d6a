"""What every template of the desk may use: the menu, the token for forms, names of things."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import format_date, format_datetime
from flask_babel import gettext as _
from markupsafe import Markup

from survey.policy import Action
from survey.web import security
from survey.web.desk import forms, guard, names, words
from survey.web.desk.looks import DESK_STYLE


def menu() -> list[tuple[str, str]]:
    """Where somebody can go: address and text, only what their role does."""
    places = [
        (Action.LIST_FAMILIES, "/desk/month", _("This month")),
        (Action.ADD_FAMILY, "/desk/families/new", _("Add a family")),
        (Action.HAND_OVER, "/desk/hand-over", _("Hand over")),
        (Action.PROFESSIONALS, "/desk/professionals", _("Professionals")),
        (Action.PAUSE_MANY, "/desk/pauses", _("Pauses")),
        (Action.PULSE, "/desk/pulses", _("In between")),
        (Action.ENTER_PAPER, "/desk/paper", _("Paper")),
        (Action.READ_REPORT, "/desk/feedback", _("Feedback")),
        (Action.EXPORT, "/desk/exports", _("Exports")),
        (Action.SCAN_PAPER, "/desk/scans", _("Scans")),
        (Action.LIST_ACCOUNTS, "/desk/people", _("Colleagues")),
        (Action.READ_AUDIT, "/desk/events", _("What was done")),
        (Action.OWN_ACCOUNT, "/desk/account", _("My account")),
    ]
    return [(address, text) for action, address, text in places if guard.may(action)]


@guard.bp.context_processor
def furniture() -> dict[str, Any]:
    """For every template of the desk."""
    return {
        "desk_style": Markup(DESK_STYLE),
        "menu": menu,
        "languages": words.NAMES,
        "csrf": lambda: security.form_token(g.staff.digest) if "staff" in g else "",
        "may": guard.may,
        "Action": Action,
        "role_name": names.role_name,
        "state_name": names.state_name,
        "giver_name": names.giver_name,
        "decision_name": names.decision_name,
        "leaving_reason": lambda reason: names.leaving_reasons()[reason],
        "person_name": names.person_name,
        "sex_name": names.sex_name,
        "purpose_name": names.purpose_name,
        "placement_name": names.placement_name,
        "channel_name": names.channel_name,
        "weekday_names": names.weekday_names,
        "message_state": names.message_state,
        "not_sent": names.not_sent,
        "day": format_date,
        "moment": format_datetime,
        "flat": forms.flat,
        "described": forms.described,
        "new_once": forms.new_once,
    }
