"""Packs of recordings: a folder with `audio.yaml` and one file for each question that it speaks.

`audio.yaml` says whose voice it is, for which edition, under which licence, and has of every file its
SHA-256 and where its words stood. Installed packs stand in `<audio folder>/<pack id>/`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from instruments import BrokenFile, Catalogue, Edition, reading
from instruments.wording import Library
from survey.aloud.spoken import editions_texts

HEAD = "audio.yaml"
#: What every phone can play, and what a recorder gives.
_FILE = re.compile(r"[0-9a-f]{24}\.(mp3|m4a|wav)")
#: A question takes seconds to say (bytes).
LARGEST = 2_000_000


class RefusedVoices(Exception):
    """A pack of recordings that cannot be used; nothing was changed. `problems` has every reason."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("\n".join(found))
        self.problems = found


class Recording(BaseModel):
    """One file: its SHA-256, and where the words stood when they were spoken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    where: str


class VoicesHead(BaseModel):
    """The whole of `audio.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")
    edition: str = Field(pattern=r"^[a-z]{2,3}(-easy)?$")
    #: Who or what speaks.
    voice: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    date: dt.date
    files: dict[str, Recording]

    @classmethod
    def read(cls, folder: Path) -> VoicesHead:
        """The head of a pack. Raises RefusedVoices."""
        try:
            return cls.model_validate(reading.read((folder / HEAD).read_text(encoding="utf-8"), HEAD))
        except FileNotFoundError as error:
            raise RefusedVoices([f"{folder.name}: there is no {HEAD}."]) from error
        except BrokenFile as broken:
            raise RefusedVoices(list(map(str, broken.problems))) from broken
        except ValidationError as error:
            found = [f"{HEAD}: {'.'.join(map(str, each['loc']))}: {each['msg']}." for each in error.errors()]
            raise RefusedVoices(found) from error

    def write(self, folder: Path) -> None:
        """Put the head into the folder of its pack."""
        text = yaml.safe_dump(self.model_dump(mode="json"), allow_unicode=True, sort_keys=False)
        (folder / HEAD).write_text(text, encoding="utf-8")


def packs(folder: Path | None) -> list[Path]:
    """The folders of installed packs."""
    if folder is None or not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


class Voices:
    """The recordings that are at hand. Read once; packs that are not whole are left out (see `problems`)."""

    def __init__(self, folder: Path | None) -> None:
        self._files: dict[str, Path] = {}
        for pack in packs(folder):
            try:
                head = VoicesHead.read(pack)
            except RefusedVoices:
                continue
            self._files |= {
                name.partition(".")[0]: pack / name for name in head.files if _FILE.fullmatch(name)
            }

    def file(self, name: str) -> Path | None:
        """The recording of that name, if there is one."""
        return self._files.get(name)


#: No recordings at all.
SILENCE = Voices(None)


def problems(folder: Path | None, library: Library, catalogue: Catalogue) -> list[str]:
    """What is damaged, stale or missing in the installed packs: one line each.

    A question without a recording counts as missing only in an edition that has a pack.
    """
    found: list[str] = []
    spoken: dict[Edition, set[str]] = {}
    for pack in packs(folder):
        try:
            head = VoicesHead.read(pack)
        except RefusedVoices as refused:
            found += refused.problems
            continue
        edition = Edition.parse(head.edition)
        found += damages(head, pack)
        current = {each.name for each in editions_texts(library, catalogue, edition)}
        names = {name.partition(".")[0]: record.where for name, record in head.files.items()}
        found += [
            f"{head.id}: {where} ({edition}) is stale: its words have changed. Record it again."
            for name, where in names.items()
            if name not in current
        ]
        spoken.setdefault(edition, set()).update(names)
    for edition, names_there in spoken.items():
        found += [
            f"{each.where} ({edition}) is not read aloud yet. Record it."
            for each in editions_texts(library, catalogue, edition)
            if each.name not in names_there
        ]
    return found


def damages(head: VoicesHead, pack: Path) -> Iterator[str]:
    """Files that are not as the head says."""
    there = {path.name for path in pack.iterdir()} - {HEAD}
    for name in sorted(there - set(head.files)):
        yield f"{head.id}: {HEAD} does not list {name}. List it, or take it out."
    for name, record in sorted(head.files.items()):
        if not _FILE.fullmatch(name):
            yield f"{head.id}: {name} is no name of a recording: 24 hex digits and .mp3, .m4a or .wav."
        elif name not in there or not (pack / name).is_file() or (pack / name).is_symlink():
            yield f"{head.id}: {name} is missing. Add it, or take it off the list."
        elif (pack / name).stat().st_size > LARGEST:
            yield f"{head.id}: {name} is larger than {LARGEST} bytes."
        elif hashlib.sha256((pack / name).read_bytes()).hexdigest() != record.sha256:
            yield f"{head.id}: {name} is not the file that was listed. Ask for the pack again."


def install(pack: Path, folder: Path) -> VoicesHead:
    """Put a pack (a folder) beside the installed ones, in place of an earlier one with the same id.

    Raises:
        RefusedVoices: with every reason; nothing was changed.
    """
    head = VoicesHead.read(pack)
    found = list(damages(head, pack))
    if found:
        raise RefusedVoices(found)
    folder.mkdir(parents=True, exist_ok=True)
    incoming = folder / f".incoming-{secrets.token_hex(8)}"
    incoming.mkdir()
    for name in (HEAD, *head.files):
        shutil.copyfile(pack / name, incoming / name)
    target, old = folder / head.id, folder / f".old-{secrets.token_hex(8)}"
    if target.exists():
        target.rename(old)
    incoming.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return head
