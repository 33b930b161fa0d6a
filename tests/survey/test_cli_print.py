"""The command line prints: packs, specimens and letters; what cannot be printed is said and left out."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner, Result

from instruments import protocol
from instruments.protocol import Protocol
from printable import pack
from survey import batches, families, family_packs, jobs, moments, studies
from survey.cli import main
from survey.cli.installation import Installation
from survey.db import Database
from survey.jobs.work import Interrupted, Work
from survey.jobs.worker import Worker
from survey.settings import Settings
from tests.people import T0, at
from tests.survey.paper.conftest import short_plan

Run = Callable[..., Result]


@pytest.fixture
def db(chosen_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A study of two short questionnaires, with a family of a Dutch parent and one who reads Somali."""
    for name in [name for name in os.environ if name.startswith("MEETMOMENT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", chosen_url)
    monkeypatch.setenv("MEETMOMENT_BASE_URL", "https://mm.example.org")
    monkeypatch.setattr(Installation, "plan", property(lambda _: short_plan()))
    database = Database(chosen_url)
    database.upgrade()
    study = studies.create(database, "test", "demo", languages=("nl",), now=at(T0))
    town = families.add_municipality(database, study, "G1", "Stad")
    for language in ("nl", "so"):
        families.add_family(
            database, study, town, T0, parents=[families.Parent(language)], children=[], now=at(T0)
        )
    yield database
    database.dispose()


@pytest.fixture
def run(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, ["print", *words])


@pytest.fixture
def worker(db: Database, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """Who does the long work; it does no work of every day here."""
    monkeypatch.setattr(Work, "plan", property(lambda _: short_plan()))
    made = Worker(Settings.from_environment(), db)
    monkeypatch.setattr(made, "_ask_for_daily_work", lambda: None)
    return made


def pages(path: Path) -> int:
    document = pypdfium2.PdfDocument(path)
    try:
        return len(document)
    finally:
        document.close()


def codes(db: Database) -> list[str]:
    return [family.code for family in families.listing(db)]


def test_a_family_gets_its_pack_and_the_run_is_recorded(db: Database, run: Run, tmp_path: Path) -> None:
    done = run("family", codes(db)[0], "pack.pdf", "--on", str(T0))
    assert (done.exit_code, "1 pack, 6 sides" in done.output) == (0, True), done.output
    assert pages(tmp_path / "pack.pdf") == 6
    (batch,) = batches.listing(db)
    assert (batch.kind, batch.status, batch.packs, batch.sides) == ("family", "done", 1, 6)


def test_who_reads_a_language_without_paper_is_left_out_and_told(db: Database, run: Run) -> None:
    done = run("wave", "T0", "wave.pdf", "--on", str(T0))
    assert done.exit_code == 1
    assert "so has no words for paper" in done.output
    assert "2 packs, 6 sides" in done.output


def test_a_wave_that_is_stopped_goes_on_with_the_same_command(
    db: Database, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pack.write

    def stopping(*words: object, **options: object) -> object:
        return real(*words, **{**options, "stop": lambda: True})  # type: ignore[arg-type]

    monkeypatch.setattr(pack, "write", stopping)
    stopped = run("wave", "T0", "wave.pdf", "--on", str(T0))
    assert (stopped.exit_code, "stopped after 1 pack" in stopped.output) == (1, True)
    assert not (tmp_path / "wave.pdf").exists()
    monkeypatch.setattr(pack, "write", real)
    run("wave", "T0", "wave.pdf", "--on", str(T0 + dt.timedelta(1)))
    (batch,) = batches.listing(db)
    assert (batch.status, batch.day, batch.packs) == ("done", T0, 2)
    assert pages(tmp_path / "wave.pdf") == 6


def test_a_wave_is_asked_of_the_worker_and_fetched_when_it_is_done(
    db: Database, run: Run, tmp_path: Path, worker: Worker
) -> None:
    asked = run("queue", "T0", "--on", str(T0), "--rest")
    assert (asked.exit_code, "packs of 2 families" in asked.output) == (0, True), asked.output
    (job,) = jobs.of(db)
    early = run("fetch", str(job.id), "wave.pdf")
    assert (early.exit_code, f"job {job.id} is waiting" in early.output) == (1, True)
    assert worker.once()
    done = jobs.get(db, job.id)
    assert (done.status, done.done, done.total) == ("done", 2, 2)
    fetched = run("fetch", str(job.id), "wave.pdf")
    assert (fetched.exit_code, fetched.output.strip().endswith("both sides")) == (0, True), fetched.output
    assert [path.name for path in tmp_path.glob("wave*")] == ["wave.pdf"]
    (batch,) = batches.listing(db)
    assert (batch.kind, batch.status, batch.packs, batch.sides) == ("wave", "done", 2, 6)
    assert hashlib.sha256((tmp_path / "wave.pdf").read_bytes()).hexdigest() == batch.sha256
    assert pages(tmp_path / "wave.pdf") == 6


def test_a_wave_that_misses_something_prints_nothing_and_tells_who_asked(
    db: Database, run: Run, tmp_path: Path, worker: Worker
) -> None:
    run("queue", "T0", "--on", str(T0))
    assert worker.once()
    (job,) = jobs.of(db)
    assert (job.status, job.result) == ("failed", "incomplete")
    told = run("fetch", str(job.id), "wave.pdf")
    assert (told.exit_code, "1 left out" in told.output) == (1, True)
    assert "so has no words for paper" in told.output
    assert not (tmp_path / "wave.pdf").exists()
    assert batches.listing(db) == ()


def test_a_wave_that_is_cancelled_stops_between_two_packs_and_its_run_says_so(
    db: Database, run: Run, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("queue", "T0", "--on", str(T0), "--rest")
    (job,) = jobs.of(db)
    real = Work.progress

    def cancelling(work: Work, done: int, of: int = 0) -> None:
        if done == 1:
            jobs.cancel(db, work.job.id, by="test")
            work.cancelled.set()
        real(work, done, of)

    monkeypatch.setattr(Work, "progress", cancelling)
    assert worker.once()
    assert jobs.get(db, job.id).status == "cancelled"
    (batch,) = batches.listing(db)
    assert (batch.status, batch.packs) == ("stopped", None)
    told = run("fetch", str(job.id), "wave.pdf")
    assert (told.exit_code, f"job {job.id} is cancelled" in told.output) == (1, True)


def test_a_wave_whose_worker_has_to_go_is_printed_by_the_next_with_the_same_codes(
    db: Database, run: Run, tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("queue", "T0", "--on", str(T0), "--rest")
    (job,) = jobs.of(db)
    real = family_packs.attach

    def going(work: Work, *words: object) -> None:
        monkeypatch.setattr(family_packs, "attach", real)
        raise Interrupted

    monkeypatch.setattr(family_packs, "attach", going)
    assert worker.once()
    assert jobs.get(db, job.id).status == "waiting"
    recorded = _codes_on_paper(db)
    assert worker.once()
    assert run("fetch", str(job.id), "wave.pdf").exit_code == 0
    (batch,) = batches.listing(db)
    assert (batch.status, batch.packs) == ("done", 2)
    assert len(recorded) > 1
    assert _codes_on_paper(db) == recorded


def _codes_on_paper(db: Database) -> list[str]:
    with db.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT link.digest FROM sheet JOIN link ON link.id = sheet.link_id ORDER BY sheet.id"
        )
        return [str(digest) for (digest,) in found]


def test_packs_that_nobody_fetched_in_time_are_gone(
    db: Database, run: Run, tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("queue", "T0", "--on", str(T0), "--rest")
    assert worker.once()
    (job,) = jobs.of(db)
    monkeypatch.setattr(moments, "now", lambda: at(T0) + dt.timedelta(days=40_000))
    gone = run("fetch", str(job.id), "wave.pdf")
    assert (gone.exit_code, "ask for it again" in gone.output) == (2, True), gone.output
    assert list(tmp_path.glob("wave*")) == []


def test_a_job_of_another_kind_is_no_pack(db: Database, run: Run, tmp_path: Path) -> None:
    other = jobs.enqueue(db, "tidy", by="test")
    for number, said in ((other.id, "no job of"), (other.id + 1, "there is no job")):
        refused = run("fetch", str(number), "x.pdf")
        assert (refused.exit_code, said in refused.output) == (2, True)
    assert not (tmp_path / "x.pdf").exists()


def test_a_blank_specimen_and_letters_are_printed(db: Database, run: Run, tmp_path: Path) -> None:
    assert run("blank", "who5/self", "blank.pdf").exit_code == 0
    assert run("letter", "information", "letter.pdf").exit_code == 0
    assert run("letter", "assent-12", "assent.pdf").exit_code == 0
    for name in ("blank", "letter", "assent"):
        assert pages(tmp_path / f"{name}.pdf") >= 1
    assert batches.listing(db) == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("family", "K7P-4WX", "x.pdf"), "no family"),
        (("wave", "T9", "x.pdf"), "no wave T9"),
        (("wave", "T4", "x.pdf", "--on", str(T0)), "open for no family"),
        (("queue", "T9"), "no wave T9"),
        (("queue", "T4", "--on", str(T0)), "open for no family"),
        (("blank", "who5/no-such", "x.pdf"), "no-such"),
        (("blank", "who5/self", "x.pdf", "--edition", "nl_SIMPLE"), "edition"),
        (("letter", "information", "x.pdf", "--sender", "sender.yaml"), "phone: is missing"),
    ],
)
def test_what_cannot_be_printed_is_refused(
    run: Run, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "sender.yaml").write_text("study: S\norganisation: O\nhours: 9-17\nemail: a@example.org\n")
    refused = run(*words)
    assert refused.exit_code in (1, 2)
    assert said in refused.output
    assert not (tmp_path / "x.pdf").exists()


def test_a_family_that_stopped_gets_no_pack(db: Database, run: Run) -> None:
    families.set_status(db, families.listing(db)[0].id, "stopped", reason="moved")
    refused = run("family", codes(db)[0], "x.pdf")
    assert (refused.exit_code, "stopped" in refused.output) == (2, True)


def test_how_often_paper_is_typed_is_the_studys_to_say(tmp_path: Path) -> None:
    text = protocol.DEFAULT.read_text(encoding="utf-8")
    path = tmp_path / "plan.yaml"
    path.write_text(text + "\npaper: {usual: once, twice: [sdq], sample: [who5], sample_percent: 5}\n")
    plan: Protocol = protocol.load(path)
    assert [plan.paper.typed(name) for name in ("sdq", "who5", "vgk")] == ["twice", "sample", "once"]
    path.write_text(text + "\npaper: {once: [sdq], twice: [sdq, nothing]}\n")
    with pytest.raises(protocol.BrokenFile) as broken:
        protocol.load(path)
    assert len(broken.value.problems) == 2
