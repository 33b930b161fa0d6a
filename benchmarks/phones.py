"""Respondents that a benchmark can run: they open a link and answer, as a phone without JavaScript does.

A respondent that gets no acknowledgement sends the same form again, with the same sequence, until it
gets one: what a person does who taps once more. What was acknowledged is written down, to be compared
with the database afterwards.
"""

from __future__ import annotations

import http.client
import random
import re
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

_HIDDEN = re.compile(r'name="(csrf|sequence)" value="([^"]*)"')
_TASK = re.compile(r'name="task" value="([^"]+)"')
_OPTION = re.compile(r'name="i\.([^"]+)" id="[^"]*" value="(\d+)"')


class Gone(Exception):
    """The server did not answer in time."""


@dataclass(frozen=True)
class Acknowledged:
    """A save that the service said it has."""

    response_id: int
    sequence: str
    given: dict[str, int]


@dataclass
class Phone:
    """One respondent with a link."""

    port: int
    token: str
    seed: int
    #: How long to go on trying when the server is away, in seconds.
    patience: float = 60.0
    acknowledged: list[Acknowledged] = field(default_factory=list)
    #: Every save that was sent, acknowledged or not, by sequence.
    sent: dict[str, Acknowledged] = field(default_factory=dict)
    retries: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._connection: http.client.HTTPConnection | None = None
        self._cookies: dict[str, str] = {}

    def open(self, instrument: str) -> str:
        """Open the link and a questionnaire; the address of its first screen."""
        self.request("POST", f"/l/{self.token}", {})
        _, page, _ = self.request("GET", "/mine")
        task = next(task for task in _TASK.findall(page) if f":{instrument}:" in task)
        csrf = dict(_HIDDEN.findall(page))["csrf"]
        _, _, location = self.request("POST", "/mine/open", {"csrf": csrf, "task": task})
        return location

    def answer(self, address: str) -> str:
        """Answer one screen at random; the address of the next one."""
        _, page, leads_to = self.request("GET", address)
        hidden = dict(_HIDDEN.findall(page))
        if "sequence" not in hidden:
            raise AssertionError(f"{address} shows no questions (it leads to {leads_to!r}):\n{page}")
        options: dict[str, list[int]] = {}
        for item, code in _OPTION.findall(page):
            options.setdefault(item, []).append(int(code))
        given = {item: self._random.choice(codes) for item, codes in options.items()}
        fields = {"csrf": hidden["csrf"], "sequence": hidden["sequence"], "do": "next"}
        fields |= {f"i.{item}": str(code) for item, code in given.items()}
        save = Acknowledged(int(address.split("/")[2]), hidden["sequence"], given)
        self.sent[save.sequence] = save
        status, _, location = self.request("POST", address, fields)
        if status == 303:
            self.acknowledged.append(save)
        return location

    def request(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Send until there is an answer; status, text and where it leads. Raises Gone."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return self._once(method, path, fields)
            except (OSError, http.client.HTTPException):
                self.close()
                self.retries += 1
                if time.monotonic() > deadline:
                    raise Gone(f"{method} {path}") from None
                time.sleep(0.02)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _once(self, method: str, path: str, fields: dict[str, str] | None) -> tuple[int, str, str]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(
            method, path, urlencode(fields or {}) if fields is not None else None, headers
        )
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 500:
            raise http.client.HTTPException(f"{answer.status}")
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        if answer.status >= 400:
            raise AssertionError(f"{method} {path} was refused: {answer.status}\n{text}")
        return answer.status, text, urlsplit(answer.headers.get("Location", "")).path


def free_port() -> int:
    """A port on this machine that nobody listens on, below the range the system lends out."""
    for port in random.sample(range(20000, 30000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 20000 and 30000")
