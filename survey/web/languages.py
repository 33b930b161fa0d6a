"""Which edition to begin with for a browser that says what its owner reads.

Written by hand because both libraries at hand are wrong for us: Werkzeug answers `nl-NL,en;q=0.8` with
English, and neither it nor Babel knows that a reader of Moroccan Arabic (`ary`) reads Arabic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from instruments import Edition

#: Languages whose readers are served by another one that may be offered (IANA macrolanguages, and
#: varieties written in the standard language).
READS: dict[str, str] = {
    "ary": "ar", "arz": "ar", "apc": "ar", "ajp": "ar", "acm": "ar", "aeb": "ar", "arq": "ar", "arb": "ar",
    "prs": "fa", "pes": "fa", "kmr": "ku", "pbt": "ps", "pbu": "ps", "mo": "ro", "iw": "he",
}  # fmt: skip

#: Longer headers are not worth reading to the end.
_LONGEST = 500
_RANGE = re.compile(r"^([a-z]{2,3})((?:-[a-z0-9]{1,8})*)$")


def best(header: str | None, offered: Sequence[Edition]) -> Edition:
    """The edition to begin with: the most wanted language that is offered, else the first offered.

    Args:
        header: what the browser sent as Accept-Language; anything at all is survived.
        offered: at least one edition; the first is the study's usual one.
    """
    for language, easy in _wanted(header or ""):
        for reading in ("easy", "standard") if easy else ("standard", "easy"):
            for edition in offered:
                if edition.language == language and edition.reading == reading:
                    return edition
    return offered[0]


def _wanted(header: str) -> Iterator[tuple[str, bool]]:
    ranked = []
    for position, part in enumerate(header[:_LONGEST].lower().split(",")):
        tag, _, rest = part.strip().partition(";")
        found = _RANGE.match(tag.strip().replace("_", "-"))
        weight = _weight(rest)
        if found and weight > 0:
            ranked.append((-weight, position, found[1], "-simple" in found[2]))
    for _, _, language, easy in sorted(ranked):
        yield language, easy
        if language in READS:
            yield READS[language], easy


def _weight(parameters: str) -> float:
    found = re.match(r"^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$", parameters)
    return float(found[1]) if found else 1.0
