"""The store of keys: on disk or not at all, thrown away for good, and one sealed copy that is never lost."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pyrage
import pytest

from survey import age_files, key_store
from survey.age_files import BadKey, BrokenBackup, WrongKey
from survey.key_store import COPY, KeyStore, StoreUnusable, UnknownCopy, read_copy

SECRET, PUBLIC = age_files.new_identity()


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    """A store in a folder of its own, with a folder for backups beside it."""
    elsewhere, backups = tmp_path / "elsewhere", tmp_path / "backups"
    elsewhere.mkdir()
    backups.mkdir()
    return KeyStore(elsewhere, backups, (PUBLIC,))


def test_what_is_thrown_away_is_on_no_page_of_the_file(keys: KeyStore) -> None:
    made = {f"{number:032x}": secrets.token_bytes(32) for number in range(2000)}
    assert keys.put_back(made) == 2000
    gone = list(made)[::2]
    assert keys.throw_away(gone) == 1000
    assert keys.throw_away(gone) == 0
    assert set(keys.secrets()) == set(made) - set(gone)
    bytes_on_disk = b"".join(file.read_bytes() for file in keys.file.parent.iterdir())
    assert not any(made[name] in bytes_on_disk for name in gone)
    assert all(made[name] in bytes_on_disk for name in list(made)[1::2])


def test_a_key_that_is_not_known_yet_can_be_thrown_away_before_it_comes_back(keys: KeyStore) -> None:
    assert keys.throw_away(["a" * 32]) == 0
    assert keys.is_copied(), "no key is kept, none is gone"
    assert keys.put_back({"a" * 32: b"k" * 32, "b" * 32: b"l" * 32}) == 1
    assert keys.secrets() == {"b" * 32: b"l" * 32}


def test_a_copy_elsewhere_does_not_stand_for_the_one_beside_the_backups(
    keys: KeyStore, tmp_path: Path
) -> None:
    keys.put_back({"a" * 32: b"k" * 32})
    keys.seal_copy(tmp_path, (PUBLIC,))
    assert not keys.is_copied()
    assert KeyStore(keys.file.parent).is_copied(), "no folder is set: the last one counts"
    assert keys.renew_copy()
    (tmp_path / "backups" / COPY).unlink()
    assert not keys.is_copied()


def test_a_copy_that_cannot_be_renewed_is_told_and_leaves_the_former_whole(
    keys: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.put_back({"a" * 32: b"k" * 32})
    assert keys.renew_copy()
    keys.throw_away(["a" * 32])

    def full(descriptor: int) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(age_files.os, "fsync", full)
        assert not keys.renew_copy()
    folder = tmp_path / "backups"
    assert [file.name for file in folder.iterdir()] == [COPY]
    assert len(read_copy(folder / COPY, SECRET)) == 1
    folder.rename(tmp_path / "away")
    assert (keys.renew_copy(), keys.is_copied()) == (False, False)
    (tmp_path / "away").rename(folder)
    assert not KeyStore(keys.file.parent, folder, ("nonsense",)).renew_copy()
    assert keys.renew_copy()
    assert read_copy(folder / COPY, SECRET) == {}


def test_a_copy_that_another_store_made_is_never_replaced(keys: KeyStore, tmp_path: Path) -> None:
    keys.put_back({"a" * 32: b"k" * 32})
    assert keys.renew_copy()
    copy = tmp_path / "backups" / COPY
    before = copy.read_bytes()
    # The store is lost, or its disk is away; the first thing that happens is a backup, or an erasure.
    other = KeyStore(tmp_path, copy.parent, (PUBLIC,))
    other.put_back({"b" * 32: b"l" * 32})
    with pytest.raises(UnknownCopy, match="survey backup people-keys"):
        other.seal_copy(copy.parent, (PUBLIC,))
    assert not other.renew_copy()
    assert copy.read_bytes() == before
    assert other.put_back_copy(copy, SECRET) == 1
    assert other.renew_copy()
    assert set(read_copy(copy, SECRET)) == {"a" * 32, "b" * 32}
    # An older one in its place is noticed, and taken for what it is.
    copy.write_bytes(before)
    assert (keys.is_copied(), other.is_copied()) == (True, False)
    # Backups that move to another folder take their copy along.
    moved = copy.parent.rename(tmp_path / "moved")
    assert KeyStore(keys.file.parent, moved, (PUBLIC,)).renew_copy()


def test_a_copy_is_still_ours_when_the_power_failed_before_it_was_noted(
    keys: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.put_back({"a" * 32: b"k" * 32})
    assert keys.renew_copy()
    keys.throw_away(["a" * 32])
    plain = age_files.replace

    def replace_and_fail(file: Path, content: bytes) -> None:
        plain(file, content)
        raise OSError("the power is gone")

    for broken in (replace_and_fail, lambda file, content: replace_and_fail(tmp_path / "nowhere", content)):
        with monkeypatch.context() as patch:
            patch.setattr(age_files, "replace", broken)
            keys.put_back({"b" * 32: b"l" * 32})
            keys.renew_copy()
    keys.throw_away(["b" * 32])
    assert keys.renew_copy()


def test_only_the_right_key_opens_a_copy_and_damage_is_noticed(keys: KeyStore, tmp_path: Path) -> None:
    keys.put_back({"a" * 32: b"k" * 32})
    keys.seal_copy(tmp_path, (PUBLIC,))
    copy = tmp_path / COPY
    with pytest.raises(WrongKey):
        read_copy(copy, age_files.new_identity()[0])
    with pytest.raises(BadKey):
        read_copy(copy, "no key at all")
    whole = copy.read_bytes()
    for damaged in (whole[:-3], whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:], b"", b"something else"):
        copy.write_bytes(damaged)
        with pytest.raises(BrokenBackup):
            read_copy(copy, SECRET)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\xff\x00", "no copy"),
        ([], "no copy"),
        ({"keys": {}}, "no copy"),
        ({"format": 1, "keys": {"a" * 32: "!"}}, "no copy"),
        ({"format": 2, "keys": {}}, "newer version"),
        ({"format": 1, "keys": {"a" * 32: "aaaa"}}, "something else"),
        ({"format": 1, "keys": {"../x": "a" * 43 + "="}}, "something else"),
    ],
)
def test_a_file_that_is_something_else_is_no_copy(content: object, complaint: str, tmp_path: Path) -> None:
    written = content if isinstance(content, bytes) else json.dumps(content).encode()
    to = pyrage.x25519.Recipient.from_str(PUBLIC)
    (tmp_path / COPY).write_bytes(pyrage.encrypt(written, [to]))
    with pytest.raises(BrokenBackup, match=complaint):
        read_copy(tmp_path / COPY, SECRET)


def test_a_store_that_cannot_be_used_says_so_and_is_left_as_it_is(
    keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.file.write_bytes(b"this is no database at all" * 40)
    before = keys.file.read_bytes()
    for use in (
        keys.secrets,
        keys.is_copied,
        lambda: keys.known(["a" * 32]),
        lambda: keys.throw_away(["a" * 32]),
    ):
        with pytest.raises(StoreUnusable, match=key_store.FILE):
            use()
    assert not keys.renew_copy()
    assert keys.file.read_bytes() == before
    keys.file.unlink()
    keys.file.touch()
    assert (keys.secrets(), keys.is_copied()) == ({}, True), "it broke off while it was made"
    keys.put_back({"a" * 32: b"k" * 32})
    monkeypatch.setattr(key_store, "_PATIENCE", 0)
    with keys._writing(), pytest.raises(StoreUnusable, match="locked"):
        keys.throw_away(["a" * 32])
    assert keys.throw_away(["a" * 32]) == 1
