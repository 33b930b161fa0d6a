"""Small secrets in the database are sealed with a key of the installation: AES-256 in Galois/Counter mode.

Who has the database and not the key has nothing; who changes a seal, or puts one in the place of another, is
found out. Each purpose has a key of its own, made from the installation's (`survey.keys`), so that a seal of
one kind opens nothing of another. The newest key seals, those before it still open; `survey keys renew` seals
everything with the newest, and then a former key may go.
"""

from __future__ import annotations

import secrets
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from survey.keys import Keyring, Keys

#: Bytes of a nonce, as NIST SP 800-38D recommends; random, of some thousands of seals in all.
_NONCE = 12


class Unopened(ValueError):
    """It was sealed with a key that is not here, was changed, or is not what it is said to be."""


def seal(keys: Keys, purpose: str, content: bytes, name: str) -> bytes:
    """Encrypt with the newest key. The same `name` (whose it is) is needed to open it again."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(Keyring.of(keys).current, purpose).encrypt(nonce, content, name.encode())


def opened(keys: Keys, purpose: str, sealed: bytes, name: str) -> bytes:
    """What was sealed for this purpose under this name, with one of the keys. Raises Unopened."""
    for key in Keyring.of(keys):
        with suppress(InvalidTag, ValueError):
            return _cipher(key, purpose).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
    raise Unopened(f"what is sealed for {name} cannot be opened with these keys")


def is_newest(keys: Keys, purpose: str, sealed: bytes, name: str) -> bool:
    """Whether the newest key opens it, so that it needs no former one."""
    try:
        opened(Keyring.of(keys).current, purpose, sealed, name)
    except Unopened:
        return False
    return True


def _cipher(key: bytes, purpose: str) -> AESGCM:
    made = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"meetmoment {purpose}".encode())
    return AESGCM(made.derive(key))
