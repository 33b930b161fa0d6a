"""Wording is complete or not offered, and a live study shows only what may be shown."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from instruments import BrokenFile, Catalogue, Edition, Instrument, loading, wording
from instruments.wording import PackLicence, Root

EXAMPLES = Path(__file__).parent / "examples"
TODAY = dt.date(2026, 11, 23)

ABOUT = """
about:
  instrument: feelings
  language: {language}
  reading: {reading}
  status: {status}
  origin: test
  author: tests
  licence: EUPL-1.2
  date: 2026-11-23
"""
TEXT = """
text:
  title: Hoe het gaat
  intro: Een paar vragen.
  item.sports: Doe je aan sport?
  item.mood: Hoe voel je je?
  hint.mood: Kies een gezicht.
  item.club: Zit je bij een club?
  item.where: Waar speel je?
  item.club_feeling: Hoe is het op de club?
  item.times: Hoe vaak in de week?
  item.since: Sinds wanneer?
  item.tips: Heb je tips?
  options.yes_no.1: ja
  options.yes_no.0: nee
  options.mood.1: heel slecht
  options.mood.2: slecht
  options.mood.3: gewoon
  options.mood.4: goed
  options.mood.5: heel goed
  options.places.1: buiten
  options.places.2: binnen
  options.places.3: thuis
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    (tmp_path / "catalogue" / "feelings").mkdir(parents=True)
    shutil.copy(EXAMPLES / "feelings.yaml", tmp_path / "catalogue" / "feelings" / "everybody.yaml")
    return loading.load(tmp_path / "catalogue")


@pytest.fixture
def feelings(catalogue: Catalogue) -> Instrument:
    return catalogue.get("feelings", "everybody")


def write(
    folder: Path,
    text: str = TEXT,
    *,
    language: str = "nl",
    reading: str = "standard",
    status: str = "reviewed",
) -> Root:
    easy = ".easy" if reading == "easy" else ""
    path = folder / language / "wording" / f"feelings{easy}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    about = ABOUT.format(language=language, reading=reading, status=status)
    path.write_text(about + text, "utf-8")
    return Root(folder)


def test_complete_wording_is_offered_text_by_text(
    tmp_path: Path, catalogue: Catalogue, feelings: Instrument
) -> None:
    library = wording.Library([write(tmp_path / "words")], catalogue)
    found = library.wording(feelings, Edition("nl"))
    assert found.text("item.sports") == "Doe je aan sport?"
    assert library.editions(feelings, live=True, mode="screen", on=TODAY) == (Edition("nl"),)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (TEXT.replace("  item.tips: Heb je tips?\n", ""), "everybody.item.tips: the text is missing"),
        (TEXT + "  item.tricks: Heb je trucs?\n", "text.item.tricks: no version needs this key"),
        (TEXT.replace("  hint.mood: Kies een gezicht.\n", ""), "hint.mood"),
        (TEXT.replace("  options.mood.3: gewoon\n", ""), "options.mood.3"),
        (TEXT + "versions: {nobody: {title: x}}\n", "there is no such version"),
        (TEXT + "versions: {everybody: {item.tricks: x}}\n", "does not need the key"),
    ],
)
def test_one_key_too_few_or_too_many_and_the_edition_is_not_offered(
    tmp_path: Path, catalogue: Catalogue, feelings: Instrument, text: str, what: str
) -> None:
    library = wording.Library([write(tmp_path / "words", text)], catalogue)
    with pytest.raises(wording.NoWording, match=what.replace(".", r"\.")):
        library.wording(feelings, Edition("nl"))
    assert library.editions(feelings, live=False, mode="screen", on=TODAY) == ()


def test_an_easy_edition_does_not_borrow_from_the_standard_one(
    tmp_path: Path, catalogue: Catalogue, feelings: Instrument
) -> None:
    folder = tmp_path / "words"
    write(folder)
    write(folder, TEXT.replace("  item.times: Hoe vaak in de week?\n", ""), reading="easy")
    library = wording.Library([Root(folder)], catalogue)
    assert library.editions(feelings, live=False, mode="screen", on=TODAY) == (Edition("nl"),)
    assert "item.times" in str(library.problems(feelings, Edition("nl", "easy"))[0])


def test_there_is_no_fallback_to_another_language(
    tmp_path: Path, catalogue: Catalogue, feelings: Instrument
) -> None:
    library = wording.Library([write(tmp_path / "words")], catalogue)
    with pytest.raises(wording.NoWording, match="there is no wording"):
        library.wording(feelings, Edition("ar"))


@pytest.mark.parametrize("status", ["demonstration", "draft"])
def test_a_live_study_refuses_demonstrations_and_drafts_and_says_so(
    tmp_path: Path, catalogue: Catalogue, feelings: Instrument, status: str
) -> None:
    library = wording.Library([write(tmp_path / "words", status=status)], catalogue)
    edition = Edition("nl")
    assert library.editions(feelings, live=False, mode="screen", on=TODAY) == (edition,)
    (why,) = library.refusals(feelings, edition, live=True, mode="screen", on=TODAY)
    assert status in why
    assert "reviewed or official" in why


def licensed(folder: Path, **changes: object) -> Root:
    licence = {
        "id": "test-pack",
        "holder": "The Holder",
        "licence_reference": "REF 1",
        "modes": ("screen",),
        "languages": ("nl",),
        "expires": dt.date(2026, 12, 31),
    }
    return Root(folder, PackLicence.model_validate({**licence, **changes}))


def test_an_installed_pack_wins_over_the_words_of_the_repository(
    tmp_path: Path, catalogue: Catalogue, feelings: Instrument
) -> None:
    ours = write(tmp_path / "ours", status="demonstration")
    write(tmp_path / "pack", TEXT.replace("Hoe het gaat", "De echte titel"), status="official")
    library = wording.Library([ours, licensed(tmp_path / "pack")], catalogue)
    assert library.wording(feelings, Edition("nl")).text("title") == "De echte titel"
    assert library.editions(feelings, live=True, mode="screen", on=TODAY) == (Edition("nl"),)


@pytest.mark.parametrize(
    "changes", [{"modes": ("paper",)}, {"languages": ("en",)}, {"expires": dt.date(2026, 11, 22)}]
)
def test_a_pack_is_not_shown_outside_its_licence(
    tmp_path: Path, catalogue: Catalogue, feelings: Instrument, changes: dict[str, object]
) -> None:
    write(tmp_path / "pack", status="official")
    library = wording.Library([licensed(tmp_path / "pack", **changes)], catalogue)
    assert library.editions(feelings, live=True, mode="screen", on=TODAY) == ()
    (why,) = library.refusals(feelings, Edition("nl"), live=True, mode="screen", on=TODAY)
    assert "test-pack does not allow screen" in why


def test_a_file_that_says_it_belongs_elsewhere_is_refused(tmp_path: Path, catalogue: Catalogue) -> None:
    folder = tmp_path / "words"
    write(folder)
    (folder / "nl" / "wording" / "feelings.yaml").rename(folder / "nl" / "wording" / "moods.yaml")
    with pytest.raises(BrokenFile, match="must agree"):
        wording.Library([Root(folder)], catalogue)


def test_an_empty_text_is_refused(tmp_path: Path, catalogue: Catalogue) -> None:
    root = write(tmp_path / "words", TEXT.replace("Heb je tips?", '"  "'))
    with pytest.raises(BrokenFile, match="the text is empty"):
        wording.Library([root], catalogue)


def test_an_edition_is_a_language_and_a_reading_level_never_a_locale() -> None:
    assert Edition.parse("nl-easy") == Edition("nl", "easy")
    assert (str(Edition("ar", "easy")), Edition("nl", "easy").html_lang) == ("ar-easy", "nl-simple")
    assert [Edition(language).direction for language in ("nl", "ar", "fa", "uk")] == [
        "ltr",
        "rtl",
        "rtl",
        "ltr",
    ]
    for wrong in ("nl_SIMPLE", "nl-simple", "", "NL", "nl@easy"):
        with pytest.raises(ValueError):
            Edition.parse(wrong)
