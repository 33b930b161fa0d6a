"""What is due: the protocol's plan laid over the people of this study. Computed on a day, never stored.

A wave is open for a family while a day lies in its window (`windows`). Within it each person has a pocket of
tasks. As soon as something of a battery has been opened, the age that chose its version is fixed for the
rest of that battery in that wave, so that a birthday halfway changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy.engine import Connection

from instruments import catalogue
from instruments.editions import Edition
from instruments.protocol import Battery, Due, ImpossibleAge, Protocol, Window, age_months
from survey import editions, household, pulses, windows
from survey.db import Database
from survey.household import Child, Opened, Person
from survey.pulses import Pulse

#: Why a pocket is empty: no wave is open; asked nothing for now; no longer taking part; a professional
#: who does not work with a family yet.
Closed = Literal["between_waves", "paused", "stopped", "not_started"]


class NoSuchRespondent(LookupError):
    """No respondent, or no family, has this number."""


@dataclass(frozen=True)
class Task:
    """One questionnaire for one person in the open wave."""

    #: respondent:battery:instrument:child or 0:wave.
    key: str
    battery: str
    instrument: str
    version: str
    subject: str
    wave: str
    #: The child it is about; None when it is about something else.
    child_id: int | None
    child_age_years: int | None
    child_sex: str | None
    #: The age in completed months that chose the version; also for children who answer themselves.
    age_months: int | None
    minutes: int
    status: Literal["due", "open", "complete"]
    response_id: int | None
    due: dt.date
    opens: dt.date
    closes: dt.date


@dataclass(frozen=True)
class Pocket:
    """Everything one person is asked in the open wave."""

    respondent_id: int
    role: str
    edition: Edition
    #: For a child who answers: its age, by which the family page tells siblings apart.
    age_years: int | None
    #: The open wave; None when there is none, and then `closed` says why.
    wave: str | None
    closed: Closed | None
    #: The day on which the next wave opens, when one is still to come.
    next_opens: dt.date | None
    tasks: tuple[Task, ...]

    @property
    def left(self) -> tuple[Task, ...]:
        """The tasks that are not complete."""
        return tuple(task for task in self.tasks if task.status != "complete")

    @property
    def minutes(self) -> int:
        """About how long what is left will take."""
        return sum(task.minutes for task in self.left)


@dataclass(frozen=True)
class FamilyPage:
    """The pockets that a family's page lists."""

    family_id: int
    wave: str | None
    closed: Closed | None
    next_opens: dt.date | None
    pockets: tuple[Pocket, ...]


def pocket(db: Database, protocol: Protocol, respondent_id: int, on: dt.date) -> Pocket:
    """What one person is asked on a day.

    Raises:
        NoSuchRespondent
    """
    with db.read() as connection:
        return pocket_on(connection, protocol, respondent_id, on)


def pocket_on(connection: Connection, protocol: Protocol, respondent_id: int, on: dt.date) -> Pocket:
    """As `pocket`, inside a transaction."""
    people = household.around(connection, respondent_id)
    if not people:
        raise NoSuchRespondent(f"there is no respondent {respondent_id}")
    person = next(found for found in people if found.id == respondent_id)
    return _Household(connection, protocol, people, [person], on).pocket(person)


def family_page(db: Database, protocol: Protocol, family_id: int, on: dt.date) -> FamilyPage:
    """What the page of a family lists on a day: every parent, and the children if the protocol says so.

    Raises:
        NoSuchRespondent: no such family.
    """
    with db.read() as connection:
        return _page(connection, protocol, family_id, on, children=protocol.family_page_shows_children)


def everybody_on(connection: Connection, protocol: Protocol, family_id: int, on: dt.date) -> FamilyPage:
    """What every member of a family is asked on a day, the children too, for staff; inside a transaction.

    Raises:
        NoSuchRespondent: no such family.
    """
    return _page(connection, protocol, family_id, on, children=True)


def _page(
    connection: Connection, protocol: Protocol, family_id: int, on: dt.date, *, children: bool
) -> FamilyPage:
    people = household.family(connection, family_id)
    if not people:
        raise NoSuchRespondent(f"there is no family {family_id}")
    listed = [found for found in people if found.role == "parent" or children]
    home = _Household(connection, protocol, people, listed, on)
    pockets = [home.pocket(person) for person in listed]
    # Children below the age at which they are asked anything do not appear at all.
    shown = tuple(found for found in pockets if found.role == "parent" or found.tasks)
    return FamilyPage(
        family_id,
        home.window.wave if home.window else None,
        home.closed,
        home.next_opens,
        shown,
    )


class _Household:
    """A family or a professional on a day: loaded with three statements, whoever is in it."""

    def __init__(
        self,
        connection: Connection,
        protocol: Protocol,
        people: Sequence[Person],
        listed: Sequence[Person],
        on: dt.date,
    ) -> None:
        self._protocol = protocol
        self._on = on
        first = people[0]
        t0 = first.t0 or first.clock_start
        self.closed: Closed | None = _closed(first, t0, on)
        self.window: Window | None = None
        self.next_opens: dt.date | None = None
        if t0 is not None and self.closed is None:
            known = windows.of(protocol, t0, windows.read(first.later))
            self.window = next((window for window in known if window.holds(on)), None)
            self.next_opens = min((window.opens for window in known if window.opens > on), default=None)
            self.closed = None if self.window else "between_waves"
        self._children: list[Child] = []
        self._responses: list[Opened] = []
        #: What professionals are asked outside the waves (see `pulses`).
        self._pulses: tuple[Pulse, ...] = ()
        if first.professional_id is not None and self.closed != "stopped":
            self._pulses = pulses.open_on(connection, on)
            for pulse in self._pulses:
                self._responses += household.opened(connection, listed, pulse.one_off)
        if self.window is None:
            return
        self._children = household.children(connection, first, on)
        self._responses += household.opened(connection, listed, self.window.wave)
        parents = [person.id for person in people if person.role == "parent"]
        reporters = [child.reporter_id for child in self._children if child.reporter_id is not None]
        #: Who answers what is asked once per family: who reports on the eldest child, else the first.
        self._spokesman = next(iter([*reporters, *parents]), None)

    def pocket(self, person: Person) -> Pocket:
        """The pocket of one of the listed people."""
        own = next((child for child in self._children if child.id == person.child_id), None)
        months = None if own is None else self._age(own)
        pulses = tuple(self._asked_outside(person))
        wave = self.window.wave if self.window else pulses[0].wave if pulses else None
        return Pocket(
            person.id,
            person.role,
            editions.stored(person.language, person.reading),
            None if months is None else months // 12,
            wave,
            None if pulses else self.closed,
            self.next_opens,
            (*pulses, *(self._tasks(person, own) if self.window else ())),
        )

    def _asked_outside(self, person: Person) -> Iterator[Task]:
        """The pulses that are open for this professional."""
        known = {one.id: one for one in self._protocol.one_off if one.informant == person.role}
        for pulse in self._pulses:
            one = known.get(pulse.one_off)
            if one is None:
                continue
            due = Due(one.id, one.informant, one.subject, one.instrument, one.version, "each", "professional")
            key = _key(person, due, None, pulse.window)
            there = next((response for response in self._responses if response.key == key), None)
            if there is None:
                yield self._task(key, due, None, None, "due", None, pulse.window)
            elif there.status in ("open", "complete"):
                yield self._task(key, there, None, None, _told(there), there.id, pulse.window)

    def _tasks(self, person: Person, own: Child | None) -> Iterator[Task]:
        assert self.window is not None
        outside = {pulse.one_off for pulse in self._pulses}
        opened = [
            response
            for response in self._responses
            if response.respondent_id == person.id and response.battery not in outside
        ]
        told = set()
        for battery in self._protocol.batteries:
            if (
                not battery.enabled
                or self.window.wave not in battery.waves
                or battery.informant != person.role
            ):
                continue
            for child in self._subjects(battery, person):
                age = self._frozen_age(battery, child, opened)
                if age is None:
                    age = self._age(child or own)
                if age is None and battery.subject == "child":
                    continue
                for due in self._protocol.asked_of(battery, age):
                    key = _key(person, due, child, self.window)
                    there = next((response for response in opened if response.key == key), None)
                    told.add(key)
                    if there is None:
                        yield self._task(key, due, child, age, "due", None)
                    elif there.status in ("open", "complete"):
                        yield self._task(key, there, child, there.age_months, _told(there), there.id)
        children = {child.id: child for child in self._children}
        for there in opened:
            # Begun, and no longer due: another parent reports now, or the protocol was changed.
            if there.key not in told and there.status in ("open", "complete"):
                child = None if there.child_id is None else children.get(there.child_id)
                yield self._task(there.key, there, child, there.age_months, _told(there), there.id)

    def _subjects(self, battery: Battery, person: Person) -> Iterable[Child | None]:
        """The children that this person answers a battery about; [None] when it is about no child."""
        designated = battery.reporter == "designated" and person.role == "parent"
        if battery.subject == "child":
            return [child for child in self._children if not designated or child.reporter_id == person.id]
        return [] if designated and person.id != self._spokesman else [None]

    def _age(self, child: Child | None) -> int | None:
        if child is None:
            return None
        try:
            return age_months(child.birth_month, self._on)
        except ImpossibleAge:
            return None

    @staticmethod
    def _frozen_age(battery: Battery, child: Child | None, opened: Sequence[Opened]) -> int | None:
        child_id = None if child is None else child.id
        for response in opened:
            if (response.battery, response.child_id) == (battery.id, child_id):
                return response.age_months
        return None

    def _task(
        self,
        key: str,
        version: Due | Opened,
        child: Child | None,
        age: int | None,
        status: Literal["due", "open", "complete"],
        response_id: int | None,
        window: Window | None = None,
    ) -> Task:
        window = window or self.window
        assert window is not None
        return Task(
            key=key,
            battery=version.battery,
            instrument=version.instrument,
            version=version.version,
            subject=version.subject,
            wave=window.wave,
            child_id=None if child is None else child.id,
            child_age_years=None if child is None or age is None else age // 12,
            child_sex=None if child is None else child.sex,
            age_months=age,
            minutes=catalogue().get(version.instrument, version.version).minutes,
            status=status,
            response_id=response_id,
            due=window.due,
            opens=window.opens,
            closes=window.closes,
        )


def _closed(person: Person, t0: dt.date | None, on: dt.date) -> Closed | None:
    if person.status in ("paused", "stopped"):
        return "paused" if person.status == "paused" else "stopped"
    if person.active_to is not None and person.active_to < on:
        return "stopped"
    return "not_started" if t0 is None else None


def _told(response: Opened) -> Literal["due", "open", "complete"]:
    """How far somebody is, as they see it: a form that was printed for them is not one they began."""
    if response.is_only_printed:
        return "due"
    return cast('Literal["open", "complete"]', response.status)


def _key(person: Person, due: Due, child: Child | None, window: Window) -> str:
    return f"{person.id}:{due.battery}:{due.instrument}:{0 if child is None else child.id}:{window.wave}"
