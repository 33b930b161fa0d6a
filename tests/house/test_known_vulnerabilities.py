"""A library with a known vulnerability fails the checks, and an audit that was not made passes for none.

The service that knows of them is played by a small one on this machine, since the real one is not everywhere.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
SCRIPT = HOUSE / ".ci" / "audit.py"
CLOSED = "http://127.0.0.1:9/v1/query"

TODAY = date(2031, 3, 10)
LAST_WEEK, YESTERDAY, NEXT_MONTH = (TODAY + timedelta(days=days) for days in (-7, -1, 30))

HOLE = {
    "schema_version": "1.6.0",
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2031-0001"],
    "summary": "A made-up hole in a made-up library.",
    "affected": [
        {
            "package": {"name": "leaky-library", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0.1"}]}],
        }
    ],
}


@dataclass
class Service:
    """What stands in for OSV: what it knows of whom, and what it was asked."""

    url: str
    known: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    answer: tuple[int, bytes] | None = None


class _Answering(http.server.BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"
    # An answer in one piece, as the next question waits for it.
    wbufsize = -1

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        assert asked["package"]["ecosystem"] == "PyPI"
        self.service.asked[name] = asked["version"]
        known = self.service.known.get(name)
        status, body = self.service.answer or (200, json.dumps({"vulns": known} if known else {}).encode())
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        standing_in = Service(f"http://127.0.0.1:{server.server_address[1]}/v1/query")
        server.RequestHandlerClass = type("_Here", (_Answering,), {"service": standing_in})
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield standing_in
        server.shutdown()
        thread.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    pinned = "".join(
        f"{name}=={version} \\\n    --hash=sha256:{'0' * 64}\n"
        for name, version in (("leaky-library", "1.9"), ("sound-library", "3.0"))
    )
    (tmp_path / "requirements.lock").write_text(pinned)
    return tmp_path / "requirements.lock"


def left(
    folder: Path, until: date, *, hole: str = "GHSA-aaaa-bbbb-cccc", library: str = "leaky-library"
) -> Path:
    """A list that leaves one vulnerability until a day."""
    since = min(LAST_WEEK, until)
    (folder / "left.toml").write_text(
        f'[[left]]\nid = "{hole}"\nlibrary = "{library}"\nreason = "we never call it"\n'
        f"since = {since}\nuntil = {until}\n"
    )
    return folder / "left.toml"


def run(command: list[str], url: str) -> tuple[int, str]:
    ended = subprocess.run(
        command,
        env={**os.environ, "PIP_AUDIT_OSV_URL": url, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def audit(url: str, lock: Path, leaving: Path | None = None) -> tuple[int, str]:
    """The exit code of an audit, and what it says."""
    nothing = lock.with_name("nothing.toml")
    nothing.touch()
    arguments = ["--lock", str(lock), "--left", str(leaving or nothing), "--today", str(TODAY)]
    return run([sys.executable, str(SCRIPT), *arguments], url)


def test_every_library_that_is_installed_here_is_asked_about_in_the_version_that_is_pinned(
    service: Service, tmp_path: Path
) -> None:
    lock = Path(shutil.copy(HOUSE / "requirements.lock", tmp_path))
    code, said = audit(service.url, lock)
    assert (code, said) == (
        0,
        f"Audited: {len(service.asked)} libraries of requirements.lock; nothing is known of them.\n",
    )
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE))
    only_elsewhere = set(re.findall(r"^([\w.-]+)==\S+ ;", lock.read_text(), re.MULTILINE))
    assert pinned.keys() - service.asked.keys() <= only_elsewhere
    assert service.asked.items() <= pinned.items() | {
        (name, service.asked.get(name)) for name in only_elsewhere
    }
    assert {"flask", "sqlalchemy", "weasyprint"} <= service.asked.keys()


def test_a_known_vulnerability_fails_and_says_what_to_do(service: Service, lock: Path) -> None:
    service.known["leaky-library"] = [HOLE]
    code, said = audit(service.url, lock)
    assert code == 1
    assert "leaky-library 1.9: CVE-2031-0001 (GHSA-aaaa-bbbb-cccc)" in said
    assert "A made-up hole in a made-up library." in said
    assert "Mended in: 2.0.1" in said
    assert "make lock" in said
    assert ".ci/audit.toml" in said
    assert "sound-library" not in said


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "refused"),
        ((503, b"gone for lunch"), "ServiceError"),
        ((200, b"<title>Welcome</title>"), "JSON"),
    ],
    ids=["nobody listens", "it is out of order", "a portal answers in its place"],
)
def test_an_audit_that_could_not_be_made_is_told_apart(
    service: Service, lock: Path, answer: tuple[int, bytes] | None, why: str
) -> None:
    service.answer = answer
    code, said = audit(service.url if answer else CLOSED, lock)
    assert code == 3
    assert said.startswith("NOT AUDITED: ")
    assert why in said
    assert "make audit" in said


@pytest.mark.parametrize("hole", ["GHSA-aaaa-bbbb-cccc", "CVE-2031-0001"])
def test_what_is_left_with_a_reason_passes_and_is_told_each_time(
    service: Service, lock: Path, tmp_path: Path, hole: str
) -> None:
    service.known["leaky-library"] = [HOLE]
    code, said = audit(service.url, lock, left(tmp_path, NEXT_MONTH, hole=hole))
    assert code == 0
    assert f"Left until {NEXT_MONTH}: {hole} in leaky-library; we never call it." in said
    assert "1 known and left for now" in said


def test_what_is_left_in_one_library_is_not_left_in_another(
    service: Service, lock: Path, tmp_path: Path
) -> None:
    service.known["leaky-library"] = [HOLE]
    code, said = audit(service.url, lock, left(tmp_path, NEXT_MONTH, library="sound-library"))
    assert code == 1
    assert "in sound-library; not known of the version that is pinned now: take it out of the list." in said


@pytest.mark.parametrize("away", [False, True])
def test_after_its_last_day_it_fails_again_even_where_nobody_can_be_asked(
    service: Service, lock: Path, tmp_path: Path, away: bool
) -> None:
    service.known["leaky-library"] = [HOLE]
    expired = left(tmp_path, YESTERDAY)
    code, said = audit(CLOSED if away else service.url, lock, expired)
    assert code == 1
    assert f"Left until {YESTERDAY}: GHSA-aaaa-bbbb-cccc in leaky-library; that day has passed" in said
    assert audit(service.url, lock, left(tmp_path, TODAY))[0] == 0, "its last day still counts"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("reason = ", "season = "), "season"),
        (('"we never call it"', '" "'), "lacks its id, its library or a reason"),
        ((f"until = {NEXT_MONTH}", f"until = {TODAY + timedelta(days=90)}"), "longer than 92 days"),
        ((f"until = {NEXT_MONTH}", f"until = {TODAY - timedelta(days=90)}"), "in that order"),
        ((f"until = {NEXT_MONTH}", 'until = "soon"'), "needs two days"),
        (("[[left]]", "[[lefd]]"), "can only say"),
        (("[[left]]", "[[left"), "left.toml"),
    ],
)
def test_a_list_that_says_too_little_is_refused_before_anybody_is_asked(
    service: Service, lock: Path, tmp_path: Path, change: tuple[str, str], why: str
) -> None:
    listed = left(tmp_path, NEXT_MONTH)
    assert change[0] in listed.read_text()
    listed.write_text(listed.read_text().replace(*change))
    code, said = audit(service.url, lock, listed)
    assert code == 2
    assert why in said
    assert service.asked == {}


def test_the_example_in_the_list_is_one_that_is_taken(service: Service, lock: Path, tmp_path: Path) -> None:
    example = "\n".join(re.findall(r"^# {3}(.*)", (HOUSE / ".ci" / "audit.toml").read_text(), re.MULTILINE))
    (tmp_path / "left.toml").write_text(example)
    _, said = audit(service.url, lock, tmp_path / "left.toml")
    assert "GHSA-0000-0000-0000 in name" in said


def test_a_lock_that_cannot_be_audited_is_no_good_lock(service: Service, lock: Path) -> None:
    lock.write_text("leaky-library==1.9\n")
    code, said = audit(service.url, lock)
    assert code == 2
    assert "hash" in said


@dataclass
class Checks:
    """A copy of what CI runs, in which "make test" has an end of our choosing."""

    folder: Path

    def run(self, url: str, *, tests_end_with: int = 0) -> tuple[int, str]:
        (self.folder / "make").write_text(f"#!/bin/sh\necho make $1\nexit {tests_end_with}\n")
        command = [
            "env",
            f"PATH={self.folder}:{os.environ['PATH']}",
            "bash",
            str(self.folder / ".ci" / "run"),
        ]
        return run(command, url)


@pytest.fixture
def checks(lock: Path) -> Checks:
    folder = lock.parent
    (folder / ".ci").mkdir()
    for name in ("run", "audit.py"):
        shutil.copy(HOUSE / ".ci" / name, folder / ".ci")
    (folder / ".ci" / "audit.toml").touch()
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".ci" / "packages").write_text("#!/bin/sh\n")
    (folder / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (folder / "make").touch()
    for made in (folder / ".ci" / "packages", folder / ".venv" / "bin" / "python", folder / "make"):
        made.chmod(0o755)
    return Checks(folder)


def test_ci_fails_on_a_known_vulnerability(service: Service, checks: Checks) -> None:
    service.known["leaky-library"] = [HOLE]
    code, said = checks.run(service.url)
    assert code == 1
    assert said.startswith("make test\nKnown vulnerabilities")


def test_ci_passes_without_an_audit_and_ends_by_saying_so(checks: Checks) -> None:
    code, said = checks.run(CLOSED)
    assert code == 0
    assert said.startswith("make test\nNOT AUDITED: ")


def test_ci_fails_when_the_tests_do_whatever_an_audit_would_say(service: Service, checks: Checks) -> None:
    code, said = checks.run(service.url, tests_end_with=2)
    assert (code, said) == (2, "make test\n")
    assert service.asked == {}
