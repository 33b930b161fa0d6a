"""An erasure reaches everything: details of events, print runs, other stores, and every backup."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey import append_only, audit, backups, families, retention
from survey.backups import archive
from survey.db import Database
from survey.fieldwork import erasure, erasure_ledger, leaving
from survey.fieldwork.erasure_ledger import BrokenLedger, Ledger
from survey.keys import Keyring
from survey.models import Base, Event
from survey.models import Family as FamilyRow
from survey.retention import LedgerKeyGone
from tests import people
from tests.kinds import Kind, Places
from tests.people import T0, Cast, at, visit
from tests.survey.paper.printing import print_sheet
from tests.survey.sittings import open_response, save

NOW = at(T0)
KEYS = Keyring(b"k" * 40)


def rows(db: Database, table: str) -> int:
    with db.read() as connection:
        found = connection.scalar(sa.select(sa.func.count()).select_from(Base.metadata.tables[table]))
    return found or 0


def test_no_word_and_no_code_of_an_erased_family_is_left_anywhere(db: Database, cast: Cast) -> None:
    print_sheet(db, cast.mother, "who5")
    with db.read() as connection:
        batch = connection.exec_driver_sql("SELECT id FROM batch").scalar()
    db.write(
        lambda connection: connection.execute(
            sa.text("UPDATE batch SET target = :code, file = :file"),
            {"code": cast.family_code, "file": f"desk {cast.family_code}"},
        )
    )
    db.write(
        lambda connection: audit.append(
            connection, "Fatma", "batch.begun", f"batch {batch}", NOW, kind="family", target=cast.family_code
        )
    )
    families.set_status(db, cast.family_id, "paused", reason="Moeder ziek", now=NOW, actor="test")
    visit(db, cast.father, NOW)
    leaving.stop(db, cast.family_id, "out_of_home", "erase", now=NOW, actor="test")
    gone = erasure.erase_family(db, cast.family_id, now=NOW, actor="account 1")
    assert gone["event"] > 3
    everything = whole(db)
    for word in (cast.family_code, "Moeder ziek", "out_of_home"):
        assert word not in everything
    verdict = audit.verify(db)
    assert (verdict.problems, verdict.emptied) == ((), gone["event"])
    # What others did stays told.
    assert [entry.detail for entry in audit.of(db, f"professional {cast.fatma_professional}")] != [{}]


def whole(db: Database) -> str:
    """Everything in the database, as text."""
    with db.read() as connection:
        return "\n".join(
            str(tuple(row))
            for table in Base.metadata.sorted_tables
            for row in connection.execute(sa.select(table))
        )


@pytest.mark.parametrize("column", ["actor", "object", "action", "detail"])
def test_an_emptied_event_that_is_changed_afterwards_is_noticed(
    db: Database, cast: Cast, column: str
) -> None:
    families.set_status(db, cast.family_id, "paused", reason="x", now=NOW, actor="test")
    leaving.stop(db, cast.family_id, "unknown", "erase", now=NOW, actor="test")
    erasure.erase_family(db, cast.family_id, now=NOW, actor="test")
    with db.read() as connection:
        number = connection.scalar(sa.select(sa.func.min(Event.id)).where(Event.action == "family.status"))
    tamper(db, f"UPDATE event SET {column} = 'x' WHERE id = {number}")
    assert any(f"event {number} " in problem for problem in audit.verify(db).problems)


def test_an_event_before_an_emptied_one_cannot_be_taken_out_unseen(db: Database, cast: Cast) -> None:
    families.set_status(db, cast.family_id, "paused", reason="x", now=NOW, actor="test")
    leaving.stop(db, cast.family_id, "unknown", "erase", now=NOW, actor="test")
    erasure.erase_family(db, cast.family_id, now=NOW, actor="test")
    with db.read() as connection:
        number = connection.scalar(sa.select(sa.func.min(Event.id)).where(Event.action == "family.status"))
    assert number
    tamper(
        db, f"DELETE FROM seal WHERE event_id = {number - 1}", f"DELETE FROM event WHERE id = {number - 1}"
    )
    assert audit.verify(db).problems


def tamper(db: Database, *statements: str) -> None:
    """Change the trail as somebody would who has the database in hand."""

    def work(connection: sa.Connection) -> None:
        with append_only.lifted(connection, ["event", "seal"]):
            for statement in statements:
                connection.exec_driver_sql(statement)

    db.write(work)


def test_what_other_rooms_keep_elsewhere_goes_first_and_a_failure_there_wipes_nothing(
    chosen_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = people.settle(chosen_db)
    seen: list[tuple[str, int]] = []

    def wipe(db: Database, household: erasure.Household) -> int:
        seen.append((household.code, rows(db, "respondent")))
        if len(seen) == 1:
            raise OSError("the disk with the pictures is away")
        return 7

    monkeypatch.setattr(erasure, "_load", lambda name: {"scans:wipe": wipe}[name])
    monkeypatch.setitem(erasure.OUTSIDE, "scans", "scans:wipe")
    leaving.stop(chosen_db, cast.family_id, "unknown", "erase", now=NOW, actor="test")
    with pytest.raises(OSError, match="pictures"):
        erasure.erase_family(chosen_db, cast.family_id, now=NOW, actor="test")
    assert rows(chosen_db, "family") == 1
    assert erasure.erase_family(chosen_db, cast.family_id, now=NOW, actor="test")["scans"] == 7
    assert seen == [(cast.family_code, 7)] * 2
    assert rows(chosen_db, "family") == 0


# --- erasure outlives backups


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return Ledger(folder, KEYS)


@pytest.fixture
def restored_url(database_kind: Kind, places: Places) -> Iterator[str]:
    """An empty place of the same kind, to put a backup back into."""
    with places.empty(database_kind) as url:
        yield url


def erase(db: Database, family_id: int, ledger: Ledger) -> None:
    leaving.stop(db, family_id, "family_wish", "erase", now=NOW, actor="test")
    erasure.erase_family(db, family_id, now=NOW, actor="test", ledger=ledger)


def test_a_backup_that_is_put_back_does_not_bring_an_erased_family_back(
    chosen_db: Database, ledger: Ledger, tmp_path: Path, restored_url: str
) -> None:
    cast = people.settle(chosen_db)
    save(chosen_db, open_response(chosen_db, cast.mother, "who5"), {"1": 4}, source="entry")
    other = families.add_family(
        chosen_db, cast.study_id, 1, T0, parents=[families.Parent()], children=[], now=NOW
    )
    secret, public = archive.new_identity()
    made = backups.make(chosen_db, (public,), tmp_path, by="test")
    erase(chosen_db, cast.family_id, ledger)
    assert backups.restore(made.path, secret, restored_url, by="test").problems == ()
    restored = Database(restored_url)
    assert rows(restored, "answer") == 1
    # In the backup the family takes part: it stopped later.
    assert retention.replay(restored, ledger, now=NOW, actor="test") == (cast.family_id,)
    assert (rows(restored, "answer"), rows(restored, "family")) == (0, 1)
    with restored.read() as connection:
        assert list(connection.scalars(sa.select(FamilyRow.code))) == [other.code]
    assert retention.replay(restored, ledger, now=NOW, actor="test") == ()
    assert audit.verify(restored).problems == ()
    restored.dispose()


def test_another_family_with_the_same_number_is_left_alone(db: Database, cast: Cast, ledger: Ledger) -> None:
    ledger.note("K7P4WX", NOW)
    assert retention.replay(db, ledger, now=NOW, actor="test") == ()
    assert rows(db, "family") == 1


def test_the_ledger_tells_no_code_and_nobody_else_reads_it(db: Database, cast: Cast, ledger: Ledger) -> None:
    erase(db, cast.family_id, ledger)
    text = ledger.file.read_text(encoding="utf-8")
    assert cast.family_code not in text
    assert set(json.loads(text)) == {"at", "key", "family"}
    assert ledger.file.stat().st_mode & 0o777 == 0o600


def test_nothing_is_wiped_that_is_not_in_the_ledger_first(db: Database, cast: Cast, ledger: Ledger) -> None:
    shutil.rmtree(ledger.file.parent)
    with pytest.raises(OSError, match=erasure_ledger.FILE):
        erase(db, cast.family_id, ledger)
    assert rows(db, "family") == 1


def test_the_ledger_outlives_a_change_of_key_as_long_as_the_former_is_known(
    db: Database, cast: Cast, ledger: Ledger
) -> None:
    ledger.note(cast.family_code, NOW)
    gone = Ledger(ledger.file.parent, Keyring(b"n" * 40))
    with pytest.raises(LedgerKeyGone):
        retention.replay(db, gone, now=NOW, actor="test")
    known = Ledger(ledger.file.parent, Keyring(b"n" * 40, (b"k" * 40,)))
    assert retention.replay(db, known, now=NOW, actor="test") == (cast.family_id,)


def test_a_line_that_was_cut_off_swallows_no_other_and_is_not_passed_over(ledger: Ledger) -> None:
    ledger.note("K7P4WX", NOW)
    whole_lines = ledger.file.read_bytes()
    ledger.file.write_bytes(whole_lines + whole_lines[:20])
    ledger.note("M3QR8T", NOW)
    with pytest.raises(BrokenLedger, match="line 2"):
        ledger.lines()
    lines = ledger.file.read_text(encoding="utf-8").splitlines()
    ledger.file.write_text("\n".join([lines[0], lines[2]]) + "\n", encoding="utf-8")
    assert ledger.erased(["K7P4WX", "M3QR8T", "AAAAAA"]) == {"K7P4WX", "M3QR8T"}
    assert [line.at for line in ledger.lines()] == [NOW, NOW]
