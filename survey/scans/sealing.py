"""Files and pictures are sealed before they touch a disk: AES-256 in Galois/Counter mode.

Who has the database and not the key has nothing; who changes a byte, or puts one picture in the place of
another, is found out. The key is `MEETMOMENT_SCAN_KEY`, or follows from the secret key (`Settings`).
"""

from __future__ import annotations

import secrets
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey.keys import Keyring, Keys

#: The first byte of what is sealed in this way; another way gets another.
_FORM = b"\x01"
#: Bytes of a nonce, as NIST SP 800-38D recommends. Random: at a million pictures under one key the chance
#: that two share one is far below one in a trillion.
_NONCE = 12


class SealBroken(ValueError):
    """It was sealed with another key, changed, or is not what it is said to be."""


def seal(keys: Keys, content: bytes, name: str) -> bytes:
    """Encrypt. The same `name` (what it is: `picture 12`) is needed to open it again."""
    nonce = secrets.token_bytes(_NONCE)
    return _FORM + nonce + AESGCM(Keyring.of(keys).current).encrypt(nonce, content, name.encode())


def opened(keys: Keys, sealed: bytes, name: str) -> bytes:
    """What was sealed under this name, with one of the keys. Raises SealBroken."""
    nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    if sealed[:1] == _FORM:
        for key in Keyring.of(keys):
            with suppress(InvalidTag, ValueError):
                return AESGCM(key).decrypt(nonce, body, name.encode())
    raise SealBroken(name)


def part_name(file_id: int, number: int) -> str:
    """What a piece of a file is sealed as."""
    return f"part {number} of file {file_id}"


def picture_name(page_id: int) -> str:
    """What the picture of a page is sealed as."""
    return f"picture of page {page_id}"
