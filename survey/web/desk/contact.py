"""How somebody is reached: asked for, shown (and noted), agreed anew, wiped; and writing to them.

The page itself says only that something is known and what was agreed. Names and numbers are shown after
pressing a button, which is an event of the trail.
"""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, RadioField, SelectField, StringField

from survey.contacts import Book, Details, NotReachable, Unreadable
from survey.fieldwork import reaching
from survey.fieldwork.month import Person
from survey.fieldwork.reaching import Wish
from survey.policy import Action
from survey.post import queue
from survey.web.desk import forms, guard, names
from survey.web.desk.colleagues import Ticks
from survey.web.desk.failures import Stale
from survey.web.desk.families import member, the_family
from survey.web.desk.forms import REQUIRED, longest
from survey.web.desk.guard import NotYours, route
from survey.web.replies import go
from survey.web.services import services

_HERE = "/families/<int:family_id>/contact/<int:respondent_id>"


class ContactForm(Form):
    """How somebody is reached."""

    name = StringField(_l("Name"), [longest(100)])
    phone = StringField(_l("Telephone"), [longest(30)])
    email = StringField(_l("E-mail address"), [longest(200)])
    remark = StringField(_l("What to mind"), [longest(300)])
    channel = RadioField(_l("Links and reminders"), [REQUIRED], default="none")
    days = Ticks(_l("Safe days"))
    from_hour = SelectField(_l("Safe from"), coerce=int, default=9)
    until_hour = SelectField(_l("Safe until"), coerce=int, default=20)

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.channel.choices = [(one, names.channel_name(one)) for one in ("none", "mail", "text")]
        self.days.choices = list(names.weekdays().items())
        self.from_hour.choices = [(hour, f"{hour}:00") for hour in range(24)]
        self.until_hour.choices = [(hour, f"{hour}:00") for hour in range(1, 25)]

    def details(self) -> Details:
        """What was typed."""
        return Details(*(str(field.data or "") for field in (self.name, self.email, self.phone, self.remark)))

    def wish(self) -> Wish:
        """How they want to be reached."""
        days = "".join(sorted(self.days.data or ()))
        return Wish(self.channel.data, days, self.from_hour.data, self.until_hour.data)


@route(_HERE, Action.CONTACTS, "family")
def contact(family_id: int, respondent_id: int) -> str:
    """What is known and agreed, without who and where; when nothing is, the form to keep it."""
    person = _reachable(family_id, respondent_id)
    standing = _book().standings([respondent_id]).get(respondent_id)
    form = ContactForm(days=list("1234567")) if standing is None else None
    return _page(family_id, person, form)


@route(f"{_HERE}/show", Action.CONTACTS, "family", methods=("POST",))
def show_contact(family_id: int, respondent_id: int) -> str:
    """Who and where, to look at or to change; noted in the trail first."""
    person, house, book = _reachable(family_id, respondent_id), services(), _book()
    try:
        details = reaching.show(house.database, book, respondent_id, now=house.now(), actor=guard.by())
    except Unreadable:
        details = None
    standing = book.standings([respondent_id]).get(respondent_id)
    if details is None or standing is None:
        return _page(family_id, person, ContactForm(days=list("1234567")), unreadable=standing is not None)
    terms = standing.terms
    form = ContactForm(
        name=details.name, email=details.email, phone=details.phone, remark=details.remark,
        channel=terms.channel, days=list(terms.days), from_hour=terms.from_hour, until_hour=terms.until_hour,
    )  # fmt: skip
    return _page(family_id, person, form)


@route(_HERE, Action.CONTACTS, "family", methods=("POST",))
def keep_contact(family_id: int, respondent_id: int) -> Response | tuple[str, int]:
    """Keep it, in the place of what was kept before."""
    person, house = _reachable(family_id, respondent_id), services()
    form, good = forms.sent(ContactForm)
    if not form.days.data:
        forms.refuse(form.days, _("Choose at least one day."))
        good = False
    if good and form.until_hour.data <= form.from_hour.data:
        forms.refuse(form.until_hour, _("This is not later than the beginning."))
        good = False
    if good:
        try:
            reaching.keep(
                house.database, _book(), house.protocol, respondent_id, form.details(), form.wish(),
                now=house.now(), actor=guard.by(),
            )  # fmt: skip
            return go(f"/desk/families/{family_id}/contact/{respondent_id}?done=1")
        except NotReachable as wrong:
            _say_what_is_wrong(form, wrong.field)
        except reaching.NotForThem as error:
            raise Stale from error
    return _page(family_id, person, form), 400


@route(f"{_HERE}/agree", Action.CONTACTS, "family", methods=("POST",))
def agree_again(family_id: int, respondent_id: int) -> Response:
    """They were asked: what was agreed still holds."""
    _reachable(family_id, respondent_id)
    house = services()
    try:
        reaching.agree_again(
            house.database, _book(), house.protocol, respondent_id, now=house.now(), actor=guard.by()
        )
    except reaching.NotForThem as error:
        raise Stale from error
    return go(f"/desk/families/{family_id}/contact/{respondent_id}?done=1")


@route(f"{_HERE}/forget", Action.CONTACTS, "family", methods=("POST",))
def forget_contact(family_id: int, respondent_id: int) -> Response:
    """Wipe who and where."""
    _reachable(family_id, respondent_id)
    house = services()
    reaching.forget(house.database, _book(), respondent_id, now=house.now(), actor=guard.by())
    return go(f"/desk/families/{family_id}/contact/{respondent_id}?done=1")


@route("/families/<int:family_id>/send", Action.SEND_LINK, "family", methods=("POST",))
def send_link(family_id: int) -> Response | tuple[str, int]:
    """A link or a reminder to one person, as they agreed; it goes at the first moment that is safe."""
    person = member(family_id, forms.number_in("respondent"))
    kind = "reminder" if "remind" in request.form else "link"
    house = services()
    try:
        queue.put(
            house.database, _book(), house.protocol, person.respondent_id, kind,
            now=house.now(), actor=guard.by(),
        )  # fmt: skip
    except queue.NotSendable as refused:
        family = the_family(family_id)
        page = render_template("desk/not_sent.html", family=family, person=person, why=refused.why)
        return page, 409
    return go(f"/desk/families/{family_id}?done=queued")


def _page(family_id: int, person: Person, form: ContactForm | None, *, unreadable: bool = False) -> str:
    house = services()
    number = person.respondent_id
    standing = _book().standings([number]).get(number)
    return render_template(
        "desk/contact.html", family=the_family(family_id), person=person, standing=standing, form=form,
        done="done" in request.args, unreadable=unreadable,
        holds=standing is not None and standing.terms.good_until >= house.today(),
        sent=queue.of_people(house.database, [number])[number],
    )  # fmt: skip


def _book() -> Book:
    """The contact store. Raises NotYours where there is none."""
    book = services().book
    if book is None:
        raise NotYours
    return book


def _reachable(family_id: int, respondent_id: int) -> Person:
    """A member who is written to themselves. Raises NotYours for anybody else."""
    person = member(family_id, respondent_id)
    if person.role != "parent" and (person.age_years or 0) < reaching.YOUNGEST:
        raise NotYours
    return person


def _say_what_is_wrong(form: ContactForm, field: str) -> None:
    if field == "email" and form.email.data:
        forms.refuse(form.email, _("This is no e-mail address. Write it such as name@example.org."))
    elif field == "email":
        forms.refuse(form.email, _("Mail needs an e-mail address, such as name@example.org."))
    elif form.phone.data:
        forms.refuse(form.phone, _("This is no telephone number. Write it such as 06 12345678."))
    else:
        forms.refuse(form.phone, _("A text needs a telephone number, such as 06 12345678."))
