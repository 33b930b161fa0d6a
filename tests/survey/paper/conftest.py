"""A press for a study of two short questionnaires, so that a pack is laid out in a second and once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import instruments
from instruments.protocol import Protocol
from instruments.wording import Library
from printable import codes, letters, pack
from printable.pack import Pack
from printable.shelf import Shelf
from printable.words import Words
from survey import batches, families, sheets, wording_packs
from survey.batches import Batch
from survey.db import Database
from survey.packs import Plan, Press
from survey.sheets import Sheet
from tests import people

KEY = b"k" * 40
BASE = "https://mm.example.org"
SENDER = letters.Sender("Project", "Instituut", "030 000 00 00", "9-17", "post@example.org")


def short_plan() -> Protocol:
    """The pilot's protocol with what each parent is asked about themselves, and nothing else."""
    kept = tuple(battery for battery in people.plan().batteries if battery.id == "parent_self")
    return people.plan().model_copy(update={"batteries": kept})


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """Templates laid out once for all tests."""
    return Shelf()


@pytest.fixture(scope="session")
def library() -> Library:
    """The wording that ships with the service."""
    return Library([wording_packs.OURS], instruments.catalogue())


@pytest.fixture(scope="session")
def words() -> Words:
    """The texts of paper that ship with the service."""
    return Words(wording_packs.OURS.folder)


@pytest.fixture
def press(db: Database, library: Library, words: Words, shelf: Shelf, cast: people.Cast) -> Press:
    """A press for the short plan, with the cast in the database."""
    return Press(
        db, short_plan(), library, words, KEY, BASE, SENDER, False, shelf, lambda: people.at(people.T0)
    )


@pytest.fixture
def family(db: Database, cast: people.Cast) -> families.Family:
    """The family De Vries."""
    return families.by_code(db, cast.family_code)


@pytest.fixture
def batch(db: Database, cast: people.Cast) -> Batch:
    """A print run for the family on its first day."""
    return batches.begin(
        db,
        cast.study_id,
        "family",
        cast.family_code,
        "pack.pdf",
        people.T0,
        by="Fatma",
        now=people.at(people.T0),
    )


@pytest.fixture
def packed(press: Press, batch: Batch, family: families.Family) -> tuple[Pack, Plan]:
    """The family's pack, its sheets recorded."""
    return press.pack(batch, family)


Find = Callable[..., tuple[str, Sheet]]


@pytest.fixture
def sheet_of(db: Database, packed: tuple[Pack, Plan], cast: people.Cast) -> Find:
    """`sheet_of(cast.mother, "who5")`: the code and the sheet of a questionnaire in the pack."""

    def find(respondent: int, instrument: str) -> tuple[str, Sheet]:
        made, plan = packed
        envelope = next(found for found in plan.envelopes if found.respondent_id == respondent)
        wanted = next(copy for copy in envelope.copies if copy.instrument.id == instrument)
        for part in made.parts:
            sheet = sheets.find(db, KEY, part.identity.code)
            if sheet.respondent_id == respondent and part.template is wanted.template:
                return part.identity.code, sheet
        raise LookupError(instrument)

    return find


@pytest.fixture
def written(packed: tuple[Pack, Plan], tmp_path: Path) -> Path:
    """The family's pack as a file."""
    return pack.write(tmp_path / "pack.pdf", [packed[0]], BASE).path


def codes_of(made: Pack) -> list[str]:
    """The codes of a pack, in order."""
    return [codes.normalise(part.identity.code) for part in made.parts]
