"""What a sheet that came back would change, and everything that is wrong with it.

Nothing that comes back is trusted: a text is taken only where it answers a text of ours as it now is, and
where it can be shown. An empty cell erases nothing; it is work that is still to be done.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from instruments import Edition, Problem
from survey.translating import readability, sources
from survey.translating.rows import Returned, Row, Texts, placeholders, tidy
from survey.translating.terms import Terms

#: Signs that nobody sees and that break a page, a comparison or the direction of a line.
_HIDDEN = re.compile("[\x00-\x1f\x7f\xad\u200b\u202a-\u202e\u2060\ufeff\ufffd]")
#: Signs that keep a date or a number apart in a line that runs the other way: fine, when they are closed.
_OPENED, _CLOSED = re.compile("[\u2066-\u2068]"), "\u2069"
#: What a spreadsheet makes of a text that it took for a formula.
_CALCULATED = re.compile(r"#(NAME|REF|VALUE|DIV/0|N/A|NULL|NUM|NAAM|WAARDE|VERW)[?!]?|Err:\d+")
_LONGEST = 5_000


@dataclass(frozen=True)
class Change:
    """One text that a sheet changes, from `row.text` into this."""

    row: Row
    text: str


@dataclass(frozen=True)
class Receipt:
    """What a sheet comes to."""

    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    #: What would still be missing from the files that change.
    gaps: tuple[Row, ...]
    #: What readers may trip over, and second terms for one idea; no reason to refuse.
    advice: tuple[str, ...]


def receive(texts: Texts, returned: Iterable[Returned], terms: Terms | None = None) -> Receipt:
    """Compare what came back with the texts as they now are, and with the terms that are ours.

    A text that has a problem is not among the changes.
    """
    rows = {(row.file, row.key): row for row in texts.rows()}
    returned = list(returned)
    times = Counter((each.file, each.key) for each in returned)
    problems, changes = [], []
    for each in returned:
        row = rows.get((each.file, each.key))
        text = tidy(each.text)
        if row is not None and text in ("", row.text):
            continue
        found = list(_refusals(each, row, text, texts.edition, times[each.file, each.key]))
        problems += found
        if row is not None and not found:
            changes.append(Change(row, text))
    done = {change.row for change in changes}
    touched = {row.file for row in done}
    gaps = [
        row
        for row in rows.values()
        if row.file in touched and row.needed and not row.text and row not in done
    ]
    advice = [
        f"{change.row.file}: {change.row.key}: {words}"
        for change in changes
        for words in _advice(change, texts.edition, terms)
    ]
    return Receipt(tuple(changes), tuple(problems), tuple(gaps), tuple(advice))


def keep(
    texts: Texts, receipt: Receipt, folder: Path, *, translator: str | None, on: dt.date
) -> tuple[str, ...]:
    """Write what a sheet changes, and record which Dutch it was made from.

    Only texts that changed are recorded: a text that came back as it was may not have been looked at.

    Returns:
        The files that were written, under the folder.

    Raises:
        rows.NoTranslator: a file is new, and nobody is named who made it.
    """
    written = texts.written(
        {change.row: change.text for change in receipt.changes}, translator=translator, on=on
    )
    for file, content in written.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    keys: dict[str, set[str]] = {}
    for change in receipt.changes:
        if "/wording/" in change.row.file:
            keys.setdefault(sources.instrument_of(change.row.file), set()).add(change.row.key)
    if keys:
        lock = sources.Sources(folder)
        for name, changed in keys.items():
            lock.confirm(texts.edition, [name], changed)
    return tuple(sorted(written))


def _refusals(each: Returned, row: Row | None, text: str, edition: Edition, times: int) -> Iterator[Problem]:
    """Why a text that differs from ours is not taken."""
    if row is None:
        remedy = "Leave file and key as they were; when it was taken away since, make a new sheet."
        yield Problem(each.file or "the sheet", each.key, f"{edition} has no such text", remedy)
        return
    if times > 1:
        yield Problem(each.file, each.key, "it is in the sheet more than once", "Keep one line.")
    if each.seal not in (None, row.seal):
        yield Problem(
            each.file,
            each.key,
            "what it was made from is not what we have now",
            "Make a new sheet, and look at this text again.",
        )
    yield from (Problem(each.file, each.key, *words) for words in faults(row, text))


def faults(row: Row, text: str) -> Iterator[tuple[str, str]]:
    """Why a text cannot stand where it should, and what to do about it."""
    if _HIDDEN.search(text) or len(_OPENED.findall(text)) != text.count(_CLOSED):
        yield "it holds a sign that cannot be seen", "Type the text anew, without pasting."
    if _CALCULATED.fullmatch(text) or re.match(r"[=@+]", text):
        yield "a spreadsheet took it for a formula", "Format the column as text, and write it again."
    if len(text) > _LONGEST:
        yield f"it is longer than {_LONGEST} characters", "Shorten it."
    found = placeholders(text)
    lost, strange = row.placeholders - found, found - row.placeholders
    if lost and not row.may_omit:
        yield f"it has lost {_names(lost)}", "Put it back, letter for letter."
    if strange:
        yield f"it has {_names(strange)}, which the source has not", "Take it out, or mend its spelling."
    if row.placeholders and re.search(r"%(?!\(\w+\)[sd]|%)", text):
        yield "it has a loose percent sign", "Write it twice: %%."


def _advice(change: Change, edition: Edition, terms: Terms | None) -> Iterator[str]:
    if edition == Edition("nl", "easy"):
        yield from readability.complaints(change.text)
    if terms is not None:
        yield from terms.complaints(edition.language, change.text)
        if edition.reading == "standard":
            lost = terms.lost_names(change.row.source, change.text)
            yield from (f"{name} stays as it is in every language" for name in lost)


def _names(names: Iterable[str]) -> str:
    return " ".join(f"%({name})s" for name in sorted(names))
