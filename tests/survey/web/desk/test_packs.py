"""One button at the desk has the pack of a family made; the page shows how far it is, and hands it out."""

from __future__ import annotations

from collections.abc import Callable

import pypdfium2
import pytest

from survey import batches, families, jobs
from survey.db import Database
from survey.jobs import queue
from survey.jobs.work import Work
from survey.jobs.worker import Worker
from survey.policy import Role
from survey.web import Services
from tests.people import T0, Cast, at
from tests.survey.paper.conftest import short_plan
from tests.survey.web.desk.conftest import Desk


@pytest.fixture(autouse=True)
def short(house: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of two short questionnaires, which are laid out in a second."""
    house.protocol = short_plan()
    monkeypatch.setattr(Work, "plan", property(lambda work: short_plan()))


@pytest.fixture
def worker(house: Services, db: Database) -> Worker:
    """Who makes the packs; it works when it is told to."""
    return Worker(house.settings, db)


def finish(worker: Worker) -> None:
    """Let it do everything that waits, the work of every day included."""
    while worker.once():
        pass


def _print(desk: Desk, family_id: int, **fields: str) -> Desk:
    """Press the button, on the page of the family."""
    desk.get(f"/desk/families/{family_id}")
    (once,) = desk.page.xpath("//form[contains(@action, '/pack')]//input[@name='once']/@value")
    return desk.post(f"/desk/families/{family_id}/pack", once=once, **fields)


def test_a_linking_pin_prints_the_pack_of_a_family_with_one_button(
    pin: Desk, db: Database, cast: Cast, worker: Worker
) -> None:
    _print(pin, cast.family_id)
    assert "wordt gemaakt" in pin.text
    assert batches.listing(db) == ()
    finish(worker)
    pin.get(pin.path)
    assert "klaar" in pin.text
    page = pin.path
    pin.get(f"{page}/file")
    assert (pin.status, pin.response.mimetype) == (200, "application/pdf")
    assert pin.response.headers["Content-Disposition"] == 'attachment; filename="pack.pdf"'
    document = pypdfium2.PdfDocument(pin.response.data)
    pages = len(document)
    document.close()
    (batch,) = batches.listing(db)
    assert (batch.target, batch.status, batch.sides) == (cast.family_code, "done", pages)
    assert batch.made_by == f"account {pin.who.id}"
    pin.get(f"/desk/families/{cast.family_id}")
    assert "0 links in gebruik" in pin.text, "codes on paper are not links in use"
    pin.clock.wait(hours=25)
    pin.sign_in()
    assert pin.get(f"{page}/file").status == 410
    assert "niet meer" in pin.text


def test_a_double_click_makes_one_pack(pin: Desk, db: Database, cast: Cast) -> None:
    _print(pin, cast.family_id)
    once = jobs.of(db, kind="print_family")[0].key
    assert once is not None
    pin.get(f"/desk/families/{cast.family_id}")
    pin.post(f"/desk/families/{cast.family_id}/pack", once=once.split()[-1])
    assert len(jobs.of(db, kind="print_family")) == 1
    pin.get(f"/desk/families/{cast.family_id}")
    pin.post(f"/desk/families/{cast.family_id}/pack", once="'; --")
    assert len(jobs.of(db, kind="print_family")) == 2, "what is no number of ours is no number at all"


def test_a_pack_that_is_being_made_shows_how_far_it_is_and_can_be_stopped(
    pin: Desk, db: Database, cast: Cast
) -> None:
    _print(pin, cast.family_id)
    taken = queue.take(db, "somebody", pin.clock())
    assert taken is not None
    queue.beat(db, taken, 1, 3, pin.clock())
    pin.get(pin.path)
    assert "1 van 3" in pin.text
    assert pin.page.xpath("//@data-again"), "the page looks again by itself"
    pin.post(f"{pin.path}/stop")
    assert "stopt zodra" in pin.text
    queue.stopped(db, taken, pin.clock())
    pin.get(pin.path)
    assert "Gestopt" in pin.text
    assert not pin.page.xpath("//@data-again")


def test_a_failure_on_our_side_is_said_plainly_and_the_button_is_there_again(
    pin: Desk, db: Database, cast: Cast
) -> None:
    _print(pin, cast.family_id)
    taken = queue.take(db, "somebody", pin.clock())
    assert taken is not None
    queue.failed(db, taken, "ZeroDivisionError", pin.clock(), again=False)
    pin.get(pin.path)
    assert f"opdracht {taken.id}" in pin.text
    assert "ZeroDivisionError" not in pin.text
    assert pin.page.xpath("//form[contains(@action, '/pack')]")


def test_what_cannot_be_printed_is_told_before_the_rest_is_printed(
    coordinator: Desk, db: Database, cast: Cast, town: int, worker: Worker
) -> None:
    made = families.add_family(
        db,
        cast.study_id,
        town,
        T0,
        parents=[families.Parent("nl"), families.Parent("so")],
        children=[],
        now=at(T0),
    )
    _print(coordinator, made.family_id)
    finish(worker)
    coordinator.get(coordinator.path)
    assert batches.listing(db) == ()
    assert "er zijn nog geen teksten voor papier in so" in coordinator.text
    (rest,) = coordinator.page.xpath("//form[.//input[@name='rest']]//input[@name='once']/@value")
    coordinator.post(f"/desk/families/{made.family_id}/pack", rest="1", once=rest)
    finish(worker)
    coordinator.get(f"{coordinator.path}/file")
    assert (coordinator.status, coordinator.response.mimetype) == (200, "application/pdf")


def test_a_family_that_is_asked_nothing_gets_no_empty_file(
    pin: Desk, db: Database, cast: Cast, worker: Worker
) -> None:
    families.set_status(db, cast.family_id, "paused", reason="moving house")
    _print(pin, cast.family_id)
    finish(worker)
    pin.get(pin.path)
    assert "niets af te drukken" in pin.text
    assert pin.get(f"{pin.path}/file").status == 410


def test_the_pack_of_another_family_is_not_there(
    pin: Desk, hire: Callable[..., Desk], db: Database, cast: Cast, elsewhere: int
) -> None:
    other = families.add_family(
        db, cast.study_id, elsewhere, T0, parents=[families.Parent()], children=[], now=at(T0)
    )
    there = hire(Role.COORDINATOR, elsewhere)
    _print(there, other.family_id)
    (job,) = jobs.of(db, kind="print_family")
    for path in ("", "/file"):
        assert pin.get(f"/desk/families/{cast.family_id}/pack/{job.id}{path}").status == 404
        assert pin.get(f"/desk/families/{other.family_id}/pack/{job.id}{path}").status == 404
    assert pin.get(f"/desk/families/{cast.family_id}/pack/999").status == 404
