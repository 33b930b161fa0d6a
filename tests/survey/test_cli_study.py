"""The command line on a study: begin, families, links, export, serve, demonstration, words."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.phones import free_port
from survey import demo, families, links, schedule, studies
from survey.accounts import demonstration
from survey.cli import COMMANDS, main
from survey.db import Database
from survey.demo import Demo, Shown
from survey.feedback import ledger
from tests.kinds import Kind
from tests.people import at, plan
from tests.postgres import Server

Run = Callable[..., Result]
SURVEY = str(Path(sys.executable).with_name("survey"))


@pytest.fixture
def environment(chosen_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of an installation whose database holds nothing yet."""
    for name in [name for name in os.environ if name.startswith("MEETMOMENT_")]:
        monkeypatch.delenv(name)
    settings = {
        "MEETMOMENT_SECRET_KEY": "k" * 40,
        "MEETMOMENT_DATABASE_URL": chosen_url,
        "MEETMOMENT_BASE_URL": "https://vragen.example.org",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    return lambda *words: CliRunner().invoke(main, list(words))


@pytest.fixture
def db(run: Run, chosen_url: str) -> Iterator[Database]:
    """The database of a demonstration study that was begun on the command line."""
    assert run("study", "begin", "proef", "--kind", "demo").exit_code == 0
    database = Database(chosen_url)
    yield database
    database.dispose()


def refused(result: Result, code: int = 2) -> str:
    """What a command that refuses says; it prints nothing, and no traceback."""
    assert (result.exit_code, result.stdout) == (code, "")
    assert "Traceback" not in result.stderr
    return result.stderr


ADD = ("families", "add", "--t0", "2026-09-01", "--municipality", "G1", "--municipality-name", "Teststad")


def test_a_study_begins_once(db: Database, run: Run) -> None:
    study = studies.the_study(db)
    assert study is not None
    assert (study.key, study.kind, study.languages) == ("proef", "demo", ("nl",))
    assert "already holds a study" in refused(run("study", "begin", "nog-een"))
    assert run("study", "upgrade").exit_code == 0


def test_a_family_is_added_and_its_links_work(db: Database, run: Run) -> None:
    children = ("--child", "2017-05:boy", "--child", "2025-01-17")
    result = run(*ADD, "--parent", "nl", "--parent", "en-easy", *children)
    assert result.exit_code == 0, result.stderr
    (family,) = families.listing(db)
    lines = result.stdout.splitlines()
    assert lines[0] == f"family {family.code}"
    # The page, both parents, and the child who is old enough to be asked something itself in these years.
    assert [line.split()[0] for line in lines[1:]] == ["family", "parent", "parent", "child"]
    tokens = re.findall(r"https://vragen\.example\.org/l/(\S+)", result.stdout)
    now = at(dt.date(2026, 9, 2))
    assert links.find(db, tokens[0], now).family_id == family.id
    people = [links.find(db, token, now).respondent_id for token in tokens[1:]]
    assert people == [member.respondent_id for member in family.members[:3]]
    assert [str(member.edition) for member in family.members] == ["nl", "en-easy", "nl", "nl"]
    pocket = schedule.pocket(db, plan(), family.members[0].respondent_id, dt.date(2026, 9, 2))
    assert {task.version for task in pocket.tasks} >= {"parent-8-12", "parent-0-1"}


def test_new_links_can_replace_the_old_ones(db: Database, run: Run) -> None:
    old = re.findall(r"/l/(\S+)", run(*ADD, "--parent", "nl").stdout)
    (family,) = families.listing(db)
    typed = family.code.lower().replace("-", " ")
    more = run("families", "links", typed)
    assert more.exit_code == 0
    now = at(dt.date(2026, 9, 2))
    assert links.find(db, old[0], now)
    assert run("families", "links", family.code, "--withdraw").exit_code == 0
    for token in [*old, *re.findall(r"/l/(\S+)", more.stdout)]:
        with pytest.raises(links.LinkRevoked):
            links.find(db, token, now)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*ADD, "--parent", "NL"), "NL"),
        ((*ADD, "--parent", "nl-hard"), "nl-hard"),
        (ADD, "--parent"),
        ((*ADD, "--parent", "nl", "--child", "2017"), "2019-05:girl"),
        ((*ADD, "--parent", "nl", "--child", "2017-13"), "2019-05:girl"),
        ((*ADD, "--parent", "nl", "--child", "2017-05:man"), "2019-05:girl"),
        ((*ADD, "--parent", "nl", "--child", "2026-10"), "after the day of inclusion"),
        (("families", "add", "--t0", "2026-09-31", "--municipality", "G1", "--parent", "nl"), "2026-03-31"),
        (
            ("families", "add", "--t0", "2026-09-01", "--municipality", "G9", "--parent", "nl"),
            "no municipality G9",
        ),
        (("families", "links", "K7P-4W"), "Check the letters"),
        (("families", "links", "000-000"), "there is no family"),
    ],
)
def test_what_cannot_be_added_is_refused_with_a_remedy(
    db: Database, run: Run, words: tuple[str, ...], says: str
) -> None:
    assert says in refused(run(*words))
    assert families.listing(db) == ()


def test_a_family_that_stopped_gets_no_links(db: Database, run: Run) -> None:
    run(*ADD, "--parent", "nl")
    (family,) = families.listing(db)
    families.set_status(db, family.id, "stopped")
    assert "stopped" in refused(run("families", "links", family.code))


def test_nothing_works_before_a_study_was_begun(run: Run, database_kind: Kind) -> None:
    # A file is made by who begins a study; a database on a server is there, and empty.
    missing = "does not exist" if database_kind == "sqlite" else "survey study upgrade"
    assert missing in refused(run("export", "out"))
    assert run("study", "upgrade").exit_code == 0
    for words in (("export", "out"), (*ADD, "--parent", "nl"), ("serve",)):
        assert "survey study begin" in refused(run(*words))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MEETMOMENT_SECRET_KEY", "short", "MEETMOMENT_SECRET_KEY"),
        ("MEETMOMENT_DATABASE_URL", "", "MEETMOMENT_DATABASE_URL"),
        ("MEETMOMENT_DATABASE_URL", "mysql://host/name", "mysql is not supported"),
        ("MEETMOMENT_DATABASE_URL", "sqlite:///nowhere/at/all.db", "does not exist"),
        ("MEETMOMENT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "cannot be used"),
    ],
)
def test_settings_that_make_no_sense_are_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    assert says in refused(run("study", "upgrade"))


def test_a_file_that_is_no_database_is_refused(
    run: Run, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", sqlite_url)
    (tmp_path / "study.db").write_bytes(b"a letter to the municipality" * 100)
    assert "cannot be used" in refused(run("export", str(tmp_path / "out")))


def test_a_server_that_takes_no_writes_is_said_plainly(
    run: Run, postgres_url: str, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", postgres_url)
    assert run("study", "begin", "proef", "--kind", "demo").exit_code == 0
    name = postgres_url.rpartition("/")[2]
    with postgres_server.connect() as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    assert "takes no writes" in refused(run(*ADD, "--parent", "nl"))


def test_a_database_of_another_version_is_not_exported(
    db: Database, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "is_current", lambda self: False)
    assert "survey study upgrade" in refused(run("export", str(tmp_path / "out")))


def test_export_writes_a_new_folder_and_says_what_is_in_it(db: Database, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "results" / "out"
    result = run("export", str(folder))
    assert result.exit_code == 0
    assert "parent_about_child" in result.stdout
    assert (folder / "parent.sav").exists()
    assert "not empty" in refused(run("export", str(folder)))
    assert "--labels" not in refused(run("export", str(tmp_path / "other"), "--labels", "Nederlands"))


def test_export_to_a_place_that_cannot_be_written_is_refused(db: Database, run: Run) -> None:
    assert refused(run("export", "/proc/nowhere/out"))


def test_a_live_study_is_not_served_with_demonstration_wording(run: Run) -> None:
    run("study", "begin", "echt")
    said = refused(run("serve"), code=1)
    assert "sdq/parent-4-17 in nl: the wording is a demonstration" in said
    assert "cannot be served" in said


def test_a_port_in_use_is_refused_before_anything_is_built(db: Database, run: Run, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert "--port" in refused(run("serve", "--port", port))
        assert "--port" in refused(run("demo", str(tmp_path / "demo"), "--port", port))
    assert not (tmp_path / "demo").exists()


@contextmanager
def served(*words: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """A command that serves, from the moment it answers; ended as Ctrl-C ends it."""
    command = [SURVEY, *words, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 300
            while time.monotonic() < deadline and process.poll() is None:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.1)
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=120)


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        found: bytes = answer.read()
    return found.decode()


def test_the_study_is_served_until_it_is_interrupted(db: Database, environment: dict[str, str]) -> None:
    port = free_port()
    with served("serve", port=port) as process:
        assert "<html" in fetch(f"http://127.0.0.1:{port}/")
    assert process.returncode == 0


@pytest.mark.slow
def test_the_demonstration_is_built_printed_and_served(tmp_path: Path) -> None:
    port = free_port()
    with served("demo", str(tmp_path / "demo"), port=port) as process:
        written = (tmp_path / "demo" / "links.txt").read_text("utf-8")
        for url in re.findall(r"http://\S+", written):
            assert url.startswith(f"http://127.0.0.1:{port}/l/")
            assert "<form" in fetch(url)
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
    assert "48 families, 92 children" in said[2]
    db = Database(f"sqlite:///{tmp_path / 'demo' / 'demo.db'}")
    study = studies.the_study(db)
    assert study is not None
    assert len(ledger.published(db, study.id)) == 1
    db.dispose()
    assert process.returncode == 0


@pytest.fixture
def quick_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demonstration that is not really built, for what has nothing to do with its people."""
    shown = (Shown("family page", "aaa"), Shown("linking pin", "bbb"))
    monkeypatch.setattr(demo, "build", lambda *_, **__: Demo(48, 92, {}, shown))
    monkeypatch.setattr(demonstration, "staff", lambda *_, **__: ())


@pytest.mark.usefixtures("quick_demo")
def test_the_demonstration_is_made_afresh_each_time(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    for words in ((str(folder),), ("--dir", str(folder))):
        result = run("demo", *words, "--no-serve", "--base-url", "http://phone.example:9/")
        assert result.exit_code == 0, result.stderr
        assert "http://phone.example:9/l/aaa" in result.stdout
    assert "once" in refused(run("demo", str(folder), "--dir", str(folder), "--no-serve"))


@pytest.mark.usefixtures("quick_demo")
@pytest.mark.parametrize("names", [["thesis.docx"], ["demo.db", "thesis.docx"]])
def test_the_demonstration_throws_away_nothing_of_yours(run: Run, tmp_path: Path, names: list[str]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("mine")
    assert "thesis.docx" in refused(run("demo", str(folder), "--no-serve"))
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_wording_status_tells_why_a_live_study_could_not_start(run: Run) -> None:
    result = run("wording", "status", "--language", "nl", "--language", "fr")
    assert result.exit_code == 0
    assert re.search(r"^sdq +parent-4-17 .*demonstration", result.stdout, re.MULTILINE)
    assert re.search(r"^evaluation_parent +parent .*reviewed", result.stdout, re.MULTILINE)
    assert "could not start" in result.stdout
    assert "- sdq/parent-4-17 in nl: the wording is a demonstration" in result.stdout


def test_wording_check_finds_what_a_language_lacks(run: Run) -> None:
    assert run("wording", "check").exit_code == 0
    said = refused(run("wording", "check", "--language", "xx"), code=1)
    assert "xx" in said
    assert "Traceback" not in refused(run("wording", "check", "--language", "nl-easy"))


def test_wording_install_refuses_a_broken_pack_with_all_reasons(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    pack, into = str(tmp_path / "pack"), str(tmp_path / "in")
    said = refused(run("wording", "install", pack, "--wording-dir", into), code=1)
    assert "pack.yaml" in said
    assert "nothing was changed" in said
    assert not (tmp_path / "in").exists()
    assert "MEETMOMENT_WORDING_DIR" in refused(run("wording", "install", pack))
    assert refused(run("wording", "install", str(tmp_path / "nothing"), "--wording-dir", into))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_its_parts_explain_themselves(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    parts = re.findall(r"^  ([a-z-]+)  ", result.stdout.partition("Commands:")[2], re.MULTILINE)
    for part in parts:
        explained = run(name, part, "--help")
        assert explained.exit_code == 0
        assert len(explained.stdout.splitlines()) > 4


@pytest.mark.parametrize("words", [("nonsense",), ("families", "nonsense"), ("serve", "--port", "0")])
def test_words_that_mean_nothing_are_refused(run: Run, words: tuple[str, ...]) -> None:
    refused(run(*words))
