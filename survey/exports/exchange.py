"""The files of an export that are made for other systems: questionnaires and answers in FHIR and XLSForm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal, get_args

from instruments import Edition, Instrument, catalogue
from instruments.protocol import Protocol
from instruments.wording import Library
from survey.exports import fhir, labels, xlsform

#: What an export holds only when it is asked for.
Extra = Literal["xlsx", "fhir", "xlsform"]
EXTRAS: tuple[Extra, ...] = get_args(Extra)


def write(
    also: Collection[Extra],
    plan: Protocol,
    responses: Iterable[str],
    library: Library | None,
    edition: Edition,
    made: dt.datetime,
    folder: Path,
) -> None:
    """What was asked for, of every questionnaire that the plan asks."""
    asked = list(_asked(plan)) if {"fhir", "xlsform"} & set(also) else []
    if "fhir" in also:
        with (folder / "fhir-questionnaires.ndjson").open("w", encoding="utf-8") as file:
            for instrument in asked:
                words = labels.wording(instrument, library, edition)
                file.write(fhir.line(fhir.questionnaire(instrument, words)))
        with (folder / "fhir-responses.ndjson").open("w", encoding="utf-8") as file:
            file.writelines(responses)
    if "xlsform" in also:
        for instrument in asked:
            path = folder / f"xlsform-{instrument.id}-{instrument.version}.xlsx"
            xlsform.write(instrument, labels.wording(instrument, library, edition), path, made)


def _asked(plan: Protocol) -> Iterable[Instrument]:
    """Every version that the plan asks, once."""
    found = {
        (ask.instrument, ask.version): None
        for battery in plan.batteries
        if battery.enabled
        for ask in battery.ask
    }
    found |= {(one.instrument, one.version): None for one in plan.one_off}
    return [catalogue().get(*key) for key in found]
