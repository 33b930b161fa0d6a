"""Sending: everything in the queue that may go now, one after the other; safe to stop at any moment."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from instruments import Edition
from instruments.protocol import Protocol
from survey import audit, editions, links
from survey.contacts import Book, Unreadable
from survey.db import Database
from survey.fieldwork import handing, reaching
from survey.models import Respondent as RespondentRow
from survey.post import carriers, queue
from survey.post.carriers import Carrier, Words
from survey.post.queue import Message, NotSendable
from survey.post.tables import MessageRow

#: What was being sent for longer than this is not being sent any more: the run was stopped.
STOPPED_AFTER = dt.timedelta(minutes=10)
#: After so many vain tries a message is given up; the pause before the next one doubles each time.
MOST_TRIES = 6
_FIRST_PAUSE = dt.timedelta(minutes=15)
#: Who did it, in the trail.
ACTOR = "post"

#: Says what a message says: for an edition, to an adult or to a young person, of a kind, with an address.
Compose = Callable[[Edition, bool, str, str], Words]


@dataclass(frozen=True)
class PostOffice:
    """Everything that sending needs."""

    db: Database
    book: Book
    protocol: Protocol
    #: By channel; where there is none for a channel, its messages wait.
    carriers: Mapping[str, Carrier]
    compose: Compose
    base_url: str
    clock: Callable[[], dt.datetime]

    def send(self) -> Counter[str]:
        """Send everything that may go now; how many messages came to which state.

        Several runs at once do no harm: each message is taken by one of them.
        """
        outcomes: Counter[str] = Counter()
        outcomes["unsure"] += self._left_behind()
        for number in self._due():
            message = self._take(number)
            if message is not None:
                outcomes[self._one(message)] += 1
        return +outcomes

    def _left_behind(self) -> int:
        now = self.clock()
        stopped = (
            update(MessageRow)
            .where(MessageRow.state == "going", MessageRow.changed_at < now - STOPPED_AFTER)
            .values(state="unsure", problem="stopped", changed_at=now)
        )
        return self.db.write(lambda connection: connection.execute(stopped).rowcount)

    def _due(self) -> list[int]:
        with self.db.read() as connection:
            return list(
                connection.scalars(
                    select(MessageRow.id)
                    .where(
                        MessageRow.state == "waiting",
                        MessageRow.not_before <= self.clock(),
                        MessageRow.channel.in_(list(self.carriers)),
                    )
                    .order_by(MessageRow.not_before, MessageRow.id)
                )
            )

    def _take(self, number: int) -> Message | None:
        """Mark a message as being sent, on disk, before anything of it leaves; None when another run has."""
        now = self.clock()
        take = (
            update(MessageRow)
            .where(MessageRow.id == number, MessageRow.state == "waiting")
            .values(state="going", changed_at=now, tries=MessageRow.tries + 1)
            .returning(*queue.COLUMNS)
        )
        row = self.db.write(lambda connection: connection.execute(take).first())
        return None if row is None else Message(*row)

    def _one(self, message: Message) -> str:
        now = self.clock()
        standing = self.book.standings([message.respondent_id]).get(message.respondent_id)
        safe = None if standing is None else standing.terms.next_safe(now)
        if standing is None or safe is None or standing.terms.channel != message.channel:
            return self._ends(message, "dropped", "not_agreed")
        try:
            if queue.asked_in(self.db, self.protocol, message.respondent_id, now) != message.wave:
                return self._ends(message, "dropped", "nothing_asked")
        except NotSendable as reason:
            return self._ends(message, "dropped", reason.why)
        if safe > now:
            return self._waits(message, safe, "", tried=False)
        return self._carried(message, now)

    def _carried(self, message: Message, now: dt.datetime) -> str:
        try:
            details = reaching.show(self.db, self.book, message.respondent_id, now=now, actor=ACTOR)
        except Unreadable:
            return self._ends(message, "failed", "unreadable")
        to = "" if details is None else details.email if message.channel == "mail" else details.phone
        if not to:
            return self._ends(message, "dropped", "not_agreed")
        family_id, edition, young = self._who(message.respondent_id)
        token = handing.give(self.db, self.protocol, family_id, message.respondent_id, now=now, actor=ACTOR)
        link = links.find(self.db, token, now)
        words = self.compose(edition, young, message.kind, f"{self.base_url}/l/{token}")
        try:
            self.carriers[message.channel].send(to, words, f"m{message.id}.{link.id}")
        except carriers.NotNow:
            links.revoke(self.db, link.id, now=now, actor=ACTOR)
            return self._again(message, now)
        except carriers.Refused:
            links.revoke(self.db, link.id, now=now, actor=ACTOR)
            return self._ends(message, "failed", "refused")
        except carriers.Unsure:
            return self._ends(message, "unsure", "line_dead", link.id)
        return self._ends(message, "sent", "", link.id)

    def _who(self, respondent_id: int) -> tuple[int, Edition, bool]:
        with self.db.read() as connection:
            row = connection.execute(
                select(
                    RespondentRow.family_id, RespondentRow.language, RespondentRow.reading, RespondentRow.role
                ).where(RespondentRow.id == respondent_id)
            ).one()
        return row.family_id, editions.stored(row.language, row.reading), row.role == "child"

    def _again(self, message: Message, now: dt.datetime) -> str:
        with self.db.read() as connection:
            tries = connection.scalars(select(MessageRow.tries).where(MessageRow.id == message.id)).one()
        if tries >= MOST_TRIES:
            return self._ends(message, "failed", "no_answer")
        return self._waits(message, now + _FIRST_PAUSE * 2 ** (tries - 1), "no_answer")

    def _waits(self, message: Message, until: dt.datetime, problem: str, *, tried: bool = True) -> str:
        now = self.clock()
        tries = MessageRow.tries if tried else MessageRow.tries - 1
        waits = (
            update(MessageRow)
            .where(MessageRow.id == message.id)
            .values(state="waiting", not_before=until, problem=problem, changed_at=now, tries=tries)
        )
        self.db.write(lambda connection: connection.execute(waits))
        return "waiting"

    def _ends(self, message: Message, state: str, problem: str, link_id: int | None = None) -> str:
        now = self.clock()

        def work(connection: Connection) -> None:
            connection.execute(
                update(MessageRow)
                .where(MessageRow.id == message.id)
                .values(state=state, problem=problem, link_id=link_id, changed_at=now)
            )
            thing = f"respondent {message.respondent_id}"
            audit.append(connection, ACTOR, f"message.{state}", thing, now, message=message.id, why=problem)

        self.db.write(work)
        return state
