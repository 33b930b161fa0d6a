"""One button at the desk prints the pack of a family."""

from __future__ import annotations

import pypdfium2
import pytest

from survey import batches, families
from survey.db import Database
from survey.web import Services
from tests.people import T0, Cast, at
from tests.survey.paper.conftest import short_plan
from tests.survey.web.desk.conftest import Desk


@pytest.fixture(autouse=True)
def short(house: Services) -> None:
    """A plan of two short questionnaires, which are laid out in a second."""
    house.protocol = short_plan()


def test_a_linking_pin_prints_the_pack_of_a_family_with_one_button(
    pin: Desk, db: Database, cast: Cast
) -> None:
    pin.get(f"/desk/families/{cast.family_id}")
    assert "Het pakket op papier afdrukken" in pin.text
    pin.post(f"/desk/families/{cast.family_id}/pack")
    assert (pin.status, pin.response.mimetype) == (200, "application/pdf")
    document = pypdfium2.PdfDocument(pin.response.data)
    pages = len(document)
    document.close()
    (batch,) = batches.listing(db)
    assert (batch.target, batch.status, batch.sides) == (cast.family_code, "done", pages)
    assert batch.made_by == f"account {pin.who.id}"
    pin.get(f"/desk/families/{cast.family_id}")
    assert "0 links in gebruik" in pin.text, "codes on paper are not links in use"


def test_what_cannot_be_printed_is_told_before_the_rest_is_printed(
    coordinator: Desk, db: Database, cast: Cast, town: int
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
    coordinator.get(f"/desk/families/{made.family_id}")
    coordinator.post(f"/desk/families/{made.family_id}/pack")
    assert (coordinator.status, batches.listing(db)) == (409, ())
    assert "so has no words for paper" in coordinator.text
    coordinator.post(f"/desk/families/{made.family_id}/pack", rest="1")
    assert (coordinator.status, coordinator.response.mimetype) == (200, "application/pdf")


def test_a_family_that_is_asked_nothing_gets_no_empty_file(pin: Desk, db: Database, cast: Cast) -> None:
    families.set_status(db, cast.family_id, "paused", reason="moving house")
    pin.get(f"/desk/families/{cast.family_id}")
    pin.post(f"/desk/families/{cast.family_id}/pack")
    assert (pin.status, "niets af te drukken" in pin.text) == (409, True)
