"""Keys of people for backups: what a backup holds of somebody can be read as long as their key is kept.

Each family, child and respondent has a random key. It lies in a store of its own, in the folder of the ledger
of erasures: outside the database, and outside every backup. The database knows only the random name of each
key, since numbers of people are given out again after a restore. Who is erased has their key thrown away, and
with it everything of them in every backup that was made before (decisions/0021).

Beside the backups lies one sealed copy of the store, always replaced and never kept in versions.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import CheckConstraint, ForeignKey, String, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from survey.db import Database
from survey.key_store import COPY, FILE, SIZE, KeyStore, StoreUnusable, UnknownCopy, read_copy
from survey.models import Base
from survey.models import Child as ChildRow
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow
from survey.settings import Settings

__all__ = [
    "COPY", "FILE", "PUT_BACK", "KeysAway", "PeopleKeys", "PersonKeyRow", "StoreUnusable", "UnknownCopy",
    "names_on", "read_copy",
]  # fmt: skip

#: What puts lost keys back, in words.
PUT_BACK = f"survey backup people-keys {COPY} --identity FILE"
#: So many people at once: whoever saves meanwhile waits for one batch at the most.
_BATCH = 2000
_T = TypeVar("_T")


class PersonKeyRow(Base):
    """The name of the key of one family, child or respondent."""

    __tablename__ = "person_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), unique=True)
    child_id: Mapped[int | None] = mapped_column(ForeignKey("child.id"), unique=True)
    respondent_id: Mapped[int | None] = mapped_column(ForeignKey("respondent.id"), unique=True)
    #: Random, in hexadecimal; the key itself lies elsewhere.
    name: Mapped[str] = mapped_column(String(32), unique=True)
    __table_args__ = (
        CheckConstraint(
            "CASE WHEN family_id IS NULL THEN 0 ELSE 1 END + CASE WHEN child_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN respondent_id IS NULL THEN 0 ELSE 1 END = 1",
            name="one_owner",
        ),
        CheckConstraint("length(name) = 32", name="whole_name"),
    )


#: Whose number, and the column that refers to it.
_Owner = tuple[InstrumentedAttribute[int], InstrumentedAttribute[int | None]]
_OWNERS: tuple[_Owner, ...] = (
    (FamilyRow.id, PersonKeyRow.family_id),
    (ChildRow.id, PersonKeyRow.child_id),
    (RespondentRow.id, PersonKeyRow.respondent_id),
)


class KeysAway(LookupError):
    """The database names keys that the store does not know. Nothing was changed."""

    def __init__(self, count: int, file: Path) -> None:
        super().__init__(
            f"{count} keys of people are not in {file}: it is the wrong folder, or the store was lost; mend"
            f" MEETMOMENT_ERASURE_DIR, or put them back with `{PUT_BACK}`"
        )
        self.count = count


class PeopleKeys(KeyStore):
    """The keys of everybody in a database."""

    @classmethod
    def of(cls, settings: Settings) -> PeopleKeys | None:
        """The store of an installation; None when it names no folder for one: then nobody has a key."""
        if settings.erasure_dir is None:
            return None
        return cls(settings.erasure_dir, settings.backup_dir, settings.backup_keys)

    def fill(self, db: Database) -> int:
        """Give a key to everybody in the database who has none; how many got one. Harmless to repeat.

        Whose key was thrown away and who is still there (an erasure that broke off) gets a new one.

        Raises:
            KeysAway: before anything was changed; with new keys all earlier backups would be unreadable.
            StoreUnusable, OSError
        """
        missing, thrown = self._compare(db)
        if missing:
            raise KeysAway(len(missing), self.file)
        given = 0
        for start in range(0, len(thrown), _BATCH):
            given += self._give_again(db, thrown[start : start + _BATCH])
        for owner in _OWNERS:
            for people in _without_key(db, owner):
                given += self._give(db, owner, people)
        return given

    def missing(self, db: Database) -> int:
        """How many keys the database names that the store does not know. Raises StoreUnusable."""
        return len(self._compare(db)[0])

    def give_up(self, db: Database) -> int:
        """Take the missing keys for thrown away, so that their people get new ones; how many they were.

        For whoever lost the store and its copy: what earlier backups hold of these people is lost with them.

        Raises:
            StoreUnusable, OSError
        """
        missing, _ = self._compare(db)
        self.throw_away(missing)
        return len(missing)

    def _compare(self, db: Database) -> tuple[list[str], list[tuple[int, str]]]:
        """Names in the database that are not known here, and rows of those whose key was thrown away."""
        missing: list[str] = []
        thrown: list[tuple[int, str]] = []
        for rows in _rows(db):
            is_kept = self.known([name for _, name in rows])
            missing += [name for _, name in rows if name not in is_kept]
            thrown += [(number, name) for number, name in rows if is_kept.get(name) is False]
        return missing, thrown

    def _give(self, db: Database, owner: _Owner, people: Sequence[int]) -> int:
        """Keys for people who had none a moment ago: first in the store, then their names in the database."""
        number_of, column = owner
        made = self._make(people)

        def work(connection: Connection) -> list[str]:
            # Held until the commit: who is being erased is waited for, and then not there any more.
            held = select(number_of).where(number_of.in_(people)).with_for_update(read=True, key_share=True)
            there = set(connection.scalars(held))
            rows = [{column.key: number, "name": name} for name, number in made.items() if number in there]
            if rows:
                insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
                # Another host may have given them one since.
                connection.execute(insert(PersonKeyRow).on_conflict_do_nothing(), rows)
            return _named(connection, made)

        return self._settle(made, db.write(work))

    def _give_again(self, db: Database, thrown: Sequence[tuple[int, str]]) -> int:
        """New keys in the place of those that were thrown away."""
        made = self._make(thrown)

        def work(connection: Connection) -> list[str]:
            for name, (number, old) in made.items():
                as_it_was = (PersonKeyRow.id == number) & (PersonKeyRow.name == old)
                connection.execute(update(PersonKeyRow).where(as_it_was).values(name=name))
            return _named(connection, made)

        return self._settle(made, db.write(work))

    def _make(self, whose: Sequence[_T]) -> dict[str, _T]:
        made = {secrets.token_hex(16): one for one in whose}
        self.put_back({name: secrets.token_bytes(SIZE) for name in made})
        return made

    def _settle(self, made: Collection[str], used: Collection[str]) -> int:
        """Forget the keys that turned out to be nobody's; how many are somebody's."""
        self.forget(set(made) - set(used))
        return len(used)


def names_on(connection: Connection, rows: Collection[int], *, hold: bool = False) -> set[str]:
    """The names of the keys in these rows of `person_key`; held: nobody changes them before the commit."""
    asked = select(PersonKeyRow.name).where(PersonKeyRow.id.in_(rows))
    return set(connection.scalars(asked.with_for_update() if hold else asked))


def _rows(db: Database) -> Iterator[list[tuple[int, str]]]:
    """Every row, a batch at a time."""
    last = 0
    while True:
        after = select(PersonKeyRow.id, PersonKeyRow.name).where(PersonKeyRow.id > last)
        with db.read() as connection:
            found = connection.execute(after.order_by(PersonKeyRow.id).limit(_BATCH)).all()
        if not found:
            return
        yield [(row.id, row.name) for row in found]
        last = found[-1].id


def _without_key(db: Database, owner: _Owner) -> Iterator[list[int]]:
    """Who has no key yet, a batch at a time."""
    number_of, column = owner
    last = 0
    while True:
        without = select(number_of).outerjoin(PersonKeyRow, column == number_of)
        without = without.where(PersonKeyRow.id.is_(None), number_of > last)
        with db.read() as connection:
            found = list(connection.scalars(without.order_by(number_of).limit(_BATCH)))
        if not found:
            return
        yield found
        last = found[-1]


def _named(connection: Connection, names: Collection[str]) -> list[str]:
    return list(connection.scalars(select(PersonKeyRow.name).where(PersonKeyRow.name.in_(names))))
