"""Letting go what has had its time. Safe to do every day, and again after it was stopped half-way."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from instruments.protocol import Protocol
from survey import audit, moments
from survey.contacts import Book
from survey.db import Database
from survey.fieldwork import erasure, reaching
from survey.fieldwork.erasure_ledger import Ledger
from survey.jobs.kinds import Kind
from survey.jobs.work import Work
from survey.models import Family as FamilyRow
from survey.people_keys import PeopleKeys
from survey.retention import due
from survey.retention.due import EMPTY, Due
from survey.retention.rules import Rules, load
from survey.scans import purging

#: The texts that are emptied, and not wiped with their row.
_TEXTS = {"extension": "reason", "handover": "message", "pause": "reason"}


def apply(
    db: Database,
    protocol: Protocol,
    rules: Rules,
    *,
    now: dt.datetime,
    actor: str,
    book: Book | None = None,
    ledger: Ledger | None = None,
    keys: PeopleKeys | None = None,
) -> list[Due]:
    """Let go what every rule says, and note it in the trail: what went, by rule.

    Raises:
        survey.people_keys.KeysAway: keys of a family are not in the store; it was not wiped.
    """
    done = []
    for one in due.plan(db, protocol, rules, now, book):
        if one.rule.id == "scans":
            # Also piles that broke off while they came in, of which nobody can tell whose they are.
            purging.purge(db, protocol, by=actor, now=now)
        if not one.count:
            continue
        _wipe(db, one.families, now, actor, book, ledger, keys)
        if one.people and book is not None:
            reaching.expire(db, book, protocol, now=now, actor=actor, until=one.rule.until)
        if one.rows and one.rule.id != "scans":
            _let_go(db, protocol, one, now)
        _tell(db, one, now, actor)
        done.append(one)
    return done


def _wipe(
    db: Database,
    families: tuple[int, ...],
    now: dt.datetime,
    actor: str,
    book: Book | None,
    ledger: Ledger | None,
    keys: PeopleKeys | None,
) -> None:
    try:
        for family_id in families:
            erasure.expect_keys(db, family_id, keys)
            _note(db, family_id, ledger, now)
            erasure.wipe(db, family_id, now=now, actor=actor, book=book, keys=keys)
    finally:
        if keys is not None and families:
            keys.renew_copy()


def _note(db: Database, family_id: int, ledger: Ledger | None, now: dt.datetime) -> None:
    if ledger is not None:
        with db.read() as connection:
            code = connection.scalars(select(FamilyRow.code).where(FamilyRow.id == family_id)).one()
        ledger.note(code, now)


def _let_go(db: Database, protocol: Protocol, one: Due, now: dt.datetime) -> None:
    def work(connection: Connection) -> None:
        for table, which in due.rows_of(connection, protocol, one.rule, moments.day(now)):
            text = _TEXTS.get(table.name)
            if text is None:
                connection.execute(delete(table).where(which))
            else:
                connection.execute(update(table).where(which).values({text: EMPTY}))

    db.write(work)


def _tell(db: Database, one: Due, now: dt.datetime, actor: str) -> None:
    """In the trail: by which rule, and how much; a family that was wiped has an event of its own."""
    counts = dict(one.rows) | {"families": len(one.families), "people": one.people}
    told = {name: count for name, count in counts.items() if count}
    db.write(lambda connection: audit.append(connection, actor, "retention.applied", "study", now, **told))


def run(work: Work) -> str:
    """Once a day, in the worker."""
    settings, book = work.settings, Book.of(work.settings)
    keys = PeopleKeys.of(settings)
    try:
        if book is not None:
            book.upgrade()
        done = apply(
            work.db, work.plan, load(settings.retention), now=work.now(), actor="retention", book=book,
            ledger=Ledger.of(settings), keys=keys,
        )  # fmt: skip
    finally:
        if book is not None:
            book.dispose()
    told = f"{sum(one.count for one in done)} let go"
    if keys is not None and any(one.families for one in done) and not keys.renew_copy():
        return f"{told}; earlier backups are out of reach once the next one renews the copy of the keys"
    return told


KIND = Kind("retention", run, daily=True)
