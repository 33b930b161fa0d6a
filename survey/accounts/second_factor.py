"""The second factor: codes of an authenticator app, each good once, and recovery codes on paper.

A recovery code has 60 random bits and is kept as a digest with the installation's own key, so that a
stolen database alone does not tell it (ASVS 5, 6.5.2).
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
import secrets

import pyotp
from sqlalchemy import delete, insert, or_, update
from sqlalchemy.engine import Connection

from survey.accounts.tables import Account, RecoveryCode
from survey.codes import ALPHABET
from survey.keys import Keyring, Keys

STEP_S = 30
#: How many steps a phone's clock may be off.
DRIFT = 1
RECOVERY_CODES = 10
_LENGTH = 12
_PURPOSE = "recovery"
_LOOKALIKES = str.maketrans("OIL", "011")


def new_key() -> str:
    """A key for an authenticator app."""
    return pyotp.random_base32()


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
