"""What things are called at the desk: roles, waves, reasons."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from survey.fieldwork.month import Person
from survey.policy import Role


def role_name(role: str) -> str:
    """What somebody works as."""
    return str(
        {
            Role.LINKING_PIN: _("linking pin"),
            Role.COORDINATOR: _("coordinator"),
            Role.CHILDCARE_WORKER: _("childcare worker"),
            Role.POLICY_OFFICER: _("policy officer"),
            Role.RESEARCHER: _("researcher"),
            Role.DATA_MANAGER: _("data manager"),
            Role.ADMIN: _("administrator"),
            "interviewer": _("interviewer"),
        }[role]
    )


def weakness(reason: str) -> str:
    """Why a password cannot be taken."""
    return str(
        {
            "too_short": _("This is too short: take at least 14 characters."),
            "too_long": _("This is too long: take at most 200 characters."),
            "too_simple": _("This repeats itself too much; others would guess it."),
            "holds_name": _("Your own name is in it; others would guess it."),
        }[reason]
    )


def leaving_reasons() -> dict[str, str]:
    """Why families stop, as the pilot counted it."""
    return {
        "function_lapsed": _("The work of the linking pin ended here"),
        "out_of_home": _("The children were placed out of home"),
        "family_wish": _("The family wants to stop"),
        "contact_lost": _("Contact was lost"),
        "unknown": _("Not known"),
    }


def state_name(state: str) -> str:
    """How far a family or a person is."""
    return str(
        {
            "late": _("late"),
            "open": _("begun"),
            "due": _("to do"),
            "done": _("done"),
            "paused": _("paused"),
            "stopped": _("stopped"),
            "later": _("later"),
            "nothing": _("nothing to do"),
        }[state]
    )


def giver_name(giver: str) -> str:
    """Who decides about taking part."""
    return str(
        {
            "self": _("the person"),
            "guardian_a": _("first parent or guardian with custody"),
            "guardian_b": _("second parent or guardian with custody"),
            "sole_guardian": _("parent or guardian who has custody alone"),
            "young_person": _("the young person (12 to 15)"),
            "child": _("the child"),
        }[giver]
    )


def decision_name(decision: str) -> str:
    """What was told or decided."""
    return str(
        {
            "informed": _("was informed"),
            "given": _("says yes"),
            "refused": _("says no"),
            "withdrawn": _("takes the yes back"),
        }[decision]
    )


def person_name(person: Person, people: Sequence[Person]) -> str:
    """What a member of a family is called among the others: never a name, since none is known."""
    alike = [
        one.respondent_id for one in people if one.role == person.role and one.age_years == person.age_years
    ]
    number = alike.index(person.respondent_id) + 1
    if person.role == "child":
        words = _("Child of %(years)s", years=person.age_years or 0)
        return f"{words} ({number})" if len(alike) > 1 else words
    return str(_("Parent %(number)s", number=number) if len(alike) > 1 else _("Parent"))


def sex_name(sex: str) -> str:
    """What is known of a child's sex."""
    return str({"girl": _("girl"), "boy": _("boy"), "other": _("other")}[sex])


def purpose_name(purpose: str) -> str:
    """What consent is for."""
    return str({"programme": _("the programme"), "research": _("the research")}[purpose])


def medium_name(medium: str) -> str:
    """How consent was given."""
    return str({"paper": _("on paper"), "screen": _("on a screen"), "spoken": _("spoken")}[medium])


def placement_name(kind: str) -> str:
    """What a child was offered."""
    return str(
        {
            "bso": _("out-of-school care (bso)"),
            "day_care": _("day care"),
            "sport": _("sport or club"),
            "homework": _("help with homework"),
            "other": _("something else"),
            "none": _("nothing"),
        }[kind]
    )
