"""Responses: one respondent answering one version about one subject in one wave.

A response exists from the moment it is first opened or printed, not before; what is merely due is
computed (see `schedule`). From then on its version, age and window never change (decisions/0002).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from instruments import catalogue
from instruments.editions import Edition
from instruments.protocol import Protocol
from survey import audit, editions, moments, schedule
from survey.db import Database
from survey.models import Respondent as RespondentRow
from survey.models import Response as ResponseRow
from survey.models import Visit as VisitRow


class NotAsked(Exception):
    """This person is not asked that: not in this wave, not at this age, or not at all."""


class WaveClosed(Exception):
    """The days on which this could be answered are over, or have not come yet."""


class ResponseClosed(Exception):
    """The response was stopped or declared void: it takes no more answers."""


class NoSuchResponse(LookupError):
    """No response has this number."""


class Response(NamedTuple):
    """A response as it was opened, and how far it has come."""

    id: int
    study_id: int
    respondent_id: int
    key: str
    battery: str
    instrument: str
    version: str
    revision: int
    #: What it is about: `child`, `respondent`, `family` or `project`.
    subject: str
    child_id: int | None
    wave: str
    #: The age in completed months that chose the version.
    age_months: int | None
    language: str
    reading: str
    #: `web`, `paper` or `assisted`.
    mode: str
    #: `none`, `helper` or `interpreter`.
    assistance: str
    #: `open`, `complete`, `stopped` or `void`.
    status: str
    due_on: dt.date
    opens_on: dt.date
    closes_on: dt.date
    first_opened_at: dt.datetime
    completed_at: dt.datetime | None
    entered_at: dt.datetime | None
    late: bool

    @property
    def edition(self) -> Edition:
        """The edition in which it was last answered."""
        return editions.stored(self.language, self.reading)

    def is_open(self, on: dt.date) -> bool:
        """Whether it may be answered on screen on a day; also when it was complete already, but not when
        its paper was confirmed."""
        open_ = self.status in ("open", "complete") and self.entered_at is None
        return open_ and self.opens_on <= on <= self.closes_on


#: The columns of `response`, in the order of the fields of `Response`.
COLUMNS = Response._fields


def from_columns(values: Sequence[object]) -> Response:
    """A response from `COLUMNS` as the driver gives them: SQLite has texts for dates and 0 or 1 for late."""
    *plain, due, opens, closes, first, completed, entered, late = cast("Sequence[Any]", values)
    fields: list[Any] = [
        *plain,
        _date(due),
        _date(opens),
        _date(closes),
        moments.read(first),
        None if completed is None else moments.read(completed),
        None if entered is None else moments.read(entered),
        bool(late),
    ]
    return Response(*fields)


def get(db: Database, response_id: int) -> Response:
    """A response by its number, for staff and programs: no check of whose it is.

    Raises:
        NoSuchResponse
    """
    statement = db.marks(f"SELECT {', '.join(COLUMNS)} FROM response WHERE id = ?")
    with db.read() as connection:
        row = connection.exec_driver_sql(statement, (response_id,)).first()
    if row is None:
        raise NoSuchResponse(f"there is no response {response_id}")
    return from_columns(row)


def open(
    db: Database,
    protocol: Protocol,
    respondent_id: int,
    task_key: str,
    *,
    on: dt.date,
    now: dt.datetime,
    edition: Edition,
    visit_id: int | None = None,
    mode: str = "web",
    assistance: str = "none",
) -> int:
    """The response for a task of this person, made now if it is the first time; its number.

    What was begun alone and goes on with help is from then on noted as assisted; what was assisted stays so.

    Raises:
        NotAsked: the task is not in this person's pocket.
        WaveClosed: it was or will be, but not on this day.
        schedule.NoSuchRespondent
    """
    found = _existing(db, respondent_id, task_key, on)
    if found is not None:
        if assistance != "none":
            _with_help(db, found, assistance)
        return found

    def work(connection: Connection) -> int:
        pocket = schedule.pocket_on(connection, protocol, respondent_id, on)
        task = next((task for task in pocket.tasks if task.key == task_key), None)
        if task is None:
            raise WaveClosed(task_key) if _of_another_time(pocket, task_key, protocol) else NotAsked(task_key)
        response_id, _ = open_on(
            connection, respondent_id, task, now=now, edition=edition, mode=mode, assistance=assistance
        )
        if visit_id is not None:
            connection.execute(update(VisitRow).where(VisitRow.id == visit_id).values(last_seen=now))
        return response_id

    return db.write(work)


def open_on(
    connection: Connection,
    respondent_id: int,
    task: schedule.Task,
    *,
    now: dt.datetime,
    edition: Edition,
    mode: str = "web",
    assistance: str = "none",
) -> tuple[int, str]:
    """The response for a task of a pocket, inside a transaction: its number, and the version that it has.

    The version is that of whoever opened it first, which may be another one than the task says.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    version = catalogue().get(task.instrument, task.version)
    values = {
        "study_id": select(RespondentRow.study_id).where(RespondentRow.id == respondent_id).scalar_subquery(),
        "respondent_id": respondent_id,
        "key": task.key,
        "battery": task.battery,
        "instrument": task.instrument,
        "version": task.version,
        "revision": version.revision,
        "subject": task.subject,
        "child_id": task.child_id,
        "wave": task.wave,
        "age_months": task.age_months,
        "language": edition.language,
        "reading": edition.reading,
        "mode": mode,
        "assistance": assistance,
        "status": "open",
        "due_on": task.due,
        "opens_on": task.opens,
        "closes_on": task.closes,
        "first_opened_at": now,
    }
    connection.execute(insert(ResponseRow).values(values).on_conflict_do_nothing(index_elements=["key"]))
    found = select(ResponseRow.id, ResponseRow.version).where(ResponseRow.key == task.key)
    row = connection.execute(found).one()
    return row.id, row.version


def set_status(
    db: Database,
    response_id: int,
    status: str,
    *,
    reason: str = "",
    now: dt.datetime | None = None,
    actor: str = "system",
) -> None:
    """Stop a response, declare it void, or open it again; its answers stay.

    Raises:
        NoSuchResponse
        ValueError: `complete`, which only `answers.record` can make it.
        sqlalchemy.exc.IntegrityError: an unknown status.
    """
    if status == "complete":
        raise ValueError("a response becomes complete with its last save: use answers.record")
    moment = now or moments.now()

    def work(connection: Connection) -> None:
        changed = connection.execute(
            update(ResponseRow).where(ResponseRow.id == response_id).values(status=status)
        ).rowcount
        if not changed:
            raise NoSuchResponse(f"there is no response {response_id}")
        audit.append(
            connection,
            actor,
            "response.status",
            f"response {response_id}",
            moment,
            status=status,
            reason=reason,
        )

    db.write(work)


def _existing(db: Database, respondent_id: int, task_key: str, on: dt.date) -> int | None:
    with db.read() as connection:
        row = connection.execute(
            select(ResponseRow.id, ResponseRow.status, ResponseRow.opens_on, ResponseRow.closes_on).where(
                ResponseRow.key == task_key, ResponseRow.respondent_id == respondent_id
            )
        ).first()
    if row is None:
        return None
    if row.status not in ("open", "complete"):
        raise NotAsked(task_key)
    if not row.opens_on <= on <= row.closes_on:
        raise WaveClosed(task_key)
    return int(row.id)


def _with_help(db: Database, response_id: int, assistance: str) -> None:
    """Somebody helps from here on."""
    helped = (
        update(ResponseRow)
        .where(ResponseRow.id == response_id)
        .values(mode="assisted", assistance=assistance)
    )

    def work(connection: Connection) -> None:
        connection.execute(helped)

    db.write(work)


def _of_another_time(pocket: schedule.Pocket, task_key: str, protocol: Protocol) -> bool:
    """Whether a task that is not in the pocket belongs to a wave that is not open for this person."""
    whose, _, _ = task_key.partition(":")
    wave = task_key.rpartition(":")[2]
    return (
        whose == str(pocket.respondent_id)
        and wave in {known.id for known in protocol.waves}
        and wave != pocket.wave
    )


def _date(value: object) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
