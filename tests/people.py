"""The cast of the tests: people everyone knows, in a study that begins on 1 September 2026.

The family De Vries has two parents and three children: Sam (1), Noor (4) and Daan (9). The linking pin
Fatma works with them, and the childcare worker Joost with Daan. Names live here only: the service has codes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from instruments import Edition, protocol
from instruments.protocol import Protocol
from survey import families, links, professionals, studies, visits
from survey.db import Database

#: The day on which the family was included.
T0 = dt.date(2026, 9, 1)
#: The due date of its first follow-up.
T1 = dt.date(2027, 3, 1)
DUTCH = Edition("nl")
EASY = Edition("nl", "easy")

SAM_BORN = dt.date(2025, 8, 1)
NOOR_BORN = dt.date(2022, 2, 1)
DAAN_BORN = dt.date(2017, 5, 1)


def at(day: dt.date, hour: int = 12, minute: int = 0) -> dt.datetime:
    """An hour of a day, in UTC."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Cast:
    """Who is who: numbers of respondents, unless said otherwise."""

    study_id: int
    family_id: int
    family_code: str
    mother: int
    father: int
    daan: int
    noor: int
    sam: int
    daan_child: int
    noor_child: int
    sam_child: int
    #: The linking pin and the childcare worker, as professionals and as respondents.
    fatma_professional: int
    fatma: int
    joost_professional: int
    joost: int


def plan() -> Protocol:
    """The protocol of the pilot."""
    return protocol.default()


def settle(db: Database, *, languages: Sequence[str] = ("nl", "en"), edition: Edition | None = None) -> Cast:
    """Put the cast into an empty, upgraded database.

    Args:
        languages: those of the study.
        edition: what everybody reads; by default the father reads English and all others Dutch.
    """
    read = {} if edition is None else {"language": edition.language, "reading": edition.reading}
    study = studies.create(db, "test", "demo", languages=tuple(languages), now=at(T0))
    town = families.add_municipality(db, study, "G1", "Teststad")
    family = families.add_family(
        db,
        study,
        town,
        T0,
        parents=[families.Parent(**read), families.Parent(**({"language": "en"} | read))],
        children=[
            families.Child(DAAN_BORN, "boy"),
            families.Child(NOOR_BORN, "girl"),
            families.Child(SAM_BORN),
        ],
        now=at(T0),
    )
    fatma = professionals.add(db, study, "linking_pin", T0, now=at(T0), **read)
    professionals.assign(db, fatma.id, family_id=family.family_id, starts_on=T0, now=at(T0))
    joost = professionals.add(db, study, "childcare_worker", T0, now=at(T0), **read)
    professionals.assign(db, joost.id, child_id=family.children[0], starts_on=T0, now=at(T0))
    mother, father = family.parents
    daan, noor, sam = family.child_respondents
    return Cast(
        study,
        family.family_id,
        family.code,
        mother,
        father,
        daan,
        noor,
        sam,
        *family.children,
        fatma.id,
        fatma.respondent_id,
        joost.id,
        joost.respondent_id,
    )


def visit(db: Database, respondent_id: int, now: dt.datetime) -> visits.Visit:
    """A visit of one respondent with a link of their own."""
    token = links.make(db, respondent_id=respondent_id, now=now)
    return visits.open(db, token, now)[1]
