"""For who looks after the service: is it alive, can it work, and figures without anybody in them."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import values

from survey import audit, jobs, links, logs, studies
from survey.db import Database
from survey.settings import Settings
from survey.web import create_app
from tests.people import Cast
from tests.survey.web.conftest import Clock

TOKEN = "t" * 40
Start = Callable[[Settings], FlaskClient]


@pytest.fixture
def watched(db: Database, clock: Clock) -> Settings:
    """An installation that gives figures, with a log for a collector."""
    url = db.url.set(drivername=db.dialect).render_as_string(hide_password=False)
    return Settings(secret_key="k" * 40, database_url=url, metrics_token=TOKEN, log="json", clock=clock)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the service, and closes its connections afterwards."""
    started: list[Flask] = []

    def start(settings: Settings) -> FlaskClient:
        started.append(create_app(settings))
        return started[-1].test_client()

    yield start
    for app in started:
        app.extensions["meetmoment"].database.dispose()


def test_it_says_what_is_missing_until_there_is_a_study(database_url: str, start: Start) -> None:
    client = start(Settings(secret_key="k" * 40, database_url=database_url))
    assert client.get("/health").text == "alive\n"
    answer = client.get("/ready")
    assert (answer.status_code, answer.text) == (503, "tables\n")
    database = Database(database_url)
    database.upgrade()
    assert client.get("/ready").text == "study\n"
    studies.create(database, "test", "demo")
    database.dispose()
    answer = client.get("/ready")
    assert (answer.status_code, answer.text) == (200, "ready\n")


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/study.db", "postgresql://nobody:x@127.0.0.1:1/nothing"]
)
def test_a_database_that_is_away_makes_it_unready_but_not_dead(url: str, start: Start) -> None:
    client = start(Settings(secret_key="k" * 40, database_url=url))
    assert client.get("/health").status_code == 200
    answer = client.get("/ready")
    assert (answer.status_code, answer.text) == (503, "database\n")


def test_figures_are_for_who_has_the_token(watched: Settings, cast: Cast, start: Start) -> None:
    client = start(watched)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN[:-1]}):
        assert client.get("/metrics", headers=headers).status_code == 404
    mute = start(replace(watched, metrics_token=""))
    assert mute.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_figures_count_work_and_know_nobody(
    watched: Settings, db: Database, cast: Cast, clock: Clock, start: Start
) -> None:
    client = start(watched)
    token = links.make(db, respondent_id=cast.mother, now=clock())
    client.post(f"/l/{token}")
    client.get("/mine")
    client.get(f"/nowhere/{token}")
    jobs.enqueue(db, "tidy", by="test", now=clock())
    db.write(lambda connection: audit.append(connection, "system", "backup.made", "study 1", clock()))
    clock.wait(hours=1)
    figures = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    for line in (
        'meetmoment_requests_total{method="GET",status="200",view="pocket.mine"} 1.0',
        'meetmoment_requests_total{method="GET",status="404",view="none"} 1.0',
        "meetmoment_ready 1.0",
        "meetmoment_saves 0.0",
        'meetmoment_jobs{status="waiting"} 1.0',
        "meetmoment_oldest_job_seconds 3600.0",
        "meetmoment_backup_age_seconds 3600.0",
    ):
        assert line in figures
    assert token not in figures
    assert cast.family_code not in figures


def test_several_processes_count_in_one_folder_and_each_tells_the_figures_of_all(
    watched: Settings, cast: Cast, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "figures"
    folder.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    start(watched).get("/help")
    # Another process, as far as the folder is concerned: its files carry another number.
    for path in folder.iterdir():
        shutil.copy(path, path.with_name(path.name.replace(str(os.getpid()), "7")))
    told = start(watched).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert 'meetmoment_requests_total{method="GET",status="200",view="around.help_page"} 2.0' in told, told


def test_the_log_for_a_collector_names_views_and_never_addresses(
    watched: Settings, db: Database, cast: Cast, clock: Clock, start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.begin("json")
    try:
        client = start(watched)
        token = links.make(db, respondent_id=cast.mother, now=clock())
        client.post(f"/l/{token}")
        logging.getLogger("meetmoment.test").error("odd", exc_info=ValueError("the answer was 42"))
    finally:
        logging.basicConfig(handlers=[logging.NullHandler()], force=True)
    said = capfd.readouterr().err
    lines = [json.loads(line) for line in said.splitlines()]
    (asked,) = [line for line in lines if line["logger"] == "meetmoment.requests"]
    assert (asked["view"], asked["method"], asked["status"], asked["level"]) == (
        "landing.open_link", "POST", 303, "info",
    )  # fmt: skip
    assert asked["ms"] >= 0
    (odd,) = [line for line in lines if line["logger"] == "meetmoment.test"]
    assert "ValueError" in odd["failure"]
    assert token not in said
    assert "42" not in odd["failure"]
