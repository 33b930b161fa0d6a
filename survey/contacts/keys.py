"""What fields are sealed with: keys that are never in the database, the newest first.

Sealed is AES-128-CBC with HMAC-SHA256 (Fernet). Into every seal go the person and the name of the field, so
that a number cannot be put with somebody else by copying a column.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class BadKeys(ValueError):
    """The keys of the contact store are not keys; `survey contacts key` makes one."""


class Unreadable(ValueError):
    """A field was sealed with a key that is not here, or was changed, or belongs to somebody else."""


def fresh() -> str:
    """A new key."""
    return Fernet.generate_key().decode()


class Keys:
    """The keys of an installation: the first seals, all of them open.

    Args:
        texts: as `fresh` makes them, the newest first.

    Raises:
        BadKeys
    """

    def __init__(self, texts: Sequence[str]) -> None:
        try:
            self._keys = MultiFernet([Fernet(text) for text in texts])
        except ValueError as error:
            raise BadKeys("a key of the contact store is 44 characters that end in =") from error

    def seal(self, person: int, field: str, text: str) -> str:
        """A field of a person, so that nobody reads it without the key."""
        return self._keys.encrypt(f"{person}:{field}:{text}".encode()).decode()

    def open(self, person: int, field: str, sealed: str) -> str:
        """The text of a field. Raises Unreadable."""
        try:
            plain = self._keys.decrypt(sealed).decode()
        except InvalidToken as error:
            raise Unreadable(
                f"the {field} of respondent {person} cannot be opened with these keys"
            ) from error
        whose, named, text = plain.split(":", 2)
        if (whose, named) != (str(person), field):
            raise Unreadable(f"the {field} of respondent {person} is not theirs")
        return text

    def renewed(self, sealed: str) -> str:
        """The same field, sealed with the newest key. Raises Unreadable."""
        try:
            return self._keys.rotate(sealed).decode()
        except InvalidToken as error:
            raise Unreadable("a field cannot be opened with these keys") from error
