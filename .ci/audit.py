"""Ask a service that knows of vulnerabilities about every library that requirements.lock pins: "make audit".

pip-audit asks, the service is OSV (or a mirror of it: PIP_AUDIT_OSV_URL). It is told names and versions of
libraries and nothing else. Those that this Python or this system would not install are left out.

Exit codes: 0 nothing known; 1 something known that is not left on purpose, or was left until a day that has
passed; 2 the lock or the list of what is left cannot be read; 3 not audited, since the service gave no usable
answer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LOCK = HERE.parent / "requirements.lock"
LEFT = HERE / "audit.toml"

NOTHING, KNOWN, UNREADABLE, NOT_AUDITED = 0, 1, 2, 3

# One answer of the service, and all of them together. Nothing is asked twice.
ANSWER_SECONDS = 10
AUDIT_SECONDS = 60
LONGEST_LEFT = timedelta(days=92)


class Unreadable(Exception):
    """What is to be audited, or the list of what is left, is not as it must be."""


class NotAudited(Exception):
    """The service gave no usable answer."""


@dataclass(frozen=True)
class Left:
    """A vulnerability that is known and left for now, with the reason and the last day of it."""

    id: str
    library: str
    reason: str
    since: date
    until: date

    def covers(self, known: Known) -> bool:
        return self.library == known.library and self.id in known.names


@dataclass(frozen=True)
class Known:
    """What the service knows of one library in the version that is pinned."""

    library: str
    version: str
    names: tuple[str, ...]
    told: str
    mended_in: tuple[str, ...]

    def __str__(self) -> str:
        others = f" ({', '.join(self.names[1:])})" if self.names[1:] else ""
        mended = " or ".join(self.mended_in) or "no version yet"
        said = textwrap.shorten(self.told, 200, placeholder=" ...")
        return (
            f"  {self.library} {self.version}: {self.names[0]}{others}\n    {said}\n    Mended in: {mended}"
        )


def left_for_now(path: Path) -> list[Left]:
    """The list of what is left, held to what it must say."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = [Left(**entry) for entry in told.pop("left", [])]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise Unreadable(f"{path.name}: {error}") from error
    if told:
        raise Unreadable(f"{path.name}: it can only say [[left]], not {', '.join(sorted(told))}")
    for entry in entries:
        words, days = (entry.id, entry.library, entry.reason), (entry.since, entry.until)
        if not all(isinstance(word, str) and word.strip() for word in words):
            raise Unreadable(f"{path.name}: {entry.id!r} lacks its id, its library or a reason")
        if not all(type(day) is date for day in days) or not entry.since <= entry.until:
            raise Unreadable(f"{path.name}: {entry.id!r} needs two days, since and until, in that order")
        if entry.until - entry.since > LONGEST_LEFT:
            raise Unreadable(f"{path.name}: {entry.id!r} is left for longer than {LONGEST_LEFT.days} days")
    return entries


def pip_audit(lock: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pip-audit on what the lock pins; it answers in JSON, or not at all."""
    with tempfile.TemporaryDirectory() as cache:
        return subprocess.run(
            [
                *(sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes"),
                *("--disable-pip", "--vulnerability-service", "osv", "--timeout", str(ANSWER_SECONDS)),
                *("--format", "json", "--desc", "on", "--aliases", "on", "--output", "stdout"),
                *("--progress-spinner", "off", "--cache-dir", cache, *options),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=AUDIT_SECONDS,
            check=False,
        )


def last_line(said: str) -> str:
    return ([line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"])[-1]


def answers(lock: Path) -> list[dict[str, Any]]:
    """Every library that was asked about, and what is known of it."""
    try:
        ended = pip_audit(lock)
    except subprocess.TimeoutExpired as error:
        raise NotAudited(f"no end of it in {AUDIT_SECONDS} seconds") from error
    # Its exit code is 1 for what it found and for most of what goes wrong, so what it wrote decides.
    try:
        libraries: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        if (read := pip_audit(lock, "--dry-run")).returncode:
            raise Unreadable(f"{lock.name}: {last_line(read.stderr)}") from error
        raise NotAudited(last_line(ended.stderr)) from error
    skipped = [f"{one['name']}: {one['skip_reason']}" for one in libraries if "skip_reason" in one]
    if skipped or not libraries:
        raise Unreadable(f"{lock.name}: {'; '.join(skipped) or 'it pins nothing'}")
    return libraries


def known_of(libraries: list[dict[str, Any]]) -> list[Known]:
    return [
        Known(
            library["name"],
            library["version"],
            (hole["id"], *sorted(hole["aliases"])),
            hole["description"],
            tuple(hole["fix_versions"]),
        )
        for library in libraries
        for hole in library["vulns"]
    ]


def told_of_left(left: list[Left], known: list[Known] | None, today: date) -> bool:
    """Print how it stands with each that is left; whether the day of one has passed."""
    for entry in left:
        if entry.until < today:
            state = "that day has passed: mend it, or decide again and say why"
        elif known is None or any(entry.covers(one) for one in known):
            state = entry.reason
        else:
            state = "not known of the version that is pinned now: take it out of the list"
        print(f"Left until {entry.until}: {entry.id} in {entry.library}; {state}.")
    return any(entry.until < today for entry in left)


def audit(lock: Path, left_file: Path, today: date) -> int:
    left = left_for_now(left_file)
    try:
        libraries = answers(lock)
    except NotAudited as why:
        passed = told_of_left(left, None, today)
        print(f"NOT AUDITED: the service that knows of vulnerabilities gave no usable answer ({why}).")
        print(f"Nobody has looked whether anything is known of what {lock.name} pins. Run: make audit")
        print("where there is a network.")
        return KNOWN if passed else NOT_AUDITED
    known = known_of(libraries)
    passed = told_of_left(left, known, today)
    in_force = [entry for entry in left if entry.until >= today]
    unmet = [one for one in known if not any(entry.covers(one) for entry in in_force)]
    if unmet:
        print(f"Known vulnerabilities in what {lock.name} pins: {len(unmet)}", *unmet, sep="\n")
        print("What to do: ask for the mended version in pyproject.toml and run: make lock. Where there is")
        print(
            "none, or where what it is about cannot be reached, leave it in .ci/audit.toml, with a reason and"
        )
        print("a last day.")
        return KNOWN
    found = f"{len(known)} known and left for now" if known else "nothing is known of them"
    print(f"Audited: {len(libraries)} libraries of {lock.name}; {found}.")
    return KNOWN if passed else NOTHING


def main() -> int:
    said = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said.add_argument("--lock", type=Path, default=LOCK, help="what is audited (requirements.lock)")
    said.add_argument("--left", type=Path, default=LEFT, help="what is left for now (.ci/audit.toml)")
    said.add_argument(
        "--today", type=date.fromisoformat, default=datetime.now(UTC).date(), help="as if it were that day"
    )
    options = said.parse_args()
    try:
        return audit(options.lock, options.left, options.today)
    except Unreadable as why:
        print(f"Not audited, since it cannot be read: {why}")
        return UNREADABLE


if __name__ == "__main__":
    sys.exit(main())
