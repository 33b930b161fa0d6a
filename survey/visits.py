"""Visits: what a link opens on one device, until someone stops or nothing happens for a while.

The browser holds a secret in a cookie; here is only its digest. In a visit at most one person's pocket is
open. Opening another pocket (from the family page) ends the visit and begins a new one: what the first
person gave in it can then not be shown to the second, nor to the first again (decisions/0003).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection

from instruments.editions import Edition
from survey import audit, editions, links
from survey.db import Database
from survey.models import Child as ChildRow
from survey.models import Link as LinkRow
from survey.models import Respondent as RespondentRow
from survey.models import Study as StudyRow
from survey.models import Visit as VisitRow

#: Without a save for this long, a visit is over; a setting may say otherwise.
IDLE = dt.timedelta(minutes=30)
#: However busy, a visit is over after this long.
LONGEST = dt.timedelta(hours=12)
#: `last_seen` is only written when it is older than this, to spare the disk; `IDLE` counts from there on,
#: so that nobody has less time than promised.
TOUCH = dt.timedelta(minutes=5)


class VisitOver(Exception):
    """There is no such visit any more: ended, idle for too long, or never begun. The link opens a new one."""


class NotYours(Exception):
    """This visit may not see that: it belongs to someone whose pocket is not open in it."""


class Visit(NamedTuple):
    """An open visit."""

    id: int
    digest: str
    link_id: int
    #: Whose pocket is open; None while only the family page is.
    respondent_id: int | None
    #: The family of a link to a family page; None for a link to one pocket.
    family_id: int | None
    language: str
    reading: str
    started_at: dt.datetime
    last_seen: dt.datetime
    #: Of the person whose pocket is open: what they are, and a child's month of birth. Not in a sitting,
    #: whose response says it.
    role: str | None = None
    born: dt.date | None = None
    #: With whose help is answered: `none`, `helper` or `interpreter`. Not in a sitting either.
    assistance: str = "none"

    @property
    def edition(self) -> Edition:
        """The edition in which pages are shown."""
        return editions.stored(self.language, self.reading)


_FIND = (
    select(
        VisitRow.id,
        VisitRow.link_id,
        VisitRow.respondent_id,
        LinkRow.family_id,
        VisitRow.language,
        VisitRow.reading,
        VisitRow.started_at,
        VisitRow.last_seen,
        VisitRow.ended_at,
        RespondentRow.role,
        ChildRow.birth_month,
        LinkRow.assistance,
    )
    .join(LinkRow, LinkRow.id == VisitRow.link_id)
    .outerjoin(RespondentRow, RespondentRow.id == VisitRow.respondent_id)
    .outerjoin(ChildRow, ChildRow.id == RespondentRow.child_id)
    .where(VisitRow.digest == bindparam("digest"))
)
_WHO = (
    select(RespondentRow.role, ChildRow.birth_month)
    .outerjoin(ChildRow, ChildRow.id == RespondentRow.child_id)
    .where(RespondentRow.id == bindparam("respondent_id"))
)


def is_over(
    started_at: dt.datetime,
    last_seen: dt.datetime,
    ended_at: object,
    now: dt.datetime,
    idle: dt.timedelta = IDLE,
) -> bool:
    """Whether a visit has ended by now."""
    return ended_at is not None or now - last_seen > idle + TOUCH or now - started_at > LONGEST


def left(visit: Visit, now: dt.datetime, idle: dt.timedelta = IDLE) -> dt.timedelta:
    """How long a visit has still to go when nothing more is saved in it."""
    return min(visit.last_seen + idle + TOUCH, visit.started_at + LONGEST) - now


def open(db: Database, token: str, now: dt.datetime, *, edition: Edition | None = None) -> tuple[str, Visit]:
    """Begin a visit with a link: the secret for the cookie, and the visit.

    Without an edition the person's own is taken (on a family page: the first parent's).

    Raises:
        links.LinkUnknown, links.LinkExpired, links.LinkRevoked.
    """
    return open_found(db, lambda connection: links.find_on(connection, token, now), now, edition=edition)


def open_found(
    db: Database,
    find: Callable[[Connection], links.Link],
    now: dt.datetime,
    *,
    edition: Edition | None = None,
) -> tuple[str, Visit]:
    """As `open`, with a link that is found in another way than by its token; raises what `find` does."""
    secret = secrets.token_urlsafe(16)

    def work(connection: Connection) -> Visit:
        link = find(connection)
        return _begin(connection, secret, link, link.respondent_id, edition, now)

    return secret, db.write(work)


def find(db: Database, digest: str, now: dt.datetime, *, idle: dt.timedelta = IDLE) -> Visit:
    """The open visit with this digest (`links.digest_of` the cookie's secret).

    Raises:
        VisitOver
    """
    with db.read() as connection:
        row = connection.execute(_FIND, {"digest": digest}).first()
    if row is None or is_over(row.started_at, row.last_seen, row.ended_at, now, idle):
        raise VisitOver
    return Visit(
        row.id,
        digest,
        row.link_id,
        row.respondent_id,
        row.family_id,
        row.language,
        row.reading,
        row.started_at,
        row.last_seen,
        row.role,
        row.birth_month,
        row.assistance,
    )


def choose(db: Database, visit: Visit, respondent_id: int, now: dt.datetime) -> tuple[str, Visit]:
    """Open the pocket of one member of the family: the secret and visit that replace the present ones.

    An edition that was chosen on the family page goes along; otherwise the person's own is taken.

    Raises:
        NotYours: the link is not to a family page, or the person is not of that family.
        VisitOver: it was ended meanwhile.
    """
    if visit.family_id is None:
        raise NotYours
    secret = secrets.token_urlsafe(16)

    def work(connection: Connection) -> Visit:
        family_id = connection.scalar(
            select(RespondentRow.family_id).where(RespondentRow.id == respondent_id)
        )
        if family_id is None or family_id != visit.family_id:
            raise NotYours
        if not _end(connection, visit.digest, now):
            raise VisitOver
        chosen = None if visit.edition == _usual_edition(connection, None, visit.family_id) else visit.edition
        link = links.Link(visit.link_id, None, visit.family_id, visit.started_at, None, visit.assistance)
        return _begin(connection, secret, link, respondent_id, chosen, now)

    return secret, db.write(work)


def set_edition(db: Database, visit: Visit, edition: Edition) -> None:
    """Show the pages of this visit in another edition from now on, and remember it for the person."""

    def work(connection: Connection) -> None:
        chosen = {"language": edition.language, "reading": edition.reading}
        connection.execute(update(VisitRow).where(VisitRow.id == visit.id).values(chosen))
        if visit.respondent_id is not None:
            connection.execute(
                update(RespondentRow).where(RespondentRow.id == visit.respondent_id).values(chosen)
            )

    db.write(work)


def stay(db: Database, visit: Visit, now: dt.datetime) -> None:
    """Somebody is still there, though nothing was saved: the visit goes on as after a save."""
    seen = update(VisitRow).where(VisitRow.id == visit.id, VisitRow.last_seen < now).values(last_seen=now)

    def work(connection: Connection) -> None:
        connection.execute(seen)

    db.write(work)


def end(db: Database, digest: str, now: dt.datetime) -> None:
    """Stop a visit. Doing so twice, or with a digest that nobody has, changes nothing."""
    db.write(lambda connection: _end(connection, digest, now))


def _end(connection: Connection, digest: str, now: dt.datetime) -> bool:
    ended = connection.execute(
        update(VisitRow).where(VisitRow.digest == digest, VisitRow.ended_at.is_(None)).values(ended_at=now)
    )
    return ended.rowcount == 1


def _begin(
    connection: Connection,
    secret: str,
    link: links.Link,
    respondent_id: int | None,
    edition: Edition | None,
    now: dt.datetime,
) -> Visit:
    link_id, family_id = link.id, link.family_id
    digest = links.digest_of(secret)
    edition = edition or _usual_edition(connection, respondent_id, family_id)
    visit_id = connection.execute(
        insert(VisitRow)
        .values(
            digest=digest,
            link_id=link_id,
            respondent_id=respondent_id,
            language=edition.language,
            reading=edition.reading,
            started_at=now,
            last_seen=now,
        )
        .returning(VisitRow.id)
    ).scalar_one()
    target = f"family {family_id}" if respondent_id is None else f"respondent {respondent_id}"
    audit.append(connection, f"visit {visit_id}", "link.opened", target, now, link=link_id)
    who = connection.execute(_WHO, {"respondent_id": respondent_id}).first()
    role, born = (None, None) if who is None else who
    read = edition.language, edition.reading
    return Visit(
        visit_id, digest, link_id, respondent_id, family_id, *read, now, now, role, born, link.assistance
    )


def _usual_edition(connection: Connection, respondent_id: int | None, family_id: int | None) -> Edition:
    """The edition of the person; on a family page that of the first parent; else the study's first."""
    whose = (
        RespondentRow.id == respondent_id
        if respondent_id is not None
        else (RespondentRow.family_id == family_id) & (RespondentRow.role == "parent")
    )
    person = connection.execute(
        select(RespondentRow.language, RespondentRow.reading).where(whose).order_by(RespondentRow.id).limit(1)
    ).first()
    if person is not None:
        return editions.stored(person.language, person.reading)
    languages = connection.scalars(select(StudyRow.languages)).one()
    return Edition(languages.split()[0])
