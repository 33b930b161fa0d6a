"""The data dictionary: every table and column of both stores, with what it holds, of whom, and how long."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from instruments import reading
from survey.contacts.tables import ContactsBase
from survey.models import Base
from survey.retention.rules import Rules
from survey.schema import METADATA

FILE = Path(__file__).parent / "columns.yaml"
LEVELS = ("nobody", "technical", "staff", "pseudonym", "special", "name")


class Undescribed(LookupError):
    """A table or column that nobody has described, or a description of one that is not there."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"described nowhere, or not there: {', '.join(names)}")
        self.names = names


_HEAD = """# Data dictionary

Made by `survey privacy dictionary` from the tables themselves. Levels and terms are explained in the
[annex](dpia_annex.md); what is sealed or only kept as a digest says so. A type with `?` may be empty."""


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    type: str
    #: Whether it may be empty.
    optional: bool
    #: The table that it refers to.
    refers_to: str
    about: str


@dataclass(frozen=True)
class Table:
    """One table."""

    name: str
    #: `study`, or `contacts`.
    store: str
    about: str
    whose: str
    level: str
    #: The rule of retention it goes by.
    kept: str
    columns: tuple[Column, ...]


def tables() -> tuple[Table, ...]:
    """Every table of both stores, by name. Raises Undescribed."""
    told = reading.read(FILE.read_text(encoding="utf-8"), FILE.name)
    about_tables: Mapping[str, Mapping[str, str]] = told["tables"]
    about_columns: Mapping[str, str] = told["columns"]
    stores = ((Base, METADATA, "study"), (ContactsBase, ContactsBase.metadata, "contacts"))
    found, missing, used = [], [], set()
    for base, metadata, store in stores:
        beside = _beside(base)
        for table in metadata.sorted_tables:
            words = about_tables.get(table.name)
            columns = []
            for column in table.columns:
                full = f"{table.name}.{column.name}"
                key = next((name for name in (full, column.name) if name in about_columns), "")
                about = beside.get((table.name, column.name)) or about_columns.get(key, "")
                used.add(key)
                missing += [] if about else [full]
                columns.append(_column(column, about))
            if words is None or words["level"] not in LEVELS:
                missing.append(table.name)
            else:
                found.append(_table(table.name, store, words, tuple(columns)))
    names = {table.name for table in found}
    # What is said of a column in general may be said beside each one of that name as well.
    strange = [name for name in about_columns if "." in name and name not in used]
    if missing or strange or set(about_tables) - names:
        raise Undescribed(sorted([*missing, *strange, *(set(about_tables) - names)]))
    return tuple(sorted(found, key=lambda table: table.name))


def dictionary(rules: Rules) -> str:
    """The document, in Markdown."""
    lines = [_HEAD]
    for table in tables():
        store = "" if table.store == "study" else " In the contact store."
        term = rules[table.kept].term
        facts = f"Of: {table.whose}. Level: {table.level}. Kept by the rule `{table.kept}` ({term})."
        lines += [
            f"\n## {table.name}\n",
            f"{_sentence(table.about)}{store} {facts}\n",
            "| column | type | about |",
            "|---|---|---|",
        ]
        for column in table.columns:
            kind = f"{column.type}{'?' if column.optional else ''}"
            kind += f" → {column.refers_to}" if column.refers_to else ""
            lines.append(f"| `{column.name}` | {kind} | {column.about.replace('|', '/')} |")
    return "\n".join(lines) + "\n"


def _table(name: str, store: str, words: Mapping[str, str], columns: tuple[Column, ...]) -> Table:
    return Table(name, store, words["about"], words["whose"], words["level"], words["kept"], columns)


def _column(column: sa.Column[object], about: str) -> Column:
    targets = {key.column.table.name for key in column.foreign_keys if key.column.name == "id"}
    # A second one only holds two columns to each other; the column is called after the first.
    target = min(targets, key=lambda name: (not column.name.startswith(name), name), default="")
    kind = type(column.type).__name__.lower()
    length = getattr(column.type, "length", None)
    return Column(column.name, f"{kind}({length})" if length else kind, bool(column.nullable), target, about)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _beside(base: type[DeclarativeBase]) -> dict[tuple[str, str], str]:
    """What stands beside the columns in the models, by table and column."""
    found = {}
    for model in _models(base):
        lines = _source(model.__module__)
        parsed = _class(model.__module__, model.__name__)
        for node in parsed.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                words = " ".join(_above(lines, node.lineno - 1))
                if words:
                    found[model.__tablename__, node.target.id] = words
    return found


def _models(base: type[DeclarativeBase]) -> Iterator[type[DeclarativeBase]]:
    for mapper in base.registry.mappers:
        yield mapper.class_


def _above(lines: tuple[str, ...], number: int) -> list[str]:
    """The lines of `#:` that end just above a line."""
    words: list[str] = []
    while number > 0 and lines[number - 1].strip().startswith("#:"):
        number -= 1
        words.insert(0, lines[number].strip().removeprefix("#:").strip())
    return words


@cache
def _source(module: str) -> tuple[str, ...]:
    return tuple(inspect.getsource(sys.modules[module]).splitlines())


@cache
def _class(module: str, name: str) -> ast.ClassDef:
    body = ast.parse("\n".join(_source(module))).body
    return next(node for node in body if isinstance(node, ast.ClassDef) and node.name == name)
