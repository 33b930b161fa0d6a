"""The catalogue says what the published instruments and the pilot report say, and what nobody verified."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from instruments import Instrument, catalogue, loading, protocol, routing
from instruments.loading import CATALOGUE
from instruments.model import CutOff, Rule

EVERY = catalogue().all()
RULES = [(version, rule) for version in EVERY for rule in version.scores]
CUT_OFFS = [(version, cutoff) for version in EVERY for cutoff in version.cutoffs]
PILOT = protocol.default()

QUESTIONS = {
    "pedsql/parent-2-4": 21,
    "pedsql/parent-5-7": 23,
    "pedsql/parent-8-12": 23,
    "pedsql/parent-13-18": 23,
    "pedsql/self-8-12": 23,
    "pedsql/self-13-18": 23,
    "sdq/parent-2-4": 25,
    "sdq/parent-4-17": 25,
    "sdq/self-11-17": 25,
    "tapqol/parent-0-1": 43,
    "who5/self": 5,
    "vgk/parent": 23,
    "parenting_scale/parent-short": 11,
    "background_family/parent": 8,
    "background_child/parent": 3,
    "evaluation_parent/parent": 7,
    "evaluation_child/child-8-plus": 6,
    "evaluation_linking_pin/linking-pin": 7,
    "evaluation_childcare/childcare-worker": 7,
    "pulse_lockdown/linking-pin": 7,
    "interview_guide/professional": 45,
}


def rule_of(version: Instrument, score: str) -> Rule:
    return next(rule for rule in version.scores if rule.id == score)


def questions(version: Instrument) -> list[str]:
    """The items that are questions of their own; a second part is not."""
    return [item.id for item in version.items if item.part_of is None]


def numbered(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# What is in the catalogue.


def test_the_catalogue_holds_every_questionnaire_of_the_pilot_with_its_number_of_questions() -> None:
    assert {version.key: len(questions(version)) for version in EVERY} == QUESTIONS


def test_every_published_definition_is_as_it_was_published() -> None:
    assert loading.lock_problems() == []


def test_every_instrument_keeps_a_record_of_its_decisions() -> None:
    assert [folder.name for folder in CATALOGUE.iterdir() if not (folder / "CHANGES.md").is_file()] == []


# What any definition must do.


@pytest.mark.parametrize(("version", "rule"), RULES, ids=lambda x: getattr(x, "key", None) or x.id)
def test_every_rule_names_sources_that_are_written_out_and_a_grade(version: Instrument, rule: Rule) -> None:
    assert all(version.sources[source] for source in rule.sources)
    assert rule.evidence in ("V", "V2", "S", "NV", "decision")


@pytest.mark.parametrize(("version", "cutoff"), CUT_OFFS, ids=lambda x: getattr(x, "key", None) or x.score)
def test_every_cut_off_names_its_source_and_its_norm(version: Instrument, cutoff: CutOff) -> None:
    assert "pilot report" in cutoff.source
    assert cutoff.norm
    assert version.informant == "parent"  # the pilot report has no cut-off for a child's own report
    assert (cutoff.years is not None) == (version.subject == "child")


@pytest.mark.parametrize("version", EVERY, ids=lambda v: v.key)
def test_a_page_holds_at_most_five_items_and_one_kind_of_scale_when_it_is_full(version: Instrument) -> None:
    for page in version.pages:
        assert len(page) <= 5
        if len(page) == 5 and not version.id.startswith("interview"):
            assert len({version.item(item).options for item in page}) == 1


@pytest.mark.parametrize("version", EVERY, ids=lambda v: v.key)
def test_bands_of_cut_offs_do_not_overlap(version: Instrument) -> None:
    for score in {cutoff.score for cutoff in version.cutoffs}:
        bands = sorted(c.years for c in version.cutoffs if c.score == score and c.years)
        assert all(one[1] < other[0] for one, other in pairwise(bands))


@pytest.mark.parametrize("version", EVERY, ids=lambda v: v.key)
def test_only_questionnaires_of_the_project_itself_may_have_their_words_here(version: Instrument) -> None:
    bought = {"pedsql", "sdq", "tapqol", "who5", "vgk", "parenting_scale"}
    assert (version.rights.wording == "licensed") == (version.id in bought)


@pytest.mark.parametrize("version", EVERY, ids=lambda v: v.key)
def test_whatever_is_not_verified_is_said_in_the_notes(version: Instrument) -> None:
    if version.evidence == "NV":
        assert any("not verified" in note.lower() for note in version.notes)


# PedsQL.


@pytest.mark.parametrize("version", catalogue().versions("pedsql"), ids=lambda v: v.version)
def test_pedsql_has_its_published_scales(version: Instrument) -> None:
    small = version.version == "parent-2-4"
    scales = {
        "physical": numbered("p1 p2 p3 p4 p5 p6 p7 p8"),
        "emotional": numbered("e1 e2 e3 e4 e5"),
        "social": numbered("s1 s2 s3 s4 s5"),
        "school": numbered("c1 c2 c3" if small else "c1 c2 c3 c4 c5"),
    }
    psychosocial = scales["emotional"] + scales["social"] + scales["school"]
    scales |= {"psychosocial": psychosocial, "total": scales["physical"] + psychosocial}
    assert {rule.id: rule.items for rule in version.scores} == scales
    assert {rule.min_answered for rule in version.scores} == ({4, 3, 2, 7, 11} if small else {4, 3, 8, 12})
    for rule in version.scores:
        assert rule.min_answered == -(-len(rule.items) // 2)  # at least half
        assert [rule.recode[str(code)] for code in range(5)] == [100, 75, 50, 25, 0]


# SDQ.


@pytest.mark.parametrize("version", catalogue().versions("sdq"), ids=lambda v: v.version)
def test_sdq_has_its_published_scales_and_reversed_items(version: Instrument) -> None:
    assert {rule.id: rule.items for rule in version.scores if rule.items} == {
        "emotional": numbered("3 8 13 16 24"),
        "conduct": numbered("5 7 12 18 22"),
        "hyperactivity": numbered("2 10 15 21 25"),
        "peer": numbered("6 11 14 19 23"),
        "prosocial": numbered("1 4 9 17 20"),
    }
    assert {item for rule in version.scores for item in rule.reverse} == {"7", "11", "14", "21", "25"}
    assert {rule.id: rule.scores for rule in version.scores if rule.scores} == {
        "total_difficulties": ("emotional", "conduct", "hyperactivity", "peer"),
        "internalising": ("emotional", "peer"),
        "externalising": ("conduct", "hyperactivity"),
    }


def test_sdq_items_eighteen_and_twenty_two_are_about_other_things_at_two_to_four() -> None:
    small, large = catalogue().get("sdq", "parent-2-4"), catalogue().get("sdq", "parent-4-17")
    assert [item.id for item in small.items if item.topic != large.item(item.id).topic] == ["18", "22"]


# TAPQOL.

TAPQOL = catalogue().get("tapqol", "parent-0-1")


def test_tapqol_has_twelve_scales_and_releases_none_of_them() -> None:
    assert [len(rule.items) for rule in TAPQOL.scores] == [4, 3, 3, 3, 3, 4, 7, 3, 3, 3, 3, 4]
    assert not any(rule.released for rule in TAPQOL.scores)
    assert all(rule.evidence == "NV" and rule.provisional for rule in TAPQOL.scores)
    assert TAPQOL.cutoffs == ()


def test_tapqol_asks_how_the_child_felt_only_where_there_was_a_problem() -> None:
    asked = {item.id for item in routing.asked(TAPQOL, {"sleeping1": 0, "sleeping2": 1, "sleeping3": 2}, 20)}
    assert {i for i in asked if i.endswith("_feeling")} == {"sleeping2_feeling", "sleeping3_feeling"}


@pytest.mark.parametrize(("months", "expected"), [(0, 32), (17, 32), (18, 43), (23, 43)])
def test_tapqol_asks_about_moving_company_and_talking_from_eighteen_months(
    months: int, expected: int
) -> None:
    assert len(routing.asked(TAPQOL, {}, months)) == expected


# The others.


def test_parenting_scale_items_have_anchors_of_their_own() -> None:
    version = catalogue().get("parenting_scale", "parent-short")
    for item in version.items:
        assert item.options == item.id
        assert version.options[item.id].labelled == (1, 7)


def test_who5_is_shown_from_all_of_the_time_to_at_no_time() -> None:
    assert catalogue().get("who5", "self").options["time"].codes == (5, 4, 3, 2, 1, 0)


def test_keys_that_nobody_could_verify_reverse_nothing_and_say_so() -> None:
    for key in ("vgk", "parenting_scale"):
        for rule in catalogue().versions(key)[0].scores:
            assert rule.reverse == ()
            assert rule.provisional is not None
            assert "already keyed" in rule.provisional


def test_evaluation_codes_are_never_averaged_into_a_score() -> None:
    forms = [version for version in EVERY if version.id.startswith("evaluation")]
    assert len(forms) == 4
    for version in forms:
        assert version.scores == ()
        assert version.options["agreement"].codes == (1, 2, 3, 4, 5)
        assert version.options["grade"].codes == tuple(range(1, 11))


def test_linking_pins_and_childcare_workers_differ_in_their_third_and_fourth_question() -> None:
    pin = catalogue().get("evaluation_linking_pin", "linking-pin")
    worker = catalogue().get("evaluation_childcare", "childcare-worker")
    assert [item.id for item in pin.items if item.topic != worker.item(item.id).topic] == ["3", "4"]
    assert [item.kind for item in pin.items] == ["choice"] * 6 + ["text"]


def test_days_and_hours_are_asked_only_of_a_child_with_an_offer() -> None:
    version = catalogue().get("background_child", "parent")
    for code, shown in [(1, 3), (4, 3), (5, 1), (9, 1)]:
        assert len(routing.asked(version, {"offer": code}, 60)) == shown


def test_the_lockdown_list_asks_everything_whatever_the_first_answer() -> None:
    version = catalogue().get("pulse_lockdown", "linking-pin")
    assert len(routing.asked(version, {"1": 2})) == 7


def test_the_interview_guide_has_every_question_and_probe_of_the_topic_list() -> None:
    version = catalogue().get("interview_guide", "professional")
    themes: dict[str, int] = {}
    for item in questions(version):
        theme = item.rstrip("0123456789")
        themes[theme] = themes.get(theme, 0) + 1
    assert themes == {
        "introductie": 2,
        "fasering_verspreiding": 2,
        "fasering_adoptie": 1,
        "fasering_invoering": 9,
        "fasering_borging": 3,
        "determinanten_interventie": 3,
        "determinanten_organisatie": 6,
        "determinanten_context": 3,
        "uitvoering": 2,
        "welzijn": 5,
        "duurzaam": 7,
        "einde": 2,
    }
    assert sum(item.part_of is not None for item in version.items) == 28
    assert {item.kind for item in version.items} == {"text"}
    assert version.scores == ()


# The protocol of the pilot.


def asked_versions(*, enabled: bool) -> set[str]:
    batteries = [battery for battery in PILOT.batteries if battery.enabled is enabled]
    return {f"{ask.instrument}/{ask.version}" for battery in batteries for ask in battery.ask}


def test_the_childrens_own_pedsql_and_sdq_are_off() -> None:
    assert asked_versions(enabled=False) == {"pedsql/self-8-12", "pedsql/self-13-18", "sdq/self-11-17"}


def test_every_version_is_in_the_protocol_except_the_interview_guide() -> None:
    planned = asked_versions(enabled=True) | asked_versions(enabled=False)
    planned |= {f"{one.instrument}/{one.version}" for one in PILOT.one_off}
    assert {version.key for version in EVERY} - planned == {"interview_guide/professional"}


def test_every_month_of_childhood_has_exactly_the_outcome_forms_of_the_pilot() -> None:
    for months in range(19 * 12):
        due = [d.instrument for d in PILOT.due_at("T1", months) if d.battery == "child_outcomes"]
        assert due == (["tapqol"] if months < 24 else ["pedsql", "sdq"])
    assert [d for d in PILOT.due_at("T1", 19 * 12) if d.battery == "child_outcomes"] == []


def test_child_forms_have_one_reporter_and_forms_about_oneself_have_every_parent() -> None:
    reporters = {battery.id: battery.reporter for battery in PILOT.batteries if battery.enabled}
    assert {name for name, reporter in reporters.items() if reporter == "designated"} == {
        "background",
        "child_background",
        "child_outcomes",
    }


def test_only_professionals_run_on_a_clock_of_their_own() -> None:
    for battery in PILOT.batteries:
        professional = battery.informant in ("linking_pin", "childcare_worker")
        assert (battery.clock == "professional") is professional


def test_evaluations_begin_at_the_first_follow_up_and_background_ends_there() -> None:
    for battery in PILOT.batteries:
        if "evaluation" in battery.id:
            assert battery.waves == ("T1", "T2", "T3", "T4")
        elif "background" in battery.id:
            assert battery.waves == ("T0",)


def test_a_wave_closes_before_the_next_one_opens() -> None:
    t0 = dt.date(2026, 8, 31)
    windows = [PILOT.window(t0, wave.id) for wave in PILOT.waves]
    assert all(one.closes < other.opens for one, other in pairwise(windows))
