"""Backups: whole, of one moment, unreadable to the server, and put back to the last row."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from survey import audit, backups, cli, moments
from survey.answers import Sitting
from survey.backups import archive, copying, daily, making
from survey.contacts import Book, Details, Terms
from survey.contacts.keys import Keys, fresh
from survey.db import Database
from survey.fieldwork import erasure, leaving
from survey.jobs import queue
from survey.jobs.work import Work
from survey.people_keys import COPY, PeopleKeys
from survey.scans import piles
from survey.settings import Settings
from tests import people, postgres
from tests.kinds import CONTACTS, Places, kind_of, opened, url_of
from tests.people import Cast
from tests.survey.paper import printing, scanning
from tests.survey.sittings import save

SECRET, PUBLIC = archive.new_identity()
NOW = people.at(people.T0)


def rows(db: Database) -> Mapping[str, list[object]]:
    """Everything there is."""
    with db.read() as connection:
        names = sa.inspect(connection).get_table_names()
        return {
            name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"').fetchall()))
            for name in names
        }


@pytest.fixture
def empty_place(db: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Hands out the URL of an empty place of the same kind."""

    def hand_out() -> str:
        if db.dialect == "sqlite":
            (tmp_path / "other").mkdir(exist_ok=True)
            return f"sqlite:///{tmp_path / 'other' / 'study.db'}"
        server: postgres.Server = request.getfixturevalue("postgres_server")
        context = server.fresh()
        url = context.__enter__()
        request.addfinalizer(lambda: context.__exit__(None, None, None))
        return url

    return hand_out


def test_a_rehearsal_brings_back_every_row(
    db: Database, cast: Cast, sitting: Sitting, tmp_path: Path, empty_place: Callable[[], str]
) -> None:
    save(db, sitting, {"1": 3, "2": 4})
    before = rows(db)
    made = backups.make(db, [PUBLIC], tmp_path, by="test", now=NOW)
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert backups.last_made(db) == NOW
    # The world goes on, and then ends.
    save(db, sitting, {"1": 1}, "s2")
    checked = backups.check(made.path, SECRET)
    assert checked.problems == ()
    assert checked.manifest.counts["answer"] == 2
    assert dict(checked.manifest.counts) == {name: len(found) for name, found in before.items()}
    url = empty_place()
    assert backups.restore(made.path, SECRET, url, by="test").problems == ()
    back = Database(url)
    try:
        found = {name: list(listed) for name, listed in rows(back).items()}
        restored = audit.of(back, "study 1")[-1]
        assert restored.action == "backup.restored"
        for name in ("event", "seal"):
            assert len(found[name]) == len(before[name]) + 1
            assert set(before[name]) < set(found[name])
        others = {name for name in before if name not in ("event", "seal")}
        assert {name: found[name] for name in others} == {name: before[name] for name in others}
        assert audit.verify(back, head=made.manifest.head).problems == ()
        assert back.is_current()
        save(back, sitting, {"3": 5}, "s3")
    finally:
        back.dispose()
    with pytest.raises(backups.NotEmpty):
        backups.restore(made.path, SECRET, url, by="test")


def test_no_backup_holds_a_picture_of_a_scan_and_the_form_is_scanned_again(
    db: Database, cast: Cast, tmp_path: Path, empty_place: Callable[[], str]
) -> None:
    code = printing.print_sheet(db, cast.mother, "who5")
    page = scanning.page(db, code, 1, {"1": 5})
    scanning.scan(db, page)
    waiting = scanning.hand_in(db, [b"handwriting" * 1000])
    made = backups.make(db, [PUBLIC], tmp_path, by="test", now=NOW)
    assert backups.check(made.path, SECRET).problems == ()
    url = empty_place()
    assert backups.restore(made.path, SECRET, url, by="test").problems == ()
    back = Database(url)
    try:
        found = rows(back)
        assert (found["scan_picture"], found["scan_part"], len(found["scan_reading"])) == ([], [], 5)
        assert list(scanning.worker(back, page).read_all()) == [waiting]
        assert [file.status for file in piles.get(back, waiting).files] == ["failed"]
        assert piles.forms(back) == ()
        scanning.scan(back, page)
        assert [form.sides for form in piles.forms(back)] == [(1,)]
    finally:
        back.dispose()
    assert len(rows(db)["scan_picture"]) == 1


def test_nobody_waits_for_a_backup_and_it_is_of_one_moment(db: Database, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            db.write(lambda connection: audit.append(connection, "test", "x", "thing 1", NOW))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        checked = [
            backups.check(
                backups.make(db, [PUBLIC], tmp_path, by="test", now=NOW.replace(minute=turn)).path, SECRET
            )
            for turn in range(3)
        ]
    finally:
        stop.set()
        writer.join()
    assert [found.problems for found in checked] == [(), (), ()]
    assert all(found.manifest.counts["event"] == found.manifest.counts["seal"] for found in checked)


def test_only_the_right_key_opens_a_backup_and_damage_is_noticed(chosen_db: Database, tmp_path: Path) -> None:
    path = backups.make(chosen_db, [PUBLIC], tmp_path, by="test").path
    whole = path.read_bytes()
    assert b"SQLite format" not in whole
    with pytest.raises(backups.WrongKey):
        backups.check(path, archive.new_identity()[0])
    for broken in (whole[:-100], whole[:5000] + b"x" + whole[5001:], b"", b"nonsense"):
        path.write_bytes(broken)
        with pytest.raises(backups.BrokenBackup):
            backups.check(path, SECRET)
    for key in ("", "# nothing", PUBLIC, "AGE-SECRET-KEY-1NONSENSE"):
        with pytest.raises(backups.BadKey):
            backups.check(path, key)


def test_a_backup_that_lies_about_itself_is_found_out(db: Database, cast: Cast, tmp_path: Path) -> None:
    made = backups.make(db, [PUBLIC], tmp_path, by="test")
    (tmp_path / "open").mkdir()
    opened = archive.unseal(made.path, SECRET, tmp_path / "open")
    manifest, content = opened.manifest, opened.content
    told = dict(manifest.counts) | {"respondent": 99}
    archive.seal(replace(manifest, counts=told), content, tmp_path / "lying.age", [PUBLIC])
    (problem,) = backups.check(tmp_path / "lying.age", SECRET).problems
    assert problem.startswith("respondent has ")
    assert problem.endswith("and had 99")
    archive.seal(replace(manifest, sha256="0" * 64), content, tmp_path / "swapped.age", [PUBLIC])
    with pytest.raises(backups.BrokenBackup, match="not the one"):
        backups.check(tmp_path / "swapped.age", SECRET)


def test_a_full_disk_leaves_no_half_backup(
    chosen_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.pyrage, "encrypt_io", full)
    with pytest.raises(backups.CannotBackUp, match="No space left"):
        backups.make(chosen_db, [PUBLIC], folder, by="test")
    assert list(folder.iterdir()) == []
    assert backups.last_made(chosen_db) is None


def test_a_secret_key_on_the_server_is_refused_before_anything_is_copied(
    chosen_db: Database, tmp_path: Path
) -> None:
    for keys in ([], [SECRET.split()[-1]], ["age1nonsense"]):
        with pytest.raises(backups.BadKey):
            backups.make(chosen_db, keys, tmp_path / "not there", by="test")


def test_the_worker_makes_one_a_day_and_keeps_the_newest(
    chosen_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    monkeypatch.setattr(daily, "KEEP", 2)
    now = [NOW]
    settings = Settings(
        secret_key="k" * 32, database_url=url_of(chosen_db), backup_keys=(PUBLIC,), backup_dir=folder,
        clock=lambda: now[0],
    )  # fmt: skip
    job = queue.enqueue(chosen_db, "backup", by="system")
    for day in range(1, 4):
        now[0] = NOW.replace(day=day)
        assert daily.run(Work(settings, chosen_db, job)) == f"meetmoment-2026090{day}T120000Z.age"
    assert sorted(path.name for path in folder.iterdir()) == [
        "meetmoment-20260902T120000Z.age", "meetmoment-20260903T120000Z.age",
    ]  # fmt: skip
    assert daily.run(Work(replace(settings, backup_dir=None), chosen_db, job)) == "not set up"


def test_the_commands_make_keys_a_backup_and_the_check_of_it(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_place: Callable[[], str]
) -> None:
    run = CliRunner().invoke
    secret = tmp_path / "secret.txt"
    said = run(cli.main, ["backup", "key", str(secret)]).output
    public = said.split("MEETMOMENT_BACKUP_KEYS=")[1].strip()
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert run(cli.main, ["backup", "key", str(secret)]).exit_code == 2
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", url_of(db))
    assert "age1" not in run(cli.main, ["backup", "--to", str(tmp_path)]).output
    monkeypatch.setenv("MEETMOMENT_BACKUP_KEYS", public)
    assert run(cli.main, ["backup"]).exit_code == 2, "it was not said whereto"
    made = run(cli.main, ["backup", "--to", str(tmp_path), "--keep", "1"])
    assert made.exit_code == 0, made.output
    (path,) = tmp_path.glob("meetmoment-*.age")
    words = ["restore", str(path), "--identity", str(secret)]
    checked = run(cli.main, [*words, "--check"])
    assert (checked.exit_code, "every count as it was" in checked.output) == (0, True), checked.output
    assert run(cli.main, words).exit_code == 2
    restored = run(cli.main, [*words, "--into", empty_place()])
    assert (restored.exit_code, "It is there" in restored.output) == (0, True), restored.output
    path.write_bytes(path.read_bytes()[:-1])
    assert run(cli.main, [*words, "--check"]).exit_code == 1


def test_on_the_command_line_the_keys_of_people_are_found_beside_the_backup_or_named(
    chosen_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = people.settle(chosen_db)
    run = CliRunner().invoke
    secret, folder, elsewhere = tmp_path / "secret.txt", tmp_path / "backups", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    public = run(cli.main, ["backup", "key", str(secret)]).output.split("MEETMOMENT_BACKUP_KEYS=")[1].strip()
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", url_of(chosen_db))
    monkeypatch.setenv("MEETMOMENT_BACKUP_KEYS", public)
    monkeypatch.setenv("MEETMOMENT_BACKUP_DIR", str(folder))
    monkeypatch.setenv("MEETMOMENT_ERASURE_DIR", str(elsewhere))
    assert run(cli.main, ["backup"]).exit_code == 0
    (path,) = folder.glob("meetmoment-*.age")
    words = ["restore", str(path), "--identity", str(secret), "--check"]
    whole = run(cli.main, words)
    assert (whole.exit_code, "Left out" in whole.output) == (0, False), whole.output
    leaving.stop(chosen_db, cast.family_id, "unknown", "erase", now=NOW, actor="test")
    store = PeopleKeys(elsewhere, folder, (public,))
    erasure.erase_family(chosen_db, cast.family_id, now=NOW, actor="test", keys=store)
    left = run(cli.main, words)
    assert (left.exit_code, "people whose keys were thrown away" in left.output) == (0, True), left.output
    copy = (folder / COPY).rename(tmp_path / "moved.age")
    without = run(cli.main, words)
    assert (without.exit_code, "--people-keys" in without.output) == (2, True), without.output
    assert run(cli.main, [*words, "--people-keys", str(copy)]).output == left.output
    assert run(cli.main, [*words, "--people-keys", str(path)]).exit_code == 1


def test_a_database_that_is_away_or_a_disk_that_fills_up_is_told_in_one_line(
    chosen_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sa.exc.OperationalError("DELETE FROM answer", None, sqlite3.OperationalError("disk is full"))

    monkeypatch.setattr(copying, "copy", full)
    with pytest.raises(backups.CannotBackUp, match=r"^no backup was made in .*disk is full$"):
        backups.make(chosen_db, [PUBLIC], tmp_path, by="test")
    assert list(tmp_path.glob("*.age")) == []


def test_when_the_last_backup_was_made_is_known(chosen_db: Database) -> None:
    assert making.last_made(chosen_db) is None
    chosen_db.write(
        lambda connection: audit.append(connection, "system", "backup.made", "study 1", moments.now())
    )
    assert making.last_made(chosen_db) is not None


def test_the_contact_store_goes_into_a_file_of_its_own_and_comes_back(
    db: Database, places: Places, tmp_path: Path, empty_place: Callable[[], str]
) -> None:
    keys = Keys((fresh(),))
    details = Details(name="Sanne de Vries", email="sanne@example.org")
    terms = Terms("mail", "12345", 9, 17, NOW.date(), NOW.date())
    with places.upgraded(kind_of(db), CONTACTS) as kept:
        Book(kept, keys).keep(7, details, terms, now=NOW, actor="test")
        made = backups.make(db, [PUBLIC], tmp_path, by="test", now=NOW, contacts=kept)
    assert "contact" not in made.manifest.counts, "names and answers never lie in one file"
    (other,) = tmp_path.glob("contacts-2*.age")
    checked = backups.check(other, SECRET)
    assert (checked.problems, checked.manifest.store) == ((), "contacts")
    assert checked.manifest.counts["contact"] == 1
    back = empty_place()
    assert backups.restore(other, SECRET, back, by="test").problems == ()
    with opened(back, CONTACTS) as there:
        assert Book(there, keys).read(7) == details
