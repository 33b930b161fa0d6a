"""What changed since an export was made: whether making it again would give the same, and why not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from instruments import Edition
from instruments.protocol import Protocol
from instruments.wording import Library
from survey.db import Database
from survey.exports import manifest
from survey.exports.register import Export
from survey.models import Event, SaveEvent

#: Events that change what stands in an export, by what they do to it.
_KINDS = {
    "response.status": "states",
    "consent.recorded": "consents",
    "family.left": "left",
    "family.status": "left",
    "family.added": "families",
    "family.moved": "moves",
    "family.members_moved": "moves",
    "pause.begun": "moves",
    "pause.ended": "moves",
    "window.extended": "moves",
    "family.handed_over": "placements",
    "placement.added": "placements",
    "placement.ended": "placements",
    "sheet.typed": "paper",
    "sheet.returned": "paper",
    "sheet.set_aside": "paper",
}


@dataclass(frozen=True)
class Since:
    """What happened after an export was made."""

    #: Saves of answers, and the responses they were in.
    saves: int = 0
    responses: int = 0
    #: Responses set aside or brought back, decisions about consent, families that left or began again or
    #: were added, placements and hand-overs, paper.
    states: int = 0
    consents: int = 0
    left: int = 0
    families: int = 0
    placements: int = 0
    #: Families that moved, and waves that closed later for somebody.
    moves: int = 0
    paper: int = 0
    #: Families that were wiped: the export still holds them, and has to be thrown away.
    erased: int = 0
    #: What it was made with and is different now: `code`, `protocol`, `instrument who5/self`, and so on.
    tools: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether making it again gives the same bytes."""
        return self == Since()

    def told(self) -> list[str]:
        """What happened, a line each, in English."""
        found = [
            f"{getattr(self, name)} {words}"
            for name, words in (
                ("erased", "families were erased that may be in it: throw it away"),
                ("saves", f"saves in {self.responses} responses"),
                ("states", "responses set aside or brought back"),
                ("consents", "decisions about consent"),
                ("families", "families added"),
                ("left", "families stopped or began again"),
                ("placements", "placements and hand-overs"),
                ("moves", "moves of families, pauses and later closing days"),
                ("paper", "events about paper"),
            )
            if getattr(self, name)
        ]
        return found + ([f"other now: {', '.join(self.tools)}"] if self.tools else [])


def of(db: Database, plan: Protocol, library: Library | None, exports: Iterable[Export]) -> dict[int, Since]:
    """What changed since each export that was made, by its number."""
    with db.snapshot() as connection:
        return {export.id: _of(connection, plan, library, export) for export in exports if export.is_made}


def _of(connection: Connection, plan: Protocol, library: Library | None, export: Export) -> Since:
    saves, responses = connection.execute(
        select(func.count(), func.count(SaveEvent.response_id.distinct())).where(
            SaveEvent.id > export.seen_save
        )
    ).one()
    found: dict[str, int] = {}
    rows = connection.execute(
        select(Event.action, Event.detail).where(
            Event.id > export.seen_event, Event.action.in_([*_KINDS, "family.erased"])
        )
    )
    for action, detail in rows:
        # A family that never answered was in no file but that of the families; it counts all the same.
        kind = "erased" if action == "family.erased" else _KINDS[action]
        if action == "family.status" and "stopped" in detail:
            continue  # told by family.left
        found[kind] = found.get(kind, 0) + 1
    return Since(saves, responses, **found, tools=tuple(_tools(plan, library, json.loads(export.manifest))))


def _tools(plan: Protocol, library: Library | None, made: Mapping[str, object]) -> Iterable[str]:
    if made["code"] != manifest.code():
        yield "code"
    if made["writers"] != manifest.writers():
        yield "writers"
    protocol = made["protocol"]
    if not isinstance(protocol, dict) or protocol["sha256"] != manifest.of_plan(plan):
        yield "protocol"
    yield from _different("instrument", made["instruments"], manifest.of_instruments())
    words = made["wording"]
    if isinstance(words, dict):
        pairs = [key.split(" ", 1) for key in words]
        now = manifest.of_wording(library, [(key, Edition.parse(edition)) for key, edition in pairs])
        yield from _different("wording", words, now)


def _different(kind: str, before: object, now: Mapping[str, str]) -> Iterable[str]:
    if isinstance(before, dict):
        yield from (f"{kind} {key}" for key, digest in sorted(before.items()) if now.get(key) != digest)
