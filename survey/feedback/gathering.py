"""The values of people behind the figures: who said what, where, in which wave, under digests.

Only waves that are over for a family (or a professional) count, so that a figure is not of the quick ones.
People are known here by a digest of their code: enough to see that two releases are about the same people,
also when the people were erased since; a digest of a value makes a corrected value another one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from instruments import catalogue
from instruments.feedback import Figure, Region
from survey.exports.blocks import file_of
from survey.feedback.naming import Names
from survey.feedback.safety import Member
from survey.feedback.selection import ALL, Candidate, Kind
from survey.report.study import Study

#: The figures that every study has: families that take part, and those that answered when they were asked.
FAMILIES, RESPONSE = "families", "response"
NOW = "now"


@dataclass(frozen=True)
class Observation:
    """One value of one person."""

    member: Member
    #: The code of the municipality; none for professionals, who may work in several.
    municipality: str | None
    wave: str
    value: Fraction


@dataclass(frozen=True)
class Household:
    """A family that is counted."""

    #: The code of its municipality.
    municipality: str
    #: The last day of every wave.
    closes: Mapping[str, dt.date]


@dataclass(frozen=True)
class Place:
    """A municipality of the study."""

    id: int
    code: str
    name: str


def candidates(
    data: Study,
    households: Mapping[str, Household],
    places: Sequence[Place],
    regions: Sequence[Region],
    names: Names,
    salt: str,
) -> list[Candidate]:
    """Every figure of every place and period, the programme first.

    Args:
        households: the families that are counted, by their codes.
        names: how people are named in the ledger.
        salt: what makes the names those of this study.
    """
    gatherer = _Gatherer(data, households, names, salt)
    follow_ups = data.follow_ups
    areas = [(f"region:{region.id}", frozenset(region.municipalities)) for region in regions]
    areas += [(f"municipality:{place.code}", frozenset({place.code})) for place in places]
    found = list(_of_figure(FAMILIES, "count", gatherer.families(), [NOW], (), areas))
    found += _of_figure(RESPONSE, "share", gatherer.response(), data.waves, follow_ups, areas)
    for figure in data.plan.feedback.figures:
        scale = figure.scale(catalogue())
        values = list(gatherer.values(figure))
        found += _of_figure(figure.id, figure.show, values, data.waves, follow_ups, areas, scale)
    return found


def _of_figure(
    figure: str,
    kind: Kind,
    observations: Sequence[Observation],
    waves: Sequence[str],
    follow_ups: Sequence[str],
    areas: Sequence[tuple[str, frozenset[str]]],
    scale: tuple[float, float] = (0, 0),
) -> Iterator[Candidate]:
    asked = [wave for wave in waves if any(each.wave == wave for each in observations)]
    together = [wave for wave in follow_ups if wave in asked]
    for place, municipalities in [(ALL, None), *areas]:
        here = [
            each for each in observations if municipalities is None or each.municipality in municipalities
        ]
        for wave in asked:
            yield _candidate(figure, kind, place, wave, [each for each in here if each.wave == wave], scale)
        if len(together) > 1:
            period = f"{together[0]}-{together[-1]}"
            found = [each for each in here if each.wave in together]
            yield _candidate(figure, kind, place, period, found, scale, frozenset(together))


def _candidate(
    figure: str,
    kind: Kind,
    place: str,
    period: str,
    found: Sequence[Observation],
    scale: tuple[float, float],
    instead_of: frozenset[str] = frozenset(),
) -> Candidate:
    members = frozenset(each.member for each in found)
    values = tuple(each.value for each in found) if kind == "mean" else ()
    return Candidate(figure, kind, place, period, members, values, scale, instead_of)


class _Gatherer:
    def __init__(self, data: Study, households: Mapping[str, Household], names: Names, salt: str) -> None:
        self._data = data
        self._households = households
        self._names = names
        self._salt = salt

    def families(self) -> list[Observation]:
        """Every family that was included, once."""
        return [
            self._observed((FAMILIES, "yes"), code, code, NOW, Fraction(1), home.municipality)
            for code, home in sorted(self._households.items())
        ]

    def response(self) -> list[Observation]:
        """For each family and each wave that is over: whether any parent completed anything in it."""
        responses = self._data.files["responses"]
        complete = responses.filter(pl.col("role") == "parent", pl.col("status") == "complete")
        answered = set(complete.select("family", "wave").iter_rows())
        found = []
        for code, home in sorted(self._households.items()):
            for wave, closes in home.closes.items():
                if closes < self._data.on:
                    said = str((code, wave) in answered)
                    value = Fraction(said == "True")
                    found.append(
                        self._observed(
                            (RESPONSE, said), code, code, wave, value, home.municipality, yes=bool(value)
                        )
                    )
        return found

    def values(self, figure: Figure) -> Iterator[Observation]:
        """What people answered, where it is complete, there is a value, and the wave is over."""
        waves = {wave.id: wave for wave in self._data.plan.waves}
        subject = figure.versions(catalogue())[0].subject
        frame = self._data.complete(file_of(figure.informant, subject), figure.instrument)
        if figure.variable not in frame.columns:
            return
        of_family, about_child = "family" in frame.columns, "child" in frame.columns
        for row in frame.iter_rows(named=True):
            wave, answer = waves.get(row["wave"]), row[figure.variable]
            if answer is None or wave is None or (figure.item is not None and answer < 0):
                continue
            home = self._households.get(row["family"]) if of_family else None
            # Professionals have no days added to a wave.
            due = row[f"{figure.instrument}_due"]
            closes = home.closes[wave.id] if home else due + dt.timedelta(wave.closes_days)
            if closes >= self._data.on:
                continue
            value, yes = Fraction(str(answer)), None
            if figure.show == "share":
                yes = answer in figure.codes if figure.item is not None else answer == 1
            # The name of the variable and not of the figure: who gives a figure another name, or counts other
            # codes as a yes, tells about the same answers.
            said = (figure.informant, figure.variable, str(answer))
            yield self._observed(
                said, row["respondent"], row["family"] if of_family else row["respondent"], wave.id, value,
                home.municipality if home else None, yes=yes,
                about=(row["child"] if about_child else None) or "",
            )  # fmt: skip

    def _observed(
        self,
        said: tuple[str, ...],
        person: str,
        family: str,
        wave: str,
        value: Fraction,
        place: str | None,
        *,
        yes: bool | None = None,
        about: str = "",
    ) -> Observation:
        unit = self._digest(*said, person, about, wave)
        member = Member(unit, self._digest("person", person), self._digest("family", family), yes)
        return Observation(member, place, wave, value)

    def _digest(self, *parts: str) -> str:
        return self._names.of(self._salt, *parts)
