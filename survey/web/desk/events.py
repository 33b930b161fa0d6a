"""What was done: a month of the audit trail, to be looked over."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter

from flask import render_template, request

from instruments.protocol import add_months
from survey import audit, moments, policy
from survey.policy import Action
from survey.web.desk import guard
from survey.web.desk.guard import route
from survey.web.services import services

#: More lines are not looked over by anybody.
MOST = 300


@route("/events", Action.READ_AUDIT, "study")
def events() -> str:
    """One month: what was done how often, and the latest of it."""
    house = services()
    guard.demand(Action.READ_AUDIT, policy.STUDY)
    first = _month(request.args.get("month", "")) or house.today().replace(day=1)
    found = audit.between(house.database, _midnight(first), _midnight(add_months(first, 1)))
    kind = request.args.get("kind", "")
    chosen = [one for one in found if not kind or one.action == kind]
    return render_template(
        "desk/events.html", events=chosen[:MOST], more=len(chosen) > MOST, today=house.today(),
        counts=sorted(Counter(one.action for one in found).items()), first=first, kind=kind,
        before=add_months(first, -1), after=add_months(first, 1), verdict=audit.verify(house.database),
    )  # fmt: skip


def _month(text: str) -> dt.date | None:
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text, re.ASCII)
    return dt.date(int(found[1]), int(found[2]), 1) if found else None


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), moments.ZONE)
