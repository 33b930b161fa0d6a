"""Every edition by how far its words can be trusted: the table in the README."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from babel import Locale

from instruments import Edition
from instruments.loading import Catalogue
from instruments.wording import Library
from survey import wording_status
from survey.translating.interface import Interface

BEGIN = "<!-- editions, by `survey wording status --markdown --into README.md` -->"
END = "<!-- end of editions -->"

_ORDER = ("official", "reviewed", "draft", "demonstration", "incomplete")


class NoMarkers(ValueError):
    """A text has no place for the table."""


def markdown(folder: Path, library: Library, catalogue: Catalogue) -> str:
    """The editions that have words in a folder, as a Markdown table.

    Questionnaires are counted by the status of their wording; pages and paper have one status each.
    """
    lines = ["| edition | language | questionnaires | pages | paper |", "|---|---|---|---|---|"]
    for edition in sorted(library.known_editions(), key=_rank):
        easy = ", easy to read" if edition.reading == "easy" else ""
        cells = [
            f"`{edition}`",
            f"{Locale.parse(edition.language).english_name}{easy}",
            _questionnaires(library, catalogue, edition),
            _standing(folder, edition, "screen"),
            _standing(folder, edition, "paper"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def placed(text: str, table: str) -> str:
    """A text with the table between its markers. Raises NoMarkers when it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarkers(f"put these two lines where the table should be: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table}{END}{after}"


def _rank(edition: Edition) -> tuple[int, str, bool]:
    first = ("nl", "en")
    rank = first.index(edition.language) if edition.language in first else len(first)
    return rank, edition.language, edition.reading == "easy"


def _questionnaires(library: Library, catalogue: Catalogue, edition: Edition) -> str:
    """How many questionnaires have which status; one is as far as the least of its versions."""
    worst: dict[str, str] = {}
    for version in catalogue.all():
        each = wording_status.standing(library, version, edition)
        if each.status is None and all(map(wording_status.is_absence, each.problems)):
            continue
        status = each.status or "incomplete"
        worst[version.id] = max(worst.get(version.id, status), status, key=_ORDER.index)
    counted = Counter(worst.values())
    return ", ".join(f"{counted[status]} {status}" for status in _ORDER if counted[status])


def _standing(folder: Path, edition: Edition, domain: str) -> str:
    texts = Interface(folder, edition, domain)
    if texts.is_new and edition.reading == "easy":
        return f"as `{edition.language}`"
    if texts.is_new and edition.language != "en":
        return "none"
    rows = texts.rows()
    status = texts.status.partition(" ")[0]
    if any(row.needed and not row.text for row in rows):
        return f"{status}, incomplete"
    if domain == "paper" and texts.borrows_nothing and any(not row.text for row in rows):
        return f"{status}, without letters"
    return status
