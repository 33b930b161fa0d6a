"""The wording that ships is complete, honest about what it is, and the pilot's own where it says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from instruments import Edition, Instrument, catalogue
from instruments.wording import Library, Root, WordingFile, parse

TRANSLATIONS = Path(__file__).parents[2] / "translations"
STANDARD = (Edition("nl"), Edition("en"))
QUOTED = (
    "evaluation_child",
    "evaluation_childcare",
    "evaluation_linking_pin",
    "evaluation_parent",
    "interview_guide",
    "pulse_lockdown",
)
VERSIONS = catalogue().all()

#: A title stands on a phone that others may look at: it says nothing about troubles, help or measuring.
NEVER_IN_A_TITLE = (
    "risico|probleem|problemen|psych|verslav|mishandel|depress|stoornis|gedrag|diagnos|symptoom|klacht"
    "|veilig|hulpverlening|jeugdzorg|score|meting|kwetsba"
    "|risk|problem|mental|addict|abuse|disorder|behaviour|symptom|safety|vulnerab|assess|measure"
    "|pedsql|sdq|tapqol|who-5|vgk|parenting scale"
)


@cache
def library() -> Library:
    return Library([Root(TRANSLATIONS)], catalogue())


@cache
def files() -> dict[str, WordingFile]:
    """Every wording file that ships, by its place under translations/."""
    return {
        path.relative_to(TRANSLATIONS).as_posix(): parse(path.read_text(encoding="utf-8"), path.name)
        for path in sorted(TRANSLATIONS.glob("*/wording/*.yaml"))
    }


def texts() -> Iterator[tuple[str, str]]:
    """Every text that ships, with the place where it stands."""
    for name, found in files().items():
        for key, text in found.text.items():
            yield f"{name} {key}", text
        for version, own in found.versions.items():
            for key, text in own.items():
                yield f"{name} {version} {key}", text


@cache
def report() -> dict[str, list[str]]:
    """The sentences of the pilot report, by instrument."""
    sections: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / "pilot_report.txt").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"\[(\w+)\]", line):
            sentences = sections.setdefault(heading[1], [])
        elif line and not line.startswith("#"):
            sentences.append(line)
    return sections


@pytest.mark.parametrize("edition", STANDARD, ids=str)
@pytest.mark.parametrize("instrument", VERSIONS, ids=lambda instrument: instrument.key)
def test_every_version_has_every_text_and_no_other(instrument: Instrument, edition: Edition) -> None:
    assert [str(problem) for problem in library().problems(instrument, edition)] == []


def test_no_text_has_loose_spaces_or_stray_signs() -> None:
    stray = re.compile(r"^\s|\s$|\s\s|[\x00-\x1f\x7f\xad\u200b\ufeff\ufffd]")
    assert [place for place, text in texts() if not text or stray.search(text)] == []


def test_every_file_holds_a_provenance_that_can_be_read() -> None:
    for name, found in files().items():
        about = found.about
        assert about.origin, name
        assert about.source, name
        assert about.licence, name
        if about.status == "reviewed":
            assert about.reviewer, f"{name} is reviewed, by whom?"
        if about.language != "nl":
            assert about.translator, f"{name} is a translation, by whom?"


def test_licensed_instruments_ship_only_as_demonstrations() -> None:
    licensed = {version.id for version in VERSIONS if version.rights.wording == "licensed"}
    assert licensed == {"parenting_scale", "pedsql", "sdq", "tapqol", "vgk", "who5"}
    for name, found in files().items():
        about = found.about
        assert (about.status == "demonstration") == (about.instrument in licensed), name
        if about.instrument in licensed:
            assert (about.author, about.licence) == ("Meetmoment", "EUPL-1.2"), name
            assert about.origin.startswith("own demonstration wording"), name


def test_only_what_the_pilot_asked_in_dutch_counts_as_reviewed() -> None:
    reviewed = {name for name, found in files().items() if found.about.status == "reviewed"}
    assert reviewed == {f"nl/wording/{instrument}.yaml" for instrument in QUOTED}


@pytest.mark.parametrize("instrument_id", QUOTED)
def test_the_dutch_questions_of_the_pilot_are_word_for_word_those_of_the_report(instrument_id: str) -> None:
    (instrument,) = catalogue().versions(instrument_id)
    wording = library().wording(instrument, Edition("nl"))
    asked = [wording.text(f"item.{item.id}") for item in instrument.items]
    assert asked == report()[instrument_id]


@pytest.mark.parametrize("instrument_id", [name for name in QUOTED if name.startswith("evaluation_")])
def test_the_dutch_answers_of_the_pilot_are_those_of_the_report(instrument_id: str) -> None:
    (instrument,) = catalogue().versions(instrument_id)
    wording = library().wording(instrument, Edition("nl"))
    keys = [*(f"options.agreement.{code}" for code in range(1, 6)), "options.grade.1", "options.grade.10"]
    assert [wording.text(key) for key in keys] == report()["answers"]


@pytest.mark.parametrize("instrument", VERSIONS, ids=lambda instrument: instrument.key)
def test_answers_and_questions_can_be_told_apart(instrument: Instrument) -> None:
    for edition in library().known_editions():
        if library().problems(instrument, edition):
            continue
        wording = library().wording(instrument, edition)
        for name, options in instrument.options.items():
            labels = [wording.text(f"options.{name}.{code}").casefold() for code in options.labelled]
            assert len(set(labels)) == len(labels), f"{edition} {name}: {labels}"
        if instrument.informant == "interviewer":
            continue  # a probe such as "Why?" returns under several questions
        questions = [wording.text(f"item.{item.id}").casefold() for item in instrument.items]
        assert len(set(questions)) == len(questions), f"{edition}: two questions are the same"


def test_titles_are_short_and_say_nothing_that_others_should_not_read() -> None:
    forbidden = re.compile(NEVER_IN_A_TITLE, re.IGNORECASE)
    titles = [(place, text) for place, text in texts() if place.endswith(" title")]
    assert len(titles) >= len(STANDARD) * len({version.id for version in VERSIONS})
    assert [found for found in titles if forbidden.search(found[1])] == []
    assert [found for found in titles if len(found[1]) > 40] == []


def test_every_introduction_says_that_skipping_is_allowed() -> None:
    may_skip = {"nl": "overslaan", "en": "skip"}  # the languages that we read ourselves
    for place, text in texts():
        language = place.partition("/")[0]
        if place.endswith(" intro") and language in may_skip:
            assert may_skip[language] in text, place


@pytest.mark.parametrize("edition", STANDARD, ids=str)
def test_self_reports_speak_in_the_first_person(edition: Edition) -> None:
    about_oneself = {"nl": re.compile(r"\b(uw|mijn) kind\b|\bu\b"), "en": re.compile(r"\byour child\b")}
    for instrument in VERSIONS:
        if instrument.informant == "child":
            for key, text in library().wording(instrument, edition).texts.items():
                assert not about_oneself[edition.language].search(text), f"{instrument.key} {key}: {text}"
