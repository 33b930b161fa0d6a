"""Every language is whole: nothing missing, nothing stale, nothing that cannot be shown, plurals right."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from instruments import Edition, catalogue
from instruments.wording import Library, Root
from survey.translating import catalogues, overview, plurals, readability, receiving
from survey.translating.interface import Interface
from survey.translating.questionnaires import Questionnaires
from survey.translating.rows import Row, tidy
from survey.translating.sources import NAME, Sources

HOUSE = Path(__file__).parents[2]
TRANSLATIONS = HOUSE / "translations"
#: What issue and README promise: every one of these is there, whole.
EDITIONS = (
    Edition("nl"), Edition("nl", "easy"), Edition("en"), Edition("en", "easy"),
    Edition("ar"), Edition("ar", "easy"), Edition("tr"), Edition("pl"), Edition("uk"),
)  # fmt: skip
CATALOGUES = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po"))

every_edition = pytest.mark.parametrize("edition", EDITIONS, ids=str)
every_catalogue = pytest.mark.parametrize(
    "path", CATALOGUES, ids=lambda path: path.relative_to(TRANSLATIONS).as_posix()
)


@cache
def shipped() -> Library:
    return Library([Root(TRANSLATIONS)], catalogue())


@cache
def rows(edition: Edition) -> tuple[Row, ...]:
    """Every text of an edition: pages, paper and questionnaires."""
    found = [row for domain in ("screen", "paper") for row in Interface(TRANSLATIONS, edition, domain).rows()]
    if edition != Edition("nl"):
        found += Questionnaires(TRANSLATIONS, edition, catalogue()).rows()
    return tuple(found)


@every_edition
def test_every_promised_edition_has_every_text(edition: Edition) -> None:
    assert not Interface(TRANSLATIONS, edition, "screen").is_new
    assert [f"{row.file}: {row.key}" for row in rows(edition) if row.needed and not row.text] == []


@every_edition
def test_every_promised_edition_of_every_questionnaire_is_offered_and_says_nothing_too_much(
    edition: Edition,
) -> None:
    library = shipped()
    asked = [version for version in catalogue().all() if version.informant != "interviewer"]
    assert [str(problem) for version in asked for problem in library.problems(version, edition)] == []


@every_edition
def test_every_text_could_have_come_from_a_sheet_with_its_placeholders_and_without_hidden_signs(
    edition: Edition,
) -> None:
    wrong = [
        f"{row.file}: {row.key}: {what}"
        for row in rows(edition)
        if row.text
        for what, _ in receiving.faults(row, row.text)
    ]
    assert wrong == []
    assert [row.key for row in rows(edition) if row.text != tidy(row.text)] == []


def test_no_translation_is_older_than_the_dutch_it_was_made_from() -> None:
    assert [str(problem) for problem in Sources(TRANSLATIONS).stale()] == []


def test_the_lock_on_sources_is_as_the_command_writes_it(tmp_path: Path) -> None:
    for path in TRANSLATIONS.glob("*/wording/*.yaml"):
        copy = tmp_path / path.relative_to(TRANSLATIONS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    before = (TRANSLATIONS / NAME).read_text(encoding="utf-8")
    (tmp_path / NAME).write_text(before, encoding="utf-8")
    assert Sources(tmp_path).confirm(Edition("tr")) == []
    assert (tmp_path / NAME).read_text(encoding="utf-8") == before


@every_catalogue
def test_a_catalogue_counts_as_babel_says_its_language_counts(path: Path) -> None:
    language = path.parent.parent.name
    found = catalogues.read(path.read_bytes(), path.name, language)
    assert found.plural_forms == Catalog(locale=language).plural_forms
    assert [message.id for message in found if message.id and message.fuzzy] == []


def test_the_arabic_plural_header_is_pinned_and_parts_numbers_as_arabic_does() -> None:
    file = TRANSLATIONS / "ar/LC_MESSAGES/ui.po"
    header = "".join(line.strip('"\n') for line in file.read_text("utf-8").splitlines()[1:20])
    assert (
        "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
        "n%100>=0 && n%100<=2 ? 4 : 5);"
    ) in header
    rule = plurals.rule(catalogues.read(file.read_bytes(), "", "ar"))
    assert {n: rule(n) for n in (0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 111)} == {
        0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 5, 99: 5, 100: 4, 102: 4, 103: 3, 111: 5
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "minutes", "years"),
    [
        (0, "نحو 0 دقيقة", "طفل بعمر أقل من سنة"),
        (1, "نحو دقيقة واحدة", "طفل بعمر سنة واحدة"),
        (2, "نحو دقيقتين", "طفل بعمر سنتين"),
        (3, "نحو 3 دقائق", "طفل بعمر 3 سنوات"),
        (11, "نحو 11 دقيقة", "طفل بعمر 11 سنة"),
        (100, "نحو 100 دقيقة", "طفل بعمر 100 سنة"),
    ],
)
def test_arabic_says_numbers_of_minutes_and_years_as_arabic_does(
    number: int, minutes: str, years: str
) -> None:
    assert said("ar", "about %(num)s minute", number) == minutes
    assert said("ar", "Child of %(num)s year", number) == years


@pytest.mark.parametrize(
    ("language", "number", "minutes"),
    [
        ("pl", 1, "około 1 minuty"), ("pl", 3, "około 3 minut"), ("pl", 11, "około 11 minut"),
        ("uk", 1, "близько 1 хвилини"), ("uk", 21, "близько 21 хвилини"), ("uk", 11, "близько 11 хвилин"),
        ("tr", 1, "yaklaşık 1 dakika"), ("tr", 100, "yaklaşık 100 dakika"),
        ("nl", 1, "ongeveer 1 minuut"), ("en", 0, "about 0 minutes"),
    ],
)  # fmt: skip
def test_other_languages_count_as_they_do(language: str, number: int, minutes: str) -> None:
    assert said(language, "about %(num)s minute", number) == minutes


def said(language: str, msgid: str, number: int) -> str:
    found = catalogues.find(TRANSLATIONS, "screen", Edition(language))
    assert found is not None
    message = found.get(msgid)
    assert message is not None
    return catalogues.forms(message)[plurals.rule(found)(number)] % {"num": number}


@pytest.mark.parametrize("domain", ["screen", "paper"])
def test_easy_texts_of_pages_and_paper_are_easy_to_read(domain: str) -> None:
    edition = Edition("nl", "easy")
    found = {row.key: row.text for row in Interface(TRANSLATIONS, edition, domain).rows() if row.text}
    wrong = [f"{key}: {what}" for key, text in found.items() for what in readability.complaints(text)]
    assert wrong == []
    measured = readability.ease(found.values())
    assert measured.words >= readability.FEWEST_WORDS
    assert measured.score >= readability.EASE


def test_the_readme_shows_the_editions_as_they_are() -> None:
    readme = (HOUSE / "README.md").read_text(encoding="utf-8")
    table = overview.markdown(TRANSLATIONS, shipped(), catalogue())
    assert overview.placed(readme, table) == readme, "run: survey wording status --markdown --into README.md"
