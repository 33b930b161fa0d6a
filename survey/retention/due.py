"""What has had its time on a day: by rule, with how much of it there is. Looking changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, func, or_, select
from sqlalchemy.engine import Connection

from instruments.protocol import Protocol
from survey import moments
from survey.accounts.tables import DoneOnce, Invitation, SignInAttempt, StaffSession
from survey.callbacks import CallbackRow
from survey.contacts import Book
from survey.db import Database
from survey.fieldwork import reaching
from survey.fieldwork.tables import Departure, Handover, Pause
from survey.models import Family as FamilyRow
from survey.post.tables import MessageRow
from survey.retention.rules import Rule, Rules
from survey.scans.purging import not_needed
from survey.scans.tables import ScanPicture
from survey.schema import METADATA
from survey.sheet_tables import CodeTry
from survey.windows import ExtensionRow

#: What a text that was emptied holds.
EMPTY = ""
_DEPARTURES = select(Departure.family_id, Departure.on_day, Departure.wish).order_by(Departure.id)
_FINAL = ("sent", "unsure", "failed", "dropped")


@dataclass(frozen=True)
class Due:
    """What one rule would let go."""

    rule: Rule
    #: Families that would be wiped.
    families: tuple[int, ...] = ()
    #: People whose names and numbers would be wiped.
    people: int = 0
    #: Rows that would be wiped or emptied, by table.
    rows: tuple[tuple[str, int], ...] = ()

    @property
    def count(self) -> int:
        """How much it is altogether."""
        return len(self.families) + self.people + sum(count for _table, count in self.rows)


def plan(db: Database, protocol: Protocol, rules: Rules, now: dt.datetime, book: Book | None) -> list[Due]:
    """What every rule would let go now, in the order of the rules."""
    on = moments.day(now)
    with db.read() as connection:
        found = [_of_rule(connection, protocol, rule, now) for rule in rules.rules]
    contacts = rules["contacts"]
    people = 0 if book is None else len(reaching.over(db, book, protocol, on, contacts.until))
    return [Due(contacts, people=people) if one.rule.id == contacts.id else one for one in found]


def _of_rule(connection: Connection, protocol: Protocol, rule: Rule, moment: dt.datetime) -> Due:
    on = moments.day(moment)
    if rule.id in ("wish", "research"):
        ended = _ended(connection, protocol, rule, on)
        return Due(rule, families=tuple(sorted(ended & _wishing(connection) if rule.id == "wish" else ended)))
    if rule.id == "scans":
        pages = not_needed(protocol, moment)
        counted_pictures = select(func.count()).where(ScanPicture.page_id.in_(pages))
        pictures = connection.scalar(counted_pictures) or 0
        return Due(rule, rows=((ScanPicture.__tablename__, pictures),) if pictures else ())
    counted = []
    for table, which in rows_of(connection, protocol, rule, on):
        count = connection.scalar(select(func.count()).select_from(table).where(which)) or 0
        counted += [(table.name, count)] if count else []
    return Due(rule, rows=tuple(counted))


def rows_of(
    connection: Connection, protocol: Protocol, rule: Rule, on: dt.date
) -> list[tuple[Table, ColumnElement[bool]]]:
    """The tables of a rule, with the rows whose time is over."""
    tables, before = METADATA.tables, rule.over_before(on)
    if before is None:
        return []
    if rule.id == "staff_texts":
        ended = _ended(connection, protocol, rule, on)
        return [
            (tables["handover"], Handover.family_id.in_(ended) & (Handover.message != EMPTY)),
            (tables["extension"], ExtensionRow.family_id.in_(ended) & (ExtensionRow.reason != EMPTY)),
            (tables["pause"], Pause.family_id.in_(ended) & (Pause.reason != EMPTY)),
        ]
    moment = dt.datetime.combine(before, dt.time(), dt.UTC)
    found: dict[str, list[tuple[str, ColumnElement[bool]]]] = {
        "callbacks": [("callback", func.coalesce(CallbackRow.done_at, CallbackRow.asked_at) < moment)],
        "messages": [("message", and_(MessageRow.state.in_(_FINAL), MessageRow.changed_at < moment))],
        "logs": [
            ("sign_in_attempt", SignInAttempt.at < moment),
            ("code_try", CodeTry.at < moment),
            ("staff_session", StaffSession.last_seen < moment),
            ("done_once", DoneOnce.at < moment),
            ("invitation", or_(Invitation.used_at < moment, Invitation.expires_at < moment)),
        ],
    }
    return [(tables[name], which) for name, which in found.get(rule.id, ())]


def _ended(connection: Connection, protocol: Protocol, rule: Rule, on: dt.date) -> set[int]:
    """Families that stopped, or were asked for the last time, so long ago that the time of a rule is over."""
    ends = reaching.ends(connection, protocol)
    return {family_id for family_id, end in ends.items() if rule.is_over(end, on)}


def _wishing(connection: Connection) -> set[int]:
    """Families that stopped and asked, the last time, for everything to be erased."""
    stopped = set(connection.scalars(select(FamilyRow.id).where(FamilyRow.status == "stopped")))
    wish = {row.family_id: row.wish for row in connection.execute(_DEPARTURES)}
    return {number for number in stopped if wish.get(number) == "erase"}
