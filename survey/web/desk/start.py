"""Where the desk begins: with the families of who has any, else with their own account."""

from __future__ import annotations

from flask import Response

from survey.policy import Action
from survey.web.desk import guard
from survey.web.desk.guard import route
from survey.web.replies import go


@route("/", Action.OWN_ACCOUNT, "self")
def start() -> Response:
    """To the page that matters most to somebody."""
    if guard.may(Action.LIST_FAMILIES):
        return go("/desk/month")
    return go("/desk/feedback" if guard.may(Action.READ_REPORT) else "/desk/account")
