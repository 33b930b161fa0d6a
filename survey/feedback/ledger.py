"""What was made and what was published: append-only, audited, and the gate before publication.

Nothing is published that, with all that was published before, gives a small group away. The check is made
when a draft is made and again here, in the transaction that publishes: another release may have come between.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from instruments.feedback import Smallest
from survey import audit, policy
from survey.accounts.people import Account
from survey.db import Database
from survey.feedback.rounding import Number
from survey.feedback.safety import Member, connected, is_safe
from survey.feedback.selection import Cell, Rules
from survey.feedback.tables import (
    FeedbackCell,
    FeedbackDocument,
    FeedbackPublication,
    FeedbackRekeyed,
    FeedbackRelease,
)
from survey.policy import Action


class NoSuchRelease(LookupError):
    """No draft was made for this date of the calendar."""


class AlreadyPublished(ValueError):
    """For this date of the calendar something was published, and that stands still."""


class NotWhatWasSeen(ValueError):
    """The checksum that was given is not that of the draft."""


class MayNotPublish(ValueError):
    """Who wants to publish may not."""


class Subtractable(ValueError):
    """Together with what was published before, a figure would give a small group away."""

    def __init__(self, figures: Sequence[str]) -> None:
        super().__init__(", ".join(figures))
        self.figures = tuple(figures)


_CELLS = select(
    FeedbackCell.figure, FeedbackCell.kind, FeedbackCell.place, FeedbackCell.period, FeedbackCell.number,
    FeedbackCell.members, FeedbackCell.split, FeedbackRelease.data_on,
).join(FeedbackRelease, FeedbackRelease.id == FeedbackCell.release_id)  # fmt: skip


_DOCUMENTS = select(
    FeedbackDocument.municipality_id, FeedbackDocument.language, FeedbackDocument.form,
    FeedbackDocument.content,
)  # fmt: skip
_RELEASES = select(
    FeedbackRelease.id, FeedbackRelease.study_id, FeedbackRelease.number, FeedbackRelease.data_on,
    FeedbackRelease.made_at, FeedbackRelease.made_by, FeedbackRelease.manifest, FeedbackRelease.sha256,
    FeedbackPublication.published_at, FeedbackPublication.published_by,
).outerjoin(FeedbackPublication, FeedbackPublication.release_id == FeedbackRelease.id)  # fmt: skip


@dataclass(frozen=True)
class Document:
    """The bytes for one municipality, or for the programme as a whole, in one language."""

    municipality_id: int | None
    language: str
    #: `pdf`, or `page` for the part of a page at the desk.
    form: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The checksum of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Draft:
    """A release before it is stored."""

    number: int
    data_on: dt.date
    #: What is told and how; the documents and the cells are added to it when it is stored.
    about: dict[str, Any]
    cells: tuple[Cell, ...]
    documents: tuple[Document, ...]


@dataclass(frozen=True)
class Release:
    """A release in the ledger."""

    id: int
    study_id: int
    number: int
    data_on: dt.date
    made_at: dt.datetime
    made_by: str
    manifest: dict[str, Any]
    sha256: str
    published_at: dt.datetime | None
    published_by: str | None

    @property
    def smallest(self) -> Smallest:
        """The thresholds it went by."""
        return Smallest.model_validate(self.manifest["smallest"])

    @property
    def rules(self) -> Rules:
        """The rules it went by."""
        return Rules.of(self.smallest, self.manifest["round_below"])


def store(db: Database, study_id: int, draft: Draft, *, by: str, now: dt.datetime) -> Release:
    """Keep a draft; nothing of it is told yet.

    Raises:
        AlreadyPublished: for its date.
    """

    def work(connection: Connection) -> int:
        if draft.number in _numbers(connection, study_id):
            raise AlreadyPublished(draft.number)
        text = _manifest(draft)
        release_id = connection.execute(
            insert(FeedbackRelease)
            .values(
                study_id=study_id, number=draft.number, data_on=draft.data_on, made_at=now, made_by=by,
                manifest=text, sha256=_digest(text),
            )
            .returning(FeedbackRelease.id)
        ).scalar_one()  # fmt: skip
        rows = [_cell_row(release_id, cell) for cell in draft.cells]
        if rows:
            connection.execute(insert(FeedbackCell), rows)
        documents = [
            {
                "release_id": release_id, "municipality_id": one.municipality_id, "language": one.language,
                "form": one.form, "content": one.content, "sha256": one.sha256,
            }
            for one in draft.documents
        ]  # fmt: skip
        if documents:
            connection.execute(insert(FeedbackDocument), documents)
        audit.append(connection, by, "feedback.made", f"feedback {draft.number}", now, sha256=_digest(text))
        return release_id

    release_id = db.write(work)
    return next(one for one in releases(db, study_id) if one.id == release_id)


def publish(
    db: Database, study_id: int, number: int, sha256: str, *, by: Account, now: dt.datetime
) -> Release:
    """Publish the latest draft for a date of the calendar; from now on it stands still.

    Args:
        sha256: the checksum of what was looked at, or its first twelve signs at least.

    Raises:
        MayNotPublish, NoSuchRelease, AlreadyPublished, NotWhatWasSeen, Subtractable
    """
    if by.status != "active" or not policy.may(by.actor, Action.RELEASE_FEEDBACK, policy.STUDY):
        raise MayNotPublish(by.id)

    def work(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            # One at a time, so that two releases cannot both be checked before either is there.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20260112)")
        if number in _numbers(connection, study_id):
            raise AlreadyPublished(number)
        made = [one for one in _releases(connection, study_id) if one.number == number]
        if not made:
            raise NoSuchRelease(number)
        draft = made[-1]
        if len(sha256) < 12 or not draft.sha256.startswith(sha256.lower()):
            raise NotWhatWasSeen(number)
        _refuse_subtractable(connection, study_id, draft)
        actor = f"account {by.id}"
        connection.execute(
            insert(FeedbackPublication).values(
                study_id=study_id, release_id=draft.id, number=number, published_at=now, published_by=actor
            )
        )
        audit.append(connection, actor, "feedback.published", f"feedback {number}", now, sha256=draft.sha256)

    db.write(work)
    return next(one for one in releases(db, study_id) if one.number == number and one.published_at)


def releases(db: Database, study_id: int) -> tuple[Release, ...]:
    """Every draft and every release, oldest first."""
    with db.read() as connection:
        return _releases(connection, study_id)


def published(db: Database, study_id: int) -> tuple[Release, ...]:
    """The releases, oldest first."""
    return tuple(one for one in releases(db, study_id) if one.published_at is not None)


def latest(db: Database, study_id: int) -> Release | None:
    """The release that was published last; None before the first."""
    with db.read() as connection:
        row = connection.execute(
            _RELEASES.where(
                FeedbackRelease.study_id == study_id, FeedbackPublication.published_at.is_not(None)
            )
            .order_by(FeedbackPublication.id.desc())
            .limit(1)
        ).first()
    return None if row is None else _release(*row)


def cells_before(connection: Connection, study_id: int) -> tuple[Cell, ...]:
    """Everything that was published, oldest first."""
    rows = connection.execute(
        _CELLS.join(FeedbackPublication, FeedbackPublication.release_id == FeedbackRelease.id)
        .where(FeedbackRelease.study_id == study_id)
        .order_by(FeedbackPublication.id, FeedbackCell.id)
    ).all()
    return tuple(_cell(row) for row in rows)


def cells_of(connection: Connection, release_id: int) -> tuple[Cell, ...]:
    """What a release tells anew."""
    rows = connection.execute(_CELLS.where(FeedbackRelease.id == release_id).order_by(FeedbackCell.id)).all()
    return tuple(_cell(row) for row in rows)


def documents(db: Database, release_id: int) -> tuple[Document, ...]:
    """The documents of a release, as they were made."""
    with db.read() as connection:
        return _documents(connection, release_id)


def document(
    db: Database, release_id: int, municipality_id: int | None, language: str, form: str
) -> Document | None:
    """One document of a release; None when it has no such one."""
    with db.read() as connection:
        row = connection.execute(
            _DOCUMENTS.where(
                FeedbackDocument.release_id == release_id,
                FeedbackDocument.municipality_id.is_not_distinct_from(municipality_id),
                FeedbackDocument.language == language,
                FeedbackDocument.form == form,
            )
        ).first()
    return None if row is None else Document(*row)


def verify(db: Database, study_id: int) -> tuple[str, ...]:
    """What is wrong with the ledger, in words; nothing when all is well."""
    problems: list[str] = []
    with db.snapshot() as connection:
        known: list[Cell] = []
        for release in _releases(connection, study_id):
            where = f"release {release.number} (draft {release.id})"
            if _digest(_written(release.manifest)) != release.sha256:
                problems.append(f"{where}: its manifest was changed")
            listed = sorted(one["sha256"] for one in release.manifest["documents"])
            there = _documents(connection, release.id)
            if any(
                one.sha256 != stored
                for one, stored in zip(there, _stored(connection, release.id), strict=True)
            ):
                problems.append(f"{where}: a document was changed")
            if sorted(one.sha256 for one in there) != listed:
                problems.append(f"{where}: its documents are not those that it lists")
            mine = cells_of(connection, release.id)
            if cells_digest(mine) != _cells_sum(connection, release):
                problems.append(f"{where}: the groups it rests on were changed")
            if release.published_at is not None:
                bad = _unsafe(known, mine, release.rules)
                problems += [f"{where}: {figure} can be subtracted from what was published" for figure in bad]
                known += mine
    return tuple(problems)


def _refuse_subtractable(connection: Connection, study_id: int, draft: Release) -> None:
    bad = _unsafe(cells_before(connection, study_id), cells_of(connection, draft.id), draft.rules)
    if bad:
        raise Subtractable(bad)


def _unsafe(before: Sequence[Cell], new: Sequence[Cell], rules: Rules) -> list[str]:
    """The figures of which new cells, with the old ones, give a small group away."""
    found = []
    for figure in dict.fromkeys(cell.figure for cell in new):
        mine = [cell for cell in new if cell.figure == figure]
        told = [cell.told for cell in mine]
        others = [cell.told for cell in (*before, *new) if cell not in mine]
        known = connected(others, told)
        if not is_safe([*known, *told], rules.of_kind(mine[0].kind), rules.count):
            found.append(figure)
    return found


def _numbers(connection: Connection, study_id: int) -> set[int]:
    """The dates of the calendar for which something was published."""
    rows = connection.scalars(
        select(FeedbackPublication.number).where(FeedbackPublication.study_id == study_id)
    )
    return set(rows)


def _releases(connection: Connection, study_id: int) -> tuple[Release, ...]:
    rows = connection.execute(
        _RELEASES.where(FeedbackRelease.study_id == study_id).order_by(FeedbackRelease.id)
    ).all()
    return tuple(_release(*row) for row in rows)


def _release(*row: Any) -> Release:
    values: list[Any] = list(row)
    values[6] = json.loads(values[6])
    return Release(*values)


def _documents(connection: Connection, release_id: int) -> tuple[Document, ...]:
    rows = connection.execute(
        _DOCUMENTS.where(FeedbackDocument.release_id == release_id).order_by(FeedbackDocument.id)
    ).all()
    return tuple(Document(*row) for row in rows)


def _cells_sum(connection: Connection, release: Release) -> str:
    """What its groups should add up to: as it was made, or as its people were named anew since."""
    anew = select(FeedbackRekeyed.cells).where(FeedbackRekeyed.release_id == release.id)
    return connection.scalar(anew) or str(release.manifest["cells"])


def _stored(connection: Connection, release_id: int) -> Sequence[str]:
    """The checksums beside the documents."""
    return connection.scalars(
        select(FeedbackDocument.sha256)
        .where(FeedbackDocument.release_id == release_id)
        .order_by(FeedbackDocument.id)
    ).all()


def _manifest(draft: Draft) -> str:
    listed = [
        {
            "municipality": one.municipality_id, "language": one.language, "form": one.form,
            "sha256": one.sha256,
        }
        for one in draft.documents
    ]  # fmt: skip
    return _written({**draft.about, "cells": cells_digest(draft.cells), "documents": listed})


def _written(manifest: dict[str, Any]) -> str:
    """A manifest as one text, the same wherever it is made."""
    return json.dumps(manifest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def cells_digest(cells: Sequence[Cell]) -> str:
    """What the groups of a release add up to."""
    rows = [_cell_row(0, cell) for cell in cells]
    return _digest(json.dumps(rows, sort_keys=True))


def _cell_row(release_id: int, cell: Cell) -> dict[str, Any]:
    members = sorted([one.unit, one.person, one.family, one.yes] for one in cell.members)
    return {
        "release_id": release_id, "figure": cell.figure, "kind": cell.kind, "place": cell.place,
        "period": cell.period, "number": json.dumps(asdict(cell.number), sort_keys=True),
        "members": json.dumps(members), "split": cell.split,
    }  # fmt: skip


def _cell(row: Any) -> Cell:
    members = frozenset(Member(*one) for one in json.loads(row.members))
    number = Number(**json.loads(row.number))
    return Cell(row.figure, row.kind, row.place, row.period, number, row.data_on, members, row.split)
