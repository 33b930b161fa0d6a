"""Somebody's own account: language, browsers, password, recovery codes, and proving it again."""

from __future__ import annotations

from flask import Response, render_template, request
from flask_babel import gettext as _

from survey import families
from survey.accounts import passwords, people, sessions, signing_in
from survey.accounts.signing_in import NotProved
from survey.accounts.throttle import TooManyTries
from survey.fieldwork import handing
from survey.policy import Action, Scope
from survey.web.desk import forms, guard, names, words
from survey.web.desk.forms import ConfirmForm, PasswordForm
from survey.web.desk.guard import me, route
from survey.web.desk.signing_in import origin, refused
from survey.web.forms import NotThisForm
from survey.web.replies import go
from survey.web.services import services


@route("/account", Action.OWN_ACCOUNT, "self")
def account() -> str:
    """My account."""
    return _page(PasswordForm(), done="done" in request.args)


def _page(form: PasswordForm, *, done: bool = False) -> str:
    house = services()
    mine = me().account
    places = [
        name for number, name in families.places(house.database).items() if number in mine.municipalities
    ]
    return render_template(
        "desk/account.html",
        form=form,
        done=done,
        places=places,
        languages=words.NAMES,
        browsers=sessions.of_account(house.database, mine.id, house.now()),
        own_form=mine.professional_id is not None and guard.may(Action.OWN_FORM, Scope(account_id=mine.id)),
    )


@route("/account/language", Action.OWN_ACCOUNT, "self", methods=("POST",))
def language() -> Response:
    """Speak to me in another language."""
    chosen = request.form.get("language", "")
    if chosen not in words.LANGUAGES:
        raise NotThisForm("no such language")
    people.set_language(services().database, me().account.id, chosen)
    return go("/desk/account?done=1")


@route("/account/elsewhere", Action.OWN_ACCOUNT, "self", methods=("POST",))
def sign_out_elsewhere() -> Response:
    """Sign every other browser of mine out."""
    signing_in.end_others(services().database, me(), services().now())
    return go("/desk/account?done=1")


@route("/account/password", Action.OWN_ACCOUNT, "self", methods=("POST",))
def password() -> Response | tuple[str, int]:
    """Another password, for who proved it a short while ago."""
    _must_be_fresh()
    form, good = forms.sent(PasswordForm)
    if good:
        try:
            signing_in.change_password(services().database, me(), str(form.password.data), services().now())
            return go("/desk/account?done=1")
        except passwords.WeakPassword as weak:
            forms.refuse(form.password, names.weakness(weak.reason))
    return _page(form), 400


@route("/account/recovery-codes", Action.OWN_ACCOUNT, "self", methods=("POST",))
def recovery_codes() -> str:
    """New recovery codes, shown once, for who proved it a short while ago."""
    _must_be_fresh()
    house = services()
    codes = signing_in.renew_recovery_codes(
        house.database, me(), house.now(), secret_key=house.settings.secret_keys
    )
    return render_template("desk/recovery_codes.html", codes=codes)


@route("/confirm", Action.OWN_ACCOUNT, "self")
def confirm() -> str:
    """Prove it again, before what matters most."""
    after = forms.address_after(request.args.get("after"))
    return render_template("desk/confirm.html", form=ConfirmForm(), after=after)


@route("/confirm", Action.OWN_ACCOUNT, "self", methods=("POST",))
def confirmed() -> Response | tuple[str, int]:
    """Both factors once more; a new secret replaces the old one."""
    form, good = forms.sent(ConfirmForm)
    house = services()
    after = forms.address_after(request.form.get("after"))
    if good:
        try:
            secret = signing_in.prove(
                house.database, me(), str(form.password.data), str(form.code.data),
                origin(me().account.email), house.now(), secret_key=house.settings.secret_keys,
            )  # fmt: skip
            return guard.remember(go(after), secret)
        except (NotProved, TooManyTries) as error:
            refused(form, form.code, error, _("Password or code is not good, or the code was used already."))
    return render_template("desk/confirm.html", form=form, after=after), 400


@route("/own-questions", Action.OWN_FORM, "self", methods=("POST",))
def own_questions() -> Response:
    """To my own questionnaires, under my own code; nobody at the desk sees what I answer."""
    house = services()
    token = handing.own_link(house.database, me().account.professional_id, now=house.now(), actor=guard.by())
    return go(f"/l/{token}")


def _must_be_fresh() -> None:
    if not me().is_fresh(services().now()):
        raise guard.NotFresh
