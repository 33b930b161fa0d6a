"""Carriers against servers of our own: what they send, and what they say became of it. And its words."""

from __future__ import annotations

import email
import email.policy
import json
import logging
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from instruments import Edition
from survey import telling
from survey.post import carriers
from survey.post.carriers import Mail, Texts, Words
from survey.settings import Settings
from survey.web.announcing import announcement
from survey.web.i18n import Catalogues
from survey.web.services import WORDS

MESSAGE = Words("Hier staan vragen klaar", "Hallo. هناك أسئلة\nhttps://vragen.example.org/l/secret\n")


class MailServer(socketserver.StreamRequestHandler):
    """As much of SMTP as a sender needs."""

    answers: dict[str, str]
    received: list[str]

    def handle(self) -> None:
        self._say(self.answers.get("HELLO", "220 here"))
        body: list[bytes] | None = None
        for line in self.rfile:
            if body is not None:
                if line == b".\r\n":
                    self.received.append(b"".join(body).decode())
                    body = None
                    if (answer := self.answers.get("END", "250 taken")) == "HANG UP":
                        return
                    self._say(answer)
                else:
                    body.append(line)
                continue
            verb = line[:4].decode().upper().strip()
            if verb == "DATA" and "DATA" not in self.answers:
                body = []
                self._say("354 go on")
            else:
                self._say(self.answers.get(verb, "221 bye" if verb == "QUIT" else "250 fine"))
            if verb == "QUIT":
                return

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Gateway(BaseHTTPRequestHandler):
    """A gateway for texts."""

    status = 201
    received: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.received.append(body | {"path": self.path, "key": self.headers["Authorization"]})
        if self.status == 0:
            return
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def mail_server(**answers: str) -> Iterator[tuple[Mail, list[str]]]:
    received: list[str] = []
    handler = type("Handler", (MailServer,), {"answers": answers, "received": received})
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)) as port:
        yield Mail(f"smtp://127.0.0.1:{port}", "Meetmoment <vragen@example.org>"), received


@contextmanager
def gateway(status: int = 201) -> Iterator[tuple[Texts, list[dict[str, Any]]]]:
    received: list[dict[str, Any]] = []
    handler = type("Handler", (Gateway,), {"status": status, "received": received})
    with serving(HTTPServer(("127.0.0.1", 0), handler)) as port:
        yield Texts(f"http://127.0.0.1:{port}/v1", "top-secret", "Vragen"), received


def test_mail_arrives_as_it_was_written() -> None:
    with mail_server() as (mail, received):
        mail.send("ayse@example.org", MESSAGE, "m1.2")
    (text,) = received
    message = email.message_from_string(text, policy=email.policy.default)
    assert message["Subject"] == MESSAGE.subject
    assert message["From"] == "Meetmoment <vragen@example.org>"
    assert message["To"] == "ayse@example.org"
    assert message["Message-ID"] == "<m1.2@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    body = message.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == MESSAGE.body


@pytest.mark.parametrize(
    ("answers", "became"),
    [
        ({"RCPT": "550 nobody here"}, carriers.Refused),
        ({"RCPT": "451 later"}, carriers.NotNow),
        ({"MAIL": "451 busy"}, carriers.NotNow),
        ({"DATA": "554 no"}, carriers.Refused),
        ({"END": "552 too large"}, carriers.Refused),
        ({"HELLO": "421 closed"}, carriers.NotNow),
        ({"END": "HANG UP"}, carriers.Unsure),
    ],
)
def test_what_a_mail_server_says_is_understood(answers: dict[str, str], became: type[Exception]) -> None:
    with mail_server(**answers) as (mail, _), pytest.raises(became):
        mail.send("ayse@example.org", MESSAGE, "m1.2")


def test_a_mail_server_that_is_not_there_is_tried_again() -> None:
    for url in ("smtp://127.0.0.1:9", "smtps://127.0.0.1:9", "smtp+starttls://127.0.0.1:9"):
        with pytest.raises(carriers.NotNow):
            Mail(url, "vragen@example.org").send("ayse@example.org", MESSAGE, "m1.2")


def test_a_server_that_does_not_encrypt_gets_nothing_when_it_should() -> None:
    with mail_server() as (plain, received):
        mail = Mail(plain.url.replace("smtp:", "smtp+starttls:"), plain.sender)
        with pytest.raises(carriers.NotNow):
            mail.send("ayse@example.org", MESSAGE, "m1.2")
    assert received == []


def test_a_text_arrives_with_its_number_and_key() -> None:
    with gateway() as (texts, received):
        texts.send("+31612345678", MESSAGE, "m1.2")
    assert received == [
        {
            "path": "/v1/messages", "key": "AccessKey top-secret", "originator": "Vragen",
            "recipients": ["31612345678"], "body": MESSAGE.body, "datacoding": "auto", "reference": "m1.2",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "became"),
    [
        (401, carriers.Refused), (422, carriers.Refused), (302, carriers.Refused), (429, carriers.NotNow),
        (500, carriers.NotNow), (503, carriers.NotNow), (0, carriers.Unsure),
    ],
)  # fmt: skip
def test_what_a_gateway_says_is_understood(status: int, became: type[Exception]) -> None:
    with gateway(status) as (texts, received), pytest.raises(became):
        texts.send("+31612345678", MESSAGE, "m1.2")
    assert len(received) == 1


def test_a_gateway_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(carriers.NotNow):
        Texts("http://127.0.0.1:9", "key", "Vragen").send("+31612345678", MESSAGE, "m1.2")


def test_nothing_of_a_message_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with mail_server(RCPT="550 nobody") as (mail, _), pytest.raises(carriers.Refused):
        mail.send("ayse@example.org", MESSAGE, "m1.2")
    with gateway(422) as (texts, _), pytest.raises(carriers.Refused) as refused:
        texts.send("+31612345678", MESSAGE, "m1.2")
    said = caplog.text + repr(refused.value) + repr(texts) + repr(mail)
    for secret in ("ayse", "31612345678", "secret"):
        assert secret not in said


def test_only_what_is_set_up_can_carry() -> None:
    assert carriers.of(Settings("k" * 32, "sqlite:///x.db")) == {}
    settings = Settings(
        "k" * 32, "sqlite:///x.db", smtp_url="smtp://localhost", mail_from="a@example.org",
        text_url="https://sms.example.org", text_key="hush-hush", text_from="Vragen",
    )  # fmt: skip
    assert set(carriers.of(settings)) == {"mail", "text"}
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("young", [False, True])
@pytest.mark.parametrize("kind", ["link", "reminder"])
def test_the_words_of_a_message_tell_nothing_in_any_language(kind: str, young: bool) -> None:
    catalogues = Catalogues(WORDS)
    address = "https://vragen.example.org/l/abc"
    found = set()
    for edition in catalogues.editions:
        words = announcement(catalogues, edition, young, kind, address)
        assert words.body.splitlines()[1] == address
        assert telling.found_in(words.subject + words.body) == ()
        assert "\n" not in words.subject
        # One text of 160 letters holds it, or two of 70 in other scripts.
        assert len(words.body) <= 160
        found.add(words.body)
    # Polite to an adult and plain to a young person, where the language knows the difference.
    assert len(found) >= 7
    other = announcement(catalogues, Edition("nl"), not young, kind, address)
    assert announcement(catalogues, Edition("nl"), young, kind, address) != other
