"""What an export was made from, so that it can be made again and compared: sums, hashes, filter, rows."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import instruments
from instruments import Edition, Instrument, catalogue
from instruments.loading import CATALOGUE, fingerprint
from instruments.protocol import Protocol
from instruments.wording import Library, NoWording
from survey import moments
from survey.exports.table import Table
from survey.exports.wanted import Wanted

NAME = "manifest.json"
SOFTWARE = f"meetmoment {metadata.version('meetmoment')}"

#: Libraries whose version can change the bytes of a file.
_WRITERS = ("polars", "pyreadstat", "weasyprint", "xlsxwriter")
#: The rooms whose code decides what stands in an export.
_ROOMS = (Path(instruments.__file__).parent, Path(__file__).parent)

Manifest = dict[str, Any]


def describe(
    wanted: Wanted,
    plan: Protocol,
    tables: Sequence[Table],
    made: dt.datetime,
    *,
    library: Library | None,
    editions: Iterable[tuple[str, Edition]],
    left_out: Mapping[str, int],
) -> Manifest:
    """Everything but the sums of the files.

    Args:
        made: the moment of the last thing in the data.
        editions: the questionnaires that were answered (`id/version`), each with an edition they were in.
        left_out: how many responses are not in it, by the reason.
    """
    return {
        "software": SOFTWARE,
        "code": code(),
        "writers": writers(),
        "protocol": {"id": plan.id, "revision": plan.revision, "sha256": of_plan(plan)},
        "filter": {
            "waves": list(wanted.waves) or "all",
            "free_text": wanted.free_text,
            "ages": "months" if wanted.months else "bands",
            "municipality": wanted.municipality,
            "reason": wanted.reason,
            "also": sorted(wanted.also),
        },
        "labels": wanted.labels,
        "last_save": moments.write(made),
        "rows": {table.name: table.height for table in tables},
        "left_out": dict(sorted(left_out.items())),
        "instruments": of_instruments(),
        "wording": of_wording(library, {*editions, *_labelled(plan, wanted.edition)}),
    }


def add_sums(manifest: Manifest, folder: Path) -> Manifest:
    """The manifest with the SHA-256 of every file of a folder."""
    return {**manifest, "files": {path.name: _sum(path) for path in sorted(folder.iterdir())}}


def text(manifest: Manifest) -> str:
    """The manifest as a file."""
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def writers() -> dict[str, str]:
    """The versions of the libraries that write the files."""
    return {name: metadata.version(name) for name in _WRITERS}


@cache
def code() -> str:
    """One hash over the code and the definitions that decide what stands in an export."""
    whole = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted(room.rglob("*")):
            if path.suffix in (".py", ".R", ".sps", ".yaml"):
                name = path.relative_to(room.parent).as_posix()
                whole.update(f"{name} {fingerprint(path)}\n".encode())
    return whole.hexdigest()


def of_plan(plan: Protocol) -> str:
    """The hash of a plan, whatever its file looks like."""
    return hashlib.sha256(plan.model_dump_json().encode()).hexdigest()


def of_instruments() -> dict[str, str]:
    """The hash of every definition."""
    return {
        found.key: fingerprint(CATALOGUE / found.id / f"{found.version}.yaml") for found in catalogue().all()
    }


def of_wording(library: Library | None, wanted: Iterable[tuple[str, Edition]]) -> dict[str, str]:
    """The hash of the words of questionnaires in editions; those that nobody has are not in it."""
    found = {}
    for key, edition in sorted(wanted, key=lambda each: (each[0], str(each[1]))):
        digest = _words(library, key, edition)
        if digest is not None:
            found[f"{key} {edition}"] = digest
    return found


def _words(library: Library | None, key: str, edition: Edition) -> str | None:
    if library is None:
        return None
    try:
        wording = library.wording(catalogue().get(*key.split("/")), edition)
    except NoWording:
        return None
    words = json.dumps({"status": wording.status, **dict(sorted(wording.texts.items()))}, ensure_ascii=False)
    return hashlib.sha256(words.encode()).hexdigest()


def _labelled(plan: Protocol, edition: Edition) -> Iterable[tuple[str, Edition]]:
    return [(instrument.key, edition) for instrument in asked(plan)]


def asked(plan: Protocol) -> list[Instrument]:
    """Every version that a plan asks, once, in the order of the plan."""
    found = {
        (ask.instrument, ask.version): None
        for battery in plan.batteries
        if battery.enabled
        for ask in battery.ask
    }
    found |= {(one.instrument, one.version): None for one in plan.one_off}
    return [catalogue().get(*key) for key in found]


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
