"""How people are named in the ledger of releases: by digests with a key that the database does not tell.

Codes of families are short: whoever has a digest and all that it was made with can try them one by one. So
the digests are keyed. The key is random, belongs to the study and never changes, because the digests of all
releases must stay comparable; it lies in the database sealed with the key of the service (`survey.sealing`),
which can be changed. Who has the database alone can try nothing.

Releases of before this was so are named anew, once, when the key is made: a digest with the key is made of
the digest without it, so that nobody has to know who was meant, also of people who were erased since.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from survey import append_only, audit, sealing
from survey.db import Database
from survey.feedback import ledger
from survey.feedback.tables import FeedbackCell, FeedbackKey, FeedbackRekeyed, FeedbackRelease
from survey.keys import Keys

_PURPOSE = "names in the ledger of releases"
#: Hexadecimal digits of a name: two people of ten million share one with a chance below one in ten thousand
#: million.
_LENGTH = 20

#: `none`: no release was made yet; `unkeyed`: releases were made before names had a key; `former`: the key is
#: sealed with a key of the service that was replaced; `lost`: with one that is not here.
State = Literal["none", "unkeyed", "newest", "former", "lost"]


class KeyLost(ValueError):
    """The key of the ledger is sealed with a key of the service that is not here."""


@dataclass(frozen=True)
class Names:
    """Names people with the key of a study."""

    key: bytes = field(repr=False)

    def of(self, *parts: str) -> str:
        """The name of what these parts tell."""
        return self.anew(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_LENGTH])

    def anew(self, unkeyed: str) -> str:
        """The name of what had a name without a key."""
        return hmac.digest(self.key, unkeyed.encode(), hashlib.sha256).hex()[:_LENGTH]


def of_study(db: Database, study_id: int, keys: Keys, *, now: dt.datetime) -> Names:
    """How people are named in the releases of a study; the key is made when there is none. Raises KeyLost."""
    return db.write(lambda connection: _of_study(connection, study_id, keys, now))


def state(connection: Connection, study_id: int, keys: Keys) -> State:
    """How it stands with the key of a study."""
    sealed = _sealed(connection, study_id)
    if sealed is None:
        made = select(FeedbackCell.id).join(FeedbackRelease).where(FeedbackRelease.study_id == study_id)
        return "none" if connection.scalar(made.limit(1)) is None else "unkeyed"
    if sealing.is_newest(keys, _PURPOSE, sealed, _whose(study_id)):
        return "newest"
    try:
        sealing.opened(keys, _PURPOSE, sealed, _whose(study_id))
    except sealing.Unopened:
        return "lost"
    return "former"


def renew(connection: Connection, study_id: int, keys: Keys, now: dt.datetime) -> None:
    """Seal the key with the newest key of the service; name old releases anew. Raises KeyLost."""
    if state(connection, study_id, keys) != "none":
        _of_study(connection, study_id, keys, now)


def _of_study(connection: Connection, study_id: int, keys: Keys, now: dt.datetime) -> Names:
    if connection.dialect.name == "postgresql":
        # One at a time, as with publishing: there is one key.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20260112)")
    sealed = _sealed(connection, study_id)
    if sealed is None:
        names = Names(secrets.token_bytes(32))
        seal = sealing.seal(keys, _PURPOSE, names.key, _whose(study_id))
        connection.execute(insert(FeedbackKey).values(study_id=study_id, sealed=seal))
        _name_anew(connection, study_id, names, now)
        return names
    try:
        names = Names(sealing.opened(keys, _PURPOSE, sealed, _whose(study_id)))
    except sealing.Unopened as error:
        raise KeyLost(
            "the people of earlier releases are named with a key that cannot be opened; name the former"
            " secret key in MEETMOMENT_OLD_SECRET_KEYS"
        ) from error
    if not sealing.is_newest(keys, _PURPOSE, sealed, _whose(study_id)):
        seal = sealing.seal(keys, _PURPOSE, names.key, _whose(study_id))
        connection.execute(update(FeedbackKey).where(FeedbackKey.study_id == study_id).values(sealed=seal))
    return names


def _name_anew(connection: Connection, study_id: int, names: Names, now: dt.datetime) -> None:
    """Put names with a key in the place of those without, and note what the groups add up to from now on."""
    releases = connection.execute(
        select(FeedbackRelease.id, FeedbackRelease.number)
        .where(FeedbackRelease.study_id == study_id)
        .order_by(FeedbackRelease.id)
    ).all()
    for release_id, number in releases:
        cells = connection.execute(
            select(FeedbackCell.id, FeedbackCell.members).where(FeedbackCell.release_id == release_id)
        ).all()
        with append_only.lifted(connection, [FeedbackCell.__tablename__]):
            for cell_id, members in cells:
                which = update(FeedbackCell).where(FeedbackCell.id == cell_id)
                connection.execute(which.values(members=_renamed(members, names)))
        digest = ledger.cells_digest(ledger.cells_of(connection, release_id))
        connection.execute(insert(FeedbackRekeyed).values(release_id=release_id, cells=digest))
        audit.append(connection, "system", "feedback.rekeyed", f"feedback {number}", now, sha256=digest)


def _renamed(members: str, names: Names) -> str:
    found: Sequence[tuple[str, str, str, bool | None]] = json.loads(members)
    return json.dumps(sorted([*(names.anew(name) for name in one[:3]), one[3]] for one in found))


def _sealed(connection: Connection, study_id: int) -> bytes | None:
    return connection.scalar(select(FeedbackKey.sealed).where(FeedbackKey.study_id == study_id))


def _whose(study_id: int) -> str:
    return f"study {study_id}"
