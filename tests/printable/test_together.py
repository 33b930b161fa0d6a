"""The pages of a form are judged together: one hand answered all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from printable import reading
from printable.boxes import Box, BoxMap, Rect, Side
from printable.marks import Mark
from printable.reading import Answer, Evidence, Known
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


#: A box with nothing in it; a light pencil on a photo, right across its box; a ball pen; a trace of either.
NOTHING = Mark(0.0, -7.0, filled=False, between=False, heavy=False, across=0.0)
PENCIL = Mark(0.024, 0.7, filled=False, between=False, heavy=False, across=0.95)
PEN = Mark(0.12, 3.0, filled=False, between=False, heavy=False, across=1.0)
TRACE = Mark(0.008, -0.4, filled=False, between=False, heavy=False, across=0.3)


def judge(*rows: tuple[Mark, Mark]) -> list[Answer]:
    """The answers to questions with two boxes each, all on one page."""
    boxes = [
        Box(f"q{row}", code, Rect(20 + 10 * code, 20 + 10 * row, 4.8, 4.8))
        for row in range(len(rows))
        for code in (0, 1)
    ]
    side = Side(1, tuple(boxes))
    evidence = Evidence(tuple(mark for row in rows for mark in row), (), trusted=True)
    known = Known(BoxMap("drawn by hand", 210, 297, (), (side,)))
    return list(reading.judged(known, side, evidence, reading.style([(side, evidence)])))


def levels(found: list[Answer]) -> list[tuple[tuple[object, ...], str]]:
    return [(answer.codes, answer.level) for answer in found]


def test_a_form_in_light_pencil_is_sure_where_every_mark_is_as_light() -> None:
    assert levels(judge(*[(PENCIL, NOTHING)] * 4)) == [((0,), "sure")] * 4


def test_too_few_light_marks_do_not_tell_what_is_usual() -> None:
    assert levels(judge(*[(PENCIL, NOTHING)] * 2)) == [((0,), "unsure")] * 2


def test_a_light_mark_among_plain_ones_stays_in_doubt() -> None:
    found = judge(*[(PEN, NOTHING)] * 4, (NOTHING, PENCIL))
    assert levels(found)[:4] == [((0,), "sure")] * 4
    assert (found[4].level, found[4].reasons) == ("unsure", ("faint",))


def test_a_light_mark_that_does_not_reach_across_its_box_stays_in_doubt() -> None:
    found = judge(*[(PENCIL, NOTHING)] * 4, (replace(PENCIL, across=0.4), NOTHING))
    assert (found[4].level, found[4].reasons) == ("unsure", ("faint",))


@pytest.mark.parametrize("mark", [PEN, PENCIL])
def test_a_trace_beside_a_mark_as_the_hand_makes_them_is_a_slip(mark: Mark) -> None:
    assert levels(judge(*[(mark, NOTHING)] * 4, (mark, TRACE)))[4] == ((0,), "sure")


@pytest.mark.parametrize(
    "trace",
    [
        pytest.param(replace(TRACE, across=0.9), id="right across its box"),
        pytest.param(replace(TRACE, ink=0.014), id="half as much ink as the mark"),
    ],
)
def test_a_trace_that_may_be_a_mark_itself_is_shown(trace: Mark) -> None:
    found = judge(*[(PENCIL, NOTHING)] * 4, (PENCIL, trace))
    assert found[4].level != "sure"
    assert "stray" in found[4].reasons


def test_a_trace_alone_is_shown_and_not_taken_for_an_answer() -> None:
    found = judge(*[(PEN, NOTHING)] * 4, (NOTHING, TRACE))
    assert (found[4].codes, found[4].level, found[4].reasons) == ((), "unsure", ("blank", "stray"))
