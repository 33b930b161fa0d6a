"""Whether an installation may serve people who are real: what a live study refuses to start with.

A demonstration may run on a laptop with any key. A live study may not, and says what to change and how;
`survey serve` asks here before it listens.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from survey.engines import reach, usable
from survey.settings import Settings

#: A random key of 32 characters, whatever its alphabet, has more different ones than this.
FEWEST_DIFFERENT = 9
#: What keys are made of that were never meant to be kept, in lower case.
WELL_KNOWN = (
    "abcdef", "changeme", "change-me", "change_me", "default", "development", "example", "insecure",
    "meetmoment", "password", "qwerty", "replace", "secret", "wachtwoord", "geheim", "0123456", "1234567",
)  # fmt: skip
#: Ends of host names that lead nowhere for a family (RFC 2606, RFC 6761).
_NOWHERE = ("example", "example.com", "example.net", "example.org", "invalid", "localhost", "test")
_TLS = ("require", "verify-ca", "verify-full")
_HOW = 'make one with: python3 -c "import secrets; print(secrets.token_hex(32))"'


def obstacles(settings: Settings, environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Why a live study may not be served with these settings, a line each; nothing when it may."""
    environment = os.environ if environment is None else environment
    return (
        *_keys(settings),
        *_address(settings),
        *_database("DATABASE_URL", settings.database_url),
        *(_database("CONTACTS_URL", settings.contacts_url) if settings.contacts_url else ()),
        *_post(settings),
        *_debugging(environment),
    )


def is_guessable(key: str) -> bool:
    """Whether a key was typed rather than drawn."""
    low = key.lower()
    repeated = low in (low + low)[1:-1]
    return len(set(low)) < FEWEST_DIFFERENT or repeated or any(word in low for word in WELL_KNOWN)


def _keys(settings: Settings) -> Iterator[str]:
    for name in ("secret_key", "sheet_key", "scan_key", "metrics_token"):
        key = getattr(settings, name)
        if key and is_guessable(key):
            yield f"MEETMOMENT_{name.upper()}: the key can be guessed; {_HOW}"
    if settings.sheet_key and settings.sheet_key == settings.secret_key:
        yield f"MEETMOMENT_SHEET_KEY: is the same as the other key; {_HOW}"
    for name in ("secret_key", "sheet_key"):
        if getattr(settings, name) in getattr(settings, f"old_{name}s"):
            yield f"MEETMOMENT_OLD_{name.upper()}S: holds the key that is in use; take it out, or {_HOW}"


def _address(settings: Settings) -> Iterator[str]:
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    if parts.scheme != "https" or not settings.https:
        yield (
            "MEETMOMENT_BASE_URL, MEETMOMENT_HTTPS: answers would travel in the open; let a proxy speak"
            " https, begin the address with https:// and leave MEETMOMENT_HTTPS out"
        )
    if any(host == end or host.endswith(f".{end}") for end in _NOWHERE):
        yield f"MEETMOMENT_BASE_URL: {host} is the name of no machine that a family can reach"
    if not settings.proxies:
        yield (
            "MEETMOMENT_PROXIES: is 0, so everybody seems to come from the proxy that speaks https, and one"
            " who guesses at codes makes all others wait; say how many proxies stand in front"
        )


def _database(name: str, where: str) -> Iterator[str]:
    url = usable(where)
    if url.get_backend_name() == "sqlite":
        file = Path(str(url.database))
        if file.exists() and file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            yield f"{file} can be read by everybody on this machine; run: chmod o-rwx {file}*"
        return
    told = reach(url)
    near = all(_is_near(host) for host in told.get("host", "").split(","))
    if not near and told.get("sslmode") not in _TLS:
        yield (
            f"MEETMOMENT_{name}: the way to the database may be unencrypted; end the URL with"
            " ?sslmode=verify-full"
        )


def _post(settings: Settings) -> Iterator[str]:
    mail, text = urlsplit(settings.smtp_url), urlsplit(settings.text_url)
    if mail.scheme == "smtp" and not _is_near(mail.hostname or ""):
        yield "MEETMOMENT_SMTP_URL: links would travel in the open; begin it with smtp+starttls:// or smtps://"
    if text.scheme == "http" and not _is_near(text.hostname or ""):
        yield "MEETMOMENT_TEXT_URL: links and numbers would travel in the open; begin it with https://"


def _is_near(host: str) -> bool:
    return host in ("", "localhost", "127.0.0.1", "::1") or host.startswith("/")


def _debugging(environment: Mapping[str, str]) -> Iterator[str]:
    for name in ("FLASK_DEBUG", "PYTHONDEVMODE", "PYTHONASYNCIODEBUG"):
        if environment.get(name, "").lower() not in ("", "0", "no", "false"):
            yield f"{name}: is for who develops the service; take it out of the environment"
