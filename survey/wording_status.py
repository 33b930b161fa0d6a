"""Which words are at hand, and why a live study could not start with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import translations
from instruments import Edition, Instrument, Problem
from instruments.loading import Catalogue
from instruments.protocol import Protocol
from instruments.wording import Library, NoWording
from survey.translating import catalogues


@dataclass(frozen=True)
class Standing:
    """One version in one edition: how far its words can be trusted, and what is wrong with them."""

    instrument: Instrument
    edition: Edition
    #: `demonstration`, `draft`, `reviewed`, `official`; None when the words are not complete.
    status: str | None
    #: The id of the pack the words came in; None for the words that ship with the service.
    pack: str | None
    problems: tuple[Problem, ...]


def standings(library: Library, catalogue: Catalogue) -> Iterator[Standing]:
    """Every version in every edition of which there is any wording at all."""
    for instrument in catalogue.all():
        for edition in library.known_editions():
            yield standing(library, instrument, edition)


def standing(library: Library, instrument: Instrument, edition: Edition) -> Standing:
    """One version in one edition."""
    try:
        found = library.wording(instrument, edition)
    except NoWording:
        return Standing(instrument, edition, None, None, tuple(library.problems(instrument, edition)))
    pack = found.licence.id if found.licence else None
    return Standing(instrument, edition, found.status, pack, ())


def obstacles(
    library: Library, catalogue: Catalogue, plan: Protocol, languages: Sequence[str], on: dt.date
) -> list[str]:
    """Why a live study on this plan, in these languages, may not start on a day; empty when it may.

    Every questionnaire that the plan asks must be there on screen in every language, standard reading,
    and somebody named must have reviewed the texts of the pages themselves.
    """
    reasons: list[str] = []
    for key in _asked(plan):
        instrument = catalogue.get(*key)
        for language in languages:
            reasons += library.refusals(instrument, Edition(language), live=True, mode="screen", on=on)
    reasons += [reason for language in languages for reason in _unreviewed_pages(language)]
    return list(dict.fromkeys(reasons))


def _unreviewed_pages(language: str) -> list[str]:
    found = catalogues.find(Path(translations.__file__).parent, "screen", Edition(language))
    if found is None:
        return [f"the pages are not there in {language}"]
    if catalogues.status(found) == "draft":
        file = catalogues.place("screen", Edition(language))
        who = "let somebody who grew up with the language read them, and name them in the first lines of"
        return [f"the pages in {language} are a draft; {who} {file}"]
    return []


def _asked(plan: Protocol) -> list[tuple[str, str]]:
    """The versions that a plan asks in its waves, once each; what is sent once is not needed to start."""
    asked = [
        (ask.instrument, ask.version) for battery in plan.batteries if battery.enabled for ask in battery.ask
    ]
    return list(dict.fromkeys(asked))


def is_absence(problem: Problem) -> bool:
    """Whether a problem is only that nobody wrote this wording yet."""
    return problem.what == "there is no wording"
