"""Files in the format of age (https://age-encryption.org): sealed to public keys, opened with secret ones.

The public keys are in the settings; the secret ones lie elsewhere, with people, so that this server cannot
open again what it sealed (decisions/0014).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyrage


class BadKey(ValueError):
    """A key that is no key of the kind that is needed; the message says which."""


class WrongKey(LookupError):
    """The backup was not sealed to this key."""


class BrokenBackup(ValueError):
    """The file is not whole, or no backup of ours."""


def recipients(keys: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    """The public keys, to seal to. Raises BadKey."""
    if not keys:
        raise BadKey("no public key is known; name one in MEETMOMENT_BACKUP_KEYS")
    found = []
    for key in keys:
        if key.upper().startswith("AGE-SECRET-KEY"):
            raise BadKey("MEETMOMENT_BACKUP_KEYS holds a secret key: this server could read its backups")
        try:
            found.append(pyrage.x25519.Recipient.from_str(key))
        except pyrage.RecipientError as error:
            raise BadKey(f"{key!r} is no public key of age; it begins with age1") from error
    return found


def identities(text: str) -> list[pyrage.x25519.Identity]:
    """The secret keys in a file of age, to open with. Raises BadKey."""
    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    try:
        found = [pyrage.x25519.Identity.from_str(key) for key in keys]
    except pyrage.IdentityError as error:
        raise BadKey("the file holds something that is no secret key of age") from error
    if not found:
        raise BadKey("the file holds no secret key of age")
    return found


def new_identity() -> tuple[str, str]:
    """A new pair: the secret key as a file of age holds it, and the public key."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    return f"# public key: {public}\n{identity}\n", public


def sealed(content: bytes, keys: Sequence[str]) -> bytes:
    """Some bytes, sealed to public keys. Raises BadKey."""
    found: bytes = pyrage.encrypt(content, recipients(keys))
    return found


def replace(file: Path, content: bytes) -> None:
    """Let a file hold these bytes from now on: all of them on disk, or as it was. Raises OSError."""
    # A name of its own, which only we may read: two who do this at once are not in each other's way.
    descriptor, half = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(half).replace(file)
        sync_folder(file.parent)
    finally:
        Path(half).unlink(missing_ok=True)


def content(file: Path, key: str) -> bytes:
    """The bytes that were sealed into a file; `key` is the text of a file with secret keys.

    Raises:
        BadKey, WrongKey, BrokenBackup, OSError
    """
    opened_with = identities(key)
    try:
        found: bytes = pyrage.decrypt(file.read_bytes(), opened_with)
    except pyrage.DecryptError as error:
        raise unopened(file, error) from error
    return found


def unopened(file: Path, error: Exception) -> WrongKey | BrokenBackup:
    """What it means that age did not open a file."""
    if "No matching keys" in str(error):
        return WrongKey(f"{file.name} was not sealed to this key")
    return BrokenBackup(f"{file.name} is not whole: {error}")


def sync_folder(folder: Path) -> None:
    """So that the name of a file outlives a power cut too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
