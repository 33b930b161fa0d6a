"""The same word for the same thing, in every language, and names that stay names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from instruments import BrokenFile, Edition, catalogue, wording
from survey.translating import catalogues, terms
from survey.translating.interface import Interface
from survey.translating.questionnaires import Questionnaires
from survey.translating.rows import Row
from survey.translating.terms import Term, Terms

TRANSLATIONS = Path(__file__).parents[2] / "translations"
LANGUAGES = ("nl", "en", "ar", "tr", "pl", "uk")
#: Read aloud by an interviewer, in the words of the researchers.
GUIDE = "interview_guide"


@cache
def listed() -> Terms:
    return terms.load(TRANSLATIONS)


@cache
def texts(language: str) -> tuple[tuple[str, str], ...]:
    """Every text of a language that people read, with its place; no quotations, no guide."""
    return (*_wording(language), *_interface(language))


def _wording(language: str) -> Iterator[tuple[str, str]]:
    for path in sorted(TRANSLATIONS.glob(f"{language}/wording/*.yaml")):
        found = wording.parse(path.read_text(encoding="utf-8"), path.name)
        if found.about.status == "reviewed" or found.about.instrument == GUIDE:
            continue
        yield from ((f"{path.name} {key}", text) for key, text in found.text.items())
        for version, own in found.versions.items():
            yield from ((f"{path.name} {version} {key}", text) for key, text in own.items())


def _interface(language: str) -> Iterator[tuple[str, str]]:
    for domain in ("screen", "paper"):
        for edition in (Edition(language), Edition(language, "easy")):
            found = catalogues.find(TRANSLATIONS, domain, edition)
            for message in catalogues.messages(found) if found else ():
                place = f"{catalogues.place(domain, edition)} {catalogues.singular(message)}"
                yield from ((place, text) for text in catalogues.forms(message))


@cache
def translated() -> tuple[Row, ...]:
    """Every text that is a translation, beside its Dutch."""
    editions = [Edition(language) for language in LANGUAGES if language != "nl"]
    rows = [row for edition in editions for row in Questionnaires(TRANSLATIONS, edition, catalogue()).rows()]
    for edition in editions:
        for domain in ("screen", "paper"):
            rows += Interface(TRANSLATIONS, edition, domain).rows()
    return tuple(rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_uses_a_second_term_for_an_idea(language: str) -> None:
    found = [
        f"{place}: {complaint} in: {text}"
        for place, text in texts(language)
        for complaint in listed().complaints(language, text)
    ]
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_terms_and_says_them_itself(language: str) -> None:
    said = "\n".join(text for _, text in texts(language)).casefold()
    unsaid = [
        idea for idea, term in listed().by_language[language].items() if term.say.casefold() not in said
    ]
    assert unsaid == []


def test_names_of_things_in_the_netherlands_stay_as_they_are_in_every_language() -> None:
    lost = [
        f"{row.file} {row.key}: {name}"
        for row in translated()
        if row.text
        for name in listed().lost_names(row.source, row.text)
    ]
    assert lost == []


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [
        ("nl", "Vul de enquêtes in.", ["enquêtes"]),
        ("nl", "De link van het gezin.", []),
        ("tr", "Her cevabı yazın.", ["cevabı"]),
        ("ar", "هذا عن العائلة كلها", ["العائلة"]),
        ("uk", "Пропустіть запитання.", []),
        ("xx", "anything at all", []),
    ],
)
def test_a_second_term_is_found_wherever_the_word_begins(language: str, text: str, wrong: list[str]) -> None:
    found = listed().complaints(language, text)
    assert [complaint.split("'")[1] for complaint in found] == wrong


def test_a_list_of_terms_that_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    (tmp_path / "terms.yaml").write_text("names: []\nterms: {nl: {link: {say: link}}}\n", "utf-8")
    with pytest.raises(BrokenFile, match=r"terms\.nl\.link\.never"):
        terms.load(tmp_path)


def test_a_term_is_not_among_its_own_second_terms() -> None:
    for language, ideas in listed().by_language.items():
        for term in ideas.values():
            alone = Terms((), {language: {"it": Term(say=term.say, never=term.never)}})
            assert alone.complaints(language, term.say) == [], term
