"""What leads to a person is asked to be left out of a text before anything is stored."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from survey import answers
from survey.db import Database
from survey.web import traces
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor

Unchanged = Callable[[], AbstractContextManager[None]]


@pytest.mark.parametrize(
    "text",
    [
        "Bel mij op 06-12345678",
        "bel 06 12 34 56 78.",
        "+31 6 12345678",
        "0031612345678",
        "(030) 2971100",
        "mail naar iemand@voorbeeld.nl graag",
        "het blad 6SC6-S6ZK-1 is weg",
        "het gezin DM4-Q64",
    ],
)
def test_what_leads_to_somebody_is_found(text: str) -> None:
    assert traces.leads_to_somebody(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Eerder sturen, en minder vragen.",
        "Van 16-03-2020 tot 10-05-2020 was alles dicht",
        "16/3/2020, 10/5/2020 en 01.09.2026",
        "2026-09-01 2026-10-01",
        "in 2019, 2020 en 2021; 10 000 000 keer",
        "een zes-pak, wel-wis en wie-wat",
        "om 09:00 en 17:30 uur @school",
        "1 2 3 4 5 6 7 8 9 10",
    ],
)
def test_days_years_and_words_are_not(text: str) -> None:
    assert not traces.leads_to_somebody(text)


@pytest.mark.parametrize("kept", [False, True], ids=["sent in", "sent by the script"])
def test_such_a_text_is_not_stored_and_the_page_says_why_and_keeps_it(
    visitor: Visitor, cast: Cast, clock: Clock, db: Database, unchanged: Unchanged, kept: bool
) -> None:
    clock.now = people.at(people.T1)
    visitor.open(cast.fatma).start("evaluation_linking_pin").press("skip")
    here = visitor.path
    if kept:
        data = {"csrf": visitor.fields["csrf"], "sequence": "k-1", "i.7": "bel 06-12345678"}
        with unchanged():
            assert visitor.client.post(f"{here}/keep", data=data).status_code == 422
        return
    with unchanged():
        visitor.press(**{"6": "8", "7": "bel 06-12345678"})
    assert visitor.response.status_code == 422
    assert visitor.title.startswith("Probleem: ")
    assert "Graag zonder telefoonnummers, e-mailadressen of codes." in visitor.text
    assert visitor.page.xpath("string(//textarea)").strip() == "bel 06-12345678"
    visitor.press(**{"7": "eerder bellen"})
    assert answers.history(db, int(here.split("/")[2]))[-1].given == {"6": 8, "7": "eerder bellen"}
