"""Whom each row of a copy is about: read from the foreign keys of the tables that are there, as erasure does.

A row is about every family, child and respondent that it hangs from, through however many tables, told by
the names of their keys (`survey.people_keys`). So no row is about fewer people than what it refers to, and
what can be read again refers to nothing that cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from survey import audit
from survey.scans.tables import PICTURES

#: The table with the names of keys; a database of an earlier form has none.
NAMES = "person_key"
#: The table of the contact store, which knows people by the number of the respondent.
CONTACTS = "contact"
#: Who has a key.
PEOPLE = ("family", "child", "respondent")
#: Columns that may refer to somebody who is gone, as erasure leaves them empty: a child stays when the one
#: who answers about it leaves alone. With the table that they refer to.
MAY_BE_ALONE = (("child", "reporter_id", "respondent"),)
#: Columns that say nothing about whom a row is about: those, and an answer's save, which is of its response.
_PASSED_OVER = frozenset({*((table, column) for table, column, _ in MAY_BE_ALONE), ("answer", "event_id")})
#: The table whose rows stay when they can no longer be read, and are bound to their seals then.
EMPTIED = "event"
_BATCH, _JOB = "batch", "job"
#: What names a family where no foreign key reaches (`fieldwork.traces`).
_BY_NAME = (_BATCH, _JOB)
#: What is left of a row that stays when it can no longer be read; all other rows go whole. An event stays
#: because the trail is sealed, a print run because its paper is counted.
LEFT: Mapping[str, Mapping[str, str]] = {EMPTIED: {"detail": "{}"}, _BATCH: {"target": "", "file": ""}}


@dataclass(frozen=True)
class Owned:
    """A table with rows that are about people."""

    name: str
    columns: tuple[str, ...]
    #: Rows of all columns, with the names of the keys of everybody the row is about in front (one text,
    #: blanks between), ordered by that.
    query: str


def known(connection: Connection) -> bool:
    """Whether this database names the keys of people."""
    return sa.inspect(connection).has_table(NAMES)


def nameless(connection: Connection) -> int:
    """How many people have no key yet."""
    return sum(
        int(
            connection.exec_driver_sql(
                f"SELECT count(*) FROM {kind} p LEFT JOIN {NAMES} k ON k.{kind}_id = p.id WHERE k.id IS NULL"
            ).scalar_one()
        )
        for kind in PEOPLE
    )


def of_respondents(connection: Connection) -> dict[int, str]:
    """The names of the keys of everybody whom a respondent hangs from, by the number of the respondent."""
    ways = _Tables(connection).ways(["respondent"])
    rows = connection.exec_driver_sql(f"{ways} SELECT id, names FROM of_respondent")
    return {row[0]: row[1] for row in rows}


def owned(connection: Connection) -> Iterator[Owned]:
    """Every table with rows about people, and how to read it."""
    tables = _Tables(connection)
    for name in tables.order:
        if name in PICTURES:
            continue  # no backup holds them
        yield Owned(name, tables.columns[name], tables.query(name))


def of_contacts(connection: Connection) -> Iterator[Owned]:
    """The table of the contact store; in front of its rows stands the number of the respondent."""
    columns = tuple(column["name"] for column in sa.inspect(connection).get_columns(CONTACTS))
    listed = ", ".join(f't."{column}"' for column in columns)
    yield Owned(CONTACTS, columns, f"SELECT t.respondent_id, {listed} FROM {CONTACTS} t ORDER BY 1")


class _Tables:
    """What hangs from what, in one database."""

    def __init__(self, connection: Connection) -> None:
        self._sqlite = connection.dialect.name == "sqlite"
        inspector = sa.inspect(connection)
        there = inspector.get_table_names()
        self._parents: dict[str, list[tuple[str, str]]] = {
            name: sorted(
                {
                    (key["constrained_columns"][key["referred_columns"].index("id")], key["referred_table"])
                    for key in inspector.get_foreign_keys(name)
                    if "id" in key["referred_columns"]
                }
            )
            for name in there
        }
        self.order = self._reached(sorted(there))
        self.columns = {
            name: tuple(column["name"] for column in inspector.get_columns(name)) for name in self.order
        }
        self._things = self._told_about(connection) if EMPTIED in self.order else ()

    def _reached(self, there: Sequence[str]) -> list[str]:
        """Tables with rows about people, each after those it hangs from."""
        order: list[str] = []
        waiting = [name for name in there if name != EMPTIED]
        reached = {*PEOPLE}
        while more := {name for name in waiting if name not in reached and reached & self._hangs_from(name)}:
            reached |= more
        waiting = [name for name in waiting if name in reached]
        while waiting:
            ready = [name for name in waiting if not self._hangs_from(name) & {*waiting}]
            order += ready
            waiting = [name for name in waiting if name not in ready]
        return [*order, *([EMPTIED] if EMPTIED in there else [])]

    def _ways(self, name: str) -> list[tuple[str, str]]:
        return [way for way in self._parents[name] if (name, way[0]) not in _PASSED_OVER and way[1] != name]

    def _hangs_from(self, name: str) -> set[str]:
        return {parent for _, parent in self._ways(name)} | ({"family"} if name in _BY_NAME else set())

    def _joins(self, name: str) -> tuple[str, str]:
        """The names of everybody whom rows `t` of a table hang from: joins, and an expression over them."""
        joins: list[str] = []
        found: list[str] = []

        def lead(source: str, condition: str, names: str = "names") -> None:
            alias = f"w{len(found)}"
            joins.append(f"LEFT JOIN {source} {alias} ON {condition.format(alias)}")
            found.append(f"coalesce({alias}.{names}, '')")

        if name in PEOPLE:
            lead(NAMES, f"{{}}.{name}_id = t.id", "name")
        for column, parent in self._ways(name):
            if parent in self.order:
                lead(f"of_{parent}", f"{{}}.id = t.{column}")
        if name == _BATCH:
            lead("of_code", "t.kind = 'family' AND {}.code = t.target")
        if name == _JOB:
            # A job whose words cannot be read must not stop a backup.
            family = (
                "CASE WHEN json_valid(t.arguments) THEN json_extract(t.arguments, '$.family') END"
                if self._sqlite
                else """CAST(substring(t.arguments FROM '"family": *([0-9]+)') AS integer)"""
            )
            lead("of_family", f"{{}}.id = {family}")
        if name == EMPTIED:
            kept = ", ".join(f"'{action}'" for action in audit.KEPT)
            lead("of_thing", f"{{}}.thing = t.object AND t.action NOT IN ({kept})")
        return " ".join(joins), " || ' ' || ".join(found) or "''"

    def ways(self, wanted: Sequence[str]) -> str:
        """A WITH of a view `of_TABLE (id, names)` for each wanted table, and for all that these hang from."""
        needed: set[str] = set()
        ahead = list(wanted)
        while ahead:
            name = ahead.pop()
            if name not in needed:
                needed.add(name)
                ahead += self._hangs_from(name) & {*self.order}
        views = []
        for name in (each for each in self.order if each in needed):
            joins, names = self._joins(name)
            views.append(
                f"of_{name} (id, names) AS MATERIALIZED (SELECT t.id, {names} FROM {name} t {joins})"
            )
            if name == "family":
                views.append(
                    "of_code (code, names) AS MATERIALIZED"
                    " (SELECT t.code, o.names FROM family t JOIN of_family o ON o.id = t.id)"
                )
        return f"WITH {', '.join(views)}" if views else ""

    def query(self, name: str) -> str:
        """See `Owned.query`."""
        joins, names = self._joins(name)
        if name == EMPTIED:
            views = self.ways(self._things)
            union = " UNION ALL ".join(
                f"SELECT '{thing} ' || CAST(id AS text), names FROM of_{thing}" for thing in self._things
            )
            empty = "SELECT '', '' WHERE 1 = 0"
            views = (
                f"{views}, " if views else "WITH "
            ) + f"of_thing (thing, names) AS MATERIALIZED ({union or empty})"
        else:
            views = self.ways(sorted(self._hangs_from(name) & {*self.order}))
        columns = ", ".join(f't."{column}"' for column in self.columns[name])
        return f"{views} SELECT {names} AS names, {columns} FROM {name} t {joins} ORDER BY 1"

    def _told_about(self, connection: Connection) -> tuple[str, ...]:
        """Tables whose rows events tell about, as `respondent 12`."""
        first = "substr(object, 1, instr(object, ' ') - 1)" if self._sqlite else "split_part(object, ' ', 1)"
        told = set(connection.exec_driver_sql(f"SELECT DISTINCT {first} FROM event").scalars())
        return tuple(
            name for name in self.order if name in told and "id" in self.columns[name] and name != EMPTIED
        )
