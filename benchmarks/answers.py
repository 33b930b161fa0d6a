"""A made-up study of any number of answers, put straight into the tables: for measuring exports.

Families have a parent and two children of 5 and 9 years, who are answered about in every wave with the five
scored questionnaires of the pilot; a twentieth of the answers is a skip. The same number and seed give the
same study. Nothing goes through the doors of the service, which would take hours for ten million answers.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from instruments import Instrument, catalogue, protocol
from survey import families, moments, studies
from survey.db import Database
from survey.models import Answer, Child, Respondent, Response, SaveEvent

#: What is asked of a parent in a wave: about each child by its age, and once.
_ABOUT_CHILDREN = (("pedsql", "sdq"), (("parent-5-7", "parent-4-17"), ("parent-8-12", "parent-4-17")))
_ONCE = (("who5", "self"), ("vgk", "parent"), ("parenting_scale", "parent-short"))
_T0 = dt.date(2020, 1, 15)
_BORN = (dt.date(2015, 1, 1), dt.date(2011, 1, 1))
#: Families that are written in one transaction.
_AT_ONCE = 200


def per_family() -> int:
    """How many answers one family gives in all waves, on average (a few items are left out by chance)."""
    plan = protocol.default()
    return len(plan.waves) * sum(len(instrument.items) for _, instrument in _forms((0, 1)))


def fill(db: Database, answers: int, seed: int = 7) -> int:
    """Put a study of about so many answers into an empty, upgraded database; how many there are."""
    now = moments.read("2020-01-01T00:00:00.000Z")
    study = studies.create(db, "benchmark", "demo", now=now)
    town = families.add_municipality(db, study, "G1", "Meetstad")
    dice = random.Random(seed)
    wanted, done = max(1, answers // per_family()), 0
    for first in range(0, wanted, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, wanted))
        done += db.write(lambda connection, numbers=numbers: _write(connection, study, town, numbers, dice))
    if db.dialect == "postgresql":
        db.write(_count_on)
    return done


def _count_on(connection: Connection) -> None:
    """Let the database number what comes after what was numbered here."""
    for table in ("response", "save_event"):
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )


def _forms(children: tuple[int, ...]) -> Iterator[tuple[int | None, Instrument]]:
    """What a parent fills in in a wave: the number of the child, or None, and the questionnaire."""
    names, by_child = _ABOUT_CHILDREN
    for place, child in enumerate(children):
        for name, version in zip(names, by_child[place], strict=True):
            yield child, catalogue().get(name, version)
    for name, version in _ONCE:
        yield None, catalogue().get(name, version)


def _write(connection: Connection, study: int, town: int, numbers: range, dice: random.Random) -> int:
    from survey.models import Family

    now = moments.read("2020-01-01T00:00:00.000Z")
    responses, events, answers = [], [], []
    waves = protocol.default().wave_dates(_T0)
    number = (connection.scalar(select(Response.id).order_by(Response.id.desc()).limit(1)) or 0) + 1
    for family in numbers:
        family_id = connection.execute(
            insert(Family)
            .values(study_id=study, municipality_id=town, code=f"F{family}", t0=_T0, status="active",
                    created_at=now)
            .returning(Family.id)
        ).scalar_one()  # fmt: skip
        parent = connection.execute(
            insert(Respondent)
            .values(study_id=study, role="parent", family_id=family_id, code=f"R{family}", language="nl",
                    reading="standard", created_at=now)
            .returning(Respondent.id)
        ).scalar_one()  # fmt: skip
        children = tuple(
            connection.execute(
                insert(Child)
                .values(family_id=family_id, code=f"C{family}-{place}", birth_month=born, sex="girl",
                        reporter_id=parent)
                .returning(Child.id)
            ).scalar_one()
            for place, born in enumerate(_BORN)
        )  # fmt: skip
        for wave, day in waves.items():
            at = dt.datetime(day.year, day.month, day.day, 12, tzinfo=dt.UTC)
            for child, instrument in _forms(children):
                given = {
                    item.id: None if dice.random() < 0.05 else dice.choice(instrument.codes(item))
                    for item in instrument.items
                    if dice.random() < 0.98
                }
                responses.append(_response(study, number, parent, instrument, child, wave, day, at))
                events.append(
                    {"id": number, "response_id": number, "entry": 0, "sequence": "s", "source": "web",
                     "screen": "1", "language": "nl", "reading": "standard", "given": json.dumps(given),
                     "saved_at": at}
                )  # fmt: skip
                answers += [
                    {"response_id": number, "item": item, "entry": 0, "value": value, "text": None,
                     "missing": "skipped" if value is None else None, "event_id": number, "saved_at": at}
                    for item, value in given.items()
                ]  # fmt: skip
                number += 1
    connection.execute(insert(Response), responses)
    connection.execute(insert(SaveEvent), events)
    connection.execute(insert(Answer), answers)
    return len(answers)


def _response(
    study: int,
    number: int,
    parent: int,
    instrument: Instrument,
    child: int | None,
    wave: str,
    day: dt.date,
    at: dt.datetime,
) -> dict[str, object]:
    return {
        "id": number, "study_id": study, "respondent_id": parent, "key": f"{number}", "battery": "b",
        "instrument": instrument.id, "version": instrument.version, "revision": instrument.revision,
        "subject": instrument.subject, "child_id": child, "wave": wave,
        "age_months": None if child is None else 62, "language": "nl", "reading": "standard", "mode": "web",
        "assistance": "none", "status": "complete", "due_on": day, "opens_on": day,
        "closes_on": day + dt.timedelta(90), "first_opened_at": at, "completed_at": at, "late": False,
    }  # fmt: skip
