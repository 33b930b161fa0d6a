"""The second factor: codes of an authenticator app, each good once, and recovery codes on paper.

The key that an app and this service share is sealed before it is stored (`survey.sealing`), for its account
alone. One that was stored in the clear, before that was so, is read and sealed when it is next used.

A recovery code has 60 random bits and is kept as a digest with the installation's own key, so that a
stolen database alone does not tell it (ASVS 5, 6.5.2).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import re
import secrets
from dataclasses import dataclass

import pyotp
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.engine import Connection

from survey import sealing
from survey.accounts.tables import Account, RecoveryCode
from survey.codes import ALPHABET
from survey.keys import Keyring, Keys

STEP_S = 30
#: How many steps a phone's clock may be off.
DRIFT = 1
RECOVERY_CODES = 10
_LENGTH = 12
_PURPOSE = "recovery"
_SEAL = "second factors"
#: A sealed key is 64 characters: a nonce, 160 bits of key and a tag. One in the clear has 32 (base 32).
_SEALED = 64
_LOOKALIKES = str.maketrans("OIL", "011")


def new_key() -> str:
    """A key for an authenticator app."""
    return pyotp.random_base32()


def sealed(keys: Keys, account_id: int, key: str) -> str:
    """What is stored of the key of an account."""
    return base64.b64encode(sealing.seal(keys, _SEAL, base64.b32decode(key), _whose(account_id))).decode()


def opened(keys: Keys, account_id: int, stored: str) -> str:
    """The key of an account. Raises sealing.Unopened: it needs a key of the service that is not here."""
    if len(stored) != _SEALED:
        return stored
    return base64.b32encode(sealing.opened(keys, _SEAL, _bytes(stored), _whose(account_id))).decode()


def is_newest(keys: Keys, account_id: int, stored: str) -> bool:
    """Whether it is sealed, and with the newest key."""
    return len(stored) == _SEALED and sealing.is_newest(keys, _SEAL, _bytes(stored), _whose(account_id))


@dataclass(frozen=True)
class Seals:
    """How many second factors there are, by what they are sealed with."""

    newest: int
    #: Sealed with a former key of the service, or in the clear: they are to be sealed anew.
    former: int
    #: Sealed with a key that is not here: their people have to begin anew.
    lost: int


def seals(connection: Connection, keys: Keys) -> Seals:
    """How the second factors of all accounts are sealed."""
    found = [_read(keys, account_id, stored) for account_id, stored in _all(connection)]
    return Seals(
        sum(newest for _, newest in found),
        sum(key is not None and not newest for key, newest in found),
        sum(key is None for key, _ in found),
    )


def renew_seals(connection: Connection, keys: Keys) -> Seals:
    """Seal every second factor with the newest key, where it can be opened; how they were sealed before."""
    before = seals(connection, keys)
    for account_id, stored in _all(connection):
        key, newest = _read(keys, account_id, stored)
        if key is not None and not newest:
            store(connection, account_id, key, keys)
    return before


def store(connection: Connection, account_id: int, key: str, keys: Keys) -> None:
    """Keep the key of an account, sealed."""
    stored = sealed(keys, account_id, key)
    connection.execute(update(Account).where(Account.id == account_id).values(factor=stored))


def _all(connection: Connection) -> list[tuple[int, str]]:
    rows = connection.execute(select(Account.id, Account.factor).order_by(Account.id)).all()
    return [(account_id, stored) for account_id, stored in rows if stored is not None]


def _read(keys: Keys, account_id: int, stored: str) -> tuple[str | None, bool]:
    """A key, None when it cannot be opened, and whether the newest key sealed it."""
    try:
        return opened(keys, account_id, stored), is_newest(keys, account_id, stored)
    except sealing.Unopened:
        return None, False


def _bytes(stored: str) -> bytes:
    try:
        return base64.b64decode(stored, validate=True)
    except binascii.Error as error:
        raise sealing.Unopened("a second factor was changed in the database") from error


def _whose(account_id: int) -> str:
    return f"account {account_id}"


def address(key: str, email: str) -> str:
    """What the QR for an authenticator app holds."""
    return pyotp.TOTP(key).provisioning_uri(name=email, issuer_name="Meetmoment")


def current_code(key: str, now: dt.datetime) -> str:
    """The code that an app shows at a moment; for demonstrations and tests."""
    return pyotp.TOTP(key).at(now)


def use_code(connection: Connection, account_id: int, key: str, typed: str, now: dt.datetime) -> bool:
    """Whether a code is good now, and was not used before; it is used from here on."""
    code = re.sub(r"\s", "", typed)
    step = _step_of(key, code, now)
    if step is None:
        return False
    used = connection.execute(
        update(Account)
        .where(Account.id == account_id, or_(Account.factor_step.is_(None), Account.factor_step < step))
        .values(factor_step=step)
    )
    return used.rowcount == 1


def renew_recovery_codes(connection: Connection, account_id: int, secret_key: Keys) -> list[str]:
    """New recovery codes, to be shown once; the old ones are worthless from here on."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)]
    ring = Keyring.of(secret_key)
    connection.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    connection.execute(
        insert(RecoveryCode),
        [
            {"account_id": account_id, "digest": ring.digest(_PURPOSE, f"{account_id} {code}")}
            for code in codes
        ],
    )
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def looks_like_recovery_code(typed: str) -> bool:
    """Whether what was typed is a recovery code rather than a code of an app."""
    return len(_bare(typed)) == _LENGTH


def use_recovery_code(
    connection: Connection, account_id: int, secret_key: Keys, typed: str, now: dt.datetime
) -> bool:
    """Whether this is one of the account's recovery codes, and was not used; it is used from here on."""
    used = connection.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.digest.in_(Keyring.of(secret_key).digests(_PURPOSE, f"{account_id} {_bare(typed)}")),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return used.rowcount == 1


def _bare(typed: str) -> str:
    return re.sub(r"[\s-]", "", typed).upper().translate(_LOOKALIKES)


def _step_of(key: str, code: str, now: dt.datetime) -> int | None:
    totp = pyotp.TOTP(key)
    step = int(now.timestamp()) // STEP_S
    for near in range(step - DRIFT, step + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(near).encode(), code.encode()):
            return near
    return None
