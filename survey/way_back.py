"""The way back: tables brought to an earlier form, for a version of the service that went before.

What the earlier form has no place for goes: rows of tables that it does not know, and what stands in columns
that it does not have. That is never done unsaid. The steps are first taken on trial and undone; what they
would take away is counted, and unless nothing is, or whoever asks names that very number, nothing happens.

Every step is a migration with a `downgrade`, of the study (`survey/migrations`) or of the contact store. The
version that knows the steps is the newer one: it goes back, then the older one is started.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from survey import audit, steps
from survey.db import Database
from survey.models import Event

#: Before the first step: no tables at all.
NOTHING = "base"
#: Where Alembic notes the form.
_NOTE = "alembic_version"
_ACTION = "tables.went_back"
#: table -> column -> the words of its default, as the database has them.
_Columns = Mapping[str, Mapping[str, str | None]]


class UnknownForm(LookupError):
    """No form of these tables that this version knows, or none that lies behind; the message says which."""


@dataclass(frozen=True)
class Form:
    """A form that the tables have had."""

    number: str
    #: What came with it.
    about: str


@dataclass(frozen=True)
class Loss:
    """What an earlier form has no place for."""

    table: str
    rows: int
    #: Set when the table stays: the column that goes. Counted are the rows with something of their own in it.
    column: str = ""

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table


class WouldLose(RuntimeError):
    """Going back would take away what nobody said may go. Nothing was changed."""

    def __init__(self, losses: tuple[Loss, ...]) -> None:
        self.losses = losses
        self.rows = sum(loss.rows for loss in losses)
        told = ", ".join(f"{loss.rows} of {loss}" for loss in losses) or "no rows"
        super().__init__(f"would be lost: {told}")


def forms(db: Database) -> tuple[Form, ...]:
    """Every form that this version knows, the newest first."""
    return tuple(
        Form(step.revision, (step.doc or "").splitlines()[0])
        for step in steps.known(db.chain).walk_revisions()
    )


def go_back(db: Database, to: str, *, lose: int = 0, by: str, now: dt.datetime) -> tuple[Loss, ...]:
    """Bring the tables to an earlier form, all at once or not at all; tells what went.

    Args:
        to: the number of the form, or `NOTHING`.
        lose: how many rows may go: exactly as many as `WouldLose` counted, so that nothing which came in
            since goes with them.
        by: who does it, for the audit trail.

    Raises:
        UnknownForm
        steps.LaterTables: a newer version knows the steps.
        WouldLose
    """
    known = [form.number for form in forms(db)]

    def work(connection: Connection) -> tuple[Loss, ...]:
        steps.take_turn(connection)
        here = _checked(steps.form(connection), to, known)
        before = _columns(connection)
        _keep_others_out(connection, before)
        losses = _on_trial(connection, db.chain, to, before)
        if sum(loss.rows for loss in losses) != lose:
            raise WouldLose(losses)
        _note_on(connection, before, f"tables {here}", to, losses, by, now)
        steps.downgrade(connection, db.chain, to)
        return losses

    losses = db.write(work)
    db.forget_plans()
    return losses


def note(
    study: Database, store: str, to: str, losses: tuple[Loss, ...], *, by: str, now: dt.datetime
) -> None:
    """Tell the trail of the study that another store, which has none of its own, went back."""
    study.write(
        lambda connection: _note_on(connection, _columns(connection), f"store {store}", to, losses, by, now)
    )


def _checked(here: str | None, to: str, known: list[str]) -> str:
    if here is None:
        raise UnknownForm("there are no tables, so there is no way back")
    if here not in known:
        raise steps.LaterTables(here)
    behind = [*known[known.index(here) + 1 :], NOTHING]
    if to not in behind:
        raise UnknownForm(f"form {to} does not lie behind form {here}; choose from {', '.join(behind)}")
    return here


def _keep_others_out(connection: Connection, tables: Collection[str]) -> None:
    """What is counted must still be all there is when it goes. (SQLite lets in one writer anyhow.)"""
    if connection.dialect.name == "postgresql":
        listed = ", ".join(f'"{table}"' for table in sorted(tables))
        connection.exec_driver_sql(f"LOCK TABLE {listed} IN ACCESS EXCLUSIVE MODE")


def _on_trial(connection: Connection, chain: str, to: str, before: _Columns) -> tuple[Loss, ...]:
    """Take the steps, see what is gone, undo them, and count what that was."""
    held = _counts(connection, before)
    trial = connection.begin_nested()
    steps.downgrade(connection, chain, to)
    after = _columns(connection)
    left = _counts(connection, after)
    trial.rollback()
    losses = [Loss(table, count - left.get(table, 0)) for table, count in held.items()]
    losses += [
        Loss(table, _of_their_own(connection, table, column, columns[column]), column)
        for table, columns in before.items()
        for column in columns.keys() - after.get(table, columns).keys()
    ]
    return tuple(sorted((loss for loss in losses if loss.rows > 0), key=str))


def _columns(connection: Connection) -> _Columns:
    return {
        table: {str(column["name"]): column["default"] for column in columns}
        for (_, table), columns in sa.inspect(connection).get_multi_columns().items()
        if table != _NOTE
    }


def _counts(connection: Connection, tables: Collection[str]) -> Mapping[str, int]:
    return {
        table: _count(connection, sa.select(sa.func.count()).select_from(sa.table(table))) for table in tables
    }


def _of_their_own(connection: Connection, table: str, column: str, default: str | None) -> int:
    """In how many rows a column holds something else than what every row gets by itself."""
    own = sa.column(column).is_distinct_from(sa.text(default or "NULL"))
    return _count(connection, sa.select(sa.func.count()).select_from(sa.table(table)).where(own))


def _count(connection: Connection, statement: sa.Select[int]) -> int:
    return connection.execute(statement).scalar_one()


def _note_on(
    connection: Connection,
    there: _Columns,
    thing: str,
    to: str,
    losses: tuple[Loss, ...],
    by: str,
    now: dt.datetime,
) -> None:
    """Note it in the trail, if there is one; in a form from before the seals as events were noted then."""
    lost = {str(loss): loss.rows for loss in losses}
    if "seal" in there:
        audit.append(connection, by, _ACTION, thing, now, to=to, lost=lost)
    elif "event" in there:
        detail = json.dumps({"to": to, "lost": lost}, sort_keys=True)
        connection.execute(
            sa.insert(Event).values(at=now, actor=by, action=_ACTION, object=thing, detail=detail)
        )
