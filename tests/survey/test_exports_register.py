"""Exports that are asked for, made, kept and listed; and what an export holds only with a reason."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pikepdf
import polars as pl
import pypdfium2
import pytest
from click.testing import CliRunner

from instruments import catalogue
from instruments.wording import Library
from survey import answers, audit, exports, jobs, windows
from survey.cli import main
from survey.db import Database
from survey.exports import codebook_pdf, register, since, tables, wanted, workbook
from survey.exports.since import Since
from survey.exports.wanted import FREE_TEXT, Wanted
from survey.fieldwork import consent, erasure, leaving, pausing, placements
from survey.jobs.worker import Worker
from survey.keys import Keyring
from survey.settings import Settings
from survey.wording_packs import OURS
from tests import kinds
from tests.exporting import FULL, code_of, export, fill, sav, sums
from tests.people import DUTCH, T0, T1, Cast, at, plan

PLAIN = Wanted(pdf=False)
NOW = at(T1)
KEYS = Keyring(b"k" * 40)
#: Where it does not matter which database it is.
one = pytest.mark.parametrize("db", [kinds.CHOSEN], indirect=True)


@pytest.fixture(scope="module")
def library() -> Library:
    """The words that ship with the service."""
    return Library([OURS], catalogue())


@pytest.fixture
def worker(db: Database) -> Worker:
    """Who makes the exports that are asked for."""
    url = db.url.render_as_string(hide_password=False)
    return Worker(Settings("k" * 40, url, clock=lambda: NOW), db, "first")


def make(db: Database, worker: Worker, asked: Wanted) -> register.Export:
    number = register.ask(db, plan(), asked, now=NOW, actor="account 1")
    while worker.once():
        pass
    return register.get(db, number)


def archive(db: Database, export: register.Export) -> zipfile.ZipFile:
    """The archive of an export, as it is handed out."""
    file = jobs.deliver(db, export.job_id or 0, KEYS, NOW)
    return zipfile.ZipFile(io.BytesIO(b"".join(file.pieces)))


def columns(folder: Path, name: str) -> list[str]:
    return pl.read_csv(folder / f"{name}.csv").columns


@one
def test_by_default_ages_are_bands_and_nothing_tells_where_or_what_somebody_wrote(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    fill(db, cast.mother, "sdq", T0, {"1": 1}, child=cast.noor_child)
    fill(db, cast.fatma, "evaluation_linking_pin", T1, {"1": 1, "7": "een woord van Fatma"})
    folder = export(db, tmp_path / "out", wanted=PLAIN)
    rows, meta = sav(folder, "parent_about_child")
    assert (rows[0]["sdq_age_band"], "sdq_age_months" in rows[0]) == (2, False)
    assert meta.variable_value_labels["sdq_age_band"][2] == "2-7 years"
    assert {"age_months", "age_opened"}.isdisjoint(columns(folder, "responses"))
    assert not list(folder.glob("free_text*"))
    for path in folder.glob("*.csv"):
        assert "municipality" not in columns(folder, path.stem), path.name
        assert "Fatma" not in path.read_text("utf-8")
    assert "free_text" not in (folder / "read.R").read_text("ascii")


def test_why_a_wave_closed_later_is_a_code_by_default_and_words_only_with_the_permission_for_free_text(
    db: Database, cast: Cast, tmp_path: Path, worker: Worker
) -> None:
    day = dt.timedelta(1)
    (first, second) = windows.of_family(db, plan(), cast.family_id)[:2]
    pause = pausing.begin(
        db,
        cast.study_id,
        "corona at the school",
        family_id=cast.family_id,
        now=at(T0 + 5 * day),
        actor="account 1",
    )
    pausing.end(db, plan(), pause, now=at(T0 + 9 * day), actor="account 1")
    windows.extend(
        db, plan(), cast.family_id, second.wave, second.closes + 2 * day, "mother of Noor is ill",
        now=at(T1), actor="account 1",
    )  # fmt: skip
    folder = export(db, tmp_path / "out", wanted=PLAIN)
    rows, meta = sav(folder, "windows")
    causes = meta.variable_value_labels["cause"]
    assert [(row["wave"], row["closes"], causes[row["cause"]]) for row in rows] == [
        (first.wave, first.closes + 4 * day, "days given back after a pause"),
        (second.wave, second.closes + 2 * day, "somebody let it close later"),
    ]
    for path in folder.iterdir():
        assert b"Noor" not in path.read_bytes(), path.name
        assert b"corona" not in path.read_bytes(), path.name
    written = archive(db, make(db, worker, FULL))
    told = list(csv.DictReader(io.StringIO(written.read("free_text_windows.csv").decode("utf-8-sig"))))
    assert [(row["family"], row["wave"], row["because"]) for row in told] == [
        (cast.family_code, first.wave, "corona at the school"),
        (cast.family_code, second.wave, "mother of Noor is ill"),
    ]


@one
def test_with_a_reason_they_are_there_and_the_reason_stands_in_the_manifest(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    fill(db, cast.mother, "sdq", T0, {"1": 1}, child=cast.noor_child)
    folder = export(db, tmp_path / "out")
    (row,) = sav(folder, "parent_about_child")[0]
    assert (row["municipality"], row["sdq_age_months"], row["role"]) == ("G1", 55, "parent")
    assert columns(folder, "families")[:2] == ["family", "municipality"]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["filter"] == {
        "waves": "all", "free_text": True, "ages": "months", "municipality": True,
        "reason": FULL.reason, "also": [],
    }  # fmt: skip
    with pytest.raises(exports.NotWithoutReason):
        export(db, tmp_path / "again", wanted=Wanted(months=True, reason=" "))
    assert not (tmp_path / "again").exists()


def test_the_bands_follow_each_other_without_a_gap() -> None:
    bands = list(wanted.AGE_BANDS.values())
    assert [low for low, _, _ in bands][1:] == [high + 1 for _, high, _ in bands][:-1]
    assert [wanted.band_of(months) for months in (0, 23, 24, 95, 96, 143, 144, 215, 216, 900, None)] == [
        1, 1, 2, 2, 3, 3, 4, 4, 5, 5, None,
    ]  # fmt: skip


@one
def test_only_the_waves_that_were_asked_for_are_in_it(db: Database, cast: Cast, tmp_path: Path) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 1})
    fill(db, cast.mother, "who5", T1, {"1": 2})
    folder = export(db, tmp_path / "out", wanted=dataclasses.replace(PLAIN, waves=("T1",)))
    assert [row["wave"] for row in sav(folder, "responses")[0]] == ["T1"]
    assert [row["value"] for row in sav(folder, "long")[0]] == [2]
    with pytest.raises(exports.NoSuchWave, match="T9 is not a wave of this plan; its waves are T0, T1"):
        export(db, tmp_path / "none", wanted=Wanted(waves=("T9",)))


def test_consent_and_what_a_child_used_stand_beside_the_answers(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    given = consent.Line("research", "self", "given", T0, "1")
    consent.record(db, plan(), cast.mother, given, now=NOW, actor="test")
    placements.add(db, cast.noor_child, "sport", starts_on=T0, now=at(T0), actor="test")
    placements.add(
        db, cast.noor_child, "bso", starts_on=T0, ends_on=T0 + dt.timedelta(30), days_a_week=2,
        location="L7", now=at(T0), actor="test",
    )  # fmt: skip
    for on in (T0, T1):
        fill(db, cast.mother, "sdq", on, {"1": 1}, child=cast.noor_child)
    fill(db, cast.father, "who5", T0, {"1": 1})
    folder = export(db, tmp_path / "out", wanted=PLAIN)
    rows, meta = sav(folder, "parent_about_child")
    assert [row["placement"] for row in rows] == ["bso sport", "sport"]
    assert {meta.variable_value_labels["consent"][row["consent"]] for row in rows} == {"given"}
    (father,) = sav(folder, "parent")[0]
    assert meta.variable_value_labels["consent"][father["consent"]] == "missing"
    used = sav(folder, "placements")[0]
    assert [(row["kind"], row["days_a_week"]) for row in used] == [("sport", None), ("bso", 2)]
    assert "location" not in columns(folder, "placements"), "a place is given with the municipality only"


def test_who_takes_back_consent_is_left_out_and_counted_and_the_other_parent_is_not(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    for person in (cast.mother, cast.father):
        fill(db, person, "who5", T0, {"1": 1})
    for decision in ("given", "withdrawn"):
        line = consent.Line("research", "self", decision, T0, "1")
        consent.record(db, plan(), cast.mother, line, now=NOW, actor="test")
    folder = export(db, tmp_path / "out", wanted=PLAIN)
    assert [row["respondent"] for row in sav(folder, "responses")[0]] == [
        code_of(db, "respondent", cast.father)
    ]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["left_out"] == {"somebody took back their consent for the research": 1}


@one
def test_what_is_said_about_a_child_that_does_not_take_part_is_left_out(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    for child in (cast.noor_child, cast.daan_child):
        fill(db, cast.mother, "sdq", T0, {"1": 1}, child=child)
    line = consent.Line("research", "guardian_b", "refused", T0, "1")
    consent.record(db, plan(), cast.noor, line, now=NOW, actor="test")
    folder = export(db, tmp_path / "out", wanted=PLAIN)
    assert [row["child"] for row in sav(folder, "parent_about_child")[0]] == [
        code_of(db, "child", cast.daan_child)
    ]


@pytest.mark.parametrize(("wish", "rows"), [("keep", 1), ("erase", 0)])
def test_a_family_that_stops_is_in_it_when_it_wants_to_be_kept(
    db: Database, cast: Cast, tmp_path: Path, wish: str, rows: int
) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 1})
    line = consent.Line("research", "self", "withdrawn", T0, "1")
    consent.record(db, plan(), cast.mother, line, now=NOW, actor="test")
    leaving.stop(db, cast.family_id, "family_wish", wish, now=NOW, actor="test")
    folder = export(db, tmp_path / "out", wanted=PLAIN)
    found = sav(folder, "responses")[0]
    assert len(found) == rows
    assert all(row["consent"] == 4 for row in found)
    homes, meta = sav(folder, "families")
    assert [meta.variable_value_labels["left_reason"][row["left_reason"]] for row in homes] == [
        "family_wish"
    ] * rows


def test_an_export_that_was_asked_for_is_made_and_free_text_is_an_archive_of_its_own(
    db: Database, cast: Cast, worker: Worker
) -> None:
    fill(db, cast.fatma, "evaluation_linking_pin", T1, {"1": 1, "7": "een woord van Fatma"})
    done = make(db, worker, PLAIN)
    assert (done.is_made, done.asked_by) == (True, "account 1")
    whole = archive(db, done)
    assert not [name for name in whole.namelist() if name.startswith("free_text")]
    told = json.loads(done.manifest)["files"]
    assert set(whole.namelist()) == {*told, "manifest.json"}
    for name, digest in told.items():
        assert hashlib.sha256(whole.read(name)).hexdigest() == digest
    assert hashlib.sha256(whole.read("manifest.json")).hexdigest() == done.sha256
    written = make(db, worker, FULL)
    words = archive(db, written)
    assert set(words.namelist()) == {
        "README.txt", "codebook.csv", "manifest.json",
        *(f"{name}.{ending}" for name in FREE_TEXT for ending in ("csv", "parquet", "sav")),
    }  # fmt: skip
    assert "een woord van Fatma" in words.read("free_text.csv").decode()
    register.fetched(db, done.id, now=NOW, actor="account 1")
    assert [entry.action for entry in audit.of(db, f"export {done.id}")] == [
        "export.asked", "export.made", "export.downloaded",
    ]  # fmt: skip


@one
def test_asked_for_again_it_is_the_same_to_the_last_byte(db: Database, cast: Cast, worker: Worker) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 1})
    found = [make(db, worker, PLAIN) for _ in range(2)]
    assert found[0].sha256 == found[1].sha256
    packed = [b"".join(jobs.deliver(db, it.job_id or 0, KEYS, NOW).pieces) for it in found]
    assert packed[0] == packed[1]


@one
def test_what_cannot_be_made_says_why_and_keeps_no_file(
    db: Database, cast: Cast, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "ROWS", 1)
    export = make(db, worker, dataclasses.replace(PLAIN, also=("xlsx",)))
    job = register.job_of(db, export)
    assert job is not None
    assert not export.is_made
    assert (job.status, "leave out the workbooks" in job.problem) == ("failed", True)
    with pytest.raises(jobs.Gone):
        archive(db, export)


@one
def test_a_job_of_another_export_is_not_taken_for_its_own(db: Database, cast: Cast, worker: Worker) -> None:
    first, second = (register.ask(db, plan(), PLAIN, now=NOW, actor="account 1") for _ in range(2))
    mixed = dataclasses.replace(register.get(db, first), job_id=register.get(db, second).job_id)
    assert register.job_of(db, mixed) is None
    assert register.job_of(db, register.get(db, first)) is not None
    with pytest.raises(register.NoSuchExport):
        register.get(db, 99)


def test_it_is_told_what_changed_since(db: Database, cast: Cast, worker: Worker, library: Library) -> None:
    number = fill(db, cast.mother, "who5", T0, {"1": 1}, complete=False)
    done = make(db, worker, PLAIN)

    def later() -> Since:
        return since.of(db, plan(), library, [register.get(db, done.id)])[done.id]

    assert later().nothing
    assert later().told() == []
    answers.record(db, number, {"2": 1}, source="web", sequence="s2", edition=DUTCH, now=at(T0, 14))
    assert (later().saves, later().responses) == (1, 1)
    placements.add(db, cast.noor_child, "sport", starts_on=T0, now=NOW, actor="test")
    leaving.stop(db, cast.family_id, "family_wish", "erase", now=NOW, actor="test")
    assert (later().placements, later().left) == (1, 1)
    erasure.erase_family(db, cast.family_id, now=NOW, actor="test")
    assert later().erased == 1
    assert "throw it away" in later().told()[0]


@one
def test_a_changed_plan_or_wording_is_told(
    db: Database, cast: Cast, worker: Worker, library: Library
) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 1})
    done = make(db, worker, PLAIN)
    other = plan().model_copy(update={"revision": 99})
    found = since.of(db, other, None, [done])[done.id]
    assert found.tools[0] == "protocol"
    assert "wording who5/self nl" in found.tools
    assert "other now: protocol" in found.told()[0]


@one
def test_the_command_asks_for_a_reason_and_lists_what_there_is(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    fill(db, cast.mother, "who5", T0, {"1": 1})
    env = {
        "MEETMOMENT_DATABASE_URL": db.url.render_as_string(hide_password=False),
        "MEETMOMENT_SECRET_KEY": "k" * 40,
    }

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(main, ["export", *arguments], env=env)
        return f"{done.exit_code} {done.output}"

    assert "say why" in run(str(tmp_path / "a"), "--months")
    assert run(str(tmp_path / "a"), "--list").startswith("2 ")
    assert "Its sum" in run(str(tmp_path / "a"), "--no-pdf", "--months", "--reason", "a thesis")
    register.ask(db, plan(), PLAIN, now=NOW, actor="account 1")
    listed = run("--list")
    assert "waiting" in listed
    assert "nothing: it would be the same again" in listed
    assert sums(tmp_path / "a")["manifest.json"][:16] in listed


def text_of(content: bytes) -> str:
    """The text of a PDF, without its white space."""
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return "".join(text.split())


def test_the_codebook_as_pdf_has_every_column_is_tagged_and_is_always_the_same() -> None:
    about = {table.name: table for table in tables.Tables(plan(), None, Wanted()).all()}
    some = [about["child"], about["responses"]]
    content = codebook_pdf.render(some, ["a note"])
    codebook_pdf._typeset.cache_clear()
    assert codebook_pdf.render(some, ["a note"]) == content
    columns = [column for table in some for column in table.columns]
    text = text_of(content)
    own = [it.name for it in columns if not (it.instrument and it.origin == "noted by the service")]
    assert len(own) > 20
    assert [name for name in own if name not in text] == []
    with pikepdf.open(io.BytesIO(content)) as document:
        assert document.Root.MarkInfo.Marked


@one
def test_the_codebook_as_pdf_comes_with_an_export_unless_it_is_not_wanted(
    db: Database, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codebook_pdf, "_typeset", lambda page: f"%PDF {len(page)}".encode())
    whole = export(db, tmp_path / "whole", wanted=Wanted())
    assert (whole / "codebook.pdf").read_bytes().startswith(b"%PDF")
    assert not (export(db, tmp_path / "less", wanted=PLAIN) / "codebook.pdf").exists()
