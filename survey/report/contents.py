"""The tables and figures of the report, as numbers. Source of what each shows: pilot report, chapters 5-6."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from instruments import catalogue
from survey.exports.outcomes import OUTCOMES, Outcome
from survey.report import models, numbers
from survey.report.study import EIGHT_YEARS, Study


@dataclass(frozen=True)
class Part:
    """One table or figure: a head, and rows whose first cell names them."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    #: The rows that a figure draws, each with what its numbers are; empty for tables.
    drawn: tuple[tuple[int, str], ...] = ()


#: What the answers of the background forms are called in the tables of the report.
_LIVING = {1: "both parents", 2: "mother", 3: "father", 4: "partly each", 5: "elsewhere", 9: "unknown"}
_CHILDREN = {1: "1", 2: "2", 3: "3", 4: "4 or more"}
_EDUCATION = {
    1: "low",
    2: "general secondary",
    3: "vocational secondary",
    4: "higher",
    9: "unknown",
}
_WORK = {
    1: "employed or self-employed",
    2: "unfit for work",
    3: "unemployed",
    4: "homemaker",
    5: "in education",
    6: "volunteer",
}
_ENDS = {1: "no difficulty", 2: "none, but has to watch it", 3: "some", 4: "great", 9: "unknown"}
_PROBLEMS = {1: "yes", 2: "no", 9: "unknown"}
_OFFERS = {1: "after-school care", 2: "day care", 3: "sport", 4: "other", 5: "none", 9: "unknown"}
_AGES = ((0, 23, "0-1 years"), (24, 95, "2-7 years"), (96, 143, "8-11 years"), (144, 215, "12-17 years"))

#: Figures about single statements of childcare workers: figure, item, what it says.
_WORKERS = (
    (2, "3", "satisfied with the cooperation between professionals"),
    (3, "4", "satisfied with the cooperation with the linking pins"),
    (4, "2", "helps the children"),
    (5, "1", "useful for the families"),
    (7, "5", "would recommend it to colleagues"),
)
_PARENTS = {
    "1": "satisfied",
    "2": "useful for the family",
    "3": "relief",
    "4": "helps the child",
    "5": "would recommend it",
    "6": "the guide helps",
}
_YOUNG = {"1": "glad to take part", "2": "useful", "3": "rest and space", "4": "the guide does well"}
_YOUNG |= {"5": "would recommend it"}


def tables(study: Study) -> Iterator[Part]:
    """Tables 1 to 5."""
    home = {family.code: family.municipality for family in study.families}
    by_family = Counter(home.values())
    by_child = Counter(home[child.family] for child in study.children)
    yield Part(
        "Table 1",
        "Families and children by municipality",
        ("municipality", "families", "%", "children", "%"),
        tuple(
            (
                place,
                str(count),
                numbers.percent(count, len(study.families)),
                str(by_child[place]),
                numbers.percent(by_child[place], len(study.children)),
            )
            for place, count in by_family.most_common()
        ),
        "Small numbers: for the team only, not for publication.",
    )
    yield Part("Table 2", "Background of children and families", _HEAD, tuple(_background(study)), _ALL)
    family = _codes(study, "parent", "background_family", "family")
    yield Part(
        "Table 3",
        "Financial situation of the families",
        _HEAD,
        (
            *_counted(
                "difficulty in making ends meet", family("making_ends_meet"), _ENDS, len(study.families)
            ),
            *_counted("financial problems", family("financial_problems"), _PROBLEMS, len(study.families)),
        ),
        _ALL,
    )
    offers = _codes(study, "parent_about_child", "background_child", "child")("offer")
    yield Part(
        "Table 4",
        "What children were offered through the project",
        _HEAD,
        tuple(_counted("offer", offers, _OFFERS, len(study.children))),
        _ALL,
    )
    yield _response(study)


_HEAD = ("", "n", "%")
_ALL = "Percentages of all that were included, as printed; those without an answer have a line of their own."


def _background(study: Study) -> Iterator[tuple[str, ...]]:
    count = len(study.children)
    sexes = Counter(child.sex or "not noted" for child in study.children)
    for sex, number in sorted(sexes.items(), key=lambda each: each[0] != "girl"):
        yield f"sex: {sex}", str(number), numbers.percent(number, count)
    t0 = {family.code: family.t0 for family in study.families}
    ages = [child.months(t0[child.family]) for child in study.children]
    for low, high, name in _AGES:
        number = sum(age is not None and low <= age <= high for age in ages)
        yield f"age: {name}", str(number), numbers.percent(number, count)
    of = _codes(study, "parent", "background_family", "family")
    total = len(study.families)
    yield from _counted("children live with", of("living_situation"), _LIVING, total)
    yield from _counted("children in the family", of("number_of_children"), _CHILDREN, total)
    yield from _counted("education", of("education"), _EDUCATION, total)
    yield from _counted("work", of("work"), _WORK, total)


def _codes(study: Study, file: str, instrument: str, key: str) -> Callable[[str], list[int]]:
    """The answers to an item of a background form, one for each family or child."""
    frame = study.complete(file, instrument).unique(key, keep="first", maintain_order=True)

    def of(item: str) -> list[int]:
        column = f"{instrument}_{item}"
        return frame[column].drop_nulls().to_list() if column in frame.columns else []

    return of


def _counted(
    what: str, codes: Sequence[int], names: Mapping[int, str], whole: int
) -> Iterator[tuple[str, ...]]:
    found = Counter(codes)
    for code, name in names.items():
        yield f"{what}: {name}", str(found[code]), numbers.percent(found[code], whole)
    silent = whole - sum(found[code] for code in names)
    if silent:
        yield f"{what}: not answered", str(silent), numbers.percent(silent, whole)


def _response(study: Study) -> Part:
    first = study.waves[0]
    young = {
        wave: study.complete("child", "evaluation_child", wave)["child"].n_unique()
        for wave in study.follow_ups
    }
    frames = {wave: study.complete("parent", "evaluation_parent", wave) for wave in study.follow_ups}
    at_home = {wave: frame["family"].n_unique() for wave, frame in frames.items()}
    t0 = {family.code: family.t0 for family in study.families}
    eight = sum((child.months(t0[child.family]) or 0) >= EIGHT_YEARS for child in study.children)

    def line(name: str, cell: Callable[[str], str]) -> tuple[str, ...]:
        return (name, *(cell(wave) for wave in study.follow_ups))

    return Part(
        "Table 5",
        "Response to the evaluations",
        ("", *study.follow_ups),
        (
            line("children who answered", lambda wave: str(young[wave])),
            line(
                f"% as printed: of {eight} children of eight at {first}",
                lambda w: numbers.percent(young[w], eight),
            ),
            line("children eligible at that wave", lambda wave: str(study.of_eight(wave))),
            line("% of eligible children", lambda wave: numbers.percent(young[wave], study.of_eight(wave))),
            line("families of which a parent answered", lambda wave: str(at_home[wave])),
            line(
                f"% as printed: of {len(study.families)} families at {first}",
                lambda wave: numbers.percent(at_home[wave], len(study.families)),
            ),
            line("families for whom the wave has come", lambda wave: str(len(study.due(wave)))),
            line("% of these families", lambda wave: numbers.percent(at_home[wave], len(study.due(wave)))),
            line("parents who answered", lambda wave: str(frames[wave].height)),
        ),
        "As printed: of those at T0, whether or not their wave had come and whatever their age became. "
        "Eligible: eight or older on the date of the wave, in a family for whom it has come.",
    )


def figures(study: Study) -> Iterator[Part]:
    """Figures 2 to 17."""
    found: list[tuple[int, Part]] = []
    for number, item, words in _WORKERS:
        part = _statements(study, number, "childcare_worker", "evaluation_childcare", {item: words})
        found.append((number, part))
    found.append(
        (6, _grades(study, 6, (("childcare workers", "childcare_worker", "evaluation_childcare", "6"),)))
    )
    found += [(outcome.figure, _outcome(study, outcome)) for outcome in OUTCOMES]
    both = (("parents", "parent", "evaluation_parent", "7"), ("children", "child", "evaluation_child", "6"))
    found.append((15, _grades(study, 15, both)))
    found.append((16, _statements(study, 16, "parent", "evaluation_parent", _PARENTS)))
    found.append((17, _statements(study, 17, "child", "evaluation_child", _YOUNG)))
    yield from (part for _, part in sorted(found, key=lambda each: each[0]))


def _valid(study: Study, file: str, instrument: str, column: str, wave: str) -> list[int]:
    frame = study.complete(file, instrument, wave)
    if column not in frame.columns:
        return []
    return frame.filter(pl.col(column) >= 0)[column].to_list()


def _statements(study: Study, number: int, file: str, instrument: str, items: Mapping[str, str]) -> Part:
    rows: list[tuple[str, ...]] = []
    for item, words in items.items():
        codes = {w: _valid(study, file, instrument, f"{instrument}_{item}", w) for w in study.follow_ups}
        agree = {wave: sum(code in (1, 2) for code in found) for wave, found in codes.items()}
        rows.append((words, *(numbers.percent(agree[wave], len(codes[wave])) for wave in study.follow_ups)))
        rows.append((f"n: {words}", *(str(len(codes[wave])) for wave in study.follow_ups)))
    who = {"childcare_worker": "Childcare workers", "parent": "Parents", "child": "Children"}[file]
    return Part(
        f"Figure {number}",
        f"{who} who (fully) agree, percent" + (f": {next(iter(items.values()))}" if len(items) == 1 else ""),
        ("statement", *study.follow_ups),
        tuple(rows),
        "Codes 1 and 2 of five, of the valid answers.",
        tuple((place, "%") for place in range(0, len(rows), 2)),
    )


def _grades(study: Study, number: int, whose: Sequence[tuple[str, str, str, str]]) -> Part:
    rows: list[tuple[str, ...]] = []
    for name, file, instrument, item in whose:
        grades = {w: _valid(study, file, instrument, f"{instrument}_{item}", w) for w in study.follow_ups}
        rows.append((name, *(numbers.mean(grades[wave]) for wave in study.follow_ups)))
        rows.append((f"n: {name}", *(str(len(grades[wave])) for wave in study.follow_ups)))
    return Part(
        f"Figure {number}",
        "Mean grade for the project (1-10)",
        ("", *study.follow_ups),
        tuple(rows),
        drawn=tuple((place, "grade") for place in range(0, len(rows), 2)),
    )


def _outcome(study: Study, outcome: Outcome) -> Part:
    means, shares, counts, judged = [], [], [], []
    for wave in study.waves:
        frame = study.complete(outcome.file, outcome.instrument, wave)
        there = outcome.column in frame.columns
        scores = frame[outcome.column].drop_nulls().to_list() if there else []
        flags = frame[f"{outcome.column}_flag"].drop_nulls().to_list() if there else []
        means.append(numbers.mean(scores))
        counts.append(str(len(scores)))
        shares.append(numbers.percent(sum(flags), len(flags)))
        judged.append(str(len(flags)))
    return Part(
        f"Figure {outcome.figure}",
        outcome.title,
        ("", *study.waves),
        (
            ("mean score", *means),
            ("n with a score", *counts),
            ("beyond the cut-off, %", *shares),
            ("n with a cut-off", *judged),
        ),
        note=_reservation(outcome),
        drawn=((0, "mean"), (2, "%")),
    )


def _reservation(outcome: Outcome) -> str:
    """Why a score cannot be relied on yet; empty when it can."""
    rules = (rule for version in catalogue().versions(outcome.instrument) for rule in version.scores)
    why = {rule.provisional for rule in rules if rule.id == outcome.score and rule.provisional}
    return f"PROVISIONAL: {'; '.join(sorted(why))}" if why else ""


def appendix(study: Study) -> Iterator[Part]:
    """The models of appendix 2, in the order of the report."""
    for outcome in sorted(OUTCOMES, key=lambda each: each.appendix):
        estimates = models.fit(study, outcome)
        yield Part(
            f"Appendix table {outcome.appendix}",
            outcome.title,
            ("", "estimate", "standard error", "z", "p", "n"),
            tuple(
                (
                    each.term,
                    numbers.shown(each.value, 2),
                    numbers.shown(each.error, 2),
                    numbers.shown(each.value / each.error, 2),
                    numbers.shown(each.p, 3),
                    str(each.rows),
                )
                for each in estimates
            ),
            _reservation(outcome) if estimates else "Not enough data for this model.",
        )
