"""Reading a wording pack, folder or zip, into memory without trusting it.

Nothing is unpacked to disk here, so a name such as `../../etc/passwd` leads nowhere; sizes are counted
while reading, whatever a zip says of itself.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from instruments import Problem
from instruments.reading import LONGEST_FILE

#: No pack of ours comes near these.
MOST_FILES = 500
MOST_BYTES = 20_000_000
#: What desktop computers leave in folders and zips; not part of any pack.
LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


class Unreadable(Exception):
    """A folder or zip that cannot be read as a pack, with every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def contents(pack: Path) -> dict[str, bytes]:
    """Every file of a pack by its path with slashes, relative to the folder that holds `pack.yaml`.

    Raises:
        Unreadable: it is neither a folder nor a zip, too large, or holds what a pack cannot hold (links,
            names that lead outside, names given twice, encrypted files).
    """
    if pack.is_dir():
        return _collect(pack.name, _from_folder(pack))
    if not pack.exists():
        raise Unreadable([Problem(str(pack), "", "there is no such file or folder", "Check the name.")])
    if not pack.is_file() or pack.stat().st_size > MOST_BYTES:
        what = f"it is no file of at most {MOST_BYTES // 1_000_000} MB"
        raise Unreadable([Problem(str(pack), "", what, "Give a pack: a folder or a zip.")])
    try:
        with zipfile.ZipFile(pack) as archive:
            return _below_the_top(_collect(pack.name, _from_zip(archive)))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        problem = Problem(pack.name, "", f"it cannot be read as a zip ({error})", "Make the zip again.")
        raise Unreadable([problem]) from error


_Found = tuple[str, bytes | str]


def _collect(pack: str, found: Iterator[_Found]) -> dict[str, bytes]:
    """The files, unless something among them is refused: then all refusals."""
    files: dict[str, bytes] = {}
    problems = []
    total = 0
    for name, data in found:
        if any(part in LITTER or f"{part}/" in LITTER for part in name.split("/")):
            continue
        if isinstance(data, str):
            problems.append(Problem(name, "", data, "Take it out and make the pack again."))
            continue
        if name.lower() in (known.lower() for known in files):
            problems.append(Problem(name, "", "the name is there twice", "Keep one file of this name."))
        total += len(data)
        files[name] = data
        if len(files) > MOST_FILES or total > MOST_BYTES:
            limit = f"more than {MOST_FILES} files or {MOST_BYTES // 1_000_000} MB"
            raise Unreadable([*problems, Problem(pack, "", f"the pack is too large ({limit})", "Split it.")])
    if problems:
        raise Unreadable(problems)
    return files


def _from_folder(folder: Path) -> Iterator[_Found]:
    for place, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted([*names, *(each for each in folders if (Path(place) / each).is_symlink())]):
            path = Path(place) / name
            shown = path.relative_to(folder).as_posix()
            if path.is_symlink() or not path.is_file():
                yield shown, "a pack cannot hold links or special files"
            elif path.stat().st_size > LONGEST_FILE:
                yield shown, f"the file is longer than {LONGEST_FILE // 1000} kB"
            else:
                yield shown, path.read_bytes()


def _from_zip(archive: zipfile.ZipFile) -> Iterator[_Found]:
    for entry in archive.infolist()[: 2 * MOST_FILES]:
        name = entry.filename
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.is_dir():
            continue
        if not _stays_inside(name):
            yield name, "the name leads outside the pack"
        elif kind not in (0, stat.S_IFREG):
            yield name, "a pack cannot hold links or special files"
        elif entry.flag_bits & 0x1:
            yield name, "the file is encrypted"
        else:
            with archive.open(entry) as file:
                # One byte more than allowed tells a bomb from a file, without unpacking the bomb.
                data = file.read(LONGEST_FILE + 1)
            if len(data) > LONGEST_FILE:
                yield name, f"the file is longer than {LONGEST_FILE // 1000} kB"
            else:
                yield name, data


def _stays_inside(name: str) -> bool:
    parts = name.split("/")
    return not (
        name.startswith("/")
        or "\\" in name
        or "\0" in name
        or (len(name) > 1 and name[1] == ":")
        or any(part in ("", ".", "..") for part in parts)
    )


def _below_the_top(files: dict[str, bytes]) -> dict[str, bytes]:
    """Without the one folder around everything that zipping a folder makes."""
    tops = {name.split("/")[0] for name in files}
    if len(tops) == 1 and "pack.yaml" not in files:
        (top,) = tops
        inner = {name.removeprefix(f"{top}/"): data for name, data in files.items()}
        if "pack.yaml" in inner:
            return inner
    return files
