"""Recordings of questions: found by the words they speak, and never played when those have changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from instruments import Edition, catalogue
from instruments.wording import Library
from survey import aloud, wording_packs
from survey.aloud import robot
from survey.aloud.voices import HEAD, Recording, VoicesHead
from survey.cli import main

EASY = Edition("nl", "easy")


@pytest.fixture(scope="module")
def library() -> Library:
    return Library([wording_packs.OURS], catalogue())


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A speaker and a squeezer that give back the words they are given, so that tests can read them."""
    folder = tmp_path_factory.mktemp("programs")
    for name in robot.PROGRAMS:
        (folder / name).write_text("#!/bin/sh\nexec cat\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def run() -> Callable[..., Result]:
    return lambda *words: CliRunner().invoke(main, ["wording", *map(str, words)])


def texts(library: Library, edition: Edition = EASY) -> list[aloud.Spoken]:
    return list(aloud.editions_texts(library, catalogue(), edition))


def test_a_question_is_said_with_its_answers_in_their_order(library: Library) -> None:
    instrument = catalogue().versions("who5")[0]
    wording = library.wording(instrument, EASY)
    lines = aloud.said(instrument, wording, instrument.items[0]).splitlines()
    assert lines[0] == wording.text("item.1")
    options = instrument.items[0].options
    codes = instrument.codes(instrument.items[0])
    assert lines[1:] == [wording.text(f"options.{options}.{code}") for code in codes]


def test_a_recording_is_found_by_its_words_and_by_no_others(library: Library, tmp_path: Path) -> None:
    (first, second, *_) = texts(library)
    pack(tmp_path / "voices" / "nl-easy-anna", [first])
    voices = aloud.Voices(tmp_path / "voices")
    assert voices.file(first.name) is not None
    assert voices.file(second.name) is None
    assert voices.file(aloud.name_of(EASY, first.text + "!")) is None
    assert voices.file(aloud.name_of(Edition("nl"), first.text)) is None


def test_the_robot_renders_every_question_once_and_the_check_is_content(
    library: Library, tmp_path: Path, programs: Path, run: Callable[..., Result]
) -> None:
    made = run("speak", "nl-easy", "--audio-dir", tmp_path)
    assert made.exit_code == 0, made.output
    there = sorted((tmp_path / "nl-easy-robot").glob("*.mp3"))
    assert len(there) == len(texts(library))
    assert aloud.problems(tmp_path, library, catalogue()) == []
    assert run("check", "--audio-dir", tmp_path).exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in there}
    assert run("speak", "nl-easy", "--audio-dir", tmp_path).exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in there} == before


def test_a_recording_of_words_that_have_changed_fails_the_check(
    library: Library, tmp_path: Path, run: Callable[..., Result]
) -> None:
    current = texts(library)
    changed = replace(current[0], name=aloud.name_of(EASY, "the former words"))
    pack(tmp_path / "nl-easy-anna", [changed, *current[1:]])
    found = aloud.problems(tmp_path, library, catalogue())
    assert found == [
        f"nl-easy-anna: {changed.where} (nl-easy) is stale: its words have changed. Record it again.",
        f"{changed.where} (nl-easy) is not read aloud yet. Record it.",
    ]
    checked = run("check", "--audio-dir", tmp_path)
    assert checked.exit_code == 1
    assert "is stale" in checked.output


def test_without_its_programs_the_robot_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Result]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = run("speak", "nl", "--audio-dir", tmp_path / "audio")
    assert refused.exit_code == 2
    assert "apt-get install espeak-ng" in refused.output
    assert not (tmp_path / "audio").exists()


def test_a_robot_that_fails_says_why(programs: Path, tmp_path: Path, run: Callable[..., Result]) -> None:
    (programs / "lame").write_text("#!/bin/sh\necho broken >&2\nexit 3\n", encoding="utf-8")
    refused = run("speak", "en", "--audio-dir", tmp_path / "audio")
    assert refused.exit_code == 2
    assert "lame failed: broken" in refused.output


def test_a_pack_is_installed_whole_and_replaces_its_former_self(
    library: Library, tmp_path: Path, run: Callable[..., Result]
) -> None:
    (first, second, *_) = texts(library)
    installed = tmp_path / "installed"
    pack(tmp_path / "one" / "nl-easy-anna", [first, second])
    done = run("install-audio", tmp_path / "one" / "nl-easy-anna", "--audio-dir", installed)
    assert done.exit_code == 0, done.output
    pack(tmp_path / "two" / "nl-easy-anna", [second])
    run("install-audio", tmp_path / "two" / "nl-easy-anna", "--audio-dir", installed)
    assert aloud.Voices(installed).file(first.name) is None
    assert aloud.Voices(installed).file(second.name) is not None
    assert [path.name for path in installed.iterdir()] == ["nl-easy-anna"]


@pytest.mark.parametrize("damage", ["changed", "missing", "surplus", "headless", "misnamed"])
def test_a_pack_with_anything_wrong_is_refused_whole(
    library: Library, tmp_path: Path, damage: str, run: Callable[..., Result]
) -> None:
    folder = tmp_path / "nl-easy-anna"
    (first, *_) = texts(library)
    recording = pack(folder, [first])[0]
    if damage == "changed":
        recording.write_bytes(b"other")
    elif damage == "missing":
        recording.unlink()
    elif damage == "surplus":
        (folder / "notes.txt").write_text("hello", encoding="utf-8")
    elif damage == "headless":
        (folder / HEAD).unlink()
    else:
        text = (folder / HEAD).read_text(encoding="utf-8")
        (folder / HEAD).write_text(text.replace(recording.name, "../../escape.mp3"), encoding="utf-8")
    refused = run("install-audio", folder, "--audio-dir", tmp_path / "installed")
    assert refused.exit_code == 1
    assert "nothing was changed" in refused.output
    assert not (tmp_path / "installed").exists()


def test_a_folder_must_be_named(run: Callable[..., Result], tmp_path: Path) -> None:
    assert "MEETMOMENT_AUDIO_DIR" in run("speak", "nl").output
    assert "MEETMOMENT_AUDIO_DIR" in run("install-audio", tmp_path).output
    assert run("speak", "Dutch", "--audio-dir", tmp_path).exit_code == 2
    assert "no words" in run("speak", "xx", "--audio-dir", tmp_path).output


def pack(folder: Path, spoken: list[aloud.Spoken]) -> list[Path]:
    """A pack of recordings of these questions."""
    folder.mkdir(parents=True)
    files = {}
    for each in spoken:
        path = folder / f"{each.name}.mp3"
        path.write_bytes(each.text.encode())
        files[path.name] = Recording(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), where=each.where)
    VoicesHead(
        id=folder.name,
        edition=str(EASY),
        voice="Anna",
        licence="ours",
        date=dt.date(2026, 11, 23),
        files=files,
    ).write(folder)
    return [folder / name for name in files]
