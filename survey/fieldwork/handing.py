"""Links for people, made at the desk: each is told once, to be handed over; no consent, no link.

A new link leaves earlier ones good, because they may be on a phone in use; `replace` withdraws them first,
for a phone that was lost.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from instruments.protocol import Protocol
from survey import links, moments, windows
from survey.db import Database
from survey.fieldwork import consent
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow

#: How long somebody has to follow the link to their own questions: it is opened at once.
OWN_FOR = dt.timedelta(minutes=5)
#: How long a link to answer with somebody's help is good: it is opened there and then.
TOGETHER_FOR = dt.timedelta(hours=2)
#: A link is good until this long after the last wave of the study closes.
AFTER_THE_LAST = dt.timedelta(days=30)


class NoConsent(ValueError):
    """Somebody's consent is missing in a family; `missing` says whose, by respondent."""

    def __init__(self, family_id: int, missing: dict[int, tuple[str, ...]]) -> None:
        super().__init__(str(missing))
        self.family_id = family_id
        self.missing = missing


class NotTakingPart(ValueError):
    """The family has stopped, or the person is not of it."""


def give(
    db: Database,
    protocol: Protocol,
    family_id: int,
    respondent_id: int | None,
    *,
    replace: bool = False,
    now: dt.datetime,
    actor: str,
) -> str:
    """A new link for one member of a family, or with None for the family's page; its token, told once.

    Raises:
        NotTakingPart
        NoConsent: the study asks for it (`consent_required`). A family's page needs that of every parent.
    """
    check(db, protocol, family_id, respondent_id, now=now)
    page = family_id if respondent_id is None else None
    if replace:
        links.revoke_all(db, respondent_id=respondent_id, family_id=page, now=now, actor=actor)
    last = max(window.closes for window in windows.of_family(db, protocol, family_id))
    until = dt.datetime.combine(last + AFTER_THE_LAST, dt.time(), moments.ZONE)
    return links.make(db, respondent_id=respondent_id, family_id=page, expires_at=until, now=now, actor=actor)


def check(
    db: Database, protocol: Protocol, family_id: int, respondent_id: int | None, *, now: dt.datetime
) -> None:
    """Make sure that a link may be given.

    Raises:
        NotTakingPart, NoConsent: as `give`.
    """
    with db.read() as connection:
        family = connection.execute(select(FamilyRow.status).where(FamilyRow.id == family_id)).first()
        members = {
            row.id: row.role
            for row in connection.execute(
                select(RespondentRow.id, RespondentRow.role).where(RespondentRow.family_id == family_id)
            )
        }
    if family is None or family.status == "stopped":
        raise NotTakingPart(family_id)
    if respondent_id is not None and respondent_id not in members:
        raise NotTakingPart(respondent_id)
    if protocol.consent_required:
        parents = [number for number, role in members.items() if role == "parent"]
        whose = parents if respondent_id is None else [respondent_id]
        standings = consent.of_families(db, moments.day(now), [family_id])[family_id]
        missing = {number: standings[number].missing for number in whose if standings[number].missing}
        if missing:
            raise NoConsent(family_id, missing)


def together(
    db: Database,
    protocol: Protocol,
    family_id: int,
    respondent_id: int,
    assistance: str,
    *,
    now: dt.datetime,
    actor: str,
) -> str:
    """A link for one person to answer with somebody's help (`helper` or `interpreter`); its token, told once.

    Everything that is opened with it is noted as assisted. It is good for a short while.

    Raises:
        NotTakingPart, NoConsent: as `give`.
        sqlalchemy.exc.IntegrityError: another kind of help.
    """
    check(db, protocol, family_id, respondent_id, now=now)
    until = now + TOGETHER_FOR
    return links.make(
        db, respondent_id=respondent_id, expires_at=until, assistance=assistance, now=now, actor=actor
    )


def own_link(db: Database, professional_id: int | None, *, now: dt.datetime, actor: str) -> str:
    """A short-lived link to the questionnaires of a professional, for themselves; its token.

    Raises:
        LookupError: no professional has this number.
    """
    with db.read() as connection:
        respondent_id = connection.scalar(
            select(RespondentRow.id).where(RespondentRow.professional_id == professional_id)
        )
    if professional_id is None or respondent_id is None:
        raise LookupError(f"there is no professional {professional_id}")
    return links.make(db, respondent_id=respondent_id, expires_at=now + OWN_FOR, now=now, actor=actor)
