"""The annex of facts for a data protection impact assessment: what is held, how long, and who sees what.

Whether it is proportionate, on which ground it rests and which risks are accepted is for people to judge. The
facts of the service are read from it here, so that they do not go out of date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from survey import policy
from survey.policy import Role, Sees
from survey.privacy.columns import LEVELS, tables
from survey.retention.rules import Rules

FILE = Path(__file__).parent / "annex.md"
#: What a level means, and what protects it wherever it is.
_LEVELS = {
    "nobody": ("tells of no person", "-"),
    "technical": ("keeps the service safe", "digests with a key, or plain ones of at least 128 random bits"),
    "staff": ("a colleague by name, or what a colleague did", "password as argon2id, a second factor"),
    "pseudonym": ("a family or person by number and code", "no name beside it; codes are random"),
    "special": (
        "what was answered: health, upbringing, a child (GDPR article 9)",
        "shown to no role that sees names of families; exports are registered; scanned paper is sealed",
    ),
    "name": ("names, addresses, numbers", "another database, every field sealed, every look in the trail"),
}
_SEES = {
    Sees.WORK: "codes, dates, what is due",
    Sees.NAMES: "names of colleagues or, for who keeps contacts, of families",
    Sees.ANSWERS: "answers, without names",
    Sees.SUMS: "sums over many families",
}


def annex(rules: Rules) -> str:
    """The document, in Markdown."""
    return FILE.read_text(encoding="utf-8").format(
        levels=_levels(), retention=_retention(rules), roles=_roles()
    )


def _levels() -> str:
    by_level: dict[str, list[str]] = defaultdict(list)
    for table in tables():
        by_level[table.level].append(f"`{table.name}`")
    rows = [[level, *_LEVELS[level], ", ".join(by_level[level])] for level in LEVELS if by_level[level]]
    return _table(["level", "what it is", "how it is kept", "tables"], rows)


def _retention(rules: Rules) -> str:
    rows = [
        [rule.id, rule.what, rule.whose, rule.term + ("?" if rule.to_verify else ""), rule.then, rule.why]
        for rule in rules.rules
    ]
    return _table(["rule", "what", "whose", "kept", "then", "why"], rows)


def _roles() -> str:
    rows = []
    for role in Role:
        shown = policy.shown_to(role)
        rows.append([role.value, "; ".join(words for sees, words in _SEES.items() if sees in shown)])
    return _table(["role", "sees"], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
