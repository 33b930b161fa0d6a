"""Files that jobs made, kept until they are fetched or expire.

They lie in the database, in sealed pieces: it is the one place that every worker and every web process
reaches, and a stolen database must not show what a pack of paper shows (the codes on it). The seal is
AES-256-GCM with a key made from the installation's (`survey.keys`).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection

from survey.db import Database
from survey.jobs.tables import JobFileRow
from survey.keys import Keyring

if TYPE_CHECKING:
    from survey.jobs.work import Work

PIECE = 1 << 20
#: How long a file waits to be fetched.
KEEP = dt.timedelta(hours=24)
_NONCE = 12


class Gone(LookupError):
    """The file is not there: it expired, or another installation sealed it. Ask for the work again."""


@dataclass(frozen=True)
class File:
    """A file to hand out."""

    name: str
    media_type: str
    pieces: Iterator[bytes]


def attach(work: Work, path: Path, media_type: str, *, name: str = "", keep: dt.timedelta = KEEP) -> None:
    """Keep a file that a job made, in place of one that it made before."""
    shown, expires = name or path.name, work.now() + keep
    size = path.stat().st_size
    pieces = max(1, -(-size // PIECE))
    seal, job_id = _seal(work.settings.secret_keys.current), work.job.id
    work.db.write(lambda connection: _drop(connection, job_id))
    with path.open("rb") as source:
        for number in range(pieces):
            nonce = secrets.token_bytes(_NONCE)
            content = nonce + seal.encrypt(nonce, source.read(PIECE), _bound(job_id, number, pieces))
            row = {
                "job_id": job_id,
                "piece": number,
                "name": shown,
                "media_type": media_type,
                "pieces": pieces,
                "content": content,
                "expires_at": expires,
            }

            def store(connection: Connection, row: dict[str, object] = row) -> None:
                connection.execute(insert(JobFileRow).values(row))

            # One write for each piece: on SQLite everyone's save waits for a write, so it must be short.
            work.db.write(store)


def deliver(db: Database, job_id: int, keys: Keyring, now: dt.datetime) -> File:
    """The file of a job, piece by piece. Raises Gone, also half-way."""
    found = (
        select(JobFileRow.name, JobFileRow.media_type, JobFileRow.pieces, func.count().label("there"))
        .where(JobFileRow.job_id == job_id, JobFileRow.expires_at > now)
        .group_by(JobFileRow.name, JobFileRow.media_type, JobFileRow.pieces)
    )
    with db.read() as connection:
        row = connection.execute(found).first()
    if row is None or row.there != row.pieces:
        raise Gone(f"job {job_id} has no file, or none any more")
    # Before anything is handed out: a wrong key shows here.
    seal, first = _sealed_with(db, keys, job_id, row.pieces)

    def rest() -> Iterator[bytes]:
        yield first
        for number in range(1, row.pieces):
            yield _opened(db, seal, job_id, number, row.pieces)

    return File(row.name, row.media_type, rest())


def drop_expired(db: Database, now: dt.datetime) -> int:
    """Throw away what nobody fetched in time; how many pieces that were."""
    return db.write(
        lambda connection: connection.execute(delete(JobFileRow).where(JobFileRow.expires_at <= now)).rowcount
    )


def _drop(connection: Connection, job_id: int) -> None:
    connection.execute(delete(JobFileRow).where(JobFileRow.job_id == job_id))


def _opened(db: Database, seal: AESGCM, job_id: int, number: int, pieces: int) -> bytes:
    wanted = select(JobFileRow.content).where(JobFileRow.job_id == job_id, JobFileRow.piece == number)
    with db.read() as connection:
        content = connection.scalar(wanted)
    if content is None:
        raise Gone(f"a piece of the file of job {job_id} is gone")
    try:
        return seal.decrypt(content[:_NONCE], content[_NONCE:], _bound(job_id, number, pieces))
    except InvalidTag as error:
        raise Gone(f"the file of job {job_id} was sealed with another key") from error


def _bound(job_id: int, number: int, pieces: int) -> bytes:
    """What a piece is bound to, so that none can be swapped or left out."""
    return f"job {job_id}, {number} of {pieces}".encode()


def _sealed_with(db: Database, keys: Keyring, job_id: int, pieces: int) -> tuple[AESGCM, bytes]:
    """The seal of a file, of the installation's key or one before it, and its first piece."""
    refused: Gone | None = None
    for key in keys:
        seal = _seal(key)
        try:
            return seal, _opened(db, seal, job_id, 0, pieces)
        except Gone as error:
            refused = error
    raise refused or Gone(f"there is no key for the file of job {job_id}")


def _seal(key: bytes) -> AESGCM:
    made = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"meetmoment job files")
    return AESGCM(made.derive(key))
