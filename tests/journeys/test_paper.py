"""From a pack on paper to an export row: printed, scanned open, typed twice, decided, exported."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from click.testing import CliRunner

from instruments import Given, catalogue
from printable import codes
from printable.codes import Marker
from survey import agreement, answers, entry, responses, settling, sheets
from survey.cli import main
from survey.db import Database
from survey.settings import Settings
from survey.sheets import Sheet
from survey.web import create_app
from tests import people
from tests.kinds import Places, url_of
from tests.listening import let_go
from tests.people import T1, at
from tests.survey.sittings import open_response, save, sit

pytestmark = pytest.mark.slow

BASE = "https://mm.example.org"
NOW = at(T1)
#: The two items of a questionnaire that the second typist gets wrong.
WRONG = 2


def identities(pdf: Path) -> list[Marker]:
    """The one identity on every page of a file, read from the page as a scanner sees it."""
    found = []
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        picture = page.render(scale=150 / 72).to_pil().convert("L")
        (text,) = {hit.text for hit in zxingcpp.read_barcodes(picture)}
        assert text.startswith(BASE.upper() + "/Q/")
        found.append(codes.read(text))
    document.close()
    return found


def answer(instrument: str, version: str) -> dict[str, Given]:
    """An answer to every item."""
    definition = catalogue().get(instrument, version)
    return {
        item.id: definition.codes(item)[place % len(definition.codes(item))]
        for place, item in enumerate(definition.items)
    }


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def type_in(db: Database, sheet: Sheet, typist: str, given: dict[str, Given]) -> None:
    typing = entry.begin(db, people.plan(), sheet.id, typist, now=NOW)
    for side in typing.sides:
        there = {item.id: given[item.id] for item in side.items}
        entry.save(db, typing, side.number, there, sequence=f"{typist}-{side.number}", now=NOW)
    entry.finish(db, people.plan(), typing, now=NOW)


@pytest.fixture
def db(places: Places) -> Iterator[Database]:
    with places.upgraded() as database:
        yield database


def test_paper_that_is_typed_twice_ends_as_the_same_answers_given_on_a_screen(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = people.settle(db)
    settings = Settings(secret_key="k" * 40, database_url=url_of(db), base_url=BASE, clock=lambda: NOW)
    for name in ("SECRET_KEY", "DATABASE_URL", "BASE_URL"):
        monkeypatch.setenv(f"MEETMOMENT_{name}", str(getattr(settings, name.lower())))

    # Fatma prints the pack of the family before her visit.
    pdf = tmp_path / "pack.pdf"
    printed = CliRunner().invoke(main, ["print", "family", cast.family_code, str(pdf), "--on", str(T1)])
    assert printed.exit_code == 0, printed.output
    assert re.search(r"1 pack, \d+ sides", printed.output)

    # Every side names its own sheet and nobody else's, and the sides of a sheet follow each other.
    pages = identities(pdf)
    assert len(set(pages)) == len(pages)
    assert all(then == Marker(now.code, now.side + 1) or then.side == 1 for now, then in pairwise(pages))
    found = {code: sheets.find(db, settings.paper_key, code) for code in {page.code for page in pages}}
    assert {sheet.respondent_id for sheet in found.values()} == {cast.mother, cast.father, cast.daan}

    # Opened on a phone, every side leads to the start of the response that it is printed on.
    app = create_app(settings)
    for page in pages:
        sheet = found[page.code]
        opened = app.test_client().post(codes.address("", page))
        there = "/mine" if sheet.response_id is None else f"/q/{sheet.response_id}"
        assert (opened.status_code, opened.headers["Location"]) == (303, there)
    let_go(app)

    # What the mother filled in comes back and is typed twice; the second typist makes two mistakes.
    forms = {
        responses.get(db, sheet.response_id).instrument: sheet
        for sheet in found.values()
        if sheet.response_id is not None and sheet.respondent_id == cast.mother
    }
    for instrument, version in (("who5", "self"), ("parenting_scale", "parent-short")):
        right = answer(instrument, version)
        definition = catalogue().get(instrument, version)
        wrong = dict(right)
        for item in definition.items[:WRONG]:
            others = [code for code in definition.codes(item) if code != right[item.id]]
            wrong[item.id] = others[0]
        sheet = forms[instrument]
        type_in(db, sheet, "Ria", right)
        type_in(db, sheet, "Tom", wrong)
        number = sheet.response_id or 0
        unlike = settling.differences(db, number)
        assert [each.item for each in unlike] == [item.id for item in definition.items[:WRONG]]
        for each in unlike:
            settling.resolve(db, number, each.item, right[each.item], by="Eva", now=NOW)
        settling.settle(db, people.plan(), sheet.id, by="Eva", now=NOW)
        assert answers.of(db, responses.get(db, number)) == right

        # The father gives the same answers on his phone.
        his = open_response(db, cast.father, instrument, T1)
        save(db, sit(db, cast.father, his, NOW), right, f"s-{instrument}", now=NOW, complete=True)

    exported = CliRunner().invoke(main, ["export", str(tmp_path / "export")])
    assert exported.exit_code == 0, exported.output
    everyone = {row["respondent"]: row for row in rows(tmp_path / "export" / "parent.csv")}
    mother, father = everyone.values()
    if (mother["who5_mode"], father["who5_mode"]) == ("web", "paper"):
        mother, father = father, mother
    typed = {name for name in mother if name.startswith(("who5_", "parenting_scale_"))}
    assert len(typed) > 2 * 5
    unlike_columns = {name for name in typed if mother[name] != father[name]}
    assert unlike_columns == {"who5_mode", "parenting_scale_mode"}
    assert [
        (found.typist, found.instrument, found.differing, found.mistaken) for found in agreement.by_person(db)
    ] == [
        ("Ria", "parenting_scale", 2, 0),
        ("Ria", "who5", 2, 0),
        ("Tom", "parenting_scale", 2, 2),
        ("Tom", "who5", 2, 2),
    ]
