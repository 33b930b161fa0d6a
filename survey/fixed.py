"""Fixed statements straight to the driver, on connections that are kept at hand.

The statements of a page and of a save are the same each time. Borrowing a connection from SQLAlchemy's pool
and giving it back costs more than such a statement itself (decisions/0001). So one that was lent is kept, and
whoever needs a connection in general gives one back first: there are never more open than are in use at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection

_AtHand = tuple[PoolProxiedConnection, DBAPICursor]


def first_row(cursor: Any, statement: str, parameters: tuple[object, ...]) -> Sequence[Any] | None:
    """Run a statement on a cursor of the driver; its first row, if it gives any.

    All rows are fetched, so that no statement stays open on a connection that sleeps: one of SQLite would go
    on seeing the past.
    """
    cursor.execute(statement, parameters)
    rows: Sequence[Sequence[Any]] = cursor.fetchall()
    return rows[0] if rows else None


class Fixed:
    """Runs fixed statements on connections of one engine.

    Args:
        engine: where connections come from.
        most: how many may be kept at hand.
        passing: SQLSTATEs of failures after which a statement is sent again.
    """

    def __init__(self, engine: Engine, most: int, passing: frozenset[str] = frozenset()) -> None:
        self._engine = engine
        self._most = most
        self._passing = passing
        self._errors = engine.dialect.loaded_dbapi.Error
        #: Each with a cursor. Threads take from the end and put back there; both are one step of Python's.
        self._at_hand: list[_AtHand] = []

    def first(self, statement: str, parameters: tuple[object, ...], *, attempts: int) -> Sequence[Any] | None:
        """The first row of a statement; None when there is none.

        It is sent so often at the most, when the connection was gone or a failure passes: it must be harmless
        to repeat.
        """
        while True:
            attempts -= 1
            lent, cursor = at_hand = self._take()
            try:
                row = first_row(cursor, statement, parameters)
            except self._errors as error:
                gone = self._engine.dialect.is_disconnect(error, lent.dbapi_connection, None)
                lent.close()
                if gone:
                    # The server was restarted while this one slept: all that sleep are bad, a new one is not.
                    self.dispose()
                if not attempts or not (gone or getattr(error, "sqlstate", None) in self._passing):
                    raise
            except BaseException:
                lent.close()
                raise
            else:
                self._keep(at_hand)
                return row

    def give_back(self) -> None:
        """Give one connection back to the pool, for somebody who is about to take one there."""
        try:
            self._at_hand.pop()[0].close()
        except IndexError:
            return

    def dispose(self) -> None:
        """Close all that are at hand or in the pool."""
        while self._at_hand:
            self.give_back()
        self._engine.dispose()

    def leave(self) -> list[_AtHand]:
        """In a forked child: begin with none. Those of the parent, to be neither used nor closed."""
        inherited, self._at_hand = self._at_hand, []
        self._engine.dispose(close=False)
        return inherited

    def _take(self) -> _AtHand:
        try:
            return self._at_hand.pop()
        except IndexError:
            lent = self._engine.raw_connection()
            return lent, lent.cursor()

    def _keep(self, at_hand: _AtHand) -> None:
        if len(self._at_hand) < self._most:
            self._at_hand.append(at_hand)
        else:
            at_hand[0].close()
