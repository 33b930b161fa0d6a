"""Failures slow down who fails, and nobody else.

Every try counts as failed from its beginning, before anything is compared, so that a thousand tries at
once are a thousand failures. Three rules, all on rows of the database, so that a restart forgives nothing:

- one name from one network: after five failures a pause that doubles, up to a quarter of an hour;
- one name from everywhere: after thirty in an hour, networks from which it never signed in must wait;
- one network for all names: after sixty in a quarter of an hour, names that never signed in there wait.

So somebody who is being guessed at can still sign in from where they always do, and a colleague behind the
same router who forgot a password locks nobody out.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from survey.accounts.tables import SignInAttempt
from survey.db import Database
from survey.keys import Keyring, Keys

FREE_TRIES = 5
FIRST_PAUSE = dt.timedelta(seconds=30)
LONGEST_PAUSE = dt.timedelta(minutes=15)
FROM_EVERYWHERE = (30, dt.timedelta(hours=1))
IN_A_NETWORK = (60, dt.timedelta(minutes=15))
#: How long a network in which a name signed in counts as known; older tries are forgotten.
KNOWN_FOR = dt.timedelta(days=90)
_PURPOSE = "throttle"


class TooManyTries(Exception):
    """Wait before trying again."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__(f"wait {wait}")
        #: Whole minutes, at least one.
        self.minutes = max(1, -(-int(wait.total_seconds()) // 60))


@dataclass(frozen=True)
class Origin:
    """Who says they are there, and from where: keyed digests, of no use to a reader of the database.

    The newest key first, by which a try is noted; tries that were noted before a key was changed still count.
    """

    account_keys: tuple[str, ...]
    network_keys: tuple[str, ...]


def origin(secret_key: Keys, name: str, address: str | None) -> Origin:
    """The origin of a try: the name as it was typed, and the network of an IP address."""
    ring = Keyring.of(secret_key)
    return Origin(
        ring.digests(_PURPOSE, f"account {name.casefold()}"), ring.digests(_PURPOSE, _network(address))
    )


def begin(db: Database, who: Origin, now: dt.datetime) -> int:
    """Count a try as failed before it is made; its number, for `passed`. Raises TooManyTries."""

    def work(connection: Connection) -> int:
        wait = _wait(connection, who, now)
        if wait > dt.timedelta(0):
            raise TooManyTries(wait)
        return connection.execute(
            insert(SignInAttempt)
            .values(
                at=now, account_key=who.account_keys[0], network_key=who.network_keys[0], outcome="failed"
            )
            .returning(SignInAttempt.id)
        ).scalar_one()

    return db.write(work)


def passed_on(connection: Connection, attempt: int, now: dt.datetime, *, signed_in: bool) -> None:
    """The try was good. Only a whole sign-in forgives earlier failures: a known password must not make
    guesses at the code free."""
    connection.execute(
        update(SignInAttempt)
        .where(SignInAttempt.id == attempt)
        .values(outcome="signed_in" if signed_in else "passed")
    )
    connection.execute(delete(SignInAttempt).where(SignInAttempt.at < now - KNOWN_FOR))


def _wait(connection: Connection, who: Origin, now: dt.datetime) -> dt.timedelta:
    ours = SignInAttempt.account_key.in_(who.account_keys)
    there = SignInAttempt.network_key.in_(who.network_keys)
    failed = SignInAttempt.outcome == "failed"
    counted = func.count(SignInAttempt.id), func.max(SignInAttempt.at)
    last_in = connection.scalar(
        select(func.max(SignInAttempt.at)).where(ours, there, SignInAttempt.outcome == "signed_in")
    )
    since = max(now - dt.timedelta(hours=1), last_in or now - KNOWN_FOR)
    count, last = connection.execute(
        select(*counted).where(ours, there, failed, SignInAttempt.at > since)
    ).one()
    waits = [dt.timedelta(0)]
    if count >= FREE_TRIES:
        pause = min(FIRST_PAUSE * 2 ** min(count - FREE_TRIES, 10), LONGEST_PAUSE)
        waits.append(last + pause - now)
    if last_in is None:
        for whose, (most, window) in ((ours, FROM_EVERYWHERE), (there, IN_A_NETWORK)):
            count, last = connection.execute(
                select(*counted).where(whose, failed, SignInAttempt.at > now - window)
            ).one()
            if count >= most:
                waits.append(last + LONGEST_PAUSE - now)
    return max(waits)


def _network(address: str | None) -> str:
    """The network that an address is in, as far as a household or an office has one."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "network unknown"
    return f"network {ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False)}"
