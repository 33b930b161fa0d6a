"""Who may do what, and where: one table and one function. What is not granted here is refused.

A role is granted an action with a reach: how far from themselves the thing may be that it is done to. Every
page of staff names its action (`survey.web.desk.guard`), and a test walks all of them for every role.

Nobody sees both names and answers: every action says what it shows, and no role may hold actions that
show the one and the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum


class Role(StrEnum):
    """What somebody works as; an account has one."""

    LINKING_PIN = "linking_pin"
    COORDINATOR = "coordinator"
    CHILDCARE_WORKER = "childcare_worker"
    POLICY_OFFICER = "policy_officer"
    RESEARCHER = "researcher"
    DATA_MANAGER = "data_manager"
    ADMIN = "admin"


class Sees(Enum):
    """What an action shows to who does it."""

    #: Codes, dates, what is due: nobody's name and nobody's answer.
    WORK = "work"
    #: Names of people: those of staff, or of families in the contact store.
    NAMES = "names"
    ANSWERS = "answers"
    #: Sums over many families, with small numbers left out.
    SUMS = "sums"


class Action(Enum):
    """Something staff can do: its name, what it shows, and whether it needs a recent proof of who one is."""

    OWN_ACCOUNT = ("own_account", Sees.WORK, False)
    OWN_FORM = ("own_form", Sees.WORK, False)
    LIST_FAMILIES = ("list_families", Sees.WORK, False)
    VIEW_FAMILY = ("view_family", Sees.WORK, False)
    ADD_FAMILY = ("add_family", Sees.WORK, False)
    EDIT_FAMILY = ("edit_family", Sees.WORK, False)
    GIVE_LINK = ("give_link", Sees.WORK, False)
    RECORD_CONSENT = ("record_consent", Sees.WORK, False)
    RECORD_PLACEMENT = ("record_placement", Sees.WORK, False)
    PRINT_PACK = ("print_pack", Sees.WORK, False)
    #: Shows the names of colleagues, to choose one.
    HAND_OVER = ("hand_over", Sees.NAMES, False)
    PAUSE = ("pause", Sees.WORK, False)
    #: A municipality, or the whole study.
    PAUSE_MANY = ("pause_many", Sees.WORK, False)
    #: A questionnaire outside the waves, to all professionals of a kind.
    PULSE = ("pulse", Sees.WORK, False)
    #: A wave closes later for one family, against the rule and with a reason.
    EXTEND_WAVE = ("extend_wave", Sees.WORK, False)
    STOP_FAMILY = ("stop_family", Sees.WORK, False)
    ERASE = ("erase", Sees.WORK, True)
    PROFESSIONALS = ("professionals", Sees.WORK, False)
    #: Names, numbers and what was agreed about messages: in the contact store.
    CONTACTS = ("contacts", Sees.NAMES, False)
    #: A link goes to where somebody agreed to be reached; nobody is shown where that is.
    SEND_LINK = ("send_link", Sees.WORK, False)
    LIST_ACCOUNTS = ("list_accounts", Sees.NAMES, False)
    INVITE = ("invite", Sees.NAMES, True)
    RESET_ACCOUNT = ("reset_account", Sees.NAMES, True)
    CHANGE_ROLE = ("change_role", Sees.NAMES, True)
    ENTER_PAPER = ("enter_paper", Sees.ANSWERS, False)
    #: Hand in scanned paper, and see which pages could be read; not what is on them.
    SCAN_PAPER = ("scan_paper", Sees.WORK, False)
    EXPORT = ("export", Sees.ANSWERS, True)
    #: What people wrote in their own words: names and disclosures, so a permission of its own.
    EXPORT_FREE_TEXT = ("export_free_text", Sees.ANSWERS, True)
    READ_REPORT = ("read_report", Sees.SUMS, False)
    #: Look at a draft of what municipalities are told; publish it.
    CHECK_FEEDBACK = ("check_feedback", Sees.SUMS, False)
    RELEASE_FEEDBACK = ("release_feedback", Sees.SUMS, True)
    READ_AUDIT = ("read_audit", Sees.WORK, False)

    def __init__(self, word: str, sees: Sees, fresh: bool) -> None:
        self.word = word
        self.sees = sees
        #: Whether password and code must have been given a short while ago.
        self.fresh = fresh


class Reach(Enum):
    """How far from somebody a thing may be."""

    #: Their own account, or their own questionnaires.
    SELF = "self"
    #: A family they are assigned to.
    OWN = "own"
    #: Whatever lies in their municipalities.
    THERE = "there"
    #: The whole study, for who works everywhere.
    STUDY = "study"


@dataclass(frozen=True)
class Actor:
    """Somebody who wants something."""

    account_id: int
    role: Role
    municipalities: frozenset[int] = frozenset()
    everywhere: bool = False
    #: Under which pseudonym they work with families.
    professional_id: int | None = None


@dataclass(frozen=True)
class Scope:
    """What something is wanted with."""

    #: Where it is; nowhere in particular means the study as a whole.
    municipalities: frozenset[int] = frozenset()
    #: The professionals who work with it now.
    professionals: frozenset[int] = frozenset()
    #: Whose it is, when it is an account.
    account_id: int | None = None
    #: The role that an account has, or is to be given.
    role: Role | None = None


#: For a list, which then holds only what they may see of it one by one.
SOMETHING = Scope(frozenset({-1}))
#: The study as a whole.
STUDY = Scope()

_OWN_FAMILIES = {
    Action.LIST_FAMILIES, Action.VIEW_FAMILY, Action.EDIT_FAMILY, Action.GIVE_LINK, Action.RECORD_CONSENT,
    Action.RECORD_PLACEMENT, Action.PRINT_PACK, Action.HAND_OVER, Action.PAUSE, Action.STOP_FAMILY,
    Action.SEND_LINK,
}  # fmt: skip

_GRANTS: Mapping[Role, Mapping[Action, Reach]] = {
    Role.LINKING_PIN: {
        **dict.fromkeys(_OWN_FAMILIES, Reach.OWN),
        Action.ADD_FAMILY: Reach.THERE,
        Action.SCAN_PAPER: Reach.THERE,
        Action.CONTACTS: Reach.OWN,
        Action.OWN_FORM: Reach.SELF,
    },
    Role.COORDINATOR: {
        **dict.fromkeys(_OWN_FAMILIES, Reach.THERE),
        Action.ADD_FAMILY: Reach.THERE,
        Action.SCAN_PAPER: Reach.THERE,
        Action.PROFESSIONALS: Reach.THERE,
        Action.PAUSE_MANY: Reach.THERE,
        Action.EXTEND_WAVE: Reach.THERE,
        Action.PULSE: Reach.STUDY,
        Action.LIST_ACCOUNTS: Reach.THERE,
        Action.INVITE: Reach.THERE,
        Action.RESET_ACCOUNT: Reach.THERE,
        Action.READ_REPORT: Reach.THERE,
    },
    Role.CHILDCARE_WORKER: {Action.OWN_FORM: Reach.SELF},
    Role.POLICY_OFFICER: {Action.READ_REPORT: Reach.THERE},
    Role.RESEARCHER: {
        Action.PULSE: Reach.STUDY,
        Action.LIST_FAMILIES: Reach.STUDY,
        Action.EXPORT: Reach.STUDY,
        Action.EXPORT_FREE_TEXT: Reach.STUDY,
        # Types what came in on paper, and confirms what was scanned, by code.
        Action.ENTER_PAPER: Reach.STUDY,
        Action.SCAN_PAPER: Reach.STUDY,
        Action.READ_REPORT: Reach.STUDY,
        Action.CHECK_FEEDBACK: Reach.STUDY,
        Action.RELEASE_FEEDBACK: Reach.STUDY,
    },
    Role.DATA_MANAGER: {
        Action.LIST_FAMILIES: Reach.THERE,
        Action.VIEW_FAMILY: Reach.THERE,
        Action.RECORD_CONSENT: Reach.THERE,
        Action.CONTACTS: Reach.THERE,
        Action.ERASE: Reach.THERE,
        Action.READ_AUDIT: Reach.STUDY,
    },
    Role.ADMIN: {
        Action.LIST_ACCOUNTS: Reach.STUDY,
        Action.INVITE: Reach.STUDY,
        Action.RESET_ACCOUNT: Reach.STUDY,
        Action.CHANGE_ROLE: Reach.STUDY,
        Action.READ_AUDIT: Reach.STUDY,
    },
}

#: The roles that somebody may give to others, or whose accounts they may reset.
_MANAGES: Mapping[Role, frozenset[Role]] = {
    Role.COORDINATOR: frozenset({Role.LINKING_PIN, Role.CHILDCARE_WORKER}),
    Role.ADMIN: frozenset(Role),
}


def may(actor: Actor, action: Action, scope: Scope) -> bool:
    """Whether somebody may do something with a thing.

    With `SOMETHING`: whether there is anything at all with which they might; for lists and menus.
    """
    if action is Action.OWN_ACCOUNT:
        return scope in (SOMETHING, Scope(account_id=actor.account_id))
    reach = _GRANTS[actor.role].get(action)
    if reach is None or (scope.role is not None and scope.role not in _MANAGES.get(actor.role, ())):
        return False
    if scope == SOMETHING:
        return reach is not Reach.STUDY or actor.everywhere
    match reach:
        case Reach.SELF:
            return scope.account_id == actor.account_id
        case Reach.OWN:
            return actor.professional_id is not None and actor.professional_id in scope.professionals
        case Reach.THERE:
            there = bool(scope.municipalities) and scope.municipalities <= actor.municipalities
            return actor.everywhere or there
        case Reach.STUDY:
            return actor.everywhere


def gives(actor: Actor) -> tuple[Role, ...]:
    """The roles that somebody may give to others."""
    return tuple(role for role in Role if role in _MANAGES.get(actor.role, ()))


def shown_to(role: Role) -> frozenset[Sees]:
    """Everything that the actions of a role show."""
    return frozenset(action.sees for action in _GRANTS[role])
