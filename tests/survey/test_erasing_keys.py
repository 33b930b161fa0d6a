"""Who is erased has their key thrown away at once, and nobody is told more than what was done."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from survey import age_files, families, moments, people_keys, professionals, retention
from survey.cli import main
from survey.db import Database
from survey.fieldwork import erasure, households, leaving
from survey.fieldwork.erasure_ledger import Ledger
from survey.jobs import queue
from survey.jobs.work import Work
from survey.keys import Keyring
from survey.models import Family as FamilyRow
from survey.people_keys import COPY, KeysAway, PeopleKeys, PersonKeyRow, StoreUnusable, read_copy
from survey.retention import applying
from survey.settings import Settings
from tests import people
from tests.kinds import url_of
from tests.people import T0, Cast, at, plan

NOW = at(T0)
SECRET, PUBLIC = age_files.new_identity()
RING = Keyring(b"k" * 40)
#: Of a family with two parents and three children who answer.
OF_THE_FAMILY = 9


@pytest.fixture
def keys(db: Database, cast: Cast, tmp_path: Path) -> PeopleKeys:
    """The keys of the cast, with a sealed copy beside the backups."""
    return filled(db, tmp_path)


def filled(db: Database, tmp_path: Path) -> PeopleKeys:
    """Keys of everybody, as a backup leaves them."""
    for name in ("elsewhere", "backups"):
        (tmp_path / name).mkdir()
    keys = PeopleKeys(tmp_path / "elsewhere", tmp_path / "backups", (PUBLIC,))
    keys.fill(db)
    assert keys.renew_copy()
    return keys


@pytest.fixture
def ledger(keys: PeopleKeys) -> Ledger:
    return Ledger(keys.file.parent, RING)


def names(db: Database) -> set[str]:
    with db.read() as connection:
        return set(connection.scalars(sa.select(PersonKeyRow.name)))


def stop(db: Database, family_id: int) -> None:
    leaving.stop(db, family_id, "family_wish", "erase", now=NOW, actor="test")


def erase(db: Database, family_id: int, keys: PeopleKeys, ledger: Ledger | None = None) -> dict[str, int]:
    stop(db, family_id)
    return erasure.erase_family(db, family_id, now=NOW, actor="test", ledger=ledger, keys=keys)


def test_the_keys_of_a_family_go_with_it_and_out_of_the_copy_at_once(
    db: Database, cast: Cast, keys: PeopleKeys, ledger: Ledger, tmp_path: Path
) -> None:
    before = names(db)
    assert erase(db, cast.family_id, keys, ledger)["person_key"] == OF_THE_FAMILY
    left = names(db)
    assert len(left) == 2, "Fatma and Joost, who are of no family"
    copied = read_copy(tmp_path / "backups" / COPY, SECRET)
    assert set(keys.secrets()) == set(copied) == left
    assert keys.is_copied()
    assert keys.put_back(dict.fromkeys(before - left, b"k" * 32)) == 0
    assert (keys.fill(db), keys.missing(db)) == (0, 0)


def test_who_parted_keeps_the_key_when_the_others_are_erased(
    db: Database, cast: Cast, keys: PeopleKeys
) -> None:
    households.part(db, cast.family_id, [cast.father], now=NOW, actor="test")
    keys.fill(db)
    assert erase(db, cast.family_id, keys)["person_key"] == OF_THE_FAMILY - 1
    assert keys.missing(db) == 0
    assert set(keys.secrets()) == names(db)
    with db.read() as connection:
        assert cast.father in set(connection.scalars(sa.select(PersonKeyRow.respondent_id)))


def test_one_member_who_is_erased_takes_no_key_of_the_others(
    db: Database, cast: Cast, keys: PeopleKeys
) -> None:
    before = names(db)
    alone = leaving.withdraw(db, cast.family_id, cast.sam, "unknown", "erase", now=NOW, actor="test")
    gone = erasure.erase_family(db, alone, now=NOW, actor="test", keys=keys)
    assert gone["person_key"] == 2, "as a child, and as who answers; the new family had no key yet"
    assert set(keys.secrets()) == names(db) < before
    assert keys.is_copied()


def test_a_copy_that_cannot_be_renewed_undoes_no_erasure_and_is_not_passed_over(
    db: Database, cast: Cast, keys: PeopleKeys, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    away = folder.rename(tmp_path / "away")
    erase(db, cast.family_id, keys)
    assert set(keys.secrets()) == names(db)
    assert not keys.is_copied()
    away.rename(folder)
    assert not keys.is_copied(), "the one from before is there again"
    keys.seal_copy(folder, (PUBLIC,))
    assert keys.is_copied()
    assert set(read_copy(folder / COPY, SECRET)) == names(db)


def test_a_store_that_is_away_is_noticed_before_anything_is_wiped(
    db: Database, cast: Cast, keys: PeopleKeys, ledger: Ledger, tmp_path: Path
) -> None:
    before = names(db)
    keys.file.rename(tmp_path / "kept")
    with pytest.raises(KeysAway, match=f"{OF_THE_FAMILY} keys"):
        erase(db, cast.family_id, keys, ledger)
    assert names(db) == before
    assert (ledger.lines(), keys.file.exists()) == ((), False)
    keys.file.write_bytes(b"no database" * 100)
    with pytest.raises(StoreUnusable):
        erasure.erase_family(db, cast.family_id, now=NOW, actor="test", ledger=ledger, keys=keys)
    assert (names(db), ledger.lines()) == (before, ())
    (tmp_path / "kept").replace(keys.file)
    erasure.erase_family(db, cast.family_id, now=NOW, actor="test", ledger=ledger, keys=keys)
    assert len(names(db)) == 2


def test_an_erasure_that_breaks_off_can_be_done_again_and_the_copy_holds_no_dead_key(
    db: Database, cast: Cast, keys: PeopleKeys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = names(db)
    with monkeypatch.context() as patch:
        patch.setattr(erasure.traces, "wipe_on", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erase(db, cast.family_id, keys)
    assert names(db) == before
    assert len(read_copy(tmp_path / "backups" / COPY, SECRET)) == 2
    # A backup comes between.
    assert keys.fill(db) == OF_THE_FAMILY
    erasure.erase_family(db, cast.family_id, now=NOW, actor="test", keys=keys)
    assert set(keys.secrets()) == names(db)
    assert len(names(db)) == 2


def test_a_key_that_is_given_while_a_family_is_erased_is_thrown_away_too(
    db: Database, cast: Cast, keys: PeopleKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    throw_away, healed = keys.throw_away, []

    def throw_away_and(gone: Collection[str]) -> int:
        count = throw_away(gone)
        if not healed:
            healed.append(PeopleKeys(keys.file.parent).fill(db))
        return count

    monkeypatch.setattr(keys, "throw_away", throw_away_and)
    erase(db, cast.family_id, keys)
    assert healed == [OF_THE_FAMILY]
    assert set(keys.secrets()) == names(db)
    assert len(names(db)) == 2


@pytest.mark.parametrize("had_keys", [True, False])
def test_a_key_that_would_be_given_while_the_rows_go_is_nobodys(
    db: Database, cast: Cast, keys: PeopleKeys, monkeypatch: pytest.MonkeyPatch, had_keys: bool
) -> None:
    family = families.add_family(
        db, cast.study_id, 1, T0, parents=[families.Parent()], children=[], now=NOW
    ).family_id
    if had_keys:
        keys.fill(db)
    plain = erasure.traces.names
    # It waits until the rows are gone, and then finds nobody to give a key to.
    other = threading.Thread(target=lambda: PeopleKeys(keys.file.parent).fill(db))

    def names_and(*given: object) -> set[str]:
        other.start()
        time.sleep(0.3)
        return plain(*given)

    monkeypatch.setattr(erasure.traces, "names", names_and)
    assert ("person_key" in erase(db, family, keys)) is had_keys
    other.join()
    assert set(keys.secrets()) == names(db)
    assert len(names(db)) == OF_THE_FAMILY + 2


def test_keys_are_given_and_families_erased_at_the_same_time(
    chosen_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_keys, "_BATCH", 3)
    cast = people.settle(chosen_db)
    keys = filled(chosen_db, tmp_path)
    stop(chosen_db, cast.family_id)
    begin, failures = threading.Barrier(2), []

    def fill() -> None:
        begin.wait()
        try:
            for _ in range(5):
                PeopleKeys(keys.file.parent).fill(chosen_db)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    thread = threading.Thread(target=fill)
    thread.start()
    begin.wait()
    erasure.erase_family(chosen_db, cast.family_id, now=NOW, actor="test", keys=keys)
    thread.join()
    assert failures == []
    assert set(keys.secrets()) == names(chosen_db)
    assert len(names(chosen_db)) == 2


def test_who_has_had_their_time_loses_the_key_too_and_one_copy_is_made_of_all(
    db: Database, cast: Cast, keys: PeopleKeys, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(db, cast.family_id)
    sealed = []
    plain = keys.seal_copy
    monkeypatch.setattr(keys, "seal_copy", lambda *given: (sealed.append(given), plain(*given)))
    done = retention.apply(
        db, plan(), retention.load(), now=at(T0 + dt.timedelta(40)), actor="test", ledger=ledger, keys=keys
    )
    assert [one.families for one in done if one.families] == [(cast.family_id,)]
    assert set(keys.secrets()) == names(db)
    assert (len(names(db)), len(sealed), keys.is_copied()) == (2, 1, True)


def test_a_family_whose_keys_are_away_stays_when_its_time_has_come(
    db: Database, cast: Cast, keys: PeopleKeys, ledger: Ledger
) -> None:
    stop(db, cast.family_id)
    keys.file.unlink()
    with pytest.raises(KeysAway):
        retention.apply(
            db, plan(), retention.load(), now=at(T0 + dt.timedelta(40)), actor="t", ledger=ledger, keys=keys
        )
    with db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(FamilyRow)) == 1
    assert ledger.lines() == ()


def test_who_is_wiped_again_after_a_restore_is_noted_where_the_keys_are_new(
    db: Database, cast: Cast, keys: PeopleKeys, ledger: Ledger, tmp_path: Path
) -> None:
    ledger.note(cast.family_code, NOW)
    known, secrets = names(db), keys.secrets()
    new = PeopleKeys(tmp_path)
    assert retention.replay(db, ledger, now=NOW, actor="test", keys=new) == (cast.family_id,)
    assert new.put_back(secrets) == 2
    assert set(new.secrets()) == names(db) < known


# --- what is told of it


@pytest.fixture
def home(chosen_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PeopleKeys:
    """The cast in an installation with backups, its family about to go."""
    cast = people.settle(chosen_db)
    keys = filled(chosen_db, tmp_path)
    stop(chosen_db, cast.family_id)
    for name, value in {
        "SECRET_KEY": "k" * 40,
        "DATABASE_URL": url_of(chosen_db),
        "ERASURE_DIR": str(tmp_path / "elsewhere"),
        "BACKUP_DIR": str(tmp_path / "backups"),
        "BACKUP_KEYS": PUBLIC,
    }.items():
        monkeypatch.setenv(f"MEETMOMENT_{name}", value)
    monkeypatch.setattr(moments, "now", lambda: at(T0 + dt.timedelta(40)))
    return keys


def survey(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_at_the_command_line_a_copy_that_waits_is_told(home: PeopleKeys, tmp_path: Path) -> None:
    (tmp_path / "backups" / COPY).unlink()
    (tmp_path / "backups" / COPY).mkdir()
    done = survey("retention", "apply")
    assert (done.exit_code, "wish: 1 families" in done.output) == (1, True)
    assert "can be read until it is: run `survey backup`" in done.output
    assert len(home.secrets()) == 2
    again = survey("retention", "apply")
    assert (again.exit_code, again.output) == (0, "Nothing has had its time.\n")


def test_at_the_command_line_keys_that_are_away_are_told_and_nothing_more_goes(home: PeopleKeys) -> None:
    home.file.unlink()
    done = survey("retention", "apply")
    assert (done.exit_code, "Not everything has gone" in done.output) == (1, True)
    assert "MEETMOMENT_ERASURE_DIR" in done.output
    assert "Traceback" not in done.output


def test_lost_keys_come_back_from_the_copy_at_the_command_line(home: PeopleKeys, tmp_path: Path) -> None:
    copy, identity = str(tmp_path / "backups" / COPY), tmp_path / "identity.txt"
    identity.write_text(SECRET, encoding="utf-8")
    given = dict(home.secrets())
    home.file.unlink()
    back = survey("backup", "people-keys", copy, "--identity", str(identity))
    assert (back.exit_code, back.output.splitlines()) == (
        0, [f"{len(given)} keys put back.", "Every key that the database names is known here."],
    )  # fmt: skip
    assert home.secrets() == given
    assert home.is_copied(), "the copy is this store's again"
    again = survey("backup", "people-keys", copy, "--identity", str(identity))
    assert again.output.startswith("0 keys put back.")
    identity.write_text(age_files.new_identity()[0], encoding="utf-8")
    wrong = survey("backup", "people-keys", copy, "--identity", str(identity))
    assert (wrong.exit_code, "was not sealed to this key" in wrong.output) == (2, True)
    Path(copy).write_bytes(b"x")
    broken = survey("backup", "people-keys", copy, "--identity", str(identity))
    assert (broken.exit_code, "is not whole" in broken.output) == (1, True)
    assert not any(secret.hex() in back.output for secret in given.values())


def test_a_copy_from_before_is_not_enough_and_keys_are_given_up_by_their_number(
    home: PeopleKeys, chosen_db: Database, tmp_path: Path
) -> None:
    copy, identity = tmp_path / "older", tmp_path / "identity.txt"
    identity.write_text(SECRET, encoding="utf-8")
    copy.write_bytes((tmp_path / "backups" / COPY).read_bytes())
    professionals.add(chosen_db, 1, "linking_pin", T0, now=NOW)
    home.fill(chosen_db)
    home.file.unlink()
    back = survey("backup", "people-keys", str(copy), "--identity", str(identity))
    assert (back.exit_code, "1 keys that the database names are still away" in back.output) == (1, True)
    both = [str(copy), "--identity", str(identity), "--give-up", "1"]
    for wrong in (["--give-up", "12"], [], [str(copy)], both):
        assert survey("backup", "people-keys", *wrong).exit_code == 2
    assert home.missing(chosen_db) == 1
    assert survey("backup", "people-keys", "--give-up", "1").output.startswith("1 key given up")
    assert home.fill(chosen_db) == 1


@pytest.mark.usefixtures("home")
def test_keys_need_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEETMOMENT_ERASURE_DIR")
    refused = survey("backup", "people-keys", "--give-up", "1")
    assert (refused.exit_code, "MEETMOMENT_ERASURE_DIR" in refused.output) == (2, True)


def test_the_worker_tells_of_a_copy_that_waits(home: PeopleKeys, tmp_path: Path, chosen_db: Database) -> None:
    (tmp_path / "backups" / COPY).unlink()
    (tmp_path / "backups" / COPY).mkdir()
    settings = replace(Settings.from_environment(), clock=moments.now)
    job = queue.enqueue(chosen_db, "retention", by="system", now=moments.now())
    assert "renews the copy of the keys" in applying.run(Work(settings, chosen_db, job))
    assert len(home.secrets()) == 2
    assert applying.run(Work(settings, chosen_db, job)) == "0 let go"
