"""Looking an installation over: what is well, what is not, and how each is mended.

`survey doctor` asks here. Nothing is changed, and nothing is told of anybody.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import func, select

from instruments import BrokenFile, catalogue, protocol
from instruments.protocol import Protocol
from instruments.wording import Library
from survey import moments, readiness, safety, senders, studies, wording_packs, wording_status
from survey.accounts import second_factor
from survey.backups import BadKey
from survey.backups.archive import recipients
from survey.db import AWAY, Database, DatabaseBusy
from survey.feedback import naming
from survey.fieldwork.erasure_ledger import BrokenLedger, Ledger
from survey.jobs.tables import JobRow
from survey.models import Event
from survey.people_keys import COPY, PUT_BACK, PeopleKeys
from survey.settings import Settings
from survey.studies import Study

State = Literal["well", "doubtful", "bad"]

#: A backup older than this was missed.
_BACKUP_AGE = dt.timedelta(hours=26)
#: A job that could have been begun waits no longer than this where a worker is.
_JOB_WAITS = dt.timedelta(minutes=2)
#: Clocks of hosts may differ so much (decisions/0013).
_CLOCKS = dt.timedelta(seconds=5)
_LEAST_SPACE = 1 << 30
#: Scripts of languages that we print, with a language of each for fontconfig.
_SCRIPTS = {"ar": "ar", "uk": "uk", "pl": "pl", "tr": "tr", "nl": "nl", "en": "en"}
#: What of PostgreSQL's settings makes acknowledged mean on disk.
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    about: str
    state: State
    #: What was found, in a line.
    found: str
    #: What to do about it; empty when all is well.
    mend: str = ""


def examine(settings: Settings, db: Database) -> Iterator[Finding]:
    """Everything that can be looked at from here, in the order in which it should be mended."""
    missing = readiness.look(db)
    if missing == "database":
        yield Finding(
            "database", "bad", "it cannot be reached",
            "start it, or mend MEETMOMENT_DATABASE_URL; a file needs a folder that the service may write in",
        )  # fmt: skip
        return
    yield Finding("database", "well", f"{db.dialect} answers")
    if missing == "tables":
        yield Finding("tables", "bad", "of another version", "make a backup, then run: survey study upgrade")
        return
    yield Finding("tables", "well", "as this version needs them")
    study = studies.the_study(db)
    if study is None:
        yield Finding("study", "bad", "there is none yet", "run: survey init")
    else:
        yield Finding("study", "well", f"{study.key}, {study.kind}, in {', '.join(study.languages)}")
    now = settings.clock()
    yield from _safety(settings, study)
    yield from _seals(settings, db)
    yield from _releases(settings, db, study)
    yield from _words(settings, study, now)
    yield from _fonts(study)
    yield from _durability(db)
    yield from _time(db, now)
    yield from _space(db)
    yield from _work(db, now)
    yield from _backups(settings, db, now)
    yield from _erasures(settings)
    yield from _people_keys(settings, db)
    yield from _mail(settings)


def worst(findings: Iterable[Finding]) -> State:
    """The worst of the states."""
    states = {finding.state for finding in findings}
    return "bad" if "bad" in states else "doubtful" if "doubtful" in states else "well"


def _safety(settings: Settings, study: Study | None) -> Iterator[Finding]:
    live = study is not None and study.kind == "live"
    obstacles = safety.obstacles(settings)
    for obstacle in obstacles:
        found, _, mend = obstacle.partition("; ")
        yield Finding(
            "settings", "bad" if live else "doubtful", found, mend or "change it before a live study"
        )
    if not obstacles:
        yield Finding("settings", "well", "safe for a live study")
    if not settings.sheet_key:
        yield Finding(
            "keys", "doubtful", "codes on paper hang on the key that signs forms",
            "set MEETMOMENT_SHEET_KEY before the first pack is printed",
        )  # fmt: skip
    else:
        yield Finding("keys", "well", "codes on paper have a key of their own")


def _seals(settings: Settings, db: Database) -> Iterator[Finding]:
    """Whether what is sealed in the database can be opened, and needs no key that was replaced."""
    with db.read() as connection:
        found = second_factor.seals(connection, settings.secret_keys)
    if found.lost:
        yield Finding(
            "second factors", "bad", f"{found.lost} are sealed with a key that is not known",
            "name that key in MEETMOMENT_OLD_SECRET_KEYS; or run for each: survey accounts reset EMAIL",
        )  # fmt: skip
    elif found.former:
        yield Finding(
            "second factors", "doubtful", f"{found.former} are in the clear, or need a key that was replaced",
            "run: survey keys renew",
        )  # fmt: skip
    else:
        yield Finding("second factors", "well", "sealed with the newest key")


#: How it stands with the key with which people are named in the ledger of releases; and what to do.
_NAMING: dict[naming.State, tuple[State, str, str]] = {
    "none": ("well", "none was made yet", ""),
    "newest": ("well", "people in the ledger are named with a sealed key", ""),
    "former": ("doubtful", "their key needs one that was replaced", "run: survey keys renew"),
    "unkeyed": ("bad", "people in the ledger are named without a key", "run: survey keys renew"),
    "lost": (
        "bad", "people in the ledger are named with a key that cannot be opened",
        "name the former secret key in MEETMOMENT_OLD_SECRET_KEYS: no release can be made without it",
    ),
}  # fmt: skip


def _releases(settings: Settings, db: Database, study: Study | None) -> Iterator[Finding]:
    if study is not None:
        with db.read() as connection:
            yield Finding("releases", *_NAMING[naming.state(connection, study.id, settings.secret_keys)])


def _words(settings: Settings, study: Study | None, now: dt.datetime) -> Iterator[Finding]:
    try:
        plan, library = _plan(settings), Library(wording_packs.roots(settings), catalogue())
        sender = senders.load(settings.sender, plan)
    except BrokenFile as broken:
        for problem in broken.problems:
            yield Finding("files", "bad", str(problem), "mend the file that is named")
        return
    if study is None:
        return
    reasons = wording_status.obstacles(library, catalogue(), plan, study.languages, moments.day(now))
    live = study.kind == "live"
    if reasons:
        more = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
        yield Finding(
            "wording", "bad" if live else "doubtful", f"{reasons[0]}{more}",
            "see them all with: survey wording status; install packs with: survey wording install",
        )  # fmt: skip
    else:
        yield Finding("wording", "well", "complete for a live study")
    if not sender.approved:
        yield Finding(
            "letters", "doubtful", "each says that it is an example",
            "name the study's own in the file of MEETMOMENT_SENDER, with approved: true",
        )  # fmt: skip
    else:
        yield Finding("letters", "well", f"from {sender.organisation}")


def _plan(settings: Settings) -> Protocol:
    path = settings.protocol_path
    return protocol.default() if path is None else protocol.load(path)


def _fonts(study: Study | None) -> Iterator[Finding]:
    lister = shutil.which("fc-list")
    if lister is None:
        yield Finding(
            "fonts",
            "doubtful",
            "fc-list is not here to ask",
            "install the package fontconfig, and look again",
        )
        return
    languages = study.languages if study else ("nl",)
    missing = [language for language in languages if not _has_font(lister, language)]
    if missing:
        yield Finding(
            "fonts", "bad", f"no Noto font for {', '.join(missing)}: paper would show empty boxes",
            "install the package fonts-noto-core",
        )  # fmt: skip
    else:
        yield Finding("fonts", "well", f"there for {', '.join(languages)}")


def _has_font(lister: str, language: str) -> bool:
    asked = [lister, f":lang={_SCRIPTS.get(language, language)}", "family"]
    listed = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=30).stdout
    return "Noto" in listed


def _durability(db: Database) -> Iterator[Finding]:
    if db.dialect == "sqlite":
        yield Finding("durability", "well", "acknowledged means on disk (write-ahead log, synchronous FULL)")
        return
    with db.read() as connection:
        off = [
            name
            for name in _DURABLE
            if connection.exec_driver_sql("SELECT current_setting(%s)", (name,)).scalar() == "off"
        ]
    if off:
        yield Finding(
            "durability", "bad", f"{', '.join(off)} is off: what was acknowledged can be lost",
            "take it out of postgresql.conf, and restart PostgreSQL",
        )  # fmt: skip
    else:
        yield Finding("durability", "well", "acknowledged means on disk")


def _time(db: Database, now: dt.datetime) -> Iterator[Finding]:
    mend = "let the machine keep time: timedatectl set-ntp true"
    if db.dialect == "postgresql":
        with db.read() as connection:
            there = connection.exec_driver_sql("SELECT clock_timestamp()").scalar()
        assert isinstance(there, dt.datetime)
        apart = abs(there - now)
        if apart > _CLOCKS:
            yield Finding("time", "bad", f"{apart.total_seconds():.0f} s from the database's clock", mend)
            return
    with db.read() as connection:
        last = connection.scalar(select(func.max(Event.at)))
    if last is not None and last > now + _CLOCKS:
        yield Finding(
            "time", "bad", f"something was noted at {last:%Y-%m-%d %H:%M}, which is yet to come", mend
        )
    else:
        yield Finding("time", "well", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _space(db: Database) -> Iterator[Finding]:
    if db.dialect != "sqlite":
        return
    path = Path(str(db.url.database)).resolve()
    free = shutil.disk_usage(path.parent).free
    size = path.stat().st_size
    shown = f"{free / 1e9:.1f} GB free, the study takes {size / 1e9:.2f} GB"
    if free < max(_LEAST_SPACE, 2 * size):
        yield Finding("disk", "bad", shown, f"make room on the disk of {path.parent}")
    else:
        yield Finding("disk", "well", shown)


def _work(db: Database, now: dt.datetime) -> Iterator[Finding]:
    figures = readiness.figures(db, now)
    if figures.oldest_job_s > _JOB_WAITS.total_seconds():
        yield Finding(
            "long work", "bad", f"a job waits for {figures.oldest_job_s / 60:.0f} minutes to be begun",
            "run: survey worker (or survey serve without --no-long-work)",
        )  # fmt: skip
        return
    lately = (JobRow.status == "failed", JobRow.finished_at > now - dt.timedelta(days=1))
    with db.read() as connection:
        failed = connection.scalar(select(func.count()).select_from(JobRow).where(*lately)) or 0
    if failed:
        yield Finding(
            "long work", "doubtful", f"{failed} failed since yesterday",
            "see which with: survey worker list",
        )  # fmt: skip
    else:
        yield Finding("long work", "well", "nothing waits for long")


def _mail(settings: Settings) -> Iterator[Finding]:
    """Whether the mail server answers, where one is named; nothing is sent."""
    if not settings.smtp_url:
        yield Finding("mail", "well", "none is sent: links and invitations are handed over")
        return
    parts = urlsplit(settings.smtp_url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 25), timeout=5).close()
    except OSError as error:
        mend = "start it, or mend MEETMOMENT_SMTP_URL; links can be handed over meanwhile"
        yield Finding(
            "mail", "bad", f"{parts.hostname} does not answer ({error.strerror or 'no such host'})", mend
        )
    else:
        yield Finding("mail", "well", f"{parts.hostname} answers")


def _backups(settings: Settings, db: Database, now: dt.datetime) -> Iterator[Finding]:
    if not settings.backup_keys:
        yield Finding(
            "backups", "bad", "there are none",
            "make keys on another machine with: survey backup key FILE, and set MEETMOMENT_BACKUP_KEYS",
        )  # fmt: skip
        return
    try:
        recipients(settings.backup_keys)
    except BadKey as error:
        yield Finding("backups", "bad", str(error), "put the public key there, which begins with age1")
        return
    folder = settings.backup_dir
    if folder is not None and not os.access(folder, os.W_OK):
        yield Finding("backups", "bad", f"{folder} cannot be written in", "give it to who runs the service")
        return
    age = readiness.figures(db, now).backup_age_s
    if age is None or age > _BACKUP_AGE.total_seconds():
        what = "none was made yet" if age is None else f"the last one is {age / 3600:.0f} hours old"
        how = (
            "set MEETMOMENT_BACKUP_DIR, and the worker makes one a day"
            if folder is None
            else "see survey worker list"
        )
        yield Finding("backups", "bad", what, f"{how}; or run now: survey backup")
    else:
        shown = f"the last one is {age / 3600:.0f} hours old; try it out with survey restore --check"
        yield Finding("backups", "well", shown)


def _erasures(settings: Settings) -> Iterator[Finding]:
    """Whether an erasure would outlive a backup that is put back."""
    ledger = Ledger.of(settings)
    if ledger is None:
        yield Finding(
            "erasures", "doubtful", "a backup that is put back brings erased families back",
            "name a folder on another disk in MEETMOMENT_ERASURE_DIR, and copy it away with the backups",
        )  # fmt: skip
        return
    try:
        unknown = ledger.unknown()
    except BrokenLedger as error:
        yield Finding("erasures", "bad", str(error), "mend that line, or take it out if it was cut off")
        return
    if not os.access(ledger.file.parent, os.W_OK):
        yield Finding(
            "erasures", "bad", f"{ledger.file.parent} cannot be written in",
            "give it to who runs the service: nothing is erased that is not noted first",
        )  # fmt: skip
    elif unknown:
        yield Finding(
            "erasures", "bad", f"{unknown} in the ledger were noted with a key that is not known",
            "name that key in MEETMOMENT_OLD_SECRET_KEYS",
        )  # fmt: skip
    else:
        yield Finding("erasures", "well", f"{len(ledger.lines())} in the ledger")


def _people_keys(settings: Settings, db: Database) -> Iterator[Finding]:
    """Whether an erasure reaches the backups, and the backups can be read of whom was not erased."""
    keys = PeopleKeys.of(settings)
    if keys is None:
        return
    about = "people's keys"
    try:
        missing, kept, is_copied = keys.missing(db), len(keys.secrets()), keys.is_copied()
    except OSError as error:
        mend = f"mend it, or move it away and run: {PUT_BACK}"
        yield Finding(about, "bad", str(error), mend)
        return
    if missing:
        yield Finding(
            about, "bad", f"{missing} are not in {keys.file}: no backup can be made, and nobody erased",
            f"name the right folder in MEETMOMENT_ERASURE_DIR, or run: {PUT_BACK}",
        )  # fmt: skip
    elif not is_copied:
        yield Finding(
            about, "bad", f"{COPY} beside the backups lacks keys, or holds some that were thrown away",
            "run: survey backup; if that refuses, it says what to do",
        )  # fmt: skip
    else:
        shown = f"{kept}, and the sealed copy is up to date" if kept else "the first backup makes them"
        yield Finding(about, "well", shown)


#: What it looks like when looking failed half-way.
FAILED = (*AWAY, DatabaseBusy)
