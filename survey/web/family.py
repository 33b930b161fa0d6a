"""The family page: whose turn it is. It shows what each person still has to do, and never an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from survey import assents, schedule, visits
from survey.fieldwork import consent
from survey.schedule import FamilyPage, Pocket
from survey.visits import NotYours, Visit
from survey.web import forms, joining, security, visitor
from survey.web.forms import FamilyForm
from survey.web.phrases import Ages, about, listed, numbered
from survey.web.replies import go
from survey.web.services import Services, services

bp = Blueprint("family", __name__)


@dataclass(frozen=True)
class Person:
    """Somebody of the family, as the page lists them."""

    respondent_id: int
    name: str
    #: About whom there is still something to answer.
    about: str
    #: About how many minutes that takes; 0 when all is done.
    minutes: int
    #: Who said that they do not want to take part. A child may say something else, so it can be opened.
    declined: bool = False


@bp.get("/family")
def family() -> Response | str:
    """Who of the family still has something to do."""
    visit = visitor.visit()
    if visit.family_id is None:
        return go("/mine")
    house = services()
    page = schedule.family_page(house.database, house.protocol, visit.family_id, house.today())
    return render_template(
        "family.html", page=page, people=people(house, page), csrf=security.form_token(visit.digest)
    )


@bp.post("/family/open")
def open_pocket() -> Response:
    """Open one person's pocket. A new visit begins, so that nobody sees what another gave before."""
    visit = visitor.visit()
    security.check_form(visit.digest)
    chosen = int(forms.read(FamilyForm).respondent.data or 0)
    secret, opened = _chosen(services(), visit, chosen)
    response = go(joining.first_page(opened))
    security.remember_visit(response, secret)
    return response


def _chosen(house: Services, visit: Visit, respondent_id: int) -> tuple[str, Visit]:
    """A new visit with this person's pocket, and its secret. Raises NotYours unless the page lists them."""
    if visit.family_id is None:
        raise NotYours
    page = schedule.family_page(house.database, house.protocol, visit.family_id, house.today())
    listed = {pocket.respondent_id for pocket in page.pockets}
    if respondent_id not in listed - _withdrawn(house, page):
        raise NotYours
    secret, opened = visits.choose(house.database, visit, respondent_id, house.now())
    # The page begins in the edition of its first person; another one was chosen on it, just now.
    if visit.respondent_id is None and visit.edition != page.pockets[0].edition:
        visits.set_edition(house.database, opened, visit.edition)
    return secret, opened


def people(house: Services, page: FamilyPage) -> list[Person]:
    """The people on the page, parents first."""
    parents = [pocket for pocket in page.pockets if pocket.role == "parent"]
    children = [pocket for pocket in page.pockets if pocket.role != "parent"]
    ages = Ages.of_children(page)
    listed_people = [
        _person(house, pocket, _parent(number, len(parents))) for number, pocket in enumerate(parents, 1)
    ]
    gone = _withdrawn(house, page)
    listed_people = [
        replace(person, about="", minutes=0, declined=True) if person.respondent_id in gone else person
        for person in listed_people
    ]
    said = assents.newest(house.database, ages.years, page.wave) if page.wave else {}
    return listed_people + [
        replace(_person(house, pocket, _child(pocket, ages)), declined=said.get(pocket.respondent_id) == "no")
        for pocket in children
    ]


def _withdrawn(house: Services, page: FamilyPage) -> set[int]:
    """The parents who refused to take part, or took back their consent."""
    parents = {pocket.respondent_id for pocket in page.pockets if pocket.role == "parent"}
    standings = consent.of_families(house.database, house.today(), [page.family_id])[page.family_id]
    return {number for number in parents if standings[number].is_refused}


def _person(house: Services, pocket: Pocket, name: str) -> Person:
    left = [task for task in pocket.left if house.offered(house.catalogue.get(task.instrument, task.version))]
    ages, own = Ages.in_pocket(pocket), pocket.role == "parent"
    phrases = [about(task.subject, task.child_id, ages, own=own) for task in left] if own else []
    return Person(pocket.respondent_id, name, listed(phrases), sum(task.minutes for task in left))


def _parent(number: int, of: int) -> str:
    return str(_("Parent") if of == 1 else _("Parent %(number)s", number=number))


def _child(pocket: Pocket, ages: Ages) -> str:
    years = ages.years[pocket.respondent_id]
    name = ngettext("Child of %(num)s year", "Child of %(num)s years", years)
    return numbered(str(name), ages.ordinal(pocket.respondent_id))
