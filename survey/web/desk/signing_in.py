"""The door of the desk: invitation, password, code, and a second factor to be set up."""

from __future__ import annotations

from flask import Response, render_template, request
from flask_babel import gettext as _
from wtforms import Field, Form

from survey import openings
from survey.accounts import invitations, passwords, second_factor, sessions, signing_in, throttle
from survey.accounts.invitations import InvitationRefused
from survey.accounts.signing_in import FactorLost, NotProved
from survey.accounts.throttle import Origin, TooManyTries
from survey.web import security
from survey.web.desk import forms, guard, names, pictures
from survey.web.desk.forms import CodeForm, PasswordForm, SignInForm
from survey.web.desk.guard import me, route
from survey.web.landing import end_former_visit
from survey.web.replies import go
from survey.web.services import services


def origin(email: str) -> Origin:
    """Who says they are there, and from where."""
    return throttle.origin(services().settings.secret_keys, email, request.remote_addr)


def refused(form: Form, field: Field, error: NotProved | TooManyTries, wrong: str) -> None:
    """Say why a try failed: nothing about what was wrong, or how long to wait."""
    del form
    if isinstance(error, TooManyTries):
        wait = _("Too many tries. Wait %(minutes)s minutes, then try again.", minutes=error.minutes)
        forms.refuse(field, wait)
    elif isinstance(error, FactorLost):
        forms.refuse(
            field,
            _(
                "The key of your second factor cannot be read here any more. Ask who manages accounts to let"
                " you begin anew."
            ),
        )
    else:
        forms.refuse(field, wrong)


@route("/sign-in", None, "nothing", stage="open")
def sign_in() -> str:
    """The door."""
    return render_template("desk/sign_in.html", form=SignInForm(), over="over" in request.args)


@route("/sign-in", None, "nothing", stage="open", methods=("POST",))
def give_password() -> Response | tuple[str, int]:
    """The first step."""
    form, good = forms.sent(SignInForm)
    house = services()
    if good:
        email = str(form.email.data)
        try:
            secret = signing_in.with_password(
                house.database, email, str(form.password.data), origin(email), house.now(),
                secret_key=house.settings.secret_keys,
            )  # fmt: skip
            # Whoever answered in this browser, perhaps with help of who comes back now, is done.
            end_former_visit()
            response = guard.remember(go("/desk/code"), secret)
            security.forget_visit(response)
            return response
        except (NotProved, TooManyTries) as error:
            refused(form, form.password, error, _("Address and password do not belong together."))
    return render_template("desk/sign_in.html", form=form, over=False), 400


@route("/code", None, "nothing", stage="code")
def code() -> str:
    """The second step."""
    return render_template("desk/code.html", form=CodeForm())


@route("/code", None, "nothing", stage="code", methods=("POST",))
def give_code() -> Response | tuple[str, int]:
    """A code of the app, or a recovery code."""
    form, good = forms.sent(CodeForm)
    house = services()
    if good:
        try:
            secret = signing_in.with_code(
                house.database, me(), str(form.code.data), origin(me().account.email), house.now(),
                secret_key=house.settings.secret_keys,
            )  # fmt: skip
            return guard.remember(go("/desk/"), secret)
        except (NotProved, TooManyTries) as error:
            refused(
                form, form.code, error, _("This code is not good, or was used already. Try the next one.")
            )
    return render_template("desk/code.html", form=form), 400


@route("/enrol", None, "nothing", stage="enrol")
def enrol() -> str:
    """A second factor, to be put into an app."""
    return _enrol_page(CodeForm())


@route("/enrol", None, "nothing", stage="enrol", methods=("POST",))
def first_code() -> Response | tuple[str, int]:
    """The first code of the app; then recovery codes, shown once."""
    form, good = forms.sent(CodeForm)
    house = services()
    if good:
        try:
            secret, codes = signing_in.enrol(
                house.database, me(), str(form.code.data), origin(me().account.email), house.now(),
                secret_key=house.settings.secret_keys,
            )  # fmt: skip
            page = Response(render_template("desk/recovery_codes.html", codes=codes))
            return guard.remember(page, secret)
        except (NotProved, TooManyTries) as error:
            refused(form, form.code, error, _("This code is not good. Is the clock of your phone right?"))
    return _enrol_page(form), 400


def _enrol_page(form: CodeForm) -> str:
    house = services()
    key = signing_in.pending_factor(house.database, me(), secret_key=house.settings.secret_keys)
    address = second_factor.address(key, me().account.email)
    picture = pictures.qr(address, _("A picture to scan with your authenticator app"))
    return render_template("desk/enrol.html", form=form, key=key, picture=picture, otp_address=address)


@route("/invitation/<token>", None, "nothing", stage="open")
def invitation(token: str) -> str | tuple[str, int]:
    """An invitation; looking at it changes nothing."""
    try:
        account = signing_in.invited(services().database, token, services().now())
    except InvitationRefused:
        return render_template("desk/invitation_refused.html"), 410
    return render_template("desk/invitation.html", form=PasswordForm(), account=account)


@route("/invitation/<token>", None, "nothing", stage="open", methods=("POST",))
def accept(token: str) -> Response | tuple[str, int]:
    """Take an account into use with a password."""
    form, good = forms.sent(PasswordForm)
    house = services()
    try:
        account = signing_in.invited(house.database, token, house.now())
        if good:
            secret = signing_in.accept(
                house.database, token, str(form.password.data), house.now(),
                secret_key=house.settings.secret_keys,
            )  # fmt: skip
            return guard.remember(go("/desk/enrol"), secret)
    except invitations.InvitationRefused:
        try:
            openings.wrong_try(
                house.database, house.settings.paper_keys, "invitation", token, house.now(),
                address=request.remote_addr,
            )  # fmt: skip
        except openings.TooManyLinks:
            return render_template("desk/invitation_refused.html"), 429
        return render_template("desk/invitation_refused.html"), 410
    except passwords.WeakPassword as weak:
        forms.refuse(form.password, names.weakness(weak.reason))
    return render_template("desk/invitation.html", form=form, account=account), 400


@route("/sign-out", None, "nothing", stage="open", methods=("POST",))
def sign_out() -> Response:
    """Out; the secret is worth nothing any more."""
    sessions.end(services().database, guard.secret(), services().now())
    return guard.forget(go("/desk/sign-in"))
