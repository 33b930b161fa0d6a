"""Who writes: the name, telephone and address of the study on covers and letters, from a file of the study.

study: Ons project
organisation: Het Instituut
phone: 030 000 00 00
hours: maandag tot en met vrijdag, 9-17 uur
email: post@example.org
approved: true       # only once the study has checked the letters; without it each says it is an example
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from instruments import reading
from instruments.protocol import Protocol
from instruments.reading import BrokenFile, Problem
from printable.letters import Sender

_NEEDED = ("study", "organisation", "phone", "hours", "email")
_REMEDY = "Write it as in the README of survey, under Paper."

#: For a demonstration: nobody can be called.
EXAMPLE = {
    "study": "Meetmoment",
    "organisation": "Meetmoment",
    "phone": "000 000 00 00",
    "hours": "9-17",
    "email": "post@example.org",
}


def load(path: Path | None, protocol: Protocol) -> Sender:
    """The sender in a file, or the example without one; the months are those of the protocol.

    Raises:
        BrokenFile: something is missing or unknown, all problems at once.
    """
    data: dict[str, Any] = (
        dict(EXAMPLE) if path is None else reading.read(path.read_text(encoding="utf-8"), path.name)
    )
    name = "example" if path is None else path.name
    problems = [Problem(name, key, "is missing", _REMEDY) for key in _NEEDED if not data.get(key)]
    problems += [
        Problem(name, str(key), "is unknown", _REMEDY) for key in data if key not in (*_NEEDED, "approved")
    ]
    if not isinstance(data.get("approved", False), bool):
        problems.append(Problem(name, "approved", "is neither true nor false", _REMEDY))
    if problems:
        raise BrokenFile(problems)
    texts = {key: str(data[key]) for key in _NEEDED}
    months = tuple(wave.months for wave in protocol.waves)
    return Sender(**texts, months=months, approved=data.get("approved") is True)
