"""The settings of an installation: environment variables `MEETMOMENT_*`, read once, safe by default."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from survey import moments
from survey.keys import Keyring

#: How a mail server may be spoken to: in the clear, encrypted after a greeting, encrypted from the start.
MAIL_SCHEMES = ("smtp", "smtp+starttls", "smtps")
#: A secret key shorter than this can be guessed (characters).
SHORTEST_KEY = 32


class BadSettings(ValueError):
    """The environment does not say what the service needs; the message has one line per problem."""


@dataclass(frozen=True)
class Settings:
    """What differs between installations. Each field is read from `MEETMOMENT_` + its name in capitals."""

    #: Signs the tokens in forms. At least 32 characters, the same in every process, kept secret.
    secret_key: str = field(repr=False)
    #: Where the data is: sqlite:///folder/file.db or postgresql://user:password@host/name.
    database_url: str = field(repr=False)
    #: Makes the codes on paper, and their digests; at least 32 characters, kept secret. None: secret_key does
    #: it, and then a new secret_key makes every code that is on paper useless.
    sheet_key: str = field(default="", repr=False)
    #: Keys that secret_key and sheet_key replaced: they make nothing any more, and what they made is still
    #: believed.
    old_secret_keys: tuple[str, ...] = field(default=(), repr=False)
    old_sheet_keys: tuple[str, ...] = field(default=(), repr=False)
    #: Where names and numbers are kept, apart from the answers; empty: nowhere, and nobody is written to.
    contacts_url: str = field(default="", repr=False)
    #: What their fields are sealed with, the newest first; see `survey contacts key`.
    contacts_keys: tuple[str, ...] = field(default=(), repr=False)
    #: The mail server that sends links: smtp://, smtp+starttls:// or smtps://user:password@host:port.
    smtp_url: str = field(default="", repr=False)
    #: Whom mail comes from, as `Name <address@example.org>`; a neutral name.
    mail_from: str = ""
    #: The gateway that sends texts, its key, and whom they come from (at most 11 letters, or a number).
    text_url: str = ""
    text_key: str = field(default="", repr=False)
    text_from: str = ""
    #: Seals scanned pages; at least 32 characters, kept secret, apart from the database. None: follows from
    #: secret_key. And the keys before it, with which pictures may have been sealed that still wait.
    scan_key: str = field(default="", repr=False)
    old_scan_keys: tuple[str, ...] = field(default=(), repr=False)
    #: The address that links and QR codes begin with, without a slash at the end.
    base_url: str = "http://localhost:8000"
    #: Whether browsers reach the service over https, so that cookies are for https only. By default as
    #: in base_url.
    https: bool = False
    #: The folder of installed wording packs; none: only the words that ship with the service.
    wording_dir: Path | None = None
    #: The folder of installed recordings of questions; none: nothing is read aloud but by the phone itself.
    audio_dir: Path | None = None
    #: A protocol file of a study's own; none: the pilot's.
    protocol_path: Path | None = None
    #: A file that says who writes: name and telephone of the study on covers and letters; see survey/senders.
    sender: Path | None = None
    #: A file of telephone numbers for the help page, checked by the study itself; none: those that ship with
    #: the service, which nobody has checked.
    help_lines: Path | None = None
    #: The accessibility statement of the installation; none: the one that ships with the service.
    statement: Path | None = None
    #: Words that must not stand where others read along; none: those that ship with the service.
    telling: Path | None = None
    #: A folder elsewhere than the database and the backups, for the ledger of erasures (whom a backup must
    #: not bring back) and for the keys of people (what a backup can be read with).
    erasure_dir: Path | None = None
    #: How long everything is kept; none: the rules that ship with the service.
    retention: Path | None = None
    #: Where the button "leave this page" leads: a neutral site, such as one about the weather; / is our own
    #: neutral front page.
    exit_url: str = "/"
    #: Minutes without a save after which a visit is over.
    visit_idle_minutes: int = 30
    #: Threads that serve requests in one process, and so the connections that it may open.
    threads: int = 8
    #: How many trusted proxies stand in front and set X-Forwarded-* headers.
    proxies: int = 0
    #: How the log is written: `text` for people, `json` for a collector.
    log: Literal["text", "json"] = "text"
    #: What a collector of figures shows to be let in at /metrics; none: there are no figures.
    metrics_token: str = field(default="", repr=False)
    #: To whom backups are sealed: public keys of age (age1…). None: no backups can be made.
    backup_keys: tuple[str, ...] = ()
    #: Where backups go, in files of their own; none: a backup says where each time.
    backup_dir: Path | None = None
    #: The present moment, aware; tests put a stopped clock here. Not read from the environment.
    clock: Callable[[], dt.datetime] = field(default=moments.now, repr=False, compare=False)

    @cached_property
    def secret_keys(self) -> Keyring:
        """The key that signs, and those before it."""
        return Keyring(self.secret_key.encode(), tuple(key.encode() for key in self.old_secret_keys))

    @property
    def paper_key(self) -> bytes:
        """What the codes on paper are made with."""
        return self.paper_keys.current

    @property
    def paper_keys(self) -> Keyring:
        """The key of the codes on paper, and every key with which a code may have been printed before."""
        mine = self.sheet_key or self.secret_key
        known = dict.fromkeys([mine, *self.old_sheet_keys, self.secret_key, *self.old_secret_keys])
        current, *former = (key.encode() for key in known)
        return Keyring(current, tuple(former))

    def as_environment(self) -> dict[str, str]:
        """The variables that say these settings: for a process of our own that starts beside this one.

        They are all that it needs: a variable of this process may name a file with the same secret.
        """
        said = {}
        for name in (each.name for each in fields(self) if each.name != "clock"):
            value = getattr(self, name)
            if isinstance(value, bool):
                text = "yes" if value else "no"
            else:
                text = " ".join(value) if isinstance(value, tuple) else str(value)
            if value is not None and text:
                said[f"MEETMOMENT_{name.upper()}"] = text
        return said

    @property
    def picture_keys(self) -> Keyring:
        """What scanned pages are sealed with, 32 bytes, and what they may have been sealed with before."""
        mine = self.scan_key or self.secret_key
        known = dict.fromkeys([mine, *self.old_scan_keys, self.secret_key, *self.old_secret_keys])
        made = [hmac.digest(key.encode(), b"scanned pages", hashlib.sha256) for key in known]
        return Keyring(made[0], tuple(made[1:]))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings in the environment.

        Raises:
            BadSettings: something is missing or makes no sense; all problems at once.
        """
        reader = _Reader(os.environ if environment is None else environment)
        base_url = reader.url("BASE_URL", cls.base_url)
        settings = cls(
            secret_key=reader.secret("SECRET_KEY"),
            sheet_key=reader.secret("SHEET_KEY", needed=False),
            old_secret_keys=reader.former("OLD_SECRET_KEYS"),
            old_sheet_keys=reader.former("OLD_SHEET_KEYS"),
            scan_key=reader.secret("SCAN_KEY", needed=False),
            old_scan_keys=reader.former("OLD_SCAN_KEYS"),
            database_url=reader.kept("DATABASE_URL", needed=True),
            contacts_url=reader.kept("CONTACTS_URL"),
            contacts_keys=tuple(reader.kept("CONTACTS_KEYS").replace(",", " ").split()),
            smtp_url=reader.mail_server("SMTP_URL"),
            mail_from=reader.text("MAIL_FROM"),
            text_url=reader.url("TEXT_URL", "") if reader.text("TEXT_URL") else "",
            text_key=reader.kept("TEXT_KEY"),
            text_from=reader.text("TEXT_FROM"),
            base_url=base_url,
            https=reader.truth("HTTPS", base_url.startswith("https:")),
            wording_dir=reader.path("WORDING_DIR"),
            audio_dir=reader.path("AUDIO_DIR"),
            protocol_path=reader.path("PROTOCOL_PATH"),
            sender=reader.path("SENDER"),
            help_lines=reader.path("HELP_LINES"),
            statement=reader.path("STATEMENT"),
            telling=reader.path("TELLING"),
            erasure_dir=reader.path("ERASURE_DIR"),
            retention=reader.path("RETENTION"),
            exit_url=reader.exit_url("EXIT_URL", cls.exit_url),
            visit_idle_minutes=reader.number("VISIT_IDLE_MINUTES", cls.visit_idle_minutes, 5, 240),
            threads=reader.number("THREADS", cls.threads, 1, 256),
            proxies=reader.number("PROXIES", cls.proxies, 0, 5),
            log="json" if reader.choice("LOG", "text", "json") == "json" else "text",
            metrics_token=reader.secret("METRICS_TOKEN", needed=False),
            backup_keys=tuple(reader.text("BACKUP_KEYS").split()),
            backup_dir=reader.path("BACKUP_DIR"),
        )
        reader.go_together(settings)
        if reader.problems:
            raise BadSettings("\n".join(reader.problems))
        return settings


class _Reader:
    """Reads variables and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        return self._environment.get(f"MEETMOMENT_{name}", "").strip()

    def _refuse(self, name: str, remedy: str) -> None:
        self.problems.append(f"MEETMOMENT_{name}: {remedy}")

    def kept(self, name: str, *, needed: bool = False) -> str:
        """What is better kept in a file: a variable, or the first lines of the file that NAME_FILE names."""
        text, file = self.text(name), self.text(f"{name}_FILE")
        if text and file:
            self._refuse(name, f"is given twice; take it or MEETMOMENT_{name}_FILE away")
        if file:
            text = self._in_file(f"{name}_FILE", Path(file))
        elif not text and needed:
            self._refuse(name, f"is missing; set it, or MEETMOMENT_{name}_FILE")
        return text

    def _in_file(self, name: str, file: Path) -> str:
        try:
            if file.stat().st_mode & stat.S_IWOTH:
                self._refuse(name, f"{str(file)!r} can be written by everybody; run chmod o-w on it")
            text = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            self._refuse(name, f"{str(file)!r} cannot be read ({reason})")
            return ""
        if not text:
            self._refuse(name, f"{str(file)!r} is empty")
        return text

    def secret(self, name: str, *, needed: bool = True) -> str:
        before = len(self.problems)
        text = self.kept(name)
        if len(text) < SHORTEST_KEY and (needed or text) and len(self.problems) == before:
            self._refuse(name, f"must be at least {SHORTEST_KEY} random characters")
        return text

    def former(self, name: str) -> tuple[str, ...]:
        keys = tuple(self.kept(name).split())
        if any(len(key) < SHORTEST_KEY for key in keys):
            self._refuse(name, "holds a key that is too short to have been one; put a space between keys")
        return keys

    def url(self, name: str, default: str) -> str:
        text = self.text(name) or default
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            self._refuse(name, f"{text!r} is not an address such as https://vragen.example.org")
        return text.rstrip("/")

    def exit_url(self, name: str, default: str) -> str:
        text = self.text(name) or default
        parts = urlsplit(text)
        if text != "/" and not (parts.scheme == "https" and parts.netloc):
            self._refuse(name, f"{text!r} is neither / nor an address that begins with https://")
        return text

    def mail_server(self, name: str) -> str:
        text = self.kept(name)
        parts = urlsplit(text)
        if text and (parts.scheme not in MAIL_SCHEMES or not parts.hostname):
            self._refuse(
                name, f"is no mail server; write {', '.join(MAIL_SCHEMES)} and ://user:password@host"
            )
        return text

    def go_together(self, settings: Settings) -> None:
        """Refuse settings that make no sense without others, or beside them."""
        if settings.contacts_url and settings.contacts_url == settings.database_url:
            self._refuse("CONTACTS_URL", "names the database of the answers; names are kept apart from those")
        needs = (
            ("CONTACTS_URL", settings.contacts_url, "CONTACTS_KEYS", settings.contacts_keys),
            ("SMTP_URL", settings.smtp_url, "MAIL_FROM", "@" in settings.mail_from),
            ("TEXT_URL", settings.text_url, "TEXT_KEY", settings.text_key),
            ("TEXT_URL", settings.text_url, "TEXT_FROM", settings.text_from),
        )
        for name, given, needed, there in needs:
            if given and not there:
                self._refuse(needed, f"is needed with MEETMOMENT_{name}; set it")

    def truth(self, name: str, default: bool) -> bool:
        text = self.text(name).lower()
        if text not in ("", "yes", "no"):
            self._refuse(name, f"{text!r} is neither yes nor no")
        return default if not text else text == "yes"

    def choice(self, name: str, *words: str) -> str:
        text = self.text(name).lower() or words[0]
        if text not in words:
            self._refuse(name, f"{text!r} is not one of {', '.join(words)}")
        return text

    def path(self, name: str) -> Path | None:
        text = self.text(name)
        if text and not Path(text).exists():
            self._refuse(name, f"{text!r} does not exist")
        return Path(text) if text else None

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        text = self.text(name)
        if not text:
            return default
        if not text.isdecimal() or not lowest <= int(text) <= highest:
            self._refuse(name, f"{text!r} is not a number from {lowest} to {highest}")
            return default
        return int(text)
