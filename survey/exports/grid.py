"""The answers to one version as a grid: a row for each response, a column for each item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from instruments import Given, Instrument, Missing, routing
from instruments.model import MISSING_CODES
from survey.exports.reading import Filled

#: The code of a reason why there is no answer, by the word that is stored.
_CODES = {kind.value: code for kind, code in MISSING_CODES.items()}
_KINDS = {code: kind for kind, code in MISSING_CODES.items()}


def coded() -> pl.Expr:
    """Of answers as they are stored: the code or number, or the code of the reason why there is none."""
    return pl.coalesce(pl.col("missing").replace_strict(_CODES, return_dtype=pl.Int64), "value")


class Grid:
    """What counts of some responses to one version: the respondent's own entry.

    Typed copies of paper are in the long table only, and so is free text.

    Args:
        responses: all of this version.
        answers: theirs, as `reading.Batch` has them; others do no harm.
    """

    def __init__(self, definition: Instrument, responses: Sequence[Filled], answers: pl.DataFrame) -> None:
        self.definition = definition
        self.responses = responses
        self._items = {item.id: place for place, item in enumerate(definition.items)}
        shape = (len(responses), len(self._items))
        rows = pl.DataFrame(
            {"response": pl.Series([filled.id for filled in responses], dtype=pl.Int64)}
        ).with_row_index("row")
        own = answers.filter(pl.col("entry") == 0, pl.col("place").is_not_null()).join(
            rows, on="response", how="inner", maintain_order="left"
        )
        at = own["row"].to_numpy(), own["place"].to_numpy()
        #: Whether there is anything: a number, a text, or a reason.
        self._there: NDArray[np.bool_] = np.zeros(shape, dtype=bool)
        self._there[at] = True
        #: Where it is a number, and that number; elsewhere the code of the reason why there is none.
        self._answered: NDArray[np.bool_] = np.zeros(shape, dtype=bool)
        self._answered[at] = own["value"].is_not_null().to_numpy()
        given = own.select(coded().fill_null(0))
        self._values: NDArray[np.int64] = np.full(shape, MISSING_CODES[Missing.not_reached], dtype=np.int64)
        self._values[at] = given.to_series().to_numpy()
        self._texts = {
            item.id: _texts(own, place, len(responses))
            for item, place in zip(definition.items, self._items.values(), strict=True)
            if item.kind in ("choices", "date")
        }
        if definition.conditional:
            self._values[~self._there & ~self._asked()] = MISSING_CODES[Missing.not_asked]

    def values(self, item: str) -> NDArray[np.int64]:
        """Codes or numbers, and where there is none the code of the reason (0 where there is a text)."""
        return self._values[:, self._items[item]]

    def answered(self, item: str) -> NDArray[np.bool_]:
        """Where the answer is a code or a number."""
        return self._answered[:, self._items[item]]

    def texts(self, item: str) -> pl.Series:
        """Dates, or the codes chosen where several can be, as they are stored; null where there are none."""
        return self._texts[item]

    def settled(self, row: int) -> dict[str, Given]:
        """The answers of one response, without what was not given and without free text."""
        found: dict[str, Given] = {}
        for item in self.definition.items:
            place = self._items[item.id]
            if self._answered[row, place]:
                found[item.id] = int(self._values[row, place])
            elif self._there[row, place]:
                text = self._texts[item.id][row] if item.id in self._texts else None
                if text is not None:
                    found[item.id] = _codes(text) if item.kind == "choices" else text
                elif item.kind != "text":
                    found[item.id] = _KINDS[int(self._values[row, place])]
        return found

    def _asked(self) -> NDArray[np.bool_]:
        """Which items each was asked: worked out once for all who answered alike where it matters."""
        deciding = sorted(
            {name for item in self.definition.items if item.show_if for name in item.show_if.items()}
        )
        known: dict[tuple[object, ...], NDArray[np.bool_]] = {}
        rows = []
        for row, filled in enumerate(self.responses):
            answers = {name: given for name in deciding if (given := self._deciding(name, row)) is not None}
            alike = (filled.opened_at_age, *answers.items())
            if alike not in known:
                asked = routing.asked(self.definition, answers, filled.opened_at_age)
                mask = np.zeros(len(self._items), dtype=bool)
                mask[[self._items[item.id] for item in asked]] = True
                known[alike] = mask
            rows.append(known[alike])
        return np.array(rows, dtype=bool).reshape(len(rows), len(self._items))

    def _deciding(self, item: str, row: int) -> Given | None:
        """An answer on which it depends what is asked. A reason for not answering opens nothing."""
        if self._answered[row, self._items[item]]:
            return int(self._values[row, self._items[item]])
        text = self._texts[item][row] if item in self._texts else None
        return None if text is None else _codes(text)


def _texts(own: pl.DataFrame, place: int, height: int) -> pl.Series:
    mine = own.filter(pl.col("place") == place, pl.col("text").is_not_null())
    found: list[str | None] = [None] * height
    for row, text in mine.select("row", "text").iter_rows():
        found[row] = text
    return pl.Series(found, dtype=pl.String)


def _codes(text: str) -> tuple[int, ...]:
    """The codes chosen, as they are stored: joined by commas."""
    return tuple(int(code) for code in text.split(","))
