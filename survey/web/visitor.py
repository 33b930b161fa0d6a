"""Who is here, and how to speak to them: the visit behind the cookie, and the edition of a page."""

from __future__ import annotations

from flask import request

from instruments import Edition
from instruments.protocol import age_months
from survey import answers, links, visits
from survey.answers import Sitting
from survey.visits import Visit
from survey.web import languages, security
from survey.web.i18n import speak
from survey.web.pages import audience_of
from survey.web.services import services


class NoVisit(Exception):
    """This browser is on no visit: it left, it never opened a link, or it keeps no cookies."""


#: What says that nobody is on a visit here.
NO_LONGER_HERE = (NoVisit, visits.VisitOver)


def digest() -> str:
    """The digest of this browser's visit. Raises NoVisit when it has none."""
    secret = security.visit_secret()
    if not secret:
        raise NoVisit
    return links.digest_of(secret)


def visit() -> Visit:
    """The visit of this browser; the page speaks its edition from here on.

    Raises NoVisit or visits.VisitOver.
    """
    found = visits.find(services().database, digest(), services().now(), idle=services().idle)
    months = None if found.born is None else age_months(found.born, services().today())
    speak(spoken(found.edition), audience_of(found.role, months))
    return found


def sitting(response_id: int) -> Sitting:
    """The visit of this browser with one of its person's responses; speaks to who answers it.

    Raises NoVisit, visits.VisitOver or visits.NotYours.
    """
    house = services()
    found = answers.load(house.database, digest(), response_id, house.now(), idle=house.idle)
    instrument = house.catalogue.get(found.response.instrument, found.response.version)
    speak(spoken(found.visit.edition), audience_of(instrument.informant, found.response.age_months))
    return found


def spoken(edition: Edition) -> Edition:
    """The edition of the pages for someone who reads this one: it, its language's other, or the usual."""
    offered = services().editions
    for wanted in (edition, Edition(edition.language)):
        if wanted in offered:
            return wanted
    return offered[0]


def offered_edition(text: str | None) -> Edition | None:
    """The edition of that name; None for anything that is not offered."""
    return next((edition for edition in services().editions if str(edition) == text), None)


def guest_edition() -> Edition:
    """The edition for someone of whom nothing is known: chosen here, else what the browser asks for."""
    return (
        offered_edition(request.args.get("in"))
        or offered_edition(security.remembered_edition())
        or languages.best(request.headers.get("Accept-Language"), services().editions)
    )


def speak_to_guest() -> None:
    """Speak to someone of whom nothing is known yet."""
    speak(guest_edition())
