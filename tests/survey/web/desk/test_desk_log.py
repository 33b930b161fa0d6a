"""A day at the desk leaves nothing in a log that says who, where, or with which code."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import partial

import pytest

from survey.contacts import Book
from survey.db import Database
from survey.policy import Role
from survey.post import carriers
from survey.post.sending import PostOffice
from survey.web import Services
from survey.web.announcing import announcement
from tests.people import Cast, plan
from tests.survey.accounts.staff import PASSWORD
from tests.survey.post.conftest import Bag
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk
from tests.survey.web.desk.test_contact import GIVEN


def test_a_day_at_the_desk_and_its_failures_leave_no_secret_in_a_log(
    pin: Desk,
    hire: Callable[..., Desk],
    house: Services,
    db: Database,
    book: Book,
    cast: Cast,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in ("survey", "werkzeug", "flask"):
        caplog.set_level(logging.DEBUG, logger=name)
    there = f"/desk/families/{cast.family_id}"
    contact = f"{there}/contact/{cast.mother}"
    pin.get(contact).post(contact, GIVEN)
    pin.post(contact, GIVEN | {"phone": "06 nonsense 12345678"})
    pin.get(contact).post(f"{contact}/show")
    pin.get(there).post(f"{there}/link", respondent=cast.mother)
    address = str(pin.page.xpath("//*[@id='address']/@value")[0])
    pin.get(there).post(f"{there}/send", respondent=cast.mother)
    bag = Bag(fails=[carriers.NotNow()])
    office = PostOffice(
        db, book, plan(), {"text": bag}, partial(announcement, house.catalogues), "http://localhost", clock
    )
    office.send()
    clock.wait(minutes=16)
    office.send()
    for path in (f"{there}/{cast.family_code}", f"/desk/{cast.family_code}?code={cast.family_code}"):
        pin.get(path)
    pin.client.post("/desk/sign-in", data={"email": pin.who.email, "password": f"not {PASSWORD}"})
    manager = hire(Role.DATA_MANAGER, everywhere=True)
    manager.get(there).post(f"{there}/erase", code=cast.family_code)
    # What fails without anybody having foreseen it is logged too, by where and never by what.
    book.database.write(lambda connection: connection.exec_driver_sql("DROP TABLE contact"))
    pin.client.application.testing = False
    pin.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    pin.sign_in()
    pin.get(contact)
    # A table that is gone is to SQLite a database that cannot be used, to PostgreSQL a mistake of ours.
    sqlite = book.database.dialect == "sqlite"
    assert pin.status == (503 if sqlite else 500)
    logged = caplog.text + "".join(capfd.readouterr())
    assert ("the database cannot be used, in" if sqlite else "failure in") + " desk.contact" in logged
    token = address.rpartition("/")[2]
    sent = re.findall(r"/l/(\S+)", bag.sent[0][1].body)
    secrets = (
        token, *sent, cast.family_code, PASSWORD, pin.who.email, "Ayşe", "ayse@", "12345678", "zondag",
    )  # fmt: skip
    assert [secret for secret in secrets if secret in logged] == []
