"""Pages stay light: what a phone with little data left must fetch."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks import weight
from instruments import Edition
from survey.web import scripts


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[weight.Measured]:
    return list(weight.measured(tmp_path_factory.mktemp("weight")))


def test_every_page_in_every_edition_keeps_to_its_aim(found: list[weight.Measured]) -> None:
    assert weight.misses(found) == []
    assert {page.edition for page in found} >= {Edition("nl"), Edition("nl", "easy"), Edition("ar")}


def test_only_pages_of_questions_load_a_script_and_no_page_loads_letters(
    found: list[weight.Measured],
) -> None:
    scripted = {page.name for page in found if scripts.ANSWERING.address in page.referred}
    assert scripted == {page.name for page in found if page.name.startswith("question")}
    assert not any(page.fonts for page in found)


def test_a_page_that_grew_too_heavy_is_noticed(found: list[weight.Measured]) -> None:
    (first,) = (page for page in found if (page.name, str(page.edition)) == (weight.LANDING, "nl"))
    heavy = weight.Weight(90_000, 90_000, 90_000)
    fat = dataclasses.replace(first, page=heavy, fonts={"/font/a.woff2": heavy})
    assert len(weight.misses([fat])) == 3
