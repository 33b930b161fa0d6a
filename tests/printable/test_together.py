"""The pages of a form are judged together: one hand answered all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from printable import reading
from printable.reading import Evidence, Known
from tests.printable.conftest import Build
from tests.printable.test_readings import (
    CODE,
    Sheets,
    answers,
    blacken,
    boxes_of,
    items_of,
    read_one,
    scanned,
)


@pytest.fixture
def drawn(template: Build) -> Sheets:
    """Stamped forms, to be answered."""
    return Sheets(template)


def test_a_hand_that_fills_boxes_shows_on_all_pages_of_a_form_together(drawn: Sheets) -> None:
    form, edition = "who5/self", "nl-easy"
    template = drawn.find(CODE, form, edition)
    assert isinstance(template, Known)
    pages, meant = [], {}
    for side in template.layout.sides:
        page = drawn.page(side.number, form=form, edition=edition)
        for item in items_of(side):
            chosen = boxes_of(side, item)[1]
            blacken(page, chosen)
            meant[item] = (chosen.code,)
        pages.append(read_one(scanned(page), lambda code: template))
    assert len(pages) > 2
    alone = {item: answer for page in pages for item, answer in answers(page).items()}
    assert "only_filled" in {reason for answer in alone.values() for reason in answer.reasons}
    together = reading.together(pages, template)
    found = {item: answer for page in together for item, answer in answers(page).items()}
    assert {item: answer.codes for item, answer in found.items()} == meant
    assert {answer.level for answer in found.values()} == {"sure"}
    # What was measured can be kept as text, and judged later.
    kept = [
        replace(page, evidence=Evidence.from_json(page.evidence.to_json())) for page in pages if page.evidence
    ]
    assert [page.answers for page in reading.together(kept, template)] == [page.answers for page in together]
    for text in ("x", "[]", "{}", '{"marks": [[1]], "written": [], "trusted": true}'):
        with pytest.raises(ValueError):
            Evidence.from_json(text)
