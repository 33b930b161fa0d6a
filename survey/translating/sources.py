"""Which Dutch text each translation was made from, so that a later change in the Dutch is not missed.

`translations/sources.lock` has a line for every text: sixteen digits of what it said, the file, the key,
and the editions that were made from exactly that. When the Dutch changes, those editions are stale for
that text until somebody has looked at them and says so: `survey wording confirm LANG INSTRUMENT`. Texts of
the pages need no lock: their source is the English in the catalogue itself, and another text is another
message there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from instruments import Edition, Problem, wording
from survey.translating.rows import digest, made_from

NAME = "sources.lock"
_HEAD = "# What translations were made from: digest, file, key, editions. See `survey wording confirm`.\n"

#: File and key of a source text -> edition -> the digest of what it said when that edition was made.
Lock = dict[tuple[str, str], dict[str, str]]


def place(instrument: str, edition: Edition) -> str:
    """Where the wording of a questionnaire stands, under `translations/`."""
    easy = ".easy" if edition.reading == "easy" else ""
    return f"{edition.language}/wording/{instrument}{easy}.yaml"


def instrument_of(file: str) -> str:
    """The questionnaire whose wording a file holds."""
    return file.rpartition("/")[2].removesuffix(".yaml").removesuffix(".easy")


def key_of(version: str, key: str) -> str:
    """The name of a text in lock and sheets: `item.1`, or `parent-2-4/item.1` for one version's own."""
    return f"{version}/{key}" if version else key


class Sources:
    """The lock of a folder, and what the source texts in that folder now say."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = _read(folder / NAME)
        self._now: dict[str, dict[str, str]] = {}

    def stale(self) -> list[Problem]:
        """Every text that was changed, or added, after the editions made from it were last confirmed."""
        return [
            Problem(
                place(instrument, edition),
                key,
                "what it was made from has changed since",
                f"Correct it, then run `survey wording confirm {_words(edition, instrument)}`.",
            )
            for instrument, edition in self._translations()
            for key in sorted(self.changed(instrument, edition))
        ]

    def changed(self, instrument: str, edition: Edition) -> set[str]:
        """The keys of the source of a questionnaire that an edition was not made from as they now are."""
        origin = made_from(edition)
        if origin is None:
            return set()
        file = place(instrument, origin)
        return {
            key
            for key, found in self._digests(file).items()
            if self._lock.get((file, key), {}).get(str(edition)) != found
        }

    def confirm(
        self, edition: Edition, instruments: Collection[str] = (), keys: Collection[str] | None = None
    ) -> list[tuple[str, str]]:
        """Record that an edition says what its source now says, and write the lock.

        Args:
            instruments: ids; all that the edition has when empty.
            keys: of the source; all when None.

        Returns:
            Questionnaire and key of what was not so recorded before.
        """
        origin = made_from(edition)
        confirmed = []
        for instrument, found in self._translations():
            if origin is None or found != edition or (instruments and instrument not in instruments):
                continue
            file = place(instrument, origin)
            for key in sorted(self.changed(instrument, edition)):
                if keys is None or key in keys:
                    self._lock.setdefault((file, key), {})[str(edition)] = self._digests(file)[key]
                    confirmed.append((instrument, key))
        (self._folder / NAME).write_text(self._lines(), encoding="utf-8")
        return confirmed

    def _lines(self) -> str:
        """The lock as text, without what is no longer there."""
        editions: dict[str, set[str]] = {}
        for instrument, edition in self._translations():
            editions.setdefault(instrument, set()).add(str(edition))
        lines = [_HEAD]
        for (file, key), made in sorted(self._lock.items()):
            if key not in self._digests(file):
                continue
            groups: dict[str, list[str]] = {}
            for edition_name, found in sorted(made.items()):
                if edition_name in editions.get(instrument_of(file), ()):
                    groups.setdefault(found, []).append(edition_name)
            lines += [f"{found} {file} {key} {' '.join(names)}\n" for found, names in sorted(groups.items())]
        return "".join(lines)

    def _translations(self) -> Iterator[tuple[str, Edition]]:
        """Every questionnaire in every edition that is made from another."""
        for path in sorted(self._folder.glob("*/wording/*.yaml")):
            instrument = instrument_of(path.name)
            easy = path.name == f"{instrument}.easy.yaml"
            edition = Edition(path.parent.parent.name, "easy" if easy else "standard")
            origin = made_from(edition)
            if origin is not None and (self._folder / place(instrument, origin)).is_file():
                yield instrument, edition

    def _digests(self, file: str) -> dict[str, str]:
        if file not in self._now:
            path = self._folder / file
            self._now[file] = _digests(path) if path.is_file() else {}
        return self._now[file]


def _read(path: Path) -> Lock:
    lock: Lock = {}
    if not path.is_file():
        return lock
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if len(words) > 3 and not line.startswith("#"):
            lock.setdefault((words[1], words[2]), {}).update(dict.fromkeys(words[3:], words[0]))
    return lock


def _digests(path: Path) -> dict[str, str]:
    found = wording.parse(path.read_text(encoding="utf-8"), path.name)
    texts = {key: digest(text) for key, text in found.text.items()}
    for version, own in found.versions.items():
        texts |= {key_of(version, key): digest(text) for key, text in own.items()}
    return texts


def _words(edition: Edition, instrument: str) -> str:
    easy = " --easy" if edition.reading == "easy" else ""
    return f"{edition.language} {instrument}{easy}"
