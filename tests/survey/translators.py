"""A translator at hand: sheets that went out and come back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner, Result

from instruments import Edition, catalogue
from survey.cli import main
from survey.translating import sheets
from survey.translating.interface import Interface
from survey.translating.questionnaires import Questionnaires
from survey.translating.rows import Returned, Row, Texts

WORDS = Path(__file__).parents[2] / "translations"


TODAY = dt.date(2027, 1, 15)


TURKISH = Edition("tr")


SOMALI = Edition("so")


TRANSLATED = sorted({path.parent.parent.name for path in WORDS.glob("*/wording/*.yaml")} - {"nl"})


EDITIONS = [*(Edition(language) for language in TRANSLATED), Edition("nl", "easy"), Edition("en", "easy")]


def run(folder: Path, *words: str | Path) -> Result:
    return CliRunner().invoke(main, ["wording", *map(str, words), "--translations", str(folder)])


class Kept:
    """Texts whose rows are worked out once."""

    def __init__(self, texts: Texts) -> None:
        self.edition = texts.edition
        self.written = texts.written
        self._rows = texts.rows()

    def rows(self) -> tuple[Row, ...]:
        return self._rows


def questionnaires(folder: Path, edition: Edition = TURKISH, *only: str) -> Questionnaires:
    return Questionnaires(folder, edition, catalogue(), only)


def sent_back(texts: Texts, form: str, **changed: str) -> list[Returned]:
    """A sheet that went out and came back, with other texts under some keys."""
    rows = [replace(row, text=changed.get(row.key, row.text)) for row in texts.rows()]
    interface = texts if isinstance(texts, Interface) else None
    return sheets.read(sheets.write(rows, texts.edition, form), form, texts.edition, interface)


def in_sheet(row: Row, text: str, seal: str | None = None) -> Returned:
    return Returned(row.file, row.key, seal or row.seal, text)


def said(problems: tuple[object, ...]) -> str:
    return "\n".join(map(str, problems))
