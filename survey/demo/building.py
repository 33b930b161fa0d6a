"""Putting the demonstration into a database, by the doors that real people use."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from instruments import Edition, Given, catalogue
from instruments.protocol import Protocol
from survey import answers, families, links, moments, professionals, responses, schedule, studies
from survey.db import Database
from survey.demo import cast, pilot
from survey.demo.telling import Teller
from survey.families import NewFamily
from survey.schedule import Task

#: Every language there is; what is a draft says so on its pages.
LANGUAGES = ("nl", "en", "ar", "tr", "pl", "uk")


@dataclass(frozen=True)
class Shown:
    """Somebody whose link the demonstration prints: a way into the service."""

    label: str
    token: str


@dataclass(frozen=True)
class Demo:
    """A demonstration that was built."""

    families: int
    children: int
    #: Every response that was filled in, with its answers.
    told: Mapping[int, Mapping[str, Given]]
    #: In the order in which they are worth opening.
    links: tuple[Shown, ...]


def build(db: Database, plan: Protocol, today: dt.date, *, seed: int = 2026) -> Demo:
    """Fill an empty, upgraded database with the demonstration, as it is on a day.

    Raises:
        studies.StudyExists: the database holds a study already.
    """
    with _in_haste(db):
        return _Builder(db, plan, today, seed).build()


@contextmanager
def _in_haste(db: Database) -> Iterator[None]:
    """Without waiting for the disk at every save: a made-up study can be made again."""
    sqlite = db.dialect == "sqlite"

    def relax(connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = OFF" if sqlite else "SET synchronous_commit TO off")
        cursor.close()
        connection.commit()

    writer = db.engines[1]
    event.listen(writer, "connect", relax)
    db.dispose()
    try:
        yield
    finally:
        event.remove(writer, "connect", relax)
        db.dispose()


class _Builder:
    def __init__(self, db: Database, plan: Protocol, today: dt.date, seed: int) -> None:
        self._db = db
        self._plan = plan
        self._today = today
        self._seed = seed
        self._cast = cast.make(today, seed)
        self._told: dict[int, Mapping[str, Given]] = {}
        self._gaps = _gaps(self._cast, seed)

    def build(self) -> Demo:
        start = min(family.t0 for family in self._cast.families)
        study = studies.create(self._db, "demo", "demo", languages=LANGUAGES, now=_at(start))
        municipalities = {
            place: families.add_municipality(self._db, study, f"D{place:02}", f"Demogemeente {place}")
            for place in range(1, len(pilot.MUNICIPALITIES) + 1)
        }
        made = [
            self._add_family(study, municipalities[family.municipality], family)
            for family in self._cast.families
        ]
        staff = [
            (person, self._add_professional(study, person, made))
            for person in [*self._cast.linking_pins, *self._cast.childcare_workers]
        ]
        for number, (family, ids) in enumerate(zip(self._cast.families, made, strict=True)):
            self._tell_family(number, family, ids)
        for number, (person, who) in enumerate(staff):
            self._tell_professional(number, person, who.respondent_id)
        opened = next(n for n, family in enumerate(self._cast.families) if family.is_open)
        pin = next(who for person, who in staff if person.works_with == [(opened, None)])
        return Demo(
            len(made),
            sum(len(family.children) for family in made),
            self._told,
            self._links(made[opened], pin.respondent_id),
        )

    def _add_family(self, study: int, municipality: int, family: cast.Family) -> NewFamily:
        return families.add_family(
            self._db,
            study,
            municipality,
            family.t0,
            parents=[families.Parent(language) for language in family.parents],
            children=[families.Child(child.birth_month, child.sex) for child in family.children],
            now=_at(family.t0),
            actor="demonstration",
        )

    def _add_professional(
        self, study: int, person: cast.Professional, made: list[NewFamily]
    ) -> professionals.Professional:
        start = min(self._cast.families[number].t0 for number, _ in person.works_with)
        who = professionals.add(self._db, study, person.role, start, now=_at(start), actor="demonstration")
        for number, place in person.works_with:
            t0 = self._cast.families[number].t0
            professionals.assign(
                self._db,
                who.id,
                family_id=made[number].family_id if place is None else None,
                child_id=None if place is None else made[number].children[place],
                starts_on=t0,
                now=_at(t0),
                actor="demonstration",
            )
        return who

    def _tell_family(self, number: int, family: cast.Family, ids: NewFamily) -> None:
        dates = self._plan.wave_dates(family.t0)
        for wave in list(dates)[: family.follow_ups + 1]:
            on = dates[wave]
            if not family.is_open:
                on += dt.timedelta(
                    random.Random(f"{self._seed} {number} {wave}").randint(0, cast.LONGEST_DELAY)
                )
            for place, parent in enumerate(ids.parents):
                for task in self._pocket(parent, on):
                    child = None if task.child_id is None else ids.children.index(task.child_id)
                    if (number, place, child, task.instrument, wave) in self._gaps:
                        continue
                    teller = Teller(self._seed, f"family {number} parent {place} child {child}")
                    known = _background(task.instrument, family, child)
                    version = catalogue().get(task.instrument, task.version)
                    given = teller.answers(version, wave, task.age_months, known)
                    self._tell(parent, task, on, given, family.parents[place])
            for place, child_respondent in enumerate(ids.child_respondents):
                if wave in family.children[place].evaluates:
                    for task in self._pocket(child_respondent, on):
                        teller = Teller(self._seed, f"family {number} child {place}")
                        version = catalogue().get(task.instrument, task.version)
                        given = teller.answers(version, wave, task.age_months)
                        self._tell(child_respondent, task, on, given, family.parents[0])

    def _tell_professional(self, number: int, person: cast.Professional, respondent: int) -> None:
        first = min(self._cast.families[family].t0 for family, _ in person.works_with)
        dates = self._plan.wave_dates(first)
        for wave in sorted(person.evaluates):
            dice = random.Random(f"{self._seed} {person.role} {number} {wave}")
            on = dates[wave] + dt.timedelta(dice.randint(0, cast.LONGEST_DELAY))
            for task in self._pocket(respondent, on):
                teller = Teller(self._seed, f"{person.role} {number}")
                given = teller.answers(catalogue().get(task.instrument, task.version), wave)
                self._tell(respondent, task, on, given, "nl")

    def _pocket(self, respondent: int, on: dt.date) -> tuple[Task, ...]:
        return schedule.pocket(self._db, self._plan, respondent, on).tasks

    def _tell(self, respondent: int, task: Task, on: dt.date, given: dict[str, Given], language: str) -> None:
        """Open a questionnaire in the evening, and complete it some minutes later."""
        dice = random.Random(f"{self._seed} {respondent} {task.key}")
        opened = _at(on, 17) + dt.timedelta(minutes=dice.randint(0, 150))
        done = opened + dt.timedelta(seconds=round(60 * task.minutes * dice.uniform(0.5, 1.5)))
        on_paper, helped = dice.random() < 0.12, dice.random() < 0.08
        mode = "paper" if on_paper else "assisted" if helped else "web"
        edition = Edition(language)
        number = responses.open(
            self._db,
            self._plan,
            respondent,
            task.key,
            on=on,
            now=opened,
            edition=edition,
            mode=mode,
            assistance="helper" if helped else "none",
        )
        answers.record(
            self._db,
            number,
            given,
            source="entry" if on_paper else "web",
            sequence="demonstration",
            edition=edition,
            now=done + dt.timedelta(days=3) if on_paper else done,
            complete=True,
            completed_at=done,
        )
        self._told[number] = given

    def _links(self, family: NewFamily, pin: int) -> tuple[Shown, ...]:
        def link(label: str, *, respondent: int | None = None, family_id: int | None = None) -> Shown:
            now = moments.now()
            return Shown(label, links.make(self._db, respondent_id=respondent, family_id=family_id, now=now))

        return (
            link("family page", family_id=family.family_id),
            *(link(f"parent {n}", respondent=parent) for n, parent in enumerate(family.parents, 1)),
            link("child of nine", respondent=family.child_respondents[-1]),
            link("linking pin", respondent=pin),
        )


def _background(instrument: str, family: cast.Family, child: int | None) -> Mapping[str, int]:
    """What the background forms of tables 2 to 4 hold."""
    if instrument == "background_family":
        return family.background
    if instrument == "background_child" and child is not None:
        return family.children[child].background
    return {}


#: A form that is not filled in: family, parent, child (by place), instrument, wave.
_Gap = tuple[int, int, int | None, str, str]


def _gaps(people: cast.Cast, seed: int) -> set[_Gap]:
    """Which forms are missing although the family took part in the wave."""
    dice = random.Random(f"gaps {seed}")
    found: set[_Gap] = set()
    for (instrument, wave), count in pilot.NOT_COMPLETE.items():
        months = 6 * int(wave[1:])
        about_child = instrument in ("pedsql", "sdq")
        could = [
            (number, 0 if about_child else place, place if about_child else None, instrument, wave)
            for number, family in enumerate(people.families)
            if 6 * family.follow_ups >= months and not family.is_open
            for place in range(len(family.children if about_child else family.parents))
            if not about_child or family.children[place].months_at_t0 + months >= 24
        ]
        found |= set(dice.sample(could, count))
    return found


def _at(day: dt.date, hour: int = 9) -> dt.datetime:
    """An hour of a day, in UTC; on the same calendar day where the study lives."""
    return dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.UTC)
