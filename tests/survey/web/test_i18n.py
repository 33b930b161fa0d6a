"""Interface texts: complete, spoken to the right reader, and found for every browser."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import gettext, ngettext

from instruments import Edition
from survey.translating.catalogues import borrows
from survey.web import languages, messages
from survey.web.i18n import Catalogues, say, speaking
from survey.web.services import WORDS

NL, EN = Edition("nl"), Edition("en")
NL_EASY, EN_EASY = Edition("nl", "easy"), Edition("en", "easy")
AR, FA = Edition("ar"), Edition("fa")


@pytest.mark.parametrize("path", messages.paths(), ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_no_text_is_missing_stale_doubtful_or_without_its_placeholders(path: Path) -> None:
    assert messages.problems(path, messages.template()) == []


def test_dutch_and_english_are_there_in_both_reading_levels(catalogues: Catalogues) -> None:
    assert {NL, NL_EASY, EN, EN_EASY} <= set(catalogues.editions)
    assert catalogues.editions[:2] == (NL, NL_EASY)


def test_dutch_and_english_borrow_nothing_and_what_easy_arabic_lacks_is_said_in_arabic(
    app: Flask, catalogues: Catalogues
) -> None:
    assert {
        path.parent.parent.name
        for path in messages.paths()
        if borrows(read_po(io.BytesIO(path.read_bytes())))
    } == {"ar"}
    with app.app_context():
        with speaking(Edition("ar", "easy")):
            assert gettext("Leave this page") == "مغادرة"
            assert gettext("Some questions are ready") == "هناك أسئلة جاهزة"
        with speaking(AR):
            assert gettext("Leave this page") == "مغادرة هذه الصفحة"
    assert catalogues.own_name(Edition("ar", "easy")) == "العربية، قراءة سهلة"


def test_gathering_texts_leaves_complete_catalogues_as_they_are(tmp_path: Path) -> None:
    wanted = messages.template()
    for path in messages.paths():
        copy = tmp_path / path.parent.parent.name / "LC_MESSAGES" / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        messages.update(copy, wanted)
        assert copy.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


def test_a_missing_and_a_stale_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "nl" / "LC_MESSAGES" / "ui.po"
    path.parent.mkdir(parents=True)
    text = (WORDS / "nl" / "LC_MESSAGES" / "ui.po").read_text(encoding="utf-8")
    text = text.replace('msgid "Skip"', 'msgid "Jump"').replace("%(number)s van", "%(nummer)s van")
    text = text.replace('msgstr "Terug"', 'msgstr ""')
    path.write_text(text, encoding="utf-8")
    found = messages.problems(path, messages.template())
    assert [problem.split(" (")[0] for problem in found if "placeholder" not in problem] == [
        "ui.po: missing",
        "ui.po: not translated",
        "ui.po: stale",
    ]
    assert any("placeholder" in problem for problem in found)


def test_a_hole_in_a_catalogue_shows_the_next_best_text_never_the_message_itself(
    tmp_path: Path,
) -> None:
    def write(language: str, name: str, texts: dict[str, str]) -> None:
        path = tmp_path / language / "LC_MESSAGES" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        body = "".join(f'msgid "{key}"\nmsgstr "{text}"\n\n' for key, text in texts.items())
        head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        path.write_text(head + body, encoding="utf-8")

    write("nl", "ui.po", {"Back": "Terug", "Skip": "Sla over", "Help": "Hulp", "Close": "Sluiten"})
    write("nl", "ui_easy.po", {"Close": "Dicht"})
    write("tr", "ui.po", {"Back": "Geri", "Skip": "Atla"})
    write("tr", "ui_easy.po", {"Back": "Geri dön"})
    catalogues = Catalogues(tmp_path)
    easy = catalogues.words(Edition("tr", "easy"))
    assert [easy.ugettext(text) for text in ("Back", "Skip", "Help", "Close")] == [
        "Geri dön",
        "Atla",
        "Hulp",
        "Dicht",
    ]
    assert catalogues.words(Edition("tr")).ugettext("Close") == "Sluiten"
    assert catalogues.words(Edition("pl", "easy")).ugettext("Back") == "Terug"


def test_every_hole_is_told_once_when_the_service_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("ui.po", "ui_easy.po"):
        text = (WORDS / "ar" / "LC_MESSAGES" / name).read_text(encoding="utf-8")
        (tmp_path / "ar" / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
        (tmp_path / "ar" / "LC_MESSAGES" / name).write_text(
            text.replace('msgstr "فتح"', 'msgstr ""'), encoding="utf-8"
        )
    (tmp_path / "nl" / "LC_MESSAGES").mkdir(parents=True)
    dutch = WORDS / "nl" / "LC_MESSAGES" / "ui.po"
    (tmp_path / "nl" / "LC_MESSAGES" / "ui.po").write_bytes(dutch.read_bytes())
    Catalogues(tmp_path)
    assert caplog.messages == ["ar lacks texts, and others are shown for them: Open"]
    caplog.clear()
    Catalogues(WORDS)
    assert caplog.messages == []


@pytest.mark.parametrize(("version", "old"), [("2.15.0", True), ("2.16.0", False), ("3.0", False)])
def test_a_babel_that_is_too_old_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, version: str, old: bool
) -> None:
    monkeypatch.setattr("babel.__version__", version)
    if not old:
        Catalogues(WORDS)
        return
    with pytest.raises(RuntimeError, match=r"2\.15\.0 is too old; install 2\.16"):
        Catalogues(WORDS)


def test_the_base_language_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nl/LC_MESSAGES/ui\.po"):
        Catalogues(tmp_path)


def test_a_parent_is_u_and_a_child_is_je(app: Flask) -> None:
    with app.test_request_context():
        with speaking(NL):
            assert say("Your questions") == "Uw vragen"
        with speaking(NL, "child"):
            assert say("Your questions") == "Jouw vragen"
        with speaking(NL_EASY, "child"):
            assert say("Your questions") == "Jouw vragen"


def test_editions_do_not_leak_into_each_other(app: Flask) -> None:
    with app.test_request_context(), speaking(NL):
        assert gettext("Back") == "Terug"
        with speaking(EN):
            assert gettext("Back") == "Back"
        assert gettext("Back") == "Terug"
        assert ngettext("about %(num)s minute", "about %(num)s minutes", 1) == "ongeveer 1 minuut"
        assert ngettext("about %(num)s minute", "about %(num)s minutes", 6) == "ongeveer 6 minuten"


def test_no_dutch_text_for_a_child_says_u_and_none_for_a_parent_says_je() -> None:
    formal = re.compile(r"\b(u|uw|uzelf)\b", re.IGNORECASE)
    familiar = re.compile(r"\b(je|jij|jou|jouw)\b", re.IGNORECASE)
    for path in (WORDS / "nl" / "LC_MESSAGES").glob("ui*.po"):
        with path.open("rb") as file:
            texts = [message for message in read_po(file, locale="nl") if message.id]
        for message in texts:
            wrong = formal if message.context == "child" else familiar
            if message.id == "Your parents and helpers do not see them.":
                continue  # said to children only, so it has no other form
            assert not wrong.search(str(message.string)), message.string


def test_pages_about_problems_address_nobody_since_nobody_knows_who_reads_them() -> None:
    spoken = re.compile(r"\b(u|uw|je|jij|jou|jouw)\b", re.IGNORECASE)
    with (WORDS / "nl" / "LC_MESSAGES" / "ui.po").open("rb") as file:
        for message in read_po(file, locale="nl"):
            if any("problems/" in name for name, _ in message.locations):
                assert not spoken.search(str(message.string)), message.string


@pytest.mark.parametrize(
    ("header", "edition"),
    [
        ("nl-NL,en;q=0.8", NL),
        ("nl-NL,nl;q=0.9,en;q=0.8", NL),
        ("en-GB,nl;q=0.5", EN),
        ("ar-MA", AR),
        ("ar-MA,nl;q=0.5", AR),
        ("ary", AR),
        ("ary,nl;q=0.9", AR),
        ("prs", FA),
        ("fa-AF", FA),
        ("fr,de;q=0.9", NL),
        ("fr,en;q=0.1", EN),
        ("nl;q=0.1,en;q=0.2", EN),
        ("en;q=0,nl", NL),
        ("nl-simple", NL_EASY),
        ("nl-NL-simple,nl", NL_EASY),
        ("en_US", EN),
        ("EN", EN),
        ("*", NL),
        ("", NL),
        (None, NL),
        (";;;,,,=;q", NL),
        ("en;q=oops", EN),
        ("x" * 100_000, NL),
        ("\x00\n\u202e", NL),
    ],
)
def test_the_language_of_a_browser_is_understood(header: str | None, edition: Edition) -> None:
    assert languages.best(header, [NL, NL_EASY, EN, EN_EASY, AR, FA]) == edition


def test_a_language_that_is_offered_in_easy_reading_only_is_better_than_another_language() -> None:
    assert languages.best("ar", [NL, Edition("ar", "easy")]) == Edition("ar", "easy")
