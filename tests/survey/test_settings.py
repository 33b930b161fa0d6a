"""Settings: from the environment, all problems at once, safe by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.settings import BadSettings, Settings

GOOD = {"MEETMOMENT_SECRET_KEY": "x" * 32, "MEETMOMENT_DATABASE_URL": "sqlite:///study.db"}


def test_the_least_that_is_needed_gives_safe_settings() -> None:
    settings = Settings.from_environment(GOOD)
    assert settings.database_url == "sqlite:///study.db"
    assert settings.visit_idle_minutes == 30
    assert settings.wording_dir is None
    assert settings.clock().tzinfo is not None


def test_everything_can_be_said(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        GOOD
        | {
            "MEETMOMENT_BASE_URL": "https://vragen.example.org/",
            "MEETMOMENT_WORDING_DIR": str(tmp_path),
            "MEETMOMENT_VISIT_IDLE_MINUTES": "45",
            "MEETMOMENT_PROXIES": "1",
        }
    )
    assert settings.base_url == "https://vragen.example.org"
    assert settings.https
    assert settings.wording_dir == tmp_path
    assert (settings.visit_idle_minutes, settings.proxies) == (45, 1)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(BadSettings) as refused:
        Settings.from_environment(
            {
                "MEETMOMENT_SECRET_KEY": "short",
                "MEETMOMENT_BASE_URL": "vragen.example.org",
                "MEETMOMENT_HTTPS": "perhaps",
                "MEETMOMENT_PROTOCOL_PATH": "/no/such/file.yaml",
                "MEETMOMENT_THREADS": "0",
            }
        )
    said = str(refused.value)
    for name in ("SECRET_KEY", "DATABASE_URL", "BASE_URL", "HTTPS", "PROTOCOL_PATH", "THREADS"):
        assert f"MEETMOMENT_{name}: " in said


def test_secrets_are_not_shown() -> None:
    assert "x" * 32 not in repr(Settings.from_environment(GOOD))


def test_a_process_of_our_own_gets_the_same_settings_from_its_environment(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "MEETMOMENT_SECRET_KEY": "s" * 32,
            "MEETMOMENT_OLD_SECRET_KEYS": f"{'o' * 32} {'r' * 32}",
            "MEETMOMENT_SHEET_KEY": "p" * 32,
            "MEETMOMENT_DATABASE_URL": "sqlite:///study.db",
            "MEETMOMENT_BASE_URL": "https://vragen.example.org",
            "MEETMOMENT_HTTPS": "no",
            "MEETMOMENT_WORDING_DIR": str(tmp_path),
            "MEETMOMENT_THREADS": "3",
        }
    )
    assert len(settings.old_secret_keys) == 2
    assert Settings.from_environment(settings.as_environment()) == settings
    assert Settings.from_environment(Settings.from_environment(GOOD).as_environment()).old_secret_keys == ()
    assert not settings.https
