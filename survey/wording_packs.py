"""Wording packs: licensed words from outside, installed whole or refused whole.

A pack is a folder or a zip with `pack.yaml` (whose words these are, where, how and until when they may be
shown, and the SHA-256 of every file) and wording files `<language>/wording/<instrument>[.easy].yaml`.
Installed packs stand in `<wording folder>/<pack id>/` and win over the words of the repository.

A pack comes from outside, so nothing in it is trusted: it is read into memory within limits, only names
that a pack can have are written, and they are written by us. A pack becomes visible by one rename.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

import translations
from instruments import BrokenFile, Instrument, Problem, reading, wording
from instruments.loading import Catalogue
from instruments.wording import PackLicence, Root, WordingFile
from survey.wording_archives import Unreadable, contents

if TYPE_CHECKING:
    from survey.settings import Settings

#: The words that ship with the service.
OURS = Root(Path(translations.__file__).parent)

HEAD = "pack.yaml"
_WORDING = re.compile(r"[a-z]{2,3}/wording/[a-z0-9][a-z0-9_.-]{0,80}\.yaml")
#: Before the name of a pack: one that is being written, and one that is being replaced.
_INCOMING, _REPLACED = ".incoming-", ".replaced-"


class RefusedPack(Exception):
    """A pack that cannot be installed; nothing was changed. `problems` has every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class PackHead(PackLicence):
    """The whole of `pack.yaml`: the licence, and the SHA-256 of every other file by its path."""

    files: dict[str, str] = Field(min_length=1)

    @property
    def licence(self) -> PackLicence:
        """The licence alone."""
        return PackLicence(**{name: getattr(self, name) for name in PackLicence.model_fields})


@dataclass(frozen=True)
class Installed:
    """What an installation did."""

    licence: PackLicence
    folder: Path
    files: tuple[str, ...]
    replaced: bool


def roots(settings: Settings) -> list[Root]:
    """All wording of this installation, for a `wording.Library`: ours first, then each pack.

    Raises:
        BrokenFile: an installed pack was changed or damaged since it was installed.
    """
    return roots_in(settings.wording_dir)


def roots_in(folder: Path | None) -> list[Root]:
    """As `roots`, for the folder that holds the installed packs; none: only the words that ship."""
    found = [OURS]
    problems: list[Problem] = []
    for pack in _installed(folder):
        files = {
            path.relative_to(pack).as_posix(): path.read_bytes()
            for path in sorted(pack.rglob("*"))
            if path.is_file()
        }
        try:
            head = _head(files, pack.name)
            wrong = _unlike_their_sums(head, files)
        except RefusedPack as refused:
            wrong = refused.problems
        problems += [
            Problem(f"{pack.name}/{each.file}", each.key, each.what, "Install the pack again.")
            for each in wrong
        ]
        if not wrong:
            found.append(Root(pack, head.licence))
    if problems:
        raise BrokenFile(problems)
    return found


def install(pack: Path, folder: Path, catalogue: Catalogue, today: dt.date) -> Installed:
    """Install a pack from a folder or zip file, in place of an earlier one with the same id.

    Raises:
        RefusedPack: with every reason; nothing was changed.
        OSError: the folder cannot be written.
    """
    try:
        files = contents(pack)
    except Unreadable as error:
        raise RefusedPack(error.problems) from error
    head = _head(files, pack.name)
    problems = _unlike_their_sums(head, files) + _licence(head, today)
    for name in sorted(set(files) - {HEAD}):
        problems += _wording(name, files[name], head, catalogue)
    if problems:
        raise RefusedPack(problems)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        replaced = _put(files, folder, head.id)
    return Installed(head.licence, folder / head.id, tuple(sorted(set(files) - {HEAD})), replaced)


def _installed(folder: Path | None) -> list[Path]:
    """The folders of installed packs, by id."""
    if folder is None or not folder.is_dir():
        return []
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    found = {name: folder / name for name in names if not name.startswith(".")}
    for name in names:
        # The machine stopped between the two renames of a replacement: the old pack still counts.
        if name.startswith(_REPLACED):
            found.setdefault(name.removeprefix(_REPLACED), folder / name)
    return [found[name] for name in sorted(found)]


def _head(files: Mapping[str, bytes], pack: str) -> PackHead:
    """The head of a pack. Raises RefusedPack when it is not one."""
    form = "translations/README.md says what it holds."
    if HEAD not in files:
        raise RefusedPack([Problem(pack, HEAD, "the file is missing", f"Put it at the top; {form}")])
    try:
        head = PackHead.model_validate(reading.read(files[HEAD].decode("utf-8"), HEAD))
    except UnicodeDecodeError as error:
        raise RefusedPack([Problem(HEAD, "", "it is not UTF-8 text", "Save it as UTF-8.")]) from error
    except BrokenFile as broken:
        raise RefusedPack(broken.problems) from broken
    except ValidationError as error:
        raise RefusedPack(
            [Problem(HEAD, ".".join(map(str, found["loc"])), found["msg"], form) for found in error.errors()]
        ) from error
    return head


def _unlike_their_sums(head: PackHead, files: Mapping[str, bytes]) -> list[Problem]:
    """Files that are listed and not there, there and not listed, or other than they were."""
    there = set(files) - {HEAD}
    problems = [
        Problem(HEAD, f"files.{name}", "the file is not in the pack", "Add it, or take it off the list.")
        for name in sorted(set(head.files) - there)
    ]
    for name in sorted(there):
        if name not in head.files:
            problems.append(
                Problem(
                    name, "", "pack.yaml does not list the file", "List it under `files`, or take it out."
                )
            )
        elif hashlib.sha256(files[name]).hexdigest() != head.files[name]:
            problems.append(
                Problem(
                    name,
                    "",
                    "its SHA-256 is not the one in pack.yaml",
                    "It was changed after the pack was made: ask for the pack again.",
                )
            )
    return problems


def _licence(head: PackHead, today: dt.date) -> list[Problem]:
    if head.expires is not None and head.expires < today:
        return [
            Problem(HEAD, "expires", f"the licence ended on {head.expires}", "Ask the holder to renew it.")
        ]
    return []


def _wording(name: str, data: bytes, head: PackHead, catalogue: Catalogue) -> list[Problem]:
    """What is wrong with one wording file of a pack."""
    if not _WORDING.fullmatch(name):
        remedy = "A pack holds pack.yaml and <language>/wording/<instrument>[.easy].yaml."
        return [Problem(name, "", "a pack cannot hold such a file", remedy)]
    try:
        found = wording.parse(data.decode("utf-8"), name)
    except UnicodeDecodeError:
        return [Problem(name, "", "it is not UTF-8 text", "Save it as UTF-8.")]
    except BrokenFile as broken:
        return broken.problems
    about = found.about
    problems = []
    easy = ".easy" if about.reading == "easy" else ""
    if name != f"{about.language}/wording/{about.instrument}{easy}.yaml":
        what = f"it says it is {about.instrument} in {about.edition}"
        problems.append(Problem(name, "about", what, "Name, folder and `about` must agree."))
    if about.language not in head.languages:
        what = f"the licence does not allow {about.language}"
        problems.append(Problem(name, "about.language", what, "Take the file out, or renew the licence."))
    versions = catalogue.versions(about.instrument)
    if not versions:
        what = f"there is no instrument {about.instrument}"
        return [*problems, Problem(name, "about.instrument", what, "See `survey instruments list`.")]
    return list(dict.fromkeys([*problems, *_incomplete(found, versions, name)]))


def _incomplete(found: WordingFile, versions: tuple[Instrument, ...], name: str) -> Iterator[Problem]:
    """What is missing or too much in the versions that a file speaks for, and the count of its items.

    A file with texts of single versions speaks for those; one without speaks for all.
    """
    by_version = wording.mismatches(found, versions, name)
    known = ", ".join(by_version)
    for version in sorted(set(found.versions) - set(by_version)):
        yield Problem(name, f"versions.{version}", "there is no such version", f"There are: {known}.")
    for instrument in versions:
        if found.versions and instrument.version not in found.versions:
            continue
        texts = found.texts(instrument.version)
        there = sum(f"item.{item.id}" in texts for item in instrument.items)
        if there != len(instrument.items):
            what = f"it has the text of {there} of {len(instrument.items)} items"
            yield Problem(name, instrument.version, what, "Is this the wording of another version?")
        yield from by_version[instrument.version]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keeps a second installation waiting, and clears away what a broken-off one left."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for path in folder.glob(f"{_INCOMING}*"):
            shutil.rmtree(path)
        for path in folder.glob(f"{_REPLACED}*"):
            original = folder / path.name.removeprefix(_REPLACED)
            if original.exists():
                shutil.rmtree(path)
            else:
                path.rename(original)
        yield


def _put(files: Mapping[str, bytes], folder: Path, pack_id: str) -> bool:
    """Write the files beside the installed packs, flush them, and make them visible by a rename."""
    incoming = folder / f"{_INCOMING}{secrets.token_hex(8)}"
    for name, data in files.items():
        path = incoming / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    target, old = folder / pack_id, folder / f"{_REPLACED}{pack_id}"
    replaced = target.exists()
    if replaced:
        target.rename(old)
    incoming.rename(target)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if replaced:
        shutil.rmtree(old)
    return replaced
