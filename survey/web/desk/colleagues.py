"""Colleagues: who works here and where; inviting them, letting them begin anew, and saying goodbye."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, RadioField, SelectMultipleField, StringField
from wtforms.validators import Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from survey import families, policy, professionals
from survey.accounts import people
from survey.accounts.people import Account, EmailTaken, Newcomer
from survey.policy import Action, Role, Scope
from survey.web.desk import forms, guard, names, pictures
from survey.web.desk.forms import REQUIRED, longest
from survey.web.desk.guard import me, route
from survey.web.replies import go
from survey.web.services import services


class Ticks(SelectMultipleField):
    """Several of a list, each with its box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class PlacesForm(Form):
    """Where a role holds."""

    places = Ticks(_l("Municipalities"), coerce=int)
    everywhere = BooleanField(_l("In the whole study"))

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.places.choices = list(_places().items())


class InviteForm(PlacesForm):
    """Whom to invite, as what, where."""

    name = StringField(_l("Name"), [REQUIRED, longest(100)])
    email = StringField(
        _l("E-mail address"),
        [
            REQUIRED,
            longest(200),
            Regexp(r"[^@\s]+@[^@\s]+\.[^@\s]+$", message=_l("This is no e-mail address.")),
        ],
        filters=[lambda text: (text or "").strip()],
    )
    role = RadioField(_l("Works as"), [REQUIRED])
    takes_over = StringField(_l("Takes over from (code), if anybody"), [longest(12)])

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.role.choices = [(role.value, names.role_name(role)) for role in policy.gives(me().account.actor)]


@route("/people", Action.LIST_ACCOUNTS)
def colleagues() -> str:
    """Who works here, as far as somebody manages them."""
    seen = [one for one in people.listing(services().database) if guard.may(Action.LIST_ACCOUNTS, one.scope)]
    return render_template("desk/colleagues.html", colleagues=seen, where=_where)


@route("/people/<int:account_id>", Action.LIST_ACCOUNTS, "account")
def colleague(account_id: int) -> str:
    """One of them."""
    return _colleague_page(people.get(services().database, account_id))


@route("/people/invite", Action.INVITE)
def invite() -> str:
    """Invite somebody."""
    return render_template("desk/invite.html", form=_invite_form())


@route("/people/invite", Action.INVITE, methods=("POST",))
def send_invitation() -> str | tuple[str, int]:
    """The account, and its invitation to hand over; told once."""
    form, good = forms.sent(InviteForm)
    if good and _can_be_placed(form, Role(form.role.data)):
        house = services()
        study = house.study
        assert study is not None
        try:
            account_id, token = people.invite(
                house.database, study.id, _newcomer(form), now=house.now(), actor=guard.by()
            )
            return _invitation_page(people.get(house.database, account_id), token)
        except EmailTaken:
            forms.refuse(form.email, _("Somebody with this address has an account already."))
        except LookupError:
            forms.refuse(form.takes_over, _("No professional has this code."))
    return render_template("desk/invite.html", form=form), 400


@route("/people/<int:account_id>/again", Action.RESET_ACCOUNT, "account", methods=("POST",))
def begin_anew(account_id: int) -> str:
    """Lost password or phone: everything is taken back, and there is a new invitation."""
    house = services()
    token = people.reset(house.database, account_id, now=house.now(), actor=guard.by())
    return _invitation_page(people.get(house.database, account_id), token)


@route("/people/<int:account_id>/close", Action.RESET_ACCOUNT, "account", methods=("POST",))
def close_account(account_id: int) -> Response:
    """Somebody leaves; their families show up as without anybody."""
    house = services()
    people.close(house.database, account_id, now=house.now(), actor=guard.by())
    return go("/desk/people")


@route("/people/<int:account_id>/places", Action.CHANGE_ROLE, "account", methods=("POST",))
def change_places(account_id: int) -> Response | tuple[str, int]:
    """Change where somebody's role holds."""
    house = services()
    account = people.get(house.database, account_id)
    form, good = forms.sent(PlacesForm)
    if good and _can_be_placed(form, account.role):
        people.set_scope(
            house.database, account_id, form.places.data or (), bool(form.everywhere.data),
            now=house.now(), actor=guard.by(),
        )  # fmt: skip
        return go(f"/desk/people/{account_id}")
    return _colleague_page(account, form), 400


def _invite_form() -> InviteForm:
    mine = me().account
    return InviteForm(places=sorted(mine.municipalities) if len(mine.municipalities) == 1 else [])


def _places() -> dict[int, str]:
    """The municipalities that somebody can give."""
    mine = me().account
    known = families.places(services().database)
    return {
        number: name for number, name in known.items() if mine.everywhere or number in mine.municipalities
    }


def _can_be_placed(form: PlacesForm, role: Role) -> bool:
    """Whether somebody may give this role there; says so in the form when not."""
    chosen, everywhere = frozenset(form.places.data or ()), bool(form.everywhere.data)
    if not chosen and not everywhere:
        forms.refuse(form.places, _("Choose at least one."))
        return False
    scope = Scope(frozenset() if everywhere else chosen, role=role)
    if not guard.may(Action.INVITE, scope):
        forms.refuse(form.everywhere, _("You cannot give this role there."))
        return False
    return True


def _newcomer(form: InviteForm) -> Newcomer:
    code = str(form.takes_over.data or "").strip()
    before = professionals.by_code(services().database, code).id if code else None
    return Newcomer(
        str(form.email.data), str(form.name.data), Role(form.role.data), form.places.data or (),
        bool(form.everywhere.data), me().account.language, before,
    )  # fmt: skip


def _invitation_page(account: Account, token: str) -> str:
    address = f"{services().settings.base_url}/desk/invitation/{token}"
    picture = pictures.qr(address, _("A picture that leads to the invitation"))
    return render_template("desk/invited.html", account=account, address=address, picture=picture)


def _colleague_page(account: Account, form: PlacesForm | None = None) -> str:
    manages = guard.may(Action.RESET_ACCOUNT, account.scope) and account.id != me().account.id
    form = form or PlacesForm(places=sorted(account.municipalities), everywhere=account.everywhere)
    return render_template(
        "desk/colleague.html", account=account, where=_where(account), form=form, manages=manages,
        places=guard.may(Action.CHANGE_ROLE, account.scope) and account.id != me().account.id,
        closed="closed" in request.args,
    )  # fmt: skip


def _where(account: Account) -> str:
    if account.everywhere:
        return str(_("the whole study"))
    known = families.places(services().database)
    return ", ".join(name for number, name in known.items() if number in account.municipalities)
