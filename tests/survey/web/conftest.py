"""The service in front of the cast's database, with a clock that a test can turn, and its visitors."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html as lxml_html
from sqlalchemy import inspect
from werkzeug.test import TestResponse

import instruments
from instruments import Edition, protocol
from instruments.wording import Library
from survey import links, wording_packs
from survey.contacts import Book
from survey.db import Database
from survey.settings import Settings
from survey.web import Services, create_app
from survey.web.i18n import Catalogues
from survey.web.services import WORDS
from tests import people
from tests.kinds import Places, url_of

if TYPE_CHECKING:
    from tests.survey.web.scenes import Stage

    StageIn = Callable[[Edition], Stage]


@dataclass
class Clock:
    """A stopped clock."""

    now: dt.datetime = field(default_factory=lambda: people.at(people.T0))

    def __call__(self) -> dt.datetime:
        return self.now

    def wait(self, **duration: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(**duration)


@dataclass
class Visitor:
    """A browser without JavaScript, and the page in front of it."""

    client: FlaskClient
    database: Database
    clock: Clock
    path: str = "/"
    response: TestResponse = field(init=False)

    def get(self, path: str, **options: object) -> Visitor:
        """Go to an address and follow where it leads."""
        return self._at(self.client.get(path, follow_redirects=True, **options))

    def post(self, path: str, data: object = None, **options: object) -> Visitor:
        """Send a form and follow where it leads."""
        return self._at(self.client.post(path, data=data or {}, follow_redirects=True, **options))

    def open(self, respondent_id: int | None = None, **options: int) -> Visitor:
        """Open a new link of a person (or of a family), by its button."""
        if respondent_id is not None:
            options["respondent_id"] = respondent_id
        token = links.make(self.database, now=self.clock(), **options)  # type: ignore[arg-type]
        return self.post(f"/l/{token}")

    def join(self, decision: str = "yes") -> Visitor:
        """As a child: say whether to take part."""
        self.get("/join")
        return self.post("/join", {"csrf": self.fields["csrf"], "decision": decision})

    def press(self, do: str = "next", /, **answers: object) -> Visitor:
        """Fill in the form in front and press one of its buttons; what was filled in stays."""
        return self.post(self.path, self.form(do, **answers))

    def form(self, do: str = "next", /, **answers: object) -> dict[str, object]:
        """What the form in front would send."""
        return self.fields | {f"i.{item}": answer for item, answer in answers.items()} | {"do": do}

    def start(self, instrument: str) -> Visitor:
        """Press the button of a questionnaire in the overview."""
        (key,) = {key for key in self.tasks if f":{instrument}:" in key}
        return self.post("/mine/open", {"csrf": self.fields["csrf"], "task": key})

    @property
    def tasks(self) -> list[str]:
        """The questionnaires that can be opened from this page."""
        return list(dict.fromkeys(self.page.xpath("//button[@name='task']/@value")))

    @property
    def page(self) -> lxml_html.HtmlElement:
        """The page, parsed."""
        return lxml_html.document_fromstring(self.response.get_data(as_text=True))

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return re.sub(r"\s+", " ", self.page.xpath("string(//main)")).strip()

    @property
    def title(self) -> str:
        """The title in the tab."""
        return str(self.page.findtext(".//title"))

    @property
    def heading(self) -> str:
        """The first heading."""
        return re.sub(r"\s+", " ", self.page.xpath("string(//h1)")).strip()

    @property
    def fields(self) -> dict[str, object]:
        """What stands in the form with the token: hidden, ticked and typed."""
        found: dict[str, object] = {}
        for form in self.page.xpath("//form[.//input[@name='csrf']]"):
            for field_ in form.xpath(".//input | .//textarea"):
                kind = field_.get("type", "text")
                if kind not in ("radio", "checkbox") or field_.get("checked") is not None:
                    found[field_.get("name")] = field_.value or ""
        return found

    def _at(self, response: TestResponse) -> Visitor:
        self.response = response
        self.path = response.request.path
        return self


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the database, to see whether anything changed."""
    with database.read() as connection:
        return {
            name: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}")), key=repr)
            for name in inspect(connection).get_table_names()
        }


@pytest.fixture
def unchanged(db: Database) -> Callable[..., contextlib.AbstractContextManager[None]]:
    """`with unchanged():` nothing in the database may change inside, but for the tables that are named."""

    @contextlib.contextmanager
    def watch(*noted: str) -> Iterator[None]:
        before = contents(db)
        yield
        after = contents(db)
        assert {table for table in before if before[table] != after[table]} == set(noted)

    return watch


@pytest.fixture
def clock() -> Clock:
    """Noon on the day on which the family was included."""
    return Clock()


@pytest.fixture
def db(chosen_db: Database) -> Database:
    """The pages are the same on both kinds of database; `answers` and `visits` are tested on both."""
    return chosen_db


@pytest.fixture
def settings(db: Database, clock: Clock) -> Settings:
    """An installation reached over plain http."""
    return Settings(secret_key="k" * 40, database_url=url_of(db), base_url="http://localhost", clock=clock)


@pytest.fixture(scope="session")
def library() -> Library:
    """The wording that ships with the service; reading it takes longer than most tests."""
    return Library([wording_packs.OURS], instruments.catalogue())


@pytest.fixture(scope="session")
def catalogues() -> Catalogues:
    """The interface texts that ship with the service."""
    return Catalogues(WORDS)


@pytest.fixture
def house(
    settings: Settings,
    db: Database,
    library: Library,
    catalogues: Catalogues,
    cast: people.Cast,
    book: Book,
) -> Services:
    """What the views of the service work with, the cast already in the database."""
    catalogue = instruments.catalogue()
    return Services(settings, db, protocol.default(), catalogue, library, catalogues, book=book)


@pytest.fixture
def app(settings: Settings, house: Services) -> Flask:
    """The service."""
    app = create_app(settings, house)
    app.testing = True
    return app


@pytest.fixture
def new_visitor(app: Flask, db: Database, clock: Clock) -> Callable[[], Visitor]:
    """Hands out browsers that know nothing yet."""
    return lambda: Visitor(app.test_client(), db, clock)


@pytest.fixture
def visitor(new_visitor: Callable[[], Visitor]) -> Visitor:
    """One browser."""
    return new_visitor()


@pytest.fixture(scope="session")
def stage_in(places: Places) -> Iterator[StageIn]:
    """`stage_in(edition)`: a study in which everybody reads that edition, its pages made once."""
    from tests.survey.web.scenes import Stage

    stages: dict[Edition, Stage] = {}
    with contextlib.ExitStack() as kept:

        def find(edition: Edition) -> Stage:
            if edition not in stages:
                stages[edition] = Stage(kept.enter_context(places.upgraded()), edition)
            return stages[edition]

        yield find
