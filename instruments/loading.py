"""From files to models: the catalogue, every problem at once, and the lock on published versions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from instruments import reading
from instruments.model import Instrument, Item, Rule, When
from instruments.reading import BrokenFile, Problem

ROOM = Path(__file__).parent
CATALOGUE = ROOM / "catalogue"
LOCK = ROOM / "published.lock"


class UnknownInstrument(KeyError):
    """No definition has this id and version; the message lists what there is."""

    def __str__(self) -> str:
        return str(self.args[0])


class Catalogue:
    """Every version of every instrument, loaded once and never changed."""

    def __init__(self, versions: Mapping[tuple[str, str], Instrument]) -> None:
        self._versions = dict(sorted(versions.items()))

    def get(self, instrument_id: str, version: str) -> Instrument:
        """One version. Raises UnknownInstrument, naming the versions that exist."""
        found = self._versions.get((instrument_id, version))
        if found is None:
            known = [v for i, v in self._versions if i == instrument_id]
            if known:
                raise UnknownInstrument(
                    f"{instrument_id} has no version {version}; it has: {', '.join(known)}"
                )
            names = ", ".join(sorted({i for i, _ in self._versions}))
            raise UnknownInstrument(f"there is no instrument {instrument_id}; there are: {names}")
        return found

    def versions(self, instrument_id: str) -> tuple[Instrument, ...]:
        """All versions of one instrument, by name; empty when it is unknown."""
        return tuple(found for (i, _), found in self._versions.items() if i == instrument_id)

    def all(self) -> tuple[Instrument, ...]:
        """Every version, sorted by id and version."""
        return tuple(self._versions.values())


def parse(text: str, file: str) -> Instrument:
    """An instrument from a YAML text. Raises BrokenFile with every problem found."""
    data = reading.read(text, file)
    try:
        instrument = Instrument.model_validate(data)
    except ValidationError as error:
        raise BrokenFile(_explained(error, file)) from error
    problems = [Problem(file, key, what, remedy) for key, what, remedy in _contradictions(instrument)]
    if problems:
        raise BrokenFile(problems)
    return instrument


def load(folder: Path) -> Catalogue:
    """Every `<id>/<version>.yaml` under a folder. Raises BrokenFile with all problems of all files."""
    versions: dict[tuple[str, str], Instrument] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*/*.yaml")):
        name = f"{path.parent.name}/{path.name}"
        try:
            instrument = parse(path.read_text(encoding="utf-8"), name)
        except BrokenFile as broken:
            problems += broken.problems
            continue
        if instrument.key != f"{path.parent.name}/{path.stem}":
            problems.append(Problem(name, "id, version", f"says {instrument.key}", "Use the same names."))
        versions[instrument.id, instrument.version] = instrument
    if problems:
        raise BrokenFile(problems)
    return Catalogue(versions)


@cache
def catalogue() -> Catalogue:
    """The catalogue that ships with this package. Raises BrokenFile when a definition is broken."""
    return load(CATALOGUE)


def fingerprint(path: Path) -> str:
    """The SHA-256 of a definition file, the same whatever the line endings of the checkout."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def published(lock: Path = LOCK) -> dict[str, str]:
    """Published versions and their fingerprints, as `id/version` -> SHA-256."""
    if not lock.exists():
        return {}
    lines = (line.split() for line in lock.read_text(encoding="utf-8").splitlines())
    return {words[1]: words[0] for words in lines if len(words) == 2 and not words[0].startswith("#")}


def lock_problems(folder: Path = CATALOGUE, lock: Path = LOCK) -> list[Problem]:
    """Published versions whose file has changed or gone, and versions that were never published."""
    known = published(lock)
    problems = []
    present = {f"{path.parent.name}/{path.stem}": path for path in folder.glob("*/*.yaml")}
    for key, digest in known.items():
        if key not in present:
            problems.append(
                Problem(lock.name, key, "the published file is gone", "Put it back; data use it.")
            )
        elif fingerprint(present[key]) != digest:
            problems.append(
                Problem(
                    lock.name,
                    key,
                    "the file differs from what was published",
                    "Undo the edit, or raise `revision`, note it in CHANGES.md and publish again.",
                )
            )
    problems += [
        Problem(lock.name, key, "the version is not published", "Run `survey instruments check --publish`.")
        for key in sorted(set(present) - set(known))
    ]
    return problems


def publish(folder: Path = CATALOGUE, lock: Path = LOCK) -> None:
    """Write the fingerprint of every version into the lock."""
    lines = ["# sha256 of every published definition; see `survey instruments check`"]
    lines += [
        f"{fingerprint(path)}  {path.parent.name}/{path.stem}" for path in sorted(folder.glob("*/*.yaml"))
    ]
    lock.write_text("\n".join(lines) + "\n", encoding="utf-8")


_REMEDIES = {
    "extra_forbidden": "Remove the key, or mend its spelling.",
    "missing": "Add the key.",
    "literal_error": "Use one of the words listed.",
    "string_pattern_mismatch": "Use lower-case letters, digits, _ . and - only.",
}


def _explained(error: ValidationError, file: str) -> list[Problem]:
    return [
        Problem(
            file,
            ".".join(str(step) for step in found["loc"]),
            found["msg"],
            _REMEDIES.get(found["type"], "See instruments/README.md for what this key may hold."),
        )
        for found in error.errors()
    ]


_Finding = tuple[str, str, str]


def _contradictions(instrument: Instrument) -> Iterator[_Finding]:
    """What is well-formed but cannot be meant: key, what is wrong, remedy."""
    ids = [item.id for item in instrument.items]
    yield from _twice("items", ids)
    paged = [item_id for page in instrument.pages for item_id in page]
    yield from _twice("pages", paged)
    for item_id in sorted(set(paged) - set(ids)):
        yield "pages", f"{item_id} is not an item", "Remove it, or define the item."
    for item_id in sorted(set(ids) - set(paged)):
        yield "pages", f"item {item_id} is on no page", "Put it on a page."
    if paged != ids and set(paged) == set(ids):
        yield (
            "pages",
            "the order differs from the order of the items",
            "Use one order, so that numbers agree.",
        )
    for item in instrument.items:
        yield from _item(instrument, item, paged)
    for name in sorted(set(instrument.options) - {item.options for item in instrument.items}):
        yield f"options.{name}", "no item uses it", "Remove it."
    for name, options in instrument.options.items():
        yield from _twice(f"options.{name}.codes", [str(code) for code in options.codes])
    seen: list[str] = []
    for rule in instrument.scores:
        yield from _rule(instrument, rule, seen)
        seen.append(rule.id)
    yield from _twice("scores", seen)
    for cutoff in instrument.cutoffs:
        if cutoff.score not in seen:
            yield f"cutoffs.{cutoff.score}", "there is no such score", "Name a score of this file."


def _twice(where: str, names: list[str]) -> Iterator[_Finding]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield where, f"{name} is there more than once", "Keep one."


def _item(instrument: Instrument, item: Item, order: list[str]) -> Iterator[_Finding]:
    where = f"items.{item.id}"
    closed = item.kind in ("choice", "choices")
    if closed and item.options not in instrument.options:
        yield f"{where}.options", f"{item.options} is not an option set", "Name one that `options` defines."
    if not closed and item.options is not None:
        yield f"{where}.options", f"a {item.kind} has no options", "Remove the key."
    if item.kind == "number" and (item.min is None or item.max is None or item.min > item.max):
        yield where, "a number needs min and max", "Say what is possible."
    page_of = {i: number for number, page in enumerate(instrument.pages) for i in page}
    for other in item.show_if.items() if item.show_if else ():
        if page_of.get(other, 10**6) >= page_of.get(item.id, -1):
            yield (
                f"{where}.show_if",
                f"it looks at {other}, which is not on an earlier page",
                "A condition looks back at earlier pages only; move the item to a later page.",
            )
    if item.show_if is not None:
        yield from _when(instrument, f"{where}.show_if", item.show_if)
    if item.part_of is not None and item.part_of not in order:
        yield f"{where}.part_of", f"{item.part_of} is not an item", "Name the first part."


def _when(instrument: Instrument, where: str, when: When) -> Iterator[_Finding]:
    forms = [when.item is not None, bool(when.all), bool(when.any)]
    if forms.count(True) != 1 or (when.item is not None) != bool(when.is_):
        yield where, "a condition is one of `item` with `is`, `all`, or `any`", "Use one form."
        return
    if when.item is not None:
        known = next((item for item in instrument.items if item.id == when.item), None)
        codes = instrument.codes(known) if known and known.options in instrument.options else ()
        for code in when.is_:
            if codes and code not in codes:
                yield where, f"{when.item} has no code {code}", "Use a code of its option set."
    for part in (*when.all, *when.any):
        yield from _when(instrument, where, part)


def _rule(instrument: Instrument, rule: Rule, earlier: list[str]) -> Iterator[_Finding]:
    where = f"scores.{rule.id}"
    ids = {item.id for item in instrument.items}
    for item_id in sorted({*rule.items, *rule.reverse} - ids):
        yield where, f"{item_id} is not an item", "Name items of this file."
    for item_id in sorted(set(rule.reverse) - set(rule.items)):
        yield f"{where}.reverse", f"{item_id} is not in the scale", "Reverse only items of the scale."
    yield from _twice(f"{where}.items", list(rule.items))
    for score in rule.scores:
        if score not in earlier:
            yield f"{where}.scores", f"{score} is not an earlier score", "Define it first."
    on_items = rule.method in ("sum", "mean")
    if on_items != bool(rule.items) or on_items == bool(rule.scores):
        yield (
            where,
            f"{rule.method} works on {'items' if on_items else 'scores'}",
            "Give those, and only those.",
        )
    if on_items and (rule.min_answered is None or not 1 <= rule.min_answered <= len(rule.items)):
        yield f"{where}.min_answered", "a missing rule is needed", "Say how many items must be answered."
    for item in (i for i in instrument.items if i.id in rule.items):
        if item.kind not in ("choice", "number"):
            yield where, f"{item.id} is a {item.kind} and has no number", "Score closed items only."
        missing = {str(code) for code in instrument.codes(item)} - set(rule.recode)
        if rule.recode and missing and instrument.part_for(item.id) is None:
            yield f"{where}.recode", f"code {min(missing)} of {item.id} has no value", "Give every code one."
    for source in (*rule.sources,):
        if source not in instrument.sources:
            yield f"{where}.sources", f"{source} is not listed under `sources`", "List it there."
