"""The plan of a study: waves, windows, and who is asked what at which age.

Pure: dates are passed in. A new study is a new protocol file.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from instruments import feedback, reading
from instruments.feedback import Feedback
from instruments.loading import Catalogue, catalogue
from instruments.model import Ages, Informant, Name, Subject
from instruments.reading import BrokenFile, Problem

DEFAULT = Path(__file__).parent / "protocol.yaml"


class ImpossibleAge(ValueError):
    """A birth date after the date on which an age is asked."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wave(_Part):
    """A measurement moment: so many calendar months after T0, open from .. to in days around it."""

    id: str = Field(pattern=r"^T[0-9]$")
    months: int = Field(ge=0, le=120)
    opens_days: int = Field(le=0)
    closes_days: int = Field(ge=1)


class Ask(_Part):
    """One version, and the ages of the child at which it is the one to give."""

    instrument: Name
    version: Name
    ages: Ages | None = None


class Battery(_Part):
    """What one kind of informant is asked about one kind of subject, together."""

    id: Name
    informant: Informant
    subject: Subject
    #: About a child: `designated` is the one parent who reports on it, `each` every parent.
    reporter: Literal["designated", "each"] = "each"
    #: Whose T0 counts: the family's, or for professionals that of their first family.
    clock: Literal["family", "professional"] = "family"
    waves: tuple[str, ...] = Field(min_length=1)
    enabled: bool = True
    source: str
    ask: tuple[Ask, ...] = Field(min_length=1)


class OneOff(_Part):
    """A questionnaire outside the waves, sent when the study decides to."""

    id: Name
    informant: Informant
    subject: Subject
    instrument: Name
    version: Name
    source: str


class Budget(_Part):
    """The most minutes that a wave may ask of one person (see `burden`)."""

    informant: Informant
    #: Of how many children the parent is who reports on them; the ages are those that ask the most.
    #: Of no meaning to other informants.
    children: int = Field(default=1, ge=1, le=20)
    #: Minutes by wave; a wave that is left out has no budget.
    waves: dict[str, Annotated[int, Field(ge=0, le=600)]] = Field(min_length=1)


class Reminders(_Part):
    """When somebody who agreed to be written to is reminded of a wave."""

    #: In one wave; never more than two.
    most: int = Field(default=2, ge=0, le=2)
    #: Days after the due date before the first, and between any two messages.
    after_days: int = Field(default=14, ge=0, le=120)
    days_apart: int = Field(default=14, ge=3, le=120)


class Paper(_Part):
    """What is done with answers that come in on paper."""

    #: How often a form is typed: once; twice, by two people; or twice for a sample of the forms.
    usual: Literal["once", "twice", "sample"] = "twice"
    #: The instruments for which it is otherwise.
    once: tuple[Name, ...] = ()
    twice: tuple[Name, ...] = ()
    sample: tuple[Name, ...] = ()
    #: Of a hundred forms, how many are in the sample.
    sample_percent: int = Field(default=10, ge=1, le=100)
    #: Which answers count when the same form is complete on paper and on screen: those that were complete
    #: first, or what a person decides.
    both: Literal["earliest", "person"] = "earliest"
    #: What a form counts for that a person confirmed beside its scanned pages, where it is to be typed twice:
    #: for one of the two, and somebody else types the other from paper; or for both.
    scanned: Literal["one", "both"] = "one"
    #: Of a hundred scanned forms, how many are shown whole to who confirms them, answers in doubt or not.
    scan_sample_percent: int = Field(default=5, ge=0, le=100)
    #: Days after a form is confirmed on which its pictures are still kept.
    keep_scans_days: int = Field(default=30, ge=0, le=365)

    def typed(self, instrument: str) -> Literal["once", "twice", "sample"]:
        """How often a form of an instrument is typed."""
        if instrument in self.once:
            return "once"
        if instrument in self.twice:
            return "twice"
        return "sample" if instrument in self.sample else self.usual


@dataclass(frozen=True)
class Due:
    """One questionnaire that a wave asks."""

    battery: str
    informant: str
    subject: str
    instrument: str
    version: str
    reporter: str
    clock: str


@dataclass(frozen=True)
class Window:
    """When a wave is due, and the first and last day on which it may be answered."""

    wave: str
    due: dt.date
    opens: dt.date
    closes: dt.date

    def holds(self, on: dt.date) -> bool:
        """Whether the wave is open on a day."""
        return self.opens <= on <= self.closes


class Protocol(_Part):
    """The whole plan of a study."""

    id: Name
    revision: int = Field(ge=1)
    notes: tuple[str, ...] = ()
    #: Whether the family page lists the children's own questionnaires; no, unless a study decides so.
    family_page_shows_children: bool = False
    #: Whether nobody gets a link before the ledger holds the consent that their age asks for.
    consent_required: bool = False
    #: Days between being informed and deciding, less than which needs a reason.
    reflection_days: int = Field(default=0, ge=0, le=60)
    #: The most questions on a page, where a definition puts more together; None: its own pages. The first
    #: answer of a study fixes it. For children and in easy reading there is always one.
    items_per_page: int | None = Field(default=None, ge=1, le=5)
    waves: tuple[Wave, ...] = Field(min_length=1)
    batteries: tuple[Battery, ...] = Field(min_length=1)
    one_off: tuple[OneOff, ...] = ()
    paper: Paper = Paper()
    reminders: Reminders = Reminders()
    #: What the study allows itself to ask of people; `survey instruments burden` checks it.
    budget_minutes: tuple[Budget, ...] = ()
    #: What municipalities are told, when, and of which groups at the least.
    feedback: Feedback = Feedback()

    def wave_dates(self, t0: dt.date) -> dict[str, dt.date]:
        """The due date of every wave, always counted from T0 and clipped to the end of the month."""
        return {wave.id: add_months(t0, wave.months) for wave in self.waves}

    def window(self, t0: dt.date, wave_id: str) -> Window:
        """The window of one wave. Raises KeyError for a wave the protocol does not have."""
        wave = self._wave(wave_id)
        due = add_months(t0, wave.months)
        return Window(wave_id, due, due + dt.timedelta(wave.opens_days), due + dt.timedelta(wave.closes_days))

    def open_wave(self, t0: dt.date, on: dt.date) -> Window | None:
        """The wave that is open on a day for a family that entered at T0; None between waves."""
        windows = (self.window(t0, wave.id) for wave in self.waves)
        return next((window for window in windows if window.holds(on)), None)

    def due(self, wave_id: str, birth: dt.date | None, on: dt.date) -> list[Due]:
        """Everything a wave asks in a family with one child of this birth date, on a day.

        Without a birth date nothing that depends on the child's age is due.

        Raises:
            ImpossibleAge: the child is born after the day.
            KeyError: the protocol has no such wave.
        """
        months = None if birth is None else age_months(birth, on)
        return self.due_at(wave_id, months)

    def due_at(self, wave_id: str, months: int | None) -> list[Due]:
        """As `due`, for an age in completed months."""
        self._wave(wave_id)
        return [
            due
            for battery in self.batteries
            if battery.enabled and wave_id in battery.waves
            for due in self.asked_of(battery, months)
        ]

    def asked_of(self, battery: Battery, months: int | None) -> Iterator[Due]:
        """The versions of one battery for a child of this age in completed months."""
        for ask in battery.ask:
            if ask.ages is not None and (months is None or not ask.ages.hold(months)):
                continue
            yield Due(
                battery.id,
                battery.informant,
                battery.subject,
                ask.instrument,
                ask.version,
                battery.reporter,
                battery.clock,
            )

    def _wave(self, wave_id: str) -> Wave:
        for wave in self.waves:
            if wave.id == wave_id:
                return wave
        raise KeyError(f"there is no wave {wave_id}; there are {', '.join(wave.id for wave in self.waves)}")


def add_months(date: dt.date, months: int) -> dt.date:
    """The same day so many calendar months later, clipped to the end of a shorter month."""
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(date.day, last))


def age_months(birth: dt.date, on: dt.date) -> int:
    """The age in completed months; who is born on 29 February has the birthday on 1 March in other years.

    Raises:
        ImpossibleAge: born after the day.
    """
    if birth > on:
        raise ImpossibleAge(f"a birth on {birth} lies after {on}")
    months = (on.year - birth.year) * 12 + on.month - birth.month
    return months if on.day >= birth.day else months - 1


def load(path: Path = DEFAULT, known: Catalogue | None = None) -> Protocol:
    """A protocol from a file. Raises BrokenFile with every problem, naming key and remedy."""
    data = reading.read(path.read_text(encoding="utf-8"), path.name)
    try:
        protocol = Protocol.model_validate(data)
    except ValidationError as error:
        raise BrokenFile(
            [
                Problem(
                    path.name, ".".join(map(str, found["loc"])), found["msg"], "See instruments/README.md."
                )
                for found in error.errors()
            ]
        ) from error
    problems = [
        Problem(path.name, key, what, remedy)
        for key, what, remedy in _contradictions(protocol, known or catalogue())
    ]
    if problems:
        raise BrokenFile(problems)
    return protocol


@cache
def default() -> Protocol:
    """The protocol that ships with this package: the pilot's."""
    return load()


def _contradictions(protocol: Protocol, known: Catalogue) -> Iterator[tuple[str, str, str]]:
    waves = [wave.id for wave in protocol.waves]
    if len(set(waves)) != len(waves) or [w.months for w in protocol.waves] != sorted(
        {w.months for w in protocol.waves}
    ):
        yield "waves", "waves repeat or run backwards", "Give each wave once, in order of months."
    names = [battery.id for battery in protocol.batteries] + [one.id for one in protocol.one_off]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield "batteries", f"{name} is there twice", "Give each battery a name of its own."
    for battery in protocol.batteries:
        where = f"batteries.{battery.id}"
        for wave in battery.waves:
            if wave not in waves:
                yield where, f"there is no wave {wave}", "Name a wave of this protocol."
        for ask in battery.ask:
            yield from _mismatches(where, ask, battery, known)
    budgets = [(budget.informant, budget.children) for budget in protocol.budget_minutes]
    for informant, children in sorted({budget for budget in budgets if budgets.count(budget) > 1}):
        yield "budget_minutes", f"{informant} with {children} is there twice", "Give each budget once."
    for budget in protocol.budget_minutes:
        for wave in sorted(budget.waves.keys() - set(waves)):
            yield f"budget_minutes.{budget.informant}", f"there is no wave {wave}", "Name a wave that is."
    yield from _typings(protocol.paper, known)
    yield from feedback.contradictions(protocol.feedback, known)
    for one in protocol.one_off:
        yield from _mismatches(f"one_off.{one.id}", one, one, known)


def _typings(paper: Paper, known: Catalogue) -> Iterator[tuple[str, str, str]]:
    typed = [*paper.once, *paper.twice, *paper.sample]
    for name in sorted({name for name in typed if typed.count(name) > 1}):
        yield "paper", f"{name} is there twice", "Say once how often it is typed."
    for name in sorted({name for name in typed if not known.versions(name)}):
        yield "paper", f"there is no instrument {name}", "Name an instrument of the catalogue."


def _mismatches(
    where: str, ask: Ask | OneOff, battery: Battery | OneOff, known: Catalogue
) -> Iterator[tuple[str, str, str]]:
    version = {found.version: found for found in known.versions(ask.instrument)}.get(ask.version)
    if version is None:
        yield where, f"there is no {ask.instrument}/{ask.version}", "Name a version of the catalogue."
        return
    if (version.informant, version.subject) != (battery.informant, battery.subject):
        yield (
            where,
            f"{version.key} is for {version.informant} about {version.subject}",
            "Put it in a battery for that informant and subject.",
        )
    ages = ask.ages if isinstance(ask, Ask) else None
    if version.ages is None:
        return
    if ages is None:
        yield where, f"{version.key} is for certain ages", "Say at which ages it is given."
    elif not (version.ages.from_months <= ages.from_months <= ages.to_months <= version.ages.to_months):
        yield where, f"{version.key} does not cover these ages", "Stay within the ages of the version."
