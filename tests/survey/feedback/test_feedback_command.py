"""`survey feedback`: from the calendar to a published release, and every way in which it says no."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from click.testing import CliRunner, Result

from survey import moments, studies
from survey.cli import main
from survey.db import Database
from survey.feedback import ledger
from survey.policy import Role
from tests.kinds import url_of
from tests.people import T0, at
from tests.survey.accounts import staff
from tests.survey.feedback.conftest import DUE, LATER, Towns

Run = Callable[..., Result]


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.date], None]:
    """Says which day it is."""

    def today(day: dt.date) -> None:
        monkeypatch.setattr(moments, "now", lambda: at(day))

    today(DUE)
    return today


@pytest.fixture
def run(chosen_db: Database, monkeypatch: pytest.MonkeyPatch, today: Callable[[dt.date], None]) -> Run:
    for name in [name for name in os.environ if name.startswith("MEETMOMENT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", url_of(chosen_db))
    monkeypatch.setenv("MEETMOMENT_BASE_URL", "https://vragen.example.org")
    return lambda *words: CliRunner().invoke(main, ["feedback", *words])


@pytest.fixture
def town(chosen_db: Database) -> Towns:
    """A study of one town with fourteen families, and a researcher."""
    studies.create(chosen_db, "proef", "live", now=at(T0))
    study = studies.the_study(chosen_db)
    assert study is not None
    found = Towns(chosen_db, study)
    found.town("G1", "Aadorp")
    found.settle("G1", 14)
    staff.settle(chosen_db, study.id, Role.RESEARCHER, at(T0), everywhere=True)
    staff.settle(chosen_db, study.id, Role.POLICY_OFFICER, at(T0), places=[found.numbers["G1"]])
    return found


def refused(result: Result, code: int = 2) -> str:
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.stderr
    return result.stderr


def charts(content: bytes) -> list[str]:
    """What every drawing in a PDF is called for who cannot see it."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [
            str(found.get("/Alt", ""))
            for found in pdf.objects
            if isinstance(found, pikepdf.Dictionary) and found.get("/S") == "/Figure"
        ]


def test_from_the_calendar_to_a_release_that_stands_still(
    town: Towns, run: Run, tmp_path: Path, today: Callable[[dt.date], None]
) -> None:
    planned = run("plan")
    assert re.search(r"^1 +2027-08-01 +due now +T0 T1$", planned.stdout, re.MULTILINE), planned.output
    assert "10 respondents from 5 families" in planned.stdout
    folder = tmp_path / "draft"
    made = run("make", "--to", str(folder))
    assert made.exit_code == 0, made.stderr
    files = sorted(folder.iterdir())
    assert [path.name for path in files] == [
        "feedback-1-G1-en.pdf", "feedback-1-G1-nl.pdf", "feedback-1-programme-en.pdf",
        "feedback-1-programme-nl.pdf",
    ]  # fmt: skip
    text = pypdfium2.PdfDocument(files[1])[0].get_textpage().get_text_bounded()
    assert "Terugkoppeling 1 voor Aadorp" in text
    assert "Wat deze cijfers niet laten zien" in text
    assert "demonstratie" not in text
    assert charts(files[1].read_bytes()) != []
    assert "" not in charts(files[1].read_bytes())
    # A draft is told to nobody.
    assert "not a page of a published release" in refused(run("verify", str(files[0])), 1)
    checksum = re.search(r"--sha256 ([0-9a-f]{12})", made.stdout)
    assert checksum is not None
    published = run("publish", "1", "--by", "Researcher@example.org", "--sha256", checksum[1])
    assert published.exit_code == 0, published.stderr
    assert "published on 2027-08-01 by account" in run("list").stdout
    verified = run("verify", *map(str, files))
    assert verified.exit_code == 0, verified.stderr
    assert verified.stdout.splitlines()[0] == f"{files[0]}: release 1"
    kept = ledger.document(town.db, ledger.published(town.db, town.study.id)[0].id, None, "nl", "pdf")
    assert kept is not None
    assert hashlib.sha256(files[3].read_bytes()).hexdigest() == kept.sha256

    assert "stands still" in refused(run("make", "1"))
    assert "stands still" in refused(
        run("publish", "1", "--by", "researcher@example.org", "--sha256", "0" * 12)
    )
    today(LATER)
    again = run("make")
    assert "told anew: 1; again as before: 6;" in again.stdout


def test_every_refusal_says_what_to_do(
    town: Towns, run: Run, tmp_path: Path, today: Callable[[dt.date], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("list").stdout == "No release was made yet.\n"
    assert run("verify").stdout == "0 published releases; all as they were made.\n"
    assert "is there already" in refused(run("make", "--to", str(tmp_path)))
    assert "due on 2028-02-01" in refused(run("make", "2"))
    publish = ("publish", "1", "--sha256", "0" * 12, "--by")
    assert "survey feedback make 1" in refused(run(*publish, "researcher@example.org"))
    assert "a researcher" in refused(run(*publish, "policy_officer@example.org"))
    assert "nobody here" in refused(run(*publish, "niemand@example.org"))
    town.town("G9", "Dorp 😀")
    assert "not in the Noto fonts" in refused(run("make"), 1)
    today(DUE - dt.timedelta(1))
    assert "nothing is due today" in refused(run("make"))
    protocol = tmp_path / "protocol.yaml"
    pilot = (Path(__file__).parents[3] / "instruments/protocol.yaml").read_text(encoding="utf-8")
    protocol.write_text(pilot.replace("respondents: 10", "respondents: 9"), encoding="utf-8")
    monkeypatch.setenv("MEETMOMENT_PROTOCOL_PATH", str(protocol))
    assert "greater than or equal to 10" in refused(run("plan"), 1)
    region = "  regions: [{id: west, name: West, municipalities: [G1, G2]}]\n  figures:"
    protocol.write_text(pilot.replace("  figures:", region), encoding="utf-8")
    assert "a release cannot be made" in run("plan").stderr
    assert "there are answers already" in refused(run("plan", "--fix-regions"))
    today(DUE)
    assert "before the first answer" in refused(run("make"))


def test_without_a_study_there_is_nothing_to_tell(run: Run) -> None:
    for words in (["plan"], ["make"], ["list"], ["verify"]):
        assert "survey study begin" in refused(run(*words))
