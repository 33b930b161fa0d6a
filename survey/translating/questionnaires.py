"""The wording of questionnaires in one edition, as rows beside the Dutch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from instruments import Edition, Instrument, wording
from instruments.loading import Catalogue
from instruments.wording import About, WordingFile, required_keys
from survey.translating import sources, wording_files
from survey.translating.rows import BASE, NoTranslator, Row, made_from

#: Where a text stands: the version, or "" for what all versions share; and the key.
_Place = tuple[str, str]


class Questionnaires:
    """Every questionnaire, or some, in one edition."""

    def __init__(
        self, folder: Path, edition: Edition, catalogue: Catalogue, only: Sequence[str] = ()
    ) -> None:
        """Reads the files.

        Args:
            folder: `translations`, or another folder of the same shape.
            only: ids of questionnaires; all when empty.

        Raises:
            ValueError: the edition is the Dutch, which is made from nothing.
            instruments.UnknownInstrument: one of `only` is not there.
            instruments.BrokenFile: a wording file cannot be read.
        """
        origin = made_from(edition)
        if origin is None:
            raise ValueError(f"{edition} is what the others are made from; correct its files themselves")
        self.edition = edition
        self._folder = folder
        self._catalogue = catalogue
        self._origin = origin
        for name in only:
            if not catalogue.versions(name):
                catalogue.get(name, "any")  # raises, naming those that there are
        self._names = [name for name in _names(catalogue) if not only or name in only]
        self._sources = sources.Sources(folder)

    def rows(self) -> tuple[Row, ...]:
        """Every text of every questionnaire that exists in the edition this one is made from."""
        return tuple(row for name in self._names for row in self._of(name))

    def written(self, new: Mapping[Row, str], *, translator: str | None, on: dt.date) -> dict[str, str]:
        """The new contents of the files that change; see `rows.Texts.written`."""
        result = {}
        for name in self._names:
            file = sources.place(name, self.edition)
            changes = {row.address: text for row, text in new.items() if row.file == file}
            if changes:
                result[file] = self._with(name, changes, translator, on)
        return result

    def _of(self, name: str) -> Iterator[Row]:
        file = sources.place(name, self.edition)
        dutch = self._file(name, self._origin)
        versions = self._catalogue.versions(name)
        guide = all(version.informant == "interviewer" for version in versions)
        if dutch is None or (guide and self.edition.reading == "easy"):
            return  # a guide is read by the interviewer, so it needs no easy reading
        english = self._file(name, Edition("en", self.edition.reading))
        mine = self._file(name, self.edition)
        changed = self._sources.changed(name, self.edition)
        for place in self._places(dutch, mine, versions):
            version, key = place
            shown = sources.key_of(version, key)
            source = _at(dutch, place) or dutch.texts(version).get(key, "")
            yield Row(
                file=file,
                key=shown,
                source=source,
                english=(_at(english, place) or english.texts(version).get(key, "")) if english else "",
                text=_at(mine, place) if mine else "",
                note=_note(versions, version, key, changed=bool(mine) and shown in changed),
                address=place,
            )

    def _places(
        self, dutch: WordingFile, mine: WordingFile | None, versions: Sequence[Instrument]
    ) -> list[_Place]:
        """The places of the Dutch file, without those that this edition covers in another way, and what
        this edition says apart for a version where Dutch does not."""
        places = _all(dutch)
        if mine is None:
            return places
        own = _all(mine)
        kept = [place for place in places if place in own or not _covered(place, mine, versions, dutch)]
        return kept + [place for place in own if place not in places]

    def _file(self, name: str, edition: Edition) -> WordingFile | None:
        place = sources.place(name, edition)
        path = self._folder / place
        return wording.parse(path.read_text(encoding="utf-8"), place) if path.is_file() else None

    def _with(
        self, name: str, changes: Mapping[tuple[str, ...], str], translator: str | None, on: dt.date
    ) -> str:
        path = self._folder / sources.place(name, self.edition)
        mine = self._file(name, self.edition)
        about = self._about(name, mine, translator, on)
        if mine is not None:
            try:
                return wording_files.revised(
                    path.read_text(encoding="utf-8"), {**_texts(changes), **_about_changes(mine.about, about)}
                )
            except KeyError:
                pass  # a text is new in the file: the file is written anew
        dutch = self._file(name, self._origin)
        text, versions = _merged(dutch, mine, changes)
        return wording_files.fresh(about, text, versions)

    def _about(self, name: str, mine: WordingFile | None, translator: str | None, on: dt.date) -> About:
        if mine is not None:
            status = "demonstration" if mine.about.status == "demonstration" else "draft"
            changed = {"status": status, "reviewer": None, "date": on.isoformat()}
            if translator:
                changed["translator"] = translator
            return mine.about.model_copy(update=changed)
        dutch = self._file(name, self._origin)
        if not translator:
            raise NoTranslator(f"{sources.place(name, self.edition)} is new; say who translated it")
        if dutch is None:
            raise AssertionError("rows are made from a file that exists")
        demonstration = dutch.about.status == "demonstration"
        kind = "adaptation" if self.edition.language == BASE else "translation"
        return dutch.about.model_copy(
            update={
                "language": self.edition.language,
                "reading": self.edition.reading,
                "status": "demonstration" if demonstration else "draft",
                "origin": f"own demonstration wording, {kind}" if demonstration else f"{kind}, not reviewed",
                "source": f"translations/{sources.place(name, self._origin)}",
                "translator": translator,
                "reviewer": None,
                "date": on.isoformat(),
            }
        )


def _names(catalogue: Catalogue) -> list[str]:
    return list(dict.fromkeys(version.id for version in catalogue.all()))


def _all(found: WordingFile) -> list[_Place]:
    own = [(version, key) for version, texts in found.versions.items() for key in texts]
    return [("", key) for key in found.text] + own


def _at(found: WordingFile, place: _Place) -> str:
    version, key = place
    return (found.versions.get(version, {}) if version else found.text).get(key, "")


def _covered(place: _Place, mine: WordingFile, versions: Sequence[Instrument], dutch: WordingFile) -> bool:
    """Whether this edition needs no text at this place, because it says it for all, or for each apart."""
    version, key = place
    if version:
        return key in mine.text
    users = [each for each in versions if key in required_keys(each)]
    shared = [each for each in users if key not in dutch.versions.get(each.version, {})]
    return all(key in mine.versions.get(each.version, {}) for each in shared)


def _texts(changes: Mapping[tuple[str, ...], str]) -> dict[wording_files.Path, str | None]:
    return {
        ("versions", version, key) if version else ("text", key): text
        for (version, key), text in ((place, text) for place, text in changes.items())
    }


def _about_changes(before: About, after: About) -> dict[wording_files.Path, str | None]:
    old, new = before.model_dump(), after.model_dump()
    return {("about", name): new[name] for name in new if new[name] != old[name]}


def _merged(
    dutch: WordingFile | None, mine: WordingFile | None, changes: Mapping[tuple[str, ...], str]
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """All texts of a file that is written anew, in the order of the Dutch."""
    text = dict(mine.text) if mine else {}
    versions = {name: dict(own) for name, own in mine.versions.items()} if mine else {}
    for (version, key), words in ((place, words) for place, words in changes.items()):
        (versions.setdefault(version, {}) if version else text)[key] = words
    order = list(dutch.text) if dutch else []
    for name in dutch.versions if dutch else ():
        versions.setdefault(name, {})

    def by_dutch(texts: dict[str, str], keys: list[str]) -> dict[str, str]:
        known = [key for key in keys if key in texts]
        return {key: texts[key] for key in [*known, *(key for key in texts if key not in known)]}

    return by_dutch(text, order), {
        name: by_dutch(own, list(dutch.versions.get(name, {})) if dutch else [])
        for name, own in versions.items()
    }


_READERS = {
    "parent": "a parent reads it",
    "child": "a child or young person reads it",
    "linking_pin": "a family worker reads it",
    "childcare_worker": "a childcare worker reads it",
    "interviewer": "an interviewer reads it aloud",
}
_KINDS = {
    "title": "title; others may see it: short, neutral, no troubles",
    "intro": "said before the first question; skipping is allowed",
    "recall": "the period that the questions are about",
}


def _note(versions: Sequence[Instrument], version: str, key: str, *, changed: bool) -> str:
    """What a translator has to know about a text that stands alone in a row."""
    users = [
        each for each in versions if key in required_keys(each) and (not version or each.version == version)
    ]
    kind, _, rest = key.partition(".")
    parts = [_KINDS.get(kind, "")]
    if kind in ("item", "hint"):
        topics = {each.item(rest).topic for each in users if any(item.id == rest for item in each.items)}
        parts = ["question" if kind == "item" else "under the question", *sorted(topics)]
    elif kind == "options":
        parts = [f"answer; all answers of {rest.rpartition('.')[0]} are one ladder"]
    parts += [_READERS[informant] for informant in dict.fromkeys(each.informant for each in users)]
    if changed:
        parts.insert(0, "THE DUTCH HAS CHANGED SINCE THIS WAS TRANSLATED: check it")
    return "; ".join(part for part in parts if part)
