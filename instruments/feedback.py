"""What a study tells municipalities, and how small a group may be: a part of the protocol.

Thresholds go up only; below the values here nothing is ever shown. Source: people study, section 6.5, after
the rules of statistical offices (a municipality of the pilot had one to thirteen families).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from instruments.loading import Catalogue
from instruments.model import Informant, Instrument, Name

#: The languages in which municipalities are told; every text of a figure is in both.
LANGUAGES = ("nl", "en")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Smallest(_Part):
    """The smallest groups of which anything is shown: a protocol may ask for larger ones, never smaller."""

    #: What people answered rests on so many respondents, from so many families.
    respondents: int = Field(default=10, ge=10, le=1000)
    families: int = Field(default=5, ge=5, le=1000)
    #: A count is of so many at least.
    count: int = Field(default=5, ge=5, le=1000)


class Region(_Part):
    """Municipalities that are shown together. Chosen before anybody has answered."""

    id: Name
    name: str = Field(min_length=1, max_length=100)
    #: Codes of municipalities.
    municipalities: tuple[str, ...] = Field(min_length=2)


class Calendar(_Part):
    """When municipalities are told, in calendar months after the study began."""

    first_months: int = Field(default=11, ge=1, le=120)
    every_months: int = Field(default=6, ge=1, le=24)
    times: int = Field(default=6, ge=1, le=40)


class Text(_Part):
    """A text for policy officers in the languages of the desk."""

    nl: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)

    def speak(self, language: str) -> str:
        """The text in a language of `LANGUAGES`."""
        return self.nl if language == "nl" else self.en


class Figure(_Part):
    """One thing that is shown: a mean, or the share of who answered in a certain way."""

    id: Name
    informant: Informant
    instrument: Name
    #: Exactly one of the two: a scale score, or an item.
    score: Name | None = None
    item: Name | None = None
    show: Literal["mean", "share"]
    #: A share of an item counts these codes; a share of a score counts those beyond the cut-off.
    codes: tuple[int, ...] = ()
    #: A grade for the project is told to professionals too, at the end of their own form.
    grade: bool = False
    title: Text
    #: One sentence on how to read it.
    reading: Text

    @property
    def variable(self) -> str:
        """The column of an export that it rests on."""
        name = f"{self.instrument}_{self.score or self.item}"
        return f"{name}_flag" if self.score and self.show == "share" else name

    def versions(self, known: Catalogue) -> tuple[Instrument, ...]:
        """The versions that it can come from."""
        found = known.versions(self.instrument)
        return tuple(version for version in found if version.informant == self.informant)

    def scale(self, known: Catalogue) -> tuple[float, float]:
        """The lowest and the highest value there can be, for a mean."""
        version = self.versions(known)[0]
        if self.score is not None:
            low, high = next(rule.range for rule in version.scores if rule.id == self.score)
            return float(low), float(high)
        assert self.item is not None
        codes = version.codes(version.item(self.item))
        return float(min(codes)), float(max(codes))


class Feedback(_Part):
    """Everything that the protocol says about telling municipalities."""

    smallest: Smallest = Smallest()
    #: Below so many respondents, numbers are rounded coarsely.
    round_below: int = Field(default=30, ge=30, le=1000)
    calendar: Calendar = Calendar()
    regions: tuple[Region, ...] = ()
    figures: tuple[Figure, ...] = ()

    def region_of(self, municipality: str) -> Region | None:
        """The region of a municipality, by its code."""
        return next((one for one in self.regions if municipality in one.municipalities), None)


def contradictions(plan: Feedback, known: Catalogue) -> Iterator[tuple[str, str, str]]:
    """What cannot be, as key, problem and remedy."""
    yield from _twice("feedback.figures", [figure.id for figure in plan.figures])
    yield from _twice("feedback.regions", [region.id for region in plan.regions])
    yield from _twice("feedback.regions", [code for region in plan.regions for code in region.municipalities])
    for figure in plan.figures:
        where = f"feedback.figures.{figure.id}"
        versions = figure.versions(known)
        if not versions:
            yield where, f"no {figure.informant} answers {figure.instrument}", "Name an instrument of theirs."
        elif (figure.score is None) == (figure.item is None):
            yield where, "it needs either a score or an item", "Give one of the two."
        else:
            yield from _unlike(where, figure, versions)


def _twice(where: str, names: list[str]) -> Iterator[tuple[str, str, str]]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield where, f"{name} is there twice", "Name everything once; a municipality is in one region."


def _unlike(where: str, figure: Figure, versions: tuple[Instrument, ...]) -> Iterator[tuple[str, str, str]]:
    """A figure that its questionnaire cannot give, or not in every version in the same way."""
    if figure.score is not None:
        rules = [{rule.id: rule for rule in version.scores}.get(figure.score) for version in versions]
        if any(rule is None or not rule.released for rule in rules):
            yield where, f"not every version has a released score {figure.score}", "Name a score of all."
        elif len({rule.range for rule in rules if rule is not None}) > 1:
            yield (
                where,
                f"{figure.score} has another range in another version",
                "Name a score with one range.",
            )
        elif any(rule.provisional for rule in rules if rule is not None):
            yield where, f"{figure.score} is provisional", "Tell it when its rules are verified."
        elif figure.show == "share" and not any(
            cutoff.score == figure.score for version in versions for cutoff in version.cutoffs
        ):
            yield where, f"{figure.score} has no cut-off", "Show its mean, or name a score with a cut-off."
        if figure.codes or figure.grade:
            yield where, "codes and grades are those of an item", "Leave them out."
        return
    options = [_codes(version, figure.item) for version in versions]
    if not all(options) or len(set(options)) > 1:
        yield where, f"there is no closed question {figure.item} in every version", "Name an item of all."
    elif figure.show == "share" and not (figure.codes and set(figure.codes) < set(options[0])):
        yield where, "a share counts some of the codes, not none or all", f"Name some of {options[0]}."
    elif figure.show == "mean" and figure.codes:
        yield where, "a mean takes all codes", "Leave the codes out."
    elif figure.grade and figure.show != "mean":
        yield where, "a grade is shown as a mean", "Leave `grade` out, or show the mean."


def _codes(version: Instrument, item: str | None) -> tuple[int, ...]:
    items: Mapping[str, tuple[int, ...]] = {each.id: version.codes(each) for each in version.items}
    return items.get(item or "", ())
