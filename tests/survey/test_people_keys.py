"""Keys of people: everybody has one, it lies outside the database, and what is thrown away stays so."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey import age_files, families, people_keys
from survey.db import Database
from survey.fieldwork import households, leaving
from survey.people_keys import COPY, KeysAway, PeopleKeys, PersonKeyRow, read_copy
from survey.settings import Settings
from tests.people import T0, Cast, at

NOW = at(T0)
SECRET, PUBLIC = age_files.new_identity()
#: Of the cast: a family, three children, and seven who answer.
EVERYBODY = 11


@pytest.fixture
def keys(tmp_path: Path) -> PeopleKeys:
    """A store in a folder of its own, with a folder for backups beside it."""
    elsewhere, backups = tmp_path / "elsewhere", tmp_path / "backups"
    elsewhere.mkdir()
    backups.mkdir()
    return PeopleKeys(elsewhere, backups, (PUBLIC,))


def names(db: Database) -> Mapping[tuple[str, int], str]:
    """The names of keys, by whose they are."""
    with db.read() as connection:
        rows = connection.execute(sa.select(PersonKeyRow.__table__)).mappings().all()
    owners = ("family_id", "child_id", "respondent_id")
    return {(owner, row[owner]): row["name"] for row in rows for owner in owners if row[owner]}


def test_everybody_gets_a_key_of_their_own_once(db: Database, cast: Cast, keys: PeopleKeys) -> None:
    assert keys.fill(db) == EVERYBODY
    given, kept = names(db), keys.secrets()
    assert len(given) == EVERYBODY
    assert set(kept) == set(given.values())
    assert len({*kept.values()}) == EVERYBODY
    assert {len(secret) for secret in kept.values()} == {32}
    assert keys.fill(db) == 0
    assert (names(db), keys.secrets()) == (given, kept)
    families.add_family(db, cast.study_id, 1, T0, parents=[families.Parent()], children=[], now=NOW)
    assert keys.fill(db) == 2
    assert {*given.items()} < {*names(db).items()}


def test_people_are_many(db: Database, cast: Cast, keys: PeopleKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_keys, "_BATCH", 2)
    assert keys.fill(db) == EVERYBODY
    keys.throw_away(list(keys.secrets())[:5])
    assert keys.fill(db) == 5
    assert set(names(db).values()) == set(keys.secrets())


def test_a_store_is_for_the_service_alone_and_tells_nothing(
    db: Database, cast: Cast, keys: PeopleKeys
) -> None:
    keys.fill(db)
    assert stat.S_IMODE(keys.file.stat().st_mode) == 0o600
    keys.seal_copy(keys.file.parent, (PUBLIC,))
    assert stat.S_IMODE((keys.file.parent / COPY).stat().st_mode) == 0o600
    shown = f"{keys!r} {vars(keys)!r} {KeysAway(3, keys.file)!r}"
    assert not any(secret.hex() in shown or repr(secret) in shown for secret in keys.secrets().values())
    with db.read() as connection:
        held = repr(connection.execute(sa.select(PersonKeyRow.__table__)).all())
    assert not any(secret.hex() in held for secret in keys.secrets().values())


def test_who_is_still_there_after_an_erasure_that_broke_off_gets_a_new_key(
    db: Database, cast: Cast, keys: PeopleKeys
) -> None:
    keys.fill(db)
    before, kept = names(db), keys.secrets()
    gone = before["respondent_id", cast.mother]
    keys.throw_away([gone])
    assert keys.fill(db) == 1
    after = names(db)
    assert after["respondent_id", cast.mother] != gone
    assert {whose for whose in after if after[whose] != before[whose]} == {("respondent_id", cast.mother)}
    assert set(keys.secrets()) == set(kept) - {gone} | {after["respondent_id", cast.mother]}


def test_a_wrong_folder_makes_no_new_keys(db: Database, cast: Cast, keys: PeopleKeys, tmp_path: Path) -> None:
    keys.fill(db)
    families.add_family(db, cast.study_id, 1, T0, parents=[families.Parent()], children=[], now=NOW)
    before = names(db)
    wrong = PeopleKeys(tmp_path)
    assert wrong.missing(db) == EVERYBODY
    with pytest.raises(KeysAway, match="survey backup people-keys") as away:
        wrong.fill(db)
    assert away.value.count == EVERYBODY
    assert not wrong.file.exists()
    assert names(db) == before
    assert keys.missing(db) == 0
    # Of a store that lacks one key it holds just the same.
    wrong.put_back(dict([*keys.secrets().items()][1:]))
    with pytest.raises(KeysAway, match="1 key"):
        wrong.fill(db)
    assert names(db) == before


def test_whoever_lost_everything_can_begin_anew(db: Database, cast: Cast, keys: PeopleKeys) -> None:
    keys.fill(db)
    lost = names(db)
    keys.file.unlink()
    assert keys.give_up(db) == EVERYBODY
    assert keys.fill(db) == EVERYBODY
    assert not {*lost.values()} & {*names(db).values()}
    assert keys.put_back(dict.fromkeys(lost.values(), b"k" * 32)) == 0


# --- two at once


def meanwhile(monkeypatch: pytest.MonkeyPatch, keys: PeopleKeys, happens: Callable[[], object]) -> None:
    """Let something happen once, after keys were made for people and before the database knows them."""
    put_back, left = keys.put_back, [happens]

    def put_back_and(made: Mapping[str, bytes]) -> int:
        added = put_back(made)
        if left:
            left.pop()()
        return added

    monkeypatch.setattr(keys, "put_back", put_back_and)


def test_another_host_that_gives_keys_at_the_same_time_does_no_harm(
    db: Database, cast: Cast, keys: PeopleKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = PeopleKeys(keys.file.parent)
    meanwhile(monkeypatch, keys, lambda: other.fill(db))
    assert keys.fill(db) == 0
    assert len(names(db)) == EVERYBODY
    assert set(keys.secrets()) == set(names(db).values())


def test_two_hosts_that_mend_the_same_keys_do_no_harm(
    db: Database, cast: Cast, keys: PeopleKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.fill(db)
    keys.throw_away(names(db).values())
    other = PeopleKeys(keys.file.parent)
    meanwhile(monkeypatch, keys, lambda: other.fill(db))
    assert keys.fill(db) == 0
    assert set(keys.secrets()) == set(names(db).values())


def test_who_is_gone_by_the_time_gets_no_key(
    db: Database, cast: Cast, keys: PeopleKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    from survey.fieldwork import erasure

    leaving.stop(db, cast.family_id, "unknown", "erase", now=NOW, actor="test")
    meanwhile(monkeypatch, keys, lambda: erasure.erase_family(db, cast.family_id, now=NOW, actor="test"))
    assert keys.fill(db) == 2, "Fatma and Joost"
    assert {*names(db)} == {("respondent_id", cast.fatma), ("respondent_id", cast.joost)}
    assert set(keys.secrets()) == set(names(db).values())


def test_many_at_once_end_with_one_key_for_each(
    db: Database, cast: Cast, keys: PeopleKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_keys, "_BATCH", 1)
    begin, given = threading.Barrier(3), []

    def fill() -> None:
        begin.wait()
        given.append(PeopleKeys(keys.file.parent).fill(db))

    threads = [threading.Thread(target=fill) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 3, "none of them failed"
    assert len(names(db)) == EVERYBODY
    assert set(keys.secrets()) == set(names(db).values())


# --- who moves


def test_a_key_goes_with_its_person(db: Database, cast: Cast, keys: PeopleKeys) -> None:
    keys.fill(db)
    before = names(db)
    new = households.part(db, cast.family_id, [cast.father, cast.noor], now=NOW, actor="test")
    assert names(db) == before
    assert keys.fill(db) == 1, "the new household"
    assert {*names(db).items()} > {*before.items()}
    families.add_municipality(db, cast.study_id, "G2", "Elders")
    households.move(db, new, 2, now=NOW, actor="test")
    households.join(db, new, cast.family_id, now=NOW, actor="test")
    assert keys.fill(db) == 0
    assert {*names(db).items()} > {*before.items()}
    alone = leaving.withdraw(db, cast.family_id, cast.daan, "unknown", "keep", now=NOW, actor="test")
    assert keys.fill(db) == 1
    assert {*names(db)} == {*before, ("family_id", new), ("family_id", alone)}
    assert {whose: name for whose, name in names(db).items() if whose in before} == before


# --- the sealed copy


def test_the_copy_brings_every_key_back_but_those_thrown_away(
    db: Database, cast: Cast, keys: PeopleKeys, tmp_path: Path
) -> None:
    assert keys.is_copied(), "there is nothing to copy"
    keys.fill(db)
    assert not keys.is_copied()
    assert keys.renew_copy()
    copy = tmp_path / "backups" / COPY
    first = copy.read_bytes()
    assert keys.renew_copy()
    assert copy.read_bytes() == first, "it was up to date"
    assert read_copy(copy, SECRET) == keys.secrets()
    gone = names(db)["respondent_id", cast.mother]
    keys.throw_away([gone])
    assert not keys.is_copied()
    # With the copy of before in hand it comes back nowhere.
    assert keys.put_back(read_copy(copy, SECRET)) == 0
    keys.seal_copy(tmp_path / "backups", (PUBLIC,))
    assert keys.is_copied()
    assert gone not in read_copy(copy, SECRET)
    assert [file.name for file in copy.parent.iterdir()] == [COPY], "one copy, and nothing half"
    keys.file.unlink()
    with pytest.raises(KeysAway):
        keys.fill(db)
    assert keys.put_back(read_copy(copy, SECRET)) == EVERYBODY - 1
    assert keys.missing(db) == 1


def test_a_store_belongs_to_the_folder_of_erasures(tmp_path: Path) -> None:
    settings = Settings(secret_key="k" * 40, database_url="sqlite:///study.db")
    assert PeopleKeys.of(settings) is None
    found = PeopleKeys.of(Settings(**{**vars(settings), "erasure_dir": tmp_path, "backup_dir": tmp_path}))
    assert found is not None
    assert (found.file.parent, found.copy_to) == (tmp_path, tmp_path)
