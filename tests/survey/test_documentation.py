"""Nothing can be set or called that is not documented, and nothing is documented that is not there."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import survey
from survey.cli import reference
from survey.settings import Settings
from tests import kinds

HOUSE = Path(survey.__file__).parents[1]
PAGES = sorted((HOUSE / "survey" / "documentation").glob("*.md"))
#: What a developer can say to the tests; the service knows nothing of it.
OF_THE_TESTS = {kinds.VARIABLE}
_SETTING = re.compile(r"MEETMOMENT_[A-Z_]*[A-Z]")


def _settings() -> set[str]:
    return {f"MEETMOMENT_{field.name.upper()}" for field in dataclasses.fields(Settings)} - {
        "MEETMOMENT_CLOCK"
    }


def test_every_setting_is_in_the_table_of_the_front_page() -> None:
    front = (HOUSE / "README.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`MEETMOMENT_[^|]+) \|", front, re.MULTILINE)
    table = {name for cell in cells for name in _SETTING.findall(cell)}
    assert _settings() - table == set()
    assert {name.removesuffix("_FILE") for name in table} - _settings() == set()


def test_every_command_and_option_is_on_the_page_of_commands() -> None:
    written = (HOUSE / "survey" / "documentation" / "commands.md").read_text(encoding="utf-8")
    assert written == reference.page(), (
        "write it anew: python -m survey.cli.reference > survey/documentation/commands.md"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_only_settings_and_files_that_there_are(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = {name.removesuffix("_FILE") for name in _SETTING.findall(text)}
    assert named - _settings() - OF_THE_TESTS == set()
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_calls_only_commands_that_there_are(page: Path) -> None:
    known = set(re.findall(r"^#+ (survey [\w -]+)$", reference.page(), re.MULTILINE))
    for called in re.findall(r"`(survey [a-z][\w -]*?)(?: [^`]*)?`", page.read_text(encoding="utf-8")):
        words = called.split()
        assert any(" ".join(words[:count]) in known for count in (2, 3)), called


def test_the_page_for_linking_pins_uses_the_words_of_the_desk() -> None:
    with (HOUSE / "translations" / "nl" / "LC_MESSAGES" / "desk.po").open("rb") as file:
        words = {str(message.string) for message in read_po(file)}
    page = (HOUSE / "survey" / "documentation" / "koppelpersoon.md").read_text(encoding="utf-8")
    for said in re.findall(r"\*\*([^*]+)\*\*", page):
        assert any(said.rstrip(":") in (word, word.rstrip(":")) for word in words), said
