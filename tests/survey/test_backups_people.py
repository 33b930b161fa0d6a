"""Rows of people in a backup: sealed with the keys of all they are about, and gone with any of these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey import audit, backups, families
from survey.backups import archive, owners, programs
from survey.contacts import Book, Details, Terms
from survey.contacts.keys import Keys, fresh
from survey.db import Database
from survey.fieldwork import erasure, leaving
from survey.people_keys import COPY, PeopleKeys, PersonKeyRow, read_copy
from survey.scans.tables import PICTURES
from survey.schema import METADATA
from tests import filling, people
from tests.kinds import CONTACTS, Places, kind_of, opened
from tests.people import T0, Cast, at, visit
from tests.survey.paper import printing, scanning
from tests.survey.sittings import open_response, save

NOW = at(T0)
SECRET, PUBLIC = archive.new_identity()
#: Where a restore and an erasure say what they did.
TELLING = {"event", "seal"}

Rows = Mapping[str, list[dict[str, object]]]


@dataclass(frozen=True)
class Place:
    """A study with people's keys, and where its backups go."""

    db: Database
    cast: Cast
    keys: PeopleKeys
    folder: Path
    #: Of an empty database of the same kind.
    restored_url: str

    def back_up(self) -> Path:
        return backups.make(self.db, [PUBLIC], self.folder, by="test", now=NOW, people=self.keys).path

    def restored(self, path: Path) -> tuple[Rows, backups.Checked]:
        """What there is after this backup was put back with the keys that are beside it."""
        kept = read_copy(self.folder / COPY, SECRET)
        checked = backups.check(path, SECRET, kept)
        found = backups.restore(path, SECRET, self.restored_url, by="test", people=kept)
        assert (checked.left_out, checked.gone) == (found.left_out, found.gone)
        assert (checked.problems, found.problems) == ((), ())
        with opened(self.restored_url) as back:
            assert audit.verify(back).problems == ()
            return rows(back), found


def rows(db: Database) -> Rows:
    """Everything there is, in an order of its own."""
    with db.read() as connection:
        return {
            table.name: sorted(
                (dict(row) for row in connection.execute(sa.select(table)).mappings()), key=repr
            )
            for table in METADATA.sorted_tables
        }


def by_number(listed: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(listed, key=lambda row: int(str(row["id"])))


def lived_in(db: Database, cast: Cast) -> families.NewFamily:
    """Let much happen in two families, and put a row into every other table; the second family."""
    code = printing.print_sheet(db, cast.mother, "who5")
    scanning.scan(db, scanning.page(db, code, 1, {"1": 5}))
    for respondent, instrument, item in ((cast.mother, "parenting_scale", "l1"), (cast.father, "who5", "1")):
        save(db, open_response(db, respondent, instrument), {item: 4}, source="entry")
    visit(db, cast.father, NOW)
    for status, reason in (("paused", "Moeder ziek\tdeze \\ week\nlang"), ("active", "")):
        families.set_status(db, cast.family_id, status, reason=reason, now=NOW, actor="test")
    other = families.add_family(
        db, cast.study_id, 1, T0, parents=[families.Parent()],
        children=[families.Child(dt.date(2019, 1, 1))], now=NOW,
    )  # fmt: skip
    save(db, open_response(db, other.parents[0], "who5"), {"1": 3}, source="entry")
    filling.fill(db, METADATA)
    # The key that was made up for somebody is in no store.
    db.write(lambda connection: connection.execute(sa.delete(PersonKeyRow)))
    filling.another(db, METADATA.tables["job"], arguments=f'{{"family": {cast.family_id}}}')
    filling.another(db, METADATA.tables["job_file"], content=b"a pack of the family")
    filling.another(db, METADATA.tables["batch"], kind="family", target=cast.family_code, file="x")
    return other


@pytest.fixture
def place(db: Database, cast: Cast, places: Places, tmp_path: Path) -> Iterator[Place]:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "backups"
    elsewhere.mkdir()
    folder.mkdir()
    lived_in(db, cast)
    with places.empty(kind_of(db)) as url:
        yield Place(db, cast, PeopleKeys(elsewhere, folder, (PUBLIC,)), folder, url)


def key_of(db: Database, **whose: int) -> str:
    """The name of the key of one person."""
    ((column, number),) = whose.items()
    with db.read() as connection:
        table = PersonKeyRow.__table__
        return connection.scalars(sa.select(PersonKeyRow.name).where(table.c[column] == number)).one()


def test_with_every_key_a_backup_brings_back_every_row(place: Place) -> None:
    path = place.back_up()
    before = rows(place.db)
    found, checked = place.restored(path)
    assert (checked.left_out, checked.gone) == (0, 0)
    for table, listed in before.items():
        if table in PICTURES:
            assert found[table] == []
        elif table in TELLING:
            # The study went on with "backup.made", the restored one with "backup.restored".
            assert [row for row in listed if row not in found[table]] == by_number(listed)[-1:]
        else:
            assert found[table] == listed, table
    assert checked.manifest.format == 2


def test_what_a_backup_brings_back_after_an_erasure_is_what_the_erasure_left(place: Place) -> None:
    path = place.back_up()
    leaving.stop(place.db, place.cast.family_id, "unknown", "erase", now=NOW, actor="test")
    erasure.erase_family(place.db, place.cast.family_id, now=NOW, actor="test", keys=place.keys)
    left = rows(place.db)
    found, checked = place.restored(path)
    assert checked.left_out > 40
    for table, listed in left.items():
        if table not in TELLING | set(PICTURES):
            assert found[table] == listed, table
    details = {row["id"]: row["detail"] for row in left["event"]}
    for event in by_number(found["event"])[:-2]:
        assert event["detail"] == details[event["id"]], event


def test_one_who_left_alone_and_is_erased_is_gone_from_what_was_backed_up_before(place: Place) -> None:
    path = place.back_up()
    father = place.cast.father
    before = rows(place.db)
    alone = leaving.withdraw(
        place.db, place.cast.family_id, father, "family_wish", "erase", now=NOW, actor="test"
    )
    erasure.erase_family(place.db, alone, now=NOW, actor="test", keys=place.keys)
    found, checked = place.restored(path)
    assert checked.gone == 1
    for table in ("respondent", "response", "visit", "sheet"):
        whose = "id" if table == "respondent" else "respondent_id"
        assert [row for row in found[table] if row[whose] == father] == []
        others = [row for row in before[table] if row[whose] != father]
        assert found[table] == others
    assert found["child"] == before["child"]


def test_children_stay_when_the_one_who_answers_about_them_is_gone(place: Place) -> None:
    path = place.back_up()
    mother, before = place.cast.mother, rows(place.db)
    place.keys.throw_away({key_of(place.db, respondent_id=mother)})
    place.keys.renew_copy()
    found, _ = place.restored(path)
    assert {row["id"]: row["reporter_id"] for row in found["child"]} == {
        row["id"]: None if row["reporter_id"] == mother else row["reporter_id"] for row in before["child"]
    }
    for answered_by, stays in ((mother, False), (place.cast.father, True)):
        own = [row for row in before["response"] if row["respondent_id"] == answered_by]
        assert own
        assert [row for row in found["response"] if row["respondent_id"] == answered_by] == own * stays


def test_whoever_is_gone_nothing_that_is_left_refers_to_them(sqlite_db: Database, tmp_path: Path) -> None:
    lived_in(sqlite_db, people.settle(sqlite_db))
    keys = PeopleKeys(tmp_path)
    path = backups.make(sqlite_db, [PUBLIC], tmp_path, by="test", people=keys).path
    everybody = keys.secrets()
    assert len(everybody) > 12
    for name in everybody:
        checked = backups.check(path, SECRET, {each: key for each, key in everybody.items() if each != name})
        assert (checked.problems, checked.gone) == ((), 1)
        assert checked.left_out


def test_every_table_that_erasure_reaches_is_sealed(place: Place) -> None:
    place.keys.fill(place.db)
    with place.db.read() as connection:
        reached = {table.name for table in erasure._doomed(connection, place.cast.family_id)}
        owned = {table.name for table in owners.owned(connection)}
    assert reached - set(PICTURES) <= owned
    assert {"event", "batch", "job", "job_file"} <= owned


def test_who_has_the_secret_key_of_backups_alone_reads_nothing_of_anybody(
    place: Place, tmp_path: Path
) -> None:
    path = place.back_up()
    (tmp_path / "open").mkdir()
    opened_backup = archive.unseal(path, SECRET, tmp_path / "open")
    plain = readable(opened_backup.content, place.db)
    assert opened_backup.people
    for word in (place.cast.family_code, "Moeder ziek", "a pack of the family"):
        assert word.encode() not in plain
        assert word.encode() not in opened_backup.people.read_bytes()
    with pytest.raises(backups.KeysNeeded):
        backups.check(path, SECRET)
    with pytest.raises(backups.KeysNeeded):
        backups.restore(path, SECRET, place.restored_url, by="test")
    with opened(place.restored_url) as empty, empty.read() as connection:
        assert sa.inspect(connection).get_table_names() == []


def readable(content: Path, db: Database) -> bytes:
    """What the database in a backup says."""
    if db.dialect == "sqlite":
        return content.read_bytes()
    script = content.with_name("said.sql")
    programs.dump_script(content, script, "pre-data", "data", "post-data")
    return script.read_bytes()


def test_a_portion_that_was_changed_or_cut_off_is_found_out(place: Place, tmp_path: Path) -> None:
    path = place.back_up()
    kept = read_copy(place.folder / COPY, SECRET)
    (tmp_path / "open").mkdir()
    found = archive.unseal(path, SECRET, tmp_path / "open")
    assert found.people
    whole = found.people.read_bytes()
    end_of_head = whole.index(b"\n")
    for broken in (
        whole[: end_of_head + 20] + b"!" + whole[end_of_head + 21 :],
        whole.replace(b'"table": "family"', b'"table": "child"', 1),
        whole[:-5],
        b"nonsense\n" + whole,
    ):
        found.people.write_bytes(broken)
        manifest = found.manifest.with_people(found.manifest.people, found.people)
        archive.seal(manifest, found.content, tmp_path / "changed.age", [PUBLIC], found.people)
        with pytest.raises(backups.BrokenBackup):
            backups.check(tmp_path / "changed.age", SECRET, kept)
        with pytest.raises(backups.BrokenBackup):
            backups.restore(tmp_path / "changed.age", SECRET, place.restored_url, by="test", people=kept)
    archive.seal(found.manifest, found.content, tmp_path / "swapped.age", [PUBLIC], found.people)
    with pytest.raises(backups.BrokenBackup, match="not the one"):
        backups.check(tmp_path / "swapped.age", SECRET, kept)


def test_names_and_numbers_in_the_contact_store_go_with_their_key(place: Place, places: Places) -> None:
    terms = Terms("mail", "12345", 9, 18, T0, T0.replace(year=2027))
    cast = place.cast
    kind = kind_of(place.db)
    with places.upgraded(kind, CONTACTS) as store, places.empty(kind) as url:
        book = Book(store, Keys([fresh()]))
        for respondent in (cast.mother, cast.father, 999):
            book.keep(respondent, Details(email="a@example.org"), terms, now=NOW, actor="test")
        backups.make(place.db, [PUBLIC], place.folder, by="test", now=NOW, contacts=store, people=place.keys)
        (path,) = place.folder.glob("contacts-*.age")
        kept = dict(read_copy(place.folder / COPY, SECRET))
        assert backups.check(path, SECRET, kept).problems == ()
        del kept[key_of(place.db, respondent_id=cast.mother)]
        found = backups.restore(path, SECRET, url, by="test", people=kept)
        assert (found.problems, found.left_out, found.gone) == ((), 1, 1)
        with opened(url, CONTACTS) as back:
            # Whom the study does not know stays: nobody can be asked to erase them.
            assert Book(back, Keys([fresh()])).everybody() == {cast.father, 999}


def test_who_comes_while_a_backup_is_made_has_a_key_in_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill, late = PeopleKeys.fill, [2]

    def with_somebody_after(keys: PeopleKeys, db: Database) -> int:
        given = fill(keys, db)
        if late[0]:
            late[0] -= 1
            families.add_family(
                db, place.cast.study_id, 1, T0, parents=[families.Parent()], children=[], now=NOW
            )
        return given

    monkeypatch.setattr(PeopleKeys, "fill", with_somebody_after)
    found, _ = place.restored(place.back_up())
    assert len(found["family"]) == 4
    assert len(found["person_key"]) == sum(len(found[kind]) for kind in owners.PEOPLE)
    late[0] = 100
    with pytest.raises(backups.CannotBackUp, match="quieter"):
        place.back_up()


def test_without_the_store_of_keys_no_backup_is_made_and_their_copy_stays(
    place: Place, tmp_path: Path
) -> None:
    place.back_up()
    copy = (place.folder / COPY).read_bytes()
    there = sorted(place.folder.iterdir())
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(backups.CannotBackUp, match="MEETMOMENT_ERASURE_DIR"):
        backups.make(place.db, [PUBLIC], place.folder, by="test", people=PeopleKeys(empty))
    assert sorted(place.folder.iterdir()) == there
    assert (place.folder / COPY).read_bytes() == copy


def test_a_study_of_a_form_without_keys_is_backed_up_whole(place: Place) -> None:
    place.db.write(lambda connection: connection.exec_driver_sql("DROP TABLE person_key"))
    path = place.back_up()
    checked = backups.check(path, SECRET)
    assert (checked.problems, checked.manifest.format, dict(checked.manifest.people)) == ((), 1, {})
