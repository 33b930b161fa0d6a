"""Wording packs from outside: installed whole, or refused whole with every reason."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from instruments import BrokenFile, Edition, catalogue
from instruments.wording import Library
from survey import wording_packs
from survey.wording_packs import OURS, RefusedPack, install, roots_in

TODAY = dt.date(2026, 11, 23)
WHO5 = "nl/wording/who5.yaml"
SDQ = "nl/wording/sdq.yaml"

Files = dict[str, str]


def official(name: str) -> str:
    """Our own words, passed off as a rights holder's."""
    text = (OURS.folder / name).read_text("utf-8")
    return text.replace("status: demonstration", "status: official").replace(
        "status: draft", "status: official"
    )


def head(files: Files, **changes: str) -> str:
    said = {
        "id": "holder-2026",
        "holder": "A Rights Holder",
        "licence_reference": "LIC-1",
        "modes": "[screen, paper]",
        "languages": "[nl]",
        "expires": '"2027-12-31"',
        **changes,
    }
    sums = [f"  {name}: {hashlib.sha256(text.encode()).hexdigest()}" for name, text in files.items()]
    return "\n".join([*(f"{key}: {value}" for key, value in said.items() if value), "files:", *sums, ""])


@pytest.fixture
def files() -> Files:
    """A whole and honest pack."""
    wording = {WHO5: official(WHO5)}
    return {**wording, "pack.yaml": head(wording)}


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """The folder of installed packs, which does not exist yet."""
    return tmp_path / "installed"


def folder_of(files: Files, where: Path) -> Path:
    for name, text in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_text(text, "utf-8")
    return where


def zip_of(files: Files, where: Path, top: str = "") -> Path:
    with zipfile.ZipFile(where, "w") as archive:
        for name, text in files.items():
            archive.writestr(top + name, text)
    return where


def refused(pack: Path, packs: Path) -> str:
    """Every reason for which a pack is refused; and that nothing is left of the attempt."""
    before = sorted(packs.rglob("*")) if packs.exists() else None
    with pytest.raises(RefusedPack) as found:
        install(pack, packs, catalogue(), TODAY)
    after = sorted(packs.rglob("*")) if packs.exists() else None
    assert before == after
    return "\n".join(map(str, found.value.problems))


def status_of_who5(packs: Path) -> str:
    library = Library(roots_in(packs), catalogue())
    return library.wording(catalogue().get("who5", "self"), Edition("nl")).status


@pytest.mark.parametrize("kind", ["folder", "zip", "zip of the folder"])
def test_an_honest_pack_is_installed_and_wins_over_our_own_words(
    files: Files, packs: Path, tmp_path: Path, kind: str
) -> None:
    assert status_of_who5(packs) != "official"
    pack = {
        "folder": lambda: folder_of(files, tmp_path / "pack"),
        "zip": lambda: zip_of(files, tmp_path / "pack.zip"),
        "zip of the folder": lambda: zip_of(files, tmp_path / "pack.zip", "pack/"),
    }[kind]()
    done = install(pack, packs, catalogue(), TODAY)
    assert (done.licence.id, done.files, done.replaced) == ("holder-2026", (WHO5,), False)
    assert status_of_who5(packs) == "official"
    (ours, theirs) = roots_in(packs)
    assert ours == OURS
    assert theirs.licence is not None
    assert theirs.licence.allows("screen", "nl", TODAY)
    assert not theirs.licence.allows("screen", "nl", dt.date(2028, 1, 1))


def test_a_pack_replaces_the_one_of_the_same_id_whole(files: Files, packs: Path, tmp_path: Path) -> None:
    both = {WHO5: official(WHO5), SDQ: official(SDQ)}
    first = folder_of({**both, "pack.yaml": head(both)}, tmp_path / "first")
    install(first, packs, catalogue(), TODAY)
    done = install(folder_of(files, tmp_path / "second"), packs, catalogue(), TODAY)
    assert done.replaced
    there = {path.relative_to(packs).as_posix() for path in packs.rglob("*") if path.is_file()}
    assert there == {".lock", "holder-2026/pack.yaml", f"holder-2026/{WHO5}"}


def test_a_replacement_that_was_broken_off_leaves_the_old_pack_in_force(
    files: Files, packs: Path, tmp_path: Path
) -> None:
    pack = folder_of(files, tmp_path / "pack")
    install(pack, packs, catalogue(), TODAY)
    (packs / "holder-2026").rename(packs / ".replaced-holder-2026")
    (packs / ".incoming-0123").mkdir()
    assert status_of_who5(packs) == "official"
    install(pack, packs, catalogue(), TODAY)
    assert {path.name for path in packs.iterdir()} == {".lock", "holder-2026"}


def test_what_computers_leave_behind_is_passed_over(files: Files, packs: Path, tmp_path: Path) -> None:
    litter = {".DS_Store": "x", "__MACOSX/nl/._who5.yaml": "x", "nl/Thumbs.db": "x"}
    done = install(zip_of({**files, **litter}, tmp_path / "pack.zip"), packs, catalogue(), TODAY)
    assert done.files == (WHO5,)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expires": '"2026-11-22"'}, "the licence ended on 2026-11-22"),
        ({"expires": "soon"}, "expires"),
        ({"holder": ""}, "holder"),
        ({"licence_reference": ""}, "licence_reference"),
        ({"modes": "[telepathy]"}, "modes"),
        ({"languages": "[en]"}, "the licence does not allow nl"),
        ({"languages": ""}, "languages"),
        ({"id": "../../etc"}, "id"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_licence_that_is_not_in_order_is_refused(
    packs: Path, tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    wording = {WHO5: official(WHO5)}
    pack = folder_of({**wording, "pack.yaml": head(wording, **changes)}, tmp_path / "pack")
    assert reason in refused(pack, packs)


def test_a_licence_counts_until_and_on_its_last_day(packs: Path, tmp_path: Path) -> None:
    wording = {WHO5: official(WHO5)}
    last = head(wording, expires='"2026-11-23"')
    pack = folder_of({**wording, "pack.yaml": last}, tmp_path / "pack")
    assert install(pack, packs, catalogue(), TODAY).licence.expires == TODAY


def test_a_file_that_was_changed_after_the_pack_was_made_is_refused(
    files: Files, packs: Path, tmp_path: Path
) -> None:
    files[WHO5] += "# one comment more\n"
    assert "its SHA-256 is not the one in pack.yaml" in refused(folder_of(files, tmp_path / "pack"), packs)


def test_files_and_list_must_agree(files: Files, packs: Path, tmp_path: Path) -> None:
    files[SDQ] = official(SDQ)
    files["pack.yaml"] += f"  nl/wording/vgk.yaml: {'0' * 64}\n"
    reasons = refused(folder_of(files, tmp_path / "pack"), packs)
    assert f"{SDQ}: pack.yaml does not list the file" in reasons
    assert "files.nl/wording/vgk.yaml: the file is not in the pack" in reasons


def test_a_pack_without_a_head_is_refused(files: Files, packs: Path, tmp_path: Path) -> None:
    del files["pack.yaml"]
    assert "pack.yaml: the file is missing" in refused(folder_of(files, tmp_path / "pack"), packs)


def without(text: str, key: str) -> str:
    lines = [line for line in text.splitlines() if not line.strip().startswith(f"{key}:")]
    assert len(lines) < len(text.splitlines())
    return "\n".join(lines) + "\n"


def with_text(text: str, line: str) -> str:
    return text.replace("\ntext:\n", f"\ntext:\n  {line}\n")


@pytest.mark.parametrize(
    ("name", "edit", "reasons"),
    [
        (WHO5, lambda text: without(text, "item.3"), ["self.item.3: the text is missing", "4 of 5 items"]),
        (WHO5, lambda text: without(text, "title"), ["self.title: the text is missing"]),
        (WHO5, lambda text: with_text(text, "item.6: more"), ["text.item.6: no version needs this key"]),
        (WHO5, lambda text: with_text(text, "item.1: again"), ["'item.1' is given twice"]),
        (WHO5, lambda text: text.replace("language: nl", "language: fr"), ["it says it is who5 in fr"]),
        (
            WHO5,
            lambda text: text.replace("instrument: who5", "instrument: who6"),
            ["there is no instrument who6"],
        ),
        (WHO5, lambda text: text + "versions: {adult: {item.1: x}}\n", ["there is no such version"]),
        (WHO5, lambda text: "- just\n- a list\n", ["the file holds no mapping"]),
        (WHO5, lambda text: "a: *b\n", ["aliases"]),
    ],
)
def test_wording_that_is_not_complete_is_refused(
    packs: Path, tmp_path: Path, name: str, edit: Callable[[str], str], reasons: list[str]
) -> None:
    wording = {name: edit(official(name))}
    said = refused(folder_of({**wording, "pack.yaml": head(wording)}, tmp_path / "pack"), packs)
    for reason in reasons:
        assert reason in said


def test_all_reasons_are_given_at_once_and_nothing_is_half_installed(packs: Path, tmp_path: Path) -> None:
    wording = {WHO5: without(official(WHO5), "item.3"), SDQ: without(official(SDQ), "title")}
    pack = folder_of({**wording, "pack.yaml": head(wording, expires='"2020-01-01"')}, tmp_path / "pack")
    said = refused(pack, packs)
    assert "who5" in said
    assert "sdq" in said
    assert "the licence ended" in said
    assert not packs.exists()


def test_a_refused_replacement_leaves_the_old_pack_as_it_was(
    files: Files, packs: Path, tmp_path: Path
) -> None:
    install(folder_of(files, tmp_path / "first"), packs, catalogue(), TODAY)
    files[WHO5] = "rubbish"
    refused(folder_of(files, tmp_path / "second"), packs)
    assert status_of_who5(packs) == "official"


@pytest.mark.parametrize(
    "name", ["../escaped.yaml", "/tmp/escaped.yaml", "nl/../../escaped.yaml", "nl\\..\\x.yaml", "C:/x.yaml"]
)
def test_a_name_that_leads_outside_is_refused(files: Files, packs: Path, tmp_path: Path, name: str) -> None:
    pack = zip_of({**files, name: "x"}, tmp_path / "pack.zip")
    # A zip written elsewhere may hold what Python's own writer mends.
    pack.write_bytes(pack.read_bytes().replace(b"nl/..\\x.yaml", b"nl\\..\\x.yaml"))
    said = refused(pack, packs)
    assert "outside" in said or "cannot hold such a file" in said
    assert not list(tmp_path.rglob("escaped.yaml"))


def test_a_link_in_a_zip_is_refused(files: Files, packs: Path, tmp_path: Path) -> None:
    pack = zip_of(files, tmp_path / "pack.zip")
    with zipfile.ZipFile(pack, "a") as archive:
        link = zipfile.ZipInfo("nl/wording/sdq.yaml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "links" in refused(pack, packs)


@pytest.mark.parametrize("target", ["file", "folder"])
def test_a_link_in_a_folder_is_refused(files: Files, packs: Path, tmp_path: Path, target: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "sdq.yaml").write_text("x")
    pack = folder_of(files, tmp_path / "pack")
    if target == "file":
        (pack / SDQ).symlink_to(outside / "sdq.yaml")
    else:
        (pack / "en").symlink_to(outside)
    assert "links" in refused(pack, packs)


def test_a_special_file_in_a_folder_is_refused_and_not_read(
    files: Files, packs: Path, tmp_path: Path
) -> None:
    pack = folder_of(files, tmp_path / "pack")
    os.mkfifo(pack / "nl" / "wording" / "sdq.yaml")
    assert "special files" in refused(pack, packs)


def test_a_zip_bomb_is_refused_without_being_unpacked(files: Files, packs: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(SDQ, b"\0" * 60_000_000)
    assert pack.stat().st_size < 1_000_000
    assert "longer than" in refused(pack, packs)


def test_a_pack_of_too_many_files_is_refused(files: Files, packs: Path, tmp_path: Path) -> None:
    many = {f"nl/wording/x{number}.yaml": "x" for number in range(600)}
    assert "too large" in refused(zip_of({**files, **many}, tmp_path / "pack.zip"), packs)


def test_a_name_that_is_there_twice_is_refused(files: Files, packs: Path, tmp_path: Path) -> None:
    pack = zip_of(files, tmp_path / "pack.zip")
    with zipfile.ZipFile(pack, "a") as archive:
        archive.writestr("NL/wording/who5.yaml", "x")
    assert "the name is there twice" in refused(pack, packs)


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18, b"PK\x03\x04 cut off"])
def test_what_is_no_pack_at_all_is_refused(packs: Path, tmp_path: Path, data: bytes) -> None:
    pack = tmp_path / "pack.zip"
    pack.write_bytes(data)
    assert refused(pack, packs)


def test_a_zip_that_was_cut_or_damaged_is_refused(files: Files, packs: Path, tmp_path: Path) -> None:
    whole = zip_of(files, tmp_path / "pack.zip").read_bytes()
    for broken in (whole[:-30], whole[:200] + b"XXXX" + whole[204:]):
        pack = tmp_path / "broken.zip"
        pack.write_bytes(broken)
        assert refused(pack, packs)


def test_an_installed_pack_that_is_changed_by_hand_stops_the_service(
    files: Files, packs: Path, tmp_path: Path
) -> None:
    install(folder_of(files, tmp_path / "pack"), packs, catalogue(), TODAY)
    installed = packs / "holder-2026" / WHO5
    installed.write_text(installed.read_text("utf-8") + "# touched\n", "utf-8")
    with pytest.raises(BrokenFile, match="Install the pack again"):
        roots_in(packs)


def test_without_a_folder_of_packs_there_are_only_our_own_words(tmp_path: Path) -> None:
    assert wording_packs.roots_in(None) == [OURS]
    assert wording_packs.roots_in(tmp_path / "nothing") == [OURS]
