"""What a live study refuses to start with, keys that change, secrets in files, and logs that tell nothing."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey import discretion, safety
from survey.db import Database
from survey.engines import UnusableDatabase
from survey.keys import Keyring
from survey.settings import BadSettings, Settings

GOOD = Settings(
    secret_key=secrets.token_hex(32),
    database_url="postgresql://survey@localhost/study",
    base_url="https://vragen.gemeente.nl",
    https=True,
    proxies=1,
)
FILES = {"MEETMOMENT_DATABASE_URL": "sqlite:///study.db"}


def test_a_well_kept_installation_may_serve_real_people() -> None:
    assert safety.obstacles(GOOD, {}) == ()
    assert safety.obstacles(replace(GOOD, sheet_key=secrets.token_urlsafe(32)), {}) == ()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"secret_key": "k" * 40}, "SECRET_KEY: the key can be guessed"),
        ({"secret_key": "kJ3!vQ9zLx" * 4}, "SECRET_KEY: the key can be guessed"),
        ({"secret_key": "Please-ChangeMe-in-production-4711!"}, "SECRET_KEY: the key can be guessed"),
        ({"sheet_key": "0123456789abcdef0123456789abcdeg"}, "SHEET_KEY: the key can be guessed"),
        ({"sheet_key": GOOD.secret_key}, "SHEET_KEY: is the same"),
        ({"old_secret_keys": (GOOD.secret_key,)}, "OLD_SECRET_KEYS: holds the key that is in use"),
        ({"base_url": "http://vragen.gemeente.nl", "https": False}, "in the open"),
        ({"https": False}, "in the open"),
        ({"base_url": "https://vragen.example.org"}, "no machine that a family can reach"),
        ({"base_url": "https://localhost"}, "no machine that a family can reach"),
        ({"proxies": 0}, "MEETMOMENT_PROXIES: is 0"),
        ({"database_url": "postgresql://survey@db.gemeente.nl/study"}, "sslmode=verify-full"),
        ({"database_url": "postgresql://survey@db.gemeente.nl/study?sslmode=prefer"}, "sslmode=verify-full"),
        (
            {"database_url": "postgresql://survey@/study?host=127.0.0.1&host=10.0.0.2:5433"},
            "sslmode=verify-full",
        ),
        ({"contacts_url": "postgresql://names@db.gemeente.nl/names"}, "MEETMOMENT_CONTACTS_URL"),
        ({"smtp_url": "smtp://mail.gemeente.nl"}, "MEETMOMENT_SMTP_URL: links would travel in the open"),
        ({"text_url": "http://sms.gemeente.nl"}, "MEETMOMENT_TEXT_URL: links and numbers"),
    ],
)
def test_each_thing_that_is_unsafe_is_told_with_what_to_do(changed: dict[str, object], told: str) -> None:
    (line,) = safety.obstacles(replace(GOOD, **changed), {})  # type: ignore[arg-type]
    assert told in line
    for secret in (GOOD.secret_key, str(changed.get("secret_key", "-" * 9))):
        assert secret not in line


@pytest.mark.parametrize("name", ["FLASK_DEBUG", "PYTHONDEVMODE"])
def test_debugging_is_not_for_real_people(name: str) -> None:
    assert len(safety.obstacles(GOOD, {name: "1"})) == 1
    assert safety.obstacles(GOOD, {name: "0"}) == ()


def test_a_database_far_away_is_good_over_tls() -> None:
    far = replace(GOOD, database_url="postgresql://survey@db.gemeente.nl/study?sslmode=verify-full")
    assert safety.obstacles(far, {}) == ()


def test_a_file_that_everybody_can_read_is_no_place_for_answers(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    settings = replace(GOOD, database_url=f"sqlite:///{file}")
    file.touch(0o644)
    (line,) = safety.obstacles(settings, {})
    assert f"chmod o-rwx {file}" in line
    file.chmod(0o640)
    assert safety.obstacles(settings, {}) == ()


def test_a_new_database_file_and_its_companions_are_the_owners_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'study.db'}")
    database.upgrade()
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    database.dispose()
    assert {"study.db", "study.db-wal", "study.db-turn"} <= set(modes)
    assert set(modes.values()) == {0o600}


# --- secrets in files


def write(folder: Path, name: str, text: str, mode: int = 0o400) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def test_every_secret_can_stand_in_a_file(tmp_path: Path) -> None:
    key, old = secrets.token_hex(32), [secrets.token_hex(32), secrets.token_hex(32)]
    settings = Settings.from_environment(
        {
            "MEETMOMENT_SECRET_KEY_FILE": write(tmp_path, "key", f"{key}\n"),
            "MEETMOMENT_SHEET_KEY_FILE": write(tmp_path, "sheet", f"{key[::-1]}\n"),
            "MEETMOMENT_OLD_SECRET_KEYS_FILE": write(tmp_path, "old", "\n".join(old)),
            "MEETMOMENT_DATABASE_URL_FILE": write(tmp_path, "url", "postgresql://a:pass@b/c\n"),
        }
    )
    assert (settings.secret_key, settings.sheet_key) == (key, key[::-1])
    assert settings.old_secret_keys == tuple(old)
    assert settings.database_url == "postgresql://a:pass@b/c"


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [
        ("", 0o400, "is empty"),
        ("short", 0o400, "at least 32 random characters"),
        ("x" * 40, 0o602, "can be written by everybody"),
    ],
)
def test_a_file_that_is_no_good_is_told_by_its_name_and_never_by_its_content(
    tmp_path: Path, content: str, mode: int, told: str
) -> None:
    file = write(tmp_path, "key", content, mode)
    with pytest.raises(BadSettings, match=told) as refused:
        Settings.from_environment(FILES | {"MEETMOMENT_SECRET_KEY_FILE": file})
    assert len(str(refused.value).splitlines()) == 1
    assert not content or content not in str(refused.value)


def test_a_file_that_is_not_there_and_a_secret_given_twice_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="cannot be read"):
        Settings.from_environment(FILES | {"MEETMOMENT_SECRET_KEY_FILE": str(tmp_path / "none")})
    twice = {"MEETMOMENT_SECRET_KEY": "x" * 40, "MEETMOMENT_SECRET_KEY_FILE": write(tmp_path, "k", "y" * 40)}
    with pytest.raises(BadSettings, match="given twice"):
        Settings.from_environment(FILES | twice)


def test_former_keys_must_be_whole(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="OLD_SECRET_KEYS"):
        Settings.from_environment(
            FILES | {"MEETMOMENT_SECRET_KEY": "x" * 40, "MEETMOMENT_OLD_SECRET_KEYS": "a b"}
        )


# --- keys that change


def test_what_was_made_with_a_former_key_is_still_believed_and_nothing_is_made_with_it() -> None:
    before, after = Keyring(b"old"), Keyring(b"new", (b"old",))
    made = before.digest("thing", "x")
    assert made in after.digests("thing", "x")
    assert after.digest("thing", "x") == Keyring(b"new").digest("thing", "x") != made
    assert made not in Keyring(b"new").digests("thing", "x")
    assert made not in before.digests("another thing", "x")
    assert b"old" not in repr(after).encode()


def test_the_codes_on_paper_survive_each_change_of_key() -> None:
    first = replace(GOOD, secret_key="1" * 32)
    apart = replace(GOOD, secret_key="1" * 32, sheet_key="2" * 32)
    changed = replace(GOOD, secret_key="3" * 32, old_secret_keys=("1" * 32,), sheet_key="2" * 32)
    again = replace(changed, sheet_key="4" * 32, old_sheet_keys=("2" * 32,))
    assert [one.paper_key.decode()[0] for one in (first, apart, changed, again)] == ["1", "2", "2", "4"]
    assert [[key.decode()[0] for key in one.paper_keys] for one in (apart, changed, again)] == [
        ["2", "1"],
        ["2", "3", "1"],
        ["4", "2", "3", "1"],
    ]


# --- logs


def test_a_failure_is_written_down_without_what_was_being_handled() -> None:
    try:
        try:
            int("an answer of somebody")
        except ValueError as error:
            raise KeyError("S3cretT0ken") from error
    except KeyError as error:
        told = discretion.told(error)
    assert "builtins.KeyError" in told
    assert "after builtins.ValueError" in told
    assert "test_safety.py" in told
    assert "S3cret" not in told.replace('raise KeyError("S3cretT0ken")', "")
    assert "invalid literal" not in told


def test_a_failing_statement_does_not_quote_what_it_was_given(db: Database) -> None:
    def fail(connection: sa.Connection) -> None:
        connection.execute(sa.text("SELECT * FROM nowhere WHERE x = :x"), {"x": "an answer"})

    with pytest.raises(sa.exc.DBAPIError) as failed:
        db.write(fail)
    assert "an answer" not in str(failed.value)


def test_a_database_url_that_makes_no_sense_is_refused_without_showing_its_password() -> None:
    with pytest.raises(UnusableDatabase) as refused:
        Database("postgresql:/survey:S3cret@host/name?x=%%%:::")
    assert "S3cret" not in str(refused.value)
