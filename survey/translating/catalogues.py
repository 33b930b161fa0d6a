"""Interface catalogues (`.po`) as files: read, written the way they are kept, and how far they are trusted.

The first lines of a catalogue say so in words: `# Status: draft.` or `# Status: reviewed by NAME, DATE.`
A catalogue that says nothing is a draft. An easy catalogue may hold a few texts only, and borrow the rest
from the standard one of its language: there too it says that it has `what the easy reading says differently`.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from instruments import Edition
from instruments.reading import BrokenFile, Problem

#: The catalogues of a language and their names: pages of respondents, what is printed, pages of staff.
DOMAINS = {"screen": "ui", "paper": "paper", "desk": "desk"}
_WHAT = {
    "screen": "Interface texts of Meetmoment",
    "paper": "Texts of Meetmoment that are printed",
    "desk": "Texts of the desk of Meetmoment",
}

#: Catalogues have lines no longer than this.
_WIDTH = 100
_BORROWS = re.compile(r"^# .*\bwhat the easy reading says differently\b", re.MULTILINE | re.IGNORECASE)
_STATUS = re.compile(r"^# Status: (draft|reviewed by .*[^. ])\.?(?=\s|$)", re.MULTILINE)


def place(domain: str, edition: Edition) -> str:
    """Where a catalogue stands under `translations/`; `domain` as in `DOMAINS`."""
    easy = "_easy" if edition.reading == "easy" else ""
    return f"{edition.language}/LC_MESSAGES/{DOMAINS[domain]}{easy}.po"


def read(data: bytes, file: str, language: str) -> Catalog:
    """A catalogue. Raises BrokenFile when it is not one."""
    try:
        return read_po(io.BytesIO(data), locale=language, abort_invalid=True)
    except (PoFileError, ValueError, LookupError) as error:
        raise BrokenFile(
            [Problem(file, "", f"it cannot be read as a PO file ({error})", "Save it as PO in UTF-8.")]
        ) from error


def find(folder: Path, domain: str, edition: Edition) -> Catalog | None:
    """The catalogue of an edition itself, without what it would borrow; None when there is none."""
    file = place(domain, edition)
    path = folder / file
    return read(path.read_bytes(), file, edition.language) if path.is_file() else None


def fresh(domain: str, edition: Edition) -> Catalog:
    """A catalogue without messages, a draft."""
    easy = ", easy to read" if edition.reading == "easy" else ""
    found = Catalog(
        locale=edition.language,
        project="Meetmoment",
        version="1",
        msgid_bugs_address="-",
        last_translator="Meetmoment",
        language_team=edition.language,
        fuzzy=False,
    )
    found.header_comment = f"# {_WHAT[domain]}{easy}.\n# Status: draft."
    return found


def text(catalogue: Catalog) -> str:
    """A catalogue as it is kept: sorted, without line numbers, lines of 100 characters."""
    file = io.BytesIO()
    write_po(file, catalogue, width=_WIDTH, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return file.getvalue().decode()


def status(catalogue: Catalog) -> str:
    """`draft`, or `reviewed by …`."""
    found = _STATUS.search(catalogue.header_comment)
    return found[1] if found else "draft"


def borrows(catalogue: Catalog) -> bool:
    """Whether a catalogue says only what differs from the standard one of its language."""
    return _BORROWS.search(catalogue.header_comment) is not None


def as_draft(catalogue: Catalog) -> None:
    """Take back what a catalogue says about a review: its texts have changed."""
    if status(catalogue) != "draft":
        catalogue.header_comment = _STATUS.sub("# Status: draft.", catalogue.header_comment)


def messages(catalogue: Catalog) -> list[Message]:
    """The messages of a catalogue without its header."""
    return [message for message in catalogue if message.id]


def forms(message: Message) -> tuple[str, ...]:
    """The translations of a message: one, or one for each form of its plural; empty where not done."""
    found = message.string
    return tuple(found) if isinstance(found, (tuple, list)) else (str(found or ""),)


def singular(message: Message) -> str:
    """The English of a message, in the singular."""
    return message.id if isinstance(message.id, str) else message.id[0]
