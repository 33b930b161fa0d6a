"""At the desk a policy officer reads what was published of their municipality; a researcher publishes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from survey import families
from survey.db import Database
from survey.feedback import ledger, making, pages
from survey.feedback.ledger import Release
from survey.policy import Role
from survey.web import Services
from tests.browser import Phone, hold_to_a_phone
from tests.exporting import fill
from tests.people import T0, Cast, at
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk
from tests.survey.web.scenes import Scene
from tests.survey.web.test_axe import _AXE, open_on, violations

#: The first release is due, eleven months after the study began.
DUE = dt.date(2027, 8, 1)


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the typesetting out, which other tests look at: it is most of the time."""
    monkeypatch.setattr(pages, "pdf", lambda text: b"%PDF" + text.encode())


@pytest.fixture
def draft(db: Database, house: Services, cast: Cast, clock: Clock, town: int, elsewhere: int) -> Release:
    """A draft about twelve families in the cast's town (with its own), on the day on which it is due."""
    for place in range(12):
        made = families.add_family(
            db, cast.study_id, town, T0, parents=[families.Parent()], children=[], now=at(T0)
        )
        fill(db, made.parents[0], "who5", T0, {str(item): place % 6 for item in range(1, 6)})
    clock.wait(days=(DUE - T0).days)
    assert house.study is not None
    return making.make(db, house.study, house.protocol, house.settings.secret_keys, by="test", now=clock())


@pytest.fixture
def published(draft: Release, db: Database, cast: Cast, hire: Callable[..., Desk], clock: Clock) -> Release:
    """The same, published."""
    researcher = hire(Role.RESEARCHER, everywhere=True, sign_in=False, email="publishes@example.org")
    return ledger.publish(
        db, cast.study_id, draft.number, draft.sha256, by=researcher.who.account, now=clock()
    )


def test_a_policy_officer_begins_with_what_was_published_and_what_comes(
    published: Release, hire: Callable[..., Desk], town: int
) -> None:
    officer = hire(Role.POLICY_OFFICER)
    assert officer.get("/desk/").path == "/desk/feedback"
    assert "Terugkoppeling 1" in officer.text
    assert "Gepubliceerd op 1 aug 2027" in officer.text
    assert "1 feb 2028start, maand 6, maand 12" in officer.text
    assert "concept" not in officer.text.lower()
    officer.get(f"/desk/feedback/{published.id}/{town}")
    assert officer.page.findtext(".//h1") == "Terugkoppeling 1 voor Teststad"
    assert "Aan het project doen 13 gezinnen mee. Daarvan wonen er 13 in Teststad." in officer.text
    assert "Wat deze cijfers niet laten zien" in officer.text
    file = officer.client.get(f"/desk/feedback/{published.id}/{town}/en.pdf")
    kept = ledger.document(officer.who.database, published.id, town, "en", "pdf")
    assert kept is not None
    assert (file.mimetype, file.data) == ("application/pdf", kept.content)


def test_nobody_reads_of_another_municipality_or_what_is_not_published(
    draft: Release, hire: Callable[..., Desk], town: int, elsewhere: int
) -> None:
    officer = hire(Role.POLICY_OFFICER)
    assert "Er is nog niets gepubliceerd." in officer.get("/desk/feedback").text
    for place in (town, elsewhere, 999):
        assert officer.get(f"/desk/feedback/{draft.id}/{place}").status == 404
        assert officer.get(f"/desk/feedback/{draft.id}/{place}/nl.pdf").status == 404
    assert officer.get(f"/desk/feedback/{draft.id}/check").status == 403
    assert officer.post(f"/desk/feedback/{draft.id}/publish", sha256=draft.sha256).status == 403


def test_a_published_page_of_another_municipality_does_not_exist_for_an_officer(
    published: Release, hire: Callable[..., Desk], town: int, elsewhere: int
) -> None:
    officer = hire(Role.POLICY_OFFICER)
    assert officer.get(f"/desk/feedback/{published.id}/{elsewhere}").status == 404
    assert officer.get(f"/desk/feedback/{published.id}/{town}/fr.pdf").status == 404
    assert "Andersdorp" not in officer.get("/desk/feedback").text


def test_a_researcher_looks_at_the_draft_and_publishes_it(
    draft: Release, db: Database, cast: Cast, hire: Callable[..., Desk], town: int
) -> None:
    researcher = hire(Role.RESEARCHER, everywhere=True)
    assert "Concept van terugkoppeling 1" in researcher.get("/desk/feedback").text
    researcher.get(f"/desk/feedback/{draft.id}/check")
    assert draft.sha256[:12] in researcher.text
    assert "In het kort" in researcher.text
    for place in (0, town):
        file = researcher.client.get(f"/desk/feedback/{draft.id}/check/{place}/nl.pdf")
        assert file.data.startswith(b"%PDF")
    researcher.prove()
    researcher.get(f"/desk/feedback/{draft.id}/check")
    checksum = researcher.field("sha256")
    assert researcher.post(f"/desk/feedback/{draft.id}/publish", sha256="0" * 64).status == 409
    assert researcher.post(f"/desk/feedback/{draft.id}/publish", sha256=checksum).path == "/desk/feedback"
    (release,) = ledger.published(db, cast.study_id)
    assert release.published_by == f"account {researcher.who.id}"
    # Pressed once more: it is published already.
    assert researcher.post(f"/desk/feedback/{draft.id}/publish", sha256=checksum).status == 409
    assert "publiceren" not in researcher.get(f"/desk/feedback/{draft.id}/check").text


def test_publishing_asks_who_it_is_when_that_was_long_ago(
    draft: Release, cast: Cast, db: Database, hire: Callable[..., Desk], clock: Clock
) -> None:
    researcher = hire(Role.RESEARCHER, everywhere=True)
    clock.wait(minutes=25)
    researcher.get(f"/desk/feedback/{draft.id}/check")
    researcher.post(
        f"/desk/feedback/{draft.id}/publish", sha256=draft.sha256, back=f"/desk/feedback/{draft.id}/check"
    )
    assert researcher.path == "/desk/confirm"
    assert ledger.published(db, cast.study_id) == ()


@pytest.mark.browser
def test_the_pages_fit_a_phone_and_axe_finds_nothing(
    draft: Release,
    house: Services,
    db: Database,
    hire: Callable[..., Desk],
    clock: Clock,
    town: int,
    browser: Browser,
) -> None:
    clock.wait(days=550)  # all waves are over: the widest tables there are
    researcher = hire(Role.RESEARCHER, everywhere=True)
    assert house.study is not None
    made = making.make(db, house.study, house.protocol, house.settings.secret_keys, by="test", now=clock())
    done = ledger.publish(db, made.study_id, made.number, made.sha256, by=researcher.who.account, now=clock())
    phone = Phone(browser)
    phone.context.add_init_script(path=_AXE)
    try:
        for path in ("", f"/{done.id}/{town}", f"/{done.id}/check", f"/{draft.id}/check"):
            html = researcher.get(f"/desk/feedback{path}").html
            policy = researcher.response.headers["Content-Security-Policy"]
            open_on(phone.page, Scene("feedback", "filled", f"/desk/feedback{path}", html, policy))
            hold_to_a_phone(phone.page)
            assert violations(phone.page) == []
        assert not phone.complaints
    finally:
        phone.close()
