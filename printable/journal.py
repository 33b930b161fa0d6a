"""What a run of packs remembers, and how a run that broke off goes on.

After every pack one line goes into the journal: what the pack added to the file, and the digests of
all input and all bytes so far. A line counts only when the bytes it speaks of are really there.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

_Pack = TypeVar("_Pack")
_CHUNK = 1 << 20


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class Run:
    """The state of a file that is being written. It grows by a few numbers for every page.

    `input` is a digest of everything that was put in so far.
    """

    def __init__(self, start: str) -> None:
        self.input = start
        #: Where each object of the file starts; object 1 first, 0 for one that is not written yet.
        self.offsets = array("Q")
        #: The object numbers of the pages, and of the nodes of the page tree.
        self.pages = array("L")
        self.nodes = array("L")
        #: Objects that were copied in once, by the digest of what they were copied from.
        self.copied: dict[str, list[int]] = {}
        self.packs = 0
        self.end = 0
        self.sha256: _Hash = hashlib.sha256()

    def mark(self) -> tuple[int, int, int, int]:
        """Where the state is now, for `since`."""
        return len(self.offsets), len(self.pages), len(self.nodes), len(self.copied)

    def since(self, before: tuple[int, int, int, int]) -> str:
        """The line of the journal: what was added since."""
        offsets, pages, nodes, copied = before
        return json.dumps(
            {
                "input": self.input,
                "sha256": self.sha256.hexdigest(),
                "end": self.end,
                "offsets": list(self.offsets[offsets:]),
                "pages": list(self.pages[pages:]),
                "nodes": list(self.nodes[nodes:]),
                "copied": dict(islice(self.copied.items(), copied, None)),
            }
        )

    def add(self, line: dict[str, Any]) -> None:
        """Take over what a line of the journal says was added."""
        self.input = line["input"]
        self.offsets.extend(line["offsets"])
        self.pages.extend(line["pages"])
        self.nodes.extend(line["nodes"])
        self.copied.update(line["copied"])
        self.packs += 1


def resumed(
    run: Run, part: Path, journal: Path, waiting: Iterator[_Pack], chained: Callable[[str, _Pack], str]
) -> list[_Pack]:
    """Take over what an earlier run wrote of the same packs, and cut off what follows.

    Args:
        waiting: the packs; those that are in the file already are taken from it.
        chained: the digest of all input up to a pack, from the digest before it.

    Returns:
        the pack that was read and is not in the file, if any.
    """
    kept: list[str] = []
    unwritten: list[_Pack] = []
    for text, line in _lines(part, journal):
        pack = next(waiting, None)
        if pack is None:
            break
        if chained(run.input, pack) != line["input"]:
            unwritten.append(pack)
            break
        run.add(line)
        kept.append(text)
    with part.open("ab") as target:
        end = json.loads(kept[-1])["end"] if kept else 0
        target.truncate(end)
    with part.open("rb") as written:
        for chunk in iter(lambda: written.read(_CHUNK), b""):
            run.sha256.update(chunk)
            run.end += len(chunk)
    journal.write_text("".join(f"{text}\n" for text in kept), encoding="utf-8")
    return unwritten


def _lines(part: Path, journal: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lines of a journal, as long as the file holds what they say."""
    if not part.exists() or not journal.exists():
        return
    digest = hashlib.sha256()
    at = 0
    with part.open("rb") as written:
        for text in journal.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(text)
                end, expected = line["end"], line["sha256"]
            except (ValueError, KeyError):
                return  # torn off while it was written
            digest.update(written.read(end - at))
            at = end
            if digest.hexdigest() != expected:
                return
            yield text, line
