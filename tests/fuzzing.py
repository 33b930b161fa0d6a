"""Requests nobody would send, for every address there is, by everybody there is; and what must hold of each.

What can be asked is read from the application: addresses from its URL map, fields from the forms of its own
pages. A page that is added later is tried without anybody thinking of it. All choices come from one source of
chance, so that a seed, or Hypothesis, can make the same request again.

What must hold: no failure of ours; a refusal, and every look, changes nothing but who tried when; nobody is
led to another site; no page tells about our code or goes without its headers.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from lxml import html as lxml_html
from sqlalchemy import event, update

import instruments
from instruments import protocol
from instruments.wording import Library
from survey import families, links, visits, wording_packs
from survey.accounts import passwords, sessions
from survey.accounts.tables import Account
from survey.db import Database
from survey.models import Base
from survey.policy import Role
from survey.settings import Settings
from survey.web import Services, create_app
from survey.web.application import LARGEST_NUMBER
from survey.web.i18n import Catalogues
from survey.web.services import WORDS
from tests import people
from tests.inventing import STAFF, Prepared, Request, multi, rules
from tests.survey.accounts import staff
from tests.survey.paper.printing import print_sheet

NOW = people.at(people.T0)
KEY = "k" * 40
#: Who tried what, and when somebody was last here: changed by a look or a refusal too.
BOOKKEEPING = {"code_try", "sign_in_attempt", "staff_session", "done_once"}
#: What an application says when it tells too much.
TELLING = re.compile(rb"Traceback|sqlalchemy|psycopg|sqlite3\.|werkzeug\.|File \"|jinja2\.|\.py\"?, line \d")


def prepare(folder: Path, library: Library | None = None, catalogues: Catalogues | None = None) -> Prepared:
    """Build the study, sign everybody in, and read the forms of every page that they can see."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    file = folder / "prepared.db"
    db = Database(f"sqlite:///{file}")
    db.upgrade()
    cast = people.settle(db)
    town = next(iter(families.places(db)))
    far = families.add_municipality(db, cast.study_id, "G2", "Andersdorp")
    families.add_family(db, cast.study_id, far, people.T0, parents=[families.Parent()], children=[], now=NOW)
    code = print_sheet(db, cast.father, "who5")
    tokens = {
        "mother": links.make(db, respondent_id=cast.mother, now=NOW),
        "child": links.make(db, respondent_id=cast.daan, now=NOW),
        "family": links.make(db, family_id=cast.family_id, now=NOW),
        "worker": links.make(db, respondent_id=cast.joost, now=NOW),
    }
    cookies = {who: ("visit", visits.open(db, token, NOW)[0]) for who, token in tokens.items()}
    invitation = ""
    for role in Role:
        wide = role in (Role.ADMIN, Role.RESEARCHER, Role.DATA_MANAGER)
        who = staff.settle(db, cast.study_id, role, NOW, places=() if wide else (town,), everywhere=wide)
        pin = cast.fatma_professional if role is Role.LINKING_PIN else None
        if pin:
            db.write(
                lambda connection, who=who, pin=pin: connection.execute(
                    update(Account).where(Account.id == who.id).values(professional_id=pin)
                )
            )
        secret = db.write(lambda connection, who=who: sessions.begin_on(connection, who.id, "full", NOW))
        cookies[str(role)] = ("desk", secret)
    _, _, invitation = staff.invite(
        db, cast.study_id, Role.COORDINATOR, NOW, places=[town], email="new@example.org"
    )
    for stage in ("code", "enrol"):
        secret = db.write(lambda connection, stage=stage: sessions.begin_on(connection, 1, stage, NOW))
        cookies[stage] = ("desk", secret)
    db.dispose()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    small = tuple(str(number) for number in range(1, 6))
    made = Prepared(
        file, cookies, library or Library([wording_packs.OURS], instruments.catalogue()),
        catalogues or Catalogues(WORDS),
        defaultdict(lambda: small, token=(*tokens.values(), invitation), code=(code, f"{code}1"),
                    key=("1", "2", "p1", "done", "later"), name=("icon", "nl"),
                    filename=("icon.svg", "desk.js")),
    )  # fmt: skip
    _read_forms(made, folder)
    return made


class Round:
    """The service on a fresh copy of the study, and everybody's browser."""

    def __init__(self, prepared: Prepared, folder: Path) -> None:
        self.prepared = prepared
        self._file = folder / "round.db"
        self._watch: sqlite3.Connection | None = None
        self.database: Database | None = None
        settings = Settings(
            secret_key=KEY, database_url=f"sqlite:///{self._file}", base_url="http://localhost",
            clock=lambda: NOW + dt.timedelta(seconds=1),
        )  # fmt: skip
        self.database = Database(settings.database_url)
        strict(self.database)
        self._house = Services(
            settings, self.database, protocol.default(), instruments.catalogue(), prepared.library,
            prepared.catalogues,
        )  # fmt: skip
        self.app: Flask = create_app(settings, self._house)
        # A failure of ours is to be seen here, not to be told kindly.
        self.app.testing = True
        self.begin_anew()

    def begin_anew(self) -> None:
        """Everything as it was prepared."""
        self.close()
        for end in ("", "-wal", "-shm"):
            Path(f"{self._file}{end}").unlink(missing_ok=True)
        shutil.copy(self.prepared.file, self._file)
        self._watch = sqlite3.connect(self._file, isolation_level=None)
        self._house.told.clear()
        self.changed = False
        self._version = self._data_version()
        self._before = self._contents()
        self.clients: dict[str, FlaskClient] = {"nobody": self.app.test_client()}
        for actor, (name, secret) in self.prepared.cookies.items():
            self.clients[actor] = self.app.test_client()
            self.clients[actor].set_cookie(name, secret)

    def keep(self) -> None:
        """From here on every round begins with what is in the study now."""
        assert self._watch is not None
        with sqlite3.connect(self.prepared.file) as target:
            self._watch.backup(target)
        target.close()

    def close(self) -> None:
        """Let go of the database."""
        if self._watch is not None:
            self._watch.close()
        if self.database is not None:
            self.database.dispose()

    def send(self, asked: Request) -> Any:
        """Make a request, and nothing else."""
        client = self.clients[asked.actor]
        options: dict[str, Any] = {"method": asked.method, "headers": list(asked.headers)}
        if asked.query:
            options["query_string"] = multi(asked.query)
        if asked.body is not None:
            options["data"] = asked.body
            options["headers"] = [("Content-Type", "application/x-www-form-urlencoded"), *asked.headers][-9:]
        elif asked.method not in ("GET", "HEAD"):
            options["data"] = multi(asked.form)
        return client.open(asked.path, **options)

    def try_(self, asked: Request) -> tuple[int, str | None]:
        """Make a request: its status, and what is wrong with what came back, if anything."""
        cookie = self.prepared.cookies.get(asked.actor)
        if cookie:  # whatever an earlier request did to it
            self.clients[asked.actor].set_cookie(*cookie)
        try:
            response = self.send(asked)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a failure of ours
            self.begin_anew()
            return 500, f"{type(error).__name__}: {error} at {_place(error)}"
        wrong = _said(asked, response)
        response.close()
        wrong = wrong or self._did(asked, response.status_code)
        return response.status_code, wrong

    def _did(self, asked: Request, status: int) -> str | None:
        version = self._data_version()
        if version == self._version:
            return None
        self._version = version
        after = self._contents()
        touched = {table for table in after if after[table] != self._before.get(table)} - BOOKKEEPING
        long = _too_long(after, touched)
        self._before = after
        self.changed = self.changed or bool(touched)
        if asked.method != "POST" and touched:
            return f"a {asked.method} changed {sorted(touched)}"
        if status >= 400 and touched:
            return f"a refusal ({status}) changed {sorted(touched)}"
        return long

    def _data_version(self) -> int:
        assert self._watch is not None
        (version,) = self._watch.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _contents(self) -> dict[str, list[tuple[object, ...]]]:
        assert self._watch is not None
        names = self._watch.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: self._watch.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}


class NotForPostgres(AssertionError):
    """SQLite takes it, PostgreSQL would fail: a number too large for a row, or a text with a NUL in it."""


def strict(database: Database) -> None:
    """Hold an SQLite database to what PostgreSQL takes."""

    def check(*told: Any) -> None:
        for value in _flat(told[3]):
            if (isinstance(value, int) and abs(value) > LARGEST_NUMBER) or (
                isinstance(value, str) and "\0" in value
            ):
                raise NotForPostgres(repr(value)[:80])

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", check)
    fetch_one, run_on = database.fetch_one, database.run_on

    def fetched(statement: str, parameters: Any) -> Any:
        check(None, None, statement, parameters)
        return fetch_one(statement, parameters)

    def run(cursor: Any, statement: str, parameters: Any) -> Any:
        check(None, None, statement, parameters)
        return run_on(cursor, statement, parameters)

    database.fetch_one, database.run_on = fetched, run  # type: ignore[method-assign]


def _flat(parameters: Any) -> Iterator[object]:
    if isinstance(parameters, dict):
        yield from parameters.values()
    elif isinstance(parameters, (list, tuple)):
        for one in parameters:
            yield from _flat(one)
    else:
        yield parameters


def _too_long(contents: dict[str, list[tuple[object, ...]]], tables: set[str]) -> str | None:
    """The column that holds more than it may: SQLite does not mind, PostgreSQL refuses."""
    for table in Base.metadata.sorted_tables:
        if table.name in tables:
            for number, column in enumerate(table.columns):
                most = getattr(column.type, "length", None)
                if most and any(len(str(row[number] or "")) > most for row in contents[table.name]):
                    return f"{column} is too long"
    return None


def _said(asked: Request, response: Any) -> str | None:
    """What is wrong with an answer, if anything."""
    status, headers = response.status_code, response.headers
    if status >= 500:
        return f"status {status}"
    if asked.endpoint not in ("static", "scripts.script") and "no-store" not in headers.get(
        "Cache-Control", ""
    ):
        return f"may be kept: {headers.get('Cache-Control')}"
    policy = headers.get("Content-Security-Policy", "")
    if (
        "default-src 'none'" not in policy
        or "unsafe" in policy
        or headers.get("Referrer-Policy") != "no-referrer"
    ):
        return "a header is missing"
    place = headers.get("Location", "/")
    if not re.match(r"/(?![/\\])", place):
        return f"leads to {place!r}"
    hit = TELLING.search(response.get_data())
    return f"tells {hit[0]!r}" if hit else None


def _place(error: BaseException) -> str:
    trace, place = error.__traceback__, ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "/survey/" in name and "site-packages" not in name:
            place = f"{name.rpartition('/survey/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _read_forms(prepared: Prepared, folder: Path) -> None:
    """What every form of every page that somebody can see would send."""
    here = Round(prepared, folder)
    names: Counter[str] = Counter()
    try:
        for actor in ("mother", "worker"):
            _open_a_questionnaire(here.clients[actor])
        here.keep()
        for actor, client in here.clients.items():
            forms = prepared.forms.setdefault(actor, {})
            for rule, method in rules(here.app):
                theirs = (actor in STAFF) == rule.endpoint.startswith("desk.")
                if method == "GET" and theirs and rule.endpoint != "static":
                    path = re.sub(r"<[^>]*?(\w+)>", lambda hit: prepared.numbers[hit[1]][0], rule.rule)
                    _harvest(client.get(path), forms, names)
    finally:
        here.close()
    prepared.names = sorted(names)


def _open_a_questionnaire(client: FlaskClient) -> None:
    page = client.get("/mine").get_data(as_text=True)
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page)
    tasks = re.findall(r'name="task" value="([^"]+)"', page)
    if csrf and tasks:
        client.post("/mine/open", data={"csrf": csrf[0], "task": tasks[0]})


def _harvest(response: Any, forms: dict[str, dict[str, list[str]]], names: Counter[str]) -> None:
    if response.mimetype != "text/html" or not response.data:
        return
    page = lxml_html.document_fromstring(response.get_data(as_text=True))
    for form in page.xpath("//form"):
        action = (form.get("action") or response.request.path).partition("?")[0]
        fields = forms.setdefault(action, {})
        for one in form.xpath(".//input | .//textarea | .//select | .//button[@name]"):
            name = one.get("name")
            if not name:
                continue
            names[name] += 1
            values = one.xpath("./option/@value") if one.tag == "select" else [one.get("value") or ""]
            known = fields.setdefault(name, [])
            known += [str(value) for value in values if str(value) not in known][:20]
