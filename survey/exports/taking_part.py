"""Who took part with whose consent, and what is left out because of it.

An erased family is not in the database any more. What somebody still there does not want used is left out:

- of a family that left and asked for everything to be wiped, also while that is not done yet;
- of a person who refused to take part in the research, or took their consent back, and what others said
  about a child that does not take part.

Who left and said that what they gave may be kept stays in, with their state: that was their choice. Whether
a decision is missing is noted and leaves nothing out; no link was handed out then, where the plan asks for
consent first.

Who decides depends on the age; it is taken on the day of the response, so that an export that is made again
years later is the same.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from survey.fieldwork import consent
from survey.fieldwork.tables import PLACEMENTS
from survey.fieldwork.tables import Departure as DepartureRow
from survey.fieldwork.tables import Placement as PlacementRow
from survey.models import Family as FamilyRow
from survey.models import Respondent as RespondentRow

#: The states of consent, by the code they have in an export.
STATES = {1: "given", 2: "missing", 3: "refused", 4: "withdrawn"}
_CODES = {state: code for code, state in STATES.items()}


@dataclass(frozen=True)
class _Placed:
    kind: str
    starts_on: dt.date
    ends_on: dt.date | None


class TakingPart:
    """The ledger of consent, departures and placements at one moment; read once, asked for every response."""

    def __init__(self, connection: Connection) -> None:
        self._lines = consent.all_lines(connection)
        self._wishes = departures(connection)
        self._child: dict[int, int] = {
            row.child_id: row.id
            for row in connection.execute(
                select(RespondentRow.id, RespondentRow.child_id).where(RespondentRow.child_id.is_not(None))
            )
        }
        self._placed: dict[int, list[_Placed]] = {}
        for row in connection.execute(
            select(
                PlacementRow.child_id, PlacementRow.kind, PlacementRow.starts_on, PlacementRow.ends_on
            ).order_by(PlacementRow.id)
        ):
            if row.starts_on is not None:
                placed = _Placed(row.kind, row.starts_on, row.ends_on)
                self._placed.setdefault(row.child_id, []).append(placed)

    def state(self, respondent_id: int, born: dt.date | None, on: dt.date) -> int:
        """How it stands with somebody's consent for the research on a day: a code of `STATES`.

        Args:
            born: the month of birth of a child that answers itself; None for an adult.
        """
        lines = self._lines.get(respondent_id, ())
        if not lines:
            return _CODES["missing"]
        return _CODES[consent.standing(respondent_id, born and min(born, on), lines, on).state]

    def why_not(self, place: tuple[int, int, int, int], state: int, born: dt.date | None, on: dt.date) -> str:
        """Why a response is left out; empty when it is not.

        Args:
            place: family, respondent, child and professional of the response, 0 for none.
            state: of who answered.
            born: the month of birth of the child that it is about.
        """
        family_id, respondent_id, child_id, _ = place
        wish = self._wishes.get(family_id)
        if wish is not None and wish.wish == "erase":
            return "the family asked for everything to be erased"
        states = [state]
        about = self._child.get(child_id)
        if about is not None and about != respondent_id:
            states.append(self.state(about, born, on))
        if _CODES["refused"] in states:
            return "somebody refused to take part in the research"
        if _CODES["withdrawn"] in states and (wish is None or wish.wish != "keep"):
            return "somebody took back their consent for the research"
        return ""

    def placement(self, child_id: int, on: dt.date) -> str | None:
        """What a child used on a day, in the order of the list; None when nothing is noted."""
        used = {
            placed.kind
            for placed in self._placed.get(child_id, ())
            if placed.starts_on <= on and (placed.ends_on is None or on <= placed.ends_on)
        }
        return " ".join(kind for kind in PLACEMENTS if kind in used) or None


@dataclass(frozen=True)
class Departure:
    """That a family stopped: when, why, and what it wants with what it gave."""

    on: dt.date
    reason: str
    wish: str


def departures(connection: Connection) -> dict[int, Departure]:
    """The families that stopped and did not begin again; by number, as they left the last time."""
    rows = connection.execute(
        select(DepartureRow.family_id, DepartureRow.on_day, DepartureRow.reason, DepartureRow.wish)
        .join(FamilyRow, FamilyRow.id == DepartureRow.family_id)
        .where(FamilyRow.status == "stopped")
        .order_by(DepartureRow.id)
    )
    return {row.family_id: Departure(*row[1:]) for row in rows}
