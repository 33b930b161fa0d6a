"""What forms of the door send: names, passwords, codes; and what all forms of the desk share."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, TypeVar

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import Field, Form, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Optional

from survey.web.forms import OUR_ADDRESS, NotThisForm

F = TypeVar("F", bound=Form)

#: What is said of a field that has to be filled in.
FILL_IN = _l("Fill this in.")
TOO_LONG = _l("This is too long.")
REQUIRED = InputRequired(message=FILL_IN)
OPTIONAL = Optional()


def longest(characters: int) -> Length:
    """At most so many characters."""
    return Length(max=characters, message=TOO_LONG)


class SignInForm(Form):
    """The first step."""

    email = StringField(_l("E-mail address"), [REQUIRED, longest(200)])
    password = PasswordField(_l("Password"), [REQUIRED, longest(1000)])


class CodeForm(Form):
    """The second step."""

    code = StringField(_l("Code"), [REQUIRED, longest(40)])


class PasswordForm(Form):
    """A new password, typed twice."""

    password = PasswordField(_l("New password"), [REQUIRED, longest(1000)])
    again = PasswordField(
        _l("The same once more"),
        [REQUIRED, EqualTo("password", message=_l("The two are not the same."))],
    )


class ConfirmForm(Form):
    """Both factors once more."""

    password = PasswordField(_l("Password"), [REQUIRED, longest(1000)])
    code = StringField(_l("Code"), [REQUIRED, longest(40)])


def sent(form: type[F], **options: Any) -> tuple[F, bool]:
    """A form as this request sent it, and whether it is filled in well."""
    found = form(request.form, **options)
    return found, found.validate()


def refuse(field: Field, reason: str) -> None:
    """Say of a field why it cannot be taken, although its form could be read."""
    field.errors = [*field.errors, reason]


def flat(errors: Iterable[Any]) -> list[str]:
    """The reasons of a field, also when it is made of others."""
    found: list[str] = []
    for error in errors:
        if isinstance(error, dict):
            found += flat(error.values())
        elif isinstance(error, (list, tuple)):
            found += flat(error)
        else:
            found.append(str(error))
    return found


def described(field: Field, hint: str) -> dict[str, str]:
    """Which texts belong to a field, for who hears the page."""
    notes = ([f"hint-{field.id}"] if hint else []) + ([f"bad-{field.id}"] if field.errors else [])
    found = {"aria-describedby": " ".join(notes)} if notes else {}
    return found | ({"aria-invalid": "true"} if field.errors else {})


def new_once() -> str:
    """A number for a form that makes something, so that sending it twice makes it once."""
    return secrets.token_urlsafe(9)


def address_after(text: str | None) -> str:
    """Where to go on after a detour: an address of the desk, its start for anything else."""
    return text if text and OUR_ADDRESS.fullmatch(text) and text.startswith("/desk/") else "/desk/"


def number_in(name: str) -> int:
    """A number that a button or hidden field sent. Raises NotThisForm."""
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise NotThisForm(f"{name} is no number")
    return int(text)
