"""`survey instruments burden`: what a study asks of people, before it asks them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from instruments import burden, catalogue, protocol
from instruments.burden import Load, Part
from instruments.loading import Catalogue
from instruments.protocol import Protocol
from survey.cli.outcomes import FoundProblems, table

#: How many children the totals of a parent are worked out for, beside those of the budget.
_FAMILIES = (1, 2, 3)


@click.command("burden")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option(
    "--protocol",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another protocol file than the one that ships with the service.",
)
def command(as_json: bool, file: Path | None) -> None:
    """Print minutes and screens for each person and wave, and check them against the budget.

    Minutes are the estimates of the definitions. Screens are the least and the most that can be shown:
    with the pages of standard reading, and with one question a screen (easy reading, children). Exit code
    1 when a wave asks more minutes than the protocol's own `budget_minutes` allows.
    """
    plan = protocol.default() if file is None else protocol.load(file)
    known = catalogue()
    if as_json:
        click.echo(json.dumps(_data(plan, known), ensure_ascii=False, indent=2))
    else:
        click.echo(_tables(plan, known))
    problems = burden.over_budget(plan, known)
    if problems:
        raise FoundProblems([str(problem) for problem in problems], "The protocol asks more than it may.")


def _tables(plan: Protocol, known: Catalogue) -> str:
    detail = [
        (part.wave, [_who(part.who), part.subject, _ages(part), *_cells(part.load)])
        for wave in plan.waves
        for part in burden.parts(plan, known, wave.id)
    ]
    totals = [
        (
            wave.id,
            [_who(who), str(children or "-"), *_cells(load), _allowed(plan, wave.id, who, children)],
        )
        for wave in plan.waves
        for who, children, load in _people(plan, known, wave.id)
    ]
    numbers = ["minutes", "screens", "one at a time"]
    return "\n".join(
        [
            table(["waves", "who", "about", "age", *numbers], _folded(detail)),
            "",
            "Each person together, whatever the ages of the children:",
            "",
            table(["waves", "who", "children", *numbers, "budget"], _folded(totals)),
        ]
    )


def _folded(rows: list[tuple[str, list[str]]]) -> list[list[str]]:
    """Rows that several waves have alike, once, with the waves."""
    waves: dict[tuple[str, ...], list[str]] = {}
    for wave, cells in rows:
        waves.setdefault(tuple(cells), []).append(wave)
    return sorted(([" ".join(found), *cells] for cells, found in waves.items()), key=lambda row: row[0])


def _data(plan: Protocol, known: Catalogue) -> dict[str, Any]:
    return {
        "protocol": plan.id,
        "parts": [
            {
                "wave": part.wave,
                "who": part.who,
                "about": part.subject,
                "from_months": part.ages.from_months if part.ages else None,
                "to_months": part.ages.to_months if part.ages else None,
                "versions": part.versions,
                **_numbers(part.load),
            }
            for wave in plan.waves
            for part in burden.parts(plan, known, wave.id)
        ],
        "people": [
            {
                "wave": wave.id,
                "who": who,
                "children": children,
                **_numbers(load),
                "budget_minutes": _budget(plan, wave.id, who, children),
            }
            for wave in plan.waves
            for who, children, load in _people(plan, known, wave.id)
        ],
        "over_budget": [str(problem) for problem in burden.over_budget(plan, known)],
    }


def _people(plan: Protocol, known: Catalogue, wave: str) -> list[tuple[str, int | None, Load]]:
    """Everybody whom a wave asks something; a parent by the number of children."""
    found: list[tuple[str, int | None, Load]] = []
    asked = {part.who for part in burden.parts(plan, known, wave)}
    budgeted = {budget.children for budget in plan.budget_minutes if budget.informant == "parent"}
    families: list[int | None] = [*sorted(budgeted.union(_FAMILIES))]
    for who in ("parent", "second_parent", "child", "linking_pin", "childcare_worker", "interviewer"):
        if who not in asked:
            continue
        numbers = families if who == "parent" else [None]
        for number in numbers:
            load = burden.of_person(plan, known, wave, who, children=number or 1)
            found.append((who, number, load))
    return found


def _budget(plan: Protocol, wave: str, who: str, children: int | None) -> int | None:
    for budget in plan.budget_minutes:
        if budget.informant == who and (children is None or budget.children == children):
            return budget.waves.get(wave)
    return None


def _allowed(plan: Protocol, wave: str, who: str, children: int | None) -> str:
    budget = _budget(plan, wave, who, children)
    return "-" if budget is None else str(budget)


def _numbers(load: Load) -> dict[str, tuple[int, int]]:
    return {"minutes": load.minutes, "screens": load.screens, "screens_one_at_a_time": load.single}


def _cells(load: Load) -> list[str]:
    return [_range(load.minutes), _range(load.screens), _range(load.single)]


def _range(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}-{pair[1]}"


def _ages(part: Part) -> str:
    if part.ages is None:
        return "any"
    first, last = part.ages.from_months, part.ages.to_months
    return f"{first // 12};{first % 12} to {last // 12};{last % 12}"


def _who(who: str) -> str:
    return who.replace("_", " ")
