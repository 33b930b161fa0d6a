"""What a server writes down while it serves: no token, no code, no answer, no address of a visitor."""

from __future__ import annotations

import http.cookiejar
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from gunicorn.config import Config

from survey import links
from survey.db import Database
from survey.server_log import DiscreetLog
from tests import people
from tests.people import Cast

SURVEY = str(Path(sys.executable).with_name("survey"))
_LINE = 'raise OSError("/l/S3cretT0ken")'
ANSWER = "Een antwoord dat niemand mag lezen"


def test_a_failing_request_is_told_without_its_address(capfd: pytest.CaptureFixture[str]) -> None:
    log = DiscreetLog(Config())
    try:
        raise OSError("/l/S3cretT0ken")
    except OSError:
        log.exception("Error handling request %s %s", "GET", "/l/S3cretT0ken")
        log.warning("Invalid request from ip=192.0.2.7: 'GET /l/S3cretT0ken'")
        log.exception("Exception in worker process")
    log.warning("Reloader is on.")
    said = capfd.readouterr().err
    assert "failure while serving: builtins.OSError" in said
    assert "a request was refused: OSError" in said
    assert {"Exception in worker process", "Reloader is on."} <= set(
        re.findall(r"\[(?:ERROR|WARNING)\] (.*)$", said, re.MULTILINE)
    )
    assert "192.0.2.7" not in said
    # In full only what failed before anybody asked for anything.
    assert "S3cretT0ken" not in said.partition("Exception in worker process")[0].replace(_LINE, "")


def send(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(request)
        wire.shutdown(socket.SHUT_WR)
        return wire.recv(4096)


def test_a_whole_visit_and_every_kind_of_bad_request_leave_no_secret_in_the_log(
    sqlite_db: Database, tmp_path: Path
) -> None:
    cast: Cast = people.settle(sqlite_db)
    token = links.make(sqlite_db, respondent_id=cast.mother)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    key = secrets.token_hex(32)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEETMOMENT_")}
    keys = tmp_path / "key"
    keys.write_text(key, encoding="utf-8")
    environment |= {
        "MEETMOMENT_SECRET_KEY_FILE": str(keys),
        "MEETMOMENT_DATABASE_URL": str(sqlite_db.url),
        "FLASK_DEBUG": "1",
    }
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [SURVEY, "serve", "--port", str(port)], stdout=out, stderr=out, env=environment
        ) as server,
    ):
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and server.poll() is None:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.1)
            arguments = Path(f"/proc/{server.pid}/cmdline").read_bytes()
            seen = visit(port, token)
            for bad in (
                f"GET /l/{token}\r\n\r\n",
                f"GET /l/{token} HTTP/9.9\r\n\r\n",
                f"G T /l/{token} HTTP/1.1\r\nHost: x\r\n\r\n",
                f"POST /l/{token} HTTP/1.1\r\nHost: x\r\nContent-Length: {token}\r\n\r\n",
                f"POST /l/{token} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{token}\r\n",
                f"GET /l/{token} HTTP/1.1\r\nHost: x\r\nCookie: {token * 1000}\r\n\r\n",
                f"GET /l/{token * 400} HTTP/1.1\r\nHost: x\r\n\r\n",
            ):
                answer = send(port, bad.encode())
                assert not answer.startswith(b"HTTP/1.1 500"), answer
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)
    written = log.read_text(encoding="utf-8", errors="replace")
    assert "a request was refused: " in written
    assert written.count("127.0.0.1") == 1  # where it listens
    for secret in (token, key, ANSWER, seen, links.digest_of(token)):
        assert secret not in written
        assert secret.encode() not in arguments


def visit(port: int, token: str) -> str:
    """Open the link, answer a little, write an answer in words where one is asked; the cookie's secret."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    base = f"http://127.0.0.1:{port}"

    def post(path: str, **fields: str) -> str:
        try:
            with browser.open(base + path, urllib.parse.urlencode(fields).encode(), timeout=30) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as refused:
            return str(refused.read().decode())

    page = post(f"/l/{token}")
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    task = next(found for found in re.findall(r'value="([^"]+:who5:[^"]+)"', page))
    post("/mine/open", csrf=csrf, task=task)
    page = post("/q/1/1", csrf=csrf, sequence="s1", do="later", **{"i.1": "3", "i.2": ANSWER})
    assert "<html" in page
    return next(cookie.value or "" for cookie in jar if cookie.name == "visit")
