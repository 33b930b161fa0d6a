"""Who is at the desk, and whether they may: asked before every page, in this one place.

`route` is the only way to add a page: it names the action of the policy that the page is, and what it is
about. A page without that is refused to everybody, and a test fails.

What somebody may not see does not exist for them (404). What their role never does is said plainly (403).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

from flask import Blueprint, Response, g, request

from survey import policy
from survey.accounts import people, sessions
from survey.accounts.sessions import Session, SessionOver
from survey.fieldwork import scopes
from survey.policy import Action, Scope
from survey.web import security
from survey.web.desk.looks import POLICY
from survey.web.desk.words import speak_to_staff
from survey.web.forms import NotThisForm
from survey.web.replies import go
from survey.web.services import Services, services

bp = Blueprint("desk", __name__, url_prefix="/desk")

#: What a page is about; a number of it stands in the address, but for the last four.
About = Literal["family", "account", "professional", "municipality", "self", "something", "study", "nothing"]
#: How far somebody must have come: nowhere, password given, second factor to be set up, signed in.
Stage = Literal["open", "code", "enrol", "full"]

View = Callable[..., Any]


class NotYours(Exception):
    """It does not exist, or somebody may not know that it does."""


class NotForRole(Exception):
    """Something that this role never does."""


class NotFresh(Exception):
    """Who is here must prove it again first."""


@dataclass(frozen=True)
class Rule:
    """What a page asks of who opens it."""

    action: Action | None
    about: About
    stage: Stage


#: Every page of the desk, by the name of its view.
REGISTRY: dict[str, Rule] = {}


def route(
    path: str,
    action: Action | None,
    about: About = "something",
    *,
    stage: Stage = "full",
    methods: tuple[str, ...] = ("GET",),
) -> Callable[[View], View]:
    """Add a page to the desk, with what it asks of who opens it.

    Args:
        action: what the policy must allow; None only for pages of who is not signed in yet.
        about: what it is allowed for; the address holds `family_id`, `account_id`, `professional_id` or
            `municipality_id`.
        stage: how far somebody must have come.
    """

    def enter(view: View) -> View:
        if (action is None) == (stage == "full"):
            raise ValueError(
                f"{view.__name__}: a page for who is signed in needs an action, others need none"
            )
        REGISTRY[f"{bp.name}.{view.__name__}"] = Rule(action, about, stage)
        bp.add_url_rule(path, view_func=view, methods=list(methods))
        return view

    return enter


def cookie_name() -> str:
    """The cookie of the desk."""
    return security.desk_cookie_name(services().settings)


def secret() -> str | None:
    """The secret of this browser's session, as far as it says."""
    return request.cookies.get(cookie_name())


def remember(response: Response, secret: str) -> Response:
    """Give the browser the secret of a session, until it is closed."""
    https = services().settings.https
    response.set_cookie(cookie_name(), secret, secure=https, httponly=True, samesite="Lax", path="/")
    return response


def forget(response: Response) -> Response:
    """Take the secret back."""
    https = services().settings.https
    response.delete_cookie(cookie_name(), secure=https, httponly=True, samesite="Lax", path="/")
    return response


def me() -> Session:
    """The session of who is here."""
    return cast("Session", g.staff)


def by() -> str:
    """Who is here, as the audit names them."""
    return f"account {me().account.id}"


def may(action: Action, scope: Scope = policy.SOMETHING) -> bool:
    """Whether who is here may do something; for what a page offers."""
    return policy.may(me().account.actor, action, scope)


def demand(action: Action, scope: Scope) -> None:
    """Refuse unless who is here may do something; for what a form names. Raises NotYours."""
    if not may(action, scope):
        raise NotYours


@bp.before_request
def stand() -> Response | None:
    """Ask who is here and whether they may; nothing of a page happens before."""
    speak_to_staff()
    # Nobody types a NUL, and PostgreSQL keeps none.
    if any("\0" in text for texts in request.values.listvalues() for text in texts):
        raise NotThisForm
    rule = REGISTRY.get(request.endpoint or "")
    if rule is None:
        raise NotYours
    if rule.stage == "open":
        return None
    house = services()
    try:
        g.staff = sessions.find(house.database, secret(), house.now())
    except SessionOver:
        return _to_the_door()
    speak_to_staff(me().account.language)
    if me().stage != rule.stage:
        return go(_STEP[me().stage])
    if request.method == "POST":
        security.check_form(me().digest)
    if rule.action is not None:
        _ask_policy(house, rule, rule.action)
    return None


@bp.after_request
def protect(response: Response) -> Response:
    """The policy of the desk's pages; the other headers are those of all pages."""
    response.headers["Content-Security-Policy"] = POLICY
    return response


#: Where to go on at each stage.
_STEP = {"code": "/desk/code", "enrol": "/desk/enrol", "full": "/desk/"}


def _ask_policy(house: Services, rule: Rule, action: Action) -> None:
    if not may(action):
        raise NotForRole
    g.scope = _scope(house, rule.about)
    if not may(action, g.scope):
        raise NotYours
    if action.fresh and not me().is_fresh(house.now()):
        raise NotFresh


def _scope(house: Services, about: About) -> Scope:
    numbers = request.view_args or {}
    try:
        match about:
            case "family":
                return scopes.of_family(house.database, numbers["family_id"], house.today())
            case "professional":
                return scopes.of_professional(house.database, numbers["professional_id"])
            case "account":
                return people.get(house.database, numbers["account_id"]).scope
            case "municipality":
                return Scope(frozenset({numbers["municipality_id"]}))
            case "self":
                return Scope(account_id=me().account.id)
            case "study":
                return policy.STUDY
            case _:
                return policy.SOMETHING
    except (scopes.NoSuchThing, people.NoSuchAccount) as error:
        raise NotYours from error


def _to_the_door() -> Response:
    response = go("/desk/sign-in?over=1" if secret() else "/desk/sign-in")
    return forget(response) if secret() else response
