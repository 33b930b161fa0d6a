"""The address book: one page for each person who wants to be reachable, its fields sealed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from survey.contacts.keys import Keys
from survey.contacts.safety import Terms
from survey.contacts.tables import Contact as ContactRow
from survey.db import Database
from survey.settings import Settings

_CHAIN = "survey.contacts:migrations"
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,180}\.[^@\s.,;<>\"]{2,}", re.ASCII)
#: Digits of a telephone number with its country (E.164: at most 15).
_PHONE = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)
_FIELDS = ("name", "email", "phone", "remark")


class NotReachable(ValueError):
    """What was given cannot be an address, a number, or does not go with how they want to be reached.

    `field` says which of it.
    """

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True)
class Details:
    """What somebody is called and where they are reached. Empty: not known."""

    name: str = ""
    email: str = ""
    #: With the country, as +31612345678.
    phone: str = ""
    #: What to mind, such as who else reads along.
    remark: str = ""


@dataclass(frozen=True)
class Standing:
    """What is known about reaching somebody, without saying who or where."""

    respondent_id: int
    terms: Terms
    has_email: bool
    has_phone: bool


class Book:
    """The contact store of an installation.

    Args:
        database: the one with the tables of `contacts.tables`; never the study's.
    """

    def __init__(self, database: Database, keys: Keys) -> None:
        self.database = database
        self._keys = keys

    @classmethod
    def of(cls, settings: Settings) -> Book | None:
        """The store that the settings name; None when they name none.

        Raises:
            keys.BadKeys
            survey.db.UnusableDatabase
        """
        if not settings.contacts_url:
            return None
        database = Database(settings.contacts_url, connections=settings.threads, chain=_CHAIN)
        return cls(database, Keys(settings.contacts_keys))

    def upgrade(self) -> None:
        """Bring the tables of the store to the newest form."""
        self.database.upgrade()

    def keep(
        self, respondent_id: int, details: Details, terms: Terms, *, now: dt.datetime, actor: str
    ) -> None:
        """Keep how somebody is reached; what was kept before is replaced.

        Raises:
            NotReachable
        """
        details = checked(details, terms.channel)
        sealed = {
            field: self._keys.seal(respondent_id, field, text) if (text := getattr(details, field)) else None
            for field in _FIELDS
        }
        values = {
            **sealed,
            "channel": terms.channel,
            "days": terms.days,
            "from_hour": terms.from_hour,
            "until_hour": terms.until_hour,
            "agreed_on": terms.agreed_on,
            "good_until": terms.good_until,
            "kept_by": actor,
            "kept_at": now,
        }
        whose = ContactRow.respondent_id == respondent_id

        def work(connection: Connection) -> None:
            if not connection.execute(update(ContactRow).where(whose).values(values)).rowcount:
                connection.execute(insert(ContactRow).values(respondent_id=respondent_id, **values))

        self.database.write(work)

    def agree_again(self, respondent_id: int, on: dt.date, good_until: dt.date) -> bool:
        """What was agreed still holds, until another day; whether anything was known of them."""
        changed = update(ContactRow).where(ContactRow.respondent_id == respondent_id)
        return self.database.write(
            lambda connection: bool(
                connection.execute(changed.values(agreed_on=on, good_until=good_until)).rowcount
            )
        )

    def standings(self, respondents: Collection[int]) -> dict[int, Standing]:
        """What is known about reaching some people, by respondent; opens no field."""
        found = select(
            ContactRow.respondent_id, ContactRow.channel, ContactRow.days, ContactRow.from_hour,
            ContactRow.until_hour, ContactRow.agreed_on, ContactRow.good_until,
            ContactRow.email.is_not(None), ContactRow.phone.is_not(None),
        ).where(ContactRow.respondent_id.in_(respondents))  # fmt: skip
        with self.database.read() as connection:
            rows = connection.execute(found).all()
        return {row[0]: Standing(row[0], Terms(*row[1:7]), bool(row[7]), bool(row[8])) for row in rows}

    def read(self, respondent_id: int) -> Details | None:
        """What somebody is called and where they are reached; None when nothing is known.

        Whoever calls this notes it in the trail first (`fieldwork.reaching`).

        Raises:
            keys.Unreadable
        """
        columns = [getattr(ContactRow, field) for field in _FIELDS]
        with self.database.read() as connection:
            row = connection.execute(
                select(*columns).where(ContactRow.respondent_id == respondent_id)
            ).first()
        if row is None:
            return None
        opened = {
            field: "" if sealed is None else self._keys.open(respondent_id, field, sealed)
            for field, sealed in zip(_FIELDS, row, strict=True)
        }
        return Details(**opened)

    def everybody(self) -> frozenset[int]:
        """Of whom anything is kept."""
        with self.database.read() as connection:
            return frozenset(connection.scalars(select(ContactRow.respondent_id)))

    def forget(self, respondents: Collection[int]) -> int:
        """Wipe what is kept of some people; of how many there was anything."""
        if not respondents:
            return 0
        gone = delete(ContactRow).where(ContactRow.respondent_id.in_(respondents))
        return self.database.write(lambda connection: connection.execute(gone).rowcount)

    def renew(self) -> int:
        """Seal every field with the newest key; of how many people. An older key can then be thrown away.

        Raises:
            keys.Unreadable: a field opens with none of the keys; nothing is changed then.
        """
        columns = [getattr(ContactRow, field) for field in _FIELDS]

        def work(connection: Connection) -> int:
            rows = connection.execute(select(ContactRow.id, *columns)).all()
            for number, *sealed in rows:
                fresh = {
                    field: None if text is None else self._keys.renewed(text)
                    for field, text in zip(_FIELDS, sealed, strict=True)
                }
                connection.execute(update(ContactRow).where(ContactRow.id == number).values(fresh))
            return len(rows)

        return self.database.write(work)

    def dispose(self) -> None:
        """Close every connection."""
        self.database.dispose()


def checked(details: Details, channel: str) -> Details:
    """The details as they are kept: a number with its country, and there what the channel needs.

    Raises:
        NotReachable
    """
    email, phone = details.email.strip(), _number(details.phone)
    if email and not _EMAIL.fullmatch(email):
        raise NotReachable("email")
    if (channel == "mail" and not email) or (channel == "text" and not phone):
        raise NotReachable("email" if channel == "mail" else "phone")
    return replace(
        details, name=details.name.strip(), email=email, phone=phone, remark=details.remark.strip()
    )


def _number(text: str) -> str:
    """A telephone number with its country; one that begins with a single 0 is Dutch."""
    plain = re.sub(r"[\s().\-/]", "", text)
    if not plain:
        return ""
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    elif plain.startswith("0"):
        plain = "+31" + plain[1:]
    if not _PHONE.fullmatch(plain):
        raise NotReachable("phone")
    return plain
