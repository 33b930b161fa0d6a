"""The file of a backup: a tar of a manifest, the database, and the rows of people; sealed with age."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import pyrage

from survey.age_files import (
    BadKey,
    BrokenBackup,
    WrongKey,
    identities,
    new_identity,
    recipients,
    sync_folder,
    unopened,
)

#: What is about keys comes from `survey.age_files`.
__all__ = ["BadKey", "BrokenBackup", "WrongKey", "identities", "new_identity", "recipients"]

MANIFEST = "manifest.json"
#: The database in the archive, by its kind.
CONTENT = {"sqlite": "study.db", "postgresql": "study.dump"}
#: The rows of people, in portions (`survey.backups.portions`).
PEOPLE = "people.rows"
#: Of a backup that is whole in itself, and of one whose rows of people need their keys.
_WHOLE, _PORTIONED = 1, 2
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    made_at: str
    #: `sqlite` or `postgresql`.
    dialect: str
    #: Which form the tables have.
    revision: str
    #: Rows of every table.
    counts: Mapping[str, int]
    #: The last seal of the audit trail.
    head: str
    bytes: int
    sha256: str
    format: int = _WHOLE
    #: `study`, or `contacts`: names and answers never lie in one file.
    store: str = "study"
    #: Which tables have their rows in portions, with the columns of each; none where the backup is whole.
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)
    people_sha256: str = ""

    def with_people(self, columns: Mapping[str, Sequence[str]], file: Path) -> Manifest:
        """The same, with the rows of people in a file of their own."""
        return replace(self, people=columns, people_sha256=digest_of(file), format=_PORTIONED)


@dataclass(frozen=True)
class Opened:
    """A backup that was opened into a folder."""

    manifest: Manifest
    #: The database.
    content: Path
    #: The rows of people; None where they are in the database.
    people: Path | None


def seal(
    manifest: Manifest, content: Path, to: Path, keys: Sequence[str], people: Path | None = None
) -> None:
    """Write a backup: all of it on disk under its name, or nothing. Raises BadKey, OSError."""
    sealed_to = recipients(keys)
    half = to.with_name(f".{to.name}.half")
    read_end, write_end = os.pipe()
    failures: list[BaseException] = []

    def pack() -> None:
        try:
            with os.fdopen(write_end, "wb") as pipe, tarfile.open(fileobj=pipe, mode="w|") as tar:
                described = json.dumps(asdict(manifest), indent=1).encode()
                about = tarfile.TarInfo(MANIFEST)
                about.size = len(described)
                tar.addfile(about, io.BytesIO(described))
                tar.add(content, CONTENT[manifest.dialect], filter=_nameless)
                if people is not None:
                    tar.add(people, PEOPLE, filter=_nameless)
        except OSError as error:
            failures.append(error)

    packing = threading.Thread(target=pack)
    try:
        with os.fdopen(read_end, "rb") as pipe, private(half) as file:
            packing.start()
            pyrage.encrypt_io(pipe, file, sealed_to)
            file.flush()
            os.fsync(file.fileno())
        packing.join()
        if failures:
            raise failures[0]
        half.replace(to)
        sync_folder(to.parent)
    finally:
        half.unlink(missing_ok=True)


def unseal(file: Path, key: str, folder: Path) -> Opened:
    """Open a backup into a folder.

    Raises:
        BadKey, WrongKey, BrokenBackup, OSError
    """
    opened_with = identities(key)
    plain = folder / "backup.tar"
    with file.open("rb") as source, private(plain) as target:
        try:
            pyrage.decrypt_io(source, target, opened_with)
        except pyrage.DecryptError as error:
            raise unopened(file, error) from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise BrokenBackup(f"{file.name} is not whole: {error}") from error
    try:
        with tarfile.open(plain, "r:") as tar:
            manifest = _manifest(tar.extractfile(MANIFEST))
            content = _extracted(tar, CONTENT[manifest.dialect], manifest.sha256, folder)
            people = _extracted(tar, PEOPLE, manifest.people_sha256, folder) if manifest.people else None
    except BrokenBackup:
        raise
    except (tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise BrokenBackup(f"{file.name} is no backup of this service") from error
    finally:
        plain.unlink(missing_ok=True)
    return Opened(manifest, content, people)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(file: IO[bytes] | None) -> Manifest:
    if file is None:
        raise BrokenBackup("the backup has no manifest")
    told: dict[str, Any] = json.loads(file.read())
    if told.get("format") not in (_WHOLE, _PORTIONED):
        raise BrokenBackup("the backup was made by a newer version of the service")
    return Manifest(**told)


def _extracted(tar: tarfile.TarFile, name: str, sha256: str, folder: Path) -> Path:
    source = tar.extractfile(name)
    if source is None:
        raise BrokenBackup(f"{name} in the backup is no file")
    with private(folder / name) as target:
        if _copied(source, target) != sha256:
            raise BrokenBackup(f"{name} in the backup is not the one that was put in")
    return folder / name


def _copied(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := source.read(_BLOCK):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()


def _nameless(about: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the name of whoever ran the service."""
    about.uid = about.gid = 0
    about.uname = about.gname = ""
    return about


def private(path: Path) -> IO[bytes]:
    """A new file that only we may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
