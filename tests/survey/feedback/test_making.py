"""Releases from the data of a study: what is shown of whom, by calendar, and what stands on the pages."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from lxml import html as lxml_html
from sqlalchemy import update

from instruments.feedback import Feedback, Region, Smallest
from instruments.protocol import Protocol
from survey import families, studies, windows
from survey.accounts.people import Account
from survey.db import Database
from survey.feedback import ledger, making, pages, regions, standing
from survey.feedback.ledger import Release
from survey.fieldwork import erasure, leaving
from survey.models import Family
from survey.policy import Role
from tests.people import T0, at, plan
from tests.survey.feedback.conftest import DUE, KEY, LATER, Towns
from tests.survey.sittings import save


def a_study(db: Database) -> Towns:
    """A study without municipalities."""
    studies.create(db, "leeg", "demo", now=at(T0))
    study = studies.the_study(db)
    assert study is not None
    return Towns(db, study)


@pytest.fixture
def empty(db: Database) -> Towns:
    """A study with municipalities and nobody in them."""
    found = a_study(db)
    for code, name in (("G1", "Aadorp"), ("G2", "Beestad"), ("G3", "Ceedam")):
        found.town(code, name)
    return found


@pytest.fixture
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the typesetting out, which other tests look at: it is most of the time."""
    monkeypatch.setattr(pages, "pdf", lambda text: text.encode())


def with_feedback(**changes: Any) -> Protocol:
    """The pilot's protocol with something else about feedback."""
    found = plan()
    return found.model_copy(update={"feedback": found.feedback.model_copy(update=changes)})


def make(towns: Towns, on: dt.date = DUE, protocol: Protocol | None = None, **more: Any) -> Release:
    return making.make(towns.db, towns.study, protocol or plan(), KEY, by="test", now=at(on), **more)


def publish(towns: Towns, release: Release, who: Account) -> Release:
    return ledger.publish(
        towns.db, towns.study.id, release.number, release.sha256, by=who, now=release.made_at
    )


def told(release: Release, figure: str, part: str = "new") -> dict[tuple[str, str], str]:
    """What a release tells of a figure: place and period, and the value."""
    lines = [line for line in release.manifest[part] if line["figure"] == figure]
    return {(line["place"], line["period"]): line.get("value", "") for line in lines}


def text_of(towns: Towns, release: Release, code: str | None, language: str = "nl") -> str:
    """The page of a municipality, as text."""
    number = None if code is None else towns.numbers[code]
    found = ledger.document(towns.db, release.id, number, language, "page")
    assert found is not None
    return " ".join(str(lxml_html.fromstring(found.content.decode()).text_content()).split())


@pytest.mark.usefixtures("unprinted")
def test_the_programme_and_large_towns_are_shown_and_a_small_one_never(towns: Towns) -> None:
    made = make(towns)
    # Two families are left besides the two towns: so one of these is not shown either.
    assert told(made, "wellbeing_parents") == {("all", "T0"): "45", ("municipality:G1", "T0"): "45"}
    assert told(made, "families") == {("all", "now"): "28", ("municipality:G1", "now"): "14"}
    hidden = {line["place"]: line["reason"] for line in made.manifest["hidden"] if line["period"] == "T0"
              and line["figure"] == "wellbeing_parents"}  # fmt: skip
    assert hidden == {"municipality:G2": "close", "municipality:G3": "few"}
    small = text_of(towns, made, "G3")
    assert "Aan het project doen 28 gezinnen mee." in small
    assert "Ceedam te weinig gezinnen: om hen te beschermen laten we dit niet zien" in small
    # That one is not too small, and its page does not say so.
    assert "Beestad dit laten we niet zien: het zou iets laten zien over een kleine groep" in text_of(
        towns, made, "G2"
    )
    for other in ("Aadorp", "Beestad"):
        assert other not in small
    assert "Of the families whose turn it was" in text_of(towns, made, "G1", "en")


@pytest.mark.usefixtures("unprinted")
def test_a_later_release_tells_again_what_it_cannot_tell_anew(towns: Towns, researcher: Account) -> None:
    first = publish(towns, make(towns), researcher)
    towns.settle("G1", 3, dt.date(2027, 6, 1))
    second = make(towns, LATER)
    # Three families more: that is not told, nor anything from which it can be worked out.
    assert told(second, "wellbeing_parents") == {}
    assert told(second, "wellbeing_parents", "again") == told(first, "wellbeing_parents")
    assert "Dit cijfer is van 1 augustus 2027." in text_of(towns, second, "G1")
    publish(towns, second, researcher)
    towns.settle("G2", 9, dt.date(2028, 2, 1))
    third = make(towns, dt.date(2028, 8, 1))
    assert set(told(third, "wellbeing_parents")) == {("all", "T0")}
    publish(towns, third, researcher)
    assert ledger.verify(towns.db, towns.study.id) == ()


@pytest.mark.usefixtures("unprinted")
def test_an_erased_family_and_a_corrected_answer_cannot_be_found_by_subtracting(
    towns: Towns, researcher: Account
) -> None:
    first = publish(towns, make(towns), researcher)
    gone, corrected, *_ = towns.families["G1"]
    families.set_status(towns.db, gone, "stopped", now=at(DUE), actor="test")
    erasure.erase_family(towns.db, gone, now=at(DUE), actor="test")
    save(towns.db, towns.responses[corrected], {"1": 5, "2": 5}, "s2", source="entry", now=at(DUE))
    second = make(towns, LATER)
    assert told(second, "wellbeing_parents") == {}
    assert told(second, "wellbeing_parents", "again") == told(first, "wellbeing_parents")
    assert told(second, "families", "again") == told(first, "families")


@pytest.mark.usefixtures("unprinted")
def test_a_family_that_asked_to_be_erased_is_left_out_also_before_that_is_done(towns: Towns) -> None:
    leaving.stop(towns.db, towns.families["G2"][0], "family_wish", "erase", now=at(DUE), actor="test")
    leaving.stop(towns.db, towns.families["G2"][1], "family_wish", "keep", now=at(DUE), actor="test")
    made = make(towns)
    assert told(made, "families")["all", "now"] == "27"
    chosen, *_ = making.choose(towns.db, towns.study, plan(), KEY, at(DUE))
    assert {len(cell.members) for cell in chosen.new if cell.place == "all"} == {27}


@pytest.mark.usefixtures("unprinted")
def test_a_family_that_moves_cannot_be_found_by_subtracting(towns: Towns, researcher: Account) -> None:
    publish(towns, make(towns), researcher)
    moved = towns.families["G2"][0]
    towns.db.write(
        lambda connection: connection.execute(
            update(Family).where(Family.id == moved).values(municipality_id=towns.numbers["G1"])
        )
    )
    assert told(make(towns, LATER), "families") == {}


@pytest.mark.usefixtures("unprinted")
def test_a_figure_with_another_name_is_about_the_same_answers(towns: Towns, researcher: Account) -> None:
    publish(towns, make(towns), researcher)
    towns.settle("G1", 3, dt.date(2027, 6, 1))
    figures = tuple(
        one.model_copy(update={"id": f"new_{one.id}"}) if one.instrument == "who5" else one
        for one in plan().feedback.figures
    )
    renamed = make(towns, LATER, protocol=with_feedback(figures=figures))
    assert told(renamed, "new_wellbeing_parents") == {}
    assert ("all", "T0") in told(renamed, "new_wellbeing_parents", "hidden")


@pytest.mark.usefixtures("unprinted")
def test_waves_that_are_not_over_are_not_told(towns: Towns) -> None:
    towns.settle("G1", 20, dt.date(2027, 7, 1))
    made = make(towns)
    assert told(made, "wellbeing_parents")["all", "T0"] == "45"
    assert ("all", "T1") in told(made, "response")
    assert ("all", "T2") not in told(made, "response")
    # Nobody answered T1: that is told as few, never as none.
    assert "minder dan 20%" in text_of(towns, made, None)


@pytest.mark.usefixtures("unprinted")
def test_a_wave_that_closes_later_for_a_family_is_not_over_for_it(towns: Towns) -> None:
    chosen, *_ = making.choose(towns.db, towns.study, plan(), KEY, at(DUE))
    late = towns.families["G1"][0]
    windows.extend(
        towns.db, plan(), late, "T1", dt.date(2027, 8, 2), "ziek", now=at(dt.date(2027, 6, 1)), actor="test"
    )
    later, *_ = making.choose(towns.db, towns.study, plan(), KEY, at(DUE))
    sizes = [
        [len(cell.members) for cell in found.new if (cell.place, cell.period) == ("all", "T1")]
        for found in (chosen, later)
    ]
    assert sizes == [[28], [27]]


@pytest.mark.usefixtures("unprinted")
def test_a_protocol_asks_for_larger_groups_and_a_later_one_cannot_take_that_back(
    towns: Towns, researcher: Account
) -> None:
    strict = with_feedback(smallest=Smallest(respondents=15))
    made = make(towns, protocol=strict)
    assert set(told(made, "wellbeing_parents")) == {("all", "T0")}
    publish(towns, made, researcher)
    assert make(towns, LATER).manifest["smallest"]["respondents"] == 15


@pytest.mark.usefixtures("unprinted")
def test_regions_are_shown_as_they_were_fixed_before_the_first_answer(db: Database, towns: Towns) -> None:
    region = Region(id="west", name="Regio West", municipalities=("G2", "G3"))
    chosen = with_feedback(regions=(region,))
    with pytest.raises(regions.RegionsMoved, match="before the first answer"):
        make(towns, protocol=chosen)
    with pytest.raises(regions.TooLate):
        regions.fix(db, towns.study.id, chosen, at(DUE), "test")
    assert regions.fixed(db, towns.study.id).regions == ()


def test_regions_can_be_changed_until_somebody_answers(db: Database, empty: Towns) -> None:
    one = with_feedback(regions=(Region(id="west", name="West", municipalities=("G1", "G2")),))
    two = with_feedback(regions=(Region(id="west", name="Regio West", municipalities=("G2", "G3")),))
    with pytest.raises(regions.RegionsMoved, match="--fix-regions"):
        make(empty, protocol=one)
    regions.fix(db, empty.study.id, one, at(T0), "test")
    regions.fix(db, empty.study.id, two, at(T0), "test")
    for code, count in (("G1", 14), ("G2", 9), ("G3", 4)):
        empty.settle(code, count)
    with pytest.raises(regions.RegionsMoved):
        make(empty, protocol=one)
    with pytest.raises(regions.RegionsMoved, match="west"):
        make(empty)
    chosen, *_ = making.choose(db, empty.study, two, KEY, at(DUE))
    shown = {cell.place for cell in chosen.new if cell.figure == "wellbeing_parents"}
    # The two small towns together are shown; the large one is then all that is left, and is shown too.
    assert shown == {"all", "region:west", "municipality:G1"}


@pytest.mark.usefixtures("unprinted")
def test_releases_are_made_by_calendar(empty: Towns, hire: Callable[..., Account]) -> None:
    with pytest.raises(making.NotDue, match="the next one, 1, is due on 2027-08-01"):
        make(empty, DUE - dt.timedelta(1))
    with pytest.raises(making.NotDue, match="release 2 is due on 2028-02-01"):
        make(empty, number=2)
    with pytest.raises(making.NotDue, match="it has 1 to 6"):
        make(empty, number=7)
    assert standing.of(empty.db, empty.study, plan(), DUE).states[1] == "due"
    made = make(empty)
    assert standing.of(empty.db, empty.study, plan(), DUE).states[1] == "draft"
    publish(empty, made, hire(Role.RESEARCHER))
    with pytest.raises(ledger.AlreadyPublished):
        make(empty, number=1)
    with pytest.raises(making.NotDue, match="the next one, 2"):
        make(empty)
    with pytest.raises(making.NotDue, match="a later one has come"):
        make(empty, dt.date(2028, 8, 1), number=2)
    once = with_feedback(calendar=Feedback().calendar.model_copy(update={"times": 1}))
    with pytest.raises(making.NotDue, match="the calendar is over"):
        make(empty, dt.date(2028, 8, 1), protocol=once)


def test_two_pages_are_tagged_and_say_what_they_do_not_show_even_of_nobody(chosen_db: Database) -> None:
    here = a_study(chosen_db)
    here.town("G1", "Huizen, Blaricum en Laren aan het Gooimeer-Zuidoostzijdehoek")
    made = make(here)
    for one in ledger.documents(here.db, made.id):
        if one.form == "page":
            continue
        with pikepdf.open(io.BytesIO(one.content)) as pdf:
            assert len(pdf.pages) <= 2
            assert str(pdf.Root.Lang) == one.language
            assert pdf.Root.MarkInfo.Marked
            assert pdf.Root.ViewerPreferences.DisplayDocTitle
            assert "/StructTreeRoot" in pdf.Root
    assert make(here).sha256 == made.sha256  # the same data give the same bytes
    assert "Er doen te weinig gezinnen mee. Daarom kunnen we nog niets laten zien." in text_of(
        here, made, "G1"
    )
    assert "What these figures do not show" in text_of(here, made, None, "en")
