"""Putting a message in the queue, within what was agreed with the person and what the study allows itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from instruments.protocol import Protocol
from survey import audit, schedule
from survey.contacts import Book
from survey.db import Database
from survey.fieldwork import handing
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow
from survey.moments import day
from survey.post.tables import MessageRow

#: Links that are sent to one person in one wave; for a lost phone, not to insist.
MOST_LINKS = 3
#: What may have arrived, or still may.
_COUNTED = ("waiting", "going", "sent", "unsure")


class NotSendable(ValueError):
    """A message that is not put in the queue; `why` says so in one word.

    `not_agreed`: they are not to be written to, or that has to be agreed anew; `nothing_asked`: nothing is
    asked of them now; `too_many`: as many were sent in this wave as the study allows; `too_soon`: the last
    one was sent a short while ago; `no_consent`; `not_taking_part`.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Message:
    """A message, and how far it is."""

    id: int
    respondent_id: int
    wave: str
    #: `link` or `reminder`.
    kind: str
    #: `mail` or `text`.
    channel: str
    #: Of `tables.STATES`.
    state: str
    not_before: dt.datetime
    problem: str
    changed_at: dt.datetime


COLUMNS = (
    MessageRow.id, MessageRow.respondent_id, MessageRow.wave, MessageRow.kind, MessageRow.channel,
    MessageRow.state, MessageRow.not_before, MessageRow.problem, MessageRow.changed_at,
)  # fmt: skip


def put(
    db: Database,
    book: Book,
    protocol: Protocol,
    respondent_id: int,
    kind: str,
    *,
    now: dt.datetime,
    actor: str,
) -> int:
    """Put a link or a reminder in the queue, for the first moment that is safe; its number.

    One that waits already is not put there twice: the same number comes back.

    Raises:
        NotSendable
    """
    standing = book.standings([respondent_id]).get(respondent_id)
    safe = None if standing is None else standing.terms.next_safe(now)
    if standing is None or safe is None:
        raise NotSendable("not_agreed")
    wave = asked_in(db, protocol, respondent_id, now)

    def work(connection: Connection) -> int:
        # Two who press at once: the second waits, and then finds the message of the first.
        connection.execute(
            select(RespondentRow.id).where(RespondentRow.id == respondent_id).with_for_update()
        )
        before = _of(connection, [respondent_id])
        waiting = next((one for one in before if one.state in ("waiting", "going")), None)
        if waiting is not None:
            return waiting.id
        _within_bounds(protocol, before, kind, wave, now)
        number = connection.execute(
            insert(MessageRow)
            .values(
                respondent_id=respondent_id, wave=wave, kind=kind, channel=standing.terms.channel,
                state="waiting", not_before=safe, tries=0, problem="", queued_at=now, queued_by=actor,
                changed_at=now,
            )
            .returning(MessageRow.id)
        ).scalar_one()  # fmt: skip
        thing = f"respondent {respondent_id}"
        audit.append(connection, actor, "message.queued", thing, now, message=number, kind=kind, wave=wave)
        return number

    return db.write(work)


def asked_in(db: Database, protocol: Protocol, respondent_id: int, now: dt.datetime) -> str:
    """The wave in which something is still asked of somebody, who may be sent a link to it.

    Raises:
        NotSendable
    """
    with db.read() as connection:
        family_id = connection.scalar(
            select(RespondentRow.family_id)
            .join(FamilyRow, FamilyRow.id == RespondentRow.family_id)
            .where(RespondentRow.id == respondent_id, FamilyRow.status == "active")
        )
    if family_id is None:
        raise NotSendable("not_taking_part")
    try:
        handing.check(db, protocol, family_id, respondent_id, now=now)
    except handing.NoConsent as error:
        raise NotSendable("no_consent") from error
    except handing.NotTakingPart as error:
        raise NotSendable("not_taking_part") from error
    pocket = schedule.pocket(db, protocol, respondent_id, day(now))
    if pocket.wave is None or not pocket.left:
        raise NotSendable("nothing_asked")
    return pocket.wave


def of_people(db: Database, respondents: Collection[int]) -> dict[int, tuple[Message, ...]]:
    """What was sent to some people, or is to be, oldest first."""
    with db.read() as connection:
        found: dict[int, tuple[Message, ...]] = dict.fromkeys(respondents, ())
        for one in _of(connection, respondents):
            found[one.respondent_id] = (*found[one.respondent_id], one)
    return found


def _within_bounds(
    protocol: Protocol, before: Collection[Message], kind: str, wave: str, now: dt.datetime
) -> None:
    counted = [one for one in before if one.state in _COUNTED]
    same = sum(1 for one in counted if (one.kind, one.wave) == (kind, wave))
    if same >= (protocol.reminders.most if kind == "reminder" else MOST_LINKS):
        raise NotSendable("too_many")
    last = max((one.changed_at for one in counted), default=None)
    apart = dt.timedelta(protocol.reminders.days_apart)
    if kind == "reminder" and last is not None and now < last + apart:
        raise NotSendable("too_soon")


def _of(connection: Connection, respondents: Collection[int]) -> list[Message]:
    rows = connection.execute(
        select(*COLUMNS).where(MessageRow.respondent_id.in_(respondents)).order_by(MessageRow.id)
    ).all()
    return [Message(*row) for row in rows]
