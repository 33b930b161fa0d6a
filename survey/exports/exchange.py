"""The files of an export that are made for other systems: questionnaires and answers in FHIR and XLSForm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from pathlib import Path

from instruments import Edition
from instruments.protocol import Protocol
from instruments.wording import Library
from survey.exports import fhir, labels, manifest, xlsform
from survey.exports.wanted import Extra


def write(
    also: Collection[Extra],
    plan: Protocol,
    responses: Path | None,
    library: Library | None,
    edition: Edition,
    made: dt.datetime,
    folder: Path,
) -> None:
    """What was asked for, of every questionnaire that the plan asks.

    Args:
        responses: the answers in FHIR, a response on a line; the file goes into the folder.
    """
    asked = manifest.asked(plan) if {"fhir", "xlsform"} & set(also) else []
    if "fhir" in also:
        with (folder / "fhir-questionnaires.ndjson").open("w", encoding="utf-8") as file:
            for instrument in asked:
                words = labels.wording(instrument, library, edition)
                file.write(fhir.line(fhir.questionnaire(instrument, words)))
        if responses is not None:
            responses.rename(folder / "fhir-responses.ndjson")
    if "xlsform" in also:
        for instrument in asked:
            path = folder / f"xlsform-{instrument.id}-{instrument.version}.xlsx"
            xlsform.write(instrument, labels.wording(instrument, library, edition), path, made)
