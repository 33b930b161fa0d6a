"""Trying codes that do not exist slows down the network it comes from, and keeps no family out.

Only what is a well-formed code and belongs to no sheet counts; the check character stops typing errors
before they get here. The same wrong code typed again counts once, a code that opened here before always
opens, and nobody waits longer than a quarter of an hour. All of it is rows of the database, so a restart
forgives nothing.

A code has forty random bits: with twenty thousand sheets out, a guess is good once in fifty-five million.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection

from survey.keys import Keyring, Keys
from survey.sheet_tables import CodeTry

WINDOW = dt.timedelta(minutes=15)
#: Different wrong codes that a network may try in a window.
FREE = 20
#: The same while somebody guesses from many networks at once: more than `FLOOD` wrong tries in an hour.
FREE_IN_A_FLOOD = 5
FLOOD = 500
#: How long a code is known to have opened in a network; older tries are forgotten.
KNOWN_FOR = dt.timedelta(days=200)
_PURPOSE = "code try"


class TooManyTries(Exception):
    """Too many codes that do not exist were tried from there; wait."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__(f"wait {wait}")
        #: Whole minutes, at least one.
        self.minutes = max(1, -(-int(wait.total_seconds()) // 60))


@dataclass(frozen=True)
class Origin:
    """What is tried, and from where: keyed digests, of no use to a reader of the database.

    The newest key first, by which a try is noted; tries that were noted before a key was changed still count.
    """

    network_keys: tuple[str, ...]
    code_keys: tuple[str, ...]


def origin(key: Keys, code: str, address: str | None, *, kind: str = "code") -> Origin:
    """The origin of a try: the code, and the network of an IP address.

    Args:
        kind: what is tried. Tries of one kind keep nothing of another kind waiting.
    """
    whence = _network(address) if kind == "code" else f"{kind} {_network(address)}"
    ring = Keyring.of(key)
    return Origin(ring.digests(_PURPOSE, whence), ring.digests(_PURPOSE, f"{kind} {code}"))


def wait_on(connection: Connection, who: Origin, now: dt.datetime) -> dt.timedelta:
    """How long this code must wait in this network, inside a transaction; zero or less: not at all."""
    opened_here = select(CodeTry.id).where(
        CodeTry.network_key.in_(who.network_keys), CodeTry.code_key.in_(who.code_keys), CodeTry.opened
    )
    if connection.scalar(opened_here.limit(1)) is not None:
        return dt.timedelta(0)
    wrong = ~CodeTry.opened
    flood = connection.scalar(
        select(func.count()).select_from(CodeTry).where(wrong, CodeTry.at > now - dt.timedelta(hours=1))
    )
    free = FREE if (flood or 0) <= FLOOD else FREE_IN_A_FLOOD
    # The moment at which each wrong code was last tried here, the newest first.
    last = func.max(CodeTry.at)
    found = connection.scalars(
        select(last)
        .where(wrong, CodeTry.network_key.in_(who.network_keys), CodeTry.at > now - WINDOW)
        .group_by(CodeTry.code_key)
        .order_by(last.desc())
    ).all()
    if len(found) < free:
        return dt.timedelta(0)
    # As soon as one of them leaves the window there is room again.
    return found[free - 1] + WINDOW - now


def note_on(connection: Connection, who: Origin, now: dt.datetime, *, opened: bool) -> None:
    """Note a try, inside a transaction."""
    connection.execute(
        insert(CodeTry).values(
            at=now, network_key=who.network_keys[0], code_key=who.code_keys[0], opened=opened
        )
    )
    connection.execute(delete(CodeTry).where(CodeTry.at < now - KNOWN_FOR))


def _network(address: str | None) -> str:
    """One household's connection: an address of the old kind, or the network of one of the new kind."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "network unknown"
    return f"network {ipaddress.ip_network((found, 32 if found.version == 4 else 64), strict=False)}"
