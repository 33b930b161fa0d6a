"""Colleagues at the desk: each with a browser, signed in, in the municipality of the cast or elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from lxml import html as lxml_html
from sqlalchemy import update
from werkzeug.test import TestResponse

from survey import families
from survey.accounts import passwords
from survey.accounts.tables import Account
from survey.db import Database
from survey.policy import Role
from tests.people import T0, Cast, at
from tests.survey.accounts import staff
from tests.survey.accounts.staff import PASSWORD, Colleague
from tests.survey.web.conftest import Clock


@dataclass
class Desk:
    """A browser at the desk, without JavaScript, and the page in front of it."""

    client: FlaskClient
    clock: Clock
    who: Colleague
    path: str = "/desk/"
    response: TestResponse = field(init=False)

    def get(self, path: str) -> Desk:
        return self._at(self.client.get(path, follow_redirects=True))

    def post(self, path: str, data: object = None, **fields: object) -> Desk:
        """Send a form with the token of the page in front."""
        sent = {"csrf": self.token, **(data or {}), **fields}  # type: ignore[dict-item]
        return self._at(self.client.post(path, data=sent, follow_redirects=True))

    def sign_in(self) -> Desk:
        self.client.post("/desk/sign-in", data={"email": self.who.email, "password": PASSWORD})
        self.get("/desk/code")
        self.post("/desk/code", code=self.who.code(self.clock()))
        assert self.status == 200, self.text
        return self

    def prove(self) -> Desk:
        """Prove again who one is, with the next code of the app."""
        self.clock.wait(seconds=60)
        self.get("/desk/confirm")
        self.post("/desk/confirm", password=PASSWORD, code=self.who.code(self.clock()))
        assert self.status == 200, self.text
        return self

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def page(self) -> lxml_html.HtmlElement:
        return lxml_html.document_fromstring(self.html)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", self.page.xpath("string(//main)")).strip()

    @property
    def token(self) -> str:
        found = self.page.xpath("//input[@name='csrf']/@value") if hasattr(self, "response") else []
        return str(found[0]) if found else ""

    def field(self, name: str) -> str:
        return str(self.page.xpath(f"//*[@name='{name}']/@value")[0])

    def _at(self, response: TestResponse) -> Desk:
        self.response = response
        self.path = response.request.path
        return self


@pytest.fixture(autouse=True)
def cheap_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the least memory there is."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def town(db: Database, cast: Cast) -> int:
    """The municipality in which the cast lives."""
    return next(iter(families.places(db)))


@pytest.fixture
def elsewhere(db: Database, cast: Cast) -> int:
    """Another municipality."""
    return families.add_municipality(db, cast.study_id, "G2", "Andersdorp")


@pytest.fixture
def hire(app: Flask, db: Database, cast: Cast, clock: Clock, town: int) -> Callable[..., Desk]:
    """Hands out colleagues who have signed in: `hire(Role.COORDINATOR)`, by default in the cast's town."""

    def hire(
        role: Role,
        *places: int,
        everywhere: bool = False,
        professional: int | None = None,
        email: str = "",
        sign_in: bool = True,
    ) -> Desk:
        where = () if everywhere else places or (town,)
        who = staff.settle(db, cast.study_id, role, at(T0), places=where, everywhere=everywhere, email=email)
        if professional is not None:
            db.write(
                lambda connection: connection.execute(
                    update(Account).where(Account.id == who.id).values(professional_id=professional)
                )
            )
        desk = Desk(app.test_client(), clock, who)
        return desk.sign_in() if sign_in else desk

    return hire


@pytest.fixture
def pin(hire: Callable[..., Desk], cast: Cast) -> Desk:
    """Fatma, the linking pin of the cast."""
    return hire(Role.LINKING_PIN, professional=cast.fatma_professional)


@pytest.fixture
def coordinator(hire: Callable[..., Desk]) -> Desk:
    """The coordinator of the cast's town."""
    return hire(Role.COORDINATOR)


@pytest.fixture
def admin(hire: Callable[..., Desk]) -> Desk:
    """Who manages accounts."""
    return hire(Role.ADMIN, everywhere=True)
