"""Another key, and nobody notices: pages that stood open, codes on paper, codes for a lost phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from survey import sheets
from survey.db import Database
from survey.keys import Keyring
from survey.settings import Settings
from survey.sheets import KeyGone
from survey.web import Services, create_app
from tests.people import Cast
from tests.survey.accounts.staff import PASSWORD
from tests.survey.paper.printing import KEY, print_sheet
from tests.survey.web.conftest import Clock, Visitor
from tests.survey.web.desk.conftest import Desk

NEW = "n" * 40
OLD = KEY.decode()

Restart = Callable[..., Flask]


@pytest.fixture
def restart(settings: Settings, house: Services) -> Restart:
    """The same service, started again with other keys."""

    def restart(**keys: object) -> Flask:
        changed = replace(settings, secret_key=NEW, **keys)  # type: ignore[arg-type]
        app = create_app(changed, replace(house, settings=changed))
        app.testing = True
        return app

    return restart


def moved(visitor: Visitor, app: Flask) -> Visitor:
    """The same browser before the service that was started again."""
    cookie = visitor.client.get_cookie("visit")
    assert cookie is not None
    client = app.test_client()
    client.set_cookie("visit", cookie.value)
    other = Visitor(client, visitor.database, visitor.clock, visitor.path)
    other.response = visitor.response
    return other


def test_a_page_that_stood_open_while_the_key_changed_is_saved(
    visitor: Visitor, cast: Cast, restart: Restart
) -> None:
    visitor.open(cast.mother).start("who5")
    later = moved(visitor, restart(old_secret_keys=(OLD,)))
    assert later.press(**dict.fromkeys("12345", 3)).path.endswith("/done")


def test_once_the_former_key_is_taken_away_what_it_made_is_refused(
    visitor: Visitor, cast: Cast, restart: Restart
) -> None:
    visitor.open(cast.mother).start("who5")
    later = moved(visitor, restart())
    assert later.press(**dict.fromkeys("12345", 3)).response.status_code == 403


@pytest.mark.parametrize(
    "keys",
    [{"old_secret_keys": (OLD,)}, {"sheet_key": OLD}, {"sheet_key": "s" * 40, "old_sheet_keys": (OLD,)}],
)
def test_a_printed_code_opens_after_every_kind_of_change(
    db: Database, cast: Cast, clock: Clock, restart: Restart, keys: dict[str, object]
) -> None:
    code = print_sheet(db, cast.mother, "who5", key=OLD)
    visitor = Visitor(restart(**keys).test_client(), db, clock)
    assert visitor.post(f"/Q/{code}").path.startswith("/q/")


def test_a_printed_code_is_dead_when_its_key_is_gone(
    db: Database, cast: Cast, clock: Clock, restart: Restart
) -> None:
    code = print_sheet(db, cast.mother, "who5", key=OLD)
    assert Visitor(restart().test_client(), db, clock).post(f"/Q/{code}").response.status_code == 404


def test_a_print_run_goes_on_with_the_codes_it_began_with(db: Database, cast: Cast) -> None:
    code = print_sheet(db, cast.mother, "who5", key=OLD)
    ring = Keyring(NEW.encode(), (KEY,))
    assert print_sheet(db, cast.mother, "who5", key=ring) == code
    # What is printed for the first time is made with the new key alone.
    new = print_sheet(db, cast.father, "who5", key=ring)
    assert sheets.find(db, NEW, new).respondent_id == cast.father
    with pytest.raises(sheets.NoSuchSheet):
        sheets.find(db, OLD, new)


def test_a_print_run_whose_key_is_gone_says_so_and_does_not_try_for_ever(db: Database, cast: Cast) -> None:
    print_sheet(db, cast.mother, "who5", key=OLD)
    with pytest.raises(KeyGone):
        print_sheet(db, cast.mother, "who5", key=NEW)


@pytest.mark.parametrize(("kept", "status"), [(True, "/desk/enrol"), (False, "/desk/code")])
def test_a_recovery_code_on_paper_works_as_long_as_its_key_is_known(
    hire: Callable[..., Desk], clock: Clock, restart: Restart, kept: bool, status: str
) -> None:
    from survey.policy import Role

    desk = hire(Role.ADMIN, everywhere=True, sign_in=False)
    desk.client = restart(old_secret_keys=(OLD,) if kept else ()).test_client()
    desk.post("/desk/sign-in", email=desk.who.email, password=PASSWORD)
    desk.get("/desk/code").post("/desk/code", code=desk.who.recovery_codes[0])
    assert desk.path == status
