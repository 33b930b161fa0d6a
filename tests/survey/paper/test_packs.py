"""What goes on paper is recorded first, and what is on paper leads back to it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from printable import codes, pack
from printable.boxes import BoxMap
from printable.pack import Done, Pack
from survey import batches, families, responses, schedule, sheets
from survey.batches import Batch
from survey.db import Database
from survey.models import Link
from survey.packs import Plan, Press, in_wave
from survey.sheet_tables import PaperTemplate
from survey.sheet_tables import Sheet as SheetRow
from tests.people import DUTCH, T0, Cast, at
from tests.printable import readers
from tests.survey.paper.conftest import BASE, KEY, Find, codes_of, short_plan


def test_a_pack_has_a_cover_for_each_parent_and_their_questionnaires_in_their_language(
    packed: tuple[Pack, Plan], cast: Cast
) -> None:
    plan = packed[1]
    assert [envelope.respondent_id for envelope in plan.envelopes] == [cast.mother, cast.father]
    for envelope, language in zip(plan.envelopes, ("nl", "en"), strict=True):
        assert [copy.instrument.id for copy in envelope.copies] == ["who5", "parenting_scale"]
        assert {copy.edition.language for copy in envelope.copies} == {language}
    assert plan.left_out == plan.notes == ()
    assert len(packed[0].parts) == 6


def test_a_parent_who_reads_easy_arabic_gets_all_of_it_in_easy_arabic(
    db: Database, press: Press, family: families.Family, cast: Cast
) -> None:
    change = sa.text("UPDATE respondent SET language = 'ar', reading = 'easy' WHERE id = :id")
    db.write(lambda connection: connection.execute(change, {"id": cast.father}))
    plan = press.plan(family, T0)
    father = next(envelope for envelope in plan.envelopes if envelope.respondent_id == cast.father)
    assert {str(copy.edition) for copy in father.copies} == {"ar-easy"}
    assert plan.left_out == plan.notes == ()


def test_every_sheet_is_recorded_before_it_is_printed(
    db: Database, packed: tuple[Pack, Plan], batch: Batch
) -> None:
    made = packed[0]
    for part in made.parts:
        sheet = sheets.find(db, KEY, part.identity.code)
        assert (sheet.status, sheet.batch_id, sheet.printed_at) == ("printed", batch.id, at(T0))
        if sheet.kind == "questionnaire":
            assert sheets.layout(db, sheet) == part.template.layout
            assert sheet.response_id is not None
            assert responses.get(db, sheet.response_id).mode == "paper"
            assert sheet.sides == part.template.pages


def test_the_codes_are_all_different_and_only_digests_are_stored(
    db: Database, packed: tuple[Pack, Plan]
) -> None:
    found = codes_of(packed[0])
    assert len(set(found)) == len(found) == 6
    with db.read() as connection:
        stored = " ".join(
            str(row) for table in (Link, SheetRow) for row in connection.execute(sa.select(table.__table__))
        )
    assert all(code not in stored for code in found)
    assert sheets.digest_of(KEY, found[0]) in stored
    with pytest.raises(sheets.NoSuchSheet):
        sheets.find(db, b"another key", found[0])


def test_a_template_is_kept_once_with_its_layout_and_never_changes(
    db: Database, press: Press, packed: tuple[Pack, Plan], family: families.Family, cast: Cast
) -> None:
    again = batches.begin(db, cast.study_id, "family", family.code, "other.pdf", T0, by="Fatma")
    press.pack(again, family)
    with db.read() as connection:
        rows = connection.execute(
            sa.select(PaperTemplate.sha256, PaperTemplate.layout, PaperTemplate.pdf)
        ).all()
    assert len(rows) == 4
    for row in rows:
        assert BoxMap.from_json(row.layout).template == row.sha256
        assert row.pdf.startswith(b"%PDF")


def test_printing_the_same_run_again_gives_the_same_codes_and_the_same_bytes(
    db: Database,
    press: Press,
    packed: tuple[Pack, Plan],
    batch: Batch,
    family: families.Family,
    tmp_path: Path,
) -> None:
    again, _ = press.pack(batch, family)
    assert codes_of(again) == codes_of(packed[0])
    one = pack.write(tmp_path / "one.pdf", [packed[0]], BASE)
    other = pack.write(tmp_path / "other.pdf", [again], BASE)
    assert one.sha256 == other.sha256


def test_another_run_prints_other_codes_for_the_same_responses(
    db: Database, press: Press, packed: tuple[Pack, Plan], family: families.Family, cast: Cast
) -> None:
    other = batches.begin(db, cast.study_id, "family", family.code, "other.pdf", T0, by="Fatma")
    again, _ = press.pack(other, family)
    assert set(codes_of(again)).isdisjoint(codes_of(packed[0]))
    first = {sheets.find(db, KEY, code).response_id for code in codes_of(packed[0])}
    assert {sheets.find(db, KEY, code).response_id for code in codes_of(again)} == first


def test_a_run_that_was_stopped_goes_on_with_the_codes_it_began_with(
    db: Database, press: Press, cast: Cast, tmp_path: Path, family: families.Family
) -> None:
    towns = families.listing(db)
    second = families.add_family(
        db, cast.study_id, 1, T0, parents=[families.Parent("nl")], children=[], now=at(T0)
    )
    both = [*towns, families.by_code(db, second.code)]
    path = tmp_path / "wave.pdf"
    begun = batches.begin(db, cast.study_id, "wave", "T0", path.name, T0, by="Fatma")
    told: list[Done] = []
    with pytest.raises(pack.Stopped):
        pack.write(
            path,
            (press.pack(begun, found, "T0")[0] for found in both),
            BASE,
            progress=told.append,
            stop=lambda: True,
        )
    assert (len(told), path.exists()) == (1, False)
    batches.stop(db, begun.id, by="Fatma")
    later = batches.begin(db, cast.study_id, "wave", "T0", path.name, T0 + dt.timedelta(1), by="Fatma")
    assert (later.id, later.day) == (begun.id, T0)
    done = pack.write(path, (press.pack(later, found, "T0")[0] for found in both), BASE)
    whole = pack.write(tmp_path / "whole.pdf", (press.pack(later, found, "T0")[0] for found in both), BASE)
    assert done.sha256 == whole.sha256
    batches.finish(db, later.id, packs=done.packs, sides=done.sides, sha256=done.sha256, by="Fatma")
    new = batches.begin(db, cast.study_id, "wave", "T0", path.name, T0, by="Fatma")
    assert new.id != later.id
    assert family in in_wave(db, short_plan(), "T0", T0)
    assert in_wave(db, short_plan(), "T1", T0) == []


def test_every_side_of_the_file_carries_the_code_of_its_own_sheet(
    db: Database, packed: tuple[Pack, Plan], written: Path
) -> None:
    page = 0
    for part in packed[0].parts:
        for side in range(1, part.sides + 1):
            found = {codes.read(text) for text in readers.codes(readers.picture(written, page, 150))}
            assert found == {codes.Marker(part.identity.code, side)}
            page += 1


def test_what_is_complete_is_not_printed_and_what_was_begun_on_screen_stays_of_the_screen(
    db: Database, press: Press, batch: Batch, family: families.Family, cast: Cast
) -> None:
    tasks = schedule.pocket(db, short_plan(), cast.mother, T0).tasks
    begun = responses.open(db, short_plan(), cast.mother, tasks[0].key, on=T0, now=at(T0), edition=DUTCH)
    made, plan = press.pack(batch, family)
    assert sheets.find(db, KEY, made.parts[1].identity.code).response_id == begun
    assert responses.get(db, begun).mode == "web"
    assert plan.envelopes[0].copies[0].task.status == "open"


def test_a_language_without_words_is_left_out_and_told(
    db: Database, press: Press, cast: Cast, batch: Batch
) -> None:
    made = families.add_family(
        db,
        cast.study_id,
        1,
        T0,
        parents=[families.Parent("so"), families.Parent("tr", "easy")],
        children=[],
        now=at(T0),
    )
    plan = press.plan(families.by_code(db, made.code), T0)
    assert len(plan.envelopes) == 1
    assert "so has no words for paper" in str(plan.left_out[0])
    assert plan.notes
    assert all("not in tr-easy" in note for note in plan.notes)


def test_sides_that_came_back_are_noted_once_and_the_missing_ones_are_known(
    db: Database, sheet_of: Find, cast: Cast, batch: Batch
) -> None:
    _, sheet = sheet_of(cast.mother, "parenting_scale")
    assert (sheet.sides, sheet.missing) == (2, ())
    back = sheets.mark_seen(db, sheet.id, [2], by="Ria", now=at(T0))
    again = sheets.mark_seen(db, sheet.id, [2], by="Ria", now=at(T0 + dt.timedelta(1)))
    assert (back.status, again.returned_at, again.seen, again.missing) == ("returned", at(T0), (2,), (1,))
    with pytest.raises(sheets.NoSuchSide):
        sheets.mark_seen(db, sheet.id, [3], by="Ria")
    (row,) = [row for row in batches.printed(db, batch.id) if row.sheet_id == sheet.id]
    assert (row.seen, row.sides, row.incomplete, row.late) == (1, 2, True, False)


def test_a_sheet_that_comes_back_after_its_wave_is_accepted_and_marked_late(
    db: Database, sheet_of: Find, cast: Cast, batch: Batch
) -> None:
    _, sheet = sheet_of(cast.mother, "who5")
    sheets.mark_seen(db, sheet.id, [1], by="Ria", now=at(T0 + dt.timedelta(200)))
    (row,) = [row for row in batches.printed(db, batch.id) if row.sheet_id == sheet.id]
    assert (row.late, row.incomplete) == (True, False)


@pytest.mark.parametrize("status", ["dead", "withdrawn"])
def test_a_copy_that_was_closed_takes_nothing_any_more(
    db: Database, sheet_of: Find, cast: Cast, status: str
) -> None:
    _, sheet = sheet_of(cast.mother, "who5")
    sheets.close(db, sheet.id, status, by="Ria", reason="coffee")
    with pytest.raises(sheets.SheetDead if status == "dead" else sheets.SheetWithdrawn):
        sheets.mark_seen(db, sheet.id, [1], by="Ria")
    with pytest.raises(ValueError, match="closed as"):
        sheets.close(db, sheet.id, "lost", by="Ria")


def test_the_sheets_of_a_family_that_stopped_are_withdrawn(db: Database, sheet_of: Find, cast: Cast) -> None:
    _, sheet = sheet_of(cast.mother, "who5")
    families.set_status(db, cast.family_id, "stopped", reason="moved")
    with pytest.raises(sheets.SheetWithdrawn):
        sheets.mark_seen(db, sheet.id, [1], by="Ria")


def test_nothing_is_handed_out_before_consent_was_noted_where_the_study_asks_for_it(
    press: Press, family: families.Family
) -> None:
    press.protocol = press.protocol.model_copy(update={"consent_required": True})
    plan = press.plan(family, T0)
    assert plan.envelopes == ()
    assert len(plan.left_out) == len(family.members)
    assert all("no consent" in str(line) for line in plan.left_out)
