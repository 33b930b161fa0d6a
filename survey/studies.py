"""The study: what it is called, whether it is for real, its plan and its languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from survey import audit, moments
from survey.db import Database
from survey.models import Study as StudyRow


class StudyExists(ValueError):
    """This database already holds a study; another one needs a database of its own."""


@dataclass(frozen=True)
class Study:
    """The study of this database."""

    id: int
    key: str
    #: `demo` or `live`; live refuses demonstration and draft wording.
    kind: str
    #: `default`, or the name of a protocol file.
    protocol: str
    #: The usual one first.
    languages: tuple[str, ...]
    created_at: dt.datetime


def create(
    db: Database,
    key: str,
    kind: str,
    *,
    protocol: str = "default",
    languages: Sequence[str] = ("nl",),
    now: dt.datetime | None = None,
) -> int:
    """Begin the study; its id.

    Raises:
        StudyExists: there is one already.
        sqlalchemy.exc.IntegrityError: a kind other than demo or live.
    """
    moment = now or moments.now()

    def work(connection: Connection) -> int:
        if connection.scalar(select(StudyRow.id)) is not None:
            raise StudyExists("this database already holds a study; use another database")
        study_id = connection.execute(
            insert(StudyRow)
            .values(key=key, kind=kind, protocol=protocol, languages=" ".join(languages), created_at=moment)
            .returning(StudyRow.id)
        ).scalar_one()
        audit.append(connection, "system", "study.created", f"study {study_id}", moment, key=key, kind=kind)
        return study_id

    return db.write(work)


def the_study(db: Database) -> Study | None:
    """The study of this database; None when it is still empty."""
    with db.read() as connection:
        row = connection.execute(
            select(
                StudyRow.id,
                StudyRow.key,
                StudyRow.kind,
                StudyRow.protocol,
                StudyRow.languages,
                StudyRow.created_at,
            )
        ).first()
    if row is None:
        return None
    return Study(row.id, row.key, row.kind, row.protocol, tuple(row.languages.split()), row.created_at)
