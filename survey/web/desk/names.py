"""What things are called at the desk: roles, waves, reasons."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _

from survey.fieldwork.month import Person
from survey.policy import Role
from survey.post.queue import Message


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
            "common": _(
                "This is made of what many people use as a password; others would guess it. Take four words"
                " that have nothing to do with each other."
            ),
            "holds_context": _(
                "This is made of your name, or that of the study or the service; others would guess it. Take"
                " four words that have nothing to do with each other."
            ),
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


def left_out_name(code: str, reason: str, edition: str) -> str:
    """Why there is nothing on paper for somebody; `reason` as in `survey.packs.LeftOut`."""
    lines = {
        "consent": _("%(code)s: no consent was noted, and without it nothing is handed out", code=code),
        "paper": _("%(code)s: there are no texts for paper in %(edition)s yet", code=code, edition=edition),
        "wording": _(
            "%(code)s: a questionnaire may not be printed in %(edition)s yet", code=code, edition=edition
        ),
    }
    return str(lines[reason])


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


def channel_name(channel: str) -> str:
    """How somebody agreed to be written to."""
    return str(
        {
            "none": _("in person or by telephone only"),
            "mail": _("by e-mail"),
            "text": _("by text message"),
        }[channel]
    )


def weekdays() -> dict[str, str]:
    """The days of the week, by number as text; Monday is 1."""
    words = get_locale().days["format"]["abbreviated"]
    return {str(number + 1): str(words[number]) for number in range(7)}


def weekday_names(days: str) -> str:
    """Some days of the week."""
    known = weekdays()
    return str(_("every day")) if len(days) == len(known) else ", ".join(known[day] for day in days)


def message_state(message: Message) -> str:
    """How far a message is, in a sentence."""
    what = _("Reminder") if message.kind == "reminder" else _("Link")
    how = channel_name(message.channel)
    state = {
        "waiting": _(
            "waits; goes from %(moment)s", moment=format_datetime(message.not_before, "d MMM HH:mm")
        ),
        "going": _("is being sent"),
        "sent": _("sent %(moment)s", moment=format_datetime(message.changed_at, "d MMM HH:mm")),
        "unsure": _("perhaps sent: the line went dead. Ask whether it came."),
        "failed": _("could not be sent; check the address or number"),
        "dropped": _("not sent: there was no reason left, or it was not agreed any more"),
    }[message.state]
    return f"{what} {how}: {state}"


def not_sent(why: str) -> str:
    """Why a message is not put in the queue."""
    return str(
        {
            "not_agreed": _(
                "They did not agree to be written to, or that has to be asked again in this wave."
            ),
            "nothing_asked": _("Nothing is asked of them just now."),
            "too_many": _("They got as many messages in this wave as the study allows."),
            "too_soon": _("They got a message a short while ago. Leave them in peace a little longer."),
            "no_consent": _("Consent is missing."),
            "not_taking_part": _("They do not take part just now."),
        }[why]
    )
