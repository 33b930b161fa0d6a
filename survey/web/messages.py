"""The texts of the interface, gathered from templates and code into the catalogues of translators.

    python -m survey.web.messages            brings every catalogue up to date: new texts empty, old ones gone
    python -m survey.web.messages --check    changes nothing; says what is missing, and fails then

`say("…")` addresses the reader and is gathered twice: as it is, and under the context `child`.

The pages of staff have catalogues of their own (`desk.po`, Dutch and English): who translates for families
need not translate for them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from survey.translating import catalogues
from survey.web.i18n import CHILD
from survey.web.services import WORDS

ROOM = Path(__file__).parent
#: The two pages for municipalities speak with the words of the desk.
FEEDBACK = ROOM.parent / "feedback"

#: The catalogues of respondents, and those of staff.
UI, DESK = "ui", "desk"
_DESK_WHERE = [("desk/**.py", "python"), ("templates/desk/**.html", "jinja2")]
_WHERE = {
    UI: [
        *((pattern, "ignore") for pattern, _ in _DESK_WHERE),
        ("**.py", "python"),
        ("templates/**.html", "jinja2"),
    ],
    DESK: _DESK_WHERE,
}
_JINJA = {"silent": "false", "trimmed": "true"}
_OPTIONS = {"templates/**.html": _JINJA, "templates/desk/**.html": _JINJA}
_PLAIN = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "say": None}
_SPOKEN = {"say": None}
#: Catalogues have lines no longer than this, so that changes read well.
_WIDTH = 100


def template(room: Path = ROOM, domain: str = UI) -> Catalog:
    """Every text that the pages can show: those of respondents, or those of staff."""
    catalogue = Catalog(project="Meetmoment", fuzzy=False)
    for keywords, spoken in ((_PLAIN, None), (_SPOKEN, CHILD)):
        found = list(extract_from_dir(str(room), _WHERE[domain], _OPTIONS, keywords))
        if domain == DESK:
            found += [(f"feedback/{hit[0]}", *hit[1:]) for hit in _of_feedback(keywords)]
        for name, _line, message, _comments, context in sorted(found, key=lambda hit: (hit[0], hit[1])):
            catalogue.add(message, locations=[(name, 0)], context=context or spoken)
    return catalogue


def _of_feedback(keywords: Mapping[str, Any]) -> Iterable[Any]:
    where = [("**.py", "python"), ("templates/**.html", "jinja2")]
    return extract_from_dir(str(FEEDBACK), where, _OPTIONS, keywords)


def problems(path: Path, wanted: Catalog) -> list[str]:
    """What is missing, surplus, doubtful or does not match its placeholders in one catalogue."""
    with path.open("rb") as file:
        there = read_po(file, locale=path.parent.parent.name)
    needed = {_key(message): message for message in wanted if message.id}
    known = {_key(message): message for message in there if message.id}
    missing = set() if catalogues.borrows(there) else needed.keys() - known.keys()
    found = [f"{path.name}: missing {key}" for key in missing]
    found += [f"{path.name}: stale {key}" for key in known.keys() - needed.keys()]
    for key, message in known.items():
        texts = message.string if isinstance(message.string, (tuple, list)) else [message.string]
        if not all(texts):
            found.append(f"{path.name}: not translated {key}")
        elif message.fuzzy:
            found.append(f"{path.name}: doubtful {key}")
        else:
            found += [f"{path.name}: {error} in {key}" for error in message.check(there)]
    return sorted(found)


def update(path: Path, wanted: Catalog) -> None:
    """Give a catalogue all texts that are wanted, and no others; what was translated stays.

    One that borrows gets none that it did not have.
    """
    with path.open("rb") as file:
        there = read_po(file, locale=path.parent.parent.name)
    wanted.creation_date = there.creation_date
    own = {_key(message) for message in there if message.id}
    there.update(wanted, no_fuzzy_matching=True, update_header_comment=False)
    there.obsolete.clear()
    if catalogues.borrows(there):
        for context, msgid in {_key(message) for message in there if message.id} - own:
            there.delete(msgid, context)
    with path.open("wb") as file:
        write_po(file, there, width=_WIDTH, sort_output=True, include_lineno=False, ignore_obsolete=True)


def paths(words: Path = WORDS, domain: str = UI) -> list[Path]:
    """Every interface catalogue of respondents, or of staff."""
    return sorted(words.glob(f"*/LC_MESSAGES/{domain}*.po"))


def main(arguments: Iterable[str] | None = None) -> int:
    """The command; the number of problems is its exit code, at most 1."""
    parser = argparse.ArgumentParser(prog="python -m survey.web.messages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when something is missing")
    check = parser.parse_args(None if arguments is None else list(arguments)).check
    found: list[str] = []
    for domain in (UI, DESK):
        wanted = template(domain=domain)
        for path in paths(domain=domain):
            if not check:
                update(path, wanted)
            found += problems(path, wanted)
    sys.stdout.write("".join(f"{problem}\n" for problem in found))
    return 1 if check and found else 0


def _key(message: Message) -> tuple[str | None, str]:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


if __name__ == "__main__":
    sys.exit(main())
