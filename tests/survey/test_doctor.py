"""The doctor: what is not well is found, and each finding says how it is mended."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey import audit, doctor, jobs, professionals, studies
from survey.accounts import demonstration, second_factor
from survey.backups import archive
from survey.cli import main
from survey.db import Database
from survey.feedback import naming
from survey.fieldwork.erasure_ledger import FILE, Ledger
from survey.people_keys import PeopleKeys
from survey.settings import Settings
from tests.people import T0

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
_, PUBLIC = archive.new_identity()
Run = Callable[..., Result]


@pytest.fixture
def settings(db: Database, tmp_path: Path) -> Settings:
    """An installation that is as it should be, of a study that is a demonstration."""
    studies.create(db, "proef", "demo", now=NOON)
    db.write(lambda connection: audit.append(connection, "system", "backup.made", "study 1", NOON))
    url = db.url.set(drivername=db.dialect).render_as_string(hide_password=False)
    return Settings(
        secret_key="3f9c1b7d5e2a8046c7d9e1f3a5b7092c", sheet_key="8d2e6a9f1c4b7053e9f2d4c6a8b0174e",
        database_url=url, base_url="https://vragen.meetmoment.nl", https=True, proxies=1,
        backup_keys=(PUBLIC,), backup_dir=tmp_path, erasure_dir=tmp_path, clock=lambda: NOON,
    )  # fmt: skip


def look(settings: Settings, db: Database) -> dict[str, doctor.Finding]:
    """What was found, by what it is about."""
    found = list(doctor.examine(settings, db))
    for finding in found:
        assert bool(finding.mend) == (finding.state != "well"), finding
    return {finding.about: finding for finding in found}


def test_a_good_installation_is_well_but_for_what_a_demonstration_lacks(
    settings: Settings, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDEVMODE", raising=False)
    found = look(settings, db)
    if db.dialect == "postgresql":
        del found["time"]  # the clock of this test stands still, that of the server does not
    off = {about for about, finding in found.items() if finding.state != "well"}
    assert off <= {"wording", "letters", "disk", "fonts"}
    assert found["wording"].state == "doubtful"
    assert found["backups"].state == "well"


def test_a_live_study_may_not_be_what_a_demonstration_may(sqlite_db: Database) -> None:
    studies.create(sqlite_db, "echt", "live", now=NOON)
    url = sqlite_db.url.render_as_string(hide_password=False)
    found = list(
        doctor.examine(Settings(secret_key="k" * 32, database_url=url, clock=lambda: NOON), sqlite_db)
    )
    assert {one.state for one in found if one.about == "settings"} == {"bad"}
    assert {one.state for one in found if one.about == "wording"} == {"bad"}
    assert any("MEETMOMENT_SHEET_KEY" in one.mend for one in found if one.about == "keys")


def test_backups_that_are_missed_or_cannot_be_made_are_told(settings: Settings, db: Database) -> None:
    later = replace(settings, clock=lambda: NOON + dt.timedelta(days=3))
    assert "72 hours" in look(later, db)["backups"].found
    assert look(replace(settings, backup_keys=()), db)["backups"].state == "bad"
    assert "age1" in look(replace(settings, backup_keys=("nonsense",)), db)["backups"].mend


def test_an_erasure_that_would_not_outlive_a_backup_is_told(
    settings: Settings, db: Database, tmp_path: Path
) -> None:
    assert "MEETMOMENT_ERASURE_DIR" in look(replace(settings, erasure_dir=None), db)["erasures"].mend
    Ledger.of(settings).note("K7P4WX", NOON)  # type: ignore[union-attr]
    assert look(settings, db)["erasures"].found == "1 in the ledger"
    changed = replace(settings, secret_key=settings.secret_key[::-1])
    assert "OLD_SECRET_KEYS" in look(changed, db)["erasures"].mend
    known = replace(changed, old_secret_keys=(settings.secret_key,))
    assert look(known, db)["erasures"].state == "well"
    (tmp_path / FILE).write_text("half a li", encoding="utf-8")
    assert look(settings, db)["erasures"].state == "bad"


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_keys_of_people_that_are_away_or_not_copied_are_told(
    settings: Settings, db: Database, tmp_path: Path
) -> None:
    assert look(settings, db)["people's keys"].found == "the first backup makes them"
    professionals.add(db, 1, "linking_pin", T0, now=NOON)
    keys = PeopleKeys(tmp_path, tmp_path, (PUBLIC,))
    keys.fill(db)
    assert look(settings, db)["people's keys"].mend.startswith("run: survey backup;")
    assert keys.renew_copy()
    assert look(settings, db)["people's keys"].found == "1, and the sealed copy is up to date"
    keys.file.unlink()
    assert "1 are not in" in look(settings, db)["people's keys"].found
    assert not keys.file.exists()
    keys.file.write_bytes(b"no database" * 100)
    assert "survey backup people-keys" in look(settings, db)["people's keys"].mend


def test_second_factors_that_need_a_former_key_or_one_that_is_gone_are_told(
    settings: Settings, db: Database
) -> None:
    assert look(settings, db)["second factors"].state == "well"
    demonstration.staff(db, NOON, secret_key=settings.secret_key)
    assert look(settings, db)["second factors"].state == "well"
    changed = replace(settings, secret_key="9d1e6c0a8f4b72e35d1908c7a6b3f240")
    assert "survey accounts reset" in look(changed, db)["second factors"].mend
    known = replace(changed, old_secret_keys=(settings.secret_key,))
    assert look(known, db)["second factors"].mend == "run: survey keys renew"
    db.write(lambda connection: second_factor.renew_seals(connection, known.secret_keys))
    assert look(changed, db)["second factors"].state == "well"


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_ledger_of_releases_whose_key_is_gone_or_former_is_told(settings: Settings, db: Database) -> None:
    assert look(settings, db)["releases"].found == "none was made yet"
    naming.of_study(db, 1, settings.secret_keys, now=NOON)
    assert look(settings, db)["releases"].state == "well"
    changed = replace(settings, secret_key="9d1e6c0a8f4b72e35d1908c7a6b3f240")
    assert (look(changed, db)["releases"].state, "can be made" in look(changed, db)["releases"].mend) == (
        "bad",
        True,
    )
    known = replace(changed, old_secret_keys=(settings.secret_key,))
    assert look(known, db)["releases"].mend == "run: survey keys renew"


def test_work_that_nobody_does_is_told(settings: Settings, db: Database) -> None:
    jobs.enqueue(db, "tidy", by="test", now=NOON - dt.timedelta(minutes=10))
    found = look(settings, db)["long work"]
    assert (found.state, "survey worker" in found.mend) == ("bad", True)


def test_a_mail_server_that_does_not_answer_is_told(settings: Settings, db: Database) -> None:
    assert look(settings, db)["mail"].state == "well"
    named = replace(settings, smtp_url="smtp://127.0.0.1:1", mail_from="x@meetmoment.nl")
    assert "MEETMOMENT_SMTP_URL" in look(named, db)["mail"].mend


def test_a_clock_that_went_back_is_told(settings: Settings, db: Database) -> None:
    yesterday = replace(settings, clock=lambda: NOON - dt.timedelta(days=1))
    assert look(yesterday, db)["time"].state == "bad"


def test_a_postgresql_that_does_not_wait_for_its_disk_is_told(postgres_db: Database, tmp_path: Path) -> None:
    postgres_db.write(
        lambda connection: connection.exec_driver_sql(
            f"ALTER DATABASE {postgres_db.url.database} SET synchronous_commit = off"
        )
    )
    postgres_db.dispose()
    studies.create(postgres_db, "proef", "demo", now=NOON)
    settings = Settings(secret_key="k" * 32, database_url="postgresql://localhost/x", clock=lambda: NOON)
    found = look(settings, postgres_db)["durability"]
    assert (found.state, "synchronous_commit" in found.found) == ("bad", True)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in [name for name in os.environ if name.startswith("MEETMOMENT_")]:
        monkeypatch.delenv(name)
    return lambda *words, **options: CliRunner().invoke(main, list(words), **options)


def test_the_command_says_what_to_mend_also_when_there_is_nothing_yet(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = run("doctor")
    assert (empty.exit_code, "MEETMOMENT_SECRET_KEY" in empty.output) == (1, True)
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", "sqlite:////nowhere/at/all.db")
    assert "cannot be reached" in run("doctor").output
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", f"sqlite:///{tmp_path / 'study.db'}")
    assert "survey study upgrade" in run("doctor").output
    Database(f"sqlite:///{tmp_path / 'study.db'}").upgrade()
    found = run("doctor", "--json")
    told = {one["about"]: one for one in json.loads(found.output.partition("\n]")[0] + "\n]")}
    assert told["study"]["mend"] == "run: survey init"
    assert found.exit_code == 1


ANSWERS = ("--key", "proef", "--base-url", "https://vragen.meetmoment.nl", "--admin", "a@meetmoment.nl")


def test_a_study_begins_in_a_few_questions_and_ends_with_the_link_of_its_admin(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "study"
    asked = run("init", str(folder), input="proef\nnl en\nhttps://vragen.meetmoment.nl\n\na@meetmoment.nl\n")
    assert asked.exit_code == 0, asked.output
    link = asked.output.strip().splitlines()[-1]
    assert link.startswith("https://vragen.meetmoment.nl/desk/invitation/")
    file = folder / "meetmoment.env"
    assert file.stat().st_mode & 0o077 == 0
    for line in file.read_text().splitlines()[1:]:
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value.strip("'"))
    settings = Settings.from_environment()
    assert settings.secret_key not in asked.output
    db = Database(settings.database_url)
    study = studies.the_study(db)
    assert study is not None
    assert (study.key, study.kind, study.languages) == ("proef", "live", ("nl", "en"))
    listed = run("accounts", "list").output
    assert "a@meetmoment.nl" in listed
    from survey.web import create_app

    app = create_app(settings)
    page = app.test_client().get(link.removeprefix(settings.base_url), base_url=settings.base_url)
    assert page.status_code == 200
    assert "password" in page.text
    app.extensions["meetmoment"].database.dispose()
    db.dispose()
    again = run("init", str(folder), *ANSWERS, "--languages", "nl", "--database", "")
    assert (again.exit_code, "already" in again.output) == (2, True)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--key", "a b"), "no short name"),
        (("--languages", "xx-yy-zz"), "."),
        (("--base-url", "vragen"), "not an address"),
        (("--admin", "nobody"), "no e-mail address"),
        (("--database", "mysql://x"), "not supported"),
        (("--municipality", "G1"), "not a code and a name"),
    ],
)
def test_what_cannot_be_is_said_and_leaves_no_study(
    run: Run, tmp_path: Path, words: tuple[str, ...], complaint: str
) -> None:
    folder = tmp_path / "study"
    refused = run("init", str(folder), *ANSWERS, "--languages", "nl", "--database", "", *words)
    assert refused.exit_code == 2, refused.output
    assert complaint in refused.output
    assert not (folder / "meetmoment.env").exists()
    assert not (folder / "study.db").exists()
