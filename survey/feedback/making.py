"""A release from the data: what is chosen, written in both languages, and kept as a draft."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from instruments.feedback import LANGUAGES, Feedback, Region, Smallest
from instruments.protocol import Protocol
from survey import moments, windows
from survey.db import Database
from survey.exports.taking_part import departures
from survey.feedback import due_dates, gathering, ledger, naming, pages, regions, selection, standing
from survey.feedback.contents import About, Writer
from survey.feedback.due_dates import DueDate
from survey.feedback.gathering import Household, Place
from survey.feedback.ledger import Document, Draft, Release
from survey.feedback.selection import Cell, Rules, Selection
from survey.feedback.words import Words
from survey.keys import Keys
from survey.models import Family as FamilyRow
from survey.models import Municipality as MunicipalityRow
from survey.report import study as report_study
from survey.studies import Study


class NotDue(ValueError):
    """No release is due today; the message says when one is."""


def make(
    db: Database,
    study: Study,
    plan: Protocol,
    keys: Keys,
    *,
    by: str,
    now: dt.datetime,
    number: int | None = None,
    progress: Callable[[str], None] = lambda _name: None,
) -> Release:
    """Make the draft of a release, with the data of today; an earlier draft for the same date is left behind.

    Args:
        keys: of the service, which open the key of the ledger.
        number: of the date of the calendar; by default the one that is due.
        progress: told the name of every municipality whose pages are done.

    Raises:
        NotDue
        naming.KeyLost
        regions.RegionsMoved
        ledger.AlreadyPublished
        printable.pdf.Unprintable: a name cannot be printed.
    """
    today = moments.day(now)
    date = _date(standing.of(db, study, plan, today), number, today)
    chosen, there, found_regions, smallest = choose(db, study, plan, keys, now)
    following = next((one.on for one in standing.calendar(plan, study) if one.number > date.number), None)
    about = About(date.number, today, following, study.kind == "demo")
    documents = tuple(_documents(chosen, plan, about, smallest, [None, *there], found_regions, progress))
    told = _told(study, plan, date, today, smallest, found_regions, chosen)
    draft = Draft(date.number, today, told, chosen.new, documents)
    return ledger.store(db, study.id, draft, by=by, now=now)


def choose(
    db: Database, study: Study, plan: Protocol, keys: Keys, now: dt.datetime
) -> tuple[Selection, tuple[Place, ...], tuple[Region, ...], Smallest]:
    """What may be told today, of which places, by which thresholds.

    Raises:
        naming.KeyLost
        regions.RegionsMoved
    """
    today = moments.day(now)
    names = naming.of_study(db, study.id, keys, now=now)
    data = report_study.load(db, plan, today)
    with db.read() as connection:
        found_regions = regions.in_force(connection, study.id, plan)
        before = ledger.cells_before(connection, study.id)
        there, households = _places(connection, study.id), _households(connection, plan)
    smallest = selection.in_force(plan.feedback, [one.smallest for one in ledger.published(db, study.id)])
    salt = f"{study.key} {moments.write(study.created_at)}"
    candidates = gathering.candidates(data, households, there, found_regions, names, salt)
    rules = Rules.of(smallest, plan.feedback.round_below)
    return selection.choose(candidates, before, rules, today), there, found_regions, smallest


def places(db: Database, study_id: int) -> tuple[Place, ...]:
    """The municipalities, in the order of their codes."""
    with db.read() as connection:
        return _places(connection, study_id)


def _date(found: standing.Standing, number: int | None, today: dt.date) -> DueDate:
    published = {one.number for one in found.releases if one.published_at is not None}
    if number is None:
        current = due_dates.current(found.dates, published, today)
        if current is not None:
            return current
        coming = next((one for one in found.dates if found.states[one.number] == "later"), None)
        when = f"the next one, {coming.number}, is due on {coming.on}" if coming else "the calendar is over"
        raise NotDue(f"nothing is due today: {when}")
    date = next((one for one in found.dates if one.number == number), None)
    if date is None:
        raise NotDue(f"the calendar has no release {number}; it has 1 to {len(found.dates)}")
    match found.states[number]:
        case "published":
            raise ledger.AlreadyPublished(number)
        case "later":
            raise NotDue(f"release {number} is due on {date.on}, and can be made from that day on")
        case "missed":
            raise NotDue(f"release {number} was due on {date.on}, and a later one has come")
    return date


def _places(connection: Connection, study_id: int) -> tuple[Place, ...]:
    rows = connection.execute(
        select(MunicipalityRow.id, MunicipalityRow.code, MunicipalityRow.name).where(
            MunicipalityRow.study_id == study_id
        )
    )
    return tuple(sorted((Place(*row) for row in rows), key=lambda place: place.code))


def _households(connection: Connection, plan: Protocol) -> dict[str, Household]:
    """Every family that is counted: all of them, but for those that asked to be wiped."""
    rows = connection.execute(
        select(
            FamilyRow.id, FamilyRow.code, FamilyRow.t0, MunicipalityRow.code.label("municipality"),
            windows.OF_FAMILY.label("later"),
        ).join(MunicipalityRow, MunicipalityRow.id == FamilyRow.municipality_id)
    )  # fmt: skip
    wiped = {number for number, left in departures(connection).items() if left.wish == "erase"}
    found = {}
    for row in rows:
        if row.id not in wiped:
            days = windows.of(plan, row.t0, windows.read(row.later))
            found[row.code] = Household(row.municipality, {day.wave: day.closes for day in days})
    return found


def _documents(
    chosen: Selection,
    plan: Protocol,
    about: About,
    smallest: Smallest,
    there: list[Place | None],
    found_regions: tuple[Region, ...],
    progress: Callable[[str], None],
) -> Iterator[Document]:
    writers = {language: Writer(chosen, plan, about, Words(language)) for language in LANGUAGES}
    for place in there:
        region = next(
            (one for one in found_regions if place is not None and place.code in one.municipalities), None
        )
        for language, writer in writers.items():
            words = Words(language)
            contents = writer.contents(place, region)
            inside = pages.fragment(contents, words, smallest, plan.feedback.round_below)
            number = None if place is None else place.id
            yield Document(number, language, "page", inside.encode())
            yield Document(number, language, "pdf", pages.pdf(pages.document(contents, words, inside)))
        progress("the whole programme" if place is None else place.name)


def _told(
    study: Study,
    plan: Protocol,
    date: DueDate,
    today: dt.date,
    smallest: Smallest,
    found_regions: tuple[Region, ...],
    chosen: Selection,
) -> dict[str, Any]:
    """What the manifest of a release says, but for its documents and cells."""
    feedback: Feedback = plan.feedback
    return {
        "study": study.key,
        "protocol": f"{plan.id} {plan.revision}",
        "number": date.number,
        "due_on": date.on.isoformat(),
        "data_on": today.isoformat(),
        "smallest": smallest.model_dump(),
        "round_below": feedback.round_below,
        "regions": [region.model_dump(mode="json") for region in found_regions],
        "new": [_line(cell) for cell in chosen.new],
        "again": [_line(cell) for cell in chosen.again],
        "hidden": [
            {"figure": one.figure, "place": one.place, "period": one.period, "reason": one.reason}
            for one in chosen.hidden
        ],
    }


def _line(cell: Cell) -> dict[str, Any]:
    return {
        "figure": cell.figure, "place": cell.place, "period": cell.period, "kind": cell.number.kind,
        "value": cell.number.value, "least": cell.number.least, "on": cell.on.isoformat(),
    }  # fmt: skip
