"""Carriers: what takes a message to somebody. Nothing of a message, or of where it goes, is ever logged.

A carrier says plainly what became of a message: it went; it certainly did not, and may be tried again
(`NotNow`); it never will (`Refused`); or nobody knows (`Unsure`), and then it is not sent a second time.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from survey.settings import Settings

#: A server that says nothing for so long will not (seconds).
PATIENCE_S = 20


class NotNow(Exception):
    """It certainly did not go; later it may."""


class Refused(Exception):
    """It did not go, and will not: the address or the message is not taken."""


class Unsure(Exception):
    """It was on its way when the line went dead; it may have arrived."""


@dataclass(frozen=True)
class Words:
    """What a message says; the subject is for mail only."""

    subject: str
    body: str


class Carrier(Protocol):
    """Takes a message to an address or a number."""

    def send(self, to: str, words: Words, reference: str) -> None:
        """Send it. Raises NotNow, Refused or Unsure.

        Args:
            reference: the same for the same message; means nothing to anybody else.
        """


@dataclass(frozen=True)
class Mail:
    """A mail server: smtp://, smtp+starttls:// or smtps://user:password@host:port."""

    url: str = field(repr=False)
    sender: str
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    def send(self, to: str, words: Words, reference: str) -> None:
        """As `Carrier.send`."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to, words.subject
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{reference}@{parseaddr(self.sender)[1].rpartition('@')[2]}>"
        # No answers of holiday programs to a message that nobody reads.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(words.body, cte="quoted-printable")
        server = self._connected()
        try:
            server.send_message(message)
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise (Refused if min(codes) >= 500 else NotNow) from None
        except smtplib.SMTPResponseException as error:
            raise (Refused if error.smtp_code >= 500 else NotNow) from None
        except (smtplib.SMTPException, OSError):
            raise Unsure from None
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        server: smtplib.SMTP | None = None
        try:
            if parts.scheme == "smtps":
                server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=PATIENCE_S, context=self.tls)
            else:
                usual = 587 if parts.scheme == "smtp+starttls" else 25
                server = smtplib.SMTP(host, parts.port or usual, timeout=PATIENCE_S)
            if parts.scheme == "smtp+starttls":
                server.starttls(context=self.tls)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
        except (smtplib.SMTPException, OSError):
            if server is not None:
                server.close()
            raise NotNow from None
        return server


@dataclass(frozen=True)
class Texts:
    """A gateway for texts that speaks as MessageBird's does: JSON to /messages, answered with 201."""

    url: str
    key: str = field(repr=False)
    #: At most 11 letters and digits, or a number.
    sender: str

    def send(self, to: str, words: Words, reference: str) -> None:
        """As `Carrier.send`. The subject is left out."""
        parts = urlsplit(self.url)
        asked = {
            "originator": self.sender,
            "recipients": [to.removeprefix("+")],
            "body": words.body,
            "datacoding": "auto",
            "reference": reference,
        }
        headers = {
            "Authorization": f"AccessKey {self.key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        line = _line(parts)
        try:
            try:
                line.connect()
            except OSError:
                raise NotNow from None
            try:
                line.request("POST", f"{parts.path.rstrip('/')}/messages", json.dumps(asked), headers)
                status = line.getresponse().status
            except (OSError, http.client.HTTPException):
                raise Unsure from None
        finally:
            line.close()
        if status in (200, 201, 202):
            return
        raise NotNow if status in (408, 429) or status >= 500 else Refused


def of(settings: Settings) -> dict[str, Carrier]:
    """The carriers of an installation, by channel; a channel that is not set up is not in it."""
    found: dict[str, Carrier] = {}
    if settings.smtp_url:
        found["mail"] = Mail(settings.smtp_url, settings.mail_from)
    if settings.text_url:
        found["text"] = Texts(settings.text_url, settings.text_key, settings.text_from)
    return found


def _line(parts: SplitResult) -> http.client.HTTPConnection:
    # Never through a redirect: the key would go along.
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=PATIENCE_S)
    return http.client.HTTPConnection(host, parts.port, timeout=PATIENCE_S)
