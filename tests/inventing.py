"""Requests at random, to any address, by anybody: nearly right, or nothing like it. For `tests.fuzzing`."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from instruments.wording import Library
from survey.policy import Role
from survey.web.i18n import Catalogues
from tests.nasty import BODIES, HEADERS, NASTY, PATHS

#: Who works at the desk, or is on the way in.
STAFF = {*map(str, Role), "code", "enrol"}
#: Laying out a pack takes seconds: tried with forged forms only, but for once in a while.
SLOW = {"desk.print_pack"}


@dataclass(frozen=True)
class Request:
    """One request, complete enough to be made again."""

    actor: str
    endpoint: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


@dataclass
class Prepared:
    """A study with something of everything in it, in a file, and who is signed in how."""

    file: Path
    #: actor -> the cookie of their browser.
    cookies: dict[str, tuple[str, str]]
    library: Library
    catalogues: Catalogues
    #: What stands in addresses, by name; true of this study.
    numbers: dict[str, tuple[str, ...]]
    #: actor -> method and path -> the fields of the form that leads there, each with values it may have.
    forms: dict[str, dict[str, dict[str, list[str]]]] = field(default_factory=dict)
    #: Every name of a field that any page has.
    names: list[str] = field(default_factory=list)


def rules(app: Flask) -> list[tuple[Rule, str]]:
    """Every address with every method that it has, and with one that it has not."""
    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found += [(rule, method) for method in methods]
    return found


def somebody(chance: random.Random, rule: Rule, actors: Sequence[str]) -> str:
    """Who asks: mostly somebody whose page it could be."""
    ours = [actor for actor in actors if (actor in STAFF) == rule.endpoint.startswith("desk.")]
    return chance.choice(ours if chance.random() < 0.85 else actors)


def invent(chance: random.Random, prepared: Prepared, rule: Rule, method: str, actor: str) -> Request:
    """A request to an address by somebody: nearly right, or nothing like it."""
    path, own = _path(chance, prepared, rule), prepared.forms.get(actor, {})
    if chance.random() < 0.02:
        method = chance.choice(("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"))
    headers = tuple(chance.sample(HEADERS, 1)) if chance.random() < 0.12 else ()
    query = tuple(
        (chance.choice(prepared.names), _value(chance, []))
        for _ in range(chance.choice((0, 0, 0, 1, 2) if method == "POST" else (0, 1, 1, 2, 3)))
    )
    asked = Request(actor, rule.endpoint, method, path, query, headers=headers)
    if method in ("GET", "HEAD", "OPTIONS"):
        return asked
    if chance.random() < 0.06:
        return Request(actor, rule.endpoint, method, path, query, headers=headers, body=chance.choice(BODIES))
    fields = own.get(path) or own.get(rule.rule) or _any(own)
    return Request(
        actor, rule.endpoint, method, path, query, _filled(chance, prepared, rule.endpoint, fields), headers
    )


def _filled(
    chance: random.Random, prepared: Prepared, endpoint: str, fields: dict[str, list[str]]
) -> tuple[tuple[str, str], ...]:
    wild = chance.choice((0.0, 0.15, 0.5, 1.0))
    form = []
    for name, values in fields.items():
        if name == "csrf":
            continue
        if chance.random() < 0.1:
            continue
        form.append(
            (name, _value(chance, []) if chance.random() < wild or not values else chance.choice(values))
        )
        if chance.random() < 0.04:
            form.append((name, _value(chance, values)))
    form += [(chance.choice(prepared.names), _value(chance, [])) for _ in range(chance.choice((0, 0, 1, 3)))]
    forged = chance.random() < (0.998 if endpoint in SLOW else 0.15)
    tokens = fields.get("csrf", [])
    if tokens and not forged:
        form.append(("csrf", tokens[0]))
    elif chance.random() < 0.5:
        form.append(("csrf", chance.choice(("", "x", "é", "A" * 24, "A" * 9000))))
    return tuple(form)


def _any(forms: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """At least the token of any of their forms."""
    return next(({"csrf": form["csrf"]} for form in forms.values() if "csrf" in form), {})


def _path(chance: random.Random, prepared: Prepared, rule: Rule) -> str:
    def fill(hit: re.Match[str]) -> str:
        kind, _, name = hit[1].rpartition(":")
        if chance.random() < 0.75:
            return chance.choice(prepared.numbers[name])
        if kind == "int":
            return chance.choice(
                ("0", "7", "999", "2147483648", "9223372036854775808", "1" * 40, "01", "-1", "x")
            )
        return chance.choice(PATHS)

    return re.sub(r"<([^>]+)>", fill, rule.rule)


def _value(chance: random.Random, values: list[str]) -> str:
    if values and chance.random() < 0.3:
        return chance.choice(values)
    if chance.random() < 0.8:
        return chance.choice(NASTY)
    return "".join(
        chance.choice("aZ09é–\u0301\u0600漢😀 .,:;/\\-_'\"<>%\x00\x1f") for _ in range(chance.randrange(40))
    )


def multi(pairs: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """Fields with all their values, as a test client takes them."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
