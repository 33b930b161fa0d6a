"""What a server writes down while it serves: no token, no code, no answer, no address of a visitor."""

from __future__ import annotations

import datetime as dt
import http.cookiejar
import json
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

from benchmarks.phones import free_port
from survey import links
from survey.db import Database
from survey.server_log import DiscreetLog, StructuredLog
from tests import people
from tests.kinds import url_of
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


def test_the_same_is_told_to_a_collector_as_one_object_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    log = StructuredLog(Config())
    asked = "/l/S3cretT0ken\nand more"
    try:
        raise OSError(asked)
    except OSError:
        log.exception("Error handling request %s %s", "GET", "/l/S3cretT0ken")
        log.warning("Invalid request from ip=192.0.2.7: 'GET /l/S3cretT0ken'")
        log.exception("Exception in worker process")
    log.setup(Config())  # as when it is told to read its settings again
    log.error("Worker (pid:%s) was sent %s!", 7, "SIGKILL")
    failed, refused, boot, killed = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert failed["message"] == "failure while serving"
    assert failed["failure"].startswith("builtins.OSError\n")
    assert (refused["level"], refused["message"]) == ("warning", "a request was refused: OSError")
    assert "S3cretT0ken" not in json.dumps([failed, refused])
    # What failed before anybody asked for anything is told in full.
    assert (boot["level"], boot["message"]) == ("error", "Exception in worker process")
    assert boot["failure"].endswith("OSError: /l/S3cretT0ken\nand more")
    assert {key: killed[key] for key in ("level", "logger", "message")} == {
        "level": "error", "logger": "gunicorn.error", "message": "Worker (pid:7) was sent SIGKILL!",
    }  # fmt: skip
    assert dt.datetime.fromisoformat(killed["time"]).tzinfo is not None


def send(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
        wire.sendall(request)
        wire.shutdown(socket.SHUT_WR)
        return wire.recv(4096)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_whole_visit_and_every_kind_of_bad_request_leave_no_secret_in_the_log(
    form: str, chosen_db: Database, tmp_path: Path
) -> None:
    cast: Cast = people.settle(chosen_db)
    token = links.make(chosen_db, respondent_id=cast.mother)
    port = free_port()
    key = secrets.token_hex(32)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEETMOMENT_")}
    keys = tmp_path / "key"
    keys.write_text(key, encoding="utf-8")
    environment |= {
        "MEETMOMENT_SECRET_KEY_FILE": str(keys),
        "MEETMOMENT_DATABASE_URL": url_of(chosen_db),
        "FLASK_DEBUG": "1",
        "MEETMOMENT_LOG": form,
    }
    greeting, log = tmp_path / "greeting", tmp_path / "log"
    with (
        greeting.open("wb") as out,
        log.open("wb") as errors,
        subprocess.Popen(
            [SURVEY, "serve", "--port", str(port)], stdout=out, stderr=errors, env=environment
        ) as server,
    ):
        try:
            deadline = time.monotonic() + 300
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
            server.wait(timeout=120)
    lines = log.read_text(encoding="utf-8").splitlines()
    if form == "json":
        told = [json.loads(line) for line in lines]
        assert {"gunicorn.error", "meetmoment.requests"} <= {line["logger"] for line in told}
    written = "\n".join([*lines, greeting.read_text(encoding="utf-8")])
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
            with browser.open(base + path, urllib.parse.urlencode(fields).encode(), timeout=60) as answer:
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
