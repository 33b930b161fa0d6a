"""Backups: a whole copy of the study while it runs, sealed so that the server itself cannot read it again.

A backup is one file in the format of age (https://age-encryption.org), sealed to public keys; the secret
keys lie elsewhere, with people. In it are a manifest (when, of which version, how many rows of each table,
the last seal of the audit trail) and the database: SQLite's own file, or PostgreSQL's own dump. Whoever has
the secret key can open that with `age` alone, without this service. Where people have keys of their own, the
rows about them are apart, in portions that need these too (`backups.portions`), so that an erasure reaches
every backup (decisions/0021).

A backup does not hold the settings. Codes on paper and recovery codes need the keys of the installation too:
keep those apart from the backups, and not on the same machine only.

May import the ground of the house and `audit`.
"""

from __future__ import annotations

from survey.backups.archive import BadKey, BrokenBackup, Manifest, WrongKey
from survey.backups.making import Made, last_made, make
from survey.backups.programs import CannotBackUp
from survey.backups.putting import KeysNeeded
from survey.backups.restoring import Checked, NotEmpty, check, restore

__all__ = [
    "BadKey",
    "BrokenBackup",
    "CannotBackUp",
    "Checked",
    "KeysNeeded",
    "Made",
    "Manifest",
    "NotEmpty",
    "WrongKey",
    "check",
    "last_made",
    "make",
    "restore",
]
